# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC1003,SC2016,SC2030,SC2031,SC2034,SC2154
# (JSON, tests as subshells, variables that lib.bash takes and gives)
#
# A table of what nobody should send. Each row says which status it gets; for every one of them the reply
# must be a problem document with that status, the fixed set of headers and none beside it, nothing of what
# the client sent, nothing on stderr but for the machine's own faults; and the spool must lie there as before.
#
#   row STATUS WHAT METHOD ENDPOINT[/PATH][?QUERY] [WORD...]
#
#   NAME=value    a variable of the request; alice is logged in unless REMOTE_USER says otherwise.
#                 Or !NAME: it is not there at all
#   BODY=text     with printf's escapes (\0, \xff, \n, \\ for a backslash); a form unless CONTENT_TYPE says
#                 otherwise, CONTENT_LENGTH its length likewise
#   JSON=text     the same as it stands, application/json
#   STDIN=path    where the body is read from
#
# A test is a group of rows, so that a thousand rows would not be a thousand shells; a failing row names
# itself and the others go on. Whether the spool has changed is looked at behind a group, and with EACH=yes behind
# each row, to find which it was. How many there were is said at the end.

setup_file() {
    local BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR who
    load lib
    spool_new alice bob carol dave erin
    CGI_ENV=()
    echo alice >"$SPOOL/users/dave/friends" # she has a list of her own, without him
    printf '%s\n' bob erin >"$SPOOL/users/alice/friends"
    # A first visit makes what is missing: files, a place among who is online. The second finds that the
    # others are there, and does not wait.
    for who in alice bob carol dave erin; do
        as "$who" GET 'stream?wait=0'
    done
    for who in alice bob carol erin; do
        as "$who" GET 'stream?wait=1&since=0-0'
    done
    as alice POST token
    TOKEN=$(field token)
    as bob POST token
    OTHERS_TOKEN=$(field token)
    thread_of bob carol
    OTHERS_THREAD=$thread
    thread_of alice bob
    THREAD=$thread
    USED_ID=5ac1b3de-0000-4000-8000-00000000cafe
    as alice POST send-message "thread_id=$THREAD&message=x&id=$USED_ID"
    expect 200
    # For streams, which have two doors. Nobody's lease is over before the table is.
    CGI_ENV=(SPOOLCHAT_LEASE=86400 SPOOLCHAT_MESSAGES_PER_MINUTE=0)
    door_start
    export agent
    export SPOOL CLOCK TOKEN OTHERS_TOKEN THREAD OTHERS_THREAD USED_ID
    : >"$BATS_FILE_TMPDIR/counts"
}

setup() {
    load lib
    before=$(listing)
    rows=0 failures=() name=
    reply=$BATS_TEST_TMPDIR/reply
    input=$BATS_TEST_TMPDIR/input
    documents=$BATS_TEST_TMPDIR/documents
    : >"$documents"
    form=application/x-www-form-urlencoded
    json=application/json
}

teardown() {
    echo "$rows" >>"$BATS_FILE_TMPDIR/counts"
}

teardown_file() {
    process_stop "$agent"
    awk '{ sum += $1 } END { print "# " sum " rows of bad input" }' "$BATS_FILE_TMPDIR/counts" >&3
}

# ---- One row -----------------------------------------------------------------------------------

listing() {
    find "$SPOOL" -printf '%P %y %i %m %n %s %T@ %l\n'
}

# words WORD...: the request in the array `env`, and the file `stdin`.
words() {
    local -A variable=([REQUEST_METHOD]=$method [QUERY_STRING]=$query [PATH_INFO]=$path [REMOTE_USER]=alice
        [HTTP_HOST]=chat.example [SPOOLCHAT_SPOOL]=$SPOOL [SPOOLCHAT_TEST_CLOCK]=$CLOCK
        [SPOOLCHAT_MESSAGES_PER_MINUTE]=0)
    local word text
    stdin=/dev/null
    for word; do
        case $word in
        BODY=* | JSON=*)
            text=${word#*=}
            if [[ $word == BODY=* ]]; then
                printf %b "$text" >"$input"
                [[ $text == *'\0'* ]] || printf -v text %b "$text"
            else
                variable[CONTENT_TYPE]=$json
                printf %s "$text" >"$input"
            fi
            # A NUL is in no variable.
            variable[CONTENT_LENGTH]=${#text}
            [[ $word != BODY=*'\0'* ]] || variable[CONTENT_LENGTH]=$(stat -c %s "$input")
            variable[CONTENT_TYPE]=${variable[CONTENT_TYPE]-$form}
            stdin=$input
            ;;
        STDIN=*) stdin=${word#*=} ;;
        !*) unset "variable[${word#!}]" ;;
        *) variable[${word%%=*}]=${word#*=} ;;
        esac
    done
    [[ -n ${variable[PATH_INFO]} ]] || unset 'variable[PATH_INFO]'
    env=()
    for word in "${!variable[@]}"; do
        env+=("$word=${variable[$word]}")
    done
}

# fault TEXT: the current row has one.
fault() {
    failures+=("$name: $1")
}

declare -gA allowed=([token]='POST, DELETE' [stream]=GET [start-session]=POST [send-message]=POST [get-friends]=GET)

