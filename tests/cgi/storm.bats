# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154
# (tests as subshells, variables that lib.bash and faults.bash take and give)
#
# Many at once: what tests/tools/storm.c says, with and without syncing, and with the agent at work.

setup() {
    load lib
    load faults
    spool_new w{0..7} r{0..3}
    room_new
    # In memory, where there is some: what is to be seen here is not how fast a disk syncs.
    mv "$SPOOL" "$room/spool"
    SPOOL=$room/spool
    messages=10000
    [[ $BIN != *asan* ]] || messages=200
}

teardown() {
    [[ -z ${agent-} ]] || process_stop "$agent"
    room_end
}

storm() {
    SPOOLCHAT_SPOOL=$SPOOL SPOOLCHAT_MESSAGES_PER_MINUTE=0 SPOOLCHAT_SYNC=$1 \
        "$root/build/tools/storm" "$BIN/cgi-bin" "$messages"
}

@test "eight write, four read, nothing is lost or doubled: sync = yes" {
    storm yes
    audit "$SPOOL"
}

all_moved() {
    [[ -z $(find "$SPOOL"/threads/*/new -type f -print -quit) ]]
}

# All has been read by all when it ends; so the agent has moved, or now moves, everything.
@test "eight write, four read, and the agent tidies: sync = no" {
    process_spawn "$BATS_TEST_TMPDIR/agent.log" env SPOOLCHAT_SPOOL="$SPOOL" SPOOLCHAT_TEST_CLOCK="$CLOCK" \
        "$BIN/bin/spoolchat" agent
    agent=$spawned
    eventually 5 test -s "$SPOOL/agent.lock"
    storm no
    clock_forward 301 # it looks the less often the longer nothing could be moved
    eventually 20 all_moved
    process_stop "$agent"
    agent=
    cat "$BATS_TEST_TMPDIR/agent.log"
    [[ ! -s $BATS_TEST_TMPDIR/agent.log ]]
    audit "$SPOOL"
}
