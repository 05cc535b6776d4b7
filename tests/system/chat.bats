#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# check: waits
# servers: all
# doors: all
#
# The main job through a real web server: people talk, and everything they said lies in the spool. Streams wait by
# themselves, as programs, until the agent comes in the test that says so; by SCGI it answers them from the beginning.

load lib

setup_file() {
    export SPOOLCHAT_MAX_STREAMS=0 SPOOLCHAT_USER_STREAMS=0 SPOOLCHAT_MESSAGES_PER_MINUTE=0
    site_start
    if [[ ${SCGI-} ]]; then
        agent_start
        eventually 10 test -S "$SPOOL/agent.scgi"
    fi
    streams >"$BATS_FILE_TMPDIR/idle"
}

teardown_file() {
    site_stop
}

setup() {
    # bats follows each command of each function, which takes longer than the commands.
    set +T
    background=()
}

# Clients that a failed test has left behind.
teardown() {
    clients_end "${background[@]}"
}

# client FILE COMMAND...: in the background, its output in FILE. Without a function's process in between, which
# would be ended instead of the client.
client() {
    local file=$1
    shift
    [[ $1 != as ]] || set -- curl --user "$2:$2" --silent --show-error --max-time 60 "${@:4}"
    "$@" >"$file" 2>"$file.stderr" 3>&- &
    background+=($!)
    client_pid=$!
}

field() {
    jq -r ".$1"
}

# thread USER OTHER...: the id of their thread.
thread() {
    local me=$1 form=() other
    shift
    for other; do form+=(--data-urlencode "user=$other"); done
    as "$me" curl "${form[@]}" "$BASE/start-session" | field thread_id
}

# say USER THREAD TEXT
say() {
    as "$1" curl --fail --data-urlencode "thread_id=$2" --data-urlencode "message=$3" \
        "$BASE/send-message"
}

# cursor USER: where their stream stands now.
cursor() {
    as "$1" curl "$BASE/stream?wait=0&limit=1000" | field cursor
}

# texts: of the messages in an envelope, one a line.
texts() {
    jq -r '.stanzas[] | select(.type == "message") | .message.text'
}

# in_file FILE COUNT WORD: WORD stands in it COUNT times.
in_file() {
    [[ $(grep -c -- "$3" "$1") == "$2" ]]
}

