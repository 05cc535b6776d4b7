# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034,SC2154
# (jq programs, tests as subshells, variables that lib.bash takes and gives)
#
# Presence from one end to the other: what somebody says of themselves, who hears of it and how often, the
# lease, and who is not to be seen.

setup() {
    load lib
    spool_new
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=0)
}

teardown() {
    cgi_end
}

# comes USER...: each opens a stream; it ends at once, and its lease runs.
comes() {
    local user
    for user; do
        as "$user" GET 'stream?wait=0'
        expect 200
    done
}

# listens USER: what comes from here on is news.
listens() {
    as "$1" GET 'stream?wait=0'
    expect 200
    cursor=$(field cursor)
}

# news: what Bob has heard since the last time, one word each: who, then + or -, show and status.
news() {
    as bob GET "stream?wait=0&since=$cursor" || return
    expect 200 || return
    cursor=$(field cursor)
    json '[.stanzas[] | select(.type == "presence") | .presence[] | .entity + (if .available then "+" else "-" end)
        + (.show // "") + (if .status then ":" + .status else "" end)] | join(" ")'
}

# hears WANTED: that was the news.
hears() {
    local heard
    heard=$(news) || return
    as bob GET 'stream?wait=0' # the cursor of a subshell is lost
    cursor=$(field cursor)
    same "$1" "$heard"
}

# sets USER FORM
sets() {
    as "$1" POST presence "$2"
    expect 200
}

# stanza USER JSON
stanza() {
    TYPE=application/json as "$1" POST presence "$2"
}

own='select(.success and keys == ["presence", "success"] and .presence.entity.id == "alice") | .presence'

# friends USER [FRIEND...]: all whom USER would talk to.
friends() {
    printf '%s\n' "${@:2}" >"$SPOOL/users/$1/friends"
}

# sees USER: what get-friends says of Alice to Bob and, as a second word, the first thing a stream does.
sees() {
    as bob GET get-friends
    expect 200
    seen=$(json '[.friends[] | select(.entity.id == "alice") | (.available | tostring) + (.show // "")
        + (.status // "")] | join(" ")')
    as bob GET 'stream?wait=0'
    expect 200
    greeted=$(json '[.stanzas[].presence[]? | select(.entity == "alice")] | last |
        if . == null then "" else (.available | tostring) + (.show // "") + (.status // "") end')
}

# at_once USER METHOD TARGET [BODY]: a request of its own, whose pid comes into the array `pids`.
at_once() {
    (
        BATS_TEST_TMPDIR=$(mktemp -d "$BATS_TEST_TMPDIR/request.XXXXXX")
        as "$@" && expect 200
    ) 3>&- &
    pids+=("$!")
}

# Until they have all been answered.
all_done() {
    local pid
    for pid in "${pids[@]}"; do
        wait "$pid" || return
    done
}

published() {
    grep -c '^p' "$SPOOL/journal/0000000000" || true
}

# ---- One's own ---------------------------------------------------------------------------------

@test "own presence: nothing set, set by a form, kept" {
    as alice GET presence
    expect 200 "$own"' == {entity: {objectType: "person", id: "alice", displayName: "alice", url: null,
        image: null}, show: null, status: null, available: true}'
    same application/json "$(header Content-Type)"
    [[ ! -e $SPOOL/users/alice/presence.json ]]
    sets alice 'show=dnd&status=In+a+meeting'
    expect 200 "$own"' | .show == "dnd" and .status == "In a meeting" and .available'
    same '{"show":"dnd","status":"In a meeting","available":true}' "$(<"$SPOOL/users/alice/presence.json")"
    sets alice 'available=false'
    sets alice 'status='
    as alice GET presence
    expect 200 "$own"' | .show == "dnd" and .status == null and .available == false'
    sets alice 'show=&available=1'
    same '{"show":null,"status":null,"available":true}' "$(<"$SPOOL/users/alice/presence.json")"
}

@test "own presence: a stanza is all of it, unknown attributes are kept" {
    sets alice 'show=dnd&status=Busy&available=0'
    stanza alice '{"type": "presence", "presence": {"entity": "bob", "status": "A happy day", "mood": 1.50}}'
    expect 200 "$own"' | .show == null and .status == "A happy day" and .available'
    [[ $body == *',"available":true,"mood":1.50}}'* ]]
    stanza alice '{"type": "presence", "presence": [{"entity": "nereid.user,123", "show": "chat", "status": null,
        "available": true}]}'
    expect 200 "$own"' | .show == "chat" and .status == null and (has("mood") | not)'
    [[ ! -e $SPOOL/users/bob/presence.json ]]
    stanza alice '{"type":"presence","presence":{"available":false,"place":{"room":"12"}}}'
    sets alice show=xa
    expect 200 "$own"' | .show == "xa" and .available == false and .place.room == "12"'
}

