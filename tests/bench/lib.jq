# SPDX-License-Identifier: MIT
#
# What tables need.

def median: sort | if length == 0 then null else .[length / 2 | floor] end;
def left($n): tostring | . + " " * ([$n - length, 0] | max);
def right($n): tostring | " " * ([$n - length, 0] | max) + .;
def digits($n): if . == null then "-" else
        (. * pow(10; $n) | round) as $all
        | if $n == 0 then "\($all)" else
            ($all | tostring | "0" * ([$n + 1 - length, 0] | max) + .)
            | .[:-$n] + "." + .[-$n:]
        end
    end;
def verdict($met): if $met then "ok" else "MISSED" end;
