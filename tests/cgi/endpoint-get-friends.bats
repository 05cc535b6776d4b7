# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034,SC2154
# (jq programs, tests as subshells, variables that lib.bash and endpoints.bash take and give)
#
# What get-friends promises in the comment that opens its file, without a web server.

setup() {
    load lib
    load endpoints
    endpoints_begin
}

teardown() {
    cgi_end
}

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
