# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034,SC2154
# (tests as subshells, variables that lib.bash takes and gives)
# doors: all
#
# Streams without a cursor, as clients open them that keep none: each goes on where one like it has ended,
# whatever the user's other streams have heard meanwhile.

setup() {
    load lib
    spool_new
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=0 SPOOLCHAT_USER_STREAMS=0)
    door_spool
    thread_of alice bob
    pids=()
    declare -gA output_of=()
}

teardown() {
    door_end
    cgi_end
}

# tab NAME [TOKEN]: bob opens a stream in it; what it hears grows in the file NAME, pid in $pid. Comes back
# when it is open.
tab() {
    local name=$BATS_TEST_TMPDIR/$1 ME=${2-bob} target=stream output
    [[ ! ${2-} ]] || { ME='' && target=stream/$2; }
    ACCEPT=text/event-stream cgi_background GET "$target"
    pid=$cgi_pid
    output=$cgi_output
    eventually 10 grep -q '^id: ' "$output"
    output_of[$pid]=$output
    ln -f "$output" "$name.$((++opened))"
}
opened=0

# What a tab was told, over all of its streams, in order.
heard() {
    local file
    for file in $(printf '%s\n' "$BATS_TEST_TMPDIR/$1".* | sort -V); do
        grep -o '"text":"[^"]*"' "$file" | cut -d '"' -f 4
    done | paste -sd ' '
}

hears() {
    [[ " $(heard "$1") " == *" $2 "* ]]
}

# settle PID...: before these are killed. What a tab has heard is said, then its place is moved. A connection that ends
# may be a web server's that has just found its client gone, and what was said last is in doubt then, for a tenth of
# a second.
settle() {
    local pid
    for pid; do
        eventually 5 stands "$pid"
    done
    [[ ! ${door-} ]] || eventually 2 later $((${EPOCHREALTIME/[.,]/} + 150000))
}

