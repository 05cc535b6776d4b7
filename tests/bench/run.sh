#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# tests/bench/run.sh: how fast, through real web servers, from what stands in build/. `make bench` calls
# it; README.md beside it says what is measured. A table on stdout, every number in
# build/bench/results.json.
#
#   BENCH_SERVERS   "lighttpd apache-event apache-prefork nginx", or some of them
#   BENCH_ROUNDS    7
#   BENCH_SECONDS   0.3, of each row in each round
#   BENCH_CLIENTS   4, at once
#   BENCH_SAMPLES   300, of each latency
#   BENCH_STREAMS   200, for the memory of each

set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. tests/servers/site.bash
. tests/bench/place.bash

read -r -a tried <<<"${BENCH_SERVERS:-lighttpd apache-event apache-prefork nginx}"
rounds=${BENCH_ROUNDS:-7}
seconds=${BENCH_SECONDS:-0.3}
clients=${BENCH_CLIENTS:-4}
samples=${BENCH_SAMPLES:-300}
streams=${BENCH_STREAMS:-200}

out=$PWD/build/bench
people=(u1 u2 u3 u4 u5 u6 u7 u8)
password=bench
password_hash='{SHA}5cicUp3MubQnFvTZEY1hB5yIPZ4='
# A message of everyday length.
text='message=Shall+we+meet+at+the+station+at+seven,+or+is+that+too+early+for+you?'

# Limits are for people; programs in a hurry would only measure them.
export SPOOLCHAT_MESSAGES_PER_MINUTE=0 SPOOLCHAT_MAX_STREAMS=0 SPOOLCHAT_USER_STREAMS=0

die() {
    echo "bench: $*" >&2
    exit 1
}

leave() {
    local status=$? site
    trap '' INT TERM HUP
    for site in "${sites[@]}"; do
        site_halt "$site" || status=1
    done
    rm -rf "$work"
    exit "$status"
}

# ---- Sites -------------------------------------------------------------------------------------

sites=()

# site SERVER SYNC: in $work/SERVER.SYNC, running. Who is there, and in which thread, in its file `people`:
# two a thread, so that writers meet now and then, as on real sites.
site() {
    local site=$work/$1.$2 user
    site_make "$site" "$work/cgi-bin" || die "cannot write $site"
    printf "%s:$password_hash\n" "${people[@]}" >"$site/conf/htpasswd"
    for user in "${people[@]}"; do
        site_know "$site" "$user"
    done
    sites+=("$site")
    # A port that was free may not be any more when the server comes to take it.
    for _ in {1..5}; do
        ! SPOOLCHAT_SYNC=$2 site_run "$site" "$1" "$(free_port)" || break
    done
    [[ -s $site/run/port ]] || die "$1 does not start"
    pairs "$site" >"$site/people"
}

url() {
    echo "http://127.0.0.1:$(<"$1/run/port")/nereid-chat"
}

# ask SITE USER WHAT [CURL ARGUMENT...]
ask() {
    curl -sS --fail --max-time 60 -u "$2:$password" "${@:4}" "$(url "$1")/$3"
}

# First one of each pair, then the others: requests that follow each other are of different threads.
pairs() {
    local i thread firsts='' seconds=''
    for ((i = 0; i < ${#people[@]}; i += 2)); do
        thread=$(ask "$1" "${people[i]}" start-session -d "user=${people[i + 1]}" |
            jq -er .thread_id) || die "no thread"
        firsts+="${people[i]} $password $thread"$'\n'
        seconds+="${people[i + 1]} $password $thread"$'\n'
    done
    printf %s "$firsts$seconds"
}

# The journal's end, for whoever has no news to come, in $cursor; from where it was before.
go_to_end() {
    local envelope
    while envelope=$(ask "$1" u1 "stream?wait=0&limit=1000&since=$cursor"); do
        cursor=$(jq -r .cursor <<<"$envelope")
        [[ $(jq '.stanzas | length' <<<"$envelope") != 0 ]] || return 0
    done
    die "no stream"
}

# ---- Requests a second -------------------------------------------------------------------------

# load SERVER ROW ROUND: for a moment. Two sites, beside each other: one syncs, the other does not.
load() {
    local site=$work/$1.no how=(-c "$clients") target
    [[ $2 != *:yes ]] || site=$work/$1.yes
    [[ $2 != kept:* ]] || how=(-k)
    how+=(-s "$seconds" -u "$site/people" -l kind=rate -l server="$1" -l row="$2" -l round="$3")
    case $2 in
    *:empty) target=empty ;;
    *:stream) target="stream?wait=0&since=$cursor" ;;
    *)
        target=send-message
        how+=(-d "thread_id=@room@&$text&id=@id@")
        ;;
    esac
    build/bench/load "${how[@]}" "$(url "$site")/$target"
}

# Every row in every round, forwards and then backwards, so that what the machine does besides hits all.
rates() {
    local round row rows=({new,kept}:{empty,stream,no,yes}) cursor=
    for ((round = 1; round <= rounds; round++)); do
        for row in "${rows[@]}"; do
            [[ $row != *:stream ]] || go_to_end "$work/$1.no"
            load "$1" "$row" "$round" || die "load: $1, $row"
        done
        mapfile -t rows < <(printf '%s\n' "${rows[@]}" | tac)
    done
}

