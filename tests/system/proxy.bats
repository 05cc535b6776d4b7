#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# check: waits
# shellcheck disable=SC2030,SC2031
#
# Proxies between the site and its readers. One that buffers keeps events back; a long poll comes through any,
# and is what a client falls back to that hears nothing of its events.

load lib
load ../servers/proxy

setup_file() {
    export SPOOLCHAT_MAX_STREAMS=0 SPOOLCHAT_USER_STREAMS=0 SPOOLCHAT_MESSAGES_PER_MINUTE=0
    site_start apache-event
}

teardown_file() {
    site_stop
}

setup() {
    # bats follows each command of each function, which takes longer than the commands.
    set +T
    background=()
    direct=$BASE
    curl=(curl)
    thread=$(as alice curl -d user=bob "$direct/start-session" | jq -r .thread_id)
    since=$(as bob curl "$direct/stream?wait=0" | jq -r .cursor)
    events=$BATS_TEST_TMPDIR/events
}

teardown() {
    clients_end "${background[@]}"
    proxy_halt "$SITE"
}

# through nginx|nginx-deaf|squid: from here on readers are behind it.
through() {
    local port
    port=$(free_port)
    proxy_run "$SITE" "$1" "$port" "$(<"$SITE/run/port")"
    if [[ $1 == squid ]]; then
        curl=(curl --proxy "http://127.0.0.1:$port" --noproxy '')
    else
        BASE=http://127.0.0.1:$port/nereid-chat
    fi
}

# client FILE ARGUMENTS of curl...: bob's, in the background
client() {
    local file=$1
    shift
    as bob "${curl[@]}" --no-buffer --dump-header "$file.head" "$@" >"$file" 2>"$file.stderr" 3>&- &
    background+=($!)
}

say() {
    as alice curl --fail -d "thread_id=$thread" --data-urlencode "message=$1" "$direct/send-message" >/dev/null
}

said() {
    grep -q "\"text\":\"$2\"" "$1"
}

listen() {
    client "$events" "$@" --header 'Accept: text/event-stream' "$BASE/stream?since=$since${wait:+&wait=$wait}"
}

events_come_one_by_one() {
    local n
    listen "$@"
    eventually 10 grep -q '^id: ' "$events"
    for n in 1 2 3; do
        say "event $n"
        # Nothing else is said until it is there.
        eventually 5 said "$events" "event $n"
    done
}

long_poll_works() {
    local n
    since=$(as bob curl "$direct/stream?wait=0&since=$since" | jq -r .cursor)
    for n in 1 2; do
        : >"$events.poll"
        client "$events.poll" "$@" "$BASE/stream?wait=20&since=$since"
        eventually 10 waiting
        say "poll $n"
        eventually 5 said "$events.poll" "poll $n"
        eventually 5 not process_alive "${background[-1]}"
        since=$(jq -r .cursor <"$events.poll")
        grep -qi '^cache-control: no-store' "$events.poll.head"
    done
}

waiting() {
    [[ -n $(streams_waiting) ]]
}

@test "nginx buffers, and is told not to: events come as they happen" {
    through nginx
    events_come_one_by_one
    long_poll_works
}

@test "nginx buffers whatever it is told: events come late, a long poll in time" {
    local wait=6 begin=$SECONDS
    through nginx-deaf
    listen
    eventually 10 waiting
    say 'kept back'
    # The stream's own end lets it out.
    eventually 20 said "$events" 'kept back'
    ((SECONDS - begin >= 5))
    long_poll_works
}

@test "nginx buffers whatever it is told: not even the stream's beginning arrives" {
    through nginx-deaf
    listen
    eventually 10 waiting
    say 'kept back'
    # The long poll beside it has been answered twice, and of the events there is nothing.
    long_poll_works
    [[ ! -s $events ]]
}

@test "squid: events come as they happen, over HTTP/1.1 and 1.0" {
    through squid
    events_come_one_by_one --http1.1
    events_come_one_by_one --http1.0 --header 'Connection: close'
}

@test "squid: a long poll works over HTTP/1.1 and 1.0" {
    through squid
    long_poll_works --http1.1
    long_poll_works --http1.0 --header 'Connection: close'
}

@test "squid keeps no answer for another who asks the same" {
    local n
    through squid
    for n in 1 2 3; do
        say "again $n"
        client "$events.$n" "$BASE/stream?wait=0&since=$since"
        eventually 5 said "$events.$n" "again $n"
        grep -qi '^x-cache: MISS' "$events.$n.head"
    done
}
