# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154
# (JSON, tests as subshells, variables that lib.bash takes and gives)
#
# What nobody should send to members, rooms and, for rooms, start-session. For every row the reply must be
# a problem document with that status that repeats nothing of what came, with the field to blame where one
# is named; nothing on stderr; and the spool must lie there as before.
#
#   row STATUS FIELD METHOD TARGET [BODY]      FIELD is - where none is to blame; $type is the body's

setup() {
    load lib
    spool_new alice bob carol dave
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=0 SPOOLCHAT_SYNC=no)
    for ME in alice bob carol dave; do
        cgi GET rooms
    done
    ME=alice
    thread_of alice bob
    pair=$thread
    as alice POST start-session 'subject=tea&user=bob'
    closed=$(field thread_id)
    as alice POST start-session 'open=1&user=bob'
    room=$(field thread_id)
    as alice POST token
    token=$(field token)
    type=application/x-www-form-urlencoded
    failures=() rows=0
}

listing() {
    find "$SPOOL" -printf '%P %y %i %m %n %s %T@ %l\n'
}

row() {
    local status=$1 named=$2 TYPE=$type before what="${*:3}"
    rows=$((rows + 1))
    before=$(listing)
    cgi "${@:3}"
    [[ $status_code == "$status" && $exit_code == 0 ]] || failures+=("$what: wanted $status, got $status_code")
    [[ $(listing) == "$before" ]] || failures+=("$what: the spool has changed")
    [[ ! -s $BATS_TEST_TMPDIR/reply.stderr ]] || failures+=("$what: $(<"$BATS_TEST_TMPDIR/reply.stderr")")
    [[ $body != *xyzzy* ]] || failures+=("$what: repeats what came")
    [[ $(header Content-Type) == application/problem+json && $(header X-Content-Type-Options) == nosniff &&
        $(header Cache-Control) == no-store && $(header Content-Length) == "${#body}" ]] ||
        failures+=("$what: $headers")
    # What jq would say, without one for every row.
    case $named in
    -) [[ $body == '{"type":"about:blank","title":"'*'","status":'"$status"',"detail":"'*'"}'* && $body != *errors* ]] ;;
    *) [[ $body == *',"errors":{"'"$named"'":["'*'"]}}'* ]] ;;
    esac || failures+=("$what: $body")
}

