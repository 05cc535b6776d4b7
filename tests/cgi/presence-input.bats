# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034,SC2154
# (jq programs, tests as subshells, variables that lib.bash takes and gives)
#
# What nobody should send to `presence`: each gets a problem document that names the field, repeats nothing of
# what was sent, and leaves the spool as it was; and nobody is told anything.

setup() {
    load lib
    spool_new
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=0)
    as bob GET 'stream?wait=0'
    as alice GET 'stream?wait=0'
    as alice POST presence 'show=dnd&status=before'
    expect 200
    ME=alice
    before=$(listing)
    failures=() rows=0
}

listing() {
    find "$SPOOL" -printf '%P %y %i %m %n %s %T@ %l\n'
}

# row STATUS FIELD METHOD TARGET [BODY]: FIELD - when none is to blame.
row() {
    local status=$1 field=$2 fault=''
    shift 2
    rows=$((rows + 1))
    cgi "$@"
    [[ $status_code == "$status" && $exit_code == 0 ]] || fault="wanted $status, got $status_code"
    [[ $(header Content-Type) == application/problem+json ]] || fault+=', no problem document'
    jq -e --argjson status "$status" --arg field "$field" '.status == $status and (.detail | length > 0) and
        (if $field == "-" then has("errors") | not else (.errors | keys == [$field]) end)' <<<"$body" >/dev/null ||
        fault+=", wanted $field: $body"
    [[ $body != *xyzzy* ]] || fault+=', repeats what was sent'
    [[ ! -s $BATS_TEST_TMPDIR/reply.stderr ]] || fault+=", says $(<"$BATS_TEST_TMPDIR/reply.stderr")"
    [[ $(listing) == "$before" ]] || { fault+=', the spool has changed' && before=$(listing); }
    [[ -z $fault ]] || failures+=("${*:1:2} ${3:0:80}: ${fault#, }")
}

json_row() {
    TYPE=application/json row "$1" "$2" POST presence "$3"
}

