# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154
# (tests as subshells, variables that lib.bash and faults.bash take and give)
#
# A stream that waits: misses nothing, whatever tells it of news, and ends when it should.

setup() {
    load lib
    load faults
    spool_new
    room_new
    # Leaks are looked for by other tests; here somebody else traces.
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=0 ASAN_OPTIONS=detect_leaks=0)
    thread_of alice bob
    as bob GET 'stream?wait=0'
    cursor=$(field cursor)
    pids=()
}

teardown() {
    stop_listening
    room_end
}

stop_listening() {
    local pid
    for pid in "${pids[@]}"; do
        ! process_alive "$pid" || process_stop "$pid"
    done
    pids=()
}

# listen NAME METHOD TARGET: in the background, in a session of its own; output in $room/NAME, pid in $pid.
# The command `wrapper` comes before it.
listen() {
    local name=$1 env program input
    shift
    cgi_request "$@"
    "$launch" "${env[@]}" setsid "${wrapper[@]}" "$program" <"$input" >"$room/$name" 2>"$room/$name.stderr" 3>&- &
    pid=$!
    pids+=("$pid")
}

clock_ms() {
    echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

# ended MS PID...: all of them, within so many ms; it takes no longer to say so.
ended() {
    local begin pid
    begin=$(clock_ms)
    for pid in "${@:2}"; do
        eventually $(($1 / 1000 + 1)) not process_alive "$pid" || { echo "$pid goes on"; return 1; }
    done
    (($(clock_ms) - begin < $1)) || { echo "after $(($(clock_ms) - begin)) ms"; return 1; }
}

# ---- What lands between the look and the wait --------------------------------------------------

# Each is stopped for three seconds on its way, at another place; what lands then must be seen, not only
# when it looks again, which would be five seconds later.
@test "a stanza that lands between look and wait is there at once, however the kernel tells" {
    local how hows=(dnotify dnotify-watch inotify inotify-init inotify-watch looking)
    # Without limits fcntl is only asked for notification.
    CGI_ENV+=(SPOOLCHAT_USER_STREAMS=0 SPOOLCHAT_MAX_STREAMS=0)
    # On a busy machine the first may go on before the last has come so far.
    lands 1 || lands 2 || lands 3
    ended 5500 "${pids[@]}"
    for how in "${hows[@]}"; do
        grep -q '"text":"in between' "$room/$how"
    done
    [[ ! -e /proc/sys/fs/dir-notify-enable ]] || grep -q 'F_NOTIFY, .*) = 0' "$room/dnotify.trace"
    grep -q 'F_NOTIFY, .*INJECTED' "$room/inotify.trace"
    # Somebody else on this machine may have taken all inotify instances for a moment.
    grep -qE '^inotify_(init1\(.*EMFILE|add_watch\(.*= 1$)' "$room/inotify.trace"
    grep -q '^inotify_init1(.*EMFILE.*INJECTED' "$room/looking.trace"
}

# Whether the stanza came while all were stopped.
lands() {
    local at
    stop_listening
    rm -f "$room"/*.trace
    as bob GET "stream?wait=0&since=$cursor"
    cursor=$(field cursor)
    for how in "${hows[@]}"; do
        at=$(stopped_at "$how")
        wrapper=(strace -qq -y -o "$room/$how.trace" -e "inject=$at:delay_enter=3000000:when=1")
        [[ $how == dnotify* ]] || wrapper+=(-e inject=fcntl:error=EINVAL)
        [[ $how != looking ]] || wrapper+=(-e inject=inotify_init1:error=EMFILE)
        ME=bob listen "$how" GET "stream?wait=20&since=$cursor"
    done
    for how in "${hows[@]}"; do
        eventually 10 grep -qs "^$(stopped_at "$how")(" "$room/$how.trace"
    done
    say alice "$thread" "in between $1"
    for how in "${hows[@]}"; do
        not grep -q "^$(stopped_at "$how")(.*) *= " "$room/$how.trace" || return 1
    done
}

# As it is about to ask for news, or to wait.
stopped_at() {
    case $1 in
    *-init) echo inotify_init1 ;;
    inotify-watch) echo inotify_add_watch ;;
    dnotify-watch) echo fcntl ;;
    *) echo ppoll ;;
    esac
}

# ---- Its end -----------------------------------------------------------------------------------

# listen_to_pipe ARGUMENTS of listen: its output is a pipe that we read as descriptor 5.
listen_to_pipe() {
    mkfifo "$room/$1"
    listen "$@"
    exec 5<"$room/$1"
}

@test "a long poll ends at once when nobody reads it any more" {
    ME=bob listen_to_pipe poll GET "stream?wait=20&since=$cursor"
    eventually 10 waits "$pid"
    exec 5<&-
    ended 1500 "$pid"
}

@test "events end at once when nobody reads them any more" {
    local line=
    ME=bob ACCEPT=text/event-stream listen_to_pipe events GET "stream?since=$cursor"
    until [[ $line == id:* ]]; do
        read -r line <&5
    done
    exec 5<&-
    ended 1500 "$pid"
}

# Expired, or taken back: seen when it looks, which is every five seconds.
@test "a stream ends when its token does" {
    local expires revoked
    as bob POST token
    expires=$(field token)
    as bob POST token
    revoked=$(field token)
    ACCEPT=text/event-stream listen events GET "stream/$expires?since=$cursor"
    eventually 5 grep -q '^id: ' "$room/events"
    listen poll GET "stream/$expires?wait=25&since=$cursor"
    # These have a clock of their own, by which no time passes.
    CGI_ENV+=(SPOOLCHAT_TEST_CLOCK=)
    ACCEPT=text/event-stream listen revoked-events GET "stream/$revoked?since=$cursor"
    listen revoked-poll GET "stream/$revoked?wait=25&since=$cursor"
    eventually 5 grep -q '^id: ' "$room/revoked-events"
    eventually 5 waits "${pids[1]}"
    eventually 5 waits "$pid"
    clock_forward 3601
    as bob DELETE "token/$revoked"
    expect 204
    ended 8000 "${pids[@]}"
    grep -q '^Status: 404 ' "$room/poll"
    grep -q '^Status: 404 ' "$room/revoked-poll"
    for pid in "${pids[@]}"; do
        wait "$pid"
    done
}

@test "events end by themselves when their time is over" {
    ME=bob ACCEPT=text/event-stream listen events GET "stream?wait=1&since=$cursor"
    ended 4000 "$pid"
    wait "$pid"
    grep -q '^id: ' "$room/events"
    [[ ! -s $room/events.stderr ]]
}

# A watch that ends with the process takes longer, and web servers wait for that.
@test "nothing is watched any more when the answer is written" {
    local how
    CGI_ENV+=(SPOOLCHAT_USER_STREAMS=0 SPOOLCHAT_MAX_STREAMS=0)
    for how in dnotify inotify; do
        wrapper=(strace -qq -y -o "$room/trace" -e 'trace=fcntl,inotify_add_watch,close,ppoll,writev')
        [[ $how == dnotify ]] || wrapper+=(-e inject=fcntl:error=EINVAL)
        ME=bob listen poll GET "stream?wait=20&since=$cursor"
        eventually 10 grep -q '^ppoll(' "$room/trace"
        say alice "$thread" 'news'
        eventually 5 not process_alive "$pid"
        # The first of them, then what follows the last wait.
        run awk '
            /^fcntl.*F_NOTIFY.* = 0$/ { watch = "close.*/journal>" }
            /^inotify_add_watch.* = 1$/ { watch = "close.*inotify>" }
            /^ppoll/ { closed = 0 }
            watch != "" && $0 ~ watch { closed = 1 }
            /^writev/ { print (watch == "" ? "no watch" : closed ? "closed" : "open") }' "$room/trace"
        [[ $output != 'no watch' ]] || skip "no $how here"
        same closed "$output"
        as bob GET "stream?wait=0&since=$cursor"
        cursor=$(field cursor)
    done
}
