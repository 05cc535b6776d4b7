# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034,SC2154
# (jq programs, tests as subshells, variables that lib.bash takes and gives)
#
# Streams that the agent holds: real programs that give theirs away, and a real agent.

setup() {
    load lib
    spool_new
    CGI_ENV=(SPOOLCHAT_SYNC=no SPOOLCHAT_MESSAGES_PER_MINUTE=0 SPOOLCHAT_USER_STREAMS=0)
    agent=
    log=$BATS_TEST_TMPDIR/agent.log
    opened=0
    thread_of alice bob
}

teardown() {
    if [[ $agent ]]; then
        kill -CONT "$agent" 2>/dev/null || true
        process_stop "$agent"
    fi
    cgi_end
    [[ ! -e $log ]] || cgi_sane "$log"
}

# agent_start [COMMAND...]: in front of it COMMAND, with the process id of which it runs.
# shellcheck disable=SC2120
agent_start() {
    process_spawn "$log" env SPOOLCHAT_SPOOL="$SPOOL" SPOOLCHAT_TEST_CLOCK="$CLOCK" "$@" "$BIN/bin/spoolchat" agent
    agent=$spawned
    eventually 10 listens
}

# The socket is of this agent, which took the lock before.
listens() {
    [[ -S $SPOOL/agent.sock && $(<"$SPOOL/agent.lock") == "$agent" && ! $SPOOL/agent.sock -ot $SPOOL/agent.lock ]]
}

agent_end() {
    kill -"$1" "$agent"
    wait "$agent" || true
    agent=
}

# open USER TARGET: a stream whose reply grows in the file $out, through a pipe as a web server has one. $pid is
# the program's, $reader whoever reads what it says, until the end.
open() {
    local ME=$1 env program input pipe=$BATS_TEST_TMPDIR/pipe.$((++opened))
    cgi_request GET "$2"
    out=$BATS_TEST_TMPDIR/out.$opened
    mkfifo "$pipe"
    cat "$pipe" >"$out" 3>&- &
    reader=$!
    "$launch" "${env[@]}" "$program" <"$input" >"$pipe" 2>>"$BATS_TEST_TMPDIR/stderr" 3>&- &
    pid=$!
}

events() {
    ACCEPT=text/event-stream open "$@"
    eventually 10 grep -q '^id: ' "$out"
}

gone() {
    ! process_alive "$1"
}

# given PID READER: the program has ended, its reply has not.
given() {
    eventually 5 gone "$1" || return
    process_alive "$2"
}

# kept PID: the program waits itself.
kept() {
    eventually 5 waits "$1"
}

texts() {
    grep -o '"text":"[^"]*"' "$1" | cut -d '"' -f 4 | paste -sd ' '
}

heard() {
    [[ " $(texts "$1") " == *" $2 "* ]]
}

# A reply without what differs from one to the next: times, and ids of messages.
plain() {
    sed -E 's/"[0-9]{4}-[0-9-]+T[0-9:.]+Z"/"time"/g; s/[0-9a-f]{8}-[0-9a-f-]{27}/uuid/g; s/([0-9]+)-[0-9]{13}/\1-ms/g
        s/[0-9a-f]{64}/hash/g' "$1"
}

cursor_now() {
    as alice GET 'stream?wait=0'
    field cursor
}

@test "events: the program goes, what is said arrives one by one, all as without an agent" {
    local with n
    agent_start
    events alice 'stream'
    given "$pid" "$reader"
    for n in 1 2 3; do
        say bob "$thread" "say-$n"
        eventually 5 heard "$out" "say-$n"
    done
    same 'say-1 say-2 say-3' "$(texts "$out")"
    [[ ! -s $log ]]
    agent_end TERM
    eventually 5 gone "$reader"
}

