# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034,SC2154
# (jq programs, tests as subshells, variables that lib.bash takes and gives)
#
# What every endpoint promises in the comment that opens its file, without a web server.

setup() {
    load lib
    spool_new
    CGI_ENV=()
    v4='^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
    v5='^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
    time='^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$'
    id=7d1f0a5e-0000-4000-8000-00000000abcd
}

teardown() {
    cgi_end
}

# send USER JSON: a message stanza.
send() {
    TYPE=application/json as "$1" POST send-message "$2"
}

# person USER: the sender object of somebody without a profile.
person() {
    printf '{"objectType":"person","id":"%s","displayName":"%s","url":null,"image":null}' "$1" "$1"
}

# stored SEQ: the line on the disk of $thread.
stored() {
    printf '%s/threads/%s/new/%010d' "$SPOOL" "$thread" "$1"
}

# poll USER [QUERY]: what there is now; the cursor in $cursor.
poll() {
    as "$1" GET "stream?wait=0${2:+&$2}"
    expect 200
    cursor=$(field cursor)
}

# The texts of the messages in the envelope, in order.
texts() {
    json '[.stanzas[] | select(.type == "message") | .message.text] | join(" ")'
}

delivered() {
    cat "$SPOOL/users/$1/delivered"
}

# friends USER [FRIEND...]: all whom USER would talk to.
friends() {
    printf '%s\n' "${@:2}" >"$SPOOL/users/$1/friends"
}

# records m|p: how many messages, or changes of presence, the journal has.
records() {
    grep -c "^$1 " "$SPOOL/journal/0000000000" || true
}

# wake: a record that concerns neither alice nor bob, so that whoever waits looks at the clock.
wake() {
    as dave POST start-session user=carol
    say dave "$(field thread_id)" wake
}

# ---- token -------------------------------------------------------------------------------------

