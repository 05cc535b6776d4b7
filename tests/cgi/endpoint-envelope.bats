# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034,SC2154
# (jq programs, tests as subshells, variables that lib.bash and endpoints.bash take and give)
#
# What stream promises of its answer to a long poll, the envelope, without a web server.

setup() {
    load lib
    load endpoints
    endpoints_begin
}

teardown() {
    cgi_end
}

@test "stream: an envelope, its stanzas as they lie on the disk" {
    thread_of alice bob
    say alice "$thread" one
    say bob "$thread" two
    poll bob
    same application/json "$(header Content-Type)"
    expect 200 --arg time "$time" 'keys == ["cursor", "stanzas", "timestamp"] and (.timestamp | test($time)) and
        (.cursor | test("^[0-9]+-[0-9]{13}$")) and (.stanzas | length == 2) and
        .stanzas[1].message.text == "two"'
    [[ $body == *"[$(<"$(stored 1)"),$(<"$(stored 2)")]"* ]]
    poll carol
    expect 200 '.stanzas | all(.type == "presence")'
}

@test "stream: since resumes exactly, limit cuts, nothing twice and nothing missing" {
    local number seen=() pages=0
    thread_of alice bob
    for number in {1..7}; do
        say alice "$thread" "$number"
    done
    poll bob 'since=0-0&limit=3'
    while same 200 "$status_code" && [[ $(texts) ]]; do
        seen+=("$(texts)")
        poll bob "since=$cursor&limit=3"
        pages=$((pages + 1))
    done
    same '1 2 3 4 5 6 7' "${seen[*]}"
    same 3 "$pages"
    number=$cursor
    poll bob "since=$cursor"
    same "$number" "$cursor"
    say alice "$thread" 8
    poll bob "since=$cursor"
    same 8 "$(texts)"
    poll bob "since=$number"
    same 8 "$(texts)"
    poll bob 'since=0-0'
    same '1 2 3 4 5 6 7 8' "$(texts)"
}

@test "stream: without a cursor goes on behind what has been delivered" {
    thread_of alice bob
    say alice "$thread" 1
    say alice "$thread" 2
    poll bob limit=1
    same 1 "$(texts)"
    same "$cursor" "$(delivered bob)"
    poll bob
    same 2 "$(texts)"
    same "$cursor" "$(delivered bob)"
    poll bob
    same '' "$(texts)"
    say alice "$thread" 3
    poll bob since=
    same 3 "$(texts)"
    poll alice
    same '1 2 3' "$(texts)"
}

@test "stream: with a cursor nothing is delivered until the client comes back" {
    local before first
    thread_of alice bob
    poll bob
    before=$cursor
    say alice "$thread" 1
    poll bob "since=$before"
    same 1 "$(texts)"
    first=$cursor
    same "$before" "$(delivered bob)"
    poll bob # another window, without a cursor: it is still to come
    same 1 "$(texts)"
    say alice "$thread" 2
    poll bob "since=$first"
    same 2 "$(texts)"
    same "$first" "$(delivered bob)"
    poll bob "since=$cursor"
    same "$cursor" "$(delivered bob)"
    poll bob 'since=0-0' # an old one takes nothing back
    same "$(delivered bob)" "$cursor"
}

@test "stream: what could not be written has not been delivered" {
    local before accept
    thread_of alice bob
    poll bob
    before=$(delivered bob)
    say alice "$thread" 1
    for accept in text/event-stream application/json; do
        ME=bob ACCEPT=$accept cgi_unread GET 'stream?wait=0'
        same "$before" "$(delivered bob)"
    done
    poll bob
    same 1 "$(texts)"
}

@test "stream: waits for news, and answers when there are some" {
    thread_of alice bob
    poll bob
    rm "$SPOOL/online/bob"
    ME=bob cgi_background GET "stream?since=$cursor&wait=20"
    eventually 10 test -e "$SPOOL/online/bob"
    say alice "$thread" now
    SECONDS=0
    cgi_wait
    ((SECONDS < 4)) # without being told it would look every 5 s
    expect 200
    same now "$(texts)"
}

@test "stream: a wait ends when the site says, however long the client asked for" {
    poll alice
    CGI_ENV=(SPOOLCHAT_WAIT=1)
    SECONDS=0
    as alice GET "stream?since=$cursor&wait=600"
    expect 200 '.stanzas == [] and (has("limited") or has("retry_after") | not)'
    ((SECONDS >= 1 && SECONDS < 10))
    same "$cursor" "$(field cursor)"
}

