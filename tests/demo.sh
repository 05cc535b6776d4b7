#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# [SCGI=yes] tests/demo.sh [SERVER [PORT]]: a chat site of alice, bob and carol on 127.0.0.1, from what stands in
# build/, until Ctrl-C. `make demo` calls it. Everything lies in build/demo/PORT and stays there to be
# looked at.

set -uo pipefail
cd "$(dirname "$0")/.." || exit
. tests/servers/site.bash

main() {
    local port=${2:-8080}
    case ${1:-apache} in
    apache) server=apache-event ;;
    apache-event | apache-prefork | lighttpd | nginx) server=$1 ;;
    *) die "SERVER is one of apache, lighttpd and nginx, not '$1'" ;;
    esac
    case ${SCGI:-no} in
    yes | no) ;;
    *) die "SCGI is yes or no, not '$SCGI'" ;;
    esac
    [[ ${SCGI:-no} == no || $server != apache-prefork ]] || die 'apache-prefork has no settings for SCGI here: apache has'
    [[ $port =~ ^[1-9][0-9]{0,4}$ && $port -lt 65536 ]] || die "PORT is a number up to 65535, not '$port'"
    ! port_taken "$port" || die "port $port of 127.0.0.1 is taken: try PORT=$((port + 1))"
    base=http://127.0.0.1:$port/nereid-chat
    shown=build/demo/$port
    place
    trap leave EXIT
    trap 'exit 0' INT
    trap 'exit 143' TERM HUP
    run "$port"
    show
    watch
}

die() {
    echo "demo: $*" >&2
    exit 1
}

# $site: build/demo/PORT, or a folder in /tmp for as long as the demo runs, where the server cannot reach
# into the checkout (below /root, say).
place() {
    rm -rf "$shown"
    mkdir -p "$shown"
    site=$PWD/$shown
    site_fits "$site" && return
    rmdir "$shown"
    site=$(site_tmp) || exit 1
    ln -s "$site" "$shown"
}

run() {
    local user
    site_make "$site" build/cgi-bin '' build/web || die "cannot write $site"
    for user in alice bob carol; do
        site_know "$site" "$user"
    done
    site_run "$site" "$server" "$1" || die "$server does not start"
    site_agent "$site" build/bin/spoolchat || die "no agent: build/bin/spoolchat"
    eventually 10 answers || { tail -n 20 "$site"/log/*.log >&2; die "$base does not answer"; }
}

# The real thing: server, login, our program, spool.
answers() {
    curl --silent --fail --max-time 5 --user alice:alice "$base/get-friends" >/dev/null &&
        curl --silent --fail --max-time 5 --user alice:alice "$base/stream?wait=0" >/dev/null
}

show() {
    cat <<LINES

A chat to look at, of alice, bob and carol (each one's password is their name): ${base%/*}/chat/

It is spoolchat behind $server$([[ ${SCGI:-no} == no ]] || echo ', streams by SCGI'): $base
Everything that is said lies in $shown/spool. Ctrl-C ends it.

Paste these into other terminals. Alice opens a stream; what happens comes as it happens:

  curl -N -u alice:alice -H 'Accept: text/event-stream' $base/stream

Bob starts a session with her and says something:

  THREAD=\$(curl -s -u bob:bob -d user=alice $base/start-session | jq -r .thread_id); echo \$THREAD
  curl -s -u bob:bob -d thread_id=\$THREAD -d message='Hello Alice' $base/send-message

Who is there for carol:

  curl -s -u carol:carol $base/get-friends | jq .

A token lets bob listen and speak for an hour with no login at all; a long poll answers as soon as there is
something, or after 25 seconds:

  TOKEN=\$(curl -s -u bob:bob -d '' $base/token | jq -r .token); echo \$TOKEN
  curl -s -d thread_id=\$THREAD -d message='No login' $base/send-message/\$TOKEN
  curl -s $base/stream/\$TOKEN | jq .

LINES
}

# Until a signal, or until one of the two dies.
watch() {
    local name
    wait -n "$(<"$site/run/server.pid")" "$(<"$site/run/agent.pid")"
    for name in server agent; do
        process_alive "$(<"$site/run/$name.pid")" || echo "demo: the $name has ended: $shown/log" >&2
    done
    exit 1
}

leave() {
    local status=$?
    # Once is enough: a second Ctrl-C must not leave half of it running.
    trap '' INT TERM HUP
    site_halt "$site" || status=1
    if [[ -L $shown ]]; then
        rm -f "$shown"
        mv "$site" "$shown"
    fi
    exit "$status"
}

main "$@"
