# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034,SC2154
# (jq programs, tests as subshells, variables that lib.bash takes and gives)
#
# Looking back: history, and threads, to begin with.

setup() {
    load lib
    spool_new
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=0 SPOOLCHAT_SYNC=no)
    v4='^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
}

teardown() {
    cgi_end
}

# lines COUNT [USER]: messages in $thread, their text their number.
lines() {
    local i
    for ((i = 1; i <= $1; i++)); do
        say "${2:-alice}" "$thread" "$i"
    done
}

# move FROM TO: as the agent does, to cur/.
move() {
    local number seq
    for ((number = $1; number <= $2; number++)); do
        printf -v seq %010d "$number"
        mv "$SPOOL/threads/$thread/new/$seq" "$SPOOL/threads/$thread/cur/$seq"
    done
}

# gone FROM TO: as retention does.
gone() {
    local number seq
    for ((number = $1; number <= $2; number++)); do
        printf -v seq %010d "$number"
        rm -f "$SPOOL/threads/$thread"/{new,cur}/"$seq"
    done
}

# plant SEQ [FILE]: a stanza's file with this content, or what comes on stdin.
plant() {
    local seq
    printf -v seq %010d "$1"
    rm -f "$SPOOL/threads/$thread"/{new,cur}/"$seq"
    cat >"$SPOOL/threads/$thread/new/$seq"
}

# joins USER SEQ: with that number, to $thread.
joins() {
    install -d -m 700 "$SPOOL/users/$1/threads"
    printf '%010d\n' "$2" >"$SPOOL/users/$1/threads/$thread"
    printf 'guest %010d %s\n' "$2" "$1" >>"$SPOOL/threads/$thread/members"
}

# reads USER SEQ: their read mark.
reads() {
    install -d -m 700 "$SPOOL/users/$1/read"
    printf '%010d\n' "$2" >"$SPOOL/users/$1/read/$thread"
}

# hold USER: who asks for what USER reads in $thread waits, until `release`; `held` says whether one does.
hold() {
    local entry=$SPOOL/users/$1/threads/$thread
    rm "$entry"
    mkfifo "$entry"
    (exec >"$entry" && : >"$BATS_TEST_TMPDIR/held" && eventually 20 test -e "$BATS_TEST_TMPDIR/go" &&
        echo 0000000000) 3>&- &
}

held() {
    [[ -e $BATS_TEST_TMPDIR/held ]]
}

release() {
    : >"$BATS_TEST_TMPDIR/go"
    cgi_wait
    rm "$SPOOL/users/$1/threads/$thread"
    printf '0000000000\n' >"$SPOOL/users/$1/threads/$thread"
}

# shows USER QUERY WANTED: the numbers in that part of $thread's history, with "+" when there is more and
# "?" when something is missing. Runs of numbers stand as 3-7.
shows() {
    local got
    as "$1" GET "history/$thread?$2"
    expect 200 '.more | type == "boolean"'
    got=$(json 'def runs: reduce .[] as $n ([]; if length > 0 and .[-1][1] + 1 == $n then .[-1][1] = $n
            else . + [[$n, $n]] end) | map(if .[0] == .[1] then "\(.[0])" else "\(.[0])-\(.[1])" end) | join(" ");
        ([.stanzas[].seq] | runs) + (if .more then "+" else "" end) + (if .limited then "?" else "" end)')
    same "$2: $3" "$2: $got"
}

# told WORD: the operator has been told of it in the last reply, and of nothing else.
told() {
    local text
    text=$(<"$BATS_TEST_TMPDIR/reply.stderr")
    [[ $text == *"$1"* && $text != *$'\n'* ]] || { echo "told: $text" >&2 && return 1; }
}

untold() {
    same '' "$(<"$BATS_TEST_TMPDIR/reply.stderr")"
}

# ---- history -----------------------------------------------------------------------------------

@test "history: of a thread in which nothing was said" {
    local query
    thread_of alice bob
    for query in '' limit=1 after=0 before=1 before=9999999999 after=9999999999 'after=0&before=1'; do
        shows bob "$query" ''
    done
    expect 200 'keys == ["cursor", "more", "stanzas", "timestamp"] and .stanzas == [] and .cursor == "0-0"'
}

