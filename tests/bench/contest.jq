# SPDX-License-Identifier: MIT
#
# What peers.sh found, one object a row: of all rounds the medians.

include "lib";

def name: if .who == "spoolchat" then "spoolchat, \(.server), \(.door), sync=\(.sync)" else .who end;
def way: {events: "events", poll: "long poll", "nchan-events": "events", "nchan-poll": "long poll",
    bosh: "BOSH"}[.way];
def keeps: .durable;

def contest($kind): [.results[] | select(.kind == $kind)]
    | reduce .[] as $one ([]; ([$one.who, $one.server, $one.door, $one.sync, $one.way, $one.listeners]) as $key
        | (map(.key) | index([$key])) as $at
        | if $at == null then . + [{$key, of: [$one]}] else .[$at].of += [$one] end)
    | map(.of[0] + {
        cpu: ([.of[].hurry.cpu_s_per_1000] | median),
        rate: ([.of[].hurry.deliveries_per_second] | median),
        p50: ([.of[].calm.arrival_p50_ms] | median), p99: ([.of[].calm.arrival_p99_ms] | median),
        last50: ([.of[].calm.last_p50_ms] | median), last99: ([.of[].calm.last_p99_ms] | median),
        memory: ([.of[].memory_kb] | median), all: ([.of[].available_kb] | median),
        gathered: ([.of[].gathered_s] | median), restless: ([.of[].restless] | add)});

def growth_points: [.results[] | select(.kind == "growth")]
    | group_by([.what, .row, (.size | tonumber)])
    | map({what: .[0].what, row: .[0].row, size: (.[0].size | tonumber),
        cpu: (map(.user_us + .system_us) | median), wall: (map(.wall_us) | median)});
