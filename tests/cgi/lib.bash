# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034 # variables are for who sources this
#
# For bats tests that run our programs as a web server would, without one. `load lib` takes it in.
#
#   spool_new [USER...]              a spool of this test's own, $SPOOL, that knows alice, bob and carol
#   cgi METHOD ENDPOINT[/PATH][?QUERY] [BODY]
#       runs the endpoint and sets $status_code, $headers, $body, $exit_code. Beside the arguments count:
#       ME        who is logged in (REMOTE_USER); unset or empty: nobody
#       ACCEPT    the header Accept
#       TYPE      the body's Content-Type, a form unless set
#       CGI_ENV   an array of NAME=value, last word on any variable (CONTENT_LENGTH=7, HTTP_ORIGIN=…)
#   cgi_background METHOD ENDPOINT… [BODY]
#       the same, not waited for: its pid in $cgi_pid, what it says grows in the file $cgi_output
#   header NAME, json FILTER         of the last reply
#   clock_forward SECONDS            the programs' clocks; they stand in the file $CLOCK
#   spoolchat SUBCOMMAND...          the operator's program on this spool
#   door_start, door_end             from here on `stream` is asked for at the agent's second door, by SCGI;
#                                    SPOOLCHAT_* in CGI_ENV are the agent's, which runs as $agent
#
# BIN says which build runs: build/test, or build/asan. DOOR=scgi: in files with the line "# doors: all"
# door_spool, behind spool_new, starts that.

root=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
# shellcheck source=tests/servers/process.bash
. "$root/tests/servers/process.bash"
# bats follows each command of each function, which takes longer than the commands.
set +T
# What is sent and what comes are bytes, and bash is faster with them.
export LC_ALL=C
BIN=${BIN:-$root/build/test}
launch=$root/build/tools/launch

# The same language, and a program that is there at once: jq itself takes longer to begin than a request of ours
# does. `command jq` where the order of fields counts, which this one does not keep.
jq() {
    gojq "$@"
}