@test "stream: greets who brings no cursor with the friends who are online" {
    mkdir -m 700 "$SPOOL/users/dave" "$SPOOL/users/erin"
    echo '{"show":"away"}' >"$SPOOL/users/bob/presence.json"
    friends dave bob
    as alice POST token
    for who in bob carol dave; do
        poll "$who"
    done
    poll alice # when they came has reached her
    as alice GET 'stream?wait=20' # does not wait: the greeting is something
    expect 200 --arg time "$time" '(.stanzas | length) == 1 and (.stanzas[0] | .type == "presence" and
        (.timestamp | test($time)) and ([.presence[].entity] | unique) == ["bob", "carol"] and
        all(.presence[]; .available) and
        any(.presence[]; . == {entity: "bob", show: "away", status: null, available: true}))'
    poll alice "since=$(field cursor)"
    expect 200 '.stanzas == []'
    clock_forward 61
    poll alice
    expect 200 '[.stanzas[] | .presence[] | select(.available)] == []'
}

@test "stream: greets with all of them, however many and however long what they say of themselves" {
    local number accept
    as alice POST token
    for number in {1..40}; do
        mkdir -m 700 "$SPOOL/users/u$number"
        printf '{"about":"%16000s"}' '' >"$SPOOL/users/u$number/profile.json"
        : >"$SPOOL/online/u$number"
    done
    poll alice
    expect 200 '[.stanzas[].presence[].entity] | unique | length == 40'
    ACCEPT=text/event-stream as alice GET 'stream?wait=0'
    expect 200
    same 40 "$(grep -c '^data: {.*"available":true' <<<"$body")"
}

@test "stream: presence is published when somebody comes, to friends only" {
    local before
    friends carol alice
    friends bob alice
    poll alice
    before=$cursor
    poll bob
    poll bob
    poll alice "since=$before"
    expect 200 '[.stanzas[].presence[]] == [{entity: "bob", show: null, status: null, available: true}]'
    poll carol 'since=0-0'
    expect 200 '[.stanzas[].presence[] | .entity] == ["alice"]'
}

@test "stream: after a foreign cursor it goes on, says limited, and delivers nothing for it" {
    local before accept
    poll bob
    before=$(delivered bob)
    thread_of alice bob
    say alice "$thread" 1
    for foreign in 0-1 99-1700000000000 "$((${cursor%-*} + 5))-${cursor#*-}" 0-999999999999999; do
        as bob GET "stream?wait=20&since=$foreign"
        expect 200 '.limited == true'
        same "$before" "$(delivered bob)"
    done
    poll bob since=0-1
    same 1 "$(texts)" # older than everything: all comes again
    poll bob "since=$cursor"
    expect 200 'has("limited") | not'
    ACCEPT=text/event-stream as bob GET 'stream?wait=0&since=0-1'
    expect 200
    grep -qx 'event: limited' <<<"$body"
}

@test "stream: over the user's budget it answers at once and says when to come back" {
    local first
    thread_of alice bob
    poll alice
    rm "$SPOOL/online/alice"
    CGI_ENV=(SPOOLCHAT_USER_STREAMS=1)
    ME=alice cgi_background GET 'stream?wait=600&since=0-0' # waits: there is nothing
    eventually 10 test -e "$SPOOL/online/alice"
    SECONDS=0
    as alice GET "stream?wait=20&since=0-0"
    expect 200 '.stanzas == [] and .retry_after >= 5'
    ACCEPT=text/event-stream as alice GET 'stream?since=0-0'
    expect 200
    [[ $body =~ (^|$'\n')'retry: '([0-9]+) && ${BASH_REMATCH[2]} -ge 10000 ]]
    as alice GET 'stream?wait=0&since=0-0'
    expect 200 'has("retry_after") | not'
    ((SECONDS < 10))
    say bob "$thread" x
    as bob GET 'stream?wait=20'
    expect 200 'has("retry_after") | not'
    cgi_wait
    same x "$(texts)"
}

@test "stream: over the site's budget nobody waits" {
    poll bob
    poll alice
    rm "$SPOOL/online/alice"
    CGI_ENV=(SPOOLCHAT_MAX_STREAMS=1 SPOOLCHAT_WAIT=600)
    ME=alice cgi_background GET "stream?since=$cursor"
    eventually 10 test -e "$SPOOL/online/alice"
    poll bob "since=$cursor"
    as bob GET "stream?since=$cursor"
    expect 200 '.stanzas == [] and .retry_after >= 5'
    kill "$cgi_pid"
    cgi_wait || true
    CGI_ENV+=(SPOOLCHAT_WAIT=1)
    as bob GET "stream?since=$cursor"
    expect 200 'has("retry_after") | not'
}

@test "stream: a wait ends with the token, which is then 404" {
    local token
    stranger
    poll bob
    as alice POST token
    token=$(field token)
    ME='' cgi_background GET "stream/$token?since=$cursor"
    eventually 10 test -e "$SPOOL/online/alice"
    clock_forward 3600
    wake
    cgi_wait
    expect 404
}

@test "stream: and when the token is revoked" {
    local token
    stranger
    poll bob
    as alice POST token
    token=$(field token)
    ME='' ACCEPT=text/event-stream cgi_background GET "stream/$token?since=$cursor"
    eventually 10 grep -q '^id: ' "$cgi_output"
    as alice DELETE "token/$token"
    expect 204
    wake
    cgi_wait
    same 0 "$exit_code"
}
