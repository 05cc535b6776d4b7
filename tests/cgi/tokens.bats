# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034,SC2154
# (jq, tests as subshells, variables that lib.bash takes and gives)
#
# Tokens beyond the path: one's own listed and ended, so many and no more, and `Authorization: Bearer`.

setup() {
    load lib
    spool_new
    CGI_ENV=()
    v4='^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
}

teardown() {
    cgi_end
}

# issue USER: a token in $token, its id in $id.
issue() {
    as "$1" POST token
    expect 200
    token=$(field token)
    id=$(printf %s "$token" | sha256sum)
    id=${id%% *}
}

# bearing TOKEN USER METHOD ENDPOINT... : with `Authorization: Bearer TOKEN`.
bearing() {
    local -a CGI_ENV=("${CGI_ENV[@]}" "HTTP_AUTHORIZATION=Bearer $1")
    shift
    as "$@"
}

listing() {
    find "$SPOOL" -printf '%P %y %i %m %n %s %T@ %l\n' | sort
}

# ---- tokens ------------------------------------------------------------------------------------

@test "tokens: one's own live ones, never the secret, nobody else's" {
    local first second
    as alice GET tokens
    expect 200 '. == {tokens: []}'
    issue alice && first=$token ids=("$id")
    clock_forward 100
    issue alice && second=$token ids+=("$id")
    issue bob
    as alice GET tokens
    expect 200 --args '[.tokens[].id] == $ARGS.positional' "${ids[@]}"
    expect 200 '(keys == ["tokens"]) and all(.tokens[]; keys == ["expires_in", "id", "issued"])'
    expect 200 '.tokens | (.[0].expires_in | . > 3400 and . <= 3500) and (.[1].expires_in | . > 3500 and . <= 3600)'
    expect 200 'all(.tokens[].issued; test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{6}Z$"))'
    # The clock stands a hundred seconds ahead of date's.
    expect 200 --argjson now "$((EPOCHSECONDS + 100))" \
        '[.tokens[].issued | split(".")[0] + "Z" | fromdate | $now - .] | .[0] >= 99 and .[0] < 160 and .[1] < 60'
    [[ $body != *"$first"* && $body != *"$second"* && $body != *"$token"* ]]
    as bob GET tokens
    expect 200 --arg id "$id" '[.tokens[].id] == [$id]'
    as carol GET tokens
    expect 200 '.tokens == []'
    clock_forward 3550
    as alice GET tokens
    expect 200 --arg id "${ids[1]}" '[.tokens[].id] == [$id] and .tokens[0].expires_in <= 50'
    clock_forward 60
    as alice GET tokens
    expect 200 '.tokens == []'
}

@test "tokens: reading them changes nothing" {
    local before
    issue alice
    clock_forward 3601
    issue alice
    before=$(listing)
    as alice GET tokens
    expect 200 '.tokens | length == 1'
    same "$before" "$(listing)"
}

@test "tokens: DELETE by its id ends one's own, another's is 404" {
    local mine
    issue bob && mine=$token
    issue alice
    as bob DELETE "tokens/$id"
    expect 404
    as '' DELETE "tokens/$id"
    expect 401
    as '' GET "stream/$token?wait=0"
    expect 200
    as alice DELETE "tokens/$id"
    expect 204
    same '' "$body"
    as '' GET "stream/$token?wait=0"
    expect 404
    [[ ! -e $SPOOL/tokens/$id && ! -e $SPOOL/users/alice/tokens/$id ]]
    as alice DELETE "tokens/$id"
    expect 404
    as alice GET tokens
    expect 200 '.tokens == []'
    as '' GET "stream/$mine?wait=0"
    expect 200
    issue alice
    as alice DELETE "token/$token"
    expect 204
    [[ ! -e $SPOOL/tokens/$id && ! -e $SPOOL/users/alice/tokens/$id ]]
    issue alice
    clock_forward 3600
    as alice DELETE "tokens/$id"
    expect 404
}

@test "tokens: an event stream ends when its token is ended by its id" {
    issue alice
    CGI_ENV=("HTTP_AUTHORIZATION=Bearer $token")
    ME='' ACCEPT=text/event-stream cgi_background GET stream
    CGI_ENV=()
    eventually 10 grep -q '^id: ' "$cgi_output"
    as alice DELETE "tokens/$id"
    expect 204
    thread_of bob alice
    say bob "$thread" wake
    cgi_wait
    same 0 "$exit_code"
}