@test "history: every edge, both directions, across new/ and cur/" {
    thread_of alice bob
    lines 10
    move 1 5
    while read -r query wanted; do
        shows bob "${query%.}" "$wanted"
    done <<'EOF'
. 1-10
limit=10 1-10
limit=9 2-10+
limit=1 10+
limit=0 10+
limit=11 1-10
before=11 1-10
before=10 1-9
before=12 1-10
before=9999999999 1-10
before=1
before=0
before=2 1
before=6&limit=2 4-5+
before=7&limit=3 4-6+
before=4&limit=3 1-3
before=5&limit=3 2-4+
before=0000000006&limit=0000000001 5+
after=0 1-10
after=0&limit=10 1-10
after=0&limit=9 1-9+
after=0&limit=1 1+
after=4&limit=2 5-6+
after=8&limit=2 9-10
after=9 10
after=10
after=11
after=9999999999
after=0&before=11 1-10
after=2&before=8 3-7
after=2&before=8&limit=5 3-7
after=2&before=8&limit=4 3-6+
after=2&before=4 3
after=2&before=3
after=2&before=2
after=8&before=2
after=0&before=0
before=8&after=2&limit=1 3+
EOF
}

@test "history: stanzas lie in the envelope as on the disk, oldest first" {
    local file
    thread_of alice bob
    lines 3 bob
    move 1 2
    as alice GET "history/$thread"
    expect 200 '.timestamp | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[.][0-9]{6}Z$")'
    for file in cur/0000000001 cur/0000000002 new/0000000003; do
        [[ $body == *"$(<"$SPOOL/threads/$thread/$file")"* ]]
    done
    expect 200 '[.stanzas[].message.text] == ["1", "2", "3"] and .more == false and (has("limited") | not)'
    same 'application/json' "$(header Content-Type)"
}

@test "history: fifty when nobody says how many, two hundred at the most" {
    thread_of alice bob
    lines 1
    "$root/build/tools/fabricate" stanzas "$SPOOL" "$thread" 300
    for query in '' limit=50 limit=200 limit=201 limit=9999999999 'after=0&limit=1000'; do
        as bob GET "history/$thread?$query"
        expect 200 .more
        case $query in
        '' | limit=50) expect 200 '.stanzas | length == 50' ;;
        *) expect 200 '.stanzas | length == 200' ;;
        esac
    done
}

@test "history: half a megabyte at the most, one stanza at least" {
    local seq
    thread_of alice bob
    lines 9
    for seq in 1 2 3 4 5 6 7 8; do
        jq -cn --argjson n "$seq" '{type: "message", seq: $n, message: {text: ("x" * 150000)}}' | plant "$seq"
    done
    shows bob '' 6-9+
    shows bob before=9 6-8+
    shows bob after=0 1-3+
    shows bob 'after=0&limit=2' 1-2+
    shows bob after=4 5-7+
    shows bob after=5 6-9
    jq -cn '{type: "message", seq: 4, message: {text: ("x" * 2000000)}}' | plant 4
    shows bob after=0 1-3+
    shows bob after=3 4+
    shows bob before=5 4+
    shows bob before=6 5+
}

@test "history: nothing from before one joined" {
    thread_of alice bob
    lines 6
    joins carol 4
    lines 2 bob
    shows carol '' 5-8
    shows carol limit=2 7-8+
    shows carol before=7 5-6
    shows carol before=6 5
    shows carol before=5 ''
    shows carol before=3 ''
    shows carol after=0 5-8
    shows carol 'after=1&limit=3' 5-7+
    shows carol 'after=0&before=4' ''
    shows bob '' 1-8
    joins carol 8
    shows carol '' ''
    shows carol after=0 ''
}

@test "history: what is gone is passed over, and said" {
    thread_of alice bob
    lines 12
    move 1 8
    gone 1 3
    shows bob '' 4-12?
    shows bob limit=9 4-12?
    shows bob limit=8 5-12+
    shows bob after=0 4-12?
    shows bob 'after=0&limit=1' 4+?
    shows bob after=3 4-12
    shows bob before=4 '?'
    shows bob before=6 4-5?
    gone 9 10
    shows bob limit=3 '8 11-12+?'
    shows bob limit=2 11-12+
    shows bob 'after=6&limit=2' '7-8+'
    shows bob 'after=8&limit=1' '11+?'
    shows bob 'after=8&before=11' '?'
}

@test "history: after years of retention the rest is found at once" {
    thread_of alice bob
    lines 1
    "$root/build/tools/fabricate" stanzas "$SPOOL" "$thread" 1000
    gone 1 900
    as bob GET "history/$thread?after=0&limit=3"
    expect 200 '(.stanzas | length) == 3 and .more and .limited'
    as bob GET "history/$thread?before=950&limit=200"
    expect 200 '(.stanzas | length) == 49 and .more == false and .limited'
}

