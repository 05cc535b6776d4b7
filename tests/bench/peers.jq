# SPDX-License-Identifier: MIT
#
# What peers.sh found, as a table for people. Aims are marked "ok" or "MISSED".

include "lib";
include "contest";

def columns: [["", 40], ["listens by", 12], ["keeps in", 11]];
def numbers: ["CPU s", "/s", "p50", "p99", "last p50", "last p99", "KB", "KB in all"];

def head: ([columns[] | .[1] as $n | .[0] | left($n)] | join("")) + ([numbers[] | right(10)] | join(""));

def line: (name | left(40)) + (way | left(12)) + (keeps | left(11))
    + ([(.cpu | digits(3)), (.rate | digits(0)), (.p50 | digits(2)), (.p99 | digits(2)),
        (.last50 | digits(2)), (.last99 | digits(2)), (.memory | digits(0)), (.all | digits(0))]
        | map(right(10)) | join(""))
    + (if .restless > 0 then "  (it did not become quiet)" else "" end);

def rooms: contest("room") as $all
    | ([$all[].listeners] | unique[]) as $size
    | "", "One room, \($size) who listen", head, ($all[] | select(.listeners == $size) | line);

def held: contest("held")
    | if length == 0 then empty else
        "", "On one agent", head,
        (.[] | line, "    \(.listeners) came in within \(.gathered | digits(1)) s; "
            + "\(.memory * .listeners / 1024 | digits(0)) MB in processes, "
            + "\(.all * .listeners / 1024 | digits(0)) MB in all")
    end;

def skipped: [.results[] | select(.kind == "skipped")]
    | if length == 0 then empty else "", "Left out", (.[] | "\(.who): \(.why)") end;

# ---- The aims ----------------------------------------------------------------------------------

def aim($what; $ours; $theirs): if $ours == null or $theirs == null then empty else
        "\($what): \($ours | digits(3)), aim \($theirs | digits(3)) \(verdict($ours <= $theirs))" end;

# The agent's events, and its long polls by SCGI.
def counts: .who == "spoolchat" and .sync == "no"
    and ((.door == "agent" and .way == "events") or (.door == "scgi" and .way == "poll"));

def aims: contest("room") as $all
    | [ $all[] | select(counts) | . as $one
        | ([$all[] | select(.way == "bosh" and .listeners == $one.listeners)]) as $xmpp
        | "\(name), \(way), \(.listeners)" as $title
        | aim("\($title), CPU against XMPP"; .cpu; [$xmpp[].cpu] | min),
          aim("\($title), last p50 against XMPP"; .last50; [$xmpp[].last50] | min),
          (if .listeners == 1000 then
            (if .way == "events" then
                aim("\($title), CPU against twice nchan's"; .cpu;
                    [$all[] | select(.way == "nchan-events" and .listeners == 1000).cpu * 2] | min)
            else empty end),
            aim("\($title), last p50 of all, ms"; .last50; 50) else empty end) ]
    | if length == 0 then empty else "", "Aims", .[] end;

# ---- Growth ------------------------------------------------------------------------------------

def growth: growth_points as $all
    | if $all == [] then empty else
        "", "One request of ours without a server, us of processor time (from start to end), and how that grows",
        (["journal", "thread", "threads", "members"][] as $what
            | ["send", "idle", "read"][] as $row
            | [$all[] | select(.what == $what and .row == $row)] | sort_by(.size) | select(length > 0)
            | ({journal: "records in all", thread: "in the thread", threads: "threads of both",
                members: "in the room"}[$what] | left(16))
            + ({send: "send", idle: "no news", read: "one message"}[$row] | left(13))
            + ([.[] | "\(.size): \(.cpu | digits(0)) (\(.wall | digits(0)))" | left(24)] | join(""))
            + "x \(.[-1].cpu / .[0].cpu | digits(2))")
    end;

"\(.machine | "\(.cores) x \(.processor), \(.memory_mb) MB, \(.kernel), load \(.load) at the start; "
    + "spools on \(.disk); \(.servers | join(", "))")",
rooms,
"",
"CPU s: processor time of the server and all its processes for 1,000 deliveries. /s: deliveries a second, the",
"next message as soon as the last listener has this one. p50, p99: ms from POST to arrival; last: to the",
"last listener. KB: of each who waits, in processes, and in all (MemAvailable, both ends' sockets in it).",
"memory: gone with the server. files: on the disk; a power cut may take the last half minute. synced: what",
"was answered with 200 stays.",
held, skipped, aims, growth,
"", "\(.machine.rounds) round(s), \(.machine.seconds) s a half, one run of \(.machine.took) s: differences of a fifth mean nothing."
    + ([.results[] | select(.kind == "room") | .cost] | unique | if . == [] then "" else " Processor time by \(join(", "))." end)
