#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# check: waits
# servers: all
#
# Who comes through a real web server without a login: a token, in the path or as `Authorization: Bearer`, and a
# browser's preflight. Everybody else is asked for one, whatever else they bring.

load lib

setup_file() {
    export SPOOLCHAT_MAX_STREAMS=0 SPOOLCHAT_USER_STREAMS=0 SPOOLCHAT_MESSAGES_PER_MINUTE=0
    export SPOOLCHAT_ALLOW_ORIGIN=https://app.example
    site_start
}

teardown_file() {
    site_stop
}

setup() {
    # bats follows each command of each function, which takes longer than the commands.
    set +T
    out=$BATS_TEST_TMPDIR/out
    head=$BATS_TEST_TMPDIR/head
    endpoints=("$BIN"/cgi-bin/*)
    endpoints=("${endpoints[@]##*/}")
    foreign=(-H 'Origin: https://app.example' -H 'Sec-Fetch-Site: cross-site')
    client_pid=
    asks=() wanted=() lines=()
}

teardown() {
    [[ -z $client_pid ]] || kill "$client_pid" 2>/dev/null || true
}

# ask ENDPOINT[/PATH][?QUERY] CURL-ARGUMENT...: its status in $status, its head and body in the files.
ask() {
    local target=$1
    shift
    status=$(curl -sS --max-time 30 --path-as-is -o "$out" -D "$head" -w '%{http_code}' "$@" "$BASE/$target")
}