@test "history: what is damaged is passed over, said, and told to the operator" {
    local file
    thread_of alice bob
    lines 6
    echo 'no stanza' | plant 2
    : | plant 3
    shows bob '' '1 4-6?'
    untold
    file=$SPOOL/threads/$thread/new/0000000004
    rm "$file"
    mkdir "$file"
    shows bob '' '1 5-6?'
    told 0000000004
    file=${file%?}5
    head -c 2097153 /dev/zero >"$file"
    rmdir "${file%?}4"
    shows bob '' '1 6?'
    told 0000000005
    ln -sf /etc/passwd "$file"
    shows bob '' '1 6?'
    told 0000000005
    rm "$SPOOL/threads/$thread/tail"
    shows bob '' '1 6?'
    expect 200 '[.stanzas[].message.text] == ["1", "6"]'
}

@test "history: for who is in the thread, and logged in" {
    local token other
    thread_of alice bob
    lines 1
    as carol GET "history/$thread"
    expect 404
    as '' GET "history/$thread"
    expect 401
    as alice POST token
    token=$(field token)
    as '' GET "history/$token"
    expect 401
    as '' GET "history/$thread/$token"
    expect 401
    as alice GET "history/$thread/$token"
    expect 404
    # Both an entry and a thread it takes.
    other=00000000-0000-4000-8000-000000000000
    printf '0000000000\n' >"$SPOOL/users/alice/threads/$other"
    as alice GET "history/$other"
    expect 404
    rm "$SPOOL/users/bob/threads/$thread"
    as bob GET "history/$thread"
    expect 404
}

@test "history: its cursor was taken before it, and the stream goes on from there" {
    local cursor
    thread_of alice bob
    lines 3
    as bob GET "history/$thread"
    cursor=$(field cursor)
    as bob GET "stream?wait=0&since=$cursor"
    expect 200 '.stanzas == []'
    lines 2
    as bob GET "stream?wait=0&since=$cursor"
    expect 200 '[.stanzas[].seq] == [4, 5]'
    # Between the two: what is said meanwhile is in both.
    hold bob
    ME=bob cgi_background GET "history/$thread?after=3"
    eventually 10 held
    lines 1
    release bob
    expect 200 '[.stanzas[].seq] == [4, 5, 6]'
    as bob GET "stream?wait=0&since=$(field cursor)"
    expect 200 '[.stanzas[] | select(.type == "message").seq] == [6]'
}

@test "threads: their cursor was taken before them, and the stream goes on from there" {
    thread_of alice bob
    lines 1
    hold bob
    ME=bob cgi_background GET threads
    eventually 10 held
    lines 1
    release bob
    expect 200 '.threads[0].last.seq == 2'
    as bob GET "stream?wait=0&since=$(field cursor)"
    expect 200 '[.stanzas[] | select(.type == "message").seq] == [2]'
}

# ---- threads -----------------------------------------------------------------------------------

@test "threads: of somebody who is in none" {
    as alice GET threads
    expect 200 '. == {"cursor": "0-0", "threads": []}'
}

@test "threads: what is said of one" {
    thread_of alice bob
    as bob GET threads
    expect 200 --arg id "$thread" '.threads | length == 1 and (.[0] |
        keys == ["created", "id", "last", "memberCount", "members", "open", "read", "role", "subject", "unread"]
        and .id == $id and .subject == null and .open == false and .last == null and .read == 0 and .unread == 0
        and [.members[].id] == ["alice", "bob"] and .memberCount == 2 and .role == "guest"
        and (.created | test("^[0-9]{4}-.*Z$")) and .members[0] == {"objectType": "person", "id": "alice",
            "displayName": "alice", "url": null, "image": null})'
    lines 2
    as bob GET threads
    expect 200 --argjson last "$(<"$SPOOL/threads/$thread/new/0000000002")" \
        '.threads[0] | .last == $last and .unread == 2 and .read == 0'
    move 1 2
    as bob GET threads
    expect 200 '.threads[0].last.message.text == "2" and (has("next") | not) and (.cursor | test("^1-[0-9]+$"))'
}

