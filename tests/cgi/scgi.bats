# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034,SC2154
# (jq programs, tests as subshells, variables that lib.bash takes and gives)
#
# The agent's second door: `stream` over SCGI, brought by a program that stands for a web server.

bats_require_minimum_version 1.5.0

setup() {
    load lib
    spool_new
    CGI_ENV=(SPOOLCHAT_SYNC=no SPOOLCHAT_MESSAGES_PER_MINUTE=0 SPOOLCHAT_USER_STREAMS=0)
    socket=$SPOOL/agent.scgi
    web_server=$root/build/tools/scgi
    thread_of alice bob
}

teardown() {
    cgi_end
    door_end
}

# open USER TARGET: a stream whose reply grows in the file $out; $pid is the web server's.
open() {
    ME=$1 cgi_background GET "$2"
    out=$cgi_output
    pid=$cgi_pid
}

events() {
    ACCEPT=text/event-stream open "$@"
    eventually 10 grep -q '^id: ' "$out"
}

gone() {
    ! process_alive "$1"
}

texts() {
    grep -o '"text":"[^"]*"' "$1" | cut -d '"' -f 4 | paste -sd ' '
}

heard() {
    [[ " $(texts "$1") " == *" $2 "* ]]
}

cursor_now() {
    as alice GET 'stream?wait=0'
    field cursor
}

# The cursor behind the journal's last record. (What `stream` says without `since` is where somebody stands.)
cursor_end() {
    local segment=$SPOOL/journal/0000000000 ms
    ms=$(tail -c 64 "$segment" | cut -d ' ' -f 4)
    echo "$(($(stat -c %s "$segment") / 64 - 1))-$ms"
}

descriptors() {
    find "/proc/$agent/fd" -mindepth 1 | wc -l
}

has_descriptors() {
    [[ $(descriptors) == "$1" ]]
}

# raw FORMAT ARGUMENT...: these bytes, as printf writes them; the reply as after `cgi`.
raw() {
    # shellcheck disable=SC2059
    printf -- "$@" | timeout 20 "$web_server" "$socket" -raw >"$BATS_TEST_TMPDIR/raw" || true
    cgi_reply "$BATS_TEST_TMPDIR/raw"
}

# hold WORD COUNT TARGET: so many requests of alice's, held until $holder is killed.
hold() {
    local ME=${ME-alice} env program input
    cgi_request GET "$3"
    [[ -p $BATS_TEST_TMPDIR/go ]] || mkfifo "$BATS_TEST_TMPDIR/go"
    : >"$BATS_TEST_TMPDIR/held"
    env -i "${env[@]}" "$web_server" "$socket" "$1" "$2" <>"$BATS_TEST_TMPDIR/go" \
        >"$BATS_TEST_TMPDIR/held" 2>&1 3>&- &
    holder=$!
    eventually 60 grep -q held "$BATS_TEST_TMPDIR/held"
}

# ---- The same as by CGI --------------------------------------------------------------------------

plain() {
    sed -E 's/"[0-9]{4}-[0-9-]+T[0-9:.]+Z"/"time"/g' "$1"
}

# alike METHOD TARGET [NAME=value...]: the reply is the same by either door.
alike() {
    local method=$1 target=$2 env program input said
    shift 2
    local CGI_ENV=("${CGI_ENV[@]}" "$@")
    cgi_request "$method" "$target"
    timeout 20 env -i "${env[@]}" "$BIN/cgi-bin/stream" <"$input" >"$BATS_TEST_TMPDIR/first"
    timeout 20 env -i "${env[@]}" "$web_server" "$socket" <"$input" >"$BATS_TEST_TMPDIR/second"
    said=$(plain "$BATS_TEST_TMPDIR/first")
    [[ $said == Status:* ]]
    same "$said" "$(plain "$BATS_TEST_TMPDIR/second")"
    cgi_reply "$BATS_TEST_TMPDIR/second"
}

