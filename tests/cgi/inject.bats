# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154
# (tests as subshells, variables that lib.bash and faults.bash take and give)
#
# The machine's faults, at every system call where they can happen: no answer promises what is not so,
# nothing is half there, and when the fault is over everything is as if it had never been. Each line of a
# failure names the fault, the system call, and which of that name it was ("EIO pwrite64 2").

id=00000000-0000-4000-8000-000000000001

setup() {
    load lib
    load faults
    skip_sanitized
    spool_new
    room_new
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=1000)
    cursor=0-0
}

teardown() {
    ! mountpoint -q "$BATS_TEST_TMPDIR/disk" || umount "$BATS_TEST_TMPDIR/disk"
    room_end
}

# Alice and Bob have talked before; the newest that everybody knows is at $cursor.
talk() {
    thread_of alice bob
    say alice "$thread" 'before'
    as bob GET 'stream?wait=0'
    as alice GET 'stream?wait=0'
    cursor=$(field cursor)
}

# Before and after: `hit` meets the fault, and tries again. Readers begin where they were.
requests() {
    ME=alice request hit POST send-message "$1&message=hello&id=$id"
    ME=bob request other POST send-message "$2&message=and+I"
    ME=alice request alice GET "stream?wait=0&since=$cursor"
    ME=bob request bob GET "stream?wait=0&since=$cursor"
    agent_request agent
}

