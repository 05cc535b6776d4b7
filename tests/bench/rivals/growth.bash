# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # variables are of peers.sh, which sources this
#
# What a request of ours costs when much has been said: one more message, asking for news where there are
# none, and where there is one. Without a web server. What there is, is fabricated.

growth_runs=100
growth_tries=3
text='Shall we meet at the station at seven, or is that too early for you?'

# With each, everything else stays as little as it can be; the journal goes up to LARGEST.
growth() {
    growth_journal "$1"
    growth_thread
    growth_threads
    growth_rooms
}

# grown WHAT [PEOPLE]: a new spool of people of whom two have a thread, in $spool; the thread in $thread.
grown() {
    say "growth: $1"
    spool=$work/grown.${1// /-}
    install -d -m 700 -o "$(site_user)" "$spool"
    people_files "${2:-2}" profile.json '{"displayName": "Person"}'
    growth_begin '{user: ["u2"]}'
    direct_post send-message 1 >/dev/null || die "no message"
}

# growth_begin FILTER: start a session as the object says, which goes on in $thread
growth_begin() {
    jq -nc "$1" >"$work/body"
    thread=$(direct_post start-session | jq -er .thread_id) || die "no thread"
    jq -nc --arg thread "$thread" --arg text "$text" '{type: "message", message: {$thread, $text}}' >"$work/body"
}

fabricate() {
    as_site_user "$work/fabricate" "$1" "$spool" "${@:2}" || die "fabricate $1"
}

decades() {
    local n
    for ((n = $1; n <= $2; n *= 10)); do
        echo "$n"
    done
}

growth_journal() {
    local count
    grown journal
    for count in $(decades 1000 "$1"); do
        fabricate ledger "$count"
        growth_point journal "$count"
    done
}

growth_thread() {
    local count
    for count in $(decades 10 "$((growth < 100000 ? growth : 100000))"); do
        grown "a thread of $count"
        fabricate stanzas "$thread" "$count"
        fabricate ledger "$count" "$thread" "$count"
        growth_point thread "$count"
    done
}

growth_threads() {
    local count
    for count in $(decades 10 "$((growth < 10000 ? growth : 10000))"); do
        grown "$count threads"
        fabricate threads "$count" u1 u2
        growth_point threads "$count"
    done
}

growth_rooms() {
    local members
    for members in 2 10 100 1000; do
        grown "a room of $members" "$members"
        growth_begin "{user: [range(2; $members + 1) | \"u\(.)\"], subject: \"a room\"}"
        growth_point members "$members"
    done
}

# The end of the journal, as a cursor; by its last record, for a stream from the beginning would take a minute
# over ten million, and is ended before.
growth_end() {
    local segments=("$spool"/journal/*) ms
    read -r _ _ _ ms < <(tail -c 64 "${segments[-1]}") || die "no journal"
    cursor=$((10#${segments[-1]##*/} + $(stat -c %s "${segments[-1]}") / 64 - 1))-$((10#$ms))
}

# growth_point WHAT SIZE
growth_point() {
    local row try before cursor
    growth_end
    before=$cursor
    direct_post send-message 1 >/dev/null || die "no message"
    growth_end
    for ((try = 1; try <= growth_tries; try++)); do
        for row in read idle send; do
            local label=(-n "$growth_runs" -l kind=growth -l what="$1" -l size="$2" -l row="$row")
            case $row in
            read) growth_get "$before" "${label[@]}" ;;
            idle) growth_get "$cursor" "${label[@]}" ;;
            # Behind what is asked for, so that they change nothing of it; but the next try begins anew.
            send) direct_post send-message "$growth_runs" "${label[@]}" ;;
            esac || die "growth: $1, $2, $row"
        done
        growth_end
        before=$cursor
        direct_post send-message 1 >/dev/null || die "no message"
        growth_end
    done
}

growth_get() {
    direct REQUEST_METHOD=GET QUERY_STRING="wait=0&limit=1&since=$1" "$work/spawn" "${@:2}" \
        "$work/cgi-bin/stream"
}
