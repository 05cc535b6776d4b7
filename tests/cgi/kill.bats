# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154
# (tests as subshells, variables that lib.bash and faults.bash take and give)
#
# Killed at every system call, and in all but the first test only at those that leave something else than the one
# before: whoever comes next mends what was left, and who was killed tries again as if nothing had happened. Each line
# of a failure names who came next, the system call, and which of that name it was ("agent pwrite64 2"); strace
# --inject=pwrite64:signal=KILL:when=2 shows it alone.

id=00000000-0000-4000-8000-000000000001

setup() {
    load lib
    load faults
    skip_sanitized
    spool_new
    room_new
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=0)
    cursor=0-0
}

teardown() {
    room_end
}

# Alice and Bob have talked before; the newest that everybody knows is at $cursor.
talk() {
    local n
    thread_of alice bob
    for n in 1 2 3; do
        say alice "$thread" "before $n"
    done
    as bob GET 'stream?wait=0'
    cursor=$(field cursor)
}

# What everybody does: `hit` is killed, and tries again. Readers begin where they were.
requests() {
    ME=alice request hit POST send-message "$1&message=hello&id=$id"
    ME=bob request other POST send-message "$2&message=and+I"
    readers
}

readers() {
    ME=alice request alice GET "stream?wait=0&since=$cursor"
    ME=bob request bob GET "stream?wait=0&since=$cursor"
    agent_request agent
}

kill_at() {
    local copy=$1 name k
    read -r _ name k <<<"$2"
    perform_killed hit "$copy" "$name" "$k"
}