@test "every reply is the same, byte for byte, by either door" {
    local accept n token limit
    CGI_ENV+=(SPOOLCHAT_ALLOW_ORIGIN=https://page.example)
    as alice POST token
    token=$(field token)
    for n in 1 2 3 4 5; do say bob "$thread" "n-$n <&\"> ü"; done
    as bob POST presence 'show=away&status=gone'
    as carol GET 'stream?wait=0'
    door_start
    for accept in application/json text/event-stream; do
        for limit in '' '&limit=2' '&limit=0'; do
            alike GET "stream?wait=0&since=0-0$limit" REMOTE_USER=alice HTTP_ACCEPT=$accept
            [[ $body == *n-1* ]]
        done
        alike GET 'stream?wait=0' REMOTE_USER=alice HTTP_ACCEPT=$accept HTTP_LAST_EVENT_ID=0-0
        alike GET 'stream?wait=0&since=0-0' REMOTE_USER=nobody@here HTTP_ACCEPT=$accept
        alike GET 'stream?wait=0&since=99-1763817600123' REMOTE_USER=alice HTTP_ACCEPT=$accept
        alike GET "stream/$token?wait=0&since=0-0" HTTP_ACCEPT=$accept
        alike GET 'stream?wait=0&since=0-0' "HTTP_AUTHORIZATION=Bearer $token" HTTP_ACCEPT=$accept
        alike GET 'stream?wait=0&since=0-0' "REDIRECT_HTTP_AUTHORIZATION=bearer $token" HTTP_ACCEPT=$accept
        alike GET "stream/$token?wait=0" "HTTP_AUTHORIZATION=Bearer $token" HTTP_ACCEPT=$accept
        same 400 "$status_code"
        alike GET 'stream?wait=0' "HTTP_AUTHORIZATION=Bearer ${token}x" HTTP_ACCEPT=$accept
        same 401 "$status_code"
        alike GET stream "HTTP_AUTHORIZATION=Basic YWxpY2U6YWxpY2U=" HTTP_ACCEPT=$accept
        same 401 "$status_code"
        for origin in https://page.example https://other.example null http://chat.example; do
            alike GET 'stream?wait=0&since=0-0' REMOTE_USER=alice "HTTP_ORIGIN=$origin" HTTP_ACCEPT=$accept
            alike GET "stream/$token?wait=0&since=0-0" "HTTP_ORIGIN=$origin" HTTP_ACCEPT=$accept
            alike GET stream "HTTP_ORIGIN=$origin" HTTP_ACCEPT=$accept
            alike OPTIONS stream "HTTP_ORIGIN=$origin" HTTP_ACCESS_CONTROL_REQUEST_METHOD=GET
        done
        alike GET 'stream?wait=0&since=0-0' REMOTE_USER=alice HTTP_SEC_FETCH_SITE=cross-site HTTP_ACCEPT=$accept
        same 403 "$status_code"
        # Who comes without a cursor has their place, and all is said only once.
        as carol GET 'stream?wait=0'
        alike GET 'stream?wait=0' REMOTE_USER=carol HTTP_ACCEPT=$accept
        same 200 "$status_code"
    done
    alike GET 'stream?wait=1&since='"$(cursor_now)" REMOTE_USER=alice
    same 200 "$status_code"
    alike POST stream REMOTE_USER=alice
    same 405 "$status_code"
}

@test "what is said to who waits is the same: polls, and events one by one" {
    local n from door_events cgi_events program_pid
    CGI_ENV+=(SPOOLCHAT_MAX_STREAMS=0)
    from=$(cursor_now)
    ME=alice ACCEPT=text/event-stream cgi_background GET "stream?since=$from" # to a file, so it waits itself
    cgi_events=$cgi_output
    eventually 10 grep -q '^id: ' "$cgi_events"
    door_start
    events alice "stream?since=$from"
    door_events=$out
    for n in 1 2 3; do
        open alice "stream?since=$from"
        say bob "$thread" "n-$n"
        eventually 5 gone "$pid"
        same "n-$n" "$(texts "$out")"
        cgi_reply "$out"
        from=$(field cursor)
        eventually 5 heard "$door_events" "n-$n"
        eventually 5 heard "$cgi_events" "n-$n"
    done
    same "$(<"$cgi_events")" "$(<"$door_events")"
}

# ---- Heads ---------------------------------------------------------------------------------------

@test "a head that comes byte by byte, or in pieces" {
    local env program input from step
    from=$(cursor_now)
    door_start
    for step in 1 7 100; do
        ME=alice cgi_request GET "stream?wait=0&since=$from"
        env -i "${env[@]}" "$web_server" "$socket" "$step" <"$input" >"$BATS_TEST_TMPDIR/out"
        cgi_reply "$BATS_TEST_TMPDIR/out"
        same 200 "$status_code"
        json -e --arg from "$from" '.cursor == $from'
    done
    has_descriptors "$(descriptors)"
}

@test "what is no SCGI request is refused, and nothing of it stays" {
    local before text head long
    door_start
    eventually 10 rests "$agent"
    before=$(descriptors)
    # Nothing comes behind these.
    for text in x : ',' '\0' '\n' 'GET / HTTP/1.0\r\n\r\n' '0:,' '00:,' '-1:,' '+3:abc,' '01:a,' '5:abc,' '3:abc' '3:abcd' \
        '24:CONTENT_LENGTH\0000\000x,' '22:SCGI\0001\000CONTENT_LENGTH\000,' '4:\0\0\0\0,' \
        '17:CONTENT_LENGTH\0000\000,' '24:CONTENT_LENGTH\0000\000SCGI\0001\000;' '24:CONTENT_LENGTH\0000\000SCGI\0002\000,' \
        '24:CONTENT_LENGTH\0x\0SCGI\0001\000,' '23:CONTENT_LENGTH\000\000SCGI\0001\000,' '24:SCGI\0001\000CONTENT_LENGTH\0000\000,' \
        '31:CONTENT_LENGTH\0000\000SCGI\0001\000SCGI\0001\000,' '28:CONTENT_LENGTH\0000\000SCGI\0001\000\0x\0\0,' \
        '26:CONTENT_LENGTH\0000\000SCGI\0001\000A\0,' '\xff\xff\xff\xff' '2:{},'; do
        raw "$text" </dev/null
        [[ $status_code == 400 ]] || { echo "$text: $headers" >&2 && return 1; }
        [[ $body == *'"status":400'* ]]
    done
    for text in 999999: 123456 65537: 99999:x; do
        raw "$text"
        [[ $status_code == 431 ]] || { echo "$text: $headers" >&2 && return 1; }
    done
    # The longest there may be, and what is in it is nobody's.
    printf -v long '%65000s' ''
    raw '65078:CONTENT_LENGTH\0000\000SCGI\0001\000REMOTE_USER\000alice\000REQUEST_METHOD\000GET\000X\000%s\000,' "${long// /x}"
    [[ $status_code == 4* || $status_code == 200 ]]
    eventually 5 has_descriptors "$before"
    [[ ! -s $BATS_TEST_TMPDIR/agent.log ]]
}

@test "a body is refused, and taken in first" {
    door_start
    ME=alice cgi GET stream 'some body'
    expect 413 '.status == 413'
    ME=alice cgi POST stream 'some body'
    expect 405
}

@test "refused a thousand times in each way: no descriptor and no memory stays" {
    local before kind word memory_before
    CGI_ENV+=(SPOOLCHAT_ALLOW_ORIGIN=https://page.example)
    door_start
    as alice GET 'stream?wait=0'
    eventually 10 rests "$agent"
    before=$(descriptors)
    for kind in 'stream?since=x' 'stream?wait=x' 'stream?limit=x' 'stream?wait=0&since=0-0' 'stream?%zz' \
        stream/00000000-0000-4000-8000-000000000000 'stream?wait=0'; do
        hold -many 1000 "$kind"
        eventually 10 has_descriptors "$before"
        kill "$holder"
        memory_before=${memory_before:-$(memory)}
    done
    ME='' hold -many 1000 stream
    eventually 10 has_descriptors "$before"
    kill "$holder"
    CGI_ENV+=(HTTP_ACCEPT=text/event-stream)
    for kind in 'stream?since=x' 'stream?wait=0'; do
        hold -many 500 "$kind"
        eventually 10 has_descriptors "$before"
        kill "$holder"
    done
    [[ $BIN == */asan ]] || (($(memory) - memory_before < 200))
    # None counts among the user's.
    not grep -q "OFDLCK .*:$(stat -c %i "$SPOOL/users/alice/limits") " /proc/locks
}

memory() {
    awk '/^RssAnon/ { print $2 }' "/proc/$agent/status"
}

@test "heads that never end hold nobody up, and are refused in time" {
    local before from
    door_start
    from=$(cursor_now)
    events bob "stream?since=$from"
    eventually 10 rests "$agent"
    before=$(descriptors)
    hold -half 1000 stream
    eventually 5 has_descriptors $((before + 1000))
    say alice "$thread" one
    eventually 5 heard "$out" one
    as alice GET "stream?wait=0&since=$from"
    expect 200
    # Beyond so many the oldest has to go.
    kill "$holder"
    eventually 10 has_descriptors "$before"
    hold -half 1100 stream
    eventually 5 has_descriptors $((before + 1024))
    as alice GET "stream?wait=0&since=$from"
    expect 200
    clock_forward 11
    eventually 10 has_descriptors "$before"
    say alice "$thread" two
    eventually 5 heard "$out" two
}

@test "who has gone by their turn is passed over" {
    door_start
    kill -STOP "$agent"
    ME=carol hold -many 10 stream
    kill "$holder"
    wait "$holder" || true
    kill -CONT "$agent"
    as alice GET 'stream?wait=0'
    expect 200
    [[ ! -e $SPOOL/online/carol ]]
}

@test "another user's programs are turned away, whoever they say they are" {
    local env program input
    ((EUID == 0)) || skip 'only root can be somebody else'
    door_start
    cp "$web_server" "$BATS_TEST_TMPDIR/web_server"
    chmod 711 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" "$SPOOL"
    chmod 666 "$socket"
    setpriv --reuid=nobody --clear-groups test -x "$SPOOL" || skip 'nobody cannot come so far'
    ME=alice cgi_request GET 'stream?wait=0'
    env -i "${env[@]}" setpriv --reuid=nobody --clear-groups "$BATS_TEST_TMPDIR/web_server" "$socket" \
        >"$BATS_TEST_TMPDIR/out" 2>&1 || true
    chmod 700 "$SPOOL"
    not grep -q Status "$BATS_TEST_TMPDIR/out"
    as alice GET 'stream?wait=0'
    expect 200
}

# ---- Limits --------------------------------------------------------------------------------------

@test "user_streams counts, by either door; max_streams does not" {
    local from
    CGI_ENV=(SPOOLCHAT_SYNC=no SPOOLCHAT_USER_STREAMS=3 SPOOLCHAT_MAX_STREAMS=1)
    door_start
    as bob GET 'stream?wait=0'
    from=$(cursor_now)
    events alice "stream?since=$from"
    events alice "stream?since=$from"
    open alice "stream?since=$from"
    eventually 5 counted 3
    as alice GET "stream?since=$from"
    expect 200 '.retry_after == 15 and .stanzas == []'
    ACCEPT=text/event-stream as alice GET "stream?since=$from"
    [[ $body == *'retry: 15000'* ]]
    alike GET "stream?since=$from" REMOTE_USER=alice
    alike GET "stream?since=$from" REMOTE_USER=alice HTTP_ACCEPT=text/event-stream
    as bob GET 'stream?wait=1&since='"$from"
    expect 200 '.retry_after == null'
    kill "$pid"
    eventually 5 counted 2
}

counted() {
    [[ $(grep -cE "OFDLCK .*:$(stat -c %i "$SPOOL/users/alice/limits") " /proc/locks) == "$1" ]]
}

@test "no descriptor is left: as when too many wait; whoever leaves makes room" {
    local from before
    door_start prlimit --nofile=160
    as bob GET 'stream?wait=0'
    from=$(cursor_now)
    events bob "stream?since=$from"
    eventually 10 rests "$agent"
    before=$(descriptors)
    CGI_ENV+=(HTTP_ACCEPT=text/event-stream)
    hold -many 60 "stream?since=$from"
    eventually 5 has_descriptors $((before + 60))
    kill "$holder"
    eventually 5 has_descriptors "$before"
    hold -many 120 "stream?since=$from"
    unset 'CGI_ENV[-1]'
    as alice GET "stream?since=$from"
    expect 200 '.retry_after == 15'
    ACCEPT=text/event-stream as alice GET "stream?since=$from"
    [[ $body == *'retry: 15000'* ]]
    kill "$holder"
    eventually 5 has_descriptors "$before"
    ACCEPT=text/event-stream open alice "stream?since=$from"
    eventually 5 grep -q 'retry: 3000' "$out"
}

@test "a herd of which each takes three descriptors: nobody fails, and the reserve is left alone" {
    local before accept from
    CGI_ENV=(SPOOLCHAT_SYNC=no SPOOLCHAT_USER_STREAMS=1000)
    door_start prlimit --nofile=160
    from=$(cursor_now)
    eventually 10 rests "$agent"
    before=$(descriptors)
    for accept in text/event-stream application/json; do
        CGI_ENV+=("HTTP_ACCEPT=$accept")
        kill -STOP "$agent"
        hold -many 100 stream
        kill -CONT "$agent"
        unset 'CGI_ENV[-1]'
        as alice GET "stream?wait=0&since=$from"
        expect 200
        eventually 5 keeps_reserve
        kill "$holder"
        eventually 5 has_descriptors "$before"
    done
    same '' "$(<"$BATS_TEST_TMPDIR/agent.log")"
}

# The descriptors that the agent leaves to others.
keeps_reserve() {
    (($(descriptors) <= 160 - 64))
}

@test "a large answer arrives whole, also to who reads late" {
    local big n pipe=$BATS_TEST_TMPDIR/late env program input
    door_start
    printf -v big '%060000d' 0
    for n in {1..8}; do say bob "$thread" "${big}x$n"; done
    alike GET 'stream?wait=0&since=0-0' REMOTE_USER=alice
    ((${#body} > 480000 && ${#body} == $(header Content-Length)))
    mkfifo "$pipe"
    ME=alice cgi_request GET 'stream?wait=0&since=0-0'
    env -i "${env[@]}" "$web_server" "$socket" <"$input" >"$pipe" 3>&- &
    say bob "$thread" later
    cgi_reply "$pipe"
    ((${#body} == $(header Content-Length)))
    json -e '.stanzas | length >= 8'
}

@test "a greeting of any length is whole, by either door" {
    printf -v body '{"url":"https://x.example/%016000d"}' 0
    (cd "$SPOOL/users" && mkdir u{1..420} && tee u{1..420}/profile.json <<<"$body" >/dev/null)
    as alice GET 'stream?wait=0'
    door_start
    (cd "$SPOOL/online" && touch u{1..420})
    alike GET 'stream?wait=0' REMOTE_USER=alice HTTP_ACCEPT=text/event-stream
    ((${#body} > 6500000))
    same 420 "$(grep -o '"displayName":"u[0-9]*"' <<<"$body" | sort -u | wc -l)"
}

@test "events from far back arrive whole and in order, however slowly they are read" {
    local big n from pipe=$BATS_TEST_TMPDIR/slow fd env program input wanted=''
    from=$(cursor_now)
    printf -v big '%060000d' 0
    for n in {1..30}; do
        say bob "$thread" "${big}x$n"
        wanted+="${wanted:+ }$n"
    done
    door_start
    mkfifo "$pipe"
    ME=alice ACCEPT=text/event-stream cgi_request GET "stream?since=$from"
    exec {fd}<>"$pipe"
    env -i "${env[@]}" "$web_server" "$socket" <"$input" >"$pipe" 3>&- &
    pid=$!
    # It is far behind, and others are not.
    events bob "stream?since=$from"
    say alice "$thread" live
    eventually 10 heard "$out" live
    cat <&"$fd" >"$BATS_TEST_TMPDIR/got" 3>&- &
    exec {fd}<&-
    eventually 10 grep -q '"text":"live"' "$BATS_TEST_TMPDIR/got"
    same "$wanted live" "$(grep -o '"text":"[^"]*"' "$BATS_TEST_TMPDIR/got" | cut -d '"' -f 4 | sed 's/^0*x//' | paste -sd ' ')"
    kill "$pid"
}

@test "a server that reads nothing is cut off after half a minute" {
    local big n before
    door_start
    printf -v big '%060000d' 0
    for n in {1..8}; do say bob "$thread" "${big}x$n"; done
    events carol "stream?since=$(cursor_now)"
    eventually 10 rests "$agent"
    before=$(descriptors)
    hold -many 5 'stream?wait=0&since=0-0'
    eventually 10 has_descriptors $((before + 5))
    clock_forward 16
    clock_forward 16
    eventually 10 has_descriptors "$before"
}

# ---- Ends ----------------------------------------------------------------------------------------

@test "a token's end ends its events, and a poll is told" {
    local token poll
    as alice POST token
    token=$(field token)
    door_start
    open '' "stream/$token?since=$(cursor_now)"
    poll=$out
    events '' "stream/$token?since=$(cursor_now)"
    clock_forward 3601
    eventually 10 gone "$pid"
    eventually 10 grep -q '^Status: 404' "$poll"
    as '' GET "stream/$token"
    expect 404
}

@test "the agent ends in peace: polls are answered empty, events end" {
    local poll client
    door_start
    open alice "stream?since=$(cursor_now)"
    poll=$out
    client=$pid
    eventually 5 rests "$client" # all of its request has gone out
    events alice "stream?since=$(cursor_now)"
    kill -TERM "$agent"
    eventually 5 gone "$pid"
    eventually 5 gone "$client"
    eventually 5 gone "$agent"
    cgi_reply "$poll"
    same 200 "$status_code"
    json -e '.stanzas == []'
    [[ ! -e $socket ]]
}

@test "killed, and started again: clients come back, nothing is lost or doubled" {
    local n from='' all='' got=''
    for n in 1 2 3; do
        door_start
        from=${from:-$(cursor_now)}
        events alice "stream?since=$from"
        say bob "$thread" "held-$n"
        eventually 5 heard "$out" "held-$n"
        kill -KILL "$agent"
        wait "$agent" || true
        eventually 5 gone "$pid"
        say bob "$thread" "away-$n"
        all+="held-$n away-$n "
        got+="$(texts "$out") "
        from=$(grep '^id: ' "$out" | tail -n 1 | cut -d ' ' -f 2)
    done
    door=
    as alice GET "stream?since=$from&wait=0"
    got+=$(json '[.stanzas[] | select(.type == "message").message.text] | join(" ")')' '
    same "$all" "$got"
}

@test "a setting that changes counts from the next stream on; one that is none is said" {
    door_start
    echo 'allow_origin = https://page.example' >"$SPOOL/config"
    CGI_ENV+=(HTTP_ORIGIN=https://page.example)
    as alice GET 'stream?wait=0&since=0-0'
    expect 200
    same https://page.example "$(header Access-Control-Allow-Origin)"
    echo 'allow_origin = https://other.example' >"$SPOOL/config"
    as alice GET 'stream?wait=0&since=0-0'
    expect 403
    same '' "$(header Access-Control-Allow-Origin)"
    echo 'nonsense = 1' >"$SPOOL/config"
    alike GET 'stream?wait=0&since=0-0' REMOTE_USER=alice
    same 500 "$status_code"
    grep -q 'config: line 1' "$BATS_TEST_TMPDIR/agent.log"
    rm "$SPOOL/config"
    unset 'CGI_ENV[-1]'
    alike GET 'stream?wait=0&since=0-0' REMOTE_USER=alice
    same 200 "$status_code"
}

@test "a thousand streams: two kilobytes each at most, one message to all, and all leave at once" {
    local before rss from
    door_start
    from=$(cursor_now)
    events bob "stream?since=$from"
    eventually 10 rests "$agent"
    before=$(descriptors)
    rss=$(memory)
    CGI_ENV+=(HTTP_ACCEPT=text/event-stream)
    hold -many 1000 "stream?since=$from"
    unset 'CGI_ENV[-1]'
    eventually 10 has_descriptors $((before + 1000))
    echo "# $(($(memory) - rss)) KB for 1000 streams" >&3
    [[ $BIN == */asan ]] || (($(memory) - rss <= 2000))
    say bob "$thread" everybody
    eventually 5 heard "$out" everybody
    kill "$holder"
    eventually 5 has_descriptors "$before"
    say bob "$thread" still
    eventually 5 heard "$out" still
    [[ ! -s $BATS_TEST_TMPDIR/agent.log ]]
}

@test "a journal that is long, and nothing in it is theirs: others do not wait for who begins at its beginning" {
    local ms bob
    ms=$(($(date +%s) * 1000 - 1000))
    awk -v ms="$ms" 'BEGIN { for (i = 0; i < 60000; i++)
        printf "p 7d1f0a5e-0000-4000-8000-00000000abcd 0000000000 %s\n", ms }' >"$SPOOL/journal/0000000000"
    door_start
    alike GET 'stream?wait=0&since=0-0' REMOTE_USER=carol
    alike GET 'stream?wait=0&since=0-0' REMOTE_USER=carol HTTP_ACCEPT=text/event-stream
    say bob "$thread" before
    events bob "stream?since=$(cursor_end)"
    bob=$out
    kill -STOP "$agent"
    open alice 'stream?since=0-0'
    hold -many 30 'stream?since=0-0'
    kill -CONT "$agent"
    eventually 10 test -e "$SPOOL/online/alice" # they have begun
    say alice "$thread" meanwhile
    eventually 15 heard "$bob" meanwhile
    run -1 heard "$out" before
    eventually 60 heard "$out" before
}
