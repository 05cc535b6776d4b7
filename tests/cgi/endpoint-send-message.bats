# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034,SC2154
# (jq programs, tests as subshells, variables that lib.bash and endpoints.bash take and give)
#
# What send-message promises in the comment that opens its file, without a web server.

setup() {
    load lib
    load endpoints
    endpoints_begin
}

teardown() {
    cgi_end
}

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

# A file system without a journal may write the link to it in sent/ before its name in new/.
@test "send-message: what a power cut took is said when it is sent again, and once" {
    thread_of alice bob
    as alice POST send-message "thread_id=$thread&message=x&id=$id"
    expect 200 '.seq == 1'
    rm "$(stored 1)"
    truncate -s -64 "$SPOOL/journal/0000000000"
    say bob "$thread" meanwhile
    for _ in 1 2; do
        as alice POST send-message "thread_id=$thread&message=x&id=$id"
        expect 200 '.seq == 2'
    done
    same 2 "$(records m)"
    same x "$(jq -r .message.text "$(stored 2)")"
    "$root/build/tools/audit" "$SPOOL"
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
