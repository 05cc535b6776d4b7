# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034,SC2154
# (jq, tests as subshells, variables that lib.bash takes and gives)
#
# How many streams may wait, with as many real processes as the defaults allow; what whoever comes beyond them
# is told.

setup() {
    load lib
    spool_new alice bob carol
    CGI_ENV=(SPOOLCHAT_WAIT=600)
    waiting=()
    for who in alice bob carol; do
        as "$who" GET 'stream?wait=0'
    done
    cursor=$(field cursor)
}

teardown() {
    cgi_end
}

# How many locks are held on the bytes of a file: one for each stream that waits.
held() {
    local inode
    inode=$(stat -c %i "$1")
    grep -cE "OFDLCK .*:$inode " /proc/locks || true
}

holds() {
    [[ $(held "$1") == "$2" ]]
}

# waiters USER COUNT: so many more of their streams, until the kernel has counted them. Long polls and events
# by turns: they are one budget.
waiters() {
    local i had
    had=$(held "$SPOOL/format")
    for ((i = 0; i < $2; i++)); do
        if ((i % 2)); then
            ME=$1 cgi_background GET "stream?since=$cursor"
        else
            ME=$1 ACCEPT=text/event-stream cgi_background GET "stream?since=$cursor"
        fi
        waiting+=("$cgi_pid")
    done
    eventually 20 holds "$SPOOL/format" $((had + $2))
}

# turned_away USER: both forms come back at once, and say when to try again.
turned_away() {
    SECONDS=0
    as "$1" GET "stream?since=$cursor"
    expect 200 --arg cursor "$cursor" '.stanzas == [] and .retry_after == 15 and .cursor == $cursor'
    ACCEPT=text/event-stream as "$1" GET "stream?since=$cursor"
    expect 200
    same 'retry: 15000' "$(grep '^retry:' <<<"$body")"
    ((SECONDS < 10))
}

# comes_in USER: there is a place: the stream waits.
comes_in() {
    local -a CGI_ENV=(SPOOLCHAT_WAIT=1)
    as "$1" GET "stream?since=$cursor"
    expect 200 '.stanzas == [] and (has("retry_after") | not)'
    ACCEPT=text/event-stream as "$1" GET "stream?wait=1&since=$cursor"
    expect 200
    same 'retry: 3000' "$(grep '^retry:' <<<"$body")"
}

end_one() {
    kill -KILL "${waiting[0]}"
    wait "${waiting[0]}" 2>/dev/null || true
    waiting=("${waiting[@]:1}")
}

@test "twenty streams of a site wait, the next is turned away; one killed frees its place at once" {
    waiters alice 8
    waiters bob 8
    waiters carol 3
    comes_in carol
    waiters carol 1
    for who in carol alice bob; do
        turned_away "$who"
    done
    end_one
    comes_in carol
    waiters carol 1
    turned_away carol
    # Who does not wait needs no place.
    as carol GET "stream?wait=0&since=$cursor"
    expect 200 'has("retry_after") | not'
    # What is there is given, however many wait.
    CGI_ENV+=(SPOOLCHAT_MESSAGES_PER_MINUTE=0)
    as alice POST send-message 'to=carol&message=hello'
    expect 200
    as carol GET "stream?since=$cursor"
    expect 200 '[.stanzas[] | select(.type == "message").message.text] == ["hello"]'
}

@test "eight streams of a user wait, by login and by token; another's are another's" {
    as alice POST token
    token=$(field token)
    waiters alice 7
    comes_in alice
    CGI_ENV+=("HTTP_AUTHORIZATION=Bearer $token")
    waiters '' 1
    turned_away ''
    CGI_ENV=(SPOOLCHAT_WAIT=600)
    turned_away alice
    as '' GET "stream/$token?since=$cursor"
    expect 200 '.retry_after == 15'
    comes_in bob
    end_one
    comes_in alice
}

@test "0 is no limit" {
    CGI_ENV+=(SPOOLCHAT_MAX_STREAMS=0 SPOOLCHAT_USER_STREAMS=0)
    for _ in {1..25}; do
        ME=alice cgi_background GET "stream?since=$cursor"
        waiting+=("$cgi_pid")
    done
    for pid in "${waiting[@]}"; do
        eventually 20 waits "$pid"
    done
    as alice POST send-message 'to=bob&message=hello'
    expect 200
    for pid in "${waiting[@]}"; do
        eventually 20 not process_alive "$pid"
    done
    not grep -l retry_after "$BATS_TEST_TMPDIR"/output.*
}

@test "a user may be in as many threads as they like, a thread has max_members at most" {
    CGI_ENV+=(SPOOLCHAT_MAX_MEMBERS=2)
    as alice POST start-session user=bob
    expect 200
    as alice POST start-session 'user=bob&user=carol'
    expect 400 '.errors.user'
    as alice POST send-message 'to=bob&to=carol&message=x'
    expect 400 '.errors.to'
    as alice POST start-session 'user=bob&user=carol&subject=x'
    expect 400 '.errors.user'
}