stands() {
    local last
    last=$(grep '^id: ' "${output_of[$1]}" | tail -n 1)
    grep -qs " ${last#id: }\$" "$SPOOL"/users/bob/streams/*
}

later() {
    ((${EPOCHREALTIME/[.,]/} > $1))
}

# end SIGNAL PID
end() {
    settle "$2"
    kill "-$1" "$2"
    eventually 10 not process_alive "$2"
    wait "$2" || true
}

@test "killed and reopened while the other hears: nothing lost, nothing doubled" {
    local one two n all=''
    tab one && one=$pid
    tab two && two=$pid
    for n in {1..6}; do
        say alice "$thread" "both-$n"
        eventually 5 hears one "both-$n"
        eventually 5 hears two "both-$n"
        if ((n % 2)); then end KILL "$one"; else end KILL "$two"; fi
        say alice "$thread" "away-$n"
        if ((n % 2)); then
            eventually 5 hears two "away-$n"
            tab one && one=$pid
        else
            eventually 5 hears one "away-$n"
            tab two && two=$pid
        fi
        all+="${all:+ }both-$n away-$n"
    done
    eventually 5 hears one away-6
    eventually 5 hears two away-6
    same "$all" "$(heard one)"
    same "$all" "$(heard two)"
}

@test "both end at once, and come back in either order" {
    local one two n all='' first second
    tab one && one=$pid
    tab two && two=$pid
    for n in 1 2 3 4; do
        say alice "$thread" "open-$n"
        eventually 5 hears one "open-$n"
        eventually 5 hears two "open-$n"
        settle "$one" "$two"
        kill -KILL "$one" "$two"
        eventually 10 not process_alive "$one"
        eventually 10 not process_alive "$two"
        say alice "$thread" "away-$n"
        if ((n % 2)); then first=one second=two; else first=two second=one; fi
        tab "$first" && printf -v "$first" %s "$pid"
        eventually 5 hears "$first" "away-$n"
        say alice "$thread" "half-$n"
        eventually 5 hears "$first" "half-$n"
        tab "$second" && printf -v "$second" %s "$pid"
        eventually 5 hears "$second" "half-$n"
        all+="${all:+ }open-$n away-$n half-$n"
    done
    same "$all" "$(heard one)"
    same "$all" "$(heard two)"
}

@test "a token's hour ends both; each comes back with another" {
    local token n all=''
    for n in one two; do
        as bob POST token
        tab "$n" "$(field token)"
        pids+=("$pid")
    done
    say alice "$thread" open
    eventually 5 hears one open
    eventually 5 hears two open
    clock_forward 3601
    for pid in "${pids[@]}"; do
        eventually 10 not process_alive "$pid"
    done
    say alice "$thread" away
    as bob POST token
    tab one "$(field token)"
    eventually 5 hears one away
    say alice "$thread" half
    eventually 5 hears one half
    as bob POST token
    tab two "$(field token)"
    eventually 5 hears two half
    same 'open away half' "$(heard one)"
    same 'open away half' "$(heard two)"
}

@test "a new one takes the place of one that is away: that one begins where the new one did" {
    local old
    tab old && old=$pid
    say alice "$thread" open
    eventually 5 hears old open
    end KILL "$old"
    tab new
    say alice "$thread" away
    eventually 5 hears new away
    tab old
    eventually 5 hears old away
    same 'open away' "$(heard old)"
    same 'away' "$(heard new)"
}

@test "one that opens beside others hears nothing old" {
    tab one
    say alice "$thread" old
    eventually 5 hears one old
    clock_forward 61
    tab two
    say alice "$thread" new
    eventually 5 hears two new
    same 'old new' "$(heard one)"
    same 'new' "$(heard two)"
}

@test "who keeps a cursor leaves no place behind" {
    local since
    tab one
    say alice "$thread" first
    eventually 5 hears one first
    since=$(grep -h '^id: ' "$BATS_TEST_TMPDIR"/one.* | tail -n 1)
    end KILL "$pid"
    [[ -n $(ls "$SPOOL/users/bob/streams") ]]
    CGI_ENV+=(HTTP_LAST_EVENT_ID="${since#id: }")
    as bob GET 'stream?wait=0'
    expect 200 '.stanzas == []'
    [[ -z $(ls "$SPOOL/users/bob/streams") ]]
}

@test "long polls without a cursor keep a place, too" {
    local n
    tab other
    as bob GET 'stream?wait=0'
    for n in 1 2 3; do
        say alice "$thread" "$n"
        eventually 5 hears other "$n"
        as bob GET 'stream?wait=0'
        expect 200 --arg n "$n" '[.stanzas[] | select(.type == "message").message.text] == [$n]'
    done
    same 2 "$(find "$SPOOL/users/bob/streams" -type f | wc -l)"
}

# polls QUERY TEXT...: bob's polls without a cursor, one after the other, bring these, and greet each time.
polls() {
    local text query=$1
    shift
    for text; do
        as bob GET "stream?wait=0$query"
        expect 200 --arg text "$text" '.stanzas[0].type == "presence" and
            [.stanzas[] | select(.type == "message").message.text] == [$text]'
    done
}

@test "long polls without a cursor get on, however few stanzas they ask for, and however many are online" {
    local n profile
    as carol GET 'stream?wait=0'
    as bob GET 'stream?wait=0'
    for n in 1 2 3; do say alice "$thread" "$n"; done
    polls '&limit=1' 1 2 3
    printf -v profile '{"note":"%015000d"}' 0
    for n in {1..50}; do
        install -d -m 700 "$SPOOL/users/crowd-$n"
        echo "$profile" >"$SPOOL/users/crowd-$n/profile.json"
        touch "$SPOOL/online/crowd-$n"
    done
    for n in 4 5; do say alice "$thread" "$n"; done
    polls '&limit=1' 4 5
    say alice "$thread" 6
    polls '' 6
}

@test "a poll whose answer nobody takes leaves its place where it was" {
    [[ ! ${door-} ]] || skip 'the web server has taken it'
    as bob GET 'stream?wait=0'
    say alice "$thread" unheard
    ME=bob cgi_unread GET 'stream?wait=0'
    as bob GET 'stream?wait=0'
    expect 200 '[.stanzas[] | select(.type == "message").message.text] == ["unheard"]'
}

# tab_read: a stream whose output we read as descriptor 5, as a web server does; behind its first event.
tab_read() {
    local fifo=$BATS_TEST_TMPDIR/fifo.$((++opened)) line='' env program input
    mkfifo "$fifo"
    ME=bob ACCEPT=text/event-stream cgi_request GET stream
    "$launch" "${env[@]}" "$program" <"$input" >"$fifo" 3>&- &
    pid=$!
    exec 5<"$fifo"
    until [[ $line == id:* ]]; do
        read -r line <&5
    done
    read -r line <&5
}

# unheard TEXT: a server takes it, finds that its client has gone, and ends the stream; it is said again.
unheard() {
    local line=''
    tab_read
    say alice "$thread" "$1"
    until [[ $line == data:*$1* ]]; do
        read -r line <&5
    done
    kill -TERM "$pid"
    eventually 10 not process_alive "$pid"
    exec 5<&-
    as bob GET 'stream?wait=0'
    [[ $body == *'"text":"'"$1"'"'* ]]
}

@test "what was said right before a server ends the stream was not heard" {
    # On a busy machine we may not be quick enough.
    unheard one || unheard two || unheard three
}

@test "what was said a while before a server ends the stream was heard" {
    local line='' begin
    tab_read
    say alice "$thread" heard
    until [[ $line == data:*heard* ]]; do
        read -r line <&5
    done
    begin=$EPOCHREALTIME
    eventually 5 past $((${begin/[.,]/} + 300000))
    kill -TERM "$pid"
    eventually 10 not process_alive "$pid"
    exec 5<&-
    as bob GET 'stream?wait=0'
    expect 200 '[.stanzas[] | select(.type == "message")] == []'
}

past() {
    ((${EPOCHREALTIME/[.,]/} > $1))
}

# A web server that is stopped leaves in the pipe what it has not read yet.
@test "what lay in the pipe when its reader went was not heard" {
    [[ ! ${door-} ]] || skip 'the web server has taken it'
    tab_read
    say alice "$thread" unheard
    eventually 5 grep -qE -- "- [0-9]+ [^ ]+ [0-9]+ $(cursor_end)" "$SPOOL"/users/bob/streams/*
    exec 5<&-
    eventually 10 not process_alive "$pid"
    tab again
    eventually 5 hears again unheard
    same unheard "$(heard again)"
}

# The cursor behind the journal's last message.
cursor_end() {
    local record ms
    ms=$(grep -ah '^m ' "$SPOOL"/journal/* | tail -n 1)
    record=$(grep -an '^m ' "$SPOOL"/journal/* | tail -n 1)
    echo "$((${record%%:*} - 1))-${ms##* }"
}

@test "an hour is enough" {
    tab one
    end KILL "$pid"
    door_end
    spoolchat agent --once
    [[ -n $(ls "$SPOOL/users/bob/streams") ]]
    clock_forward 3601
    spoolchat agent --once
    [[ -z $(ls "$SPOOL/users/bob/streams") ]]
}

@test "places that cannot be kept stop nobody" {
    touch "$SPOOL/users/bob/streams"
    say alice "$thread" hello
    as bob GET 'stream?wait=0'
    expect 200 '[.stanzas[] | select(.type == "message").message.text] == ["hello"]'
    as bob GET 'stream?wait=0'
    expect 200 '[.stanzas[] | select(.type == "message")] == []'
}