# expect STATUS [PATTERN]: what was asked got it, and a line of the head is like this.
expect() {
    if [[ $status == "$1" ]]; then
        (($# == 1)) || grep -qiE -- "^$2" "$head" || { cat "$head" && return 1; }
        return 0
    fi
    echo "wanted $1, got $status" && cat "$head" "$out"
    return 1
}

# ask_later STATUS ENDPOINT... CURL-ARGUMENT...: what `answered` asks, all at once, and the pattern of its status.
# A server may take its time over each wrong password, and a curl takes longer to start than to ask.
ask_later() {
    local target=$2 options=()
    wanted+=("$1")
    asks+=("${*:2}")
    shift 2
    while (($#)); do
        case $1 in
        -X) options+=(request) ;;
        -d) options+=(data) ;;
        -H) options+=(header) ;;
        esac
        options+=("$2")
        shift 2
    done
    {
        ((${#asks[@]} == 1)) || echo next
        printf '%s\n' silent show-error path-as-is 'max-time = 60' 'output = "/dev/null"'
        printf '%s = "%s"\n' url "$BASE/$target" write-out "$((${#asks[@]} - 1)) %{http_code} %{size_download}\n" \
            dump-header "$head.$((${#asks[@]} - 1))" "${options[@]}"
    } >>"$BATS_TEST_TMPDIR/asks"
}

# with_lines PATTERN...: the head of what was asked last has a line like each, or none like the one behind a "!".
with_lines() {
    local IFS=$'\n'
    lines[${#asks[@]} - 1]=$*
}

# has_lines NUMBER
has_lines() {
    local pattern text
    text=$'\n'$(<"$head.$1")
    shopt -s nocasematch
    while read -r pattern; do
        case $pattern in
        !*) [[ ! $text =~ $'\n'${pattern#!} ]] ;;
        *) [[ $text =~ $'\n'$pattern ]] ;;
        esac || { echo "$pattern: ${asks[$1]}: $text" && return 1; }
    done <<<"${lines[$1]}"
    shopt -u nocasematch
}

answered() {
    local number size bad=0 count=0
    curl --parallel --parallel-max 30 -K "$BATS_TEST_TMPDIR/asks" >"$out"
    while read -r number status size; do
        count=$((count + 1))
        # shellcheck disable=SC2053
        [[ $status == ${wanted[number]} ]] || { echo "wanted ${wanted[number]}, got $status: ${asks[number]}" && bad=1; }
        [[ ! ${lines[number]-} ]] || has_lines "$number" || bad=1
        [[ $status != 204 || $size == 0 ]] || { echo "a body of $size bytes: ${asks[number]}" && bad=1; }
    done <"$out"
    ((count == ${#asks[@]})) || { echo "$count answers" && bad=1; }
    rm "$BATS_TEST_TMPDIR/asks"
    asks=() wanted=() lines=()
    ((!bad))
}

token_of() {
    as "$1" curl --fail -d '' "$BASE/token" | jq -r .token
}

bearer() {
    printf 'Authorization: Bearer %s' "$1"
}

# basic USER PASSWORD: the credentials as they stand in the header.
basic() {
    printf 'Basic %s' "$(printf %s "$1:$2" | base64)"
}

tokens() {
    find "$SPOOL/tokens" -type f | wc -l
}

@test "a token speaks and listens without a login, in the path and in the header" {
    token=$(token_of bob)
    thread=$(as alice curl --fail -d user=bob "$BASE/start-session" | jq -r .thread_id)
    ask "send-message/$token" -d "thread_id=$thread" -d message=path
    expect 200
    ask send-message -H "$(bearer "$token")" -d "thread_id=$thread" -d message=header
    expect 200
    for scheme in bearer BEARER; do
        ask send-message -H "Authorization: $scheme $token" -d "thread_id=$thread" -d "message=$scheme"
        expect 200
    done
    for way in "stream/$token?wait=0&since=0-0" 'stream?wait=0&since=0-0'; do
        case $way in
        stream/*) ask "$way" ;;
        *) ask "$way" -H "$(bearer "$token")" ;;
        esac
        expect 200
        jq -e '[.stanzas[] | select(.type == "message").message | .sender.id + " " + .text] |
            contains(["bob path", "bob header", "bob bearer", "bob BEARER"])' "$out"
    done
    curl -sSN --max-time 60 -H 'Accept: text/event-stream' -H "$(bearer "$token")" "$BASE/stream" \
        >"$out.events" 3>&- &
    client_pid=$!
    eventually 10 grep -q '^id: ' "$out.events"
    as alice curl --fail -d "thread_id=$thread" -d message=live "$BASE/send-message"
    eventually 10 grep -q '"text":"live"' "$out.events"
}

@test "a wrong token is 404 in the path, 401 in the header, 400 in both" {
    token=$(token_of bob)
    for wrong in 00000000-0000-4000-8000-000000000000 x "${token}0"; do
        ask "stream/$wrong"
        expect 404
        ask "send-message/$wrong" -d message=x
        expect 404
        ask stream -H "$(bearer "$wrong")"
        expect 401 'www-authenticate: Bearer .*error="invalid_token"'
        ask send-message -H "$(bearer "$wrong")" -d message=x
        expect 401 'www-authenticate: Bearer .*error="invalid_token"'
    done
    ask "stream/$token" -H "$(bearer "$token")"
    expect 400
    as bob curl --fail -X DELETE "$BASE/token/$token"
    ask stream -H "$(bearer "$token")"
    expect 401
}

@test "no other address opens with a token, nor with anything that looks like one" {
    token=$(token_of bob)
    had=$(tokens)
    for endpoint in "${endpoints[@]}"; do
        for method in GET POST; do
            for path in "$endpoint" "$endpoint/$token" "$endpoint/" "$endpoint/stream/$token" "./$endpoint" \
                "stream/../$endpoint" "stream/x/../../$endpoint" "stream/%2e%2e/$endpoint" "stream/..%2f$endpoint" \
                "$endpoint/../stream/$token/../../$endpoint" "$endpoint%20Bearer%20x" "$endpoint?/stream/$token"; do
                # Those that a token is for are another test's.
                [[ $path != stream* && $path != send-message* && $endpoint != s[te][rn]* ]] || continue
                ask_later '40[0145]' "$path" -X "$method" -d '' -H "Authorization: Bearer $token" \
                    -H 'X-HTTP-Method-Override: OPTIONS'
            done
            # A program is asked about its two addresses, and may not know the method.
            allowed=401
            [[ $endpoint != s[te][rn]* ]] || allowed='40[15]'
            ask_later "$allowed" "$endpoint" -X "$method" -d '' -H 'Authorization: Bearer x'
        done
    done
    for method in GET POST; do
        for endpoint in stream send-message; do
            for given in 'X-Nothing: x' 'Authorization: Bearer' "Authorization: Bearer$token" "Authorization: Token $token" \
                "Authorization: $token" "X-Authorization: Bearer $token" "Proxy-Authorization: Bearer $token"; do
                ask_later '40[015]' "$endpoint" -X "$method" -d message=x -H "$given"
            done
        done
    done
    answered
    [[ $(tokens) == "$had" ]]
}

@test "a password that nobody has looked at makes no user" {
    token=$(token_of bob)
    good=$(basic alice alice)
    bad=$(basic alice wrong)
    for endpoint in "${endpoints[@]}"; do
        for method in GET POST; do
            for given in "$bad" "$bad, Bearer $token" "Bearer x, $bad" "Bearer x, $good" "Bearer $token, $good" \
                "$(basic alice '')" "$(basic '' '')" 'Basic' 'Basic x'; do
                # lighttpd calls some of it malformed; stream and send-message see to some of it themselves.
                allowed='40[01]'
                [[ $endpoint != s[te][rn]* ]] || allowed='40[015]'
                ask_later "$allowed" "$endpoint?wait=0" -X "$method" -d '' -H "Authorization: $given"
            done
            # Two headers: whichever one the server believes, the other opens nothing by itself.
            for pair in "$bad|Bearer x" "Bearer x|$bad" "Bearer x|$good"; do
                ask_later '40[015]' "$endpoint?wait=0" -X "$method" -d '' -H "Authorization: ${pair%|*}" \
                    -H "Authorization: ${pair#*|}"
            done
        done
    done
    answered
    # In the path the token says who it is, whatever stands in the header.
    ask "stream/$token?wait=0" -H "Authorization: $bad"
    expect 200
    ask stream/x -H "Authorization: $good"
    expect 404
    # And a password is still good for what it was.
    ask 'stream?wait=0' -H "Authorization: $good"
    expect 200
    ask get-friends -H "Authorization: $good"
    expect 200
}

@test "a preflight needs no login, and OPTIONS does nothing else" {
    token=$(token_of bob)
    had=$(tokens)
    for endpoint in "${endpoints[@]}"; do
        for path in "$endpoint" "$endpoint/x" "$endpoint/$token"; do
            ask_later 204 "$path" -X OPTIONS "${foreign[@]}" -H 'Access-Control-Request-Method: POST' \
                -H 'Access-Control-Request-Headers: authorization'
            with_lines 'access-control-allow-origin: https://app.example' 'access-control-allow-methods: [A-Z, ]+' \
                'access-control-allow-headers: [a-z, -]*authorization'
            # Who would like it to be more.
            for given in "Authorization: $(basic alice alice)" "Authorization: $(basic alice wrong)" "$(bearer "$token")"; do
                ask_later 405 "$path" -X OPTIONS -H "$given" -d 'user=bob&to=bob&message=x'
                with_lines 'allow: '
                ask_later 204 "$path" -X OPTIONS "${foreign[@]}" -H 'Access-Control-Request-Method: POST' -H "$given" \
                    -H 'X-HTTP-Method-Override: POST' -d 'user=bob&to=bob&message=x'
            done
            ask_later 405 "$path" -X OPTIONS -H 'Origin: https://evil.example' -H 'Access-Control-Request-Method: POST'
            with_lines '!access-control'
        done
    done
    answered
    [[ $(tokens) == "$had" ]]
}

@test "a page of a listed origin reads what it may: with a login, with a token, events too" {
    token=$(token_of bob)
    for way in "-u bob:bob|stream?wait=0" "-H|stream?wait=0" "|stream/$token?wait=0" "|stream/x"; do
        arguments=("${foreign[@]}")
        case $way in
        -u*) arguments+=(-u bob:bob) ;;
        -H*) arguments+=(-H "$(bearer "$token")") ;;
        esac
        for accept in application/json text/event-stream; do
            ask "${way#*|}" "${arguments[@]}" -H "Accept: $accept"
            [[ $status == 200 || $way == *x ]]
            expect "$status" 'access-control-allow-origin: https://app.example'
            expect "$status" 'access-control-allow-credentials: true'
            expect "$status" 'vary: .*origin'
        done
    done
    ask send-message "${foreign[@]}" -H "$(bearer "$token")" -d to=alice -d message=hello
    expect 200 'access-control-allow-origin: https://app.example'
    ask send-message -H 'Origin: https://evil.example' -H "$(bearer "$token")" -d to=alice -d message=hello
    expect 403
}

@test "no log of the server has a token" {
    token=$(token_of bob)
    ask 'stream?wait=0' -H "$(bearer "$token")"
    expect 200
    ask "stream/$token?wait=0"
    expect 200
    ask get-friends -H "$(bearer "$token")"
    expect 401
    not grep -rqF "$token" "$SITE/log"
}
