# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034,SC2154
# (jq programs, tests as subshells, variables that lib.bash and endpoints.bash take and give)
#
# What token promises in the comment that opens its file, without a web server.

setup() {
    load lib
    load endpoints
    endpoints_begin
}

teardown() {
    cgi_end
}

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