@test "threads: a room with its subject, and one's own role" {
    as alice POST start-session 'user=bob&subject=%22Lunch%22'
    thread=$(field thread_id)
    [[ $thread =~ $v4 ]]
    as alice GET threads
    expect 200 '.threads[0] | .subject == "\"Lunch\"" and .role == "owner"'
    as bob GET threads
    expect 200 '.threads[0].role == "guest"'
    as carol GET threads
    expect 200 '.threads == []'
    # An entry without a line: a joining that was cut off.
    install -d -m 700 "$SPOOL/users/carol/threads"
    printf '0000000000\n' >"$SPOOL/users/carol/threads/$thread"
    as carol GET threads
    expect 200 '.threads[0] | .role == null and .memberCount == 2'
    untold
}

@test "threads: unread are the numbers behind the read mark and one's joining" {
    local row
    thread_of alice bob
    lines 6
    joins carol 4
    # read  unread, of bob who was there from the beginning, and of carol
    while read -r row bob carol; do
        reads bob "$row"
        reads carol "$row"
        as bob GET threads
        expect 200 --argjson read "$row" --argjson unread "$bob" '.threads[0] | .read == $read and .unread == $unread'
        as carol GET threads
        expect 200 --argjson unread "$carol" '.threads[0].unread == $unread'
    done <<'EOF'
0 6 2
1 5 2
4 2 2
5 1 1
6 0 0
9 0 0
EOF
    # What is gone counts as long as nobody has read further.
    reads bob 1
    gone 2 4
    as bob GET threads
    expect 200 '.threads[0].unread == 5'
    joins carol 6
    as carol GET threads
    expect 200 '.threads[0] | .unread == 0 and .last == null'
}

@test "threads: page after page shows each once, by their ids" {
    local after='' pages=0 all=''
    as alice GET threads
    as bob GET threads
    "$root/build/tools/fabricate" threads "$SPOOL" 130 alice bob
    while :; do
        as alice GET "threads?limit=40&after=$after"
        expect 200 '.threads | length <= 40 and length > 0'
        all+=$(json '.threads[].id')$'\n'
        pages=$((pages + 1))
        after=$(json '.next // empty')
        [[ -n $after ]] || break
        same "$after" "$(json '.threads[-1].id')"
    done
    same 4 "$pages"
    same "$(ls "$SPOOL/users/alice/threads")" "${all%$'\n'}"
    as alice GET threads
    expect 200 '(.threads | length) == 50 and .next == .threads[49].id'
    as alice GET 'threads?limit=130'
    expect 200 '(.threads | length) == 130 and (has("next") | not)'
    as alice GET 'threads?limit=129'
    expect 200 '(.threads | length) == 129 and has("next")'
    as alice GET "threads?after=$(json .next)"
    expect 200 '(.threads | length) == 1 and (has("next") | not)'
    as alice GET "threads?after=$(json '.threads[0].id')"
    expect 200 '.threads == [] and (has("next") | not)'
    as alice GET 'threads?limit=0'
    expect 200 '.threads | length == 1'
    as alice GET 'threads?limit=0&after=ffffffff-ffff-ffff-ffff-ffffffffffff'
    expect 200 '.threads == []'
}

@test "threads: half a megabyte at the most, one at least" {
    local after='' all=''
    as alice GET threads
    as bob GET threads
    "$root/build/tools/fabricate" threads "$SPOOL" 5 alice bob
    for thread in "$SPOOL"/users/alice/threads/*; do
        thread=${thread##*/}
        jq -cn '{type: "message", seq: 1, message: {text: ("x" * 200000)}}' | plant 1
    done
    jq -cn '{type: "message", seq: 1, message: {text: ("x" * 2000000)}}' | plant 1
    while :; do
        as alice GET "threads?after=$after"
        expect 200 'all(.threads[]; .last != null)'
        all+=$(json '.threads | length')' '
        after=$(json '.next // empty')
        [[ -n $after ]] || break
    done
    same '2 2 1 ' "$all"
}