rows_end() {
    ((rows > 0))
    ((${#failures[@]} == 0)) || { printf '%s\n' "${failures[@]}" >&2 && return 1; }
}

@test "methods, logins, addresses" {
    local method path
    for method in PUT DELETE HEAD PATCH OPTIONS get ''; do
        row 405 - "$method" "members/$room"
        row 405 - "$method" rooms
    done
    row 405 - POST rooms x=y
    for path in '' / /xyzzy "/${room}x" "/$room/" "/${room^^}" "/$room/alice" /.. /%2e%2e "//$room" \
        /00000000-0000-4000-8000-000000000000 "/$token" "/../$room" "/.$room"; do
        row 404 - GET "members$path"
        row 404 - POST "members$path" 'user=alice&role=none'
    done
    for path in / /xyzzy "/$room" "/$token"; do
        [[ $path == / ]] || row 404 - GET "rooms$path"
    done
    ME=''
    row 401 - GET "members/$room"
    row 401 - POST "members/$room" 'user=alice&role=none'
    row 401 - GET rooms
    # A token opens neither.
    row 401 - GET "members/$token"
    ME=dave
    row 404 - GET "members/$room"
    row 404 - GET "members/$closed"
    row 404 - GET "members/$pair"
    rows_end
}

@test "queries" {
    local text long
    printf -v long '%201s' ''
    for text in x -1 1.5 '' 1x 0x10 +1 1e3 9999999999 ' 1'; do
        row 400 limit GET "members/$room?limit=$(form_encode "$text")"
        row 400 limit GET "rooms?limit=$(form_encode "$text")"
    done
    for text in xyzzy carol "${long// /x}" $'a\nb' "$room"; do
        row 400 after GET "members/$room?after=$(form_encode "$text")"
    done
    for text in xyzzy "${room}x" "${room^^}" ../.. .; do
        row 400 after GET "rooms?after=$(form_encode "$text")"
    done
    for text in '%zz' '%00' '%ff' '%' 'a=%f'; do
        row 400 - GET "members/$room?$text"
        row 400 - GET "rooms?$text"
        row 400 - POST "members/$room?$text" 'user=carol&role=guest'
    done
    rows_end
}

@test "members: forms" {
    local text long
    printf -v long '%201s' ''
    for text in '' role=guest 'user=&role=guest' Role=guest 'usr=carol&role=guest' "${long// /x}=1"; do
        row 400 user POST "members/$room" "$text"
    done
    for text in "user=${long// /x}" user=%0A user=a%1Fb "user=${long// /%C3%BC}"; do
        row 400 user POST "members/$room" "$text&role=guest"
    done
    for text in user=carol 'user=carol&role=' 'user=carol&role=xyzzy' 'user=carol&role=Guest' \
        'user=carol&role=guest+' 'user=carol&role=member' "user=carol&role=${long// /x}" 'user=carol&role=guest%0A'; do
        row 400 role POST "members/$room" "$text"
    done
    for text in 'user=%zz&role=guest' 'user=%ff&role=guest' 'user=a%00&role=guest' 'user=carol&role=guest&%'; do
        row 400 body POST "members/$room" "$text"
    done
    for text in 'user=xyzzy' 'user=..' 'user=%2E%2E%2Falice' 'user=alice%2Fthreads'; do
        row 403 - POST "members/$room" "$text&role=guest"
    done
    CGI_ENV+=(SPOOLCHAT_MAX_BODY=10)
    row 413 - POST "members/$room" 'user=carol&role=guest'
    CGI_ENV+=(CONTENT_LENGTH=x)
    row 400 - POST "members/$room" 'user=carol&role=guest'
    rows_end
}

@test "members: JSON, and other types" {
    local text
    type=application/json
    for text in '' '{' '[]x' '{"user":"carol","user":"bob","role":"guest"}' '{"user":"\ud800","role":"guest"}' \
        '{"user":"\u0000","role":"guest"}' "{'user':1}" $'\xff' '{"user":"carol","role":"guest",}'; do
        row 400 body POST "members/$room" "$text"
    done
    for text in '{}' '[]' '"carol"' 1 null '{"user":null,"role":"guest"}' '{"user":1,"role":"guest"}' \
        '{"user":["carol"],"role":"guest"}' '{"user":{"id":"carol"},"role":"guest"}' '{"user":"","role":"guest"}' \
        '{"user":"a\nb","role":"guest"}' '{"role":"guest"}'; do
        row 400 user POST "members/$room" "$text"
    done
    for text in '{"user":"carol"}' '{"user":"carol","role":null}' '{"user":"carol","role":true}' \
        '{"user":"carol","role":["guest"]}' '{"user":"carol","role":"xyzzy"}' \
        '{"user":"carol","role":"guestguestguestguest"}' '{"user":"carol","role":""}'; do
        row 400 role POST "members/$room" "$text"
    done
    for type in text/plain multipart/form-data '' application/jsonp; do
        row 415 - POST "members/$room" '{"user":"carol","role":"guest"}'
    done
    rows_end
}

@test "a foreign site" {
    CGI_ENV+=(HTTP_ORIGIN=https://evil.example)
    row 403 - POST "members/$room" 'user=alice&role=none'
    CGI_ENV+=(HTTP_ORIGIN=https://chat.example HTTP_SEC_FETCH_SITE=cross-site)
    row 403 - POST "members/$room" 'user=alice&role=none'
    rows_end
}

@test "start-session: rooms" {
    local text
    for text in open=xyzzy open=yes open=TRUE open=2 open=1+ open=on; do
        row 400 open POST start-session "user=bob&$text"
    done
    for text in 'open=1&history=xyzzy' 'subject=x&history=Open' 'open=1&history=true' 'user=bob&history=open' \
        'user=bob&history=joined' 'user=bob&open=0&history=open'; do
        row 400 history POST start-session "$text"
    done
    for text in '' open=0 open=false subject= 'open=&subject='; do
        row 400 user POST start-session "$text"
    done
    row 403 - POST start-session 'open=1&user=xyzzy'
    row 403 - POST start-session 'open=1&user=alice'
    type=application/json
    for text in '"true"' 1 0 '[]' '{}' '"open"'; do
        row 400 open POST start-session "{\"user\":\"bob\",\"open\":$text}"
    done
    for text in true 1 '"xyzzy"' '["open"]' '"openopenopenopenopen"'; do
        row 400 history POST start-session "{\"subject\":\"x\",\"history\":$text}"
    done
    row 400 history POST start-session '{"user":"bob","history":"open"}'
    row 400 user POST start-session '{"open":false}'
    row 400 user POST start-session '{"open":null}'
    row 400 subject POST start-session '{"open":true,"subject":[]}'
    CGI_ENV+=(SPOOLCHAT_MAX_MEMBERS=1)
    row 400 user POST start-session '{"open":true,"user":"bob"}'
    rows_end
}
