# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034 # variables are for who sources this
#
# Start a program in a session of its own, and stop it with everything it started. Sourced.
#
# The session is what makes stopping sure: a server's workers, a CGI process that still waits, all
# carry its number, whoever their parent is by then; and a Ctrl-C at the terminal reaches none of
# them before the script that owns them decides.

# eventually SECONDS COMMAND...: until the command succeeds; 1 when the time is over. Some looks more then: where the
# whole machine stood still, those that are waited for have had no time either.
eventually() {
    local deadline=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000)) nothing late=0 status=0
    shift
    "$@" && return 0 # a bare one says in a trap, as teardown may be, how things were before
    # Nothing ever comes from there: a pause without a process of its own, which would cost more than it waits. $!
    # is another's from then on.
    exec {nothing}<> <(:)
    until "$@"; do
        ((${EPOCHREALTIME/[.,]/} < deadline || ++late < 25)) || { status=1; break; }
        read -r -t 0.02 -u "$nothing" || true
    done
    exec {nothing}>&-
    return "$status"
}

# The negation as a command, for `eventually 5 not process_alive 123`.
not() {
    ! "$@"
}

# A process that has ended but was not waited for yet counts as gone.
process_alive() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null && [[ ${stat##*) } != Z* ]]
}

# The pids of a session's members.
session_pids() {
    local path stat state session
    for path in /proc/[0-9]*; do
        { read -r stat <"$path/stat"; } 2>/dev/null || continue
        # "pid (name) state ppid pgrp session": a name may hold anything, a parenthesis too.
        read -r state _ _ session _ <<<"${stat##*) }"
        [[ $session != "$1" || $state == Z ]] || echo "${path#/proc/}"
    done
}

session_gone() {
    [[ -z $(session_pids "$1") ]]
}

# process_spawn LOG COMMAND...: run it in its own session, both outputs appended to LOG; the pid,
# which is the session's number too, in $spawned.
process_spawn() {
    local log=$1
    shift
    (
        # A test runner waits for the end of whatever its children inherited.
        for fd in /proc/self/fd/*; do
            fd=${fd##*/}
            ((fd > 2 && fd != 255)) && eval "exec $fd>&-"
        done
        exec setsid "$@"
    ) </dev/null >>"$log" 2>&1 &
    spawned=$!
    until process_leads "$spawned" || not process_alive "$spawned"; do :; done
}

# Whether the process leads its session, as who was spawned does. Numbers are used again, by threads of a browser, too.
process_leads() {
    local stat state session
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    read -r state _ _ session _ <<<"${stat##*) }"
    [[ $state != Z && $session == "$1" ]]
}

# ask_to_end PID: all of its session.
ask_to_end() {
    local members
    mapfile -t members < <(session_pids "$1")
    kill -TERM "${members[@]}" 2>/dev/null
}

# Asked again and again: a program that is started just then is none of those asked before. To look for all of them
# is dear, so not each time while the first is still there.
session_ends() {
    ((asked++ % 10)) || ask_to_end "$1"
    ! process_leads "$1" && session_gone "$1"
}

# process_stop PID [SECONDS]: ask it and all of its session to end: Apache would wait for a CGI process
# that waits, and fcgiwrap leave its children behind. Who has not gone by the deadline is killed, and the
# answer is 1. Apache gives up a reply that goes on, as the agent's, after ten seconds by itself.
process_stop() {
    local pid=$1 seconds=${2:-20} asked=0
    eventually "$seconds" session_ends "$pid" && return 0
    echo "of process $pid had to be killed: $(session_pids "$pid" | paste -sd ' ')" >&2
    process_kill "$pid"
    return 1
}

# process_kill PID: all of its session, unasked.
process_kill() {
    local members
    mapfile -t members < <(session_pids "$1")
    kill -KILL "${members[@]}" 2>/dev/null
    eventually 5 session_gone "$1"
}

# Whether anybody listens on a port of 127.0.0.1.
port_taken() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# process_listens PID PORT: whether this very process does. Asking the port alone would be content
# with a stranger who took it first.
process_listens() {
    local inode port
    printf -v port ':%04X' "$2"
    inode=$(awk -v port="$port" '$2 ~ port "$" && $4 == "0A" { print $10 }' \
        /proc/net/tcp)
    [[ -n $inode && -n $(find "/proc/$1/fd" -lname "socket:\[$inode\]" 2>/dev/null) ]]
}

# Whether somebody listens on a socket in the file system.
socket_ready() {
    grep -qE "^[^ ]+ [0-9A-F]+ [0-9A-F]+ 00010000 .* $1\$" /proc/net/unix
}
