# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154
# (tests as subshells, variables that lib.bash and faults.bash take and give)
#
# Killed at every system call that leaves something else, while others are to be told: whoever comes next, or the
# same request again, tells them what is true, and nobody is told of who hides. A failure's line names who came
# next, the system call, and which of that name it was.

setup() {
    load lib
    load faults
    skip_sanitized
    spool_new
    room_new
    # Copies are not made within a lease.
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=0 SPOOLCHAT_LEASE=3600)
    as bob GET 'stream?wait=0'
}

teardown() {
    room_end
}

# Everybody begins where Bob is now.
requests() {
    as bob GET 'stream?wait=0'
    cursor=$(field cursor)
    ME=bob request bob GET "stream?wait=0&since=$cursor"
    ME=alice request alice GET "stream?wait=0&since=$cursor"
    agent_request agent
}

# kill_and_go_on COPY "NEXT SYSCALL K"
kill_and_go_on() {
    local next name k
    read -r next name k <<<"$2"
    perform_killed hit "$1" "$name" "$k"
    [[ $next == nobody ]] || expect_ok "$next" "$1"
}

# hears COPY: what Bob hears of Alice, one word each, in $heard; what is stored of her in $stored.
hears() {
    local files=(/dev/stdin)
    expect_ok bob "$1"
    [[ ! -e $1/users/alice/presence.json ]] || files+=("$1/users/alice/presence.json")
    {
        IFS= read -r heard
        IFS= read -r stored
    } < <(jq -r 'if has("stanzas") then
            [.stanzas[] | select(.type == "presence") | .presence[] | select(.entity == "alice") |
                (if .available then "+" else "-" end) + (.show // "")] | join(" ")
        else
            if .available then "+" + (.show // "") else "-" end
        end' "${files[@]}" <<<"${reply#*$'\r\n\r\n'}")
}

# The entry of who is told, and seen, and online.
entry_is() {
    contents "$1/online/alice"
    [[ ${contents%$'\n'} == "$2" ]] || echo "the entry says: $contents"
}

# A change, and then the same again: Bob has heard of it, the second time at most of what he may have heard.
changed_again() {
    local copy=$1 left
    kill_and_go_on "$@"
    expect_ok hit "$copy"
    hears "$copy"
    [[ $heard == "$wanted" || $heard == "$wanted $wanted" ]] || echo "heard: $heard"
    [[ $stored == "$wanted" ]] || echo "stored: $(<"$copy/users/alice/presence.json")"
    entry_is "$copy" "$told"
    rm "$copy"/presence/*
    expect_ok hit "$copy"
    left=("$copy/presence"/*)
    [[ ! -e ${left[0]} ]] || echo "told a third time"
}

# It is not done again, but Alice's stream goes on: what Bob knows is what is stored.
changed_never_again() {
    local copy=$1
    kill_and_go_on "$@"
    hears "$copy"
    [[ $stored == "${heard##* }" || -z $heard && $stored == "$before" ]] ||
        echo "heard: $heard, stored: $(<"$copy/users/alice/presence.json")"
}

change() {
    as alice POST presence "$1"
    as alice GET 'stream?wait=0'
    before=$2
    ME=alice request hit POST presence "$3"
    wanted=$4 told=$5
    requests
    kill_after_changes changed_again nobody agent
    kill_after_changes changed_never_again alice
}

@test "killed while saying something else" {
    change show=xa +xa show=dnd +dnd ''
}

@test "killed while saying something else: sync = no" {
    CGI_ENV+=(SPOOLCHAT_SYNC=no)
    change show=xa +xa show=dnd +dnd ''
}

@test "killed while beginning to hide" {
    change show=xa +xa available=0 - hidden
}

@test "killed while ceasing to hide" {
    change 'available=0&show=xa' - available=1 +xa ''
}

# Nobody hears anything, then or when she goes.
hidden_always() {
    local copy=$1
    kill_and_go_on "$@"
    expect_ok hit "$copy"
    entry_is "$copy" hidden
    touch -d '3 days ago' "$copy/online/alice"
    expect_ok agent "$copy"
    [[ ! -e $copy/online/alice ]] || echo 'is still online'
    hears "$copy"
    [[ -z $heard ]] || echo "heard: $heard"
}

@test "killed while coming, and hiding" {
    as alice POST presence available=0
    requests
    ME=alice request hit GET "stream?wait=0&since=$cursor"
    kill_after_changes hidden_always nobody alice
}

@test "killed while changing what nobody sees" {
    as alice POST presence available=0
    as alice GET 'stream?wait=0'
    requests
    ME=alice request hit POST presence show=dnd
    kill_after_changes hidden_always nobody
}

# Killed before she came: the arrival; and then her departure, by the agent.
came_and_went() {
    local copy=$1
    kill_and_go_on "$@"
    expect_ok hit "$copy"
    touch -d '3 days ago' "$copy/online/alice"
    expect_ok agent "$copy"
    hears "$copy"
    [[ $heard == '+xa -' || $heard == '+xa +xa -' ]] || echo "heard: $heard"
}

@test "killed while coming" {
    as alice POST presence show=xa
    requests
    ME=alice request hit GET "stream?wait=0&since=$cursor"
    kill_after_changes came_and_went nobody
}

# Killed while she came or ceased to hide, and she never comes back: whoever has heard of her hears that she is
# gone. The agent, and the lease.
came_no_more() {
    local copy=$1
    kill_and_go_on "$@"
    [[ ! -e $copy/online/alice ]] || touch -d '3 days ago' "$copy/online/alice"
    expect_ok agent "$copy"
    [[ ! -e $copy/online/alice ]] || echo 'is still online'
    hears "$copy"
    [[ -z $heard || ${heard##* } == - ]] || echo "heard: $heard"
}

@test "killed while coming, for ever" {
    as alice POST presence show=xa
    requests
    ME=alice request hit GET "stream?wait=0&since=$cursor"
    kill_after_changes came_no_more nobody
}

@test "killed while ceasing to hide, for ever" {
    as alice POST presence available=0
    as alice GET 'stream?wait=0'
    requests
    ME=alice request hit POST presence available=1
    kill_after_changes came_no_more nobody
}

# The agent is killed while it takes her off.
went() {
    local copy=$1
    kill_and_go_on "$@"
    expect_ok hit "$copy"
    [[ ! -e $copy/online/alice ]] || echo 'is still online'
    hears "$copy"
    [[ $heard == "$wanted" || -n $wanted && $heard == "$wanted $wanted" ]] || echo "heard: $heard"
}

agent_takes_off() {
    as alice GET 'stream?wait=0'
    requests
    agent_request hit
    touch -d '3 days ago' "$SPOOL/online/alice"
    wanted=$1
    kill_after_changes went nobody
}

@test "killed while taking off who has gone" {
    agent_takes_off -
}

@test "killed while taking off who hid" {
    as alice POST presence available=0
    agent_takes_off ''
}
