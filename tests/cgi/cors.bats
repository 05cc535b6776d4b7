# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154
# (tests as subshells, variables that lib.bash takes and gives)
#
# Pages of other origins: which may ask, write and read, and which not. The tables go over every endpoint that
# there is and every method that it says it answers to, so a new one is in them.

setup() {
    load lib
    spool_new
    CGI_ENV=()
    listed=https://app.example
    allow="SPOOLCHAT_ALLOW_ORIGIN=http://other.example $listed"
    exposed='Accept-Ranges, Allow, Content-Disposition, Content-Range, ETag, Retry-After, WWW-Authenticate'
    foreign='"detail":"This request comes from a foreign site."'
    endpoints=("$BIN"/cgi-bin/*)
    endpoints=("${endpoints[@]##*/}")
    # What is asked here is the same code in all of them.
    [[ $BIN != *asan* ]] || endpoints=(stream send-message token)
    as alice POST token
    token=$(field token)
    rows=0
}

teardown() {
    ((rows == 0)) || echo "# $rows rows" >&3
    cgi_end
}

# methods ENDPOINT: what it says it answers to.
methods() {
    local -a CGI_ENV=()
    as '' '' "$1"
    expect 405
    local allow
    allow=$(header Allow)
    echo "${allow//,/}"
}

# changing ENDPOINT: those that change something.
changing() {
    local method
    for method in $(methods "$1"); do
        [[ $method == GET || $method == HEAD ]] || echo "$method"
    done
}

listing() {
    find "$SPOOL" -printf '%P %y %i %m %n %s %T@ %l\n' | sort
}

# header_is NAME VALUE: once, or with '' not at all.
header_is() {
    local rest=$'\n'$headers$'\n'
    if [[ -n $2 ]]; then
        [[ $rest == *$'\n'"$1: $2"$'\n'* ]] || same "$1: $2" "$headers"
        rest=${rest/$'\n'"$1: $2"$'\n'/$'\n'}
    fi
    [[ $rest != *$'\n'"$1: "* ]] || same "no other $1" "$headers"
}

readable() {
    rows=$((rows + 1))
    header_is Access-Control-Allow-Origin "$listed"
    header_is Access-Control-Allow-Credentials true
    header_is Access-Control-Expose-Headers "$exposed"
    header_is Vary Origin
}

unreadable() {
    rows=$((rows + 1))
    [[ $headers != *Access-Control-* ]]
    header_is Vary "$1"
}

# each_way COMMAND...: after each endpoint's replies to each method, right and wrong, with and without a login,
# by path, by query and by body; and streams in both forms.
each_way() {
    local endpoint method target
    # Before anything ends it.
    for ACCEPT in text/event-stream application/json; do
        as alice GET 'stream?wait=0'
        if [[ $1 == unreadable && ${CGI_ENV[*]} == *HTTP_ORIGIN=* ]]; then
            expect 403
        else
            expect 200
            header_is Content-Type "$ACCEPT"
        fi
        "$@"
        as '' GET "stream/$token?wait=0"
        expect 200
        header_is Content-Type "$ACCEPT"
        "$@"
    done
    unset ACCEPT
    for endpoint in "${endpoints[@]}"; do
        for method in $(methods "$endpoint") OPTIONS BREW; do
            for target in '?wait=0' "/$token?wait=0" '/x?wait=0' '?wait=%zz'; do
                as alice "$method" "$endpoint$target"
                "$@"
            done
            as '' "$method" "$endpoint"
            "$@"
            as alice "$method" "$endpoint?wait=0" 'user=bob&to=bob&message=x'
            "$@"
        done
    done
}

