# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034,SC2154
# (jq programs, tests as subshells, variables that lib.bash and endpoints.bash take and give)
#
# What start-session promises in the comment that opens its file, without a web server.

setup() {
    load lib
    load endpoints
    endpoints_begin
}

teardown() {
    cgi_end
}

@test "start-session: two people have one thread, whoever asks" {
    local first
    thread_of alice bob
    first=$thread
    [[ $first =~ $v5 ]]
    expect 200 --argjson alice "$(person alice)" --argjson bob "$(person bob)" \
        'keys == ["members", "success", "thread_id"] and .success == true and .members == [$alice, $bob]'
    for asked in 'alice bob' 'bob alice'; do
        # shellcheck disable=SC2086
        thread_of $asked
        same "$first" "$thread"
    done
    for asked in 'alice carol' 'bob carol'; do
        # shellcheck disable=SC2086
        thread_of $asked
        not same "$first" "$thread" 2>/dev/null
        first=$thread
    done
}

@test "start-session: three have theirs, which is never a pair's" {
    local first
    thread_of alice bob carol
    first=$thread
    expect 200 '[.members[].id] == ["alice", "bob", "carol"]'
    for asked in 'alice carol bob' 'bob alice carol' 'carol bob alice bob alice'; do
        # shellcheck disable=SC2086
        thread_of $asked
        same "$first" "$thread"
    done
    for asked in 'alice bob' 'alice carol' 'carol bob'; do
        # shellcheck disable=SC2086
        thread_of $asked
        not same "$first" "$thread" 2>/dev/null
    done
}

@test "start-session: who is named twice counts once, for the limit too" {
    local first
    thread_of alice bob
    first=$thread
    CGI_ENV=(SPOOLCHAT_MAX_MEMBERS=2)
    as alice POST start-session user=bob\&user=carol
    expect 400 '.errors | keys == ["user"]'
    as alice POST start-session user=bob\&user=bob\&user=bob
    expect 200
    same "$first" "$(field thread_id)"
}

@test "start-session: JSON says the same" {
    local pair three
    thread_of alice bob
    pair=$thread
    thread_of alice bob carol
    three=$thread
    for text in '{"user":"bob"}' '{"user":["bob"]}' '{"user":"bob","subject":null}' \
        ' {"subject" : "", "other":[1], "user":["\u0062ob","bob"]}'; do
        TYPE=application/json as alice POST start-session "$text"
        expect 200
        same "$pair" "$(field thread_id)"
    done
    TYPE='Application/JSON; charset=utf-8' as alice POST start-session '{"user":["carol","bob"]}'
    expect 200
    same "$three" "$(field thread_id)"
}

@test "start-session: with a subject a new room each time, its maker the owner" {
    local pair first
    thread_of carol alice bob
    pair=$thread
    as carol POST start-session 'user=alice&user=bob&user=alice&subject=Lunch'
    expect 200 '[.members[].id] | sort == ["alice", "bob", "carol"]'
    first=$(field thread_id)
    [[ $first =~ $v4 ]]
    same 'owner 0000000000 carol' "$(head -n 1 "$SPOOL/threads/$first/members")"
    same $'guest 0000000000 alice\nguest 0000000000 bob' \
        "$(tail -n +2 "$SPOOL/threads/$first/members" | sort)"
    as carol POST start-session 'user=alice&user=bob&subject=Lunch'
    [[ $(field thread_id) =~ $v4 ]]
    not same "$first" "$(field thread_id)" 2>/dev/null
    TYPE=application/json as carol POST start-session '{"user":["alice","bob"],"subject":"Lunch"}'
    [[ $(field thread_id) =~ $v4 ]]
    thread_of carol alice bob
    same "$pair" "$thread"
    same $'guest 0000000000 alice\nguest 0000000000 bob\nguest 0000000000 carol' \
        "$(<"$SPOOL/threads/$pair/members")"
}