check_head() {
    local head=$1 status=$2 endpoint=$3 body_length=$4 line lines=7
    local wanted=('Content-Type: application/problem+json' 'X-Content-Type-Options: nosniff'
        'Cache-Control: no-store' 'Referrer-Policy: no-referrer'
        "Content-Security-Policy: default-src 'none'" "Content-Length: $body_length")
    case $status in
    401) lines=8 wanted+=('WWW-Authenticate: ') ;;
    405) lines=8 wanted+=("Allow: ${allowed[$endpoint]}"$'\r') ;;
    429 | 503 | 507) lines=8 wanted+=('Retry-After: ') ;;
    esac
    # Which origin asks matters where any is listed.
    [[ " ${env[*]}" != *' SPOOLCHAT_ALLOW_ORIGIN='* ]] || lines=$((lines + 1)) wanted+=('Vary: Origin')
    [[ $head =~ ^Status:\ "$status"\ [A-Z] ]] || fault "wanted $status, got ${head%%$'\r\n'*}"
    head=$'\n'$head$'\r'
    for line in "${wanted[@]}"; do
        [[ $head == *$'\n'"$line"* ]] || fault "no header '$line'"
    done
    [[ ! $head =~ Retry-After:\ ([^$'\r']*) || ${BASH_REMATCH[1]} =~ ^[1-9][0-9]*$ ]] || fault 'a bad Retry-After'
    line=${head//[!$'\n']/}
    ((${#line} == lines)) || fault "$((${#line})) lines of head instead of $lines: $head"
}

row() {
    local status=$1 method=$3 target=$4 query='' path env stdin endpoint text head exit_status=0
    local LC_ALL=C
    name=$2
    shift 4
    rows=$((rows + 1))
    [[ $target != *\?* ]] || { query=${target#*\?} && target=${target%%\?*}; }
    endpoint=${target%%/*}
    path=${target#"$endpoint"}
    words "$@"
    "$launch" ASAN_OPTIONS=detect_leaks=0 "${env[@]}" "$BIN/cgi-bin/$endpoint" <"$stdin" >"$reply" 2>"$reply.stderr" ||
        exit_status=$?
    [[ ! ${EACH-} ]] || unchanged
    ((exit_status == 0)) || fault "exit status $exit_status: $(<"$reply.stderr")"
    IFS= read -r -d '' text <"$reply" || true
    head=${text%%$'\r\n\r\n'*}
    text=${text:${#head}+4}
    check_head "$head" "$status" "$endpoint" "${#text}"
    ((status >= 500)) || [[ ! -s $reply.stderr ]] || fault "says on stderr: $(<"$reply.stderr")"
    # The agent has settings of its own.
    [[ $endpoint != stream || " ${env[*]}" == *' SPOOLCHAT_ALLOW_ORIGIN='* ]] || at_second_door
    [[ $text != *xyzzy* && $text != *"$TOKEN"* ]] || fault "repeats what the client sent: $text"
    printf '%s\t%s\t%s\n' "$status" "${name//[$'\t\n']/ }" "$text" >>"$documents"
}

unchanged() {
    local after
    after=$(listing)
    [[ $after == "$before" ]] || fault "the spool has changed: $(diff <(echo "$before") <(echo "$after") |
        sed -n 's/^\([<>] [^ ]*\) .*/\1/p' | sort -u | paste -sd ' ')"
    before=$after
}

# By SCGI the reply is the same, byte for byte, and nothing has changed either.
at_second_door() {
    local theirs
    "$launch" "${env[@]}" "$root/build/tools/scgi" "$SPOOL/agent.scgi" <"$stdin" >"$reply.door" || fault 'not at the second door'
    IFS= read -r -d '' theirs <"$reply.door" || true
    [[ $theirs == "$head"$'\r\n\r\n'"$text" ]] || fault "at the second door: $theirs"
    [[ ! ${EACH-} ]] || unchanged
}

# The bodies of all rows at once.
rows_end() {
    local wrong
    name="one of $rows rows"
    unchanged
    wrong=$(jq -Rr 'split("\t") as [$status, $name, $body] | (try ($body | fromjson) catch null) as $problem |
        select($problem | type != "object" or .type != "about:blank" or .status != ($status | tonumber) or
            (.title | type != "string" or . == "") or (.detail | type != "string" or . == "") or
            (has("errors") and ($status != "400" or (.errors | length != 1 or
                any(.[]; type != "array" or length != 1 or (.[0] | type) != "string")))) or
            (keys - ["type", "title", "status", "detail", "errors"] != [])) |
        "\($name): no problem document for \($status): \($body)"' "$documents")
    [[ -z $wrong ]] || failures+=("$wrong")
    ((rows > 0 && rows == $(wc -l <"$documents"))) || failures+=("$rows rows, $(wc -l <"$documents") documents")
    ((${#failures[@]} == 0)) || { printf '%s\n' "${failures[@]}" >&2 && return 1; }
}

# ---- The table ---------------------------------------------------------------------------------

@test "methods" {
    local method long
    for method in GET HEAD PUT PATCH OPTIONS TRACE CONNECT post Post 'POST ' ' POST' 'POST,' 'POST, DELETE' P ''; do
        row 405 "token, method '$method'" "$method" token
    done
    for method in POST DELETE PUT HEAD get GETS GE 'GET GET'; do
        row 405 "stream, method '$method'" "$method" stream
        row 405 "get-friends, method '$method'" "$method" get-friends
    done
    for method in GET DELETE PUT post; do
        row 405 "start-session, method '$method'" "$method" start-session BODY=user=bob
        row 405 "send-message, method '$method'" "$method" send-message BODY=message=xyzzy
        row 405 "send-message with a token, method '$method'" "$method" "send-message/$TOKEN" BODY=message=xyzzy
    done
    row 405 'no method' '' token !REQUEST_METHOD
    printf -v long '%10000s' ''
    row 405 'a method of 10,000 letters' "${long// /P}" token
    row 405 'a method from a foreign site' PUT token HTTP_ORIGIN=https://xyzzy.example
    row 405 'a preflight when no origin is listed' OPTIONS token HTTP_ORIGIN=https://xyzzy.example \
        HTTP_ACCESS_CONTROL_REQUEST_METHOD=POST
    row 405 'a method, without a login' PUT token !REMOTE_USER
    rows_end
}

@test "nobody logged in" {
    row 401 token POST token !REMOTE_USER
    row 401 'token, user empty' POST token REMOTE_USER=
    row 401 'DELETE token' DELETE "token/$TOKEN" !REMOTE_USER
    row 401 stream GET 'stream?wait=0' !REMOTE_USER
    row 401 'stream/' GET 'stream/?wait=0' !REMOTE_USER
    row 401 'stream of events' GET stream !REMOTE_USER HTTP_ACCEPT=text/event-stream
    row 401 start-session POST start-session !REMOTE_USER BODY=user=bob
    row 401 send-message POST send-message !REMOTE_USER "BODY=thread_id=$THREAD&message=x"
    row 401 'send-message, the token elsewhere' POST "send-message?token=$TOKEN" !REMOTE_USER \
        "BODY=thread_id=$THREAD&message=x&token=$TOKEN" "HTTP_X_AUTHORIZATION=Bearer $TOKEN"
    row 401 get-friends GET get-friends !REMOTE_USER
    row 401 'get-friends, a token in the header' GET get-friends !REMOTE_USER "HTTP_AUTHORIZATION=Bearer $TOKEN"
    row 401 'headers that claim to be somebody' GET get-friends !REMOTE_USER HTTP_REMOTE_USER=alice \
        HTTP_X_REMOTE_USER=alice HTTP_X_FORWARDED_USER=alice USER=alice LOGNAME=alice REDIRECT_REMOTE_USER=alice
    rows_end
}

@test "names of users" {
    local long user
    printf -v long '%201s' ''
    for user in $'\x01' $'ali\nce' $'alice\t' $'\x7f' $'a\x1fb' "${long// /x}" "${long:0:120}" "${long:0:81}"; do
        row 403 "user ${user:0:10}... of ${#user} bytes" POST token "REMOTE_USER=$user"
    done
    for user in $'\xff' $'al\xc3' $'\xc0\xae\xc0\xae' $'\xed\xa0\x80' $'\xf4\x90\x80\x80' $'\xe2\x82'; do
        row 400 "user ${user@Q}" POST token "REMOTE_USER=$user"
        row 400 "user ${user@Q}, a stream" GET 'stream?wait=0' "REMOTE_USER=$user"
    done
    row 403 'too long a user, a stream' GET 'stream?wait=0' "REMOTE_USER=${long// /x}"
    row 403 'too long a user, a list' GET get-friends "REMOTE_USER=${long// /x}"
    row 403 'a control character, a message' POST send-message $'REMOTE_USER=\x02' "BODY=thread_id=$THREAD&message=x"
    row 403 'a control character, a session' POST start-session $'REMOTE_USER=bob\r' BODY=user=alice
    rows_end
}

@test "paths" {
    local path long hex
    printf -v long '%10000s' ''
    hex=$(printf %s "$TOKEN" | sha256sum)
    for path in .. . ../.. ../../etc/passwd %2e%2e %2e%2e%2f.. %00 "%00$TOKEN" "$TOKEN%00" / // "/$TOKEN" "$TOKEN/" \
        "$TOKEN/x" "$TOKEN/.." "$TOKEN " " $TOKEN" "${TOKEN^^}" "${TOKEN%?}" "${TOKEN}0" "${TOKEN//-/}" \
        "{$TOKEN}" "urn:uuid:$TOKEN" "${TOKEN//-/_}" "${TOKEN:0:35}g" "${TOKEN:0:35}/" "$TOKEN"$'\n' "${hex%% *}" \
        00000000-0000-0000-0000-000000000000 550e8400-e29b-41d4-a716-446655440000 alice xyzzy $'\xff' $'\x01' \
        ' ' '*' "${long// /a}" "$TOKEN${long// /0}" "${TOKEN:0:8}" "\\$TOKEN" "'$TOKEN'" "$TOKEN,$TOKEN"; do
        row 404 "stream/${path:0:70}" GET stream?wait=0 "PATH_INFO=/$path"
        row 404 "send-message/${path:0:70}" POST send-message "PATH_INFO=/$path" "BODY=thread_id=$THREAD&message=x"
    done
    row 404 'a token without a slash before it' POST send-message "PATH_INFO=x$TOKEN" \
        "BODY=thread_id=$THREAD&message=x"
    for path in "$TOKEN" x .. / %2e %00 "${long// /x}"; do
        row 404 "POST token/${path:0:50}" POST token "PATH_INFO=/$path"
        row 404 "get-friends/${path:0:50}" GET get-friends "PATH_INFO=/$path"
        row 404 "start-session/${path:0:50}" POST start-session "PATH_INFO=/$path" BODY=user=bob
        row 404 "get-friends/${path:0:50} without a login" GET get-friends "PATH_INFO=/$path" !REMOTE_USER
        row 404 "start-session/${path:0:50} without a login" POST start-session "PATH_INFO=/$path" !REMOTE_USER \
            BODY=user=bob
    done
    for path in '' / .. ../tokens "$OTHERS_TOKEN" "${TOKEN^^}" "$TOKEN/" "$TOKEN/x" "${hex%% *}" \
        "../tokens/${hex%% *}" %2e%2e xyzzy "${long// /x}" $'\xff'; do
        row 404 "DELETE token/${path:0:60}" DELETE token "PATH_INFO=/$path"
    done
    row 404 'DELETE token' DELETE token
    rows_end
}

@test "forms that are damaged" {
    local text fields start="thread_id=$THREAD&"
    for text in message=%zz message=%0 message=% message=xyzzy%0g message=%g0 message=%%30 message=%00 message=a%00b \
        message=%ff message=%c3 message=%c0%af message=%ed%a0%80 message=%f4%90%80%80 message=%e2%82x 'message=\xff' \
        'message=\xc3' 'message=a\0b' '\0=1&message=x' '%zz=1&message=x' '%00=1&message=x' '%ff=1&message=x' \
        'a%=1&message=x' 'message=x&a=%2' 'message=x&\0'; do
        row 400 "send-message $text" POST send-message "BODY=$start$text"
        row 400 "start-session $text" POST start-session "BODY=user=bob&$text"
    done
    for text in %zz a=%zz %=1 a=%ff %00 a=%0 xyzzy=%; do
        row 400 "token?$text" POST "token?$text"
        row 400 "DELETE token?$text" DELETE "token/$TOKEN?$text"
        row 400 "stream?$text" GET "stream?wait=0&$text"
        row 400 "get-friends?$text" GET "get-friends?$text"
        row 400 "start-session?$text" POST "start-session?$text" BODY=user=bob
        row 400 "send-message?$text" POST "send-message/$TOKEN?$text" "BODY=${start}message=x"
    done
    printf -v fields 'a=1&%.0s' {1..1024}
    row 400 '1,025 fields' POST send-message "BODY=${fields}a=1"
    row 400 '1,025 fields, the last ones good' POST send-message "BODY=$fields${start}message=x"
    row 400 '1,025 fields to a session' POST start-session "BODY=${fields}user=bob"
    row 400 '1,025 fields in a query' GET "get-friends?${fields}a=1"
    printf -v fields 'a&%.0s' {1..9000}
    row 400 '9,000 fields' POST send-message "BODY=${fields}"
    row 400 '9,000 fields in a query' GET "stream?wait=0&$fields"
    rows_end
}

@test "forms that say what cannot be" {
    local text many
    for text in '' '&' '&&&' = message message= subject= 'message=&subject=' xyzzy=1 text=x 'Message=x' 'message[]=x' \
        'message =x' language=en 'type=plain&id='; do
        row 400 "send-message '$text'" POST send-message "BODY=thread_id=$THREAD&$text"
        row 400 "send-message, no thread, '$text'" POST send-message "BODY=$text"
    done
    row 400 'send-message, no thread' POST send-message BODY=message=x
    row 400 'send-message, thread empty' POST send-message 'BODY=thread_id=&message=x'
    row 400 "send-message, the thread under JSON's name" POST send-message "BODY=thread=$THREAD&message=x"
    row 400 'send-message, the thread in the query' POST "send-message?thread_id=$THREAD" BODY=message=x
    row 400 'send-message, to empty' POST send-message 'BODY=to=&message=x'
    row 400 'send-message, to a name with a control character' POST send-message 'BODY=to=b%01b&message=x'
    row 403 'send-message, to oneself' POST send-message 'BODY=to=alice&message=x'
    row 403 'send-message, to a stranger' POST send-message 'BODY=to=xyzzy&message=x'
    row 403 'send-message, to ..' POST send-message 'BODY=to=..&message=x'
    row 403 'send-message, to . and bob' POST send-message 'BODY=to=.&to=bob&message=x'
    row 403 'send-message, to no friend' POST send-message 'BODY=to=dave&message=x'
    row 403 'send-message, to bob and no friend' POST send-message 'BODY=to=bob&to=dave&message=x'
    for text in '' '&' user user= 'user=&user=bob' subject= xyzzy=1 users=bob 'user[]=bob' to=bob User=bob \
        user=%01 user=a%0ab user=%7f; do
        row 400 "start-session '$text'" POST start-session "BODY=$text"
    done
    row 400 'start-session, the user in the query' POST start-session?user=bob BODY=type=plain
    printf -v many '%201s' ''
    row 400 'start-session, a user of 201 bytes' POST start-session "BODY=user=${many// /x}"
    row 400 'start-session, a user whose folder would be too long' POST start-session "BODY=user=${many:0:100}x"
    printf -v many 'user=u%d&' {1..1001}
    row 400 'start-session, 1,001 others' POST start-session "BODY=$many"
    printf -v many 'to=u%d&' {1..1001}
    row 400 'send-message, to 1,001 others' POST send-message "BODY=${many}message=x"
    row 400 'start-session, more than the site allows' POST start-session 'BODY=user=bob&user=erin' \
        SPOOLCHAT_MAX_MEMBERS=2
    for text in user=alice user=xyzzy user=dave user=carol user=.. user=../users/bob user=%2e user=/ user=BOB \
        'user=bob&user=alice' 'user=bob&user=dave&subject=x' 'user=bob+' user=bob%252f; do
        row 403 "start-session $text" POST start-session "BODY=$text"
    done
    rows_end
}

@test "threads" {
    local text long
    long=$(head -c 60000 /dev/zero | tr '\0' a)
    for text in .. . ../.. "../threads/$THREAD" "$THREAD/" "/$THREAD" "$THREAD/." "$THREAD " "%20$THREAD" "{$THREAD}" \
        "${THREAD//-/}" "${THREAD%?}" "${THREAD}0" "${THREAD:0:35}g" "urn:uuid:$THREAD" "$THREAD%0a" xyzzy 0 -1 \
        "$OTHERS_THREAD" "${OTHERS_THREAD^^}" 00000000-0000-0000-0000-000000000000 "$USED_ID" "${THREAD:0:35}" \
        550e8400-e29b-41d4-a716-446655440000 "$long" "$THREAD$long" %2e%2e %252e%252e "*" "$THREAD,$THREAD"; do
        row 404 "thread_id=${text:0:60}" POST send-message "BODY=thread_id=$text&message=x"
    done
    for text in .. "$OTHERS_THREAD" "$THREAD " "\\u002e." "../$THREAD" "${THREAD:0:35}" "$long" "${THREAD}\\n"; do
        row 404 "thread ${text:0:60} in JSON" POST send-message \
            "JSON={\"type\":\"message\",\"message\":{\"thread\":\"$text\",\"text\":\"x\"}}"
        row 404 "thread ${text:0:60} in JSON, with a token" POST "send-message/$TOKEN" !REMOTE_USER \
            "JSON={\"type\":\"message\",\"message\":{\"thread\":\"$text\",\"text\":\"x\",\"to\":\"bob\"}}"
    done
    row 404 "somebody else's thread, with a token" POST "send-message/$TOKEN" !REMOTE_USER \
        "BODY=thread_id=$OTHERS_THREAD&message=x"
    row 404 "somebody else's thread, the token theirs for another" POST "send-message/$OTHERS_TOKEN" \
        "BODY=thread_id=550e8400-e29b-41d4-a716-446655440000&message=x"
    rows_end
}

@test "attributes of a message" {
    local text attribute start="BODY=thread_id=$THREAD&message=x" long
    printf -v long '%300s' ''
    for text in x 0 .. "../$USED_ID" "${USED_ID//-/}" "${USED_ID%?}" "${USED_ID}0" "{$USED_ID}" "${USED_ID:0:35}g" \
        "$USED_ID%20" "%20$USED_ID" "$USED_ID%0a" xyzzy "${USED_ID//-/_}" "urn:uuid:$USED_ID" "${long// /1}" \
        "${USED_ID:0:35}/" "${USED_ID:0:8}"; do
        row 400 "id=${text:0:50}" POST send-message "$start&id=$text"
        row 400 "id ${text:0:50} in JSON" POST send-message "JSON={\"type\":\"message\",\"message\":{$(
        )\"thread\":\"$THREAD\",\"text\":\"x\",\"id\":\"${text//%0a/\\n}\"}}"
    done
    for text in e en- -en en--US en_ _ '%20en' en+US en%0a en-123456789 toolonglang a-DE de-419-DE de-DE-Latn en-x \
        en-a \
        en-a-x x %c3%a9 xyzzy-é 12 en-US-u en.US en,de '*' en-\* i-notatag "en-x-${long// /a}" "${long// /en-}en" \
        en-US.UTF-8 de-a-bb-c; do
        row 400 "language=${text:0:50}" POST send-message "$start&language=$text"
    done
    for text in markdown HTML Plain 'plain+' '+plain' text/plain text/html xyzzy 'html;' plain%0a rst,html 0 null \
        "${long// /a}"; do
        row 400 "type=${text:0:50}" POST send-message "$start&type=$text"
    done
    for text in 'language:"e"' 'language:"en\n"' 'type:"HTML"' 'type:"plain\u0020"' 'type:5' 'type:["plain"]' \
        'language:1' \
        'language:{}' 'language:false' 'text:1' 'text:true' 'text:["x"]' 'text:{"x":1}' 'subject:0' 'subject:[]' \
        'subject:{}' 'subject:false' 'id:1' 'id:true' 'id:{}' 'id:[]' 'thread:1' 'thread:[]' 'thread:{}' \
        'thread:true' \
        'to:1' 'to:{}' 'to:true' 'to:[1]' 'to:[null]' 'to:["bob",{}]' 'to:[["bob"]]' 'to:""' 'to:["bob",""]' \
        'attachments:{}' 'attachments:"xyzzy"' 'attachments:1' 'attachments:true' 'attachments:[1]' \
        'attachments:["x"]' 'attachments:[{},null]' 'attachments:[[]]'; do
        attribute=${text%%:*}
        text="\"$attribute\":${text#*:}"
        [[ $attribute == thread ]] || text="\"thread\":\"$THREAD\",$text"
        [[ $attribute == text ]] || text="\"text\":\"x\",$text"
        row 400 "{$text}" POST send-message "JSON={\"type\":\"message\",\"message\":{$text}}"
    done
    row 409 'an id that was used' POST send-message "BODY=thread_id=$THREAD&message=y&id=$USED_ID"
    row 409 'an id that was used, in capitals' POST send-message "BODY=thread_id=$THREAD&message=y&id=${USED_ID^^}"
    row 409 'an id that was used, with a token' POST "send-message/$TOKEN" !REMOTE_USER \
        "JSON={\"type\":\"message\",\"message\":{\"thread\":\"$THREAD\",\"text\":\"x \",\"id\":\"$USED_ID\"}}"
    rows_end
}

@test "stanzas and sessions of the wrong shape" {
    local text good="\"thread\":\"$THREAD\",\"text\":\"x\""
    for text in '[]' '"xyzzy"' 5 null true '{}' '[{}]' '{"type":"message"}' '{"type":"message","message":null}' \
        '{"type":"message","message":[]}' '{"type":"message","message":"x"}' '{"type":"message","message":5}' \
        '{"type":"message","message":{}}' "{\"message\":{$good}}" "{\"type\":null,\"message\":{$good}}" \
        "{\"type\":\"presence\",\"message\":{$good}}" "{\"type\":\"Message\",\"message\":{$good}}" \
        "{\"type\":[\"message\"],\"message\":{$good}}" "{\"type\":\"xyzzy\",\"message\":{$good}}" \
        "[{\"type\":\"message\",\"message\":{$good}}]" "{\"stanzas\":[{\"type\":\"message\",\"message\":{$good}}]}" \
        "{$good}" "{\"type\":\"message\",$good}" "{\"type\":\"message\",\"message\":[{$good}]}" \
        "{\"type\":\"message\",\"message\":{\"thread\":\"$THREAD\"}}" \
        "{\"type\":\"message\",\"message\":{\"thread\":\"$THREAD\",\"seq\":5,\"sender\":{\"id\":\"bob\"}},\"prev\":1}" \
        '{"type":"message","message":{"text":"x"}}' '{"type":"message","message":{"text":"x","thread":null}}' \
        '{"type":"message","message":{"text":"x","thread":""}}' '{"type":"message","message":{"text":"x","to":[]}}' \
        '{"type":"message","message":{"text":"x","thread_id":"'"$THREAD"'"}}'; do
        row 400 "send-message $text" POST send-message "JSON=$text"
    done
    for text in '[]' '"bob"' 5 null '{}' '[{"user":"bob"}]' '{"user":null}' '{"user":5}' '{"user":true}' \
        '{"user":{}}' \
        '{"user":[]}' '{"user":["bob",5]}' '{"user":[["bob"]]}' '{"user":["bob",null]}' '{"user":""}' '{"user":[""]}' \
        '{"user":"b\nb"}' '{"user":"\u007f"}' '{"users":["bob"]}' '{"subject":null}' '{"user":"bob","subject":5}' \
        '{"user":"bob","subject":[]}' '{"user":"bob","subject":{}}' '{"user":"bob","subject":true}'; do
        row 400 "start-session $text" POST start-session "JSON=$text"
    done
    for text in alice xyzzy dave .. ../../users/bob; do
        row 403 "start-session, user $text in JSON" POST start-session "JSON={\"user\":[\"bob\",\"$text\"]}"
        row 403 "send-message to $text in JSON" POST send-message \
            "JSON={\"type\":\"message\",\"message\":{\"text\":\"x\",\"to\":[\"bob\",\"$text\"]}}"
    done
    rows_end
}

@test "JSON that is none" {
    local text good deep many
    good="{\"type\":\"message\",\"message\":{\"thread\":\"$THREAD\",\"text\":\"x\""
    # What is put behind the last attribute of a good stanza; then what closes it.
    for text in '' '}' ',' ',}}' '}},' '}}}' '}} x' '}}{}' '}}\0' '}}\x0b' '}}/**/' '}}//' ',"xyzzy"}}' ',"a":}}' \
        ',"a" 1}}' \
        ',"a"=1}}' ',a:1}}' ",'a':1}}" ',"a":xyzzy}}' ',"a":nul}}' ',"a":NULL}}' ',"a":True}}' ',"a":NaN}}' \
        ',"a":Infinity}}' ',"a":undefined}}' ',"a":[1,]}}' ',"a":[,1]}}' ',"a":[1 2]}}' ',"a":[1}}' ',"a":{]}}' \
        ',"a":01}}' ',"a":+1}}' ',"a":1.}}' ',"a":.5}}' ',"a":1e}}' ',"a":1e+}}' ',"a":-}}' ',"a":--1}}' \
        ',"a":0x10}}' \
        ',"a":1_000}}' ',"a":-01}}' ',"a":1.2.3}}' ',"a":1e5.5}}' ',"a":"}}' ',"a":"\\"}}' ',"a":"\\x41"}}' \
        ',"a":"\\u12"}}' ',"a":"\\u12g4"}}' ',"a":"\\U0041"}}' ',"a":"\\'"'"'"}}' ',"a":"\n"}}' ',"a":"\t"}}' \
        ',"a":"\x1f"}}' ',"a":"\0"}}' ',"a":"\\u0000"}}' ',"a":"\\ud800"}}' ',"a":"\\udc00"}}' \
        ',"a":"\\ud800\\ud800"}}' ',"a":"\\ud83dx"}}' ',"a":"\\ud83d\\n"}}' ',"a":"\\ude00\\ud83d"}}' \
        ',"a":"\xff"}}' ',"a":"\xc0\xaf"}}' ',"a":"\xed\xa0\x80"}}' ',"a":"\xf4\x90\x80\x80"}}' ',"a":"\xe2\x82"}}' \
        ',"a":"\x80"}}' ',"\xff":1}}' ',"\\u0000":1}}' ',"a\n":1}}' ',1:2}}' ',null:2}}' ',"a":1,"a":1}}' \
        ',"text":"x"}}' ',"a":1,"\\u0061":2}}' ',"a":{"b":1,"b":2}}}' ',"a":[{"b":1,"b":2}]}}' '},"type":"message"}' \
        '},"message":{}}' ',"":1,"":2}}' ',"a":\x0c1}}' ',\xc2\xa0"a":1}}' ',"a":1\0}}'; do
        row 400 "...$text" POST send-message "BODY=$good$text" "CONTENT_TYPE=$json"
    done
    # What is put before it.
    for text in '\xef\xbb\xbf' '\xff\xfe' '\0' '\x0b' ')]}'"'"',\n' '/**/' ',' '{}' 'x' '\xc2\xa0' '\x1e'; do
        row 400 "$text..." POST send-message "BODY=$text$good}}" "CONTENT_TYPE=$json"
        row 400 "$text{...}, a session" POST start-session "BODY=$text{\"user\":\"bob\"}" "CONTENT_TYPE=$json"
    done
    for text in ' ' '\n' '{' '[' '"' '{"' '{"user"' '{"user":' '{"user":"bob"' '{"user":"bob"}}' \
        '{"user":"bob","user":"bob"}' \
        '{"user":"bob","\\u0075ser":"bob"}' '{"user":"\\ud800"}' '{"user":"bob\\u0000"}' '{"user":"\xff"}' \
        '{"user":"bob"}\0' "{'user':'bob'}" '{user:"bob"}' 'user=bob'; do
        row 400 "session $text" POST start-session "BODY=$text" "CONTENT_TYPE=$json"
    done
    # 17 inside each other: the stanza, its message, 15 more.
    printf -v deep '[%.0s' {1..15}
    row 400 'depth 17' POST send-message "JSON=$good,\"a\":$deep${deep//\[/]}}}"
    row 400 'depth 17, of objects' POST send-message "JSON=$good,\"a\":${deep//\[/\{\"a\":}1${deep//\[/\}}}}"
    printf -v deep '[%.0s' {1..30000}
    row 400 'depth 30,000' POST send-message "JSON=$good,\"a\":$deep${deep//\[/]}}}"
    row 400 'depth 30,000, not closed' POST send-message "JSON=$deep"
    row 400 'depth 30,000, a session' POST start-session "JSON={\"user\":$deep"
    printf -v many ',"k%d":1' {1..899}
    row 400 '901 attributes' POST send-message "JSON=$good$many}}"
    printf -v many '1,%.0s' {1..5000}
    row 400 '5,000 values' POST send-message "JSON=$good,\"a\":[${many}1]}}"
    row 400 'a form that says it is JSON' POST send-message "JSON=thread_id=$THREAD&message=x"
    row 400 'JSON that says it is a form' POST send-message "BODY=$good}}"
    row 400 'the other one, a session' POST start-session 'BODY={"user":"bob"}'
    rows_end
}

@test "foreign sites" {
    local origin long
    printf -v long '%600s' ''
    for origin in https://xyzzy.example null NULL http://chat.example:8080 https://chat.example:80 \
        http://chat.example.xyzzy.example \
        http://xyzzychat.example http://chat http://chat.example. http://chat.example/ http://chat.example/x \
        chat.example //chat.example file:// ftp://chat.example http:// http://: http:///chat.example \
        http://chat.example@xyzzy.example \
        http://xyzzy@chat.example 'http://chat.example http://xyzzy.example' 'http://chat.example, null' ' ' \
        http://chat.example:0080 http://chat.example:80x 'http://[chat.example]' chrome-extension://xyzzy \
        "http://${long// /a}.example" http://chat.example%00 https; do
        row 403 "token, Origin ${origin:0:60}" POST token "HTTP_ORIGIN=$origin"
    done
    for origin in https://xyzzy.example null; do
        row 403 "DELETE token, Origin $origin" DELETE "token/$TOKEN" "HTTP_ORIGIN=$origin"
        row 403 "start-session, Origin $origin" POST start-session "HTTP_ORIGIN=$origin" BODY=user=bob
        row 403 "send-message, Origin $origin" POST send-message "HTTP_ORIGIN=$origin" \
            "BODY=thread_id=$THREAD&message=x"
        row 403 "send-message with a token, Origin $origin" POST "send-message/$TOKEN" "HTTP_ORIGIN=$origin" \
            !REMOTE_USER "BODY=thread_id=$THREAD&message=x"
        row 403 "no login, Origin $origin" POST token "HTTP_ORIGIN=$origin" !REMOTE_USER
        row 403 "Origin $origin, other origins listed" POST token "HTTP_ORIGIN=$origin" \
            'SPOOLCHAT_ALLOW_ORIGIN=https://app.example'
    done
    for origin in cross-site Cross-Site CROSS-SITE; do
        row 403 "token, Sec-Fetch-Site $origin" POST token "HTTP_SEC_FETCH_SITE=$origin"
        row 403 "DELETE token, Sec-Fetch-Site $origin" DELETE "token/$TOKEN" "HTTP_SEC_FETCH_SITE=$origin"
        row 403 "start-session, Sec-Fetch-Site $origin" POST start-session "HTTP_SEC_FETCH_SITE=$origin" BODY=user=bob
        row 403 "send-message, Sec-Fetch-Site $origin" POST send-message "HTTP_SEC_FETCH_SITE=$origin" \
            "BODY=thread_id=$THREAD&message=x"
        row 403 "Sec-Fetch-Site $origin, our own Origin" POST token "HTTP_SEC_FETCH_SITE=$origin" \
            HTTP_ORIGIN=http://chat.example
    done
    row 403 'same-origin, but a foreign Origin' POST token HTTP_SEC_FETCH_SITE=same-origin \
        HTTP_ORIGIN=http://xyzzy.example
    row 403 'an Origin and no Host' POST token HTTP_ORIGIN=http://chat.example !HTTP_HOST
    row 403 'an Origin and an empty Host' POST token HTTP_ORIGIN=http:// HTTP_HOST=
    row 403 'an Origin and a Host with another port' POST token HTTP_ORIGIN=http://chat.example \
        HTTP_HOST=chat.example:8080
    row 403 'an Origin that a listed one begins with' POST token HTTP_ORIGIN=https://app.example.xyzzy.example \
        SPOOLCHAT_ALLOW_ORIGIN=https://app.example
    row 403 'a listed Origin with another scheme' POST token HTTP_ORIGIN=http://app.example \
        SPOOLCHAT_ALLOW_ORIGIN=https://app.example
    row 403 'several listed Origins at once' POST token 'HTTP_ORIGIN=https://a.example https://b.example' \
        'SPOOLCHAT_ALLOW_ORIGIN=https://a.example https://b.example'
    rows_end
}

@test "stream: since, wait, limit" {
    local text accept
    for text in x xyzzy 1 - 1- -1 -1-1 1-2-3 1--2 0x1-2 +1-1 1-+1 %201-1 '1-1%20' 1_1 1.0-1 1-1.5 10000000000-1 1e3-5 \
        1-1%0a 9999999999999999-1 1-9999999999999999 18446744073709551617-1 %00 %ff ../../x 0-0x null; do
        row 400 "since=$text" GET "stream?wait=0&since=$text"
    done
    for text in -1 -0 +1 1.5 1e3 x xyzzy '' %20 1%20 +1+ 0x10 1234567890 99999999999999999999 18446744073709551616 \
        1,5 %d9%a1 null; do
        row 400 "wait=$text" GET "stream?wait=$text"
        row 400 "limit=$text" GET "stream?wait=0&limit=$text"
    done
    for accept in text/event-stream application/json '*/*'; do
        row 400 "wait=x, Accept $accept" GET 'stream?wait=x' "HTTP_ACCEPT=$accept"
        row 400 "since=x, Accept $accept" GET 'stream?since=x&wait=0' "HTTP_ACCEPT=$accept"
        row 400 "limit=x, Accept $accept" GET 'stream?limit=x&wait=0' "HTTP_ACCEPT=$accept"
        row 404 "no such token, Accept $accept" GET stream/550e8400-e29b-41d4-a716-446655440000 "HTTP_ACCEPT=$accept"
    done
    row 400 'wait twice, the first damaged' GET 'stream?wait=x&wait=0'
    row 400 'since=x and a damaged Last-Event-ID' GET 'stream?wait=0&since=x' HTTP_LAST_EVENT_ID=xyzzy
    row 400 'wait=x with a token' GET "stream/$TOKEN?wait=x" !REMOTE_USER
    rows_end
}

@test "bodies and their lengths" {
    local text good="thread_id=$THREAD&message=x" big
    for text in send-message start-session; do
        row 411 "$text without a length" POST $text "BODY=$good" !CONTENT_LENGTH
        row 411 "$text, the length empty" POST $text "BODY=$good" CONTENT_LENGTH=
        row 411 "$text, nothing at all" POST $text !CONTENT_TYPE
        row 411 "$text, chunked" POST $text "BODY=$good" !CONTENT_LENGTH HTTP_TRANSFER_ENCODING=chunked
    done
    for text in -1 -0 +5 '5 ' ' 5' 5.0 5e0 0x5 x 5,5 '5, 5' 5x -9223372036854775809 NaN $'5\n' '٥' '-' 1_0; do
        row 400 "length '$text'" POST send-message "BODY=$good" "CONTENT_LENGTH=$text"
        row 400 "length '$text', a session" POST start-session BODY=user=bob "CONTENT_LENGTH=$text"
    done
    for text in 65537 100000 4294967296 4294967301 9223372036854775807 9223372036854775808 18446744073709551615 \
        18446744073709551616 18446744073709551621 99999999999999999999999999 000000000000000000065537; do
        row 413 "length $text" POST send-message "BODY=$good" "CONTENT_LENGTH=$text"
        row 413 "length $text, a session" POST start-session BODY=user=bob "CONTENT_LENGTH=$text"
    done
    printf -v big '%65537s' ''
    row 413 'one byte more than max_body' POST send-message "BODY=$good&a=${big:0:$((65537 - ${#good} - 3))}"
    row 413 'the same in JSON' POST send-message "JSON=$big"
    row 413 'one byte more than a smaller max_body' POST send-message "BODY=$good" \
        "SPOOLCHAT_MAX_BODY=$((${#good} - 1))"
    row 413 'one byte, where one less is the least' POST start-session BODY=ab SPOOLCHAT_MAX_BODY=1
    row 400 'shorter than it says' POST send-message "BODY=$good" "CONTENT_LENGTH=$((${#good} + 1))"
    row 400 'much shorter' POST send-message "BODY=$good" CONTENT_LENGTH=65536
    row 400 'shorter, a session' POST start-session BODY=user=bob CONTENT_LENGTH=9
    row 400 'nothing, though it says one' POST send-message BODY= CONTENT_LENGTH=1
    row 400 'longer than it says, cut within a value' POST send-message "BODY=$good" CONTENT_LENGTH=20
    row 400 'JSON longer than it says' POST start-session 'JSON={"user":"bob"}' CONTENT_LENGTH=13
    row 400 'length 0' POST send-message "BODY=$good" CONTENT_LENGTH=0
    row 400 'length 000' POST send-message "BODY=$good" CONTENT_LENGTH=000
    row 400 'JSON of length 0' POST send-message 'JSON={}' CONTENT_LENGTH=0
    rows_end
}

@test "bodies that come late" {
    local late pipe=$BATS_TEST_TMPDIR/pipe text
    for text in '' user=b; do
        mkfifo "$pipe"
        exec {late}<>"$pipe" # so that it never ends
        printf %s "$text" >&"$late"
        row 408 "after '$text' nothing more" POST start-session "STDIN=$pipe" CONTENT_LENGTH=8 "CONTENT_TYPE=$form"
        exec {late}>&-
        rm "$pipe"
    done
    rows_end
}

@test "types of bodies" {
    local type
    for type in '' text/plain text/html multipart/form-data 'multipart/form-data; boundary=x' application/json5 \
        application/jso application/problem+json text/json application application/ / '*/*' 'application / json' \
        ,application/json 'application/json,application/json' application/x-www-form-urlencoded2 \
        x-www-form-urlencoded application/octet-stream xyzzy ';application/json' ' application/json' $'\xff'; do
        row 415 "Content-Type '$type'" POST send-message "BODY=thread_id=$THREAD&message=x" "CONTENT_TYPE=$type"
        row 415 "Content-Type '$type', a session" POST start-session BODY=user=bob "CONTENT_TYPE=$type"
    done
    row 415 'no Content-Type' POST send-message "BODY=thread_id=$THREAD&message=x" !CONTENT_TYPE
    row 415 'no Content-Type, with a token' POST "send-message/$TOKEN" !REMOTE_USER \
        "BODY=thread_id=$THREAD&message=x" !CONTENT_TYPE
    row 415 'no Content-Type, a session' POST start-session BODY=user=bob !CONTENT_TYPE
    rows_end
}

@test "too much, too busy, too full" {
    local message="BODY=thread_id=$THREAD&message=x" lock
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=1)
    as bob POST send-message "thread_id=$THREAD&message=x"
    expect 200
    before=$(listing)
    row 429 'a second message where one a minute may be' POST send-message "$message" REMOTE_USER=bob \
        SPOOLCHAT_MESSAGES_PER_MINUTE=1
    row 429 'with a token' POST "send-message/$OTHERS_TOKEN" "$message" !REMOTE_USER SPOOLCHAT_MESSAGES_PER_MINUTE=1
    CGI_ENV=(SPOOLCHAT_SPOOL_MAX=1 SPOOLCHAT_MESSAGES_PER_MINUTE=0)
    as bob POST send-message "thread_id=$THREAD&message=x" # begins to keep a count
    expect 507
    before=$(listing)
    row 507 'a spool of one byte' POST send-message "$message" SPOOLCHAT_SPOOL_MAX=1
    row 507 'in JSON' POST send-message SPOOLCHAT_SPOOL_MAX=1 \
        "JSON={\"type\":\"message\",\"message\":{\"thread\":\"$THREAD\",\"text\":\"x\"}}"
    exec {lock}<"$SPOOL/threads/$THREAD"
    flock "$lock"
    impatient "$SPOOL/threads/$THREAD" {lock}<&- 3>&- &
    row 503 'a thread that somebody else has locked for too long' POST send-message "$message" {lock}<&-
    wait $!
    exec {lock}<&-
    rows_end
}

# impatient FOLDER: tell who waits for its lock that the deadline has come.
impatient() {
    local inode
    inode=$(stat -c %i "$1")
    eventually 20 waiter "$inode"
    kill -ALRM "$(waiter "$inode")"
}

# waiter INODE: its pid.
waiter() {
    sed -nE "/-> FLOCK .*:$1 /{ s/.*WRITE +([0-9]+) .*/\1/p; q }" /proc/locks | grep .
}

# ---- Just inside -------------------------------------------------------------------------------

@test "what is just allowed is taken" {
    local big good deep many thread
    spool_new
    CGI_ENV=()
    thread_of alice bob
    good="thread_id=$thread&message="
    printf -v big '%65536s' ''
    as alice POST send-message "$good${big:0:65536-${#good}}" # spaces
    expect 200
    same $((65536 - ${#good})) "$(jq '.message.text | length' "$SPOOL/threads/$thread/new/0000000001")"
    good="{\"type\":\"message\",\"message\":{\"thread\":\"$thread\",\"text\":\"x\""
    TYPE=$json as alice POST send-message "$good}}${big:0:65536-${#good}-2}"
    expect 200
    CGI_ENV=("SPOOLCHAT_MAX_BODY=$((${#good} + 2))")
    TYPE=$json as alice POST send-message "$good}}"
    expect 200
    CGI_ENV=()
    printf -v deep '[%.0s' {1..14}
    printf -v many ',"k%d":1' {1..898}
    for text in "\"a\":$deep${deep//\[/]}" "${many#,}" '"a":"\ud83d\ude00\uffff\u0001"' '"a":-0.0e-0' '"":1'; do
        TYPE=$json as alice POST send-message "$good,$text}}"
        expect 200
    done
    printf -v many 'a=1&%.0s' {1..1022}
    as alice POST send-message "${many}thread_id=$thread&message=x"
    expect 200
    # The body ends where its length says.
    CGI_ENV=(CONTENT_LENGTH=8)
    as alice POST start-session user=bob%zz
    expect 200
    CGI_ENV=(CONTENT_LENGTH=0000000000000000000000008)
    as alice POST start-session user=bob%zz
    expect 200
    CGI_ENV=(CONTENT_LENGTH=x) # of no interest to who reads no body
    as alice POST token
    expect 200
    CGI_ENV=()
    as alice GET 'stream?wait=0&since=0-0&limit=000000001&xyzzy=1&&=&'
    expect 200 '.stanzas | length == 1'
    as alice GET 'stream/?wait=0'
    expect 200
    jq -es 'length == 9 and ([.[].seq] | sort == [range(1; 10)])' "$SPOOL/threads/$thread"/new/*
}