# A conversation, as a stream of the kind `$1` of bob's hears it; what it said in $said, without times. A poll is
# opened again with its own cursor.
conversation() {
    local n from
    spool_new alice bob carol
    rm -rf "$SPOOL"
    spool_new alice bob carol
    [[ $2 == no ]] || agent_start
    thread_of alice bob
    # Online, so that what she sets is told; then a poll without a cursor would not wait.
    [[ $1 == bare ]] || as alice GET 'stream?wait=0'
    as bob GET 'stream?wait=0'
    from=$(field cursor)
    said=''
    case $1 in
    events*)
        [[ $1 == events ]] || from=''
        events bob "stream?since=$from"
        [[ $2 == no ]] && kept "$pid" || given "$pid" "$reader"
        ;;
    esac
    for n in 1 2 3; do
        [[ $1 != bare || $n != 3 ]] || break
        case $1 in
        poll) open bob "stream?since=$from" ;;
        bare) open bob stream ;;
        foreign) open_foreign "stream?since=$from" ;;
        esac
        [[ $1 == events* ]] || { [[ $2 == no ]] && kept "$pid" || given "$pid" "$reader"; }
        case $n in
        1) say alice "$thread" "first <&\"> ü" ;;
        2) as alice POST send-message "thread_id=$thread&type=receipt&read=1" ;;
        3) as alice POST presence 'show=away&status=gone' ;;
        esac
        if [[ $1 == events* ]]; then
            eventually 5 lines "$out" $((n + 1)) || return
            continue
        fi
        eventually 5 gone "$reader" || return
        said+=$(plain "$out")$'\n'
        from=$(grep -o '"cursor":"[^"]*"' "$out" | cut -d '"' -f 4)
    done
    [[ $1 != events* ]] || said=$(plain "$out")
    [[ $2 == no ]] || agent_end TERM
    cgi_end
}

# At least so many ids have come.
lines() {
    (($(grep -c '^id: ' "$1") >= $2))
}

