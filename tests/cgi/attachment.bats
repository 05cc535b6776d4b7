# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034,SC2154
# (jq programs, tests as subshells, variables that lib.bash takes and gives)
#
# Files in threads: what the endpoint promises in the comment that opens its file, what it refuses, what it
# leaves on the disk, and what the agent makes of that.

setup() {
    load lib
    spool_new
    CGI_ENV=(SPOOLCHAT_SYNC=no)
    thread_of alice bob
    folder=$SPOOL/threads/$thread/files
    within=
    file=$BATS_TEST_TMPDIR/file
}

teardown() {
    cgi_end
}

# put USER NAME FILE [TYPE]: its bytes into $thread; the new one's id in $id. $within: a command in front.
put() {
    local ME=$1 TYPE=${4-application/octet-stream} env program input
    cgi_request POST "attachment/$thread?name=$(form_encode "$2")" ''
    env+=(CONTENT_LENGTH="$(stat -c %s "$3")")
    exit_code=0
    "$launch" -t 60 "${env[@]}" $within "$program" <"$3" >"$BATS_TEST_TMPDIR/reply" \
        2>"$BATS_TEST_TMPDIR/reply.stderr" || exit_code=$?
    cgi_reply "$BATS_TEST_TMPDIR/reply"
    cgi_sane "$BATS_TEST_TMPDIR/reply.stderr"
    id=$(field id) || true
}

# get USER [NAME=value...]: the attachment $id.
get() {
    local user=$1
    shift
    local CGI_ENV=("$@")
    as "$user" GET "attachment/$thread/$id"
}

# The bytes of the last reply.
bytes() {
    LC_ALL=C sed '1,/^\r$/d' "$BATS_TEST_TMPDIR/reply"
}

