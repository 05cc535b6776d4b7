# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2153,SC2154,SC2178
# (variables for who sources this, or from lib.bash; references to arrays)
#
# Doing the same to many copies of a spool, a system call at a time. `load lib` first, then `load faults`.
#
#   room_new, room_end             a folder for copies, $room, in memory where there is some
#   request NAME METHOD TARGET [BODY]
#                                  keep a request, as `cgi` takes it, for `perform`
#   agent_request NAME             the same for `spoolchat agent --once`
#   perform NAME SPOOL [WRAPPER...]
#                                  do it on that spool, with the form $form or the query $query if they
#                                  are set: $reply, $code (of HTTP), $exit_code; stderr in SPOOL.stderr
#   perform_killed NAME SPOOL SYSCALL K
#                                  the same, but it is killed as it enters this system call, one that `calls`
#                                  has named, for the k-th time; what is wrong is that it was not
#   perform_failing NAME SPOOL "ERROR SYSCALL K [ARGUMENTS]"
#                                  the same, but this call, for the k-th time, does not succeed; what was
#                                  called by then and changes something is in SPOOL.trace
#   calls NAME                     the system calls of an undisturbed run on a copy of $SPOOL, a line each:
#                                  "name k arguments", the k-th of that name; in front of the arguments of
#                                  a close stands "written" when the file was
#   kill_everywhere FUNCTION NEXT...
#                                  FUNCTION COPY "NEXT SYSCALL K" for each system call of the request `hit`, on copies
#   kill_after_changes FUNCTION NEXT...
#                                  the same for those only before which something on the disk has changed. Killed at
#                                  another it leaves what it would have left at the one before
#   on_copies FUNCTION CASE...     FUNCTION COPY CASE for each, on as many processors as there are, each
#                                  with its own copy of $SPOOL; what it prints is what is wrong
#   expect_ok REQUEST SPOOL        `perform`, which must go well
#   occurrences TEXT OF            how often, in $count
#   contents FILE...               of those that exist, in $contents, without a process
#   expect_said ID SPOOL SENT...   what must hold when the message ID was sent, once; the requests SENT
#                                  read it

# `load` is a function.
declare -gA request_program=()
copy_tool=$root/build/tools/copy
changing=openat,mkdirat,write,writev,pwrite64,fsync,linkat,renameat,unlinkat

room_new() {
    local place=$BATS_TEST_TMPDIR
    [[ ! -w /dev/shm ]] || place=/dev/shm
    room=$(mktemp -d "$place/spoolchat-test.XXXXXX")
}

room_end() {
    [[ -z ${room-} ]] || rm -rf "$room"
}

# System calls are counted of the programs as they are used; the sanitizers make their own.
skip_sanitized() {
    [[ $BIN != *asan* ]] || skip 'the sanitizers make system calls of their own'
}

request() {
    local env program input name=$1 variable
    shift
    cgi_request "$@"
    request_program[$name]=$program
    cp "$input" "$room/$name.body"
    declare -ga "request_env_$name=()"
    local -n kept=request_env_$name
    # Without the test clock, whose file would be read all the time.
    for variable in "${env[@]}"; do
        [[ $variable == SPOOLCHAT_TEST_CLOCK=* ]] || kept+=("$variable")
    done
}

agent_request() {
    request_program[$1]=$BIN/bin/spoolchat
    : >"$room/$1.body"
    declare -ga "request_env_$1=()"
    local -n kept=request_env_$1
    kept=("${CGI_ENV[@]}")
}

