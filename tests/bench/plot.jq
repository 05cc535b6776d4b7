# SPDX-License-Identifier: MIT
#
# One plot of what peers.sh found, as SVG; $plot says which: cpu, last, rate, or what grows. Both axes are
# logarithmic. Nothing when there is nothing to show.

include "contest";

def wide: 960;
def high: 540;
def left_edge: 80;
def right_edge: 600; # the names of the lines stand behind it
def top: 50;
def bottom: 480;
def colours: ["#1b6ca8", "#c0392b", "#1e8449", "#8e44ad", "#d68910", "#148f77", "#7b241c", "#2e4053", "#b03a78",
    "#616a6b", "#5d6d1e", "#a04000"];

def escape: gsub("&"; "&amp;") | gsub("<"; "&lt;");
def short: if . >= 1 then (. * 100 | round / 100 | tostring) else (. * 100000 | round / 100000 | tostring) end;
def log: if . <= 0 then -5 else log10 end;

# From the decade below the least to the one above the most.
def range_of: [(map(log) | min | floor), (map(log) | max | ceil)]
    | if .[0] == .[1] then [.[0], .[0] + 1] else . end;

def place($range; $from; $to): $from + (log - $range[0]) / ($range[1] - $range[0]) * ($to - $from)
    | . * 10 | round / 10;

def text($x; $y; $anchor; $size): "<text x=\"\($x)\" y=\"\($y)\" text-anchor=\"\($anchor)\" font-size=\"\($size)\">"
    + "\(tostring | escape)</text>";

def rule($x1; $y1; $x2; $y2): "<path d=\"M\($x1) \($y1)L\($x2) \($y2)\" stroke=\"#ddd\"/>";

def axes($xs; $ys): (range($xs[0]; $xs[1] + 1) | pow(10; .)
        | place($xs; left_edge; right_edge) as $x
        | rule($x; top; $x; bottom), (short | text($x; bottom + 18; "middle"; 12))),
    (range($ys[0]; $ys[1] + 1) | pow(10; .)
        | place($ys; bottom; top) as $y
        | rule(left_edge; $y; right_edge; $y), (short | text(left_edge - 8; $y + 4; "end"; 12)));

def one_line($xs; $ys; $at): colours[$at % (colours | length)] as $colour
    | (if .dashed then " stroke-dasharray=\"6 4\"" else "" end) as $dash
    | [.points[] | [(.[0] | place($xs; left_edge; right_edge)), (.[1] | place($ys; bottom; top))]] as $places
    | (top + 6 + 18 * $at) as $y
    | "<g fill=\"none\" stroke=\"\($colour)\" stroke-width=\"2\"><path\($dash) d=\"M"
        + ([$places[] | "\(.[0]) \(.[1])"] | join("L")) + "\"/><path\($dash) d=\"M\(right_edge + 20) \($y)h24\"/></g>",
      ($places[] | "<circle cx=\"\(.[0])\" cy=\"\(.[1])\" r=\"3\" fill=\"\($colour)\"/>"),
      (.name | text(right_edge + 50; $y + 4; "start"; 11));

# lines: [{name, dashed, points: [[x, y]...]}...]
def svg($title; $across; $up): map(select(.points | length > 0))
    | if length == 0 then empty else
        . as $lines
        | ([.[].points[][0]] | range_of) as $xs
        | ([.[].points[][1]] | range_of) as $ys
        | "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(wide) \(high)\" font-family=\"sans-serif\">",
          "<rect width=\"\(wide)\" height=\"\(high)\" fill=\"#fff\"/>",
          ($title | text(left_edge; 28; "start"; 16)),
          ($across | text((left_edge + right_edge) / 2; bottom + 42; "middle"; 13)),
          ($up | text(8; top - 8; "start"; 12)),
          axes($xs; $ys),
          (range($lines | length) as $at | $lines[$at] | one_line($xs; $ys; $at)),
          "</svg>"
    end;

def contest_lines($value): contest("room")
    | reduce .[] as $one ([]; ($one | "\(name), \(way)") as $name
        | (map(.name) | index($name)) as $at
        | [$one.listeners, $one[$value]] as $point
        | if $at == null then . + [{$name, dashed: ($one.durable == "memory"), points: [$point]}]
          else .[$at].points += [$point] end);

def growth_lines: [growth_points[] | select(.what == $plot)]
    | group_by(.row) | map({
        name: ({send: "send a message", idle: "ask, no news", read: "ask, one message"}[.[0].row]),
        dashed: false, points: (sort_by(.size) | map([.size, .cpu]))});

if $plot == "cpu" then contest_lines("cpu")
    | svg("Processor time for 1,000 deliveries (dashed: kept in memory only)"; "who listen in the room"; "s")
elif $plot == "last" then contest_lines("last50")
    | svg("From POST to the last listener, median (dashed: kept in memory only)"; "who listen in the room"; "ms")
elif $plot == "rate" then contest_lines("rate")
    | svg("Deliveries a second (dashed: kept in memory only)"; "who listen in the room"; "1/s")
else growth_lines
    | svg("Processor time of one request of ours"; ({journal: "records in the journal",
        thread: "stanzas in the thread", threads: "threads of the user", members: "people in the room"}[$plot]); "us")
end