@test "tokens: what is none of the caller's, by whatever name, is 404 and changes nothing" {
    local path before theirs
    issue bob && theirs=$id
    issue alice
    as alice GET tokens
    before=$(listing)
    for path in '' / .. . ../tokens "$theirs" "$token" "${id^^}" "$id/" "$id/x" "/$id" "${id%?}" "${id}0" "$id " " $id" \
        "../tokens/$id" "../../tokens/$id" %2e%2e x $'\xff' "${id:0:63}g" "${id:0:63}/" "$id"$'\n' "*"; do
        CGI_ENV=("PATH_INFO=/$path")
        as alice DELETE tokens
        expect 404 '.status == 404'
        [[ -z ${path//\/} ]] || {
            as alice GET tokens
            expect 404
            as '' GET tokens
            expect 404
        }
    done
    CGI_ENV=()
    as '' GET tokens
    expect 401
    as '' DELETE tokens
    expect 401
    for method in POST PUT HEAD OPTIONS get ''; do
        as alice "$method" tokens
        expect 405
        same 'GET, DELETE' "$(header Allow)"
    done
    for CGI_ENV in HTTP_SEC_FETCH_SITE=cross-site HTTP_ORIGIN=https://xyzzy.example; do
        as alice DELETE "tokens/$id"
        expect 403
    done
    same "$before" "$(listing)"
}

@test "token: beyond user_tokens the oldest ends, and nobody is refused a new one" {
    local all=() i
    CGI_ENV=(SPOOLCHAT_USER_TOKENS=3)
    issue bob && other=$token
    for i in {1..5}; do
        issue alice
        all+=("$token")
        clock_forward 1
    done
    for i in 0 1; do
        as '' GET "stream/${all[i]}?wait=0"
        expect 404
    done
    for token in "${all[@]:2}" "$other"; do
        as '' GET "stream/$token?wait=0"
        expect 200
    done
    as alice GET tokens
    expect 200 '.tokens | length == 3'
}

@test "token: fifty by default; expired ones are swept out, those of the site too" {
    local i files
    for i in {1..51}; do
        as alice POST token
        clock_forward 1
    done
    files=("$SPOOL"/tokens/*)
    same 50 "${#files[@]}"
    clock_forward 3600
    as alice POST token
    expect 200
    files=("$SPOOL"/tokens/*)
    same 1 "${#files[@]}"
    files=("$SPOOL"/users/alice/tokens/*)
    same 1 "${#files[@]}"
}

@test "tokens: the agent takes both names away" {
    issue alice
    clock_forward 3601
    spoolchat agent --once
    [[ ! -e $SPOOL/tokens/$id && ! -e $SPOOL/users/alice/tokens/$id && -d $SPOOL/users/alice/tokens ]]
}

# ---- Authorization: Bearer ---------------------------------------------------------------------

@test "Bearer: opens stream and send-message without a login" {
    thread_of bob alice
    issue alice
    bearing "$token" '' POST send-message "thread_id=$thread&message=hello"
    expect 200 .success
    grep -q '"sender":{"objectType":"person","id":"alice"' "$SPOOL/threads/$thread"/new/*
    bearing "$token" '' GET 'stream?wait=0'
    expect 200 '.stanzas[-1].message.text == "hello"'
    ACCEPT=text/event-stream bearing "$token" '' GET 'stream?wait=0&since=0-0'
    expect 200
    grep -q '"text":"hello"' <<<"$body"
    # The scheme in any case (RFC 9110, section 11.1), and as Apache passes it on after a rewrite.
    for CGI_ENV in "HTTP_AUTHORIZATION=bearer $token" "HTTP_AUTHORIZATION=BEARER  $token" \
        "REDIRECT_HTTP_AUTHORIZATION=Bearer $token"; do
        as '' GET 'stream?wait=0'
        expect 200
    done
}

@test "Bearer: wins over the login beside it, and a wrong one is not made good by it" {
    thread_of bob alice
    issue alice
    bearing "$token" bob POST send-message "thread_id=$thread&message=hello"
    expect 200
    grep -q '"sender":{"objectType":"person","id":"alice"' "$SPOOL/threads/$thread"/new/*
    bearing 00000000-0000-4000-8000-000000000000 bob GET 'stream?wait=0'
    expect 401
    # What is no token by its form is a site's own login by Bearer, which the server has looked at.
    bearing eyJhbGciOiJub25lIn0.e30. bob GET 'stream?wait=0'
    expect 200
    bearing eyJhbGciOiJub25lIn0.e30. bob GET "stream/$token?wait=0"
    expect 200
    bearing eyJhbGciOiJub25lIn0.e30. '' GET 'stream?wait=0'
    expect 401
}

@test "Bearer: opens nothing else, whoever asks for what" {
    local endpoint method before
    issue alice
    before=$(listing)
    for endpoint in "$BIN"/cgi-bin/*; do
        endpoint=${endpoint##*/}
        as '' '' "$endpoint"
        expect 405
        for method in $(header Allow | tr -d ,); do
            [[ "$method $endpoint" != 'GET stream' && "$method $endpoint" != 'POST send-message' ]] || continue
            bearing "$token" '' "$method" "$endpoint"
            [[ $status_code == 401 || $status_code == 404 ]] || same 401 "$method $endpoint: $status_code"
            bearing "$token" '' "$method" "$endpoint/$token"
            [[ $status_code == 401 || $status_code == 404 ]] || same 401 "$method $endpoint/: $status_code"
        done
    done
    same "$before" "$(listing)"
}

# row STATUS ERROR WHAT AUTHORIZATION METHOD TARGET [BODY]
row() {
    local challenge='Bearer realm="spoolchat"'
    CGI_ENV=("HTTP_AUTHORIZATION=$4")
    cgi "$5" "$6" ${7+"$7"}
    expect "$1" --argjson status "$1" '.status == $status and .type == "about:blank"' || same "$3" ''
    [[ -z $2 ]] || challenge+=", error=\"$2\""
    same "$challenge" "$(header WWW-Authenticate)"
    same '' "$(<"$BATS_TEST_TMPDIR/reply.stderr")"
    [[ $body$headers != *"$token"* && $body$headers != *xyzzy* ]]
    rows=$((rows + 1))
}

@test "Bearer: what should not come gets 401 or 400, and says why in WWW-Authenticate" {
    local before value long rows=0 gone expired target
    printf -v long '%8000s' ''
    issue alice && expired=$token
    clock_forward 3601
    issue alice && gone=$token
    as alice DELETE "token/$gone"
    issue alice
    before=$(listing)
    ME=
    for target in 'GET stream?wait=0' 'POST send-message'; do
        # shellcheck disable=SC2086
        for value in 'Bearer' 'Bearer ' 'Bearer xyzzy' "Bearer $expired" "Bearer $gone" "Bearer ${token^^}x" \
            "Bearer $token " "Bearer $token,$token" "Bearer \"$token\"" "Bearer token=$token" "Bearer ${token%?}" \
            "Bearer ${token}0" "Bearer $token/" "Bearer ../tokens/$id" "Bearer $id" "Bearer ${long// /x}" \
            $'Bearer \xff\xfe' $'Bearer \x01' "Bearer $token, Basic YWxpY2U6YWxpY2U=" 'Bearer ..' 'Bearer /'; do
            row 401 invalid_token "$value" "$value" $target
        done
        # shellcheck disable=SC2086
        for value in '' xyzzy 'Basic YWxpY2U6YWxpY2U=' "Basic $token" "Basic YWxpY2U6YWxpY2U=, Bearer $token" \
            "Bearer$token" "Token $token" "$token" " Bearer $token" $'Bearer\t'"$token" "Digest username=\"xyzzy\""; do
            row 401 '' "$value" "$value" $target
        done
    done
    for value in "$token" "$gone" xyzzy ''; do
        row 400 invalid_request 'path and header' "Bearer $value" GET "stream/$token?wait=0"
        row 400 invalid_request 'path and header' "Bearer $value" POST "send-message/$token" 'to=bob&message=x'
    done
    ME=bob
    row 400 invalid_request 'path and header, logged in' "Bearer $token" GET "stream/$token?wait=0"
    same "$before" "$(listing)"
    echo "# $rows rows of bad input" >&3
}

@test "Bearer: a wait that outlives its token ends in 401" {
    thread_of bob alice
    issue alice
    as bob GET 'stream?wait=0'
    CGI_ENV=("HTTP_AUTHORIZATION=Bearer $token")
    ME='' cgi_background GET "stream?since=$(field cursor)"
    CGI_ENV=()
    eventually 10 test -e "$SPOOL/online/alice"
    as alice DELETE "token/$token"
    as alice POST start-session user=bob
    say bob "$thread" wake
    cgi_wait
    expect 401
    same 'Bearer realm="spoolchat", error="invalid_token"' "$(header WWW-Authenticate)"
}

@test "Bearer: no complaint in the operator's log has it" {
    issue alice
    chmod 0 "$SPOOL/users/alice/delivered" "$SPOOL/journal"
    CGI_ENV=("HTTP_AUTHORIZATION=Bearer $token" SPOOLCHAT_WAIT=1)
    as '' GET stream
    as '' POST send-message 'to=bob&message=x'
    rm -r "$SPOOL/users/alice" && : >"$SPOOL/users/alice"
    as '' GET stream
    expect 500
    [[ -s $BATS_TEST_TMPDIR/reply.stderr ]]
    not grep -qF "$token" "$BATS_TEST_TMPDIR/reply.stderr"
    [[ $body != *"$token"* ]]
}

@test "who has been removed is not let in by a token, nor made anew; a stream ends" {
    as bob POST token
    token=$(field token)
    ACCEPT=text/event-stream ME='' cgi_background GET "stream/$token"
    eventually 10 grep -q '^id: ' "$cgi_output"
    rm -r "$SPOOL/users/bob"
    as '' GET "stream/$token?wait=0"
    expect 404
    as '' POST "send-message/$token" 'to=alice&message=x'
    expect 404
    [[ ! -e $SPOOL/users/bob ]]
    # It looks when there is something to look at.
    thread_of alice carol
    say alice "$thread" x
    cgi_wait
    [[ ! -e $SPOOL/users/bob ]]
}