rows_end() {
    ((rows > 0))
    ((${#failures[@]} == 0)) || { printf '%s\n' "${failures[@]}" >&2 && return 1; }
    grep -q . "$SPOOL/users/alice/presence.json"
}

@test "methods, paths, who asks" {
    local method
    for method in PUT DELETE PATCH HEAD post OPTIONS; do
        row 405 - "$method" presence
        same 'GET, POST' "$(header Allow)"
    done
    row 404 - GET presence/x
    row 404 - POST presence/x show=xa
    row 404 - POST presence/00000000-0000-4000-8000-000000000000 show=xa
    ME='' row 401 - GET presence
    ME='' row 401 - POST presence show=xa
    row 400 - GET 'presence?a=%zz'
    CGI_ENV+=(HTTP_ORIGIN=https://xyzzy.example)
    row 403 - POST presence show=xa
    CGI_ENV[1]=HTTP_SEC_FETCH_SITE=cross-site
    row 403 - POST presence show=xa
    rows_end
}

@test "a token opens it neither in the path nor elsewhere" {
    local token
    as alice POST token
    token=$(field token)
    before=$(listing)
    ME='' row 404 - POST "presence/$token" show=xa
    ME='' row 404 - GET "presence/$token"
    ME='' row 401 - POST "presence?token=$token" "show=xa&token=$token"
    rows_end
}

@test "bodies" {
    local type many
    row 411 - POST presence
    for type in text/plain application/xml multipart/form-data application/jsonx ''; do
        TYPE=$type row 415 - POST presence show=xa
    done
    CGI_ENV+=(SPOOLCHAT_MAX_BODY=20)
    row 413 - POST presence 'status=12345678901234'
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=0 CONTENT_LENGTH=100)
    row 400 - POST presence show=xa
    CGI_ENV[1]=CONTENT_LENGTH=1x
    row 400 - POST presence show=xa
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=0)
    for type in status=%zz status=%00 status=%ff status=a%c3 %=1; do
        row 400 body POST presence "$type"
    done
    printf -v many 'a=%.0s&' {1..1025}
    row 400 body POST presence "${many}show=xa"
    rows_end
}

@test "forms" {
    local value
    for value in '' xyzzy=1 Show=xa 'show[]=xa' available= thread_id= entity=bob type=presence; do
        row 400 body POST presence "$value"
    done
    for value in xyzzy Away AWAY away%20 +away null online offline 0 away,chat; do
        row 400 show POST presence "show=$value"
        row 400 show POST presence "show=$value&status=x&available=1"
    done
    for value in xyzzy yes no True FALSE 2 -1 01 true%20 null; do
        row 400 available POST presence "available=$value"
        row 400 available POST presence "show=xa&available=$value"
    done
    printf -v value '%1025s' ''
    row 400 status POST presence "status=${value// /x}"
    row 400 status POST presence "status=${value// /%C3%A4}&show=xa"
    row 400 status POST presence "status=${value// /%01}"
    printf -v value '%50000s' ''
    row 400 status POST presence "status=${value// /x}"
    for value in 00000000-0000-4000-8000-000000000000 xyzzy .. ../../users/bob %2e%2e / 1; do
        row 404 - POST presence "thread_id=$value"
        row 404 - POST presence "thread=$value&available=false"
        row 404 - POST presence "thread_id=$value&show=xa&status=x"
    done
    rows_end
}

@test "stanzas" {
    local value deep
    for value in '' '{' '{"type":"presence","presence":{}}x' '{"type":"presence","type":"presence","presence":{}}' \
        '{"type":"presence","presence":{"status":"\ud800"}}' '{"type":"presence","presence":{"status":"\u0000"}}' \
        '{"type":"presence","presence":{"show":"xa",}}' '{"type":"presence","presence":{"a":01}}' '[]' '"presence"' \
        null '[{"type":"presence","presence":{}}]'; do
        json_row 400 body "$value"
    done
    for value in '{}' '{"presence":{}}' '{"type":"message","presence":{}}' '{"type":"Presence","presence":{}}' \
        '{"type":["presence"],"presence":{}}' '{"type":null,"presence":{}}' '{"type":"xyzzy","presence":{}}'; do
        json_row 400 type "$value"
    done
    for value in null '"xyzzy"' 1 true '[]' '[{},{}]' '[null]' '[[{}]]' '["xyzzy"]' '[{"show":"xa"},{"show":"dnd"}]'; do
        json_row 400 presence "{\"type\":\"presence\",\"presence\":$value}"
    done
    json_row 400 presence '{"type":"presence"}'
    for value in '"xyzzy"' '"Away"' '" away"' '"away\n"' '["away"]' true 1 '{}'; do
        json_row 400 show "{\"type\":\"presence\",\"presence\":{\"show\":$value}}"
    done
    for value in 1 true '["xyzzy"]' '{}'; do
        json_row 400 status "{\"type\":\"presence\",\"presence\":{\"status\":$value}}"
    done
    for value in '"true"' '"xyzzy"' 1 0 '[]' '{}' '""'; do
        json_row 400 available "{\"type\":\"presence\",\"presence\":{\"available\":$value}}"
    done
    for value in 1 true '["xyzzy"]' '{}'; do
        json_row 400 thread "{\"type\":\"presence\",\"presence\":{\"thread\":$value}}"
    done
    printf -v value '%1025s' ''
    json_row 400 status "{\"type\":\"presence\",\"presence\":{\"status\":\"${value// /x}\"}}"
    json_row 400 status "{\"type\":\"presence\",\"presence\":{\"status\":\"${value// /\\u00e4}\"}}"
    printf -v value '%60000s' ''
    json_row 400 status "{\"type\":\"presence\",\"presence\":{\"status\":\"$value\"}}"
    json_row 400 body "{\"type\":\"presence\",\"presence\":{\"xyzzy\":\"$value\"}}"
    printf -v value '"xyzzy%d":0,' {1..30}
    json_row 400 body "{\"type\":\"presence\",\"presence\":{$value\"a\":0}}"
    deep='[[[[[[[[[[[[]]]]]]]]]]]]'
    json_row 400 body "{\"type\":\"presence\",\"presence\":{\"a\":$deep}}"
    json_row 400 body "{\"type\":\"presence\",\"presence\":{\"a\":$deep$deep}}"
    for value in 00000000-0000-4000-8000-000000000000 xyzzy ../../users/bob; do
        json_row 404 - "{\"type\":\"presence\",\"presence\":{\"thread\":\"$value\",\"available\":false}}"
    done
    rows_end
}