@test "own presence: as a profile says, or a damaged file allows" {
    echo '{"displayName":"Alice A.","foo":[1]}' >"$SPOOL/users/alice/profile.json"
    echo '{"show":' >"$SPOOL/users/alice/presence.json"
    as alice GET presence
    expect 200 "$own"' | .entity.displayName == "Alice A." and .entity.foo == [1] and .show == null'
    sets alice show=away
    expect 200 "$own"' | .show == "away"'
    head -c 20000 /dev/zero >"$SPOOL/users/alice/presence.json"
    as alice GET presence
    expect 200 "$own"' | .show == null'
    sets alice show=xa
    same '{"show":"xa","status":null,"available":true}' "$(<"$SPOOL/users/alice/presence.json")"
}

@test "own presence: 1024 characters of status" {
    local text
    printf -v text '%1024s' ''
    text=${text// /ä}
    sets alice "status=$text"
    comes alice
    sees
    same "true$text" "$seen"
    same "true$text" "$greeted"
    as alice POST presence "status=${text}x"
    expect 400 '.errors.status | length == 1'
}

# ---- Who hears of it ---------------------------------------------------------------------------

@test "friends hear of each change once, and only of changes" {
    comes alice
    listens bob
    sets alice show=dnd
    hears 'alice+dnd'
    sets alice show=dnd
    sets alice show=dnd
    stanza alice '{"type":"presence","presence":{"show":"dnd"}}'
    expect 200
    hears ''
    sets alice 'status=Busy'
    sets alice 'show=xa'
    hears 'alice+dnd:Busy alice+xa:Busy'
    comes alice alice
    hears ''
    sees
    same 'truexaBusy' "$seen"
    same 'truexaBusy' "$greeted"
}

@test "who is not there is not heard of, and comes as they have set" {
    listens bob
    sets alice 'show=away&status=Later'
    hears ''
    same 0 "$(find "$SPOOL/online" -name alice | wc -l)"
    comes alice
    hears 'alice+away:Later'
    clock_forward 61
    sets alice show=dnd
    as carol GET get-friends
    comes alice
    hears 'alice- alice+dnd:Later'
}

@test "unknown attributes reach friends, as an event and in an envelope" {
    comes alice
    listens bob
    stanza alice '{"type":"presence","presence":{"show":"chat","place":"Ulm"}}'
    as bob GET "stream?wait=0&since=$cursor"
    expect 200 '[.stanzas[].presence[]] == [{entity: "alice", show: "chat", status: null, available: true,
        place: "Ulm"}]'
    ACCEPT=text/event-stream as bob GET "stream?wait=0&since=$cursor"
    grep -q '^data: .*"presence":{"entity":{.*"id":"alice".*},"show":"chat","status":null,"available":true,"place":"Ulm"}}' \
        <<<"$body"
}

@test "two streams of one user, many changes at once: each is published once" {
    local n pids=() before
    comes alice bob
    for n in 1 2; do
        ME=alice ACCEPT=text/event-stream cgi_background GET 'stream?wait=30'
    done
    listens bob
    before=$(published)
    for n in {1..8}; do
        at_once alice POST presence "status=at+work+$n"
        at_once alice GET 'stream?wait=0'
    done
    all_done
    same $((before + 8)) "$(published)"
    as bob GET "stream?wait=0&since=$cursor"
    expect 200 --arg last "$(jq -r .status "$SPOOL/users/alice/presence.json")" \
        '[.stanzas[].presence[].status] | (unique | length == 8) and length == 8 and last == $last'
}

@test "many who say the same at once: it is published once" {
    local n pids=() before
    comes alice
    before=$(published)
    for n in {1..8}; do
        at_once alice POST presence show=dnd
    done
    all_done
    same $((before + 1)) "$(published)"
}

@test "different parts named at once: none is lost" {
    local pids=()
    ME=alice cgi_slowly fsync,rename,renameat POST presence show=dnd
    at_once alice POST presence status=Busy
    cgi_wait
    expect 200
    all_done
    same '{"show":"dnd","status":"Busy","available":true}' "$(<"$SPOOL/users/alice/presence.json")"
}

