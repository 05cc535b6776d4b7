#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# check: waits
# servers: all
#
# Files through a real web server: the bytes, and the conditions under which they come, pass unchanged.

load lib

setup_file() {
    site_start
    THREAD=$(as alice curl --fail -d user=bob "$BASE/start-session" | jq -r .thread_id)
    head -c 3000001 /dev/urandom >"$SITE/picture"
    as alice curl --fail --data-binary "@$SITE/picture" --header 'Content-Type: image/png' \
        "$BASE/attachment/$THREAD?name=Gr%C3%BC%C3%9Fe.png" >"$SITE/attachment"
    URL=$BASE/$(jq -r .attachment.url "$SITE/attachment")
    export THREAD URL
}

teardown_file() {
    site_stop
}

setup() {
    # bats follows each command of each function, which takes longer than the commands.
    set +T
    got=$BATS_TEST_TMPDIR/got
    ETAG=\"$(sha256sum <"$SITE/picture" | cut -d ' ' -f 1)\"
}

# get USER CURL-ARGUMENTS...: the file; its status in $status, its head in $got.head.
get() {
    local user=$1
    shift
    status=$(as "$user" curl -o "$got" -D "$got.head" -w '%{http_code}' "$@" "$URL")
}

head_has() {
    tr -d '\r' <"$got.head" | grep -qix "$1" || { cat "$got.head" && return 1; }
}

# Apache from 2.4.59 on takes no program's word for it, and sends chunks, unless ap_trust_cgilike_cl is set.
length_is() {
    [[ $SERVER == apache* ]] || head_has "content-length: $1"
}

@test "3 MB up and down again" {
    jq -e '.attachment.fileSize == 3000001 and .attachment.displayName == "Grüße.png"' "$SITE/attachment"
    get bob
    [[ $status == 200 ]]
    cmp "$got" "$SITE/picture"
    head_has 'content-type: image/png'
    length_is 3000001
    head_has "etag: $ETAG"
    head_has 'x-content-type-options: nosniff'
    head_has "content-security-policy: default-src 'none'; sandbox"
    head_has 'cache-control: private, no-cache'
    head_has "content-disposition: inline; filename=\"Gr__e.png\"; filename\*=UTF-8''Gr%C3%BC%C3%9Fe.png"
}

@test "over HTTP/1.0" {
    get bob --http1.0
    [[ $status == 200 ]]
    cmp "$got" "$SITE/picture"
}

@test "only its head" {
    get bob --head
    [[ $status == 200 ]]
    length_is 3000001
    head_has "etag: $ETAG"
}

@test "a part of it" {
    get bob --range 1000000-1999999
    [[ $status == 206 ]]
    head_has 'content-range: bytes 1000000-1999999/3000001'
    length_is 1000000
    cmp "$got" <(tail -c +1000001 "$SITE/picture" | head -c 1000000)
    get bob --range -1
    [[ $status == 206 ]]
    head_has 'content-range: bytes 3000000-3000000/3000001'
    get bob --range 0-0 --header "If-Range: $ETAG"
    [[ $status == 206 ]]
    get bob --range 0-0 --header 'If-Range: "another"'
    [[ $status == 200 ]]
    cmp "$got" "$SITE/picture"
    get bob --range 3000001-
    [[ $status == 416 ]]
    head_has 'content-range: bytes \*/3000001'
}

@test "a download that broke off goes on" {
    head -c 1234567 "$SITE/picture" >"$got"
    as bob curl --fail --continue-at - -o "$got" "$URL"
    cmp "$got" "$SITE/picture"
}

@test "not again what the client has" {
    get bob --header "If-None-Match: $ETAG"
    [[ $status == 304 && ! -s $got ]]
    head_has "etag: $ETAG"
    get bob --header 'If-None-Match: "another"'
    [[ $status == 200 ]]
}

@test "for members, who are logged in" {
    get carol
    [[ $status == 404 ]]
    status=$(curl -sS -o "$got" -w '%{http_code}' "$URL")
    [[ $status == 401 ]]
}

@test "more than may be, and what is no file" {
    status=$(head -c 10485761 /dev/zero | as alice curl -o "$got" -w '%{http_code}' --data-binary @- \
        --header 'Content-Type: a/b' "$BASE/attachment/$THREAD?name=x")
    [[ $status == 413 ]]
    status=$(as alice curl -o "$got" -w '%{http_code}' --form "file=@$SITE/picture" "$BASE/attachment/$THREAD?name=x")
    [[ $status == 415 ]]
    jq -e '.detail | test("bytes")' "$got"
    [[ -z $(find "$SPOOL" -name '.?*') ]]
}

# Apache ends a program whose client is gone.
@test "an upload that breaks off leaves nothing" {
    local host=${BASE#http://} basic
    host=${host%%/*}
    basic=$(printf alice:alice | base64)
    for _ in 1 2 3; do
        exec {connection}<>"/dev/tcp/${host%:*}/${host#*:}"
        printf '%s\r\n' "POST /nereid-chat/attachment/$THREAD?name=x HTTP/1.1" "Host: $host" "Authorization: Basic $basic" \
            'Content-Type: a/b' 'Content-Length: 3000001' '' >&"$connection"
        head -c 2000000 "$SITE/picture" >&"$connection"
        # Those who pass a body on as it comes have begun; the others wait for all of it.
        [[ $SERVER != apache* ]] || eventually 10 draft
        exec {connection}>&-
        eventually 10 not draft
    done
}

draft() {
    [[ -n $(find "$SPOOL/threads" -path '*/files/.*') ]]
}