# How many streams of this site wait: programs, and what the agent holds for them, its pipes and sockets.
streams() {
    local waiting held=0
    mapfile -t waiting < <(streams_waiting)
    [[ ! -s $SPOOL/agent.lock ]] ||
        held=$(readlink "/proc/$(<"$SPOOL/agent.lock")/fd/"* | grep -cE '^(pipe|socket):')
    echo $((${#waiting[@]} + held))
}

streams_at_least() {
    (($(streams) >= $1))
}

# How many there were before anybody listened.
idle() {
    cat "$BATS_FILE_TMPDIR/idle"
}

ended() {
    ! kill -0 "$1" 2>/dev/null
}

@test "two people talk, and the spool has every word" {
    t=$(thread alice bob)
    [[ $t == "$(thread bob alice)" ]]
    a=$(cursor alice) b=$(cursor bob)
    say alice "$t" 'Hello Bob, 100 % = <b>&</b> "quoted" ünïcödé 🙂'
    say bob "$t" 'Hello Alice'
    for who in "alice $a" "bob $b"; do
        as "${who% *}" curl "$BASE/stream?wait=0&since=${who#* }" >"$BATS_TEST_TMPDIR/envelope"
        [[ $(texts <"$BATS_TEST_TMPDIR/envelope") == 'Hello Bob, 100 % = <b>&</b> "quoted" ünïcödé 🙂
Hello Alice' ]]
    done
    jq -e '.stanzas[-1].message.sender.displayName == "Bob"' <"$BATS_TEST_TMPDIR/envelope"
    cat "$SPOOL/threads/$t"/*/0* | jq -e --slurp 'map(.message.text) | contains(["Hello Alice"])'
}

@test "a long poll waits, and answers when something is said" {
    t=$(thread alice bob)
    b=$(cursor bob)
    before=$(streams)
    client "$BATS_TEST_TMPDIR/poll" as bob curl "$BASE/stream?wait=25&since=$b"
    eventually 10 streams_at_least $((before + 1))
    say alice "$t" 'Are you there?'
    eventually 5 ended "$client_pid"
    [[ $(texts <"$BATS_TEST_TMPDIR/poll") == 'Are you there?' ]]
}

@test "a long poll with nothing to say answers in time, empty" {
    t=$(thread alice bob)
    b=$(cursor bob)
    as bob curl "$BASE/stream?wait=1&since=$b" >"$BATS_TEST_TMPDIR/poll"
    jq -e --arg since "$b" '.stanzas == [] and .cursor == $since' <"$BATS_TEST_TMPDIR/poll"
}

@test "server-sent events come one by one, as they happen" {
    t=$(thread alice bob)
    events=$BATS_TEST_TMPDIR/events
    client "$events" as bob curl --no-buffer --dump-header "$events.head" \
        --header 'Accept: text/event-stream' "$BASE/stream?since=$(cursor bob)"
    eventually 10 grep -q '^id: ' "$events"
    grep -qi '^content-type: text/event-stream' "$events.head"
    for i in 1 2 3 4 5; do
        say alice "$t" "event-number-$i"
        # Nothing else is said until it is there: a server that buffers would keep it for ever.
        eventually 5 in_file "$events" 1 "event-number-$i"
    done
    in_file "$events" 5 '^data: .*event-number'
}

@test "an event stream goes on behind Last-Event-ID" {
    t=$(thread alice bob)
    b=$(cursor bob)
    say alice "$t" first
    say alice "$t" second
    as bob curl --no-buffer --header 'Accept: text/event-stream' "$BASE/stream?wait=1&since=$b" \
        >"$BATS_TEST_TMPDIR/one"
    last=$(sed -n 's/^id: //p' "$BATS_TEST_TMPDIR/one" | tail -n 1)
    say alice "$t" third
    as bob curl --no-buffer --header 'Accept: text/event-stream' --header "Last-Event-ID: $last" \
        "$BASE/stream?wait=1&since=$b" >"$BATS_TEST_TMPDIR/two"
    in_file "$BATS_TEST_TMPDIR/one" 1 '"text":"second"'
    in_file "$BATS_TEST_TMPDIR/two" 0 '"text":"second"'
    in_file "$BATS_TEST_TMPDIR/two" 1 '"text":"third"'
}

old_http() {
    local old=(--http1.0 --header 'Connection: close')
    t=$(as alice curl "${old[@]}" -d user=bob "$BASE/start-session" | field thread_id)
    as alice curl "${old[@]}" "$BASE/get-friends" | jq -e '[.friends[].entity.id] | contains(["bob"])'
    b=$(as bob curl "${old[@]}" "$BASE/stream?wait=0&limit=1000" | field cursor)
    token=$(as bob curl "${old[@]}" -d '' "$BASE/token" | field token)
    client "$BATS_TEST_TMPDIR/poll" as bob curl "${old[@]}" "$BASE/stream?wait=25&since=$b"
    client "$BATS_TEST_TMPDIR/events" curl "${old[@]}" -sS --no-buffer --max-time 60 \
        --header 'Accept: text/event-stream' "$BASE/stream/$token?since=$b"
    eventually 10 grep -q '^id: ' "$BATS_TEST_TMPDIR/events"
    as alice curl "${old[@]}" --fail -d "thread_id=$t" -d message=ten "$BASE/send-message"
    eventually 5 in_file "$BATS_TEST_TMPDIR/poll" 1 '"text":"ten"'
    eventually 5 in_file "$BATS_TEST_TMPDIR/events" 1 '"text":"ten"'
}

@test "HTTP/1.0 without keep-alive does it all" {
    old_http
}

@test "a token listens and speaks with no login at all, and opens nothing else" {
    t=$(thread alice bob)
    token=$(as bob curl -d '' "$BASE/token" | field token)
    b=$(curl -sS "$BASE/stream/$token?wait=0&limit=1000" | field cursor)
    client "$BATS_TEST_TMPDIR/events" curl -sS --no-buffer --max-time 60 \
        --header 'Accept: text/event-stream' "$BASE/stream/$token?since=$b"
    eventually 10 grep -q '^id: ' "$BATS_TEST_TMPDIR/events"
    curl -sS --fail -d "thread_id=$t" -d message='no login' "$BASE/send-message/$token"
    eventually 5 in_file "$BATS_TEST_TMPDIR/events" 1 '"text":"no login"'
    for endpoint in get-friends start-session token; do
        status=$(curl -sS -o "$BATS_TEST_TMPDIR/out" -w '%{http_code}' -d '' "$BASE/$endpoint/$token")
        [[ $status == 40[145] ]]
    done
    # A token of nobody's, and of no shape.
    for token in 00000000-0000-4000-8000-000000000000 nonsense "$token/more"; do
        status=$(curl -sS -o "$BATS_TEST_TMPDIR/out" -w '%{http_code}' "$BASE/stream/$token")
        [[ $status == 404 ]]
    done
    # What becomes of dots is the server's to say, as long as it is no stream.
    status=$(curl -sS -o "$BATS_TEST_TMPDIR/out" -w '%{http_code}' "$BASE/stream/%2e%2e/$token")
    [[ $status == 4?? ]]
}

@test "without a login, and without a token, the server asks for one" {
    for endpoint in token stream start-session send-message get-friends; do
        status=$(curl -sS -o "$BATS_TEST_TMPDIR/out" -w '%{http_code}' -X POST -d x=1 "$BASE/$endpoint")
        [[ $status == 401 ]]
    done
}

thirty() {
    t=$(thread alice bob)
    b=$(cursor bob)
    for i in {1..30}; do
        client "$BATS_TEST_TMPDIR/poll.$i" as bob curl "$BASE/stream?wait=25&since=$b"
    done
    eventually 20 streams_at_least 30
    say alice "$t" 'to all of you'
    for i in {1..30}; do
        eventually 10 in_file "$BATS_TEST_TMPDIR/poll.$i" 1 'to all of you'
    done
}

@test "thirty wait at once, and all are answered" {
    thirty
}

@test "a client that leaves takes its poll with it when its time is over" {
    b=$(cursor bob)
    before=$(streams) # those of earlier tests, which go at their own time
    client "$BATS_TEST_TMPDIR/poll" as bob curl "$BASE/stream?wait=4&since=$b"
    eventually 10 streams_at_least $((before + 1))
    kill "$client_pid"
    eventually 15 not streams_at_least $((before + 1))
}

# Apache learns that a client has left by what it passes on, and the program by the next write.
@test "a client that leaves takes its event stream with it, by the heartbeats" {
    t=$(thread alice carol)
    client "$BATS_TEST_TMPDIR/events" as bob curl --no-buffer --header 'Accept: text/event-stream' \
        "$BASE/stream?since=$(cursor bob)"
    eventually 10 grep -q '^id: ' "$BATS_TEST_TMPDIR/events"
    eventually 10 streams_at_least $(($(idle) + 1))
    kill "$client_pid"
    # Two are enough when the second is not due before the first is written.
    for _ in {1..10}; do
        clock_forward 16
        say alice "$t" "not bob's, but it wakes him"
        ! eventually 1 not streams_at_least $(($(idle) + 1)) || break
    done
    eventually 10 not streams_at_least $(($(idle) + 1)) # nor any of earlier tests
}

@test "a token's hour ends its stream, and the agent, here from now on, removes it" {
    token=$(as carol curl -d '' "$BASE/token" | field token)
    name=$(printf %s "$token" | sha256sum | cut -d ' ' -f 1)
    [[ -e $SPOOL/tokens/$name ]]
    client "$BATS_TEST_TMPDIR/events" curl -sS --no-buffer --max-time 60 \
        --header 'Accept: text/event-stream' "$BASE/stream/$token"
    eventually 10 grep -q '^id: ' "$BATS_TEST_TMPDIR/events"
    clock_forward 3590
    curl -sS --fail -o "$BATS_TEST_TMPDIR/out" "$BASE/stream/$token?wait=0"
    [[ -e $SPOOL/tokens/$name ]]
    clock_forward 11
    status=$(curl -sS -o "$BATS_TEST_TMPDIR/out" -w '%{http_code}' "$BASE/stream/$token?wait=0")
    [[ $status == 404 ]]
    eventually 10 ended "$client_pid" # looks happen every 5 s
    [[ ${SCGI-} ]] || agent_start
    eventually 3 not test -e "$SPOOL/tokens/$name"
}

@test "held by the agent: HTTP/1.0, and thirty at once" {
    [[ ! ${SCGI-} ]] || skip 'they were from the beginning'
    eventually 10 test -S "$SPOOL/agent.sock"
    old_http
    thirty
}

@test "errors come through as problem documents" {
    status=$(as alice curl -o "$BATS_TEST_TMPDIR/out" -D "$BATS_TEST_TMPDIR/head" -w '%{http_code}' \
        "$BASE/token")
    [[ $status == 405 ]]
    grep -qi '^allow: POST, DELETE' "$BATS_TEST_TMPDIR/head"
    grep -qi '^content-type: application/problem+json' "$BATS_TEST_TMPDIR/head"
    jq -e '.status == 405' <"$BATS_TEST_TMPDIR/out"
    status=$(head -c 70000 /dev/zero | tr '\0' x |
        as alice curl -o "$BATS_TEST_TMPDIR/out" -w '%{http_code}' --data-binary @- "$BASE/send-message")
    [[ $status == 413 ]]
    status=$(as alice curl -o "$BATS_TEST_TMPDIR/out" -w '%{http_code}' -d message=x "$BASE/send-message")
    [[ $status == 400 ]]
    jq -e '.errors.thread_id[0]' <"$BATS_TEST_TMPDIR/out"
    status=$(as alice curl -o "$BATS_TEST_TMPDIR/out" -w '%{http_code}' \
        -H 'Origin: https://evil.example' -d message=x "$BASE/send-message")
    [[ $status == 403 ]]
}
