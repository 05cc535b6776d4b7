#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# `make demo`: what it prints works when pasted, and Ctrl-C leaves nothing behind.

load lib

setup() {
    # bats follows each command of each function, which takes longer than the commands.
    set +T
    PORT=$(free_port)
    out=$BATS_TEST_TMPDIR/out
    demo=
    curl_pid=
}

teardown() {
    [[ -z $curl_pid ]] || kill "$curl_pid" 2>/dev/null || true
    [[ -z $demo ]] || ! process_alive "$demo" || kill -TERM -- "-$demo"
    eventually 15 not port_taken "$PORT"
    rm -rf "$root/build/demo/$PORT"
}

# demo_start SERVER [COMMAND...]: in a process group of its own with signals as a terminal would have them; a
# shell's background commands ignore Ctrl-C. Without make, unless COMMAND is that: every suite has been built by now.
demo_start() {
    local command=("$root/tests/demo.sh" "$1" "$PORT")
    (($# == 1)) || command=("${@:2}")
    perl -e 'setpgrp(0, 0); $SIG{INT} = "DEFAULT"; exec @ARGV' "${command[@]}" >"$out" 2>&1 3>&- &
    demo=$!
    eventually 20 demo_shown || { cat "$out"; return 1; }
}

demo_shown() {
    grep -q '/stream/\$TOKEN' "$out" || ! process_alive "$demo"
}

# The line of what the demo printed that has a word in it.
line() {
    grep -E '^  (curl|THREAD|TOKEN)' "$out" | grep -m 1 -e "$1"
}

# The page and its library, of a type that a browser takes.
serves_page() {
    local name type
    while read -r name type; do
        curl -sf -o /dev/null -w '%{content_type}\n' "http://127.0.0.1:$PORT/chat/$name" | grep -q "^$type"
    done <<<$'index.html text/html\nchat.js text/javascript\nchat.mjs text/javascript'
    curl -sf "http://127.0.0.1:$PORT/chat/" | grep -qi '<!doctype html>'
    grep -m 1 http "$out" | grep -q "http://127.0.0.1:$PORT/chat/$"
}

paste_all() {
    local THREAD TOKEN
    bash -c "$(line event-stream | sed 's/curl/exec curl -s/')" >"$out.events" 3>&- &
    curl_pid=$!
    eventually 10 grep -q '^id:' "$out.events"

    eval "$(line start-session)"
    [[ $THREAD == *-*-*-*-* ]]
    eval "$(line 'Hello Alice')" | jq -e .success
    eventually 5 grep -q 'Hello Alice' "$out.events"
    eval "$(line get-friends)" | jq -e '.friends | map(.entity.displayName) | sort == ["Alice", "Bob"]'
    eval "$(line 'token | jq')"
    [[ $TOKEN == *-*-*-*-* ]]
    eval "$(line 'No login')" | jq -e .success
    eval "$(line 'stream/\$TOKEN')" | jq -e '.stanzas | map(.message.text?) | contains(["Hello Alice", "No login"])'
    eventually 5 grep -q 'No login' "$out.events"
}

# Alice's stream is still open when the signal comes.
end_leaves_nothing() {
    local signal=$1 sessions pid
    sessions=$(cat "$root/build/demo/$PORT"/run/{server,agent}.pid)
    kill "-$signal" -- "-$demo"
    eventually 15 not process_alive "$demo"
    for pid in $sessions; do
        session_gone "$pid"
    done
    not port_taken "$PORT"
    # What was said stays to be looked at, in the checkout, wherever the site stood.
    [[ ! -L $root/build/demo/$PORT && -d $root/build/demo/$PORT/spool/threads ]]
}

# With the suite's flags: with others all would be made anew below the other tests.
@test "make demo, on Apache: every line works when pasted, and Ctrl-C leaves no process" {
    demo_start apache make -C "$root" -s WERROR=1 demo "PORT=$PORT"
    serves_page
    paste_all
    end_leaves_nothing INT
}

@test "lighttpd: the same" {
    demo_start lighttpd
    serves_page
    paste_all
    end_leaves_nothing INT
}

@test "nginx and fcgiwrap: the same" {
    demo_start nginx
    serves_page
    paste_all
    end_leaves_nothing INT
}

@test "streams by SCGI: the same behind each" {
    local server
    export SCGI=yes
    for server in apache lighttpd nginx; do
        demo_start "$server"
        grep -q 'streams by SCGI' "$out"
        paste_all
        end_leaves_nothing INT
        wait "$curl_pid" || true
    done
    SCGI=maybe run "$root/tests/demo.sh" apache "$PORT"
    [[ $status == 1 && $output == *"not 'maybe'"* ]]
}

@test "SIGTERM ends it too" {
    demo_start lighttpd
    end_leaves_nothing TERM
}

@test "a port that is taken is said, and what runs there goes on" {
    demo_start lighttpd
    run "$root/tests/demo.sh" apache "$PORT"
    [[ $status == 1 && $output == *"port $PORT of 127.0.0.1 is taken"* ]]
    curl --fail --silent --user alice:alice "http://127.0.0.1:$PORT/nereid-chat/get-friends"
}

@test "a server we do not know and a port that is none are said" {
    run "$root/tests/demo.sh" iis "$PORT"
    [[ $status == 1 && $output == *"not 'iis'"* ]]
    run "$root/tests/demo.sh" apache 99999
    [[ $status == 1 && $output == *"not '99999'"* ]]
}