spool_new() {
    local user
    SPOOL=$BATS_TEST_TMPDIR/spool
    CLOCK=$BATS_TEST_TMPDIR/clock
    echo 0 >"$CLOCK"
    install -d -m 700 "$SPOOL" "$SPOOL/users"
    (($#)) || set -- alice bob carol
    for user; do
        install -d -m 700 "$SPOOL/users/$user"
    done
}

clock_forward() {
    # Renamed into place: who reads meanwhile sees the old time or the new, never none.
    echo $(($(<"$CLOCK") + $1)) >"$CLOCK.new"
    mv "$CLOCK.new" "$CLOCK"
}

# The variables of one request in the array `env`, the program in `program`, the body in the file `input`.
cgi_request() {
    local method=$1 target=$2 query='' path
    if [[ $target == *\?* ]]; then
        query=${target#*\?}
        target=${target%%\?*}
    fi
    program=$BIN/cgi-bin/${target%%/*}
    [[ ! ${door-} || ${target%%/*} != stream ]] || program=$door
    path=${target#"${target%%/*}"}
    env=(GATEWAY_INTERFACE=CGI/1.1 SERVER_PROTOCOL=HTTP/1.1 SERVER_NAME=chat.example SERVER_PORT=80
        REMOTE_ADDR=127.0.0.1 HTTP_HOST=chat.example REQUEST_METHOD="$method" QUERY_STRING="$query"
        SCRIPT_NAME="/nereid-chat/${target%%/*}"
        SPOOLCHAT_SPOOL="$SPOOL" SPOOLCHAT_TEST_CLOCK="$CLOCK")
    # Endpoints allocate nothing; the search for what they have not freed takes twice as long as they do.
    [[ $BIN != *asan* ]] || env+=(ASAN_OPTIONS=detect_leaks=0)
    [[ -z $path ]] || env+=(PATH_INFO="$path")
    [[ -z ${ME-} ]] || env+=(REMOTE_USER="$ME" AUTH_TYPE=Basic)
    [[ -z ${ACCEPT-} ]] || env+=(HTTP_ACCEPT="$ACCEPT")
    local LC_ALL=C # lengths are of bytes
    input=$BATS_TEST_TMPDIR/input.$BASHPID
    printf %s "${3-}" >"$input"
    if (($# > 2)); then
        env+=(CONTENT_LENGTH="${#3}")
        env+=(CONTENT_TYPE="${TYPE-application/x-www-form-urlencoded}")
    fi
    env+=("${CGI_ENV[@]}")
}

cgi() {
    local env program input reply
    cgi_request "$@"
    reply=$BATS_TEST_TMPDIR/reply
    exit_code=0
    "$launch" -t 60 "${env[@]}" "$program" <"$input" >"$reply" 2>"$reply.stderr" || exit_code=$?
    cgi_reply "$reply"
    cgi_sane "$reply.stderr"
}

# A program that stands for a web server: takes its variables, brings them to the agent, gives what comes back.
# Arguments stand before the agent in its command.
# shellcheck disable=SC2120
door_start() {
    local entry env=()
    for entry in "${CGI_ENV[@]}"; do
        [[ $entry != SPOOLCHAT_* ]] || env+=("$entry")
    done
    process_spawn "$BATS_TEST_TMPDIR/agent.log" env SPOOLCHAT_SPOOL="$SPOOL" SPOOLCHAT_TEST_CLOCK="$CLOCK" "${env[@]}" "$@" \
        "$BIN/bin/spoolchat" agent
    agent=$spawned
    eventually 10 door_is_open || return
    door=$BATS_TEST_TMPDIR/door
    printf '#!/bin/sh\nexec "%s" "%s"\n' "$root/build/tools/scgi" "$SPOOL/agent.scgi" >"$door"
    chmod +x "$door"
}

door_is_open() {
    [[ -S $SPOOL/agent.scgi && $(<"$SPOOL/agent.lock") == "$agent" && ! $SPOOL/agent.scgi -ot $SPOOL/agent.lock ]]
}

door_spool() {
    # shellcheck disable=SC2119
    [[ ${DOOR-} != scgi ]] || door_start
}

door_end() {
    door=
    [[ ${agent-} ]] || return 0
    kill -CONT "$agent" 2>/dev/null || true
    process_stop "$agent"
    agent=
    cgi_sane "$BATS_TEST_TMPDIR/agent.log"
}

# Split a reply at its first empty line.
cgi_reply() {
    local text
    IFS= read -r -d '' text <"$1" || true # no NUL ends it
    headers=${text%%$'\r\n\r\n'*}
    headers=${headers//$'\r'/}
    body=${text#*$'\r\n\r\n'}
    status_code=
    [[ ! $headers =~ (^|$'\n')Status:\ ([0-9]+) ]] || status_code=${BASH_REMATCH[2]}
}

# What the sanitizers have to say is never part of a test's expectation.
cgi_sane() {
    [[ ! -s $1 ]] || ! grep -A 30 -E 'Sanitizer|runtime error' "$1" >&2
}

cgi_background() {
    local env program input
    cgi_request "$@"
    cgi_output=$(mktemp "$BATS_TEST_TMPDIR/output.XXXXXX")
    "$launch" "${env[@]}" "$program" <"$input" >"$cgi_output" 2>"$cgi_output.stderr" 3>&- &
    cgi_pid=$!
}

header() {
    local line
    while IFS= read -r line; do
        [[ ${line,,} != "${1,,}: "* ]] || echo "${line#*: }"
    done <<<"$headers"
}

json() {
    jq -r "$@" <<<"$body"
}

spoolchat() {
    SPOOLCHAT_SPOOL=$SPOOL SPOOLCHAT_TEST_CLOCK=$CLOCK "$BIN/bin/spoolchat" "$@"
}

# ---- In fewer words ----------------------------------------------------------------------------
#
#   as USER METHOD ENDPOINT[/PATH][?QUERY] [BODY]
#                            `cgi`, logged in as USER; '' is nobody
#   expect STATUS [JQ-ARGUMENT... FILTER]
#                            the last reply had it, and its body makes FILTER true; else shows the reply
#   same WANTED GOT          two texts are equal; else shows them
#   field NAME               of a reply that is one flat object, without a jq of its own
#   form_encode TEXT         as the value of a form's field
#   thread_of USER OTHER...  their thread's id, in $thread
#   say USER THREAD TEXT     a message, accepted
#   cgi_wait [PID OUTPUT]    until what cgi_background started has ended; then all is as after `cgi`
#   cgi_unread METHOD ENDPOINT... [BODY]
#                            `cgi`, but the other end of its output is closed: only $exit_code
#   cgi_slowly SYSCALLS METHOD ENDPOINT... [BODY]
#                            `cgi_background`, but the first of these calls (as strace names them) takes
#                            half a second ($SLOWLY microseconds) to begin; comes back when it has been asked for
#   cgi_end                  for teardown: end what is left in the background

as() {
    local ME=$1
    shift
    cgi "$@" || return
}

expect() {
    local wanted=$1
    shift
    if [[ $status_code == "$wanted" && $exit_code == 0 ]]; then
        (($#)) || return 0
        ! jq -e "$@" <<<"$body" >/dev/null || return 0
    fi
    printf '%s\n' "wanted $wanted $*" "got (exit status $exit_code):" "$headers" '' "$body" >&2
    return 1
}

same() {
    [[ $1 != "$2" ]] || return 0
    printf '%s\n' "wanted: $1" "   got: $2" >&2
    return 1
}

field() {
    [[ $body =~ \"$1\":\"?([^\",}]*) ]] && printf '%s\n' "${BASH_REMATCH[1]}"
}

form_encode() {
    local LC_ALL=C rest run byte encoded='' at
    # Runs of what stays as it is go at once. Pieces, or a long text would be copied for each other byte.
    for ((at = 0; at < ${#1}; at += 512)); do
        rest=${1:at:512}
        while run=${rest%%[!A-Za-z0-9]*} encoded+=$run && ((${#run} < ${#rest})); do
            printf -v byte %d "'${rest:${#run}:1}"
            printf -v byte '%%%02X' $((byte & 255))
            encoded+=$byte
            rest=${rest:${#run}+1}
        done
    done
    printf %s "$encoded"
}

thread_of() {
    local user form=
    for user in "${@:2}"; do
        form+="user=$(form_encode "$user")&"
    done
    as "$1" POST start-session "$form" || return
    expect 200 || return
    thread=$(field thread_id)
}

say() {
    as "$1" POST send-message "thread_id=$2&message=$(form_encode "$3")" || return
    expect 200
}

cgi_wait() {
    local pid=${1-$cgi_pid} output=${2-$cgi_output}
    # One that never ends is ended here, and fails by its exit status.
    eventually 30 not process_alive "$pid" || kill "$pid"
    exit_code=0
    wait "$pid" || exit_code=$?
    cgi_reply "$output" || return
    cgi_sane "$output.stderr"
}

cgi_unread() {
    local env program input pipe keep write
    cgi_request "$@"
    pipe=$BATS_TEST_TMPDIR/unread
    rm -f "$pipe"
    mkfifo "$pipe"
    # Opening one end alone would wait for the other.
    exec {keep}<>"$pipe"
    exec {write}>"$pipe"
    exec {keep}>&-
    exit_code=0
    "$launch" -t 60 "${env[@]}" "$program" <"$input" 1>&"$write" 2>"$pipe.stderr" || exit_code=$?
    exec {write}>&-
    cgi_sane "$pipe.stderr"
}

cgi_slowly() {
    local calls=$1 env program input
    shift
    cgi_request "$@"
    # Leaks are looked for by ptrace, which strace has already.
    env+=(ASAN_OPTIONS=detect_leaks=0)
    cgi_output=$(mktemp "$BATS_TEST_TMPDIR/output.XXXXXX")
    "$launch" "${env[@]}" strace -qq -o "$cgi_output.calls" -e trace="$calls" \
        -e inject="$calls:delay_enter=${SLOWLY:-500000}:when=1" "$program" \
        <"$input" >"$cgi_output" 2>"$cgi_output.stderr" 3>&- &
    cgi_pid=$!
    eventually 10 test -s "$cgi_output.calls"
}

cgi_end() {
    local pid
    for pid in $(jobs -pr); do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
}

# Whether the stream with this process id waits; where the kernel does not say, whether it has opened the journal
# once more to.
waits() {
    grep -qs poll "/proc/$1/wchan" || (($(readlink "/proc/$1/fd/"* | grep -c '/journal$') > 1))
}

# Whether a process has nothing to do (or is a strace, which waits for what it traces); where the kernel does not say
# what it waits for, whether it sleeps.
rests() {
    local where state
    where=$(<"/proc/$1/wchan")
    [[ $where != *poll* && $where != *wait* ]] || return 0
    read -r _ _ state _ <"/proc/$1/stat"
    [[ ${where:-0} == 0 && $state == S ]]
}