perform() {
    local name=$1 spool=$2 body=$room/$1.body more=() arguments=()
    local -n variables=request_env_$name
    shift 2
    [[ ${request_program[$name]} != */spoolchat ]] || arguments=(agent --once)
    if [[ -n ${form-} ]]; then
        body=$spool.body
        printf %s "$form" >"$body"
        more=(CONTENT_LENGTH=${#form})
    fi
    [[ -z ${query-} ]] || more+=(QUERY_STRING="$query")
    reply='' exit_code=0
    {
        "$launch" "${kill_at[@]}" "${variables[@]}" "${more[@]}" SPOOLCHAT_SPOOL="$spool" "$@" \
            "${request_program[$name]}" "${arguments[@]}" \
            <"$body" >"$spool.reply" 2>"$spool.stderr" || exit_code=$?
    } 2>/dev/null # bash tells who was killed
    IFS= read -r -d '' reply <"$spool.reply" || : # its end is no NUL
    code=
    [[ ! $reply =~ ^Status:\ ([0-9]+) ]] || code=${BASH_REMATCH[1]}
}

perform_killed() {
    local name=$3 number kill_at
    while read -r name number && [[ $name != "$3" ]]; do :; done <"$room/numbers"
    kill_at=(-k "$number:$4")
    perform "$1" "$2"
    ((exit_code == 137)) || echo "was not killed: exit status $exit_code"
}

perform_failing() {
    local error name k
    read -r error name k _ <<<"$3"
    perform "$1" "$2" strace -qq -y -f --seccomp-bpf -o "$2.trace" -e "trace=$changing,$name" \
        -e "inject=$name:error=$error:when=$k"
    contents "$2.trace"
    [[ $contents == *INJECTED* ]] || echo 'no fault met'
}

calls() {
    "$copy_tool" "$SPOOL" "$room/trace"
    # Each line begins with the call's number in brackets.
    perform "$1" "$room/trace" strace -qq -n -y -o "$room/calls"
    rm -rf "$room/trace"
    sed -n 's/^\[ *\([0-9]*\)\] \([a-z0-9_]*\)(.*/\2 \1/p' "$room/calls" | sort -u >"$room/numbers"
    # Without that, and without the copy's path, which would stand in every line.
    sed -i "s|^\[[ 0-9]*\] ||; s|$room/trace||g" "$room/calls"
    awk -F '(' '
        !/^[a-z]/ || $1 ~ /^(execve|exit_group)$/ { next }
        { name = $1; sub(/^[^(]*\(/, ""); file = $0; sub(/[,)].*/, "", file) }
        name ~ /^p?write/ { written[file] = 1 }
        { print name, ++n[name], (name == "close" && written[file] ? "written " : "") $0 }
        name == "close" { delete written[file] }' "$room/calls"
}

kill_everywhere() {
    local all
    mapfile -t all < <(calls hit)
    ((${#all[@]} > 30))
    kill_at_calls "$@"
}

kill_after_changes() {
    local all
    mapfile -t all < <(calls hit | awk 'NR == 1 || changed
        { changed = /^(p?write|ftruncate|rename|unlink|link|mkdir|utimens)/ || /O_CREAT/ }')
    ((${#all[@]} > 2))
    kill_at_calls "$@"
}

kill_at_calls() {
    local function=$1 cases=() next call name k
    shift
    for next; do
        for call in "${all[@]}"; do
            read -r name k _ <<<"$call"
            cases+=("$next $name $k")
        done
    done
    on_copies "$function" "${cases[@]}"
}

on_copies() {
    local function=$1 workers pids=() worker pid
    shift
    workers=$(nproc)
    for ((worker = 0; worker < workers; worker++)); do
        copies_of "$worker" "$workers" "$function" "$@" >"$room/wrong.$worker" 2>&1 3>&- &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        wait "$pid"
    done
    cat "$room"/wrong.* >"$room/wrong"
    [[ -s $room/wrong ]] || return 0
    head -n 60 "$room/wrong"
    return 1
}

# Every `step`-th case, from number `from`. What bats does before every command would take longer than the
# commands.
copies_of() {
    local from=$1 step=$2 function=$3 i copy found
    shift 3
    trap - DEBUG ERR
    set +eET
    copy=$room/copy.$from
    for ((i = from; i < $#; i += step)); do
        "$copy_tool" "$SPOOL" "$copy" || echo 'no copy'
        ("$function" "$copy" "${@:i+1:1}") >"$copy.wrong" # what it sets is of this case alone
        [[ -s $copy.wrong ]] || continue
        found=$(<"$copy.wrong")
        printf '%.120s: %s\n' "${*:i+1:1}" "${found//$'\n'/$'\n'  }"
    done
    rm -rf "$copy"
}

occurrences() {
    local without=${2//"$1"/}
    count=$(((${#2} - ${#without}) / ${#1}))
}

contents() {
    local file content
    contents=''
    for file; do
        [[ -f $file ]] || continue
        IFS= read -r -d '' content <"$file" || : # its end is no NUL
        contents+=$content
    done
}

# A site that is not made yet (this folder comes last) has nothing wrong.
audit() {
    [[ ! -e ${*: -1}/presence ]] || "$root/build/tools/audit" "$@"
}

expect_ok() {
    perform "$@"
    if [[ ${request_program[$1]} == */spoolchat ]]; then
        ((exit_code == 0)) || echo "$1: exit status $exit_code: $(<"$2.stderr")"
    elif [[ $code != 200 ]]; then
        echo "$1: status $code: $(<"$2.stderr") ${reply##*$'\n'}"
    fi
}

expect_said() {
    local id=$1 spool=$2 name
    shift 2
    audit "$spool"
    contents "$spool"/threads/*/{new,cur}/*
    occurrences "\"message\":{\"id\":\"$id\"" "$contents"
    ((count == 1)) || echo "$count stanzas have the id"
    for name; do
        expect_ok "$name" "$spool"
        occurrences "\"message\":{\"id\":\"$id\"" "$reply"
        ((count == 1)) || echo "$name: gets it $count times"
    done
}
