#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# check: waits
# servers: all
# doors: all
#
# Streams that the agent holds, through a real web server: no process waits, and what is said arrives.

load lib

setup_file() {
    export SPOOLCHAT_MAX_STREAMS=1 SPOOLCHAT_USER_STREAMS=0 SPOOLCHAT_MESSAGES_PER_MINUTE=0
    site_start
    agent_start
    eventually 10 test -S "$SPOOL/agent.sock"
}

teardown_file() {
    site_stop
}

setup() {
    # bats follows each command of each function, which takes longer than the commands.
    set +T
    background=()
}

teardown() {
    clients_end "${background[@]}"
}

# client FILE ARGUMENTS...: bob's, in the background, its output in FILE.
client() {
    # No function's process in between: who is killed is the client.
    curl --user bob:bob --silent --show-error --max-time 60 --no-buffer "${@:2}" >"$1" 2>"$1.stderr" 3>&- &
    background+=($!)
}

nobody_waits() {
    [[ -z $(streams_waiting) ]]
}

said() {
    grep -q "\"text\":\"$2\"" "$1"
}

@test "events and polls are held without a process, and get what is said one by one" {
    local since n events=$BATS_TEST_TMPDIR/events poll=$BATS_TEST_TMPDIR/poll
    as alice curl --fail -d 'to=bob&message=before' "$BASE/send-message"
    since=$(as bob curl "$BASE/stream?wait=0" | jq -r .cursor)
    client "$events" --header 'Accept: text/event-stream' "$BASE/stream?since=$since"
    client "$events.2" --header 'Accept: text/event-stream' "$BASE/stream?since=$since"
    client "$poll" --dump-header "$poll.head" "$BASE/stream?since=$since"
    eventually 10 grep -q '^id: ' "$events"
    eventually 10 grep -q '^id: ' "$events.2"
    eventually 10 nobody_waits
    for n in 1 2 3 4; do
        as alice curl --fail -d "to=bob&message=number-$n" "$BASE/send-message"
        eventually 5 said "$events" "number-$n"
        eventually 5 said "$events.2" "number-$n"
    done
    eventually 5 said "$poll" number-1
    # The length Apache sets aside, and counts itself when it sees the end together with the rest.
    eventually 5 grep -qiE '^(content-length:|transfer-encoding: chunked)' "$poll.head"
    grep -qi '^content-type: application/json' "$poll.head"
    nobody_waits
    [[ $(grep -o 'number-.' "$events" | paste -sd ' ') == 'number-1 number-2 number-3 number-4' ]]
}

@test "who leaves is let go" {
    local events=$BATS_TEST_TMPDIR/events before n
    before=$(find "/proc/$(<"$SPOOL/agent.lock")/fd" -mindepth 1 | wc -l)
    client "$events" --header 'Accept: text/event-stream' "$BASE/stream"
    eventually 10 grep -q '^id: ' "$events"
    eventually 10 nobody_waits
    kill "${background[0]}"
    # Some servers learn that a client has left by what they pass on.
    for n in 1 2 3; do
        as alice curl --fail -d "to=bob&message=gone-$n" "$BASE/send-message"
    done
    eventually 10 let_go "$before"
}

let_go() {
    (($(find "/proc/$(<"$SPOOL/agent.lock")/fd" -mindepth 1 | wc -l) <= $1))
}
