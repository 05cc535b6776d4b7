# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034,SC2154
# (jq programs, tests as subshells, variables that lib.bash and endpoints.bash take and give)
#
# What endpoints promise together, without a web server.

setup() {
    load lib
    load endpoints
    endpoints_begin
}

teardown() {
    cgi_end
}

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
