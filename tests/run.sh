#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# tests/run.sh SUITE...: build, run, and close with one line: "N passed, N failed". `make check` calls it.
#
#   lint     what the linters say, one test each (tests/lint.sh)
#   unit     tests/unit/*.c, plain and with the sanitizers
#   cgi      tests/cgi/*.bats: the programs without a server
#   asan     the same with the sanitizers
#   system   tests/system/*.bats: through real servers
#   browser  tests/browser/*.test.mjs: real browsers, a job for each
#
# A job is one program, one bats file or one linter. As many run at once as there are processors. A file that
# has the line "# check: waits" (for servers, browsers, clocks, more than it computes) is one of two that run
# beside those, from the beginning. One with "# servers: all" is a job for each server, one with "# doors: all"
# another for SCGI; a test of pages is a job for Chromium and one for Firefox, or with "// browser: webkit" one
# for WebKit. T=word picks jobs whose name has the word. What a job printed stays in build/check/.

set -uo pipefail
cd "$(dirname "$0")/.." || exit
. tests/servers/process.bash

logs=build/check
job_seconds=900
passed=0 failed=0 skipped=0

# name|kind|pace|command; pace is `waits` or `works`, kind is `tap` or, for a command that is one test, `exit`.
jobs_of() {
    local name file
    case $1 in
    lint)
        for name in $(tests/lint.sh list); do
            echo "lint/$name|exit|works|tests/lint.sh $name"
        done
        ;;
    unit)
        for file in tests/unit/*.c; do
            name=$(basename "$file" .c)
            echo "unit/$name|tap|$(pace "$file")|build/unit/$name"
            echo "unit/$name (sanitizers)|tap|$(pace "$file")|build/asan/unit/$name"
        done
        ;;
    cgi) bats_jobs cgi '' '' tests/cgi/*.bats ;;
    asan) bats_jobs cgi ' (sanitizers)' "env BIN=build/asan$(in_memory) " tests/cgi/*.bats ;;
    system) bats_jobs system '' '' tests/system/*.bats ;;
    browser)
        for file in tests/browser/*.test.mjs; do
            for name in $(browsers_of "$file"); do
                echo "browser/$(basename "$file" .test.mjs) ($name)|tap|$(pace "$file")|env BROWSER=$name node --test-reporter=tap $file"
            done
        done
        ;;
    *) echo "no suite '$1'" >&2 && return 1 ;;
    esac
}

# Where thousands of files cost least to make and to remove, when programs can be run there and a gigabyte is free.
# The same tests without the sanitizers have their spools on a disk.
in_memory() {
    local file free=0
    [[ -w /dev/shm ]] && file=$(mktemp /dev/shm/spoolchat-test.XXXXXX) || return 0
    { read -r _ && read -r free; } < <(df --output=avail /dev/shm)
    printf '#!/bin/sh\n' >"$file" && chmod +x "$file"
    ((free < 1000000)) || ! "$file" 2>/dev/null || echo ' TMPDIR=/dev/shm'
    rm -f "$file"
}

bats_jobs() {
    local suite=$1 suffix=$2 before=$3 file server name
    shift 3
    for file; do
        name=$suite/$(basename "$file" .bats)$suffix
        if grep -qx '# servers: all' "$file"; then
            for server in apache-event apache-prefork lighttpd nginx; do
                echo "$name ($server)|tap|$(pace "$file")|env SERVER=$server ${before}bats --tap $file"
            done
            grep -qx '# doors: all' "$file" || continue
            for server in apache-event lighttpd nginx; do
                echo "$name ($server, SCGI)|tap|$(pace "$file")|env SERVER=$server SCGI=yes ${before}bats --tap $file"
            done
        elif grep -qx '# doors: all' "$file"; then
            echo "$name|tap|$(pace "$file")|${before}bats --tap $file"
            echo "$name (SCGI)|tap|$(pace "$file")|env DOOR=scgi ${before}bats --tap $file"
        else
            echo "$name|tap|$(pace "$file")|${before}bats --tap $file"
        fi
    done
}

browsers_of() {
    if grep -qx '// browser: webkit' "$1"; then echo webkit; else echo chromium firefox; fi
}

pace() {
    if grep -qxE '(#|//) check: waits' "$1"; then echo waits; else echo works; fi
}

# What `make` must have built before a suite can run.
goals_of() {
    case $1 in
    unit) echo unit asan ;;
    cgi) echo test tools ;;
    asan) echo asan tools ;;
    system) echo all test tools ;;
    browser) echo test web ;;
    esac
}

build() {
    local goals
    goals=$(for suite; do goals_of "$suite"; done | tr ' ' '\n' | sort -u)
    [[ -n $goals ]] || return 0
    # shellcheck disable=SC2086
    ${MAKE:-make} --no-print-directory -j"$(nproc)" WERROR=1 $goals >"$logs/build.log" 2>&1
}

# The browser's driver, as the lock file says; nothing when it is there.
browser_driver() {
    cmp -s tests/browser/package-lock.json tests/browser/node_modules/.installed && return
    (cd tests/browser && npm ci --no-audit --no-fund && cp package-lock.json node_modules/.installed) \
        >"$logs/npm.log" 2>&1
}

# ---- Reading what a job said -------------------------------------------------------------------

# TAP as bats, node and cmocka write it: "planned failed skipped seen". cmocka glues a result to what the
# test printed without a newline, and calls a skipped test "not ok 3 # SKIP".
tap_count() {
    awk '
        /^[ \t]*#/ || /^[ \t]+(not )?ok / { next }
        /^1\.\.[0-9]+/ { planned += substr($1, 4); next }
        /^(not )?ok [0-9]+/ || /(not )?ok [0-9]+ (- |# SKIP)/ {
            seen++
            if (tolower($0) ~ /# (skip|todo)/) skipped++
            else if ($0 ~ /not ok [0-9]+/) failed++
        }
        END { print planned + 0, failed + 0, skipped + 0, seen + 0 }' "$1"
}

# Failing tests with what stands around them: cmocka and bats explain after the line, programs before it.
tap_failures() {
    awk '
        /^[ \t]*#/ || /^[ \t]/ { if (show) print; else held = held $0 "\n"; next }
        /^(not )?ok [0-9]+/ || /(not )?ok [0-9]+ (- |# SKIP)/ {
            show = $0 ~ /not ok [0-9]+/ && tolower($0) !~ /# (skip|todo)/
            if (show) printf "%s%s\n", held, $0
            held = ""
            next
        }
        { held = held $0 "\n"; if (show) { printf "%s", held; held = "" } }
        END { if (!show) printf "%s", held }' "$1"
}

# job_done NAME KIND LOG STATUS SECONDS: count it and say how it went.
job_done() {
    local name=$1 kind=$2 log=$3 status=$4 seconds=$5 plan=1 bad=$(($4 != 0)) skip=0 seen=1 crashed=0
    [[ $kind != tap ]] || read -r plan bad skip seen < <(tap_count "$log")
    # Nothing run, less run than promised, or a failure that no line tells of: the job itself failed.
    ((plan != 0 && seen >= plan && (status == 0 || bad != 0))) || crashed=1
    passed=$((passed + seen - bad - skip))
    failed=$((failed + bad + crashed))
    skipped=$((skipped + skip))
    if ((bad + crashed == 0)); then
        printf 'ok    %-46s %4d  %6.1f s\n' "$name" "$seen" "$seconds"
        return
    fi
    printf 'FAIL  %-46s %4d  %6.1f s   %d failed, exit status %d: %s\n' \
        "$name" "$seen" "$seconds" "$bad" "$status" "$log"
    ((status != 124 && status != 137)) || echo "      ended after $job_seconds s"
    ((!crashed || status == 124 || status == 137)) || echo "      it ran $seen tests of $plan"
    { if [[ $kind == tap ]] && ((bad)); then tap_failures "$log"; else cat "$log"; fi; } |
        tail -n 80 | sed 's/^/      /'
}

# ---- Running -----------------------------------------------------------------------------------

declare -a lenders=() # pids
declare -A running=() # pid -> name|kind|pace|log|start
declare -A at_once=([works]=$(nproc) [waits]=2) now=([works]=0 [waits]=0)

start() {
    local name kind pace command log
    IFS='|' read -r name kind pace command <<<"$1"
    log=$logs/${name//[^A-Za-z0-9.-]/_}.log
    # shellcheck disable=SC2086
    CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 10 "$job_seconds" $command </dev/null >"$log" 2>&1 &
    running[$!]="$name|$kind|$pace|$log|$EPOCHREALTIME"
    now[$pace]=$((now[$pace] + 1))
}

reap() {
    local pid status=0 name kind pace log start
    wait -n -p pid "${!running[@]}" || status=$?
    IFS='|' read -r name kind pace log start <<<"${running[$pid]}"
    unset "running[$pid]"
    now[$pace]=$((now[$pace] - 1))
    job_done "$name" "$kind" "$log" "$status" "$(seconds_since "$start")"
}

seconds_since() {
    local micro=$((${EPOCHREALTIME/[.,]/} - ${1/[.,]/}))
    printf '%d.%06d' $((micro / 1000000)) $((micro % 1000000))
}

# run_jobs JOB...: those of each pace in their order, as soon as one of that pace may start.
run_jobs() {
    local job pace later
    while (($# + ${#running[@]})); do
        later=()
        for job; do
            IFS='|' read -r _ _ pace _ <<<"$job"
            if ((now[$pace] < at_once[$pace])); then start "$job"; else later+=("$job"); fi
        done
        set -- "${later[@]}"
        reap
    done
}

# A Firefox for each of the jobs that wait, when there are more than that (tests/browser/lend.mjs).
lend_browsers() {
    local i
    (($(printf '%s\n' "$@" | grep -c BROWSER=firefox) > at_once[waits])) || return 0
    export FIREFOXES=$PWD/$logs/firefoxes
    rm -rf "$FIREFOXES" && mkdir "$FIREFOXES"
    for ((i = 0; i < at_once[waits]; i++)); do
        node tests/browser/lend.mjs "$FIREFOXES/$i" </dev/null >>"$logs/lend.log" 2>&1 &
        lenders+=($!)
    done
}

end_lenders() {
    ((${#lenders[@]} == 0)) || kill -TERM "${lenders[@]}" 2>/dev/null
    ((${#lenders[@]} == 0)) || wait "${lenders[@]}"
}

# `timeout` hands the signal on to all that its job started.
stop_all() {
    ((${#running[@]} == 0)) || kill -TERM "${!running[@]}" 2>/dev/null
    end_lenders
    exit 130
}

# One test each: the build (a warning fails it) and, for the browser, its driver.
prepare() {
    local start=$EPOCHREALTIME
    [[ " $* " != *' browser '* ]] || web/parts.sh >"$logs/parts.log"
    build "$@"
    job_done build exit "$logs/build.log" $? "$(seconds_since "$start")"
    [[ " $* " == *' browser '* ]] || return 0
    start=$EPOCHREALTIME
    browser_driver
    job_done 'browser/npm ci' exit "$logs/npm.log" $? "$(seconds_since "$start")"
}

main() {
    local suite found job pool=()
    mkdir -p "$logs"
    : >"$logs/build.log"
    : >"$logs/npm.log"
    : >"$logs/lend.log"
    trap stop_all INT TERM HUP
    shopt -s nullglob
    for suite; do
        mapfile -t found < <(jobs_of "$suite")
        # A suite that lost its tests is no suite that passed.
        if ((${#found[@]} == 0)); then
            echo "FAIL  $suite: no tests"
            failed=$((failed + 1))
        fi
        for job in "${found[@]}"; do
            [[ ${job%%|*} != *"${T-}"* ]] || pool+=("$job")
        done
    done
    prepare "$@"
    lend_browsers "${pool[@]}"
    run_jobs "${pool[@]}"
    end_lenders
    ((skipped == 0)) || echo "$skipped skipped"
    echo "$passed passed, $failed failed"
    ((failed == 0 && passed > 0))
}

main "$@"
