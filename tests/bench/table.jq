# SPDX-License-Identifier: MIT
#
# results.json as a table for people. Aims are marked "ok" or "MISSED".

include "lib";

# What the empty program did in the same round, in the same mode.
def floor_of($rates): . as $one
    | first($rates[] | select(.server == $one.server and .round == $one.round
        and .row == ($one.row | sub(":.*"; ":empty"))) | .per_second);

def aim: {no: 0.75, yes: 0.5}[.];

def machine: .machine
    | "\(.cores) x \(.processor), \(.memory_mb) MB, \(.kernel), load \(.load) at the start; "
    + "spool on \(.disk) (\(.device)), where a new file takes \(.file.create_us | digits(0)) us, "
    + "synced \(.file.create_synced_us | digits(0)) us; \(.servers | join(", "))";

def rate_cells($rates; $mode): . as $server
    | ["empty", "stream", "no", "yes"][] as $row
    | [$rates[] | select(.server == $server and .row == "\($mode):\($row)")] as $of
    | ([$of[].per_second] | median) as $value
    | ([$of[] | .per_second / floor_of($rates)] | median) as $share
    | {$row, $value, $share};

def rate_line($rates; $mode): . as $server
    | [rate_cells($rates; $mode)] as $cells
    | ($server | left(16))
    + ([$cells[] | (.value | digits(0) | right(8))
        + (if .row == "empty" then "" else " (\(.share | digits(2)))" end)] | join(""))
    + (if $mode == "kept" then "" else "   "
        + ([$cells[] | select(.row | aim) | "sync=\(.row) \(verdict(.share >= (.row | aim)))"]
            | join(", ")) end);

def rates($mode; $title): [.results[] | select(.kind == "rate")] as $rates
    | "", $title,
    ("" | left(16)) + ("empty" | right(8)) + ("stream" | right(15)) + ("send, sync=no" | right(15))
        + ("sync=yes" | right(15)),
    ([$rates[].server] | reduce .[] as $s ([]; if index($s) then . else . + [$s] end)
        | .[] | rate_line($rates; $mode));

def others: [.results[] | select(.kind == "rate") | .others] | add
    | if . > 0 then "", "\(.) requests were not answered with 200." else empty end;

def latencies: "", "From POST to arrival, ms",
    ("" | left(16)) + ("waits by" | left(14)) + ("sync" | left(6)) + ("median" | right(8))
        + ("p99" | right(8)),
    (.results[] | select(.kind == "latency")
        | (.server | left(16)) + (.form | left(14)) + (.sync | left(6))
        + (.median_ms | digits(2) | right(8)) + (.p99_ms | digits(2) | right(8)));

def processes: [.results[] | select(.kind == "process")] as $all
    | "", "One request without a server, us (processor, and from start to end), and page faults",
    (["empty", "stream", "no", "yes"][] as $row
        | [$all[] | select(.row == $row)] as $of
        | ({no: "send, sync=no", yes: "send, sync=yes"}[$row] // $row | left(16))
        + ([$of[] | .user_us + .system_us] | median | digits(0) | right(8))
        + ([$of[].wall_us] | median | digits(0) | right(8))
        + ([$of[].faults] | median | digits(0) | right(8)));

def memory: "", "Memory of a waiting stream, KB (aims: 100 in all, the kernel's part too; 40 private)",
    (.results[] | select(.kind == "memory")
        | (.form | left(16)) + (.all_kb | digits(1) | right(8)) + " " + verdict(.all_kb <= 100)
        + (.private_kb | right(8)) + " private " + verdict(.private_kb <= 40)
        + "   (\(.streams) at once, \(.tries) tries: \(.least_kb | digits(1)) to "
        + "\(.most_kb | digits(1)))");

machine,
rates("new"; "Requests a second, \(.machine.clients) clients, a connection each time (in brackets: of the empty program's; aims: "
    + "sync=no 0.75, sync=yes 0.5)"),
rates("kept"; "One client that keeps its connection"),
others, processes, latencies, memory,
"", "\(.machine.rounds) rounds of \(.machine.seconds) s a row, medians; all of it took "
    + "\(.machine.took) s. README.md in tests/bench says what is measured."