@test "changes count as messages" {
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=2)
    comes alice
    sets alice show=dnd
    sets alice show=xa
    listens bob
    as alice POST presence show=away
    expect 429
    [[ $(header Retry-After) =~ ^[1-9][0-9]*$ ]]
    same '{"show":"xa","status":null,"available":true}' "$(<"$SPOOL/users/alice/presence.json")"
    hears ''
    sets alice show=xa # no change
    clock_forward 31
    sets alice show=away
    as bob POST presence show=away
    expect 200
}

# ---- The lease ---------------------------------------------------------------------------------

@test "a page that is loaded again does not flap, with and without the agent" {
    local n before agent
    listens bob
    comes alice
    before=$(published)
    for n in {1..6}; do
        clock_forward 25
        comes alice bob
        as carol GET get-friends
        ((n != 3)) || spoolchat agent --once
    done
    same "$before" "$(published)"
    process_spawn "$BATS_TEST_TMPDIR/agent.log" env SPOOLCHAT_SPOOL="$SPOOL" SPOOLCHAT_TEST_CLOCK="$CLOCK" \
        "$BIN/bin/spoolchat" agent
    agent=$spawned
    eventually 10 test -s "$SPOOL/agent.lock"
    for n in {1..3}; do
        clock_forward 25
        comes alice bob
    done
    same "$before" "$(published)"
    clock_forward 61
    eventually 10 not test -e "$SPOOL/online/alice"
    eventually 10 not test -e "$SPOOL/online/bob"
    process_stop "$agent"
    same $((before + 2)) "$(published)"
}

@test "a killed stream: the departure after a lease, by the agent" {
    local agent
    comes bob # known
    ME=alice ACCEPT=text/event-stream cgi_background GET 'stream?wait=30'
    eventually 10 test -e "$SPOOL/online/alice"
    listens bob
    kill -KILL "$cgi_pid"
    wait "$cgi_pid" || true
    process_spawn "$BATS_TEST_TMPDIR/agent.log" env SPOOLCHAT_SPOOL="$SPOOL" SPOOLCHAT_TEST_CLOCK="$CLOCK" \
        "$BIN/bin/spoolchat" agent
    agent=$spawned
    eventually 10 test -s "$SPOOL/agent.lock"
    clock_forward 50
    comes bob
    hears ''
    clock_forward 11
    eventually 10 not test -e "$SPOOL/online/alice"
    process_stop "$agent"
    hears 'alice-'
}

@test "a killed stream: the departure after a lease, by whoever looks" {
    comes bob
    ME=alice ACCEPT=text/event-stream cgi_background GET 'stream?wait=30'
    eventually 10 test -e "$SPOOL/online/alice"
    kill -KILL "$cgi_pid"
    wait "$cgi_pid" || true
    listens bob
    clock_forward 50
    comes bob
    as carol GET get-friends
    hears ''
    clock_forward 11
    as carol GET get-friends
    hears 'alice-'
    as carol GET get-friends
    comes bob
    hears ''
}

@test "without an agent a stream that greets takes off who is gone" {
    comes alice
    listens bob
    clock_forward 50
    comes bob
    clock_forward 11
    comes bob
    hears 'alice-'
}

# ---- Who hides ---------------------------------------------------------------------------------

@test "who hides departs once, and is not seen to come, stay or go" {
    comes alice
    listens bob
    sets alice 'show=dnd&status=Busy'
    hears 'alice+dnd:Busy'
    sets alice available=false
    hears 'alice-'
    sees
    same false "$seen"
    same '' "$greeted"
    ACCEPT=text/event-stream as bob GET 'stream?wait=0'
    not grep -q '"entity":{[^}]*"id":"alice"[^}]*}[^}]*"available":true' <<<"${body##*id: }"
    comes alice alice
    sets alice show=xa
    clock_forward 61
    as carol GET get-friends
    spoolchat agent --once
    [[ ! -e $SPOOL/online/alice ]]
    as alice GET 'stream?wait=0'
    sees
    same false "$seen"
    same '' "$greeted"
    # Bob has come back after his lease, of Alice there is nothing.
    as bob GET "stream?wait=0&since=$cursor"
    expect 200 '[.stanzas[].presence[] | select(.entity == "alice")] == []'
    as alice GET presence
    expect 200 "$own"' | .show == "xa" and .status == "Busy" and .available == false'
}

