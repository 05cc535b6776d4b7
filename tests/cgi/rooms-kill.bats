# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154
# (tests as subshells, variables that lib.bash and faults.bash take and give)
#
# Changes in rooms, killed at every system call that leaves something else than the one before: the same again does
# the rest, and so does whoever comes next. Each line of a failure names who came next, the call, and which of that name.

setup() {
    load lib
    load faults
    skip_sanitized
    spool_new alice bob carol
    room_new
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=0)
    for ME in alice bob carol; do
        cgi GET rooms
    done
    ME=alice
    as alice POST start-session "open=1&subject=tea&user=bob"
    expect 200
    thread=$(field thread_id)
    say alice "$thread" before
    ME=alice request read POST send-message "thread_id=$thread&message=after"
    agent_request agent
}

teardown() {
    room_end
}

# change_request NAME BY WHOM ROLE
change_request() {
    ME=$2 request "$1" POST "members/$thread" "user=$3&role=$4"
}

# expect_now COPY USER WHAT: a role, " in" for who has the entry, or none.
expect_now() {
    local copy=$1 role user now=''
    while read -r role _ user; do
        [[ $user != "$2" ]] || now=$role
    done <"$copy/threads/$thread/members"
    [[ ! -e $copy/users/$2/threads/$thread ]] || now+=' in'
    [[ ${now:-none} == "$3" ]] || echo "$2 is now ${now:-none}, not $3"
}

change_killed() {
    local copy=$1 next name k line lines
    read -r next name k <<<"$2"
    perform_killed hit "$copy" "$name" "$k"
    audit --allow-tmp "$copy"
    if [[ $next != nobody ]]; then
        expect_ok "$next" "$copy"
        [[ $next == agent ]] || audit "$copy"
    fi
    expect_ok hit "$copy"
    audit "$copy"
    expect_now "$copy" "$whom" "$wanted"
    [[ -z ${heir-} ]] || expect_now "$copy" "$heir" 'owner in'
    # It was told at least once, and logged.
    contents "$copy/threads/$thread/changes"
    [[ $contents == *" $whom ${wanted% in}"$'\n'* ]] || echo 'not in the log'
    contents "$copy"/presence/*
    [[ $contents == *"\"thread\":\"$thread\",\"role\":\"${wanted% in}\""* ]] || echo 'not told'
    [[ ! -e $copy/users/$whom/threads/.members && ! -e $copy/threads/$thread/.members ]] || echo 'a draft is left'
}

@test "joining" {
    whom=carol wanted='guest in'
    change_request hit carol carol guest
    change_request other alice bob moderator
    kill_after_changes change_killed nobody other
}

@test "joining: sync = no" {
    CGI_ENV+=(SPOOLCHAT_SYNC=no)
    whom=carol wanted='guest in'
    change_request hit carol carol guest
    kill_after_changes change_killed agent
}

@test "kicking" {
    whom=bob wanted=none
    change_request hit alice bob none
    change_request other carol carol guest
    kill_after_changes change_killed nobody other
}

@test "banning" {
    whom=bob wanted=banned
    change_request hit alice bob banned
    change_request other carol carol guest
    kill_after_changes change_killed nobody other
}

@test "lifting a ban, and inviting" {
    as alice POST "members/$thread" 'user=bob&role=banned'
    whom=bob wanted='guest in'
    change_request hit alice bob guest
    change_request other carol carol guest
    kill_after_changes change_killed nobody other
}

@test "the last owner leaving" {
    whom=alice wanted=none heir=bob
    change_request hit alice alice none
    ME=bob request other POST send-message "thread_id=$thread&message=hello"
    change_request third carol carol guest
    kill_after_changes change_killed nobody third
}

@test "handing over" {
    whom=bob wanted='owner in'
    change_request hit alice bob owner
    kill_after_changes change_killed nobody
}

subject_killed() {
    local copy=$1 next name k
    read -r next name k <<<"$2"
    perform_killed hit "$copy" "$name" "$k"
    # Once it is accepted, whoever comes next sets it.
    if [[ $next != nobody ]]; then
        expect_ok "$next" "$copy"
        audit "$copy"
        contents "$copy/threads/$thread"/{new,cur}/*
        if [[ $contents == *'"subject":"coffee"'* ]]; then
            contents "$copy/threads/$thread/thread.json"
            [[ $contents == *'"subject":"coffee","subjectSeq":2}'* ]] || echo 'not set by the next'
        else
            contents "$copy/threads/$thread/thread.json"
            [[ $contents == *'"subject":"tea"'* ]] || echo 'set, but not said'
        fi
    fi
    expect_ok hit "$copy"
    contents "$copy/threads/$thread/thread.json"
    [[ $contents == *'"subject":"coffee","subjectSeq":'[23]'}'* ]] || echo 'not set'
    audit "$copy"
}

@test "setting the subject" {
    ME=alice request hit POST send-message \
        "thread_id=$thread&subject=coffee&id=00000000-0000-4000-8000-000000000001"
    kill_after_changes subject_killed nobody read agent
}

session_killed() {
    local copy=$1 name k id
    read -r _ name k <<<"$2"
    perform_killed hit "$copy" "$name" "$k"
    audit "$copy"
    for id in "$copy"/threads/*; do
        # None is open and not in the list.
        contents "$id/thread.json"
        [[ $contents != *'"open":true'* || -e $copy/open/${id##*/} ]] || echo 'open, but not listed'
    done
    expect_ok hit "$copy"
    expect_ok list "$copy"
    occurrences '"memberCount":1,"joined":true' "$reply"
    ((count == 1 || count == 2)) || echo "$count rooms"
}

@test "making an open room" {
    ME=alice request hit POST start-session open=1
    ME=alice request list GET rooms
    kill_after_changes session_killed nobody
}