# holds FILES ENTRIES: so many files (and their objects) are there, counted so often, and nothing else.
holds() {
    same "$1 files, $1 objects, $2 entries, 0 drafts" \
        "$(find "$folder" -type f -name '[0-9a-f]*' ! -name '*.json' | wc -l) files, $(
            find "$folder" -name '*.json' | wc -l) objects, $(
            find "$SPOOL"/users/*/files -type f 2>/dev/null | wc -l) entries, $(
            find "$SPOOL" -name '.?*' | wc -l) drafts"
}

fill() {
    head -c "$1" /dev/urandom >"$file"
}

once() {
    local said
    said=$(env "$@" SPOOLCHAT_SPOOL="$SPOOL" SPOOLCHAT_TEST_CLOCK="$CLOCK" "$BIN/bin/spoolchat" \
        agent --once 2>&1) || { echo "$said" >&2 && return 1; }
    same '' "$said"
}

# ---- Putting and getting -----------------------------------------------------------------------

@test "what is put is got" {
    fill 3000001
    say alice "$thread" 'a first message'
    put alice 'Picture of me.png' "$file" image/png
    expect 200 --arg id "$id" --arg thread "$thread" --arg digest "$(sha256sum <"$file" | cut -d ' ' -f 1)" \
        '.success == true and (.attachment | del(.published) == {
            objectType: "image", id: $id, displayName: "Picture of me.png", mimeType: "image/png",
            fileSize: 3000001, url: "attachment/\($thread)/\($id)", digest: $digest,
            author: {objectType: "person", id: "alice"}, seq: 1} and
            (.published | test("^[0-9-]{10}T[0-9:]{8}\\.[0-9]{6}Z$")))'
    [[ $id =~ ^[0-9a-f-]{36}$ ]]
    same "$(command jq -c .attachment <<<"$body")" "$(<"$folder/$id.json")"
    cmp "$file" "$folder/$id"
    [[ $folder/$id -ef $SPOOL/users/alice/files/$id ]]
    holds 1 1
    for who in alice bob; do
        get "$who"
        expect 200
        bytes | cmp - "$file"
        same image/png "$(header Content-Type)"
        same 3000001 "$(header Content-Length)"
        same "inline; filename=\"Picture of me.png\"; filename*=UTF-8''Picture%20of%20me.png" \
            "$(header Content-Disposition)"
        same "default-src 'none'; sandbox" "$(header Content-Security-Policy)"
        same nosniff "$(header X-Content-Type-Options)"
        same 'private, no-cache' "$(header Cache-Control)"
        same same-origin "$(header Cross-Origin-Resource-Policy)"
        same bytes "$(header Accept-Ranges)"
        same "\"$(sha256sum <"$file" | cut -d ' ' -f 1)\"" "$(header ETag)"
    done
    before=${headers/Status: 200 OK/}
    as bob HEAD "attachment/$thread/$id"
    expect 200
    same '' "$body"
    same "$before" "${headers/Status: 200 OK/}"
}

@test "files of every size around a piece" {
    for size in 0 1 4095 4096 4097 65535 65536 65537 131072; do
        fill "$size"
        put bob x "$file"
        expect 200 ".attachment.fileSize == $size"
        get alice
        expect 200
        bytes | cmp - "$file"
    done
    holds 9 9
}

@test "only four kinds of picture are shown in place" {
    fill 10
    while read -r type kind where; do
        put alice x.y "$file" "$type"
        expect 200 --arg kind "$kind" '.attachment.objectType == $kind'
        get bob
        expect 200
        same "${type,,}" "$(header Content-Type)"
        same "$where; filename=\"x.y\"; filename*=UTF-8''x.y" "$(header Content-Disposition)"
        same "default-src 'none'; sandbox" "$(header Content-Security-Policy)"
    done <<'EOF'
image/PNG image inline
image/jpeg image inline
image/gif image inline
image/webp image inline
image/svg+xml image attachment
text/html file attachment
application/pdf file attachment
audio/ogg audio attachment
video/mp4 video attachment
EOF
    CGI_ENV+=(CONTENT_TYPE=)
    put alice x "$file"
    expect 200 '.attachment.mimeType == "application/octet-stream"'
}

@test "the name is the file's own, in both its forms" {
    fill 10
    put alice $'C:\\photos/Z\xc3\xbcrich "50 %".jpg' "$file"
    expect 200 '.attachment.displayName == "Zürich \"50 %\".jpg"'
    get bob
    same "attachment; filename=\"Z_rich _50 __.jpg\"; filename*=UTF-8''Z%C3%BCrich%20%2250%20%25%22.jpg" \
        "$(header Content-Disposition)"
    printf -v long '%252s' ''
    put alice "${long// /€}" "$file"
    expect 400
    put alice "${long// /%}ab." "$file"
    expect 200
    get bob "SPOOLCHAT_ALLOW_ORIGIN=https://app.example" HTTP_ORIGIN=https://app.example
    expect 200
    [[ $(header Content-Disposition) == *"%25%25ab." ]]
}

@test "a part of it" {
    printf 0123456789 >"$file"
    put alice x "$file"
    etag=\"$(sha256sum <"$file" | cut -d ' ' -f 1)\"
    while IFS='|' read -r range if status content what; do
        get bob HTTP_RANGE="$range" HTTP_IF_RANGE="${if//ETAG/$etag}"
        expect "$status"
        same "$content" "$(header Content-Range)"
        [[ $status == 416 ]] || same "$what" "$body"
        [[ $status == 416 ]] || same ${#what} "$(header Content-Length)"
    done <<'EOF'
bytes=2-4||206|bytes 2-4/10|234
bytes=8-||206|bytes 8-9/10|89
bytes=-1||206|bytes 9-9/10|9
bytes=0-99||206|bytes 0-9/10|0123456789
bytes=10-||416|bytes */10|
bytes=-0||416|bytes */10|
bytes=1-2,4-5||200||0123456789
bytes=5-4||200||0123456789
xyzzy||200||0123456789
bytes=2-4|ETAG|206|bytes 2-4/10|234
bytes=2-4|W/ETAG|200||0123456789
bytes=2-4|"xyzzy"|200||0123456789
bytes=2-4|Sat, 29 Oct 1994 19:43:31 GMT|200||0123456789
bytes=10-|"xyzzy"|200||0123456789
EOF
    CGI_ENV=(HTTP_RANGE=bytes=2-4)
    as bob HEAD "attachment/$thread/$id"
    expect 200
    same 10 "$(header Content-Length)"
}

@test "a part of a file of several pieces" {
    fill 300000
    put alice x "$file"
    get bob HTTP_RANGE=bytes=65000-200000
    expect 206
    bytes | cmp - <(tail -c +65001 "$file" | head -c 135001)
}

