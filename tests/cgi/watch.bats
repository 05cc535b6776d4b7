# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154
# (tests as subshells, variables that lib.bash and faults.bash take and give)
#
# Watched from outside with inotify-tools: what appears in new/ is whole in the moment it appears, and names
# come one after the other.

setup() {
    load lib
    load faults
    spool_new
    room_new
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=0 ASAN_OPTIONS=detect_leaks=0)
    thread_of alice bob
    new=$SPOOL/threads/$thread/new
    cur=$SPOOL/threads/$thread/cur
    watch
}

teardown() {
    [[ -z ${watcher-} ]] || process_stop "$watcher"
    room_end
}

# Everything that happens to names and contents in both folders, a line each, as descriptor 5.
watch() {
    mkfifo "$room/events"
    eventually 30 watch_once
}

# Somebody else on this machine may have taken all inotify instances for a moment.
watch_once() {
    : >"$room/watcher"
    setsid inotifywait -m --format '%w%f %e' -e create,modify,close_write,move,delete "$new" "$cur" \
        >"$room/events" 2>"$room/watcher" 3>&- &
    watcher=$!
    exec 5<"$room/events"
    eventually 10 watch_settled
    grep -q 'Watches established' "$room/watcher"
}

watch_settled() {
    grep -q 'Watches established' "$room/watcher" || not process_alive "$watcher"
}

# The next event, in $event; "" when none comes.
next_event() {
    event=
    read -r -t 10 event <&5 || :
}

# All events so far; a name of ours is the last.
events_left() {
    touch "$cur/end"
    rm "$cur/end"
    while next_event && [[ $event != *'/end DELETE' ]]; do
        [[ $event == *'/end '* ]] || echo "$event"
    done
    [[ -n $event ]] || echo 'no end'
}

whole() {
    [[ $(tail -c 1 "$1" | wc -l) == 1 ]] && jq -e --argjson seq "$2" '.seq == $seq' "$1" >/dev/null
}

# Each step of the writer takes a while, so that anything half-made would be there to see.
@test "a stanza is whole when its name appears" {
    local n name slowly='inject=write,pwrite64,fsync,close,linkat,renameat:delay_enter=10000'
    ME=alice request send POST send-message "thread_id=$thread&message=a+line+to+be+read+whole"
    for n in 1 2 3; do
        name=$new/000000000$n
        perform send "$SPOOL" strace -qq -o /dev/null -e "$slowly" &
        next_event
        whole "$name" "$n"
        same "$name CREATE" "$event"
        wait $!
    done
    # Neither written to nor renamed there.
    run events_left
    same '' "$output"
}

@test "names are gap-free and never come back, whoever writes; the agent moves them" {
    local n user wanted='' writers=()
    for user in alice bob; do
        ME=$user request "$user" POST send-message "thread_id=$thread&message=hello"
        for n in {1..30}; do perform "$user" "$SPOOL"; done &
        writers+=($!)
    done
    for n in {1..60}; do
        next_event
        same "$new/$(printf %010d "$n") CREATE" "$event"
        [[ $(<"${event% CREATE}") == '{"timestamp":'*",\"seq\":$n,"*'}' ]]
    done
    wait "${writers[@]}"
    for user in alice bob; do
        ME=$user request "$user" GET 'stream?wait=0'
        perform "$user" "$SPOOL"
        [[ $code == 200 ]]
    done
    spoolchat agent --once
    for n in {1..60}; do
        wanted+="$new/$(printf %010d "$n") MOVED_FROM"$'\n'"$cur/$(printf %010d "$n") MOVED_TO"$'\n'
    done
    run events_left
    same "${wanted%$'\n'}" "$output"
}
