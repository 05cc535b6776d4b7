#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# tests/bench/peers.sh: one room, one who speaks, many who listen; ours and other chat servers, in one go. `make
# bench-peers` calls it; README.md beside it says what is measured. A table on stdout, plots and every number
# in build/bench/rooms/.
#
#   BENCH_PEERS      nchan prosody ejabberd, and SERVER/DOOR/SYNC of ours: SERVER lighttpd, apache-event or
#                    nginx; DOOR cgi (processes wait), agent (it holds what CGI programs hand over), scgi
#                    (streams go to the agent at once; the only one behind nginx); SYNC no or yes
#   BENCH_SIZES      "1 100 1000", listeners
#   BENCH_SECONDS    2, of each half at most
#   BENCH_ROUNDS     1
#   BENCH_HELD       10000, that wait on the agent; 0: leave that out
#   BENCH_GROWTH     10000000, records of the largest journal; 0: leave that out
#   BENCH_CGROUP     yes, where we may make one; no: add up processes

set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. tests/servers/site.bash
. tests/bench/place.bash
for file in tests/bench/rivals/*.bash; do
    # shellcheck source=/dev/null
    . "$file"
done

read -r -d '' -a tried <<<"${BENCH_PEERS:-nchan prosody ejabberd lighttpd/cgi/no lighttpd/cgi/yes lighttpd/agent/no
    lighttpd/agent/yes lighttpd/scgi/no lighttpd/scgi/yes apache-event/cgi/no apache-event/agent/no
    apache-event/scgi/no nginx/scgi/no nginx/scgi/yes}"
read -r -a sizes <<<"${BENCH_SIZES:-1 100 1000}"
seconds=${BENCH_SECONDS:-2}
rounds=${BENCH_ROUNDS:-1}
held=${BENCH_HELD:-10000}
growth=${BENCH_GROWTH:-10000000}

out=$PWD/build/bench/rooms
people=1000 # in our largest room: that many a thread may have
door=cgi

# Limits are for people, and tokens last for all rounds.
export SPOOLCHAT_MESSAGES_PER_MINUTE=0 SPOOLCHAT_MAX_STREAMS=0 SPOOLCHAT_USER_STREAMS=0 SPOOLCHAT_TOKEN_TTL=86400

# Two descriptors for each who waits, where the system lets us.
ulimit -Hn 65536 2>/dev/null
ulimit -Sn "$(ulimit -Hn)"

die() {
    echo "bench-peers: $*" >&2
    exit 1
}

leave() {
    local status=$?
    trap '' INT TERM HUP
    stop
    rm -rf "$work"
    exit "$status"
}

# ---- What a server uses ------------------------------------------------------------------------

# A control group for the next server, in $group; "" where there is none to be had.
group_make() {
    local root
    group=
    [[ ${BENCH_CGROUP:-yes} == yes ]] || return 0
    for root in /sys/fs/cgroup/cpuacct /sys/fs/cgroup/unified /sys/fs/cgroup; do
        [[ -e $root/cgroup.procs ]] || continue
        mkdir "$root/spoolchat.$$" 2>/dev/null || continue
        group=$root/spoolchat.$$
        [[ -e $group/cpuacct.usage || -e $group/cpu.stat ]] && return 0
        group_end
    done
}

group_end() {
    [[ -z $group ]] || eventually 5 rmdir "$group" 2>/dev/null
    group=
}

# inside COMMAND...: it and all that it starts belong to the group
inside() (
    [[ -z $group ]] || echo "$BASHPID" >"$group/cgroup.procs" || exit
    "$@"
)

# For room's -p.
cost() {
    if [[ -n $group ]]; then
        echo "cgroup:$group"
    else
        echo "session:$(cat "$site"/run/{server,agent,fcgiwrap}.pid 2>/dev/null | paste -s -d ,)"
    fi
}

# ---- Servers -----------------------------------------------------------------------------------

site=
group=

# start NAME: in $site, which is laid out, on a port of its own
start() {
    local try
    group_make
    # A port that was free may not be any more when the server comes to take it.
    for try in {1..3}; do
        inside site_run "$site" "$1" "$(free_port)" && return
        echo "bench-peers: $1 did not start, try $try" >&2
        tail -n 5 "$site"/log/*.log >&2
    done
    return 1
}

# Who has to be killed is told by then; the next one begins all the same.
stop() {
    [[ -z $site ]] || site_halt "$site" ||
        tail -n 5 "$site"/log/*.log >&2
    site=
    group_end
}

url() {
    echo "http://127.0.0.1:$(<"$site/run/port")/$1"
}

# room LABELS-AND-OPTIONS... PATH: one measurement
room() {
    timeout 300 build/bench/room -s "$seconds" -p "$(cost)" -l round="$round" "${@:1:$#-1}" "$(url "${!#}")"
}

# Whom nobody heard of before, so that no message is left in it.
fresh_room() {
    echo "bench${EPOCHREALTIME/[.,]/}"
}

skip() {
    jq -nc --arg who "$1" --arg why "$2" '{kind: "skipped", $who, $why}'
}

# Each measurement has a server that has just started: memory that somebody used before would be there for
# the next, and processes of ours that nobody reads any more notice it late.
through_peer() {
    local peer=$1 size way
    local -n ways=${peer}_ways path=${peer}_path
    for size in "${sizes[@]}"; do
        for way in "${ways[@]}"; do
            say "$peer: $way, $size"
            site=$work/$peer.$way.$size.$round
            install -d "$site/conf" || die "cannot write $site"
            install -d -o "$(site_user)" "$site"/{log,run} || die "cannot write $site"
            start "$peer" || die "$peer does not start"
            room -l kind=room -l who="$peer" -l durable=memory -a "$way" -c "$size" -r "$(fresh_room)" "$path" ||
                skip "$peer, $way, $size" failed
            stop
        done
    done
}

# ---- Ours --------------------------------------------------------------------------------------

# direct ENVIRONMENT... PROGRAM ARGUMENT...: without a server, on $spool, as user u1
direct() {
    as_site_user env -i SPOOLCHAT_SPOOL="$spool" SPOOLCHAT_MESSAGES_PER_MINUTE=0 SPOOLCHAT_SYNC=no REMOTE_USER=u1 \
        GATEWAY_INTERFACE=CGI/1.1 SERVER_PROTOCOL=HTTP/1.1 SERVER_NAME=127.0.0.1 SERVER_PORT=80 \
        REMOTE_ADDR=127.0.0.1 HTTP_HOST=127.0.0.1 "$@"
}

# direct_post PROGRAM: what is in $work/body; its answer on stdout. direct_post PROGRAM RUNS OPTION...: so often,
# by spawn.
direct_post() {
    local post=(REQUEST_METHOD=POST CONTENT_TYPE=application/json CONTENT_LENGTH="$(stat -c %s "$work/body")")
    if (($# == 1)); then
        direct "${post[@]}" "$work/cgi-bin/$1" <"$work/body" | tail -n 1
    else
        direct "${post[@]}" "$work/spawn" -n "$2" -i "$work/body" "${@:3}" "$work/cgi-bin/$1"
    fi
}

# One site for all of ours, with a thousand people, and for each size a room. They are nobody's friends by then:
# who is online is not what is measured, and other servers are told to keep it to themselves. Nothing is removed
# before the end: where files were removed, making some may be slow for minutes.
ours_make() {
    local size thread members
    site_make "$work/ours" "$work/cgi-bin" || die "cannot write $work"
    printf 'u1:{SHA}5cicUp3MubQnFvTZEY1hB5yIPZ4=\n' >"$work/ours/conf/htpasswd"
    spool=$work/ours/spool
    people_files "$people" profile.json '{"displayName": "Person"}'
    people_tokens "$people" | jq -er '"- \(.token // error)"' >"$work/tokens" || die "no tokens"
    for size in "${sizes[@]}"; do
        members=$((size < people ? size + 1 : people))
        jq -nc "{user: [range(2; $members + 1) | \"u\(.)\"], subject: \"$size listen\"}" >"$work/body"
        thread=$(direct_post start-session | jq -er .thread_id) || die "no thread"
        head -n "$members" "$work/tokens" | sed "s/\$/ $thread/" >"$work/people.$size"
    done
    people_files "$people" friends ''
}

# people_files COUNT NAME TEXT: one in everybody's folder in $spool
people_files() {
    # shellcheck disable=SC2016
    as_site_user bash -c 'cd "$1" && umask 077 && mkdir -p users && cd users && mkdir -p $(seq -f u%g "$2") &&
        for user in *; do echo -n "$4" >"$user/$3" || exit; done' - "$spool" "$@" ||
        die "people"
}

# people_tokens COUNT: answers of `token`, by which everybody's client goes on
people_tokens() {
    # shellcheck disable=SC2016
    direct REQUEST_METHOD=POST bash -c 'for ((n = 1; n <= $2; n++)); do
        REMOTE_USER=u$n "$1" | tail -n 1
    done' - "$work/cgi-bin/token" "$1"
}

# ours_start SERVER DOOR SYNC
ours_start() {
    # shellcheck disable=SC2034 # of ours.bash
    door=$2
    site=$work/ours
    export SPOOLCHAT_SYNC=$3
    start "many-$1" || die "$1 does not start"
    [[ $2 == cgi ]] || inside site_agent "$site" build/bin/spoolchat || die "no agent"
    [[ $2 != scgi ]] || eventually 3 test -S "$site/spool/agent.scgi"
}

# The journal's end, for whoever shall begin there, in $cursor; from where it was before.
cursor=
go_to_end() {
    local before=-
    until [[ $cursor == "$before" ]]; do
        before=$cursor
        cursor=$(curl -sS --fail --max-time 60 -u u1:bench \
            "$(url "nereid-chat/stream?wait=0&limit=1000&since=$cursor")" | jq -er .cursor) || die "no stream"
    done
}

# ours_room WAY SIZE OPTION...
ours_room() {
    go_to_end
    room -a "$1" -c "$2" -q "$cursor" "${@:3}" nereid-chat
}

# The first one tells whether the agent holds what waits: a process more, and it does not.
ours_holds() {
    local more
    more=$(ours_room events 1 -n 5 -u "$work/people.${sizes[0]}" | jq .processes_more) || return
    jq -en "${more:-1} < 0.5" >/dev/null
}

# can SERVER DOOR: whether the agent does that; if not, why not, as a result. Tried once.
declare -A able=([cgi]=yes)
can() {
    local why=
    [[ ! -v able[$2] ]] || { [[ ${able[$2]} == yes ]]; return; }
    say "$1, $2"
    if ! ours_start "$1" "$2" no; then
        why="the agent opens no door for SCGI here"
    elif ! ours_holds; then
        why="the agent holds no streams here"
    fi
    stop
    able[$2]=${why:-yes}
    [[ -z $why ]] || skip "whatever waits by $2" "$why"
    [[ -z $why ]]
}

through_ours() {
    local server=$1 way_in=$2 sync=$3 size way durable=files
    [[ $sync == no ]] || durable=synced
    can "$server" "$way_in" || return 0
    for size in "${sizes[@]}"; do
        for way in events poll; do
            say "$server, $way_in, sync = $sync: $way, $size"
            ours_start "$server" "$way_in" "$sync"
            ours_room "$way" "$size" -u "$work/people.$size" -l kind=room -l who=spoolchat \
                -l server="$server" -l door="$way_in" -l sync="$sync" -l durable=$durable ||
                skip "$server, $way_in, $way, $size" failed
            stop
        done
    done
}

# ---- Ten thousand ------------------------------------------------------------------------------

# On whatever the agent has. A user has ten streams then: a thread has a thousand members.
through_held() {
    local server=$1 way_in=$2
    can "$server" "$way_in" || return 0
    say "$server, $way_in: $held wait"
    ours_start "$server" "$way_in" no
    ours_room events "$held" -u "$work/people.${sizes[-1]}" -l kind=held -l who=spoolchat \
        -l server="$server" -l door="$way_in" -l sync=no -l durable=files ||
        skip "$server, $way_in, $held" failed
    stop
}

# ---- All of it ---------------------------------------------------------------------------------

one() {
    local part
    IFS=/ read -r -a part <<<"$1"
    if [[ -n ${part[2]-} ]]; then through_ours "${part[@]}"; else through_peer "$1"; fi
}

all() {
    local contestant
    for ((round = 1; round <= rounds; round++)); do
        for contestant in "${tried[@]}"; do
            one "$contestant"
        done
    done
    round=1
    if ((held > 0)); then
        through_held lighttpd agent
        through_held nginx scgi
    fi
    [[ $growth == 0 ]] || growth "$growth"
}

main() {
    local begin=$SECONDS
    place
    trap leave EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    programs
    install -m 755 build/bench/spawn build/tools/fabricate "$work" || exit 1
    machine "$(versions; nchan_version; echo; prosody_version; echo; ejabberd_version)" --arg seconds "$seconds" \
        --arg rounds "$rounds" --arg descriptors "$(ulimit -n)" >"$work/machine" || die "the machine"
    ours_make
    all >"$work/raw" || exit 1
    say ''
    jq -s --slurpfile machine "$work/machine" --arg took "$((SECONDS - begin))" \
        '{machine: ($machine[0] + {$took}), results: .}' "$work/raw" >"$out/results.json" || exit 1
    for file in cpu last rate journal thread threads members; do
        jq -r -L tests/bench --arg plot "$file" -f tests/bench/plot.jq "$out/results.json" >"$out/$file.svg" || exit 1
        [[ -s $out/$file.svg ]] || rm "$out/$file.svg"
    done
    jq -r -L tests/bench -f tests/bench/peers.jq "$out/results.json"
}

main "$@"