@test "threads: what is damaged is null, the operator hears of it, the others are there" {
    local text other
    thread_of alice bob
    other=$thread
    thread_of alice carol
    lines 2
    for text in '' '[]' '{"subject":' '{"subject":7}' $'{"subject":"\xff"}'; do
        printf %s "$text" >"$SPOOL/threads/$thread/thread.json"
        as carol GET threads
        expect 200 '.threads[0] | .subject == null and .last.seq == 2 and .memberCount == 2'
        told "threads/$thread/thread.json"
    done
    rm "$SPOOL/threads/$thread/thread.json"
    as carol GET threads
    expect 200 '.threads[0] | .subject == null and .open == null and .created == null'
    told "threads/$thread/thread.json"
    echo '{}' >"$SPOOL/threads/$thread/thread.json"
    as carol GET threads
    untold

    cp "$SPOOL/threads/$thread/members" "$BATS_TEST_TMPDIR/members"
    echo 'x' >>"$SPOOL/threads/$thread/members"
    as carol GET threads
    expect 200 '.threads[0] | .members == [] and .memberCount == null and .unread == 2'
    told "threads/$thread/members"
    cp "$BATS_TEST_TMPDIR/members" "$SPOOL/threads/$thread/members"

    reads carol 1
    echo x >"$SPOOL/users/carol/read/$thread"
    as carol GET threads
    expect 200 '.threads[0] | .read == 0 and .unread == 2'
    told 'read mark'
    rm "$SPOOL/users/carol/read/$thread"

    for text in 'no stanza' '"text"' ''; do
        echo "$text" | plant 2
        as carol GET threads
        expect 200 '.threads[0] | .last == null and .unread == 2'
    done
    rm "$SPOOL/threads/$thread/new/0000000002"
    mkdir "$SPOOL/threads/$thread/new/0000000002"
    as carol GET threads
    expect 200 '.threads[0] | .last == null'
    told 0000000002

    echo x >"$SPOOL/users/alice/threads/$thread"
    as alice GET threads
    expect 200 --arg other "$other" '[.threads[].id] == [$other]'
    told 'threads/ is damaged'
    rm -r "$SPOOL/threads/$thread"
    as carol GET threads
    expect 200 '.threads == []'
    rm -r "$SPOOL/threads/$other"/{new,cur,tail} 2>/dev/null || true
    as bob GET threads
    expect 200 '.threads == []'
    told "threads/$other"
}

@test "threads: one only" {
    local first
    thread_of alice bob
    first=$thread
    thread_of alice carol
    lines 1
    as alice GET "threads?thread=$thread"
    expect 200 --arg id "$thread" '(.threads | length) == 1 and .threads[0].id == $id and .threads[0].unread == 1 and
        (has("next") | not) and has("cursor")'
    as alice GET "threads?thread=$first&limit=1&after=$first"
    expect 200 --arg id "$first" '[.threads[].id] == [$id]'
    as bob GET "threads?thread=$thread"
    expect 404
    as alice GET 'threads?thread='
    expect 200 '.threads | length == 2'
}

@test "threads: of a large room fifty members are shown, and how many there are" {
    local users=
    printf -v users 'user=u%02d&' {1..59}
    for user in {01..59}; do
        install -d -m 700 "$SPOOL/users/u$user"
    done
    as alice POST start-session "${users}subject=many"
    expect 200
    as u07 GET threads
    expect 200 '.threads[0] | (.members | length) == 50 and .memberCount == 60 and .role == "guest"'
    as alice GET threads
    expect 200 '.threads[0].role == "owner"'
}

@test "threads and history change nothing" {
    local before
    thread_of alice bob
    lines 3
    reads bob 1
    as bob GET threads
    before=$(find "$SPOOL" -printf '%P %i %s %T@\n' | sort)
    as bob GET threads
    as bob GET "threads?thread=$thread"
    as bob GET "history/$thread"
    expect 200
    same "$before" "$(find "$SPOOL" -printf '%P %i %s %T@\n' | sort)"
}

# ---- While others write ------------------------------------------------------------------------

# writer COUNT: alice's messages, one after the other.
writer() {
    local env program input i
    ME=alice cgi_request POST send-message "thread_id=$thread&message=x"
    for ((i = 0; i < $1; i++)); do
        ((i != $1 / 2)) || eventually 60 test -e "$BATS_TEST_TMPDIR/again" # half of it is for a second start
        "$launch" "${env[@]}" "$program" <"$input" >"$BATS_TEST_TMPDIR/writer" 2>&1 || return
        grep -q '"success":true' "$BATS_TEST_TMPDIR/writer" || return
    done
}