send_killed() {
    local copy=$1 next=${2%% *}
    kill_at "$copy" "$2"
    if [[ $next != nobody ]]; then
        expect_ok "$next" "$copy"
        audit "$copy"
    fi
    expect_ok hit "$copy"
    [[ $reply == *"\"UUID\":\"$id\""* ]] || echo "again: not that UUID"
    [[ $reply =~ \"thread_id\":\"([^\"]*)\" && -d $copy/threads/${BASH_REMATCH[1]} ]] ||
        echo 'again: another thread'
    expect_said "$id" "$copy" alice bob
}

@test "sending: sync = yes" {
    talk
    requests "thread_id=$thread" "thread_id=$thread"
    kill_everywhere send_killed other agent nobody
}

@test "sending: sync = no" {
    CGI_ENV+=(SPOOLCHAT_SYNC=no)
    talk
    requests "thread_id=$thread" "thread_id=$thread"
    kill_after_changes send_killed other agent
}

@test "sending what is the first in its thread: sync = yes" {
    thread_of alice bob
    requests "thread_id=$thread" "thread_id=$thread"
    kill_after_changes send_killed other agent
}

@test "sending what is the first in its thread: sync = no" {
    CGI_ENV+=(SPOOLCHAT_SYNC=no)
    thread_of alice bob
    requests "thread_id=$thread" "thread_id=$thread"
    kill_after_changes send_killed other nobody
}

@test "sending what is the first of a site, and makes its thread: sync = yes" {
    requests to=bob to=alice
    kill_after_changes send_killed other
}

@test "sending what is the first of a site, and makes its thread: sync = no" {
    CGI_ENV+=(SPOOLCHAT_SYNC=no)
    requests to=bob to=alice
    kill_after_changes send_killed agent
}

# What Bob said has its number, but no record yet.
@test "sending, while finishing what another was killed in" {
    talk
    requests "thread_id=$thread" "thread_id=$thread"
    ME=bob request killed POST send-message "thread_id=$thread&message=mine&id=${id/%1/2}"
    perform killed "$SPOOL" strace -qq -o /dev/null -e trace=pwrite64 \
        -e inject=pwrite64:signal=KILL:when=2
    ((exit_code == 137))
    run audit --allow-tmp "$SPOOL"
    ((status == 0))
    run audit "$SPOOL"
    [[ $output == *'/tmp/'*': left behind'* && $output == *"$thread 4 is in it 0 times"* ]]
    kill_after_changes both_killed other agent
}

both_killed() {
    send_killed "$@"
    expect_said "${id/%1/2}" "$1" alice bob
}

@test "sending what begins a segment of the journal" {
    talk
    "$root/build/tools/fabricate" ledger "$SPOOL" 65536
    as bob GET 'stream?wait=0'
    cursor=$(field cursor)
    requests "thread_id=$thread" "thread_id=$thread"
    kill_after_changes send_killed other
    perform hit "$SPOOL"
    [[ -s $SPOOL/journal/0000065536 ]]
}

# A thread is there complete or not at all: the audit looks before anybody mends. Then both get the same
# one, or, for a room, the second try makes one; and it works.
session_killed() {
    local copy=$1 next=${2%% *} thread form
    kill_at "$copy" "$2"
    audit "$copy"
    [[ $next == nobody ]] || expect_ok "$next" "$copy"
    expect_ok hit "$copy"
    [[ $reply =~ \"thread_id\":\"([^\"]*)\" ]]
    thread=${BASH_REMATCH[1]}
    occurrences '"objectType":"person"' "$reply"
    ((count == 2)) || echo "again: $count members"
    form="thread_id=$thread&message=hello&id=$id" expect_ok say "$copy"
    expect_said "$id" "$copy" alice bob
}

sessions() {
    as carol GET get-friends
    ME=alice request hit POST start-session "$1"
    ME=bob request other POST start-session "$2"
    ME=alice request say POST send-message message=
    readers
}

@test "starting a session" {
    sessions user=bob user=alice
    kill_after_changes session_killed other
}

@test "starting a session with people who are known" {
    thread_of alice carol
    thread_of bob carol
    sessions user=bob user=alice
    kill_after_changes session_killed other agent
}

@test "starting a session: sync = no" {
    CGI_ENV+=(SPOOLCHAT_SYNC=no)
    sessions user=bob user=alice
    kill_after_changes session_killed nobody
}

@test "starting a room" {
    thread_of alice bob
    sessions 'user=bob&subject=tea' 'user=alice&subject=coffee'
    kill_after_changes session_killed other agent
}

# Work of every kind: stanzas that have reached everybody, one that has its number only, half of one, a
# token and people whose time is over, drafts, a record that a power cut has taken.
work() {
    local n file
    talk
    as alice GET 'stream?wait=0'
    thread_of carol alice bob
    for n in 1 2 3; do
        say carol "$thread" "to all $n"
    done
    as bob GET 'stream?wait=0'
    say alice "$thread" 'last'
    truncate -s -64 "$SPOOL/journal/0000000000"
    thread_of bob carol
    ME=bob request killed POST send-message "thread_id=$thread&message=numbered&id=${id/%1/2}"
    perform killed "$SPOOL" strace -qq -o /dev/null -e trace=pwrite64 \
        -e inject=pwrite64:signal=KILL:when=2
    ((exit_code == 137))
    thread_of alice carol
    ME=alice request killed POST send-message "thread_id=$thread&message=half&id=${id/%1/3}"
    perform killed "$SPOOL" strace -qq -o /dev/null -e trace=fsync -e inject=fsync:signal=KILL:when=1
    ((exit_code == 137))
    echo "alice 1 $id 1" >"$SPOOL/tokens/$(printf %064d 1)"
    mkdir "$SPOOL/threads/.$id" "$SPOOL/threads/.$id/new"
    : >"$SPOOL/.$id"
    for file in "$SPOOL"/{.,threads/.}"$id" "$SPOOL"/{online,presence}/*; do
        touch -d '2 hours ago' "$file"
    done
}

agent_killed() {
    local copy=$1 user line left
    kill_at "$copy" "$2"
    expect_ok hit "$copy"
    audit "$copy"
    # Drafts of the killed one are its successor's business in an hour.
    left=$(find "$copy"/{tokens,online}/ -type f; find "$copy" -name '.?*' -mmin +60)
    [[ -z $left ]] || echo "is left: $left"
    count=$(find "$copy"/threads/*/cur -type f | wc -l)
    ((count == 3)) || echo "in cur/ are $count, but all have got 3"
    for user in bob carol; do
        expect_ok "$user" "$copy"
        for line in "${lines[@]}"; do
            [[ $line == *"\"members\":["*"\"id\":\"$user\""* ]] || continue
            occurrences "$line" "$reply"
            ((count == 1)) || echo "$user: gets $count times $line"
        done
    done
}

@test "the agent" {
    work
    ME=carol request carol GET "stream?wait=0&since=0-0"
    ME=bob request bob GET "stream?wait=0&since=0-0"
    agent_request hit
    # All that anybody must be able to read afterwards.
    mapfile -t lines < <(cat "$SPOOL"/threads/*/new/*)
    ((${#lines[@]} == 8))
    kill_after_changes agent_killed nobody
}