@test "start-session: thread.json says when, by whom, and about what" {
    local -a path
    thread_of bob alice
    jq -e --arg time "$time" \
        '(.created | test($time)) and .subject == null and .open == false and .by == "bob"' \
        "$SPOOL/threads/$thread/thread.json"
    TYPE=application/json as bob POST start-session '{"user":"alice","subject":"A \"q\" \u2603 \n <b>"}'
    thread=$(field thread_id)
    jq -e '.subject == "A \"q\" ☃ \n <b>" and keys == ["by", "created", "history", "open", "subject"]' \
        "$SPOOL/threads/$thread/thread.json"
    path=("$SPOOL/threads/$thread"/{tmp,new,cur,files})
    same '700 700 700 700' "$(stat -c %a "${path[@]}" | paste -sd ' ')"
    same '600 600' "$(stat -c %a "$SPOOL/threads/$thread"/{members,thread.json} | paste -sd ' ')"
    cmp "$SPOOL/users/alice/threads/$thread" "$SPOOL/users/bob/threads/$thread"
}

@test "start-session: 403 for oneself, a stranger and who is no friend, of whom one hears the same" {
    local answer
    mkdir -m 700 "$SPOOL/users/dave" "$SPOOL/users/erin"
    friends dave bob    # alice has dave, he has not her
    friends alice bob dave
    as alice POST start-session user=nobody
    expect 403
    answer=$body
    [[ ! -e $SPOOL/users/nobody ]]
    for form in user=dave user=erin user=bob\&user=erin user=erin\&user=bob\&subject=x; do
        as alice POST start-session "$form"
        expect 403
        same "$answer" "$body"
    done
    for form in user=alice user=bob\&user=alice; do
        as alice POST start-session "$form"
        expect 403
    done
    as alice POST start-session user=bob # who has no list: everybody is a friend
    expect 200
    as dave POST start-session user=alice
    expect 403
}

@test "start-session: two who start at once get one thread, whole" {
    local ME=alice
    cgi_slowly '?rename,?renameat,?renameat2' POST start-session user=bob
    [[ -n $(find "$SPOOL/threads" -mindepth 1) ]] # all but its name
    thread_of bob alice
    say bob "$thread" first
    cgi_wait
    expect 200
    same "$thread" "$(field thread_id)"
    same "$thread" "$(ls -A "$SPOOL/threads")"
    same 2 "$(wc -l <"$SPOOL/threads/$thread/members")"
    [[ -s $(stored 1) ]]
}

@test "start-session: six who start at once, too" {
    local output=() pid=() at who=(alice bob)
    for at in {0..5}; do
        # Bodies of programs that run at the same time lie in folders of their own.
        mkdir "$BATS_TEST_TMPDIR/$at"
        BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR/$at ME=${who[at % 2]} \
            cgi_background POST start-session "user=${who[(at + 1) % 2]}"
        output+=("$cgi_output")
        pid+=("$cgi_pid")
    done
    for at in {0..5}; do
        cgi_wait "${pid[at]}" "${output[at]}"
        expect 200
        ((at)) || thread=$(field thread_id)
        same "$thread" "$(field thread_id)"
    done
    same "$thread" "$(ls -A "$SPOOL/threads")"
    same 2 "$(wc -l <"$SPOOL/threads/$thread/members")"
}

@test "start-session: of a large room fifty members are shown, and how many there are" {
    local form='' number
    CGI_ENV=(SPOOLCHAT_SYNC=no)
    for number in {10..70}; do
        mkdir -m 700 "$SPOOL/users/u$number"
        form+="user=u$number&"
    done
    as alice POST start-session "$form"
    expect 200 '.memberCount == 62 and (.members | length) == 50'
    thread=$(field thread_id)
    say u70 "$thread" hello
    jq -e '.message | .memberCount == 62 and (.members | length) == 50 and .sender.id == "u70"' "$(stored 1)"
    as alice POST start-session "${form#*&*&*&*&*&*&*&*&*&*&*&*&}"
    expect 200 '(has("memberCount") | not) and (.members | length) == 50'
}