open_foreign() {
    CGI_ENV+=(HTTP_ORIGIN=https://page.example SPOOLCHAT_ALLOW_ORIGIN=https://page.example)
    open bob "$1"
}

@test "what a client gets is the same byte for byte, with the agent and without" {
    local kind without
    for kind in poll bare foreign events events-bare; do
        conversation "$kind" no
        without=$said
        conversation "$kind" yes
        same "$without" "$said"
        # It was a conversation.
        [[ $said == *first* ]]
        [[ $kind != foreign || $said == *'Access-Control-Allow-Origin: https://page.example'* ]]
    done
}

@test "a poll's time is over: an empty envelope, as without an agent" {
    local from
    agent_start
    from=$(cursor_now)
    open alice "stream?wait=20&since=$from"
    given "$pid" "$reader"
    clock_forward 21
    eventually 5 gone "$reader"
    cgi_reply "$out"
    same 200 "$status_code"
    json -e --arg from "$from" '.stanzas == [] and .cursor == $from and (keys == ["cursor", "stanzas", "timestamp"])'
    same "${#body}" "$(header Content-Length)"
}

@test "limit: what does not fit into the envelope comes with the next" {
    local from n
    agent_start
    from=$(cursor_now)
    open alice "stream?limit=2&since=$from"
    given "$pid" "$reader"
    kill -STOP "$agent"
    for n in 1 2 3; do say bob "$thread" "n-$n"; done
    kill -CONT "$agent"
    eventually 5 gone "$reader"
    same 'n-1 n-2' "$(texts "$out")"
    cgi_reply "$out"
    as alice GET "stream?since=$(field cursor)"
    same n-3 "$(json '[.stanzas[].message.text] | join(" ")')"
}

@test "killed, and started again: clients come back, nothing is lost or doubled" {
    local n from all='' got='' first
    for n in 1 2 3 4; do
        agent_start
        from=${from:-$(cursor_now)}
        events alice "stream?since=$from"
        given "$pid" "$reader"
        say bob "$thread" "held-$n"
        eventually 5 heard "$out" "held-$n"
        agent_end KILL
        eventually 5 gone "$reader"
        say bob "$thread" "away-$n"
        all+="held-$n away-$n "
        got+="$(texts "$out") "
        from=$(grep '^id: ' "$out" | tail -n 1 | cut -d ' ' -f 2)
    done
    as alice GET "stream?since=$from"
    got+=$(json '[.stanzas[] | select(.type == "message").message.text] | join(" ")')' '
    same "$all" "$got"
}

@test "killed under clients without a cursor: they go on where they were" {
    local n all='' got=''
    for n in 1 2 3; do
        agent_start
        events alice stream
        given "$pid" "$reader"
        say bob "$thread" "held-$n"
        eventually 5 heard "$out" "held-$n"
        eventually 5 grep -q "^- .* $(grep '^id: ' "$out" | tail -n 1 | cut -d ' ' -f 2)\$" "$SPOOL"/users/alice/streams/*
        agent_end KILL
        eventually 5 gone "$reader"
        say bob "$thread" "away-$n"
        all+="held-$n away-$n "
        got+="$(texts "$out") "
    done
    as alice GET 'stream?wait=0'
    got+=$(json '[.stanzas[] | select(.type == "message").message.text] | join(" ")')' '
    same "$all" "$(xargs <<<"$got") "
}

@test "an agent that is stopped: programs wait themselves, soon, and end when they end" {
    local from began
    agent_start
    from=$(cursor_now)
    kill -STOP "$agent"
    began=${EPOCHREALTIME/[.,]/}
    open alice "stream?since=$from"
    kept "$pid"
    ((${EPOCHREALTIME/[.,]/} - began < 2000000))
    events bob "stream?since=$from"
    kept "$pid"
    say bob "$thread" hello
    eventually 5 heard "$out" hello
    # The pipe is nobody else's, whatever lies in the agent's queue.
    kill -KILL "$pid"
    eventually 5 gone "$reader"
    kill -CONT "$agent"
    events bob "stream?since=$from"
    given "$pid" "$reader"
}

@test "a socket that a dead agent left, and another's: programs wait themselves" {
    agent_start
    agent_end KILL
    [[ -S $SPOOL/agent.sock ]]
    open alice "stream?since=$(cursor_now)"
    kept "$pid"
    say bob "$thread" hello
    eventually 5 gone "$reader"
    same hello "$(texts "$out")"
    agent_start
    agent_end TERM
    [[ ! -e $SPOOL/agent.sock ]]
}

# Of 150 threads, each asked for its drafts, in fifteen seconds.
@test "while the agent goes over all threads streams have their turn, and SIGTERM is heard" {
    agent_start env ASAN_OPTIONS=detect_leaks=0 strace -D -qq -o /dev/null -e trace=getdents64 \
        -e inject=getdents64:delay_enter=100000:when=100+
    events alice stream
    given "$pid" "$reader"
    "$root/build/tools/fabricate" threads "$SPOOL" 150 alice
    clock_forward 600
    for n in 1 2 3; do
        say bob "$thread" "say-$n"
        eventually 5 heard "$out" "say-$n"
    done
    kill "$agent"
    eventually 5 gone "$agent"
    agent=
    eventually 5 gone "$reader"
    same '' "$(<"$log")"
}

@test "who comes after many others: the agent reads of each stranger once for all" {
    local user file strangers from trace=$BATS_TEST_TMPDIR/trace
    echo bob >"$SPOOL/users/alice/friends"
    echo bob >"$SPOOL/users/carol/friends"
    as bob GET 'stream?wait=0'
    from=$(cursor_now)
    for user in s{1..5}; do
        as "$user" GET 'stream?wait=0'
    done
    door_start env ASAN_OPTIONS=detect_leaks=0 strace -D -qq -y -o "$trace" -e trace=openat
    for user in alice carol alice; do
        as "$user" GET "stream?wait=0&since=$from"
    done
    door_end
    mapfile -t strangers < <(cd "$SPOOL/presence" && grep -lE '"s[1-5]"' -- *)
    same 5 "${#strangers[@]}"
    for file in "${strangers[@]}"; do
        same 1 "$(grep -c "presence>, \"$file\"" "$trace")"
    done
}

@test "the agent ends in peace: polls are answered, events end" {
    local poll first
    agent_start
    open alice "stream?since=$(cursor_now)"
    given "$pid" "$reader"
    poll=$out
    first=$reader
    events alice "stream?since=$(cursor_now)"
    given "$pid" "$reader"
    agent_end TERM
    eventually 5 gone "$first"
    eventually 5 gone "$reader"
    cgi_reply "$poll"
    same 200 "$status_code"
    json -e '.stanzas == []'
}

# hears_presence FILE NAME: what NAME sets now gets into the stream that grows there.
hears_presence() {
    as "$2" POST presence "status=$((++statuses))"
    eventually 1 grep -q "\"status\":\"$statuses\"" "$1"
}

@test "a list of friends is heeded soon, on either side" {
    local statuses=0 who
    agent_start
    events bob "stream?since=$(cursor_now)"
    events alice "stream?since=$(cursor_now)"
    given "$pid" "$reader"
    eventually 5 hears_presence "$out" bob
    for who in alice bob; do
        echo nobody >"$SPOOL/users/$who/friends"
        eventually 10 not hears_presence "$out" bob
        printf 'carol\nbob\nalice' >"$SPOOL/users/$who/friends"
        eventually 10 hears_presence "$out" bob
        rm "$SPOOL/users/$who/friends"
        eventually 10 hears_presence "$out" bob
    done
}

@test "a burst cuts nobody off; who reads late gets all of it; who never reads is cut off" {
    local from n big slow held wanted='' before
    agent_start
    from=$(cursor_now)
    # The pipe is open, and nobody reads from it.
    mkfifo "$BATS_TEST_TMPDIR/slow"
    exec {held}<>"$BATS_TEST_TMPDIR/slow"
    (
        ME=alice ACCEPT=text/event-stream cgi_request GET "stream?since=$from"
        exec "$launch" -t 60 "${env[@]}" "$program" >"$BATS_TEST_TMPDIR/slow" 2>/dev/null 3>&-
    )
    eventually 10 rests "$agent"
    before=$(descriptors)
    events alice "stream?since=$from"
    given "$pid" "$reader"
    # More than one round, and than may wait.
    kill -STOP "$agent"
    printf -v big '%030000d' 0
    for n in {1..20}; do
        say bob "$thread" "${big}x$n"
        wanted+="${wanted:+ }$n"
    done
    kill -CONT "$agent"
    eventually 5 heard "$out" "${big}x20"
    say bob "$thread" "${big}x21"
    eventually 5 heard "$out" "${big}x21"
    same "$wanted 21" "$(texts "$out" | sed 's/0*x//g')"
    cat <&"$held" >"$BATS_TEST_TMPDIR/got" 3>&- &
    reader=$!
    eventually 10 heard "$BATS_TEST_TMPDIR/got" "${big}x21"
    say bob "$thread" live
    eventually 5 heard "$BATS_TEST_TMPDIR/got" live
    same "$wanted 21 live" "$(texts "$BATS_TEST_TMPDIR/got" | sed 's/0*x//g')"
    kill "$reader"
    wait "$reader" || true
    # More than a pipe takes; what comes behind it shows that it waits.
    for n in {22..24}; do say bob "$thread" "${big}x$n"; done
    say bob "$thread" behind
    eventually 5 heard "$out" behind
    eventually 5 leaves $((before + 1))
    clock_forward 16
    clock_forward 16
    eventually 5 leaves "$before"
    exec {held}<&-
}

descriptors() {
    find "/proc/$agent/fd" -mindepth 1 | wc -l
}

@test "a token's end: events end, a poll is told, as without an agent" {
    local token with form
    for form in path header; do
        as alice POST token
        token=$(field token)
        with=''
        for which in no yes; do
            [[ $which == no ]] || agent_start
            if [[ $form == path ]]; then
                open '' "stream/$token?since=$(cursor_now)"
            else
                CGI_ENV+=("HTTP_AUTHORIZATION=Bearer $token")
                open '' "stream?since=$(cursor_now)"
                unset 'CGI_ENV[-1]'
            fi
            [[ $which == no ]] && kept "$pid" || given "$pid" "$reader"
            if [[ $which == yes ]]; then
                ACCEPT=text/event-stream open '' "stream/$token?since=$(cursor_now)"
                given "$pid" "$reader"
                as alice DELETE "token/$token"
                # Sooner than who only looks now and then would find out.
                eventually 3 gone "$reader"
                out=$BATS_TEST_TMPDIR/out.$((opened - 1))
                eventually 3 grep -q Status "$out"
                same "$with" "$(<"$out")"
                agent_end TERM
            else
                mkdir "$SPOOL/kept" && mv "$SPOOL"/tokens/* "$SPOOL/kept"
                eventually 8 gone "$reader"
                with=$(<"$out")
                mv "$SPOOL/kept"/* "$SPOOL/tokens" && rmdir "$SPOOL/kept"
                [[ $with == 'Status: 40'* ]]
            fi
        done
    done
}

@test "a new segment of the journal, and old ones trimmed, under held streams" {
    local ms n
    ms=$(($(date +%s) * 1000 - 1000))
    awk -v ms="$ms" 'BEGIN { for (i = 0; i < 65533; i++)
        printf "p 7d1f0a5e-0000-4000-8000-00000000abcd 0000000000 %s\n", ms }' >"$SPOOL/journal/0000000000"
    agent_start
    events alice "stream?since=$(cursor_now)"
    given "$pid" "$reader"
    for n in {1..6}; do
        say bob "$thread" "over-$n"
        ((n != 4)) || rm "$SPOOL/journal/0000000000"
    done
    eventually 5 heard "$out" over-6
    same 'over-1 over-2 over-3 over-4 over-5 over-6' "$(texts "$out")"
    [[ -e $SPOOL/journal/0000065536 ]]
    not grep -q limited "$out"
}

@test "what retention takes before it is read: the client is told" {
    agent_start
    events alice "stream?since=$(cursor_now)"
    given "$pid" "$reader"
    kill -STOP "$agent"
    say bob "$thread" one
    say bob "$thread" two
    rm "$SPOOL/threads/$thread"/*/0000000001
    kill -CONT "$agent"
    eventually 5 heard "$out" two
    same two "$(texts "$out")"
    eventually 5 grep -q '^event: limited$' "$out"
}

@test "a journal put back from a copy under held streams: they are told, and go on" {
    agent_start
    events alice "stream?since=$(cursor_now)"
    given "$pid" "$reader"
    say bob "$thread" one
    cp "$SPOOL/journal/0000000000" "$BATS_TEST_TMPDIR/copy"
    say bob "$thread" two
    say bob "$thread" three
    eventually 5 heard "$out" three
    cat "$BATS_TEST_TMPDIR/copy" >"$SPOOL/journal/0000000000"
    say bob "$thread" four
    clock_forward 6
    eventually 5 heard "$out" four
    eventually 5 grep -q '^event: limited$' "$out"
}

@test "what cannot be read, now or ever, stops nobody; the operator is told" {
    local who
    agent_start
    as carol GET 'stream?wait=0'
    events alice "stream?since=$(cursor_now)"
    given "$pid" "$reader"
    # Nobody can open a socket, not even root. The one who hears, and whom it is about.
    for who in alice carol; do
        ln "$SPOOL/agent.sock" "$SPOOL/users/$who/friends"
        as carol POST presence "status=unheard by $who"
        say bob "$thread" "after-$who"
        eventually 5 heard "$out" "after-$who"
        grep -q "users/$who/friends: " "$log"
        rm "$SPOOL/users/$who/friends"
    done
    not grep -q '^event: limited$' "$out"
    kill -STOP "$agent"
    say bob "$thread" three
    say bob "$thread" four
    ln -f "$SPOOL/agent.sock" "$(ls -d "$SPOOL/threads/$thread"/*/0000000003)"
    kill -CONT "$agent"
    eventually 5 heard "$out" four
    same 'after-alice after-carol four' "$(texts "$out")"
    eventually 5 grep -q '^event: limited$' "$out"
    same 3 "$(wc -l <"$log")"
    # Who comes later gets past it, too.
    as alice GET 'stream?since=0-0'
    expect 200 '.limited and .stanzas[-1].message.text == "four"'
}

@test "held, and waiting by themselves, side by side: the same" {
    local held self n
    agent_start
    from=$(cursor_now)
    events alice "stream?since=$from"
    given "$pid" "$reader"
    held=$out
    ME=alice ACCEPT=text/event-stream cgi_background GET "stream?since=$from" # to a file, which has no end
    self=$cgi_output
    kept "$cgi_pid"
    for n in 1 2 3; do
        say bob "$thread" "both-$n"
        eventually 5 heard "$held" "both-$n"
        eventually 5 heard "$self" "both-$n"
    done
    same "$(<"$self")" "$(<"$held")"
}

@test "who joins hears from then on, who leaves no more, who is no member nothing" {
    local room
    agent_start
    as alice POST start-session 'user=bob&subject=room'
    room=$(field thread_id)
    events carol "stream?since=$(cursor_now)"
    given "$pid" "$reader"
    carol=$out
    events bob "stream?since=$(cursor_now)"
    given "$pid" "$reader"
    say alice "$room" before
    eventually 5 heard "$out" before
    as alice POST "members/$room" 'user=carol&role=guest'
    expect 200
    say alice "$room" during
    eventually 5 heard "$carol" during
    as alice POST "members/$room" 'user=carol&role=none'
    expect 200
    say alice "$room" after
    eventually 5 heard "$out" after
    as alice POST send-message 'to=carol&message=end'
    eventually 5 heard "$carol" end
    same 'during end' "$(texts "$carol")"
    same 'before during after' "$(texts "$out")"
}

@test "who is held stays online, and is counted among the user's streams" {
    local CGI_ENV=(SPOOLCHAT_SYNC=no SPOOLCHAT_USER_STREAMS=2)
    agent_start
    events alice "stream?since=$(cursor_now)"
    given "$pid" "$reader"
    held=$reader
    ACCEPT=text/event-stream open alice "stream?since=$(cursor_now)"
    given "$pid" "$reader"
    as alice GET "stream?since=$(cursor_now)"
    expect 200 '.retry_after == 15'
    for _ in {1..5}; do
        touch -d '-30 seconds' "$SPOOL/online/alice"
        clock_forward 21
        eventually 5 touched
    done
    [[ -e $SPOOL/online/alice ]]
    kill "$held" # its client has gone: seen at the next heartbeat, at the latest
    eventually 5 counted 1
}

touched() {
    [[ $(find "$SPOOL/online/alice" -newermt '-20 seconds') ]]
}

counted() {
    local inode
    inode=$(stat -c %i "$SPOOL/users/alice/limits")
    [[ $(grep -cE "OFDLCK .*:$inode " /proc/locks) == "$1" ]]
}

@test "who holds the lock of online/ and is stopped keeps nobody from hearing; then comes the sign of life" {
    agent_start
    events alice stream
    given "$pid" "$reader"
    exec {lock}<"$SPOOL/online"
    flock "$lock"
    touch -d '-30 seconds' "$SPOOL/online/alice"
    clock_forward 21
    eventually 5 grep -q 'agent: online: ' "$log"
    say bob "$thread" on
    eventually 5 heard "$out" on
    not touched
    exec {lock}<&-
    eventually 5 touched
}

@test "a heartbeat every quarter of a minute" {
    agent_start
    events alice "stream?since=$(cursor_now)"
    given "$pid" "$reader"
    clock_forward 16
    eventually 5 grep -q '^:$' "$out"
}

@test "a thousand streams: two kilobytes each at most, and all leave at once" {
    local before rss holder from env program input count=1000
    # So many as in the plain run only take longer to start then.
    [[ $BIN != */asan ]] || count=200
    agent_start
    from=$(cursor_now)
    events bob "stream?since=$from"
    given "$pid" "$reader"
    eventually 10 rests "$agent"
    before=$(descriptors)
    rss=$(memory)
    ME=alice ACCEPT=text/event-stream cgi_request GET "stream?since=$from"
    mkfifo "$BATS_TEST_TMPDIR/go"
    "$launch" "${env[@]}" "$root/build/tools/hold" "$count" "$program" <>"$BATS_TEST_TMPDIR/go" \
        >"$BATS_TEST_TMPDIR/held" 2>&1 3>&- &
    holder=$!
    eventually 120 grep -q held "$BATS_TEST_TMPDIR/held"
    eventually 5 leaves $((before + count))
    [[ $BIN == */asan ]] || (($(memory) - rss <= 2000))
    say bob "$thread" everybody
    eventually 5 heard "$out" everybody
    kill -KILL "$holder"
    eventually 5 leaves "$before"
    say bob "$thread" still
    eventually 5 heard "$out" still
    [[ ! -s $log ]]
}

leaves() {
    [[ $(descriptors) == "$1" ]]
}

memory() {
    awk '/^RssAnon/ { print $2 }' "/proc/$agent/status"
}
