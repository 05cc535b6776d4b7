# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154
# (tests as subshells, variables that lib.bash takes and gives)
#
# What the protocol's first server promised its clients, as its own tests had it.

setup() {
    load lib
    spool_new alice bob carol dave
}

@test "the same two get the same thread, whoever asks and in whichever order" {
    local first
    thread_of alice bob
    first=$thread
    thread_of alice bob
    same "$first" "$thread"
    thread_of bob alice
    same "$first" "$thread"
    as alice POST start-session 'user=bob'
    expect 200 '.success == true and (.thread_id | type == "string")'
}

@test "every other pair gets another" {
    local pair all=''
    for pair in 'alice bob' 'alice carol' 'alice dave' 'bob carol' 'bob dave' 'carol dave'; do
        # shellcheck disable=SC2086
        thread_of $pair
        all+="$thread"$'\n'
    done
    same 6 "$(sort -u <<<"${all%$'\n'}" | wc -l)"
}

@test "three get theirs in any order, and never a pair's" {
    local order pairs='' three=''
    for order in 'alice bob' 'alice carol' 'bob carol'; do
        # shellcheck disable=SC2086
        thread_of $order
        pairs+=" $thread"
    done
    for order in 'alice bob carol' 'alice carol bob' 'bob alice carol' 'carol bob alice'; do
        # shellcheck disable=SC2086
        thread_of $order
        [[ -z $three ]] || same "$three" "$thread"
        three=$thread
        [[ $pairs != *"$thread"* ]]
    done
    # Nor a pair theirs, afterwards.
    thread_of bob alice
    [[ $thread != "$three" && $pairs == *"$thread"* ]]
}

@test "a message without a thread is told so by the name of the field" {
    as alice POST send-message 'message=hello'
    expect 400 '.errors.thread_id | type == "array" and length > 0'
    as alice POST send-message 'thread_id=&message=hello'
    expect 400 '.errors.thread_id | type == "array" and length > 0'
}

@test "a thread one is not in is not there" {
    thread_of bob carol
    as alice POST send-message "thread_id=$thread&message=hello"
    expect 404
    as alice POST send-message 'thread_id=7d1f0a5e-3c1b-4e0e-9f5e-0b9f6f1d2a3c&message=hello'
    expect 404
}

@test "a message comes to everybody in its thread, its sender too" {
    local who
    thread_of alice bob
    as alice POST send-message "thread_id=$thread&message=hello"
    expect 200 '.success == true and (.UUID | length == 36)'
    for who in alice bob; do
        ACCEPT=text/event-stream as "$who" GET 'stream?wait=0'
        expect 200
        sed -n 's/^data: //p' <<<"$body" | jq -es --arg thread "$thread" 'map(select(.type == "message")) |
            length == 1 and (.[0] | (.timestamp | split(".") | length == 2) and
            .message.thread == $thread and .message.text == "hello" and
            .message.sender.displayName == "alice" and
            (.message.members | map([.id, .displayName]) == [["alice", "alice"], ["bob", "bob"]]))'
    done
    as carol GET 'stream?wait=0'
    expect 200 '[.stanzas[] | select(.type == "message")] == []'
}

@test "a token is asked for by POST; a wrong one opens nothing" {
    as alice GET token
    expect 405
    same 'POST, DELETE' "$(header Allow)"
    as alice POST token
    expect 200 '.token | length == 36'
    ACCEPT=text/event-stream as '' GET "stream/$(field token)?wait=0"
    expect 200
    for wrong in 00000000-0000-4000-8000-000000000000 nonsense; do
        ACCEPT=text/event-stream as '' GET "stream/$wrong"
        expect 404
        as '' POST "send-message/$wrong" "thread_id=x&message=x"
        expect 404
    done
}

@test "friends, as their list reads them" {
    ACCEPT=text/event-stream as bob GET 'stream?wait=0'
    as alice GET get-friends
    expect 200 '.success == true and ([.friends[] | [.entity.id, .entity.displayName, .available]] | sort ==
        [["bob", "bob", true], ["carol", "carol", false], ["dave", "dave", false]])'
}
