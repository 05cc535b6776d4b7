# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154
# (tests as subshells, variables that lib.bash and faults.bash take and give)
#
# Looking back costs what is shown: the same system calls, counted, in a thread of ten stanzas and in one of
# 20,000; and no memory is asked for, however many threads there are.

setup_file() {
    load lib
    load faults
    local BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
    [[ $BIN != *asan* ]] || return 0
    spool_new alice bob
    room_new
    thread_of alice bob
    say alice "$thread" 'the first'
    as bob GET 'stream?wait=0'
    as alice GET 'stream?wait=0'
    site young 10 10
    site old 20000 100000
    export room thread SPOOL CLOCK
}

setup() {
    load lib
    load faults
    skip_sanitized
    CGI_ENV=()
    ME=bob request history GET "history/$thread"
    ME=bob request threads GET threads
}

teardown_file() {
    load lib
    load faults
    room_end
}

# site NAME STANZAS RECORDS: $room/NAME, with so much in it.
site() {
    local spool=$room/$1 fabricate=$root/build/tools/fabricate
    cp -a "$SPOOL" "$spool"
    "$fabricate" stanzas "$spool" "$thread" "$2"
    "$fabricate" ledger "$spool" "$3" "$thread" "$2"
}

# calls_in SITE REQUEST: all its calls, by their names.
calls_in() {
    perform "$2" "$room/$1" strace -qq -o "$room/calls"
    [[ $code == 200 ]] || { echo "status $code" && return; }
    awk -F '(' '/^[a-z]/ { n[$1]++ } END { for (name in n) print name, n[name] }' "$room/calls" | sort
}

# same_cost REQUEST QUERY QUERY: in the young one, and in the old one.
same_cost() {
    local young
    young=$(query=$2 calls_in young "$1")
    ((${#young} > 100))
    same "$young" "$(query=$3 calls_in old "$1")"
}

@test "the cost of history, wherever it begins" {
    # The older half of each lies in cur/.
    same_cost history limit=4 limit=4
    same_cost history 'limit=3&before=6' 'limit=3&before=9000'
    same_cost history 'limit=3&before=11' 'limit=3&before=20001'
    same_cost history 'limit=3&after=0' 'limit=3&after=0'
    same_cost history 'limit=3&after=1' 'limit=3&after=5000'
    same_cost history 'limit=3&after=5' 'limit=3&after=15000'
    same_cost history 'after=7' 'after=19997'
    same_cost history 'after=10' 'after=20000'
    same_cost history 'after=2&before=4' 'after=2000&before=2002'
}

@test "the cost of threads" {
    same_cost threads limit=10 limit=10
    same_cost threads "thread=$thread" "thread=$thread"
}

@test "what retention has removed is not looked for one by one" {
    local trimmed=$room/trimmed calls
    cp -a "$room/old" "$trimmed"
    rm -r "$trimmed/threads/$thread/cur"
    mkdir "$trimmed/threads/$thread/cur"
    for query in 'after=0&limit=5' 'limit=5' 'before=5000&limit=5' 'after=3000&before=10005&limit=5'; do
        perform history "$trimmed" strace -qq -o "$room/calls"
        same 200 "$code"
        calls=$(wc -l <"$room/calls")
        ((calls < 300)) || { echo "$query: $calls calls" >&2 && return 1; }
    done
    query='after=0&limit=5' perform history "$trimmed"
    [[ $reply == *'"seq":1,'*'"limited":true,"more":true}' ]]
}

@test "a thousand threads take no memory that was not there before" {
    "$root/build/tools/fabricate" threads "$room/young" 1000 alice bob
    query=limit=200 perform threads "$room/young" strace -qq -e trace=memory -o "$room/calls"
    same 200 "$code"
    [[ $reply == *'"next":"00000000-0000-4000-9000-0000000000c8"}'* ]]
    same '' "$(<"$room/calls")"
}
