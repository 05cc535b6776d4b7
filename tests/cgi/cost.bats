# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154
# (tests as subshells, variables that lib.bash and faults.bash take and give)
#
# What programs do does not grow with what has been said: the same system calls, counted, in a young site
# and in one with a million stanzas in a thread, as many in the journal, and 1,000 threads a user.

setup_file() {
    load lib
    load faults
    local BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
    [[ $BIN != *asan* ]] || return 0
    spool_new alice bob carol dave
    room_new
    thread_of alice bob
    say alice "$thread" 'the first'
    as bob GET 'stream?wait=0'
    as alice GET 'stream?wait=0'
    as alice POST token
    token=$(field token)
    site young 10 10 1
    site old 1000000 1000000 1000
    export room thread token SPOOL CLOCK
}

setup() {
    load lib
    load faults
    skip_sanitized
    # Nobody falls silent while a million stanzas are made.
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=0 SPOOLCHAT_LEASE=86400)
}

teardown_file() {
    load lib
    load faults
    room_end
}

# site NAME STANZAS RECORDS THREADS: $room/NAME, with so much in it.
site() {
    local spool=$room/$1 fabricate=$root/build/tools/fabricate
    cp -a "$SPOOL" "$spool"
    "$fabricate" stanzas "$spool" "$thread" "$2"
    "$fabricate" ledger "$spool" "$3" "$thread" "$2"
    "$fabricate" threads "$spool" "$4" alice bob
    touch -d '-12 hours' "$spool"/online/* # their next sign of life is written, and counted
}

# cursor_at SITE RECORD: the cursor behind that record.
cursor_at() {
    local segment record
    printf -v segment %010d $(($2 / 65536 * 65536))
    read -r _ _ _ record < <(tail -c +$(($2 % 65536 * 64 + 1)) "$room/$1/journal/$segment" | head -c 64)
    echo "$2-$record"
}

# What a kept request costs there: all its calls, by their names.
calls_in() {
    perform "$2" "$room/$1" strace -qq -o "$room/calls"
    [[ $code == 200 ]] || { echo "status $code"; return; }
    awk -F '(' '/^[a-z]/ { n[$1]++ } END { for (name in n) print name, n[name] }' "$room/calls" | sort
}

expect_same_cost() {
    local young
    young=$(calls_in young "$1")
    ((${#young} > 100))
    same "$young" "$(calls_in old "$1")"
}

@test "the cost of sending" {
    ME=alice request send POST send-message "thread_id=$thread&message=hello"
    expect_same_cost send
    ME='' request send POST "send-message/$token" "thread_id=$thread&message=hello"
    expect_same_cost send
}

@test "the cost of sending to people whose thread is to be found" {
    ME=alice request send POST send-message "to=bob&message=hello"
    expect_same_cost send
}

@test "the cost of finding, and of making, a thread" {
    ME=alice request session POST start-session user=bob
    expect_same_cost session
    # The first time makes them known.
    ME=alice request session POST start-session 'user=carol&user=dave'
    expect_same_cost session
    ME=alice request session POST start-session user=carol
    expect_same_cost session
}

@test "the cost of sending in a ledger of a thousand segments" {
    local site n segment
    ME=alice request send POST send-message "thread_id=$thread&message=hello"
    for site in few many; do cp -a "$room/young" "$room/$site"; done
    mv "$room/many/journal/"{0000000000,0065536000}
    for n in {0..999}; do
        printf -v segment '%s/many/journal/%010d' "$room" $((n * 65536))
        : >"$segment"
    done
    # The first goes over them, and remembers which is the newest.
    for site in few many; do perform send "$room/$site"; done
    same 0065536000 "$(cut -d ' ' -f 1 "$room/many/tail")"
    same "$(calls_in few send)" "$(calls_in many send)"
}

@test "the cost of reading on from a cursor" {
    local young old since
    ME=alice request send POST send-message "thread_id=$thread&message=hello"
    ME=bob request poll GET "stream?wait=0"
    # At the end, after something was said; and where there is nothing new.
    for since in 9 10; do
        young=$(query="wait=0&since=$(cursor_at young "$since")" calls_in young poll)
        old=$(query="wait=0&since=$(cursor_at old $((since - 10 + 1000000)))" calls_in old poll)
        same "$young" "$old"
        ((since == 10)) || for site in young old; do perform send "$room/$site"; done
    done
    # Far back: one stanza that lies in cur/.
    young=$(query="wait=0&limit=1&since=$(cursor_at young 3)" calls_in young poll)
    old=$(query="wait=0&limit=1&since=$(cursor_at old 400000)" calls_in old poll)
    same "$young" "$old"
}

@test "who is far behind, among what is others', hears how far they are before the time is over" {
    local cursor numbers
    cursor=$(cursor_at old 1000)
    ME=erin request poll GET stream
    query="wait=25&since=$cursor" perform poll "$room/old"
    cursor=$(jq -r 'select(.stanzas == []).cursor' <<<"${reply#*$'\r\n\r\n'}")
    ((${cursor%-*} >= 500000 && ${cursor%-*} < 600000))
    query="wait=0&since=$cursor" perform poll "$room/old"
    cursor=$(jq -r .cursor <<<"${reply#*$'\r\n\r\n'}")
    ((${cursor%-*} >= 1000000))
    ME=erin ACCEPT=text/event-stream request events GET stream
    query="wait=0&since=$(cursor_at old 400000)" perform events "$room/old"
    mapfile -t numbers < <(sed -n 's/^id: \([0-9]*\)-.*/\1/p' <<<"$reply")
    ((${numbers[0]} == 400000 && ${numbers[1]} >= 900000 && ${numbers[1]} < 1000000))
}

@test "the cost of many who are here, and who have come, and are nobody's friends" {
    local user since one
    echo alice >"$room/young/users/dave/friends"
    ME=dave request poll GET stream
    query='wait=0&limit=1' perform poll "$room/young"
    since=$(jq -r .cursor <<<"${reply#*$'\r\n\r\n'}")
    for user in s{1..3}; do
        ME=$user request stranger GET 'stream?wait=0'
        perform stranger "$room/young"
    done
    one=$(lists_read "since=$since") two=$(lists_read limit=1000)
    for user in s{4..9}; do
        ME=$user request stranger GET 'stream?wait=0'
        perform stranger "$room/young"
    done
    same "$one" "$(lists_read "since=$since")"
    same "$two" "$(lists_read limit=1000)"
}

# lists_read QUERY: how often dave's stream has looked at a list of friends.
lists_read() {
    query="wait=0&$1" perform poll "$room/young" strace -qq -e trace=openat -o "$room/calls"
    [[ $code == 200 ]] || echo "status $code"
    grep -c '/friends"' "$room/calls"
}