@test "not again what the client has" {
    fill 100
    put alice x "$file"
    get bob
    etag=$(header ETag)
    for tag in "$etag" "W/$etag" "\"x\", $etag" '*'; do
        get bob HTTP_IF_NONE_MATCH="$tag" HTTP_RANGE=bytes=0-1
        expect 304
        same '' "$body"
        same "$etag" "$(header ETag)"
        same '' "$(header Content-Length)$(header Content-Type)"
        same '' "$(header Vary)"
    done
    get bob HTTP_IF_NONE_MATCH="$etag" SPOOLCHAT_ALLOW_ORIGIN=https://other.example
    same Origin "$(header Vary)"
    get bob HTTP_IF_NONE_MATCH='"x"'
    expect 200
    # Who may not have it does not learn that they have it already.
    get carol HTTP_IF_NONE_MATCH="$etag"
    expect 404
}

@test "pages of other origins may use it if they are listed" {
    fill 100
    put alice x "$file"
    get bob SPOOLCHAT_ALLOW_ORIGIN=https://app.example HTTP_ORIGIN=https://app.example
    same cross-origin "$(header Cross-Origin-Resource-Policy)"
    same https://app.example "$(header Access-Control-Allow-Origin)"
    same Origin "$(header Vary)"
    get bob HTTP_ORIGIN=https://evil.example
    same same-origin "$(header Cross-Origin-Resource-Policy)"
    same '' "$(header Access-Control-Allow-Origin)"
    CGI_ENV=(HTTP_ORIGIN=https://evil.example)
    put alice x "$file"
    expect 403
    holds 1 1
}

@test "it is for members, from when they joined on" {
    fill 100
    say alice "$thread" one
    say alice "$thread" two
    put alice x "$file"
    expect 200 '.attachment.seq == 2'
    get carol
    expect 404
    unknown=$body
    as carol GET "attachment/00000000-0000-4000-8000-000000000000/$id"
    expect 404
    same "$unknown" "$body"
    as '' GET "attachment/$thread/$id"
    expect 401
    # Whoever joined when the second was there sees the third, which may be about the file.
    echo 0000000002 >"$SPOOL/users/carol/threads/$thread"
    get carol
    expect 200
    echo 0000000003 >"$SPOOL/users/carol/threads/$thread"
    get carol
    expect 404
    rm "$SPOOL/users/carol/threads/$thread"
    get carol
    expect 404
    same "$unknown" "$body"
}

@test "what a client says about attachments in a message is data" {
    fill 100
    put alice x "$file"
    attachment=$(json -c .attachment)
    TYPE=application/json as alice POST send-message \
        "{\"type\":\"message\",\"message\":{\"thread\":\"$thread\",\"attachments\":[$attachment,{\"url\":\"x\"}]}}"
    expect 200
    as bob GET 'stream?wait=0&since=0-0'
    expect 200 --argjson one "$attachment" \
        '[.stanzas[] | select(.type == "message").message.attachments] == [[$one, {url: "x"}]]'
}

@test "constant memory: 50 MB put and got in 8" {
    [[ $BIN != *asan* ]] || skip 'the sanitizers take memory of their own'
    head -c 52428800 /dev/zero >"$file"
    CGI_ENV+=(SPOOLCHAT_MAX_ATTACHMENT=0)
    within='prlimit --as=8388608'
    put alice zeros "$file"
    expect 200 '.attachment.fileSize == 52428800'
    local env program input ME=bob
    cgi_request GET "attachment/$thread/$id"
    "$launch" "${env[@]}" $within "$program" </dev/null | LC_ALL=C sed '1,/^\r$/d' | cmp - "$file"
}

# ---- What it refuses ---------------------------------------------------------------------------

# Without the times of folders: a draft may have come and gone.
listing() {
    find "$SPOOL" -type d -printf '%P %y %i %m %n\n' -o -printf '%P %y %i %m %n %s %T@ %l\n'
}

# row STATUS WHAT METHOD TARGET [NAME=value...]: such a request with a body of ten bytes gets a problem document
# of that status, that repeats nothing of it; and the spool lies there as before.
row() {
    local status=$1 what=$2 method=$3 target=$4 wrong='' line
    shift 4
    CGI_ENV=("CONTENT_TYPE=image/png" "$@")
    as alice "$method" "$target" 0123456789
    [[ $status_code == "$status" && $exit_code == 0 ]] || wrong+=" got $status_code, exit status $exit_code: $body"
    [[ $(header Content-Type) == application/problem+json && $(header Cache-Control) == no-store ]] ||
        wrong+=" head: $headers"
    [[ $body == *"\"status\":$status,"* && $body != *xyzzy* ]] || wrong+=" body: $body"
    [[ $status != 405 || $(header Allow) == 'GET, HEAD, POST' ]] || wrong+=" Allow: $(header Allow)"
    [[ $status != 4?? || ! -s $BATS_TEST_TMPDIR/reply.stderr ]] || wrong+=" says $(<"$BATS_TEST_TMPDIR/reply.stderr")"
    [[ $(listing) == "$before" ]] || wrong+=" the spool has changed"
    [[ -z $wrong ]] || failures+=("$what:$wrong")
}

rows_begin() {
    failures=()
    as alice GET get-friends
    before=$(listing)
}

rows_end() {
    ((${#failures[@]} == 0)) || { printf '%s\n' "${failures[@]}" >&2 && return 1; }
}

@test "bad input: methods and places" {
    local method path long
    printf 0123456789 >"$file"
    put alice x "$file"
    thread_of bob carol
    other=$thread
    thread_of alice bob
    rows_begin
    for method in PUT DELETE PATCH TRACE OPTIONS get Post '' 'GET, POST'; do
        row 405 "method '$method'" "$method" "attachment/$thread?name=x"
    done
    printf -v long '%5000s' ''
    for path in '' / // x .. ../.. "$thread/" "$thread/x" "$thread/$id" "$thread//" "$other" "${thread^^}" "$thread " \
        "x$thread" "$thread"$'\n' "${thread%?}" "${thread}0" 00000000-0000-4000-8000-000000000000 "../threads/$thread" \
        "../users" "${long// /a}" $'\xff' %2e%2e "$thread%00"; do
        row 404 "POST ${path:0:80}" POST 'attachment?name=x' "PATH_INFO=/$path"
    done
    for path in '' / "$thread" "$thread/" "$thread//" "$thread/x" "$thread/.." "$thread/../members" "$thread/$id/" \
        "$thread/$id.json" "$thread/.$id" "$thread/${id^^}" "$thread/$id " "$thread//$id" "$other/$id" "$thread/$thread" \
        "../$thread/$id" "$thread/00000000-0000-4000-8000-000000000000" "$thread/${long// /0}" "$thread/$id"$'\xff'; do
        row 404 "GET ${path:0:80}" GET attachment "PATH_INFO=/$path"
    done
    row 401 'nobody' POST "attachment/$thread?name=x" REMOTE_USER=
    row 401 'nobody, getting' GET "attachment/$thread/$id" REMOTE_USER=
    row 403 'a foreign site' POST "attachment/$thread?name=x" HTTP_ORIGIN=https://evil.example
    row 403 'a foreign site that says so' POST "attachment/$thread?name=x" HTTP_SEC_FETCH_SITE=cross-site
    rows_end
}

@test "bad input: names" {
    local name long
    rows_begin
    printf -v long '%256s' ''
    row 400 'no query' POST "attachment/$thread"
    for name in '' . .. / a/ %2f.. %5c %0a a%0db %00 %1b %7f %c2%85 %e2%80%aegnp.exe %e2%81%a6 %ff %c0%af %zz % a%0 \
        "${long// /x}"; do
        row 400 "name=${name:0:40}" POST "attachment/$thread?name=$name"
    done
    row 400 'another field' POST "attachment/$thread?filename=x"
    row 400 'the first counts' POST "attachment/$thread?name=&name=x"
    rows_end
    CGI_ENV=(CONTENT_TYPE=a/b)
    as alice POST "attachment/$thread?name=.." x
    expect 400 '.errors | keys == ["name"]'
}

@test "bad input: types and lengths" {
    local type length
    printf 0123456789 >"$file"
    put alice x "$file" # makes what is made the first time
    rows_begin
    for type in xyzzy text/ /plain 'text/plain, a/b' 'text/plain;x' 'text/plain;charset=' $'text/plain\xff' '*' 'a b/c' \
        'a/b;c="' ' '; do
        row 400 "type '$type'" POST "attachment/$thread?name=x" "CONTENT_TYPE=$type"
    done
    for type in multipart/form-data 'multipart/form-data; boundary=xyzzy' application/x-www-form-urlencoded \
        'Multipart/Form-Data;boundary="b"'; do
        row 415 "type '$type'" POST "attachment/$thread?name=x" "CONTENT_TYPE=$type"
    done
    row 411 'no length' POST "attachment/$thread?name=x" CONTENT_LENGTH=
    for length in x -1 +1 1.0 0x1 ' 1' '1 ' 1,1 ١; do
        row 400 "length '$length'" POST "attachment/$thread?name=x" "CONTENT_LENGTH=$length"
    done
    row 400 'short' POST "attachment/$thread?name=x" CONTENT_LENGTH=11
    row 400 'far too short' POST "attachment/$thread?name=x" CONTENT_LENGTH=10000000
    for length in 10485761 99999999999999999999999999; do
        row 413 "length $length" POST "attachment/$thread?name=x" "CONTENT_LENGTH=$length"
    done
    row 413 'longer than may be' POST "attachment/$thread?name=x" SPOOLCHAT_MAX_ATTACHMENT=9
    row 413 'longer than can be' POST "attachment/$thread?name=x" SPOOLCHAT_MAX_ATTACHMENT=0 \
        CONTENT_LENGTH=18446744073709551616
    row 507 'more than the user may have' POST "attachment/$thread?name=x" SPOOLCHAT_USER_BYTES=9
    rows_end
    CGI_ENV=(SPOOLCHAT_MAX_ATTACHMENT=10 SPOOLCHAT_USER_BYTES=20 CONTENT_TYPE=a/b)
    as alice POST "attachment/$thread?name=x" 0123456789
    expect 200
    CGI_ENV=(CONTENT_TYPE=bad)
    as alice POST "attachment/$thread?name=x" 0123456789
    expect 400 '.errors | keys == ["type"]'
}

# until_draft SIZE: an upload is under way and so far.
until_draft() {
    eventually 10 draft_has "$1"
}

draft_has() {
    [[ -n $(find "$folder" -name '.?*' -size "$1"c) ]]
}

@test "a body that does not come" {
    local env program input ME=alice TYPE=a/b pipe=$BATS_TEST_TMPDIR/pipe
    cgi_request POST "attachment/$thread?name=x" ''
    env+=(CONTENT_LENGTH=100000)
    mkfifo "$pipe"
    exec {hold}<>"$pipe"
    head -c 20000 /dev/zero >&"$hold"
    "$launch" -t 20 "${env[@]}" "$program" <"$pipe" >"$BATS_TEST_TMPDIR/reply"
    cgi_reply "$BATS_TEST_TMPDIR/reply"
    same 408 "$status_code"
    holds 0 0
    exec {hold}>&-
}

@test "a body that comes slowly" {
    [[ $BIN != *asan* ]] || skip 'the sanitizers make system calls of their own'
    local env program input ME=alice TYPE=a/b
    head -c 100000 /dev/zero >"$file"
    cgi_request POST "attachment/$thread?name=x" ''
    env+=(CONTENT_LENGTH=100000)
    # Each piece takes most of the time that there is for 16 KiB; all together take longer.
    "$launch" "${env[@]}" strace -qq -o /dev/null -e trace=poll -e inject=poll:delay_enter=1100000 "$program" \
        <"$file" >"$BATS_TEST_TMPDIR/reply"
    cgi_reply "$BATS_TEST_TMPDIR/reply"
    same 200 "$status_code"
    holds 1 1
}

@test "who is sent away while sending leaves nothing" {
    local env program input pid ME=bob TYPE=a/b
    mkfifo "$BATS_TEST_TMPDIR/body"
    cgi_request POST "attachment/$thread?name=x" ''
    env+=(CONTENT_LENGTH=20)
    "$launch" "${env[@]}" "$program" <"$BATS_TEST_TMPDIR/body" >"$BATS_TEST_TMPDIR/reply" 3>&- &
    pid=$!
    exec 5>"$BATS_TEST_TMPDIR/body"
    printf 0123456789 >&5
    eventually 10 compgen -G "$SPOOL/threads/$thread/files/.*-*" >/dev/null
    rm "$SPOOL/users/bob/threads/$thread"
    printf 0123456789 >&5
    exec 5>&-
    wait "$pid"
    cgi_reply "$BATS_TEST_TMPDIR/reply"
    same 404 "$status_code"
    same '' "$(find "$SPOOL/threads/$thread/files" -type f)"
}

@test "a reader who does not read" {
    [[ $BIN != *asan* ]] || skip 'the sanitizers make system calls of their own'
    local env program input ME=bob
    fill 200000
    put alice x "$file"
    cgi_request GET "attachment/$thread/$id"
    # The third time that it asks whether there is room it is told that the time is over.
    run "$launch" "${env[@]}" strace -qq -o /dev/null -e trace=poll -e inject=poll:retval=0:when=3 "$program" </dev/null
    same 1 "$status"
    fill 200000
    put alice x "$file"
    exit_code=0
    ME=bob cgi_unread GET "attachment/$thread/$id"
    ((exit_code == 1))
}

@test "what lies there damaged is not given out" {
    fill 1000
    put alice x "$file"
    good=$(<"$folder/$id.json")
    for wrong in '{}' '' 'xyzzy' '[]' "${good/\"fileSize\":1000/\"fileSize\":999}" \
        "${good/application\/octet-stream/a\\r\\nb}" "${good/\"digest\":\"/\"digest\":\"x}"; do
        echo "$wrong" >"$folder/$id.json"
        get bob
        expect 500
        [[ $(<"$BATS_TEST_TMPDIR/reply.stderr") == 'spoolchat attachment: threads: files: '* ]]
    done
    echo "$good" >"$folder/$id.json"
    get bob
    expect 200
    rm "$folder/$id"
    get bob
    expect 404
    ln -s /etc/passwd "$folder/$id"
    get bob
    expect 500
}

# ---- Limits ------------------------------------------------------------------------------------

@test "a user may have so many, and so many bytes" {
    fill 1000
    CGI_ENV+=(SPOOLCHAT_USER_FILES=2)
    put alice x "$file"
    put alice x "$file"
    expect 200
    put alice x "$file"
    expect 507
    same 3600 "$(header Retry-After)"
    [[ $(json .detail) == *room* ]]
    put bob x "$file"
    expect 200
    CGI_ENV=(SPOOLCHAT_USER_BYTES=2999)
    put alice x "$file"
    expect 507
    CGI_ENV=(SPOOLCHAT_USER_BYTES=3000)
    put alice x "$file"
    expect 200
    CGI_ENV=(SPOOLCHAT_USER_FILES=0 SPOOLCHAT_USER_BYTES=0)
    put alice x "$file"
    expect 200
    holds 5 5
    # What is removed by hand is not counted when the agent has been there.
    rm "$folder"/*
    once
    holds 0 0
}

@test "many at once get no more than there is" {
    local pids=() outputs=() good=0 i
    fill 50000
    CGI_ENV+=(SPOOLCHAT_USER_FILES=3)
    for i in {1..12}; do
        (BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR/$i && mkdir "$BATS_TEST_TMPDIR" && put alice x "$file" &&
            echo "$status_code" >"$BATS_TEST_TMPDIR/code") 3>&- &
        pids+=($!)
    done
    for i in "${pids[@]}"; do wait "$i"; done
    same 12 "$(cat "$BATS_TEST_TMPDIR"/*/code | grep -cE '200|429|507')"
    good=$(cat "$BATS_TEST_TMPDIR"/*/code | grep -c 200)
    ((good >= 1 && good <= 3))
    holds "$good" "$good"
}

# Both have been told that there is room; the first takes it while the second still sends.
@test "the last room is taken once" {
    local env program input ME=alice TYPE=a/b hold pid pipe=$BATS_TEST_TMPDIR/pipe
    fill 1000
    CGI_ENV+=(SPOOLCHAT_USER_FILES=1)
    cgi_request POST "attachment/$thread?name=x" ''
    env+=(CONTENT_LENGTH=1000)
    mkfifo "$pipe"
    exec {hold}<>"$pipe"
    head -c 999 "$file" >&"$hold"
    "$launch" "${env[@]}" "$program" <"$pipe" >"$BATS_TEST_TMPDIR/second" 3>&- &
    pid=$!
    until_draft 999
    put alice x "$file"
    expect 200
    printf x >&"$hold"
    wait "$pid"
    exec {hold}>&-
    cgi_reply "$BATS_TEST_TMPDIR/second"
    expect 507
    holds 1 1
}

@test "ended by its server, it leaves nothing" {
    local env program input ME=alice TYPE=a/b hold pid when
    cgi_request POST "attachment/$thread?name=x" ''
    env+=(CONTENT_LENGTH=100000)
    pipe=$BATS_TEST_TMPDIR/pipe
    mkfifo "$pipe"
    for when in 0 1 60000; do
        exec {hold}<>"$pipe"
        head -c "$when" /dev/zero >&"$hold"
        "$launch" "${env[@]}" "$program" <"$pipe" >"$BATS_TEST_TMPDIR/ended" 3>&- &
        pid=$!
        until_draft "$when"
        kill "$pid"
        exit_code=0
        wait "$pid" || exit_code=$?
        exec {hold}>&-
        same 143 "$exit_code"
        [[ ! -s $BATS_TEST_TMPDIR/ended ]]
        holds 0 0
    done
}

@test "a user may send four at a time" {
    local env program input ME=alice TYPE=a/b hold i pids=() pipe=$BATS_TEST_TMPDIR/pipe
    CGI_ENV+=(CONTENT_LENGTH=10)
    cgi_request POST "attachment/$thread?name=x" ''
    for i in 1 2 3 4; do
        mkfifo "$pipe.$i"
        exec {hold}<>"$pipe.$i"
        printf x >&"$hold"
        "$launch" "${env[@]}" "$program" <"$pipe.$i" >"$pipe.$i.reply" 3>&- &
        pids+=($!)
    done
    # In its place for 0.7 s.
    eventually 10 drafts_are 4
    CGI_ENV=(SPOOLCHAT_SYNC=no)
    as alice POST "attachment/$thread?name=x" 0123456789
    expect 429
    [[ $(header Retry-After) == 5 ]]
    as bob POST "attachment/$thread?name=x" 0123456789
    expect 200
    for i in "${pids[@]}"; do wait "$i"; done
    grep -q '^Status: 408' "$pipe.1.reply"
    as alice POST "attachment/$thread?name=x" 0123456789
    expect 200
    holds 2 2
}

drafts_are() {
    [[ $(find "$folder" -name '.?*' | wc -l) == "$1" ]]
}

@test "the site's room counts them" {
    fill 5000
    CGI_ENV+=(SPOOLCHAT_SPOOL_MAX=12000)
    put alice x "$file"
    expect 200
    same "$(cat "$folder"/* | wc -c)" "$((10#$(<"$SPOOL/usage")))"
    put bob x "$file"
    expect 200
    put alice x "$file"
    expect 507
    [[ $(header Retry-After) == 60 ]]
    holds 2 2
    echo 00000000000000000000 >"$SPOOL/usage"
    once SPOOLCHAT_SPOOL_MAX=12000
    same "$(cat "$folder"/* | wc -c)" "$((10#$(<"$SPOOL/usage")))"
}

# ---- The agent ---------------------------------------------------------------------------------

@test "old ones go with retain_days, and count no more" {
    fill 1000
    put alice old "$file"
    old=$id
    put bob old "$file"
    touch -d '3 days ago' "$folder"/*
    put alice new "$file"
    holds 3 3
    once
    once SPOOLCHAT_RETAIN_DAYS=4
    holds 3 3
    once SPOOLCHAT_RETAIN_DAYS=2
    holds 1 1
    get alice
    expect 200
    id=$old get alice
    expect 404
}

@test "what killed programs left goes after an hour" {
    local one=0b1e7c2a-8f0d-4c58-9d52-2f4c4b1f9a10 two=0b1e7c2a-8f0d-4c58-9d52-2f4c4b1f9a11
    fill 1000
    put alice x "$file"
    touch -d '2 days ago' "$folder"/*
    # A draft with its entry, bytes with theirs, and what is nobody's.
    cp "$file" "$folder/.$one"
    ln "$folder/.$one" "$SPOOL/users/alice/files/$one"
    cp "$file" "$folder/$two"
    ln "$folder/$two" "$SPOOL/users/alice/files/$two"
    echo keep >"$folder/README"
    once
    [[ -e $folder/.$one && -e $folder/$two ]]
    clock_forward 700
    once
    [[ ! -e $folder/.$one && -e $folder/$two ]]
    [[ ! -e $SPOOL/users/alice/files/$one && -e $SPOOL/users/alice/files/$two ]]
    clock_forward 3000
    once
    rm "$folder/README"
    holds 1 1
    get alice
    expect 200
}

@test "status counts them" {
    fill 1000
    put alice x "$file"
    put alice x "$file"
    run spoolchat status --json
    jq -e --argjson bytes "$(cat "$folder"/* | wc -c)" '.attachments == 2 and .attachment_bytes == $bytes' <<<"$output"
    run spoolchat status
    [[ $output == *$'\nfiles     2, 2.'*' KiB'* ]]
}
