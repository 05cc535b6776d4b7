#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# tests/browser/site.sh [SERVER]: a site with an agent for a browser test. Prints a line of JSON when it
# runs, and stops everything when its standard input ends, however the test ended. Until then it does what
# a line there says, and answers `done`:
#
#   forward SECONDS            the programs' clocks
#   stop, start                the web server with all it runs, in the middle of it; on the same port again
#   restart                    Apache by its own SIGHUP: nobody is refused meanwhile
#   say USER THREAD TEXT       the program itself, as if a web server had started it
#   proxy KIND                 before the site (tests/servers/proxy.bash), instead of the last one;
#                              the answer is `done PORT`

set -uo pipefail
cd "$(dirname "$0")/../.." || exit
HTDOCS=tests/browser/pages
WEB=build/web
# shellcheck source=tests/system/lib.bash
. tests/system/lib.bash
# shellcheck source=tests/servers/proxy.bash
. tests/servers/proxy.bash

# say USER THREAD TEXT
say() {
    local body="thread_id=$2&message=$3" env
    mapfile -t env < <(site_env "$SITE")
    printf %s "$body" | as_site_user env -i "${env[@]}" GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=POST \
        REMOTE_USER="$1" CONTENT_LENGTH=${#body} CONTENT_TYPE=application/x-www-form-urlencoded \
        "$SITE/cgi-bin/send-message" | grep -q '^Status: 200'
}

# proxy KIND
proxy() {
    proxy_halt "$SITE" && answer=$(free_port) && proxy_run "$SITE" "$1" "$answer" "$(<"$SITE/run/port")"
}

obey() {
    local verb=$1
    shift
    answer=
    case $verb in
    forward) clock_forward "$1" ;;
    # Asked, Apache would wait ten seconds for replies that the agent holds.
    stop) process_kill "$(<"$SITE/run/server.pid")" ;;
    start) site_run "$SITE" "$server" "$(<"$SITE/run/port")" ;;
    restart) kill -HUP "$(<"$SITE/run/server.pid")" ;;
    say) say "$@" ;;
    proxy) proxy "$@" ;;
    *) false ;;
    esac
}

trap 'proxy_halt "$SITE" >&2; site_stop >&2' EXIT
server=${1:-apache-event}
site_start "$server" && agent_start || exit 1
printf '{"base": "%s", "origin": "%s", "spool": "%s"}\n' "$BASE" "${BASE%/*}" "$SPOOL"
while read -r -a words; do
    if obey "${words[@]}" </dev/null >&2; then echo "done${answer:+ $answer}"; else echo "failed: ${words[*]}"; fi
done