# goes_on: what the stream has from the last reply's cursor on begins not behind what the snapshot ends with
# ($last), and is each number once up to what had been said when it was asked.
goes_on() {
    local cursor said
    cursor=$(field cursor)
    said=("$SPOOL"/users/*/sent/*) # what has come there is in the journal
    as bob GET "stream?wait=0&limit=1000&since=$cursor"
    expect 200 --argjson last "$last" --argjson said "${#said[@]}" \
        '[.stanzas[] | select(.type == "message").seq] as $seq | (.limited | not) and
        $seq == [range($seq[0] // 0; ($seq[0] // 0) + ($seq | length))] and
        ($seq[0] // $last) <= $last + 1 and ($seq[-1] // $last) >= $said'
}

@test "a start loses nothing and doubles nothing, however much is said meanwhile" {
    local count=150 starts=0 pid last moved=0
    [[ $BIN != *asan* ]] || count=40
    thread_of alice bob
    writer "$count" 3>&- &
    pid=$!
    eventually 10 test -e "$SPOOL/threads/$thread/new/0000000002"
    while process_alive "$pid"; do
        starts=$((starts + 1))
        ((starts == 1)) || : >"$BATS_TEST_TMPDIR/again"
        as bob GET threads
        expect 200 '.threads[0] | .last.seq == .unread'
        last=$(json '.threads[0].last.seq')
        goes_on
        as bob GET "history/$thread?limit=7"
        expect 200 '(.limited | not) and [.stanzas[].seq] == [range(.stanzas[0].seq; .stanzas[-1].seq + 1)]'
        last=$(json '.stanzas[-1].seq')
        goes_on
        # As the agent would, behind the reader's back.
        if ((last > moved)); then
            move $((moved + 1)) "$last"
            moved=$last
        fi
    done
    wait "$pid"
    ((starts > 1))
    shows bob "after=$((count - 1))" "$count"
}

# ---- Bad input ---------------------------------------------------------------------------------

# bad STATUS FIELD METHOD TARGET: a problem document about FIELD (- for none), nothing said to the operator,
# nothing changed.
bad() {
    as alice "$3" "$4"
    expect "$1" --arg field "$2" '.status == '"$1"' and .title != "" and
        (if $field == "-" then has("errors") | not else (.errors | keys) == [$field] end)' ||
        { echo "$3 ${4:0:100}" >&2 && return 1; }
    untold
    same "$before" "$(find "$SPOOL" -printf '%P %i %s %T@\n' | sort)"
    [[ $body != *xyzzy* ]]
    rows=$((rows + 1))
}

@test "bad numbers, names, paths, methods" {
    local before rows=0 name value method long
    thread_of alice bob
    lines 2
    printf -v long %010000d 7
    before=$(find "$SPOOL" -printf '%P %i %s %T@\n' | sort)
    for value in '' ' ' x 1x x1 -1 %2B1 +1 1.0 1e3 0x1 1,2 ' 1' 1%0a 00000000001 99999999999 "$long" %c2%b2 %d9%a1 xyzzy; do
        for name in before after limit; do
            bad 400 "$name" GET "history/$thread?$name=$value"
        done
        bad 400 before GET "history/$thread?after=0&limit=1&before=$value"
        bad 400 limit GET "threads?limit=$value"
        bad 400 limit GET "threads?thread=$thread&limit=$value"
    done
    for name in before after limit; do
        bad 400 "$name" GET "history/$thread?$name"
        bad 400 "$name" GET "history/$thread?$name=x&$name=1"
    done
    for value in x .. 1 "${thread^^}" "$thread%20" "${thread%?}" "${thread}0" "{$thread}" "${thread//-/}" "../$thread" \
        "$long" xyzzy "$thread,$thread"; do
        bad 400 after GET "threads?after=$value"
        bad 404 - GET "threads?thread=$value"
        bad 404 - GET "history/$value"
    done
    for value in '' / // "$thread/" "$thread//" "/$thread" "$thread/.." "$thread/x" "../threads/$thread" . .. %2e%2e \
        00000000-0000-0000-0000-000000000000 "$(<"$SPOOL/format")" $'\x01' $'\xff' '*'; do
        bad 404 - GET "history/$value"
    done
    bad 404 - GET history
    for value in "$thread" x / ..; do
        bad 404 - GET "threads/$value"
    done
    for value in %zz a=%zz a=%ff %00 a=%0 %=1; do
        bad 400 - GET "history/$thread?$value"
        bad 400 - GET "threads?$value"
    done
    for method in POST PUT DELETE HEAD OPTIONS PATCH get GETS 'GET ' ''; do
        bad 405 - "$method" "history/$thread"
        same GET "$(header Allow)"
        bad 405 - "$method" threads
        same GET "$(header Allow)"
    done
    ((rows > 150))
    echo "# $rows rows of bad input" >&3
}

@test "nobody logged in, and names that cannot be" {
    local target
    thread_of alice bob
    for target in "history/$thread" history threads "threads?thread=$thread" 'threads?limit=x'; do
        as '' GET "$target"
        expect 401
        as $'\x01' GET "$target"
        expect 403
        as $'\xff' GET "$target"
        expect 400
    done
}
