# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034 # variables are for who sources this
#
# For bats tests through a real web server. `load lib` takes it in.
#
#   site_start [SERVER]         apache-event, apache-prefork, lighttpd or nginx ($SERVER if not said), on a
#                               site of its own: $SITE, $SPOOL, $BASE (http://127.0.0.1:…/nereid-chat)
#   site_stop                   stop it, and the agent; show the logs of a test that failed; remove $SITE
#   agent_start, agent_stop     `spoolchat agent` beside it
#   as USER curl ARGUMENTS...   logged in
#   streams_waiting             pids of the site's streams that are processes
#   clients_end PID...          of those that are left
#   eventually SECONDS COMMAND  until it succeeds; the only way to wait
#   clock_forward SECONDS       the programs' clocks; they stand in the file $CLOCK
#
# In setup and teardown, or in setup_file and teardown_file for a whole file. SPOOLCHAT_* variables that
# are exported before site_start are the site's configuration. HTDOCS names a folder for `/`, WEB one for `/chat/`. BIN says
# which build runs. A file with the line "# servers: all" is run for each server ($SERVER).

root=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
# shellcheck source=tests/servers/site.bash
. "$root/tests/servers/site.bash"
# What is sent and what comes are bytes, and bash is faster with them.
export LC_ALL=C
BIN=${BIN:-$root/build/test}
SERVER=${SERVER:-apache-event}

# The same language, and a program that is there at once: jq itself takes longer to begin than a request of ours
# does. `command jq` where the order of fields counts, which this one does not keep.
jq() {
    gojq "$@"
}

site_start() {
    local server=${1:-$SERVER} port user
    SITE=$(site_tmp) || return 1
    SPOOL=$SITE/spool
    CLOCK=$SITE/run/clock
    export SITE SPOOL CLOCK BASE SPOOLCHAT_TEST_CLOCK=$CLOCK
    site_make "$SITE" "$BIN/cgi-bin" "${HTDOCS-}" "${WEB-}" || return 1
    clock_set 0
    for user in alice bob carol; do
        site_know "$SITE" "$user"
    done
    # A port that was free may not be any more when the server comes to take it.
    for _ in {1..5}; do
        port=$(free_port) || return 1
        BASE=http://127.0.0.1:$port/nereid-chat
        ! site_run "$SITE" "$server" "$port" || return 0
    done
    return 1
}

site_stop() {
    local status=0
    site_halt "$SITE" || status=1
    [[ ${BATS_TEST_COMPLETED-} ]] || tail -n 20 "$SITE"/log/*.log
    rm -rf "$SITE"
    return "$status"
}

agent_start() {
    site_agent "$SITE" "$BIN/bin/spoolchat"
}

agent_stop() {
    site_end "$SITE" agent
}

as() {
    local user=$1 program=$2
    shift 2
    "$program" --user "$user:$user" --silent --show-error --max-time 60 "$@"
}

# Other sites' may run from the same folder.
streams_waiting() {
    local path
    for path in /proc/[0-9]*/exe; do
        [[ ! $path -ef $SITE/cgi-bin/stream ]] || ! grep -qszx "SPOOLCHAT_SPOOL=$SPOOL" "${path%exe}environ" ||
            basename "${path%/exe}"
    done
}

clients_end() {
    local pid
    for pid; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
}

# Renamed into place: who reads meanwhile sees the old time or the new, never none.
clock_set() {
    echo "$1" >"$CLOCK.new"
    chmod 644 "$CLOCK.new"
    mv "$CLOCK.new" "$CLOCK"
}

clock_forward() {
    clock_set $(($(<"$CLOCK") + $1))
}
