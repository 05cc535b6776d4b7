# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034 # variables are for who sources this
#
# For bats tests that run our programs as a web server would, without one. `load lib` takes it in.
#
#   spool_new [USER...]              a spool of this test's own, $SPOOL, that knows alice, bob and carol
#   cgi METHOD ENDPOINT[/PATH][?QUERY] [BODY]
#       runs the endpoint and sets $status_code, $headers, $body, $exit_code. Beside the arguments count:
#       ME        who is logged in (REMOTE_USER); unset or empty: nobody
#       ACCEPT    the header Accept
#       TYPE      the body's Content-Type, a form unless set
#       CGI_ENV   an array of NAME=value, last word on any variable (CONTENT_LENGTH=7, HTTP_ORIGIN=…)
#   cgi_background METHOD ENDPOINT… [BODY]
#       the same, not waited for: its pid in $cgi_pid, what it says grows in the file $cgi_output
#   header NAME, json FILTER         of the last reply
#   clock_forward SECONDS            the programs' clocks; they stand in the file $CLOCK
#   spoolchat SUBCOMMAND...          the operator's program on this spool
#
# BIN says which build runs: build/test, or build/asan.

root=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
# shellcheck source=tests/servers/process.bash
. "$root/tests/servers/process.bash"
BIN=${BIN:-$root/build/test}

spool_new() {
    local user
    SPOOL=$BATS_TEST_TMPDIR/spool
    CLOCK=$BATS_TEST_TMPDIR/clock
    echo 0 >"$CLOCK"
    install -d -m 700 "$SPOOL" "$SPOOL/users"
    (($#)) || set -- alice bob carol
    for user; do
        install -d -m 700 "$SPOOL/users/$user"
    done
}

clock_forward() {
    # Renamed into place: who reads meanwhile sees the old time or the new, never none.
    echo $(($(<"$CLOCK") + $1)) >"$CLOCK.new"
    mv "$CLOCK.new" "$CLOCK"
}

# The variables of one request in the array `env`, the program in `program`, the body in the file `input`.
cgi_request() {
    local method=$1 target=$2 query='' path
    if [[ $target == *\?* ]]; then
        query=${target#*\?}
        target=${target%%\?*}
    fi
    program=$BIN/cgi-bin/${target%%/*}
    path=${target#"${target%%/*}"}
    env=(GATEWAY_INTERFACE=CGI/1.1 SERVER_PROTOCOL=HTTP/1.1 SERVER_NAME=chat.example SERVER_PORT=80
        REMOTE_ADDR=127.0.0.1 HTTP_HOST=chat.example REQUEST_METHOD="$method" QUERY_STRING="$query"
        SCRIPT_NAME="/nereid-chat/${target%%/*}"
        SPOOLCHAT_SPOOL="$SPOOL" SPOOLCHAT_TEST_CLOCK="$CLOCK")
    [[ -z $path ]] || env+=(PATH_INFO="$path")
    [[ -z ${ME-} ]] || env+=(REMOTE_USER="$ME" AUTH_TYPE=Basic)
    [[ -z ${ACCEPT-} ]] || env+=(HTTP_ACCEPT="$ACCEPT")
    input=$BATS_TEST_TMPDIR/input.$BASHPID
    printf %s "${3-}" >"$input"
    if (($# > 2)); then
        env+=(CONTENT_LENGTH="$(stat -c %s "$input")")
        env+=(CONTENT_TYPE="${TYPE-application/x-www-form-urlencoded}")
    fi
    env+=("${CGI_ENV[@]}")
}

cgi() {
    local env program input reply
    cgi_request "$@"
    reply=$BATS_TEST_TMPDIR/reply
    exit_code=0
    timeout 60 env -i "${env[@]}" "$program" <"$input" >"$reply" 2>"$reply.stderr" || exit_code=$?
    cgi_reply "$reply"
    cgi_sane "$reply.stderr"
}

# Split a reply at its first empty line.
cgi_reply() {
    local text
    IFS= read -r -d '' text <"$1"
    headers=${text%%$'\r\n\r\n'*}
    headers=${headers//$'\r'/}
    body=${text#*$'\r\n\r\n'}
    status_code=
    [[ ! $headers =~ (^|$'\n')Status:\ ([0-9]+) ]] || status_code=${BASH_REMATCH[2]}
}

# What the sanitizers have to say is never part of a test's expectation.
cgi_sane() {
    ! grep -A 30 -E 'Sanitizer|runtime error' "$1" >&2
}

cgi_background() {
    local env program input
    cgi_request "$@"
    cgi_output=$(mktemp "$BATS_TEST_TMPDIR/output.XXXXXX")
    env -i "${env[@]}" "$program" <"$input" >"$cgi_output" 2>"$cgi_output.stderr" 3>&- &
    cgi_pid=$!
}

header() {
    local line
    while IFS= read -r line; do
        [[ ${line,,} != "${1,,}: "* ]] || echo "${line#*: }"
    done <<<"$headers"
}

json() {
    jq -r "$@" <<<"$body"
}

spoolchat() {
    SPOOLCHAT_SPOOL=$SPOOL SPOOLCHAT_TEST_CLOCK=$CLOCK "$BIN/bin/spoolchat" "$@"
}