@test "a preflight: every endpoint, every method and header, without a login, touching nothing" {
    local endpoint method target before all
    before=$(listing)
    for endpoint in "${endpoints[@]}"; do
        all=$(methods "$endpoint")
        for method in $all PATCH; do
            for target in "$endpoint" "$endpoint/$token" "$endpoint/x/y"; do
                CGI_ENV=("$allow" HTTP_ORIGIN="$listed" HTTP_SEC_FETCH_SITE=cross-site
                    HTTP_ACCESS_CONTROL_REQUEST_METHOD="$method"
                    "HTTP_ACCESS_CONTROL_REQUEST_HEADERS=authorization,content-type,last-event-id,range")
                as '' OPTIONS "$target"
                expect 204
                same '' "$body"
                readable
                header_is Access-Control-Allow-Methods "${all// /, }"
                header_is Access-Control-Max-Age 7200
                for name in authorization content-type last-event-id range; do
                    [[ ", $(header Access-Control-Allow-Headers)," == *", $name,"* ]]
                done
                # It is an answer and no more, whoever else is said to ask.
                CGI_ENV+=("HTTP_AUTHORIZATION=Bearer $token")
                as alice OPTIONS "$target" 'user=bob&to=bob&message=x'
                expect 204
            done
        done
    done
    same "$before" "$(listing)"
}

@test "a preflight from who is not listed, or that asks nothing, is 405" {
    local endpoint origin before
    before=$(listing)
    for endpoint in "${endpoints[@]}"; do
        for origin in https://app.example.org https://app.exampl http://app.example https://app.example:443 null '' \
            "$listed http://other.example" '*'; do
            CGI_ENV=("$allow" HTTP_ORIGIN="$origin" HTTP_ACCESS_CONTROL_REQUEST_METHOD=POST)
            as '' OPTIONS "$endpoint"
            expect 405
            unreadable Origin
        done
        CGI_ENV=("$allow" HTTP_ORIGIN="$listed")
        as '' OPTIONS "$endpoint"
        expect 405
        readable
        CGI_ENV=(HTTP_ORIGIN="$listed" HTTP_ACCESS_CONTROL_REQUEST_METHOD=POST)
        as '' OPTIONS "$endpoint"
        expect 405
        unreadable ''
    done
    same "$before" "$(listing)"
}

@test "a listed origin may read every reply, errors and both forms of streams too" {
    CGI_ENV=("$allow" HTTP_ORIGIN="$listed" HTTP_SEC_FETCH_SITE=cross-site)
    each_way readable
    CGI_ENV+=(SPOOLCHAT_MESSAGES_PER_MINUTE=1)
    rm "$SPOOL/users/alice/limits" # what was said so far counts no more
    as alice POST send-message 'to=bob&message=x'
    expect 200
    as alice POST send-message 'to=bob&message=y'
    expect 429
    readable
    CGI_ENV+=(SPOOLCHAT_SPOOL_MAX=1 SPOOLCHAT_MESSAGES_PER_MINUTE=0)
    as alice POST send-message 'to=bob&message=y'
    expect 507
    readable
}

