# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154
# (tests as subshells, variables that lib.bash takes and gives)
#
# Rooms, and who is not in them: who was sent away reads nothing more, strangers are told nothing by making
# rooms, entries that no line goes with keep nobody in, and changes count.

setup() {
    load lib
    spool_new alice bob carol dave
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=0 SPOOLCHAT_SYNC=no)
    for user in alice bob carol dave; do
        as "$user" GET rooms
        expect 200
    done
}

teardown() {
    cgi_end
}

a_room() {
    as "$1" POST start-session "$2"
    expect 200
    thread=$(field thread_id)
}

make() {
    as "$1" POST "members/$thread" "user=$2&role=$3"
}

made() {
    make "$@"
    expect 200 --arg role "$3" '.success and .role == $role'
}

# More than one write, which waits for a client that does not read: bob is behind, but still in the stream.
behind() {
    local big i ME=bob ACCEPT=text/event-stream env program input
    big=$(printf '%60000s' '' | tr ' ' x)
    for i in {1..24}; do say alice "$thread" "$big"; done
    cgi_request GET 'stream?wait=20&since=0-0'
    mkfifo "$BATS_TEST_TMPDIR/pipe"
    "$launch" "${env[@]}" "$program" <"$input" >"$BATS_TEST_TMPDIR/pipe" 2>/dev/null 3>&- &
    exec {pipe}<"$BATS_TEST_TMPDIR/pipe"
    head -c 1000 <&"$pipe" >/dev/null
}

# catches_up WORD: what bob reads then, up to that word, in $got.
catches_up() {
    got=$BATS_TEST_TMPDIR/got
    cat <&"$pipe" >"$got" 3>&- &
    eventually 20 grep -q "$1" "$got"
}

@test "who is banned while far behind reads no more" {
    a_room alice 'subject=tea&user=bob'
    local room=$thread
    behind
    made alice bob banned
    say alice "$thread" a-secret
    thread_of alice bob
    say alice "$thread" the-end
    thread=$room
    catches_up the-end
    grep -q '"role":"banned"' "$got"
    grep -q xxxxx "$got"
    same 0 "$(grep -c a-secret "$got")"
}

@test "who leaves and is back while far behind has missed what was between" {
    a_room alice 'subject=tea&user=bob'
    behind
    made alice bob none
    say alice "$thread" a-secret
    made alice bob guest
    say alice "$thread" the-end
    catches_up the-end
    same 0 "$(grep -c a-secret "$got")"
}

@test "a friends list that is none: no presence, and nothing is missing" {
    mkdir "$SPOOL/users/bob/friends"
    as bob GET 'stream?wait=0'
    as alice GET 'stream?wait=0&since=0-0'
    expect 200 '.stanzas == [] and (has("limited") | not)'
}

@test "nobody learns of a stranger by making a room" {
    local role names='{"objectType":"person","id":"dave","displayName":"dave","url":null,"image":null}'
    local stranger
    echo '{"displayName":"Dave D.","phone":"123"}' >"$SPOOL/users/dave/profile.json"
    echo carol >"$SPOOL/users/dave/friends"
    a_room alice 'subject=tea&user=bob'
    for role in none banned banned; do
        made alice dave "$role"
        expect 200 --argjson wanted "$names" '.entity == $wanted'
    done
    as alice GET "members/$thread"
    expect 200 --argjson wanted "$names" '.members[-1] == {role: "banned", entity: $wanted}'
    made alice dave none
    # As with somebody who does not exist.
    for stranger in dave nobody; do
        make alice "$stranger" none
        expect 200
        printf '%s\n' "${body//$stranger/X}"
    done >"$BATS_TEST_TMPDIR/answers"
    same 1 "$(grep X "$BATS_TEST_TMPDIR/answers" | sort -u | grep -c .)"
    for ME in alice bob dave; do
        ACCEPT=text/event-stream cgi GET 'stream?wait=0&since=0-0'
        [[ $body == *'id: '* && $body != *'"role":'* ]]
    done
    # Friends, and who is in it, are known.
    rm "$SPOOL/users/dave/friends"
    make alice dave guest
    expect 200 '.role == "guest" and .entity.displayName == "Dave D."'
    echo carol >"$SPOOL/users/dave/friends"
    as bob GET "members/$thread"
    expect 200 '.members[-1].entity.displayName == "Dave D."'
    made alice dave banned
    ACCEPT=text/event-stream as bob GET 'stream?wait=0&since=0-0'
    [[ $body == *'"Dave D."'*'"role":"banned"'* ]]
}

@test "an entry without a line of a member: a guest, who can leave, be sent away, banned" {
    local line copy
    a_room alice 'subject=tea&user=bob'
    say alice "$thread" hello
    for line in '' 'banned 0000000000 bob'; do
        sed -i '/ bob$/d' "$SPOOL/threads/$thread/members"
        [[ -z $line ]] || echo "$line" >>"$SPOOL/threads/$thread/members"
        for change in 'alice none' 'alice banned' 'bob none'; do
            copy=$SPOOL
            rm -rf "$SPOOL.copy"
            cp -a "$SPOOL" "$SPOOL.copy"
            SPOOL+=.copy
            as bob GET "history/$thread"
            expect 200 '.stanzas | length == 1'
            made "${change% *}" bob "${change#* }"
            as bob GET "history/$thread"
            expect 404
            [[ ! -e $SPOOL/users/bob/threads/$thread ]]
            SPOOL=$copy
        done
    done
    made alice bob moderator
    same 'moderator 0000000000 bob' "$(tail -n 1 "$SPOOL/threads/$thread/members")"
}

@test "a damaged entry hides the members from nobody else" {
    a_room alice 'subject=tea&user=bob'
    : >"$SPOOL/users/bob/threads/$thread"
    as alice GET "members/$thread"
    expect 200 '.memberCount == 2'
    made alice bob none
    [[ ! -e $SPOOL/users/bob/threads/$thread ]]
}

@test "rooms and changes in them count as messages; leaving does not" {
    local i
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=3 SPOOLCHAT_SYNC=no)
    a_room alice 'open=1'
    made bob bob guest
    made bob bob none
    made bob bob guest
    made bob bob none
    made bob bob guest
    # The same again, what may not be, and leaving.
    made bob bob guest
    make bob alice none
    expect 403
    made bob bob none
    make bob bob guest
    expect 429
    [[ $(header Retry-After) == [0-9]* ]]
    [[ ! -e $SPOOL/users/bob/threads/$thread ]]
    as bob POST presence "thread_id=$thread"
    expect 429
    as bob POST start-session 'subject=mine'
    expect 429
    same 1 "$(find "$SPOOL/threads" -mindepth 1 -maxdepth 1 | wc -l)"
    # A thread of people is no room.
    thread_of bob alice
}