# fail_everywhere FUNCTION: FUNCTION COPY "FAULT SYSCALL K ARGUMENTS" for each fault of each system call of
# `hit`. Those that write can find no space, and any can find a broken disk, but those that only ask the
# kernel; the reply itself is another test's.
fail_everywhere() {
    local all cases=() call
    mapfile -t all < <(calls hit)
    for call in "${all[@]}"; do
        case $call in
        arch_prctl* | set_tid_address* | brk* | m[mu]* | rt_sig* | setitimer* | geteuid* | writev*) ;;
        *) cases+=("EIO $call") ;;&
        write* | pwrite64* | fsync* | linkat* | renameat* | mkdirat* | close*' written '* | openat*O_CREAT*)
            cases+=("ENOSPC $call" "EDQUOT $call")
            ;;
        esac
    done
    ((${#cases[@]} > 20))
    on_copies "$1" "${cases[@]}"
}

# An answer that says what is the matter, as far as that is the client's business, and one line for the
# operator that names the object and the error.
expect_honest() {
    local copy=$1 error=$2 status=500 what='I/O error|Input/output error' later said
    [[ $error == EIO ]] || status=507
    [[ $error != ENOSPC ]] || what='No space left on device'
    [[ $error != EDQUOT ]] || what='Quota exceeded|Disk quota exceeded'
    [[ $code == "$status" && $reply == *'Content-Type: application/problem+json'* &&
        ${reply##*$'\n'} == *"\"status\":$status,"* ]] || echo "not a $status: ${reply##*$'\n'}"
    [[ $reply == *$'\nRetry-After: '* ]] && later=1 || later=0
    ((later == (status == 507))) || echo "Retry-After: $later"
    contents "$copy.stderr"
    said=${contents%$'\n'}
    [[ $said != *$'\n'* && $said =~ ^spoolchat\ [a-z-]+:\ [a-z].*:\ ($what)$ ]] ||
        echo "the operator reads: $said"
}

# What a 200 of send-message rests on: without this it must not be given.
is_needed() {
    case $1 in
    *' write '* | *' fsync '* | *' linkat '* | *' renameat '*) ;;
    *' openat '*tmp/"$id"* | *' openat '*O_CREAT*O_EXCL*) ;;
    *' pwrite64 '*/journal/* | *' close '*' written '*/journal/* | *' close '*' written '*/tmp/*) ;;
    *) return 1 ;;
    esac
}

send_failing() {
    local copy=$1
    perform_failing hit "$@"
    if [[ $code == 200 ]]; then
        ! is_needed "$2" || echo 'a 200 in spite of it'
        audit "$copy"
        unsynced "$copy.trace" "$copy"
    else
        expect_honest "$copy" "${2%% *}"
        audit --allow-tmp "$copy"
    fi
    expect_ok bob "$copy"
    occurrences "\"message\":{\"id\":\"$id\"" "$reply"
    ((count < 2)) || echo "bob: gets it $count times at first"
    # By turns somebody else, the agent, or nobody comes before it is tried again.
    case $((${#2} % 3)) in
    0) expect_ok other "$copy" ;;
    1) expect_ok agent "$copy" ;;
    esac
    expect_ok hit "$copy"
    [[ $reply == *"\"UUID\":\"$id\""* ]] || echo 'again: not that UUID'
    expect_said "$id" "$copy" alice bob
}

# What a trace with paths (strace -y) has made and not made durable by the time of the reply, and whatever
# got its name before its bytes were safe. spool/README.md says what is never synced.
unsynced() {
    [[ ${CGI_ENV[*]} != *SYNC=no* ]] || return 0
    awk -v spool="$2/" '
        function path_of(n,    a) { # "3</x/y>, \"z\"": of the n-th descriptor and the name after it
            split(line, a, /</)
            sub(/>.*/, "", a[n + 1])
            return a[n + 1]
        }
        function joined(n,    a, dir) {
            dir = path_of(n)
            split(line, a, "\"")
            return dir "/" a[2 * n]
        }
        function parent(path) { sub(/\/[^\/]*\/?$/, "", path); return path }
        function never(path) {
            return index(path, spool) != 1 || path ~ /\/\.[^\/]*$/ ||
                short(path) ~ /\/(journal|online|presence|tokens|tmp)(\/[^\/]*)?$/ ||
                short(path) ~ /\/(tail|limits|usage|delivered)$/
        }
        function short(path) { return substr(path, length(spool)) }
        function named(path) { if (!never(path)) names[path] = parent(path) }
        function inside(path,    p) {
            for (p in bytes) if (p == path || index(p, path "/") == 1) return p
            for (p in names) if (index(p, path "/") == 1) return p
            return ""
        }
        / = -1 / { next }
        { sub(/^[0-9]+ +/, ""); line = $0 } # in front may stand the process
        /^openat/ && /O_CREAT/ && /O_EXCL/ { named(joined(1)) }
        /^mkdirat/ { sub(/\/"/, "\"", line); named(joined(1)) }
        /^(write|pwrite64)\(/ {
            at = path_of(1)
            if (short(at) ~ /\/tmp\/./ || !never(at)) bytes[at] = 1
        }
        /^fsync/ {
            at = path_of(1)
            delete bytes[at]
            for (p in names) if (names[p] == at) delete names[p]
        }
        /^(linkat|renameat)/ {
            if (inside(joined(1)) != "") print short(inside(joined(1))) " was not synced before it became " short(joined(2))
            named(joined(2))
        }
        /^renameat/ || /^unlinkat/ {
            old = joined(1)
            delete bytes[old]
            delete names[old]
        }
        /^writev\(1</ {
            for (p in bytes) print "bytes of " short(p) " are not synced"
            for (p in names) print "the name " short(p) " is not synced"
        }' "$1"
}

# Reading on from where the answer to the fault says: nothing that Alice has said is lost or comes twice.
stream_failing() {
    local copy=$1 total=0 next=$cursor cursors=$'.*("cursor":"|\nid: )([0-9]+-[0-9]+)'
    perform_failing hit "$@"
    if [[ $code == 200 ]]; then
        occurrences "\"message\":{\"id\":\"$id\"" "$reply"
        total=$count
        [[ ! $reply =~ $cursors ]] || next=${BASH_REMATCH[2]}
    else
        expect_honest "$copy" "${2%% *}"
    fi
    query="wait=0&since=$next" expect_ok hit "$copy"
    occurrences "\"message\":{\"id\":\"$id\"" "$reply"
    ((total + count == 1)) || echo "comes $total times, and then $count times"
    audit "$copy"
}

# The same without a cursor: the site remembers what has been written. It may come twice, but it comes.
forgetful_stream_failing() {
    local copy=$1 total=0
    perform_failing hit "$@"
    occurrences "\"message\":{\"id\":\"$id\"" "$reply"
    total=$count
    [[ -z $code || $code == 200 ]] || expect_honest "$copy" "${2%% *}"
    expect_ok hit "$copy"
    occurrences "\"message\":{\"id\":\"$id\"" "$reply"
    ((total + count > 0)) || echo 'is lost'
}

@test "sending: sync = yes" {
    talk
    requests "thread_id=$thread" "thread_id=$thread"
    fail_everywhere send_failing
}

@test "sending: sync = no" {
    CGI_ENV+=(SPOOLCHAT_SYNC=no)
    talk
    requests "thread_id=$thread" "thread_id=$thread"
    fail_everywhere send_failing
}

@test "sending what is the first of a site, and makes its thread" {
    requests to=bob to=alice
    fail_everywhere send_failing
}

@test "a stanza that was sent again is durable, too" {
    talk
    requests "thread_id=$thread" "thread_id=$thread"
    # Killed before the names are synced.
    perform hit "$SPOOL" strace -qq -o /dev/null -e trace=fsync -e inject=fsync:signal=KILL:when=2
    ((exit_code == 137))
    perform hit "$SPOOL" strace -qq -y -o "$room/trace"
    [[ $code == 200 ]]
    grep -q '^fsync(.*/new>) *= 0' "$room/trace"
    grep -q '^fsync(.*/users/alice/sent>) *= 0' "$room/trace"
}

@test "starting a session is durable" {
    as carol GET get-friends
    ME=alice request hit POST start-session user=bob
    perform hit "$SPOOL" strace -qq -y -o "$room/trace"
    [[ $code == 200 ]]
    run unsynced "$room/trace" "$SPOOL"
    same '' "$output"
    # Who finds it made by somebody who has not come to syncing it.
    ME=bob request hit POST start-session user=alice
    perform hit "$SPOOL" strace -qq -y -o "$room/trace"
    grep -q '^fsync(.*/threads>) *= 0' "$room/trace"
}

# What Alice says comes after what Bob has got.
news() {
    talk
    as alice POST send-message "thread_id=$thread&message=hello&id=$id"
    say alice "$thread" 'and more'
}

@test "a long poll" {
    news
    ME=bob request hit GET "stream?wait=0&since=$cursor"
    fail_everywhere stream_failing
}

@test "a long poll without a cursor" {
    news
    ME=bob request hit GET 'stream?wait=0'
    fail_everywhere forgetful_stream_failing
}

@test "a long poll without a cursor whose reader has gone" {
    news
    ME=bob request hit GET 'stream?wait=0'
    on_copies forgetful_stream_failing 'EPIPE writev 1'
}

@test "events" {
    news
    ME=bob ACCEPT=text/event-stream request hit GET "stream?wait=0&since=$cursor"
    fail_everywhere stream_failing
}

# Files that are never synced, as a power cut leaves them: empty, or with zeros at their end.
@test "what a power cut has taken" {
    local file
    talk
    say alice "$thread" 'not yet read'
    as alice POST token
    as carol GET 'stream?wait=0'
    requests "thread_id=$thread" "thread_id=$thread"
    mapfile -t files < <(cd "$SPOOL" && ls -d journal/* tail threads/*/tail users/*/delivered users/*/limits \
        online/* presence/* tokens/*)
    ((${#files[@]} > 8))
    files=("${files[@]/#/empty }" 'zeros journal/0000000000' 'short journal/0000000000')
    on_copies power_cut "${files[@]/#/agent }" "${files[@]/#/other }"
}

# Who comes first, the agent or a writer, what has been taken, and of which file.
power_cut() {
    local copy=$1 first what file user
    read -r first what file <<<"$2"
    file=$copy/$file
    case $what in
    empty) truncate -s 0 "$file" ;;
    short) truncate -s -64 "$file" ;;
    zeros) truncate -s -64 "$file" && truncate -s +64 "$file" ;;
    esac
    expect_ok "$first" "$copy"
    for user in alice bob; do
        query=wait=0 expect_ok "$user" "$copy"
    done
    [[ $first == other ]] || expect_ok other "$copy"
    [[ $first == agent ]] || expect_ok agent "$copy"
    expect_ok hit "$copy"
    # What a writer says before the agent has come stands before what was lost; the zeros stay.
    audit "$copy" | grep -v '/delivered: damaged' |
        if [[ $first == other ]]; then grep -v 'journal: record .* after '; else cat; fi |
        if [[ $what == zeros ]]; then grep -v 'journal: record .*: damaged'; else cat; fi
    for user in alice bob; do
        query='wait=0&since=0-0' expect_ok "$user" "$copy"
        occurrences '"message":{"id":' "$reply"
        ((count == 4)) || echo "$user: gets $count stanzas of 4"
    done
}

# A disk of a few pages, filled to the brim, then a page less, and so on: the fault comes at another place
# each time.
@test "a disk that is full" {
    local free
    ((EUID == 0)) || skip 'only root can mount a small file system'
    mkdir "$BATS_TEST_TMPDIR/disk"
    mount -t tmpfs -o size=1m,mode=700 tmpfs "$BATS_TEST_TMPDIR/disk" || skip 'cannot mount a file system'
    cp -a "$SPOOL/." "$BATS_TEST_TMPDIR/disk"
    SPOOL=$BATS_TEST_TMPDIR/disk
    thread_of alice bob
    # The next record begins a page of the journal.
    "$root/build/tools/fabricate" ledger "$SPOOL" 64
    requests "thread_id=$thread" "thread_id=$thread"
    cat /dev/zero >"$SPOOL/ballast" || true
    for free in 0 1 2 3 4; do
        truncate -s -$((free * 4096)) "$SPOOL/ballast"
        perform hit "$SPOOL"
        [[ $code == 200 ]] || full "$free"
        id=${id%?}$((free + 2))
        requests "thread_id=$thread" "thread_id=$thread"
    done
    [[ $free == 4 && $code == 200 ]]
    audit "$SPOOL"
}

full() {
    run expect_honest "$SPOOL" ENOSPC
    same '' "$output"
    audit --allow-tmp "$SPOOL"
    # Space is made: `hit` gets through, once.
    mv "$SPOOL/ballast" "$room/ballast"
    run expect_ok hit "$SPOOL"
    same '' "$output"
    run expect_said "$id" "$SPOOL" alice bob
    same '' "$output"
    cat "$room/ballast" >"$SPOOL/ballast" || true
}
