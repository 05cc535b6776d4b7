# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154
# (tests as subshells, variables that lib.bash and faults.bash take and give)
#
# An upload killed or meeting the machine's faults, at every system call where it makes a difference: nothing of
# it is half there, no answer promises what is not so, trying again gets through, and what is left goes with the agent. Each line of
# a failure names the system call, and which of that name it was ("EIO renameat 1").

setup() {
    load lib
    load faults
    skip_sanitized
    spool_new
    room_new
    CGI_ENV=()
    thread_of alice bob
}

teardown() {
    room_end
}

# Alice has sent one before, or nobody anything; `hit` is what happens to be disturbed.
requests() {
    local TYPE=text/plain ME=alice
    printf -v text 'some words %.0s' {1..9000} # more than a piece
    if [[ $1 == again ]]; then
        as alice POST "attachment/$thread?name=before.txt" before
        expect 200
    fi
    request hit POST "attachment/$thread?name=hello.txt" "$text"
    agent_request agent
    before=$(find "$SPOOL/threads" -name '*.json' -path '*/files/*' | wc -l)
}

# whole SPOOL COUNT: so many attachments can be seen, each with all of its bytes, and counted; how many, in $seen.
whole() {
    local copy=$1 object file size digest files=()
    for object in "$copy/threads/$thread/files"/*.json; do
        [[ ! -e $object ]] || files+=("${object%.json}")
    done
    seen=${#files[@]}
    ((seen >= $2 && seen <= ${3-$2})) || echo "$seen can be seen instead of $2"
    ((seen)) || return 0
    while read -r size file && read -r digest _ <&4; do
        contents "$file.json"
        [[ $contents == *"\"fileSize\":$size,"*"\"digest\":\"$digest\""* ]] || echo "half: $file"
        [[ $file -ef $copy/users/alice/files/${file##*/} ]] || echo "not counted: $file"
        seen=$((seen - 1))
    done < <(stat -c '%s %n' "${files[@]}") 4< <(sha256sum "${files[@]}")
    ((seen == 0)) || echo 'cannot be read'
    seen=${#files[@]}
}

# nothing_left SPOOL: beside what can be seen.
nothing_left() {
    local name
    for name in "$1/threads/$thread/files"/.[0-9a-f]* "$1/threads/$thread/files"/[0-9a-f]* "$1"/users/*/files/*; do
        [[ ! -e $name || $name == *.json || -e $1/threads/$thread/files/${name##*/}.json ]] || echo "left: $name"
    done
}

# Two hours later.
agent_tidies() {
    local name files=()
    for name in "$1/threads/$thread/files"/{,.}*; do
        [[ ! -f $name ]] || files+=("$name")
    done
    touch -d '2 hours ago' "${files[@]}"
    expect_ok agent "$1"
    nothing_left "$1"
}

again() {
    local copy=$1 now=$2
    expect_ok hit "$copy"
    whole "$copy" $((now + 1))
    agent_tidies "$copy"
    whole "$copy" $((now + 1))
    audit "$copy"
}

killed() {
    local copy=$1 name k
    read -r _ name k <<<"$2"
    perform_killed hit "$copy" "$name" "$k"
    audit "$copy"
    whole "$copy" "$before" $((before + 1))
    again "$copy" "$seen"
}

@test "killed: a user's first" {
    requests first
    kill_after_changes killed nobody
}

@test "killed: sync = no" {
    CGI_ENV=(SPOOLCHAT_SYNC=no)
    requests again
    kill_after_changes killed nobody
}

@test "killed: with all limits" {
    CGI_ENV=(SPOOLCHAT_SPOOL_MAX=10000000)
    requests again
    kill_after_changes killed nobody
}

# What a 200 rests on.
is_needed() {
    case $1 in
    *' write '* | *' fsync '* | *' linkat '* | *' renameat '* | *LOCK_EX* | *' getdents64 '*) ;;
    *' openat '*O_CREAT*O_EXCL* | *' close '*' written '*/files/.*) ;;
    *) return 1 ;;
    esac
}

failing() {
    local copy=$1 error name k said
    read -r error name k _ <<<"$2"
    perform_failing hit "$copy" "$2"
    if [[ $code == 200 ]]; then
        ! is_needed "$2" || echo 'a 200 in spite of it'
        whole "$copy" $((before + 1))
        unsynced "$copy.trace"
        again "$copy" $((before + 1))
        return
    fi
    [[ $code == 50[037] && ${reply##*$'\n'} == *"\"status\":$code,"* ]] || echo "not honest: $code ${reply##*$'\n'}"
    [[ $error == EIO || $code == 507 ]] || echo "$code for $error"
    contents "$copy.stderr"
    [[ $contents == 'spoolchat attachment: '*$'\n' && $contents != *$'\n'*$'\n' ]] || echo "the operator reads: $contents"
    whole "$copy" "$before"
    nothing_left "$copy"
    audit "$copy"
    again "$copy" "$before"
}

# Bytes are safe before they have a name; names, the entry's too, before the answer.
unsynced() {
    [[ ${CGI_ENV[*]} != *SYNC=no* ]] || return 0
    awk '
        / = -1 / { next }
        { sub(/^[0-9]+ +/, "") } # in front may stand the process
        /^write\([0-9]*<.*\/files\/\./ { dirty = 1 }
        /^fsync\([0-9]*<.*\/files\/\./ { dirty = 0 }
        /^(renameat|linkat)\(/ && /files\/\./ { if (dirty) print "named before it was synced: " $0; names = 1 }
        /^linkat\(.*\/users\/[a-z]*\/files>/ { entry = 1 }
        /^fsync\([0-9]*<.*\/users\/[a-z]*\/files>/ { entry = 0; entries = 1 }
        /^fsync\([0-9]*<.*\/threads\/.*\/files>/ { names = 0 }
        /^writev\(1</ { if (names || entry || !entries) print "names are not synced" }' "$1"
}

fail_everywhere() {
    local all cases=() call
    mapfile -t all < <(calls hit)
    for call in "${all[@]}"; do
        case $call in
        arch_prctl* | set_tid_address* | brk* | m[mu]* | rt_sig* | setitimer* | geteuid* | writev* | poll* | read\ *'0<'*) ;;
        *) cases+=("EIO $call") ;;&
        write* | pwrite64* | fsync* | linkat* | renameat* | mkdirat* | close*' written '* | openat*O_CREAT*)
            cases+=("ENOSPC $call" "EDQUOT $call")
            ;;
        esac
    done
    ((${#cases[@]} > 30))
    on_copies failing "${cases[@]}"
}

@test "faults: a user's first" {
    requests first
    fail_everywhere
}

@test "faults: sync = no" {
    CGI_ENV=(SPOOLCHAT_SYNC=no)
    requests again
    fail_everywhere
}

@test "faults: with all limits" {
    CGI_ENV=(SPOOLCHAT_SPOOL_MAX=10000000)
    requests again
    fail_everywhere
}

@test "it is durable when it is answered" {
    requests first
    perform hit "$SPOOL" strace -qq -y -o "$room/trace"
    [[ $code == 200 ]]
    grep -q '^fsync(.*/users/alice>) *= 0' "$room/trace"
    run unsynced "$room/trace"
    same '' "$output"
}