@test "token: a UUID v4, of which the disk has the SHA-256 only" {
    local token digest files
    as alice POST token
    expect 200 'keys == ["expires_in", "token"]'
    same application/json "$(header Content-Type)"
    same 3600 "$(field expires_in)"
    token=$(field token)
    [[ $token =~ $v4 ]]
    digest=$(printf %s "$token" | sha256sum)
    [[ -s $SPOOL/tokens/${digest%% *} ]]
    not grep -rqF -- "$token" "$SPOOL"
    as alice POST token
    expect 200
    not same "$token" "$(field token)" 2>/dev/null
    files=("$SPOOL"/tokens/*)
    same 2 "${#files[@]}"
}

@test "token: opens stream and send-message without a login, nothing else" {
    local token
    thread_of bob alice
    as alice POST token
    token=$(field token)
    as '' POST "send-message/$token" "thread_id=$thread&message=hello"
    expect 200
    same '"id":"alice"' "$(grep -o '"sender":{[^}]*' "$(stored 1)" | grep -o '"id":"[^"]*"')"
    as '' GET "stream/$token?wait=0"
    expect 200 '.stanzas[-1].message.text == "hello"'
    for target in token get-friends start-session; do
        as '' "$([[ $target == get-friends ]] && echo GET || echo POST)" "$target/$token"
        expect 404
    done
}

@test "token: says who it is, whoever is logged in beside it" {
    thread_of bob alice
    as alice POST token
    as bob POST "send-message/$(field token)" "thread_id=$thread&message=hello"
    expect 200
    grep -q '"sender":{"objectType":"person","id":"alice"' "$(stored 1)"
}

@test "token: DELETE by its owner ends it, by anybody else is 404" {
    local token
    as alice POST token
    token=$(field token)
    as bob DELETE "token/$token"
    expect 404
    as '' DELETE "token/$token"
    expect 401
    as '' GET "stream/$token?wait=0"
    expect 200
    as alice DELETE "token/$token"
    expect 204
    same '' "$body"
    same '' "$(header Content-Type)"
    as '' GET "stream/$token?wait=0"
    expect 404
    as '' POST "send-message/$token" 'thread_id=x&message=x'
    expect 404
    as alice DELETE "token/$token"
    expect 404
}

@test "token: lives an hour, or as the operator says" {
    local token short
    as alice POST token
    token=$(field token)
    CGI_ENV=(SPOOLCHAT_TOKEN_TTL=90)
    as alice POST token
    expect 200 '.expires_in == 90'
    short=$(field token)
    clock_forward 80
    as '' GET "stream/$short?wait=0"
    expect 200
    clock_forward 10
    as '' GET "stream/$short?wait=0"
    expect 404
    CGI_ENV=()
    clock_forward 3500
    as '' GET "stream/$token?wait=0"
    expect 200
    clock_forward 10
    as '' GET "stream/$token?wait=0"
    expect 404
    as '' POST "send-message/$token" 'thread_id=x&message=x'
    expect 404
    as alice DELETE "token/$token"
    expect 404
}

@test "token: a touch makes none younger, nor one from the future valid" {
    local token
    as alice POST token
    token=$(field token)
    clock_forward 3600
    touch -d '+2 hours' "$SPOOL"/tokens/*
    as '' GET "stream/$token?wait=0"
    expect 404
    clock_forward -7200
    as '' GET "stream/$token?wait=0"
    expect 404
}

# ---- start-session -----------------------------------------------------------------------------

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

# ---- send-message ------------------------------------------------------------------------------

@test "send-message: a form, and the line that is stored of it" {
    local stamp members
    thread_of alice bob
    as alice POST send-message "thread_id=$thread&message=Hello+w%C3%B6rld%21%0A&type=html&language=de_ch$(
    )&subject=S%22q&id=${id^^}&unknown=1"
    expect 200 --arg id "$id" --arg thread "$thread" --arg time "$time" \
        'keys == ["UUID", "seq", "success", "thread_id", "timestamp"] and .success == true and
        .UUID == $id and .thread_id == $thread and .seq == 1 and (.timestamp | test($time))'
    stamp=$(field timestamp)
    members=$(person alice),$(person bob)
    same "{\"timestamp\":\"$stamp\",\"type\":\"message\",\"seq\":1,\"prev\":null,\"message\":{\"id\":\"$id\",$(
    )\"thread\":\"$thread\",\"subject\":\"S\\\"q\",\"text\":\"Hello wörld!\\n\",\"type\":\"html\",$(
    )\"language\":\"de-CH\",\"attachments\":[],\"sender\":$(person alice),\"members\":[$members]}}" \
        "$(<"$(stored 1)")"
    same 1 "$(wc -l <"$(stored 1)")"
    [[ $(stored 1) -ef $SPOOL/users/alice/sent/$id ]]
    same '' "$(ls -A "$SPOOL/threads/$thread/tmp")"
    same "m $thread 0000000001" "$(cut -c 1-49 "$SPOOL/journal/0000000000")"
}

@test "send-message: what has no value is null, plain, empty, never missing" {
    thread_of alice bob
    as alice POST send-message "thread_id=$thread&message=x&subject=&language=&type=&id="
    expect 200
    [[ $(field UUID) =~ $v4 ]]
    send alice '{"type":"message","message":{"thread":"'"$thread"'","text":"x"}}'
    expect 200
    [[ $(field UUID) =~ $v4 ]]
    send alice '{"type":"message","message":{"thread":"'"$thread"'","text":"x","subject":null,"type":null,
        "language":null,"attachments":null,"id":null,"to":null}}'
    expect 200
    send alice '{"type":"message","message":{"thread":"'"$thread"'","text":"x","type":"","language":"","id":""}}'
    expect 200
    jq -es 'length == 4 and all(.message | .subject == null and .type == "plain" and .language == null and
        .attachments == [] and .text == "x")' "$SPOOL/threads/$thread"/new/*
}

@test "send-message: JSON, unknown attributes and numbers kept as they are, the server's own ignored" {
    local stamp
    thread_of alice bob
    send alice ' {"x-top" : [ 1.0, -0,1e400 , 0.10 ],"timestamp":"1999", "type":"message","seq":99,
        "prev": "x", "sender":{"id":"bob"},"members":[], "memberCount":7, "empty":{ },
        "message":{"mood":{"b":1E+2,"a" : 12345678901234567890.123456789012345678901},
        "text":"A\u0041\/\t\u2603\ud83d\ude00 \u00fc", "\u0078\"":"\b\f\u0001",
        "sender":{"id":"bob"}, "timestamp":1,"seq":5,"prev":null,"members":[1],"memberCount":9,
        "subject":null,"type":"rst","language":"en_US","attachments":[{"url":"x","n":1.50}],
        "to":["carol"],"thread":"'"${thread^^}"'","id":"'"$id"'"}}
'
    expect 200
    stamp=$(field timestamp)
    same "{\"timestamp\":\"$stamp\",\"type\":\"message\",\"seq\":1,\"prev\":null,\"message\":{\"id\":\"$id\",$(
    )\"thread\":\"$thread\",\"subject\":null,\"text\":\"AA/\\t☃😀 ü\",\"type\":\"rst\",\"language\":\"en-US\",$(
    )\"attachments\":[{\"url\":\"x\",\"n\":1.50}],\"mood\":{\"b\":1E+2,$(
    )\"a\":12345678901234567890.123456789012345678901},\"x\\\"\":\"\\b\\f\\u0001\",\"sender\":$(person alice),$(
    )\"members\":[$(person alice),$(person bob)]},\"x-top\":[1.0,-0,1e400,0.10],\"empty\":{}}" \
        "$(<"$(stored 1)")"
    poll bob
    [[ $body == *"$(<"$(stored 1)")"* ]]
}

@test "send-message: language tags as RFC 5646 spells them" {
    local given wanted
    thread_of alice bob
    while read -r given wanted; do
        as alice POST send-message "thread_id=$thread&message=$wanted&language=$given"
        expect 200
    done <<'END'
en_US en-US
EN en
zh-hant-tw zh-Hant-TW
es-419 es-419
sl-ROZAJ-biske sl-rozaj-biske
de-ch-X-Foo-BAR de-CH-x-foo-bar
x-Whatever x-whatever
i-KLINGON i-klingon
en-a-BBB-x-a-CCC en-a-bbb-x-a-ccc
END
    jq -es 'length == 9 and all(.message.language == .message.text)' "$SPOOL/threads/$thread"/new/*
}

@test "send-message: the same id gets the same answer, with other content 409" {
    local answer pair
    thread_of alice carol
    pair=$thread
    thread_of alice bob
    as alice POST send-message "thread_id=$thread&message=x&id=$id"
    expect 200
    answer=$body
    clock_forward 5
    as alice POST send-message "thread_id=${thread^^}&message=x&id=${id^^}"
    expect 200
    same "$answer" "$body"
    send alice '{"type":"message","timestamp":"now","message":{"id":"'"$id"'","text":"x","thread":"'"$thread"'"}}'
    expect 200
    same "$answer" "$body"
    as alice POST send-message "to=bob&message=x&id=$id"
    expect 200
    same "$answer" "$body"
    for form in "thread_id=$thread&message=y" "thread_id=$pair&message=x" "thread_id=$thread&message=x&language=en" \
        "thread_id=$thread&message=x&type=rst" "thread_id=$thread&message=x&subject=s"; do
        as alice POST send-message "$form&id=$id"
        expect 409
    done
    send alice '{"type":"message","message":{"id":"'"$id"'","text":"x","thread":"'"$thread"'","more":1}}'
    expect 409
    same 1 "$(records m)"
    as bob POST send-message "thread_id=$thread&message=y&id=$id" # an id is its sender's
    expect 200 '.seq == 2'
}

@test "send-message: \`to\` finds or makes the thread of these people" {
    thread_of bob alice
    as alice POST send-message 'to=bob&message=x'
    expect 200
    same "$thread" "$(field thread_id)"
    send alice '{"type":"message","message":{"to":"bob","text":"x"}}'
    same "$thread" "$(field thread_id)"
    send alice '{"type":"message","message":{"to":["bob","bob"],"text":"x","thread":""}}'
    same "$thread" "$(field thread_id)"
    send alice '{"type":"message","message":{"to":["carol","bob"],"text":"x"}}'
    expect 200 '.seq == 1'
    thread=$(field thread_id)
    grep -q '"members":\[{"objectType":"person","id":"alice".*"id":"bob".*"id":"carol"' "$(stored 1)"
    not grep -q '"to"' "$(stored 1)"
    as alice POST send-message 'to=carol&to=bob&message=x'
    expect 200 '.seq == 2'
    as bob POST send-message 'to=carol&to=alice&message=x&thread_id='
    expect 200 '.seq == 3'
    for form in to=alice to=nobody to=bob\&to=nobody; do
        as alice POST send-message "$form&message=x"
        expect 403
    done
    friends bob carol
    as alice POST send-message 'to=bob&message=x'
    expect 403
}

@test "send-message: something must be said; a subject, an attachment, an attribute do" {
    thread_of alice bob
    as alice POST send-message "thread_id=$thread&subject=Plans"
    expect 200
    send alice '{"type":"message","message":{"thread":"'"$thread"'","subject":""}}'
    expect 200
    send alice '{"type":"message","message":{"thread":"'"$thread"'","attachments":[{}]}}'
    expect 200
    send alice '{"type":"message","message":{"thread":"'"$thread"'","typing":true}}'
    expect 200
    send alice '{"type":"message","message":{"thread":"'"$thread"'"},"ping":0}'
    expect 200
    jq -es '[.[].message | .text] == [null, null, null, null, null] and
        .[0].message.subject == "Plans" and .[1].message.subject == ""' "$SPOOL/threads/$thread"/new/*
    for text in '' '"text":"",' '"text":null,'; do
        send alice '{"type":"message","message":{'"$text"'"thread":"'"$thread"'","language":"en","id":"'"$id"'"}}'
        expect 400 '.errors | keys == ["text"]'
    done
}

@test "send-message: sender and members are who their profiles say, the sender who logged in" {
    local profile='{"displayName":"Alice \u2603","id":"bob","foo2":{"n":1.0},"url":"http://example.org/a",
        "image":{"url":"http://example.org/i","width":250,"height":250},"objectType":"robot"}'
    local sender='{"objectType":"robot","id":"alice","displayName":"Alice ☃","url":"http://example.org/a",'
    sender+='"image":{"url":"http://example.org/i","width":250,"height":250},"foo2":{"n":1.0}}'
    thread_of alice bob
    printf '%s\n' "$profile" >"$SPOOL/users/alice/profile.json"
    say alice "$thread" x
    [[ $(<"$(stored 1)") == *"\"sender\":$sender,\"members\":[$sender,$(person bob)]}}" ]]
    echo '{"displayName":"Bob' >"$SPOOL/users/bob/profile.json"
    say bob "$thread" x
    [[ $(<"$(stored 2)") == *"\"sender\":$(person bob),\"members\":[$sender,$(person bob)]}}" ]]
    grep -qx 'spoolchat send-message: users/bob/profile.json: .*' "$BATS_TEST_TMPDIR/reply.stderr"
    thread_of bob alice
    [[ $body == *"\"members\":[$sender,$(person bob)]"* ]]
}

@test "send-message: a profile of 16,383 bytes is read whole, with one more its user goes without" {
    local size number=0 about
    thread_of alice bob
    for size in 510 511 512 513 16383; do
        printf -v about '%*s' $((size - 12)) ''
        printf '{"about":"%s"}' "$about" >"$SPOOL/users/bob/profile.json"
        same "$size" "$(stat -c %s "$SPOOL/users/bob/profile.json")"
        say alice "$thread" x
        number=$((number + 1))
        [[ $(<"$(stored "$number")") == *",\"image\":null,\"about\":\"$about\"}]}}" ]]
        [[ ! -s $BATS_TEST_TMPDIR/reply.stderr ]]
    done
    printf ' ' >>"$SPOOL/users/bob/profile.json"
    say alice "$thread" x
    [[ $(<"$(stored $((number + 1)))") == *",$(person bob)]}}" ]]
    grep -qx 'spoolchat send-message: users/bob/profile.json: .*' "$BATS_TEST_TMPDIR/reply.stderr"
}

@test "send-message: a thread is a chain of canonical lines that sha256sum verifies" {
    local number prev=null digest
    thread_of alice bob
    for number in 1 2 3 4; do
        send alice '{"type":"message", "message":{"text":"\u00fc  '"$number"'","thread":"'"$thread"'", "a" : [ { } ]}}'
        expect 200 --argjson seq "$number" '.seq == $seq'
    done
    for number in 1 2 3 4; do
        same "$(command jq -c . "$(stored "$number")")" "$(<"$(stored "$number")")"
        [[ $(<"$(stored "$number")") == *",\"prev\":$prev,"* ]]
        digest=$(sha256sum <"$(stored "$number")")
        prev="\"${digest%% *}\""
    done
    same 600 "$(stat -c %a "$(stored 1)")"
}

@test "send-message: short or long, the next one goes on from it" {
    local n said='' text
    thread_of alice bob
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=0)
    # What is short lies elsewhere while it is read and written: all lengths about where that ends.
    for n in {400..480} 5000 9 60000; do
        printf -v text "%0${n}d" 7
        say alice "$thread" "$text"
        said+="$n "
    done
    same "$said" "$(cat "$SPOOL/threads/$thread"/new/* | jq -j '.message.text | length, " "')"
    "$root/build/tools/audit" "$SPOOL"
}

@test "send-message: its sender gets it, too; who is not in the thread does not, and cannot send" {
    thread_of alice bob
    say alice "$thread" one
    for who in alice bob; do
        poll "$who"
        same one "$(texts)"
        [[ $body == *"$(<"$(stored 1)")"* ]]
    done
    poll carol since=0-0
    same '' "$(texts)"
    as carol POST send-message "thread_id=$thread&message=x"
    expect 404
    same 1 "$(records m)"
}

@test "send-message: so many a minute and no more" {
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=2)
    thread_of alice bob
    say alice "$thread" x
    say alice "$thread" x
    as alice POST send-message "thread_id=$thread&message=x"
    expect 429
    [[ $(header Retry-After) -ge 20 && $(header Retry-After) -le 30 ]]
    say bob "$thread" x
    clock_forward 30
    say alice "$thread" x
    as alice POST send-message "thread_id=$thread&message=x"
    expect 429
    same 4 "$(records m)"
}

@test "send-message: a full spool is 507, and nothing happened" {
    thread_of alice bob
    say alice "$thread" x
    CGI_ENV=(SPOOLCHAT_SPOOL_MAX=700)
    as alice POST send-message "thread_id=$thread&message=x"
    expect 507
    [[ $(header Retry-After) -gt 0 ]]
    same 1 "$(records m)"
    CGI_ENV=(SPOOLCHAT_SPOOL_MAX=100000)
    as alice POST send-message "thread_id=$thread&message=x"
    expect 200 '.seq == 2'
}

# ---- get-friends -------------------------------------------------------------------------------

@test "get-friends: everybody, but oneself, where there are no lists" {
    echo '{"displayName":"Robert","n":1.0}' >"$SPOOL/users/bob/profile.json"
    as alice GET get-friends
    expect 200 --argjson carol "$(person carol)" 'keys == ["friends", "success"] and .success == true and
        (.friends | sort_by(.entity.id) | length == 2 and (.[0].entity | .id == "bob" and
        .displayName == "Robert") and .[1] == {entity: $carol, show: null, status: null, available: false})'
    same application/json "$(header Content-Type)"
}

@test "get-friends: who have each other in their lists" {
    mkdir -m 700 "$SPOOL/users/dave" "$SPOOL/users/bo"
    friends alice bob carol nobody
    friends bob alice dave
    friends carol bob alicia
    as alice GET get-friends
    expect 200 '[.friends[].entity.id] == ["bob"]'
    as bob GET get-friends
    expect 200 '[.friends[].entity.id] | sort == ["alice", "dave"]'
    as carol GET get-friends
    expect 200 '.friends == []'
    as dave GET get-friends
    expect 200 '[.friends[].entity.id] | sort == ["bo", "bob"]'
}

@test "get-friends: a list may be as long as somebody is popular" {
    { seq -f 'friend%.0f' 20000 && echo alice && seq -f 'other%.0f' 100; } >"$SPOOL/users/bob/friends"
    as alice GET get-friends
    expect 200 '[.friends[].entity.id] | sort == ["bob", "carol"]'
    as bob GET get-friends
    expect 200 '[.friends[].entity.id] == ["alice"]'
    thread_of alice bob
    as carol POST start-session user=bob
    expect 403
    poll bob
    poll alice since=0-0
    expect 200 '[.stanzas[].presence[].entity] == ["bob"]'
}

@test "one user's damaged files are nobody else's trouble" {
    echo 'a note' >"$SPOOL/users/notes.txt" # no user's
    mkdir "$SPOOL/users/bob/friends"
    as alice POST token
    poll bob
    as alice GET get-friends
    expect 200 '[.friends[].entity.id] | index("carol") and (index("notes.txt") | not)'
    as alice POST start-session user=notes.txt
    expect 403
    thread_of alice carol
    say carol "$thread" hello
    poll alice
    same hello "$(texts)"
}

@test "get-friends: available while the lease runs, and the departure published once" {
    local before
    echo '{"show":"dnd","status":"Busy \u2603"}' >"$SPOOL/users/bob/presence.json"
    as alice POST token # is known from here on
    poll bob
    as alice GET get-friends
    expect 200 --argjson bob "$(person bob)" '[.friends[] | select(.available)] ==
        [{entity: $bob, show: "dnd", status: "Busy ☃", available: true}]'
    poll alice
    poll alice "since=$cursor"
    clock_forward 50
    as alice GET get-friends
    expect 200 '[.friends[] | select(.available) | .entity.id] == ["bob"]'
    clock_forward 10
    before=$(records p)
    as alice GET get-friends
    expect 200 'all(.friends[]; .available == false and .show == null and .status == null)'
    [[ ! -e $SPOOL/online/bob ]]
    as alice GET get-friends
    as carol GET get-friends
    # Both have gone by now, bob and alice.
    same $((before + 2)) "$(records p)"
    poll alice "since=$cursor"
    expect 200 --arg time "$time" '.stanzas | length == 1 and .[0].type == "presence" and
        (.[0].timestamp | test($time)) and
        .[0].presence == [{entity: "bob", show: null, status: null, available: false}]'
}

# ---- stream: the envelope ----------------------------------------------------------------------

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
    mkdir -m 700 "$SPOOL/users/dave"
    friends dave carol
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
    mkdir -m 700 "$SPOOL/users/dave"
    friends dave carol
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

# ---- stream: server-sent events ----------------------------------------------------------------

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
    mkdir -m 700 "$SPOOL/users/dave"
    friends dave carol
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

# ---- Everything together -----------------------------------------------------------------------

# writer NAME COUNT: its messages, in a process and a folder of its own.
writer() {
    local BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR/$1 number
    mkdir "$BATS_TEST_TMPDIR"
    for ((number = 1; number <= $2; number++)); do
        say "$1" "$thread" "$1$number" || return
    done
}

@test "several at once: every message once, in one order for all, in each writer's own" {
    local who pids=() all=
    CGI_ENV=(SPOOLCHAT_SYNC=no)
    thread_of alice bob carol
    for who in alice bob carol; do
        writer "$who" 12 3>&- &
        pids+=($!)
    done
    for who in "${pids[@]}"; do
        wait "$who"
    done
    for who in alice bob carol; do
        poll "$who" since=0-0
        all=${all:-$(texts)}
        same "$all" "$(texts)"
        same "$(printf "$who%s " {1..12})" "$(tr ' ' '\n' <<<"$all" | grep "$who" | tr '\n' ' ')"
    done
    same 36 "$(wc -w <<<"$all")"
    expect 200 '[.stanzas[] | select(.type == "message").seq] == [range(1; 37)]'
}

@test "names of users may be anything a login can be" {
    local names dirs at name dir token all
    names=(' spaced  name ' 'ünï ☃' '100%' '%41' 'a/b' '../../etc' '.hidden' '..' 'quo"te\back' '-n' 'a+b&c=d;e' '<b>x'
        'O=x,CN=y@example.org')
    dirs=('%20spaced%20%20name%20' '%C3%BCn%C3%AF%20%E2%98%83' '100%25' '%2541' 'a%2Fb' '%2E.%2F..%2Fetc' '%2Ehidden'
        '%2E.' 'quo%22te%5Cback' '-n' 'a+b%26c=d%3Be' '%3Cb%3Ex' 'O=x,CN=y@example.org')
    CGI_ENV=(SPOOLCHAT_SYNC=no)
    as alice POST token
    for at in "${!names[@]}"; do
        name=${names[at]} dir=${dirs[at]}
        as "$name" POST token
        token=$(field token)
        [[ -f $SPOOL/users/$dir/delivered ]]
        as alice POST start-session "user=${dir//+/%2B}"
        expect 200
        thread=$(field thread_id)
        as "$name" POST start-session user=alice
        same "$thread" "$(field thread_id)"
        grep -qxF "guest 0000000000 $dir" "$SPOOL/threads/$thread/members"
        as '' POST "send-message/$token" "to=alice&message=hello"
        same "$thread" "$(field thread_id)"
        [[ -e $SPOOL/users/$dir/threads/$thread && $SPOOL/users/$dir/sent/$(field UUID) -ef $(stored 1) ]]
        poll "$name"
        [[ $body == *'"text":"hello"'* && -e $SPOOL/online/$dir ]]
    done
    friends alice "${names[@]}"
    all=$(printf '%s\n' "${names[@]}" | jq -cRn '[inputs]')
    as alice GET get-friends
    expect 200 --argjson all "$all" '[.friends[] | select(.available) | .entity.id] | sort == ($all | sort)'
    poll alice
    expect 200 --argjson all "$all" \
        '([.stanzas[] | select(.type == "presence").presence[].entity] | unique) == ($all | sort) and
        [.stanzas[] | select(.type == "message").message.sender |
            select(. == {objectType: "person", id, displayName: .id, url: null, image: null}).id] == $all'
    same $((${#names[@]} + 3)) "$(find "$SPOOL/users" -mindepth 1 -maxdepth 1 | wc -l)"
}

@test "every endpoint, every reply: the fixed set of headers, and a length that is right" {
    local line LC_ALL=C
    thread_of alice bob
    for request in 'POST token' 'GET stream?wait=0' 'GET get-friends' 'POST start-session user=bob' \
        'POST send-message to=bob&message=x'; do
        # shellcheck disable=SC2086
        as alice $request
        expect 200
        for line in 'X-Content-Type-Options: nosniff' 'Cache-Control: no-store' 'Referrer-Policy: no-referrer' \
            "Content-Security-Policy: default-src 'none'" 'Content-Type: application/json' \
            "Content-Length: ${#body}"; do
            same 1 "$(grep -cxF "$line" <<<"$headers")"
        done
        same 'Status: 200 OK' "${headers%%$'\n'*}"
        same '' "$(grep -i '^access-control' <<<"$headers")"
    done
}

@test "a listed origin may read replies, ask before it writes, and write; another may not" {
    local listed=https://app.example
    CGI_ENV=("SPOOLCHAT_ALLOW_ORIGIN=http://other.example $listed" "HTTP_ORIGIN=$listed"
        HTTP_SEC_FETCH_SITE=cross-site)
    as '' OPTIONS token
    expect 405
    CGI_ENV+=(HTTP_ACCESS_CONTROL_REQUEST_METHOD=DELETE)
    as '' OPTIONS token
    expect 204
    same "$listed" "$(header Access-Control-Allow-Origin)"
    same 'POST, DELETE' "$(header Access-Control-Allow-Methods)"
    as alice POST token
    expect 200
    same "$listed" "$(header Access-Control-Allow-Origin)"
    same true "$(header Access-Control-Allow-Credentials)"
    same Origin "$(header Vary)"
    CGI_ENV+=(HTTP_ORIGIN=https://app.example.org)
    as '' OPTIONS token
    expect 405
    as alice POST token
    expect 403
    as alice GET get-friends # readable by its own pages only, which the browser sees to
    expect 200
    same '' "$(header Access-Control-Allow-Origin)"
    CGI_ENV=(HTTP_ORIGIN=http://chat.example HTTP_SEC_FETCH_SITE=same-origin)
    as alice POST token
    expect 200
    CGI_ENV=(HTTP_ORIGIN=https://chat.example:8443 HTTP_HOST=chat.example:8443)
    as alice POST token
    expect 200
}

# lingerers NAME=value...: how many tasks a request with these variables starts; nobody holds its output afterwards.
lingerers() {
    local ME=alice CGI_ENV=("$@") env program input
    cgi_request GET get-friends
    timeout 20 "$launch" "${env[@]}" strace -f -qq -o "$BATS_TEST_TMPDIR/calls" -e trace=clone,clone3,fork,vfork \
        "$program" <"$input" 2>&1 | grep -q '^{"success":true' || return
    grep -c CLONE_FILES "$BATS_TEST_TMPDIR/calls" || true
}

@test "behind Apache somebody outlives the program by a moment, for a client that goes on" {
    local apache=SERVER_SOFTWARE='Apache/2.4.99 (Debian)'
    same 1 "$(lingerers "$apache" SERVER_PROTOCOL=HTTP/1.1)"
    same 1 "$(lingerers "$apache" SERVER_PROTOCOL=HTTP/1.1 HTTP_CONNECTION=keep-alive)"
    same 0 "$(lingerers "$apache" SERVER_PROTOCOL=HTTP/1.1 HTTP_CONNECTION='TE, Close')"
    same 0 "$(lingerers "$apache" SERVER_PROTOCOL=HTTP/1.0)"
    same 0 "$(lingerers SERVER_SOFTWARE=lighttpd/1.4.69 SERVER_PROTOCOL=HTTP/1.1)"
}
