# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034,SC2154
# (jq programs, tests as subshells, variables that lib.bash and endpoints.bash take and give)
#
# What stream promises of server-sent events, without a web server.

setup() {
    load lib
    load endpoints
    endpoints_begin
}

teardown() {
    cgi_end
}

@test "stream: events, each a stanza with one data line and its cursor" {
    local first first_block ids
    thread_of alice bob
    poll bob
    first=$cursor
    say alice "$thread" one
    send alice '{"type":"message","message":{"thread":"'"$thread"'","text":"two\nlines\r\u2028"}}'
    ACCEPT='text/event-stream' as bob GET "stream?wait=0&since=$first"
    expect 200
    same text/event-stream "$(header Content-Type)"
    same no "$(header X-Accel-Buffering)"
    same '' "$(header Content-Length)"
    body+=$'\n' # which the shell has not taken away
    first_block=${body%%$'\n\n'*}
    same $'id: '"$first"$'\nretry: 3000' "$(sort <<<"$first_block")"
    same 2 "$(grep -c '^data: ' <<<"$body")"
    same '' "$(grep -vE '^(id: [0-9]+-[0-9]+|retry: [0-9]+|data: \{.*\}|)$' <<<"$body")"
    grep -qxF "data: $(<"$(stored 1)")" <<<"$body"
    grep -qxF "data: $(<"$(stored 2)")" <<<"$body"
    # Each id is a cursor that resumes behind its event.
    mapfile -t ids < <(sed -n 's/^id: //p' <<<"$body")
    same 3 "${#ids[@]}"
    poll bob "since=${ids[1]}"
    same $'two\nlines\r\u2028' "$(texts)"
    poll bob "since=${ids[2]}"
    same '' "$(texts)"
}

@test "stream: presence as an event is one object, its entity a sender" {
    as alice POST token
    poll bob
    ACCEPT='text/html, Text/Event-Stream;q=0.9' as alice GET 'stream?wait=0'
    expect 200
    same text/event-stream "$(header Content-Type)"
    sed -n 's/^data: //p' <<<"$body" | jq -es --argjson bob "$(person bob)" --arg time "$time" \
        'length >= 1 and all(.type == "presence" and (.timestamp | test($time)) and
        .presence == {entity: $bob, show: null, status: null, available: true})'
}

@test "stream: events as they happen, and who keeps no cursor is delivered what was written" {
    local first
    thread_of alice bob
    poll bob
    ME=bob ACCEPT=text/event-stream cgi_background GET stream
    eventually 10 grep -q '^id: ' "$cgi_output"
    for number in 1 2 3; do
        say alice "$thread" "number $number"
        eventually 5 grep -q "number $number" "$cgi_output"
    done
    eventually 5 delivered_is bob "$(sed -n 's/^id: //p' "$cgi_output" | tail -n 1)"
    process_alive "$cgi_pid"
    clock_forward 61 # places.bats has what happens in the minute in which a stream went on at a place
    poll bob
    same '' "$(texts)"
}

delivered_is() {
    [[ $(delivered "$1") == "$2" ]]
}

@test "stream: Last-Event-ID wins over since, and acknowledges" {
    local first
    thread_of alice bob
    say alice "$thread" 1
    poll bob 'since=0-0'
    first=$cursor
    say alice "$thread" 2
    CGI_ENV=("HTTP_LAST_EVENT_ID=$first")
    ACCEPT=text/event-stream as bob GET 'stream?wait=0&since=0-0'
    expect 200
    same 1 "$(grep -c '^data: {.*"type":"message"' <<<"$body")"
    grep -q '"text":"2"' <<<"$body"
    same "$first" "$(delivered bob)"
    CGI_ENV=(HTTP_LAST_EVENT_ID=garbage)
    ACCEPT=text/event-stream as bob GET "stream?wait=0&since=$first"
    expect 200
    same 1 "$(grep -c '^data: {.*"type":"message"' <<<"$body")"
}

@test "stream: silence is broken by a comment, and online kept fresh" {
    local before
    stranger
    poll bob
    ME=alice ACCEPT=text/event-stream cgi_background GET "stream?since=$cursor"
    eventually 10 grep -q '^id: ' "$cgi_output"
    before=$(stat -c %Y "$SPOOL/online/alice")
    not grep -q '^:' "$cgi_output"
    clock_forward 25
    wake
    eventually 10 grep -q '^:' "$cgi_output"
    (($(stat -c %Y "$SPOOL/online/alice") >= before + 25))
    clock_forward 3600
    wake
    cgi_wait # an hour at most; the browser comes back
    same 0 "$exit_code"
}

@test "stream: ends when nobody reads it any more" {
    local pipe=$BATS_TEST_TMPDIR/pipe keep
    local env program input
    poll bob
    ME=bob ACCEPT=text/event-stream cgi_request GET "stream?since=$cursor"
    mkfifo "$pipe"
    exec {keep}<>"$pipe"
    "$launch" "${env[@]}" "$program" <"$input" >"$pipe" 2>/dev/null 3>&- {keep}>&- &
    while read -r -t 10 line <&"$keep" && [[ $line != id:* ]]; do
        continue
    done
    [[ $line == id:* ]] # nothing is on its way that could fail to be written
    process_alive $!
    exec {keep}>&-
    eventually 3 not process_alive $!
}