# ---- Latency -----------------------------------------------------------------------------------

latencies() {
    local sync form
    for sync in no yes; do
        for form in '' -e; do
            # shellcheck disable=SC2086
            build/bench/latency $form -n "$samples" -u "$work/$1.$sync/people" -l kind=latency \
                -l server="$1" -l sync=$sync "$(url "$work/$1.$sync")" || die "latency: $1"
        done
    done
}

# ---- Without a server --------------------------------------------------------------------------

# direct ENVIRONMENT... PROGRAM ARGUMENT...: with a spool of its own, as the user who runs this
direct() {
    env -i SPOOLCHAT_SPOOL="$work/direct" SPOOLCHAT_MESSAGES_PER_MINUTE=0 SPOOLCHAT_MAX_STREAMS=0 \
        SPOOLCHAT_USER_STREAMS=0 GATEWAY_INTERFACE=CGI/1.1 SERVER_PROTOCOL=HTTP/1.1 \
        SERVER_NAME=127.0.0.1 SERVER_PORT=80 REMOTE_ADDR=127.0.0.1 HTTP_HOST=127.0.0.1 "$@"
}

direct_post() {
    direct REQUEST_METHOD=POST REMOTE_USER=u1 CONTENT_TYPE=application/x-www-form-urlencoded \
        CONTENT_LENGTH="$(stat -c %s "$work/body")" "$@"
}

direct_end() {
    local envelope before=
    cursor=0-0
    until [[ $cursor == "$before" ]]; do
        before=$cursor
        envelope=$(direct REQUEST_METHOD=GET REMOTE_USER=u1 \
            QUERY_STRING="wait=0&limit=1000&since=$cursor" "$work/cgi-bin/stream") || die "no stream"
        cursor=$(tail -n 1 <<<"$envelope" | jq -r .cursor)
    done
}

# A spool in which all are in one thread, and something was said there.
direct_spool() {
    local user thread
    install -d -m 700 "$work/direct" "$work/direct/users"
    for user in "${people[@]}"; do
        install -d -m 700 "$work/direct/users/$user"
        echo "{\"displayName\": \"Person ${user#u}\"}" >"$work/direct/users/$user/profile.json"
    done
    printf 'user=%s&' "${people[@]:1}" >"$work/body"
    thread=$(direct_post "$work/cgi-bin/start-session" <"$work/body" | tail -n 1 | jq -er .thread_id) ||
        die "no thread"
    printf "%s $password none\n" "${people[@]}" >"$work/people"
    printf 'thread_id=%s&%s' "$thread" "$text" >"$work/body"
    direct_post build/bench/spawn -n 40 -i "$work/body" "$work/cgi-bin/send-message" >/dev/null ||
        die "send-message"
}

processes() {
    local round sync
    for ((round = 1; round <= rounds; round++)); do
        direct_end
        direct build/bench/spawn -n 200 -l kind=process -l row=empty "$work/cgi-bin/empty" || die spawn
        direct REQUEST_METHOD=GET REMOTE_USER=u1 QUERY_STRING="wait=0&since=$cursor" \
            build/bench/spawn -n 200 -l kind=process -l row=stream "$work/cgi-bin/stream" || die spawn
        for sync in no yes; do
            direct_post SPOOLCHAT_SYNC=$sync build/bench/spawn -n 200 -i "$work/body" -l kind=process \
                -l row=$sync "$work/cgi-bin/send-message" || die spawn
        done
    done
}

# Each stream has greeted seven friends and, as events, read what there is.
memory() {
    direct REQUEST_METHOD=GET HTTP_ACCEPT=text/event-stream QUERY_STRING=since=0-0 \
        build/bench/memory -c "$streams" -u "$work/people" -l kind=memory -l form='event stream' \
        "$work/cgi-bin/stream" || die "memory"
    direct_end
    direct REQUEST_METHOD=GET QUERY_STRING="since=$cursor" \
        build/bench/memory -c "$streams" -u "$work/people" -l kind=memory -l form='long poll' \
        "$work/cgi-bin/stream" || die "memory"
}

# ---- All of it ---------------------------------------------------------------------------------

through_server() {
    local site
    say "$1: requests a second"
    site "$1" no
    site "$1" yes
    rates "$1"
    say "$1: latency"
    latencies "$1"
    for site in "${sites[@]}"; do
        site_halt "$site" || die "$1 does not stop"
    done
    sites=()
}

main() {
    local begin=$SECONDS server
    place
    trap leave EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    programs
    machine "$(versions)" --arg rounds "$rounds" --arg seconds "$seconds" --arg clients "$clients" \
        >"$work/machine" || die "the machine"
    say 'without a server'
    direct_spool
    {
        memory
        processes
        for server in "${tried[@]}"; do
            through_server "$server"
        done
    } >"$work/raw" || exit 1
    say ''
    jq -s --slurpfile machine "$work/machine" --arg took "$((SECONDS - begin))" \
        '{machine: ($machine[0] + {$took}), results: .}' "$work/raw" >"$out/results.json" || exit 1
    jq -r -L tests/bench -f tests/bench/table.jq "$out/results.json"
}

main "$@"