@test "another origin may read nothing, and a cache is told that it matters who asks" {
    CGI_ENV=("$allow" HTTP_ORIGIN=https://evil.example)
    each_way unreadable Origin
}

@test "nobody's origin: the same" {
    CGI_ENV=("$allow")
    each_way unreadable Origin
}

@test "where no origin is listed, nothing is said of origins" {
    CGI_ENV=(HTTP_ORIGIN="$listed")
    each_way unreadable ''
}

# ---- Forgery -----------------------------------------------------------------------------------

# changes refused|passes [NAME=value...]: what a request with these headers gets, at every endpoint that changes
# something, by every method that does.
changes() {
    local wanted=$1 endpoint method got
    shift
    CGI_ENV=("$@")
    for endpoint in "${endpoints[@]}"; do
        for method in $(changing "$endpoint"); do
            # Nothing that could be done: who passes is told what is wrong with it, or gets a token.
            as alice "$method" "$endpoint" ''
            got=passes
            [[ $body != *"$foreign"* ]] || got=refused
            [[ $got == passes || $status_code == 403 ]]
            same "$wanted" "$got" || same "$method $endpoint" "$*"
            rows=$((rows + 1))
        done
    done
}

@test "what is changed for a foreign page: nothing" {
    local site origin
    for site in cross-site Cross-Site; do
        changes refused HTTP_SEC_FETCH_SITE=$site
        changes refused HTTP_SEC_FETCH_SITE=$site HTTP_ORIGIN=http://chat.example
        changes refused HTTP_SEC_FETCH_SITE=$site HTTP_ORIGIN=null
        changes refused HTTP_SEC_FETCH_SITE=$site "$allow" HTTP_ORIGIN=https://evil.example
    done
    # A sibling of ours is another's page; a browser that says "same-site" says of which origin, too.
    changes refused HTTP_SEC_FETCH_SITE=same-site
    changes refused HTTP_SEC_FETCH_SITE=same-site HTTP_ORIGIN=http://www.chat.example
    changes refused HTTP_SEC_FETCH_SITE=same-site HTTP_ORIGIN=http://chat.example:8080
    changes refused HTTP_SEC_FETCH_SITE=same-site HTTP_ORIGIN=null
    for origin in null https://evil.example http://chat.example:8080 http://chat.example.evil.example x; do
        changes refused HTTP_ORIGIN=$origin
        changes refused HTTP_ORIGIN=$origin HTTP_SEC_FETCH_SITE=same-origin
        changes refused HTTP_ORIGIN=$origin HTTP_SEC_FETCH_SITE=none
        changes refused HTTP_ORIGIN=$origin "$allow"
        # What a page can send without asking first changes nothing about it.
        changes refused HTTP_ORIGIN=$origin "HTTP_AUTHORIZATION=Basic YWxpY2U6YWxpY2U=" HTTP_X_REQUESTED_WITH=x
    done
    changes refused HTTP_ORIGIN=http://chat.example HTTP_HOST=chat.example:8080
    changes refused HTTP_ORIGIN=http://chat.example:8080 HTTP_HOST=chat.example:8081
    changes refused HTTP_ORIGIN='*' "$allow"
}

@test "what is changed for our own pages, for listed ones, and for programs: everything" {
    changes passes
    changes passes HTTP_SEC_FETCH_SITE=none
    changes passes HTTP_SEC_FETCH_SITE=same-origin
    changes passes HTTP_SEC_FETCH_SITE=same-origin HTTP_ORIGIN=http://chat.example
    changes passes HTTP_ORIGIN=http://chat.example
    changes passes HTTP_ORIGIN=https://chat.example # the server may not know that there is TLS before it
    changes passes HTTP_ORIGIN=https://chat.example HTTP_HOST=chat.example:443
    changes passes HTTP_ORIGIN=http://chat.example:80 HTTP_HOST=chat.example
    changes passes HTTP_ORIGIN=http://chat.example:8080 HTTP_HOST=chat.example:8080
    changes passes 'HTTP_ORIGIN=http://[::1]:8080' 'HTTP_HOST=[::1]:8080' HTTP_SEC_FETCH_SITE=same-origin
    # Behind a proxy that drops the port: the browser compares what it sees.
    changes passes HTTP_ORIGIN=http://chat.example HTTP_SEC_FETCH_SITE=same-site
    changes passes "$allow" HTTP_ORIGIN="$listed"
    changes passes "$allow" HTTP_ORIGIN="$listed" HTTP_SEC_FETCH_SITE=cross-site
    changes passes "$allow" HTTP_ORIGIN="$listed" HTTP_SEC_FETCH_SITE=same-site
    changes passes "$allow" HTTP_ORIGIN=HTTP://OTHER.example HTTP_SEC_FETCH_SITE=cross-site
}

@test "a picture on a foreign page that is a stream takes nothing from the user" {
    thread_of alice bob
    as bob GET 'stream?wait=0'
    say alice "$thread" hello
    for ACCEPT in application/json text/event-stream; do
        for given in HTTP_SEC_FETCH_SITE=cross-site HTTP_SEC_FETCH_SITE=same-site HTTP_ORIGIN=https://evil.example; do
            CGI_ENV=("$given")
            as bob GET 'stream?wait=0'
            expect 403
            [[ $body == *"$foreign"* ]]
        done
    done
    unset ACCEPT
    CGI_ENV=(HTTP_SEC_FETCH_SITE=same-origin)
    as bob GET 'stream?wait=0'
    expect 200 'any(.stanzas[]; .message.text == "hello")'
    # Whoever has a token was given it.
    CGI_ENV=(HTTP_SEC_FETCH_SITE=cross-site)
    as '' GET "stream/$token?wait=0"
    expect 200
}