@test "who hides and shows again is there, with show and status" {
    sets alice 'show=away&status=Out&available=0'
    listens bob
    comes alice
    hears ''
    sets alice available=1
    hears 'alice+away:Out'
    sees
    same trueawayOut "$seen"
    same trueawayOut "$greeted"
    sets alice available=0
    sets alice available=0
    hears 'alice-'
    clock_forward 30
    comes bob
    clock_forward 31
    spoolchat agent --once
    hears ''
    sets alice available=1 # away by now
    hears ''
    comes alice
    hears 'alice+away:Out'
}

@test "who hides reads and writes as anybody does" {
    sets alice available=0
    comes alice
    thread_of alice bob
    say alice "$thread" hello
    as bob GET 'stream?wait=0'
    expect 200 '[.stanzas[] | select(.type == "message") | .message.text] == ["hello"]'
    say bob "$thread" 'are you there?'
    as alice GET 'stream?wait=0'
    expect 200 '[.stanzas[] | select(.type == "message") | .message.text] | last == "are you there?"'
}

# What the programs before this one left, and what the site's owner writes.
@test "a presence.json that somebody else has written hides, too" {
    listens bob
    echo '{"available": false, "show": "chat"}' >"$SPOOL/users/alice/presence.json"
    comes alice
    hears ''
    sees
    same false "$seen"
    echo '{"available": true, "show": "chat"}' >"$SPOOL/users/alice/presence.json"
    comes alice # at her next sign of life
    hears 'alice+chat'
}

# ---- Friends -----------------------------------------------------------------------------------

# Whether two see each other, for each list that each can have: both must have the other, and who has no list
# has everybody. start-session, get-friends, the greeting, an arrival, a change and a departure agree.
@test "friends, in both directions" {
    local alices bobs wanted heard before rows=0 wrong=() has status
    local -A list=([none]='' [other]=1 [both]=1 [third]=1 [empty]=1)
    for alices in none other both third empty; do
        for bobs in none other both third empty; do
            rm -rf "$SPOOL"/{online,users,threads,journal,presence}
            install -d -m 700 "$SPOOL"/users{,/alice,/bob,/carol}
            has=()
            lists alice "$alices" bob
            lists bob "$bobs" alice
            wanted=0
            [[ $alices == third || $alices == empty || $bobs == third || $bobs == empty ]] || wanted=1
            heard=$(together)
            [[ $heard == "${wanted//1/200 1 1 1 + + -}" || $wanted$heard == '0403 0 0 0'* ]] ||
                wrong+=("alice $alices, bob $bobs: wanted $wanted, got $heard")
            [[ $wanted == 1 || $heard == '403 0 0 0   ' ]] || wrong+=("alice $alices, bob $bobs: got '$heard'")
            rows=$((rows + 1))
        done
    done
    same 25 "$rows"
    ((${#wrong[@]} == 0)) || { printf '%s\n' "${wrong[@]}" >&2 && return 1; }
}

# lists USER none|other|both|third|empty OTHER
lists() {
    case $2 in
    none) ;;
    other) friends "$1" "$3" ;;
    both) friends "$1" "$3" carol ;;
    third) friends "$1" carol ;;
    empty) : >"$SPOOL/users/$1/friends" ;;
    esac
}

# In one line: may Bob start a session with Alice, does he list her, is he listed by her, is he greeted with
# her; does he hear her come, change and go.
together() {
    local line since
    as bob POST start-session user=alice
    line=$status_code
    as alice POST start-session user=bob
    [[ $line == "$status_code" ]] || line+="/$status_code"
    as bob GET get-friends
    line+=" $(json '[.friends[] | select(.entity.id == "alice")] | length')"
    as alice GET get-friends
    line+=" $(json '[.friends[] | select(.entity.id == "bob")] | length')"
    as bob GET 'stream?wait=0'
    since=$(field cursor)
    as alice GET 'stream?wait=0'
    as bob GET 'stream?wait=0'
    line+=" $(json '[.stanzas[].presence[]? | select(.entity == "alice").entity] | unique | length')"
    as alice POST presence show=dnd
    as alice POST presence available=0
    as bob GET "stream?wait=0&since=$since"
    for filter in '.available and .show == null' '.available and .show == "dnd"' '.available | not'; do
        line+=" $(json "[.stanzas[].presence[]? | select(.entity == \"alice\") | select($filter) |
            if .available then \"+\" else \"-\" end] | join(\"\")")"
    done
    printf '%s\n' "$line"
}
