# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2016,SC2030,SC2031,SC2034,SC2154
# (jq programs, tests as subshells, variables that lib.bash takes and gives)
#
# The operator's program: what the agent does and leaves alone, and what `status` says.

bats_require_minimum_version 1.5.0

setup() {
    load lib
    spool_new
    CGI_ENV=(SPOOLCHAT_SYNC=no)
    # Looking for leaks needs what strace has taken.
    traced=(env ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null)
    agent=
    log=$BATS_TEST_TMPDIR/agent.log
    id=7d1f0a5e-0000-4000-8000-00000000abcd
}

teardown() {
    # Before cgi_end, which would wait for a strace that takes no SIGTERM.
    [[ -z $agent ]] || process_stop "$agent"
    cgi_end
    [[ ! -e $log ]] || cgi_sane "$log"
}

# agent_start [COMMAND...]: in the background, in front of it COMMAND; until it has nothing to do.
agent_start() {
    process_spawn "$log" env SPOOLCHAT_SPOOL="$SPOOL" SPOOLCHAT_TEST_CLOCK="$CLOCK" \
        "$@" "$BIN/bin/spoolchat" agent
    agent=$spawned
    eventually 10 agent_holds
    eventually 10 rests "$agent"
}

agent_holds() {
    [[ -s $SPOOL/agent.lock ]] && ! flock -n "$SPOOL/agent.lock" true
}

# agent_end SIGNAL: its exit status in $status.
agent_end() {
    kill -"$1" "$agent"
    status=0
    wait "$agent" || status=$?
    agent=
}

# once [VARIABLE=VALUE...]: `agent --once`, content and silent.
once() {
    local said
    said=$(env "$@" SPOOLCHAT_SPOOL="$SPOOL" SPOOLCHAT_TEST_CLOCK="$CLOCK" "$BIN/bin/spoolchat" \
        agent --once 2>&1) || { echo "$said" >&2 && return 1; }
    same '' "$said"
}

# mended COUNT: `agent --once` appends so many records, and then there is nothing more to do.
mended() {
    run -0 spoolchat agent --once
    same "agent: journal: lost records appended again: $1" "$output"
    once
    [[ -s $SPOOL/mended ]]
}

# The journal's messages of $thread, or of all, as "seq seq".
journaled() {
    cat "$SPOOL"/journal/* | tr -d '\0' | awk -v thread="${1-$thread}" \
        '$1 == "m" && (thread == "all" || $2 == thread) { printf "%s%d", sep, $3; sep = " " }'
}

# in_folder new|cur|tmp: what is there, as "1 2 3".
in_folder() {
    local name names=()
    for name in "$SPOOL/threads/$thread/$1"/*; do
        [[ ! -e $name ]] || { name=${name##*/} && names+=("$((10#$name))"); }
    done
    echo "${names[*]}"
}

stanza() {
    local path
    for path in "$SPOOL/threads/$thread"/{new,cur}/"$(printf %010d "$1")"; do
        [[ ! -e $path ]] || echo "$path"
    done
}

empty() {
    [[ -z $(ls -A "$1") ]]
}

gone() {
    [[ ! -e $1 ]]
}

# receive USER: takes all there is, which moves `delivered`; the messages' texts in $texts.
receive() {
    as "$1" GET 'stream?wait=0'
    expect 200
    texts=$(json '[.stanzas[] | select(.type == "message") | .message.text] | join(" ")')
}

# $thread of alice and bob, with what alice has said in it.
talk() {
    local text
    thread_of alice bob
    for text; do
        say alice "$thread" "$text"
    done
}

token_new() {
    as "$1" POST token
    expect 200
    token_file=$SPOOL/tokens/$(printf %s "$(field token)" | sha256sum | cut -d ' ' -f 1)
    [[ -s $token_file ]]
}

# plant_sent SEQ: the stanza that comes after those in $thread, linked as accepted and not journaled,
# as a sender killed between the two leaves it.
plant_accepted() {
    local line
    line=$(command jq -c --argjson seq "$1" --arg id "$id" '.seq = $seq | .message.id = $id' "$(stanza 1)")
    printf '%s\n' "$line" >"$SPOOL/threads/$thread/tmp/$id"
    ln "$SPOOL/threads/$thread/tmp/$id" "$SPOOL/threads/$thread/new/$(printf %010d "$1")"
}

# ---- The program -------------------------------------------------------------------------------

@test "help lists the commands, each says more of itself" {
    run -0 spoolchat help
    for name in agent status help version; do
        [[ $output == *$'\n'"  $name "* ]]
        run -0 spoolchat "$name" --help
        [[ $output == "usage: spoolchat $name"* ]]
        run -0 spoolchat help
    done
    run -0 spoolchat version
    [[ $output =~ ^spoolchat\ [0-9.]+$ ]]
}

@test "what it does not know is said, with status 2" {
    local -A wanted=(
        [' ']='usage: spoolchat COMMAND'
        [dance]="spoolchat: unknown command 'dance'"
        ['agent --twice']="agent: unknown option '--twice'"
        ['status -x']="status: unknown option '-x'"
        ['version 2']="version: unknown option '2'"
    )
    for arguments in "${!wanted[@]}"; do
        # shellcheck disable=SC2086
        run -2 --separate-stderr spoolchat $arguments
        same '' "$output"
        [[ $stderr == "${wanted[$arguments]}"* && $stderr == *usage:* ]]
    done
}

@test "a spool that it must not use is named, with the reason" {
    chmod 755 "$SPOOL"
    run -1 --separate-stderr spoolchat agent --once
    same 'agent: spool: its mode must be 0700: Operation not permitted' "$stderr"
    chmod 700 "$SPOOL"
    once
    echo 'lease = soon' >"$SPOOL/config"
    run -1 --separate-stderr spoolchat status
    [[ $stderr == 'status: config: line 1: '* ]]
}

# ---- One agent ---------------------------------------------------------------------------------

@test "a second agent says who runs, and leaves it alone" {
    agent_start
    same "$agent" "$(<"$SPOOL/agent.lock")"
    run -1 --separate-stderr spoolchat agent
    same "agent: already running as pid $agent" "$stderr"
    run -1 --separate-stderr spoolchat agent --once
    same "agent: already running as pid $agent" "$stderr"
    process_alive "$agent"
    same "$agent" "$(<"$SPOOL/agent.lock")"
}

@test "SIGTERM and SIGINT end it in peace, SIGKILL does not hinder the next" {
    for signal in TERM INT; do
        agent_start
        agent_end "$signal"
        same 0 "$status"
        [[ -e $SPOOL/agent.lock && ! -s $SPOOL/agent.lock ]]
    done
    agent_start
    agent_end KILL
    same 137 "$status"
    once
    agent_start
    agent_end TERM
    same 0 "$status"
    [[ ! -s $log ]] || cat "$log" >&2
    [[ ! -s $log ]]
}

@test "asking for the status never keeps an agent from starting" {
    local pid
    once
    (while :; do spoolchat status; done) >/dev/null 2>&1 3>&- &
    pid=$!
    for _ in {1..30}; do
        once
    done
    process_alive "$pid"
}

# ---- Tokens and leases -------------------------------------------------------------------------

@test "tokens go when their hour is over, and not before" {
    local first
    token_new alice
    first=$token_file
    clock_forward 600
    agent_start
    token_new bob # while it runs
    clock_forward 2970
    once_more=$token_file
    receive alice # by now it has looked
    [[ -e $first && -e $once_more ]]
    clock_forward 40
    eventually 3 gone "$first"
    [[ -e $once_more ]]
    clock_forward 600
    eventually 3 gone "$once_more"
}

@test "what is being written stays, however late it is" {
    [[ $BIN != *asan* ]] || skip 'the sanitizers make system calls of their own'
    clock_forward 600
    ME=bob SLOWLY=1000000 cgi_slowly linkat POST token # its draft is there, and looks for its name
    once
    cgi_wait
    expect 200
}

@test "tokens go without inotify, too" {
    agent_start "${traced[@]}" -e inject=inotify_init1:error=EMFILE
    token_new alice
    clock_forward 3600
    eventually 4 gone "$token_file"
}

@test "--once removes expired tokens, and damaged ones when they are old" {
    token_new alice
    : >"$SPOOL/tokens/$(printf %s half | sha256sum | cut -d ' ' -f 1)"
    clock_forward 3500
    once
    same 2 "$(find "$SPOOL/tokens" -type f | wc -l)"
    clock_forward 200
    once
    empty "$SPOOL/tokens"
}

@test "settings that change are heeded; a file that is none is told once, and changes nothing" {
    token_new alice
    agent_start
    echo 'nonsense = 1' >"$SPOOL/config"
    eventually 5 grep -q 'agent: config: line 1: no such setting' "$log"
    printf '%s\n' 'token_ttl = 10' 'spool_max = 1000000' >"$SPOOL/config"
    eventually 5 test -s "$SPOOL/usage"
    clock_forward 100
    eventually 5 gone "$token_file"
    echo 'lease = soon' >"$SPOOL/config"
    eventually 5 grep -q 'agent: config: line 1: not a value' "$log"
    clock_forward 100
    rm "$SPOOL/config"
    eventually 5 gone "$SPOOL/usage"
    same 2 "$(wc -l <"$log")"
}

@test "whoever falls silent is taken off online/, and the others are told" {
    local record
    receive alice
    [[ -e $SPOOL/online/alice ]]
    receive bob
    agent_start
    clock_forward 61
    eventually 4 gone "$SPOOL/online/alice"
    agent_end TERM
    same 0 "$status"
    record=$(grep '^p' "$SPOOL"/journal/* | tail -n 2 | cut -d ' ' -f 2 |
        sed "s|^|$SPOOL/presence/|" | xargs cat | jq -c 'select(.presence.entity.id == "alice")')
    jq -e '.type == "presence" and .presence == {
        "entity": {"objectType": "person", "id": "alice", "displayName": "alice", "url": null,
            "image": null}, "show": null, "status": null, "available": false}' <<<"$record"
    [[ ! -s $log ]]
}

@test "a lease that is renewed does not run out" {
    receive alice
    clock_forward 40
    receive alice
    clock_forward 40
    once
    [[ -e $SPOOL/online/alice ]]
}

@test "a departure has the person's profile; a bad one is told and the default used" {
    echo '{"displayName":"Alice A.","image":{"url":"/a.png"}}' >"$SPOOL/users/alice/profile.json"
    echo '{"displayName":' >"$SPOOL/users/bob/profile.json"
    agent_start
    for _ in 1 2; do
        receive alice
        receive bob
        clock_forward 61
        eventually 4 gone "$SPOOL/online/alice"
        eventually 4 gone "$SPOOL/online/bob"
    done
    jq -se '[.[] | select(.presence.available | not) | .presence.entity.displayName] | sort
        == ["Alice A.", "Alice A.", "bob", "bob"]' "$SPOOL"/presence/*
    same 'spoolchat: users/bob/profile.json: is no JSON object' "$(sort -u "$log")"
}

# ---- Interrupted sends -------------------------------------------------------------------------

@test "what a killed sender had not yet linked is removed" {
    talk one
    echo '{"half' >"$SPOOL/threads/$thread/tmp/$id"
    once
    empty "$SPOOL/threads/$thread/tmp"
    same 1 "$(journaled)"
    same 1 "$(in_folder new)"
}

@test "what a killed sender had linked is journaled and filed as sent" {
    talk one
    receive bob
    plant_accepted 2
    once
    empty "$SPOOL/threads/$thread/tmp"
    same '1 2' "$(journaled)"
    [[ $SPOOL/users/alice/sent/$id -ef $(stanza 2) ]]
    receive bob
    same one "$texts"
}

@test "what a killed sender had journaled is only filed as sent" {
    talk one
    as alice POST send-message "thread_id=$thread&message=two&id=$id"
    expect 200
    mv "$SPOOL/users/alice/sent/$id" "$SPOOL/threads/$thread/tmp/$id"
    once
    empty "$SPOOL/threads/$thread/tmp"
    same '1 2' "$(journaled)"
    [[ $SPOOL/users/alice/sent/$id -ef $(stanza 2) ]]
}

@test "a thread that is locked is left alone" {
    local lock
    talk one
    receive alice
    receive bob
    plant_accepted 2
    exec {lock}<"$SPOOL/threads/$thread"
    flock "$lock"
    once
    [[ -e $SPOOL/threads/$thread/tmp/$id ]]
    same '1 2' "$(in_folder new)"
    same 1 "$(journaled)"
    exec {lock}<&-
    once
    empty "$SPOOL/threads/$thread/tmp"
    same 1 "$(in_folder cur)"
    same '1 2' "$(journaled)"
}

@test "a running agent finishes what is left in a thread that the journal names" {
    talk one
    agent_start
    as alice POST send-message "thread_id=$thread&message=two&id=$id"
    mv "$SPOOL/users/alice/sent/$id" "$SPOOL/threads/$thread/tmp/$id"
    clock_forward 6
    eventually 4 empty "$SPOOL/threads/$thread/tmp"
    [[ $SPOOL/users/alice/sent/$id -ef $(stanza 2) ]]
}

# ---- new/ -> cur/ ------------------------------------------------------------------------------

@test "a stanza moves when it has reached every member, and not before" {
    talk one two
    once
    same '1 2' "$(in_folder new)"
    receive alice
    once
    same '1 2' "$(in_folder new)"
    receive bob
    say alice "$thread" three
    once
    same 3 "$(in_folder new)"
    same '1 2' "$(in_folder cur)"
    receive alice
    receive bob
    once
    same '' "$(in_folder new)"
    same '1 2 3' "$(in_folder cur)"
}

@test "a running agent moves them, those it found and those that came" {
    talk one
    agent_start
    say bob "$thread" two
    receive alice
    receive bob
    clock_forward 301
    eventually 4 empty "$SPOOL/threads/$thread/new"
    same '1 2' "$(in_folder cur)"
    [[ ! -s $log ]]
}

@test "who has left, and who joined later, is not waited for" {
    as alice POST start-session 'user=bob&user=carol&subject=room'
    expect 200
    thread=$(field thread_id)
    for text in one two three; do
        say alice "$thread" "$text"
    done
    receive alice
    receive bob
    once
    same '1 2 3' "$(in_folder new)"
    printf '%010d\n' 2 >"$SPOOL/users/carol/threads/$thread"
    once
    same 3 "$(in_folder new)"
    rm "$SPOOL/users/carol/threads/$thread"
    once
    same '' "$(in_folder new)"
}

@test "a delivered from before a power cut does not count for what has its number now" {
    talk one two three
    receive alice
    receive bob
    receive alice
    once
    same '' "$(in_folder new)"
    # The journal loses everything; what comes next stands where the lost records stood.
    : >"$SPOOL/journal/0000000000"
    say alice "$thread" four
    same 4 "$(in_folder new)"
    mended 3
    same 4 "$(in_folder new)"
    receive bob
    same 'four one two three' "$texts"
    say alice "$thread" five
    say alice "$thread" six
    receive alice
    receive bob
    once
    same '' "$(in_folder new)"
}

@test "a stanza that is not in the journal is not moved" {
    local lock
    talk one
    receive alice
    receive bob
    cp "$(stanza 1)" "$SPOOL/threads/$thread/new/0000000002"
    exec {lock}<"$SPOOL/threads/$thread" # nobody mends it meanwhile
    flock "$lock"
    once
    exec {lock}<&-
    same '1 2' "$(in_folder new)"
    mended 1
    same 1 "$(in_folder cur)"
    same 2 "$(in_folder new)"
    same '1 2' "$(journaled)"
}

# ---- Trimming ----------------------------------------------------------------------------------

@test "retention takes the oldest, never a thread's newest, and the thread goes on" {
    local prev
    talk one two three
    receive alice
    receive bob
    once # to cur/
    say alice "$thread" four
    once
    same '1 2 3' "$(in_folder cur)"
    find "$SPOOL/threads/$thread"/{new,cur} -type f -exec touch -d '-10 days' {} +
    once
    same '1 2 3' "$(in_folder cur)" # kept for ever
    once SPOOLCHAT_RETAIN_DAYS=11
    same '1 2 3' "$(in_folder cur)"
    touch "$SPOOL/threads/$thread/cur/0000000003"
    once SPOOLCHAT_RETAIN_DAYS=7
    same 3 "$(in_folder cur)"
    same 4 "$(in_folder new)"
    touch -d '-10 days' "$SPOOL/threads/$thread/cur/0000000003"
    once SPOOLCHAT_RETAIN_DAYS=7
    same '' "$(in_folder cur)"
    same 4 "$(in_folder new)"
    prev=$(sha256sum <"$(stanza 4)" | cut -d ' ' -f 1)
    say alice "$thread" five
    same 5 "$(field seq)"
    same "$prev" "$(jq -r .prev "$(stanza 5)")"
}

@test "sent entries go after a day, presence after an hour, drafts after ten minutes" {
    local draft
    talk one
    receive alice
    draft=$SPOOL/threads/.$id
    mkdir "$draft" "$draft"/{tmp,new,cur,files}
    : >"$draft/members"
    : >"$SPOOL/.$id"
    once
    [[ -d $draft && -e $SPOOL/.$id ]]
    clock_forward 660
    once
    [[ ! -e $draft && ! -e $SPOOL/.$id ]]
    not empty "$SPOOL/presence"
    clock_forward 3600
    once
    empty "$SPOOL/presence"
    not empty "$SPOOL/users/alice/sent"
    clock_forward 86400
    once
    empty "$SPOOL/users/alice/sent"
    same 1 "$(in_folder new)"
}

# Two full segments of old presence records before the records that there are.
plant_segments() {
    local ms
    ms=$(($(date -d "$1" +%s) * 1000))
    mv "$SPOOL/journal/0000000000" "$SPOOL/journal/0000131072"
    for first in 0000000000 0000065536; do
        awk -v ms="$ms" 'BEGIN { for (i = 0; i < 65536; i++)
            printf "p 7d1f0a5e-0000-4000-8000-00000000abcd 0000000000 %s\n", ms }' \
            >"$SPOOL/journal/$first"
    done
}

segments() {
    (cd "$SPOOL/journal" && echo *)
}

@test "journal segments go when they are old and have reached everybody" {
    local last
    talk one
    receive alice
    receive bob
    plant_segments '-29 days'
    last=$(cut -c 52-63 "$SPOOL/journal/0000131072" | tail -n 1)
    for user in alice bob; do
        echo "131073-1$last" >"$SPOOL/users/$user/delivered" # carol was never here
    done
    once
    same '0000000000 0000065536 0000131072' "$(segments)"
    clock_forward 172800
    echo 70000-1700000000000 >"$SPOOL/users/bob/delivered"
    printf '%s-%s\n' 65540 "$(tail -c 14 "$SPOOL/journal/0000065536")" >"$SPOOL/users/bob/delivered"
    once
    same '0000065536 0000131072' "$(segments)"
    receive bob
    once
    same 0000131072 "$(segments)"
    clock_forward 8640000
    once
    same 0000131072 "$(segments)"
}

@test "journal segments go with retain_days, whoever has not read them" {
    talk one
    plant_segments '-9 days'
    echo 0-0 >"$SPOOL/users/bob/delivered"
    once SPOOLCHAT_RETAIN_DAYS=10
    same '0000000000 0000065536 0000131072' "$(segments)"
    once SPOOLCHAT_RETAIN_DAYS=8
    same 0000131072 "$(segments)"
    receive bob
    same one "$texts"
}

# ---- Mending -----------------------------------------------------------------------------------

@test "a journal that has lost its tail is mended, each stanza once" {
    local other
    talk one two
    other=$thread
    thread_of alice carol
    say alice "$thread" three
    say alice "$other" four
    truncate -s -128 "$SPOOL/journal/0000000000"
    mended 2
    same 1 "$(journaled)"
    same '1 2 3' "$(journaled "$other")"
    receive bob
    same 'one two four' "$texts"
    receive carol
    same three "$texts"
}

@test "zeros at the journal's end are mended" {
    talk one two three
    dd if=/dev/zero of="$SPOOL/journal/0000000000" bs=64 seek=1 count=2 conv=notrunc status=none
    mended 2
    same '1 2 3' "$(journaled)"
    receive bob
    same 'one two three' "$texts"
}

@test "a half record at the journal's end is mended" {
    talk one two
    truncate -s -10 "$SPOOL/journal/0000000000"
    mended 1
    same '1 2' "$(journaled)"
}

@test "what was said after the loss and before the agent does not hide it" {
    talk one two three
    truncate -s -128 "$SPOOL/journal/0000000000"
    say bob "$thread" four
    mended 2
    same '1 4 2 3' "$(journaled)"
    say bob "$thread" five
    once
    same '1 4 2 3 5' "$(journaled)"
    # The same for who has no mark to go by.
    rm "$SPOOL/mended"
    once
    same '1 4 2 3 5' "$(journaled)"
    receive alice
    receive bob
    once
    same '1 2 3 4 5' "$(in_folder cur)"
}

@test "a journal that is gone is written again" {
    talk one two
    receive alice
    receive bob
    say alice "$thread" three
    once
    rm "$SPOOL"/journal/*
    mended 3
    same '1 2 3' "$(journaled)"
}

@test "after a loss an interrupted send is journaled once, too" {
    talk one two
    plant_accepted 3
    truncate -s -64 "$SPOOL/journal/0000000000"
    mended 1
    same '1 3 2' "$(journaled)"
    empty "$SPOOL/threads/$thread/tmp"
}

@test "trimmed records are not lost ones" {
    talk one two
    plant_segments '-40 days'
    mv "$SPOOL/journal/0000131072" "$BATS_TEST_TMPDIR/segment"
    say alice "$thread" three # begins a segment
    head -c 64 "$BATS_TEST_TMPDIR/segment" >"$BATS_TEST_TMPDIR/first"
    rm "$SPOOL"/journal/0000{000000,065536}
    find "$SPOOL/threads/$thread/new" -name '*[12]' -exec touch -d '-1 hour' {} +
    once
    same 3 "$(journaled)"
}

@test "mending that cannot be done is said, and done when it can be" {
    talk one two
    truncate -s -64 "$SPOOL/journal/0000000000"
    # The first is the agent's lock.
    run -1 env SPOOLCHAT_SPOOL="$SPOOL" "${traced[@]}" \
        -e inject=pwrite64:error=ENOSPC:when=2+ "$BIN/bin/spoolchat" agent --once
    same "agent: threads/$thread: No space left on device" "$output"
    same 1 "$(journaled)"
    mended 1
    same '1 2' "$(journaled)"
}

# ---- Killed ------------------------------------------------------------------------------------

# A spool with one of everything that the agent does.
plant_work() {
    thread_of alice bob
    say alice "$thread" one
    receive alice
    receive bob
    say bob "$thread" two
    say alice "$thread" three
    truncate -s -128 "$SPOOL/journal/0000000000"
    say bob "$thread" four
    plant_accepted 5
    echo '{"half' >"$SPOOL/threads/$thread/tmp/7d1f0a5e-0000-4000-8000-000000000000"
    token_new alice
    clock_forward 3700
}

@test "killed at any change it makes, the next one ends it" {
    local name k template work
    plant_work
    template=$SPOOL
    work=$BATS_TEST_TMPDIR/work
    for name in pwrite64 write renameat unlinkat ftruncate; do
        for ((k = 1; ; k++)); do
            rm -rf "$work"
            cp -a "$template" "$work"
            status=0
            SPOOLCHAT_SPOOL=$work SPOOLCHAT_TEST_CLOCK=$CLOCK "${traced[@]}" -e trace="$name" \
                -e inject="$name:signal=KILL:when=$k" "$BIN/bin/spoolchat" agent --once \
                >/dev/null 2>&1 || status=$?
            ((status != 0)) || break
            SPOOL=$work run -0 spoolchat agent --once
            SPOOL=$work
            same '1 2 3 4 5' "$(journaled | tr ' ' '\n' | sort | tr '\n' ' ' | sed 's/ $//')"
            same 1 "$(in_folder cur)"
            same '2 3 4 5' "$(in_folder new)"
            empty "$SPOOL/threads/$thread/tmp"
            empty "$SPOOL/tokens"
            empty "$SPOOL/online"
            [[ $SPOOL/users/alice/sent/$id -ef $(stanza 5) ]]
            once
            SPOOL=$template
        done
        # There was something to be killed at.
        ((k > 1))
    done
}

# ---- Failures ----------------------------------------------------------------------------------

@test "what fails is named once, and the rest goes on" {
    talk one
    receive alice
    receive bob
    rmdir "$SPOOL/threads/$thread/cur"
    : >"$SPOOL/threads/$thread/cur"
    run -1 --separate-stderr spoolchat agent --once
    same "agent: threads/$thread: Not a directory" "$stderr"
    agent_start
    token_new alice
    for _ in 1 2 3; do
        clock_forward 15
        receive alice
    done
    clock_forward 3600
    eventually 4 gone "$token_file"
    agent_end TERM
    same 0 "$status"
    [[ $(grep -c "^agent: threads/$thread: Not a directory$" "$log") == [12] ]]
}

# ---- status ------------------------------------------------------------------------------------

@test "status: an empty spool" {
    once
    run -0 spoolchat status --json
    jq -e '.free_bytes > 0 and del(.free_bytes) == {
        "spool": $spool, "agent_running": false, "agent_pid": null, "users_known": 3,
        "users_online": 0, "tokens_alive": 0, "threads": 0, "attachments": 0, "attachment_bytes": 0, "stanzas_waiting": 0,
        "oldest_waiting": null, "journal_position": "0-0"}' --arg spool "$SPOOL" <<<"$output"
}

@test "status: what there is" {
    talk one two
    receive alice
    receive bob
    once
    say alice "$thread" three
    say alice "$thread" four
    clock_forward 3600
    token_new alice
    clock_forward 3600
    receive bob
    touch -d '-100 minutes' "$SPOOL/threads/$thread/new/0000000003"
    run -0 spoolchat status --json
    jq -e '.users_known == 3 and .users_online == 1 and .tokens_alive == 0 and .threads == 1
        and .stanzas_waiting == 2
        and (.oldest_waiting | .thread == $thread and .seq == 3 and .age_seconds >= 13200
            and .age_seconds < 13300)
        and .journal_position == $cursor' --arg thread "$thread" --arg cursor "$(field cursor)" \
        <<<"$output"
    run -0 spoolchat status
    [[ $output == *$'\nusers     3, online 1\n'* ]]
    [[ $output == *$'\nwaiting   2\n'* ]]
    [[ $output == *$'\noldest    3 h 4'[0-9]" min, threads/$thread/new/0000000003"$'\n'* ]]
    [[ $output == *$'\nagent     not running\n'* ]]
}

@test "status: who the agent is, beside it" {
    agent_start
    token_new alice
    run -0 spoolchat status --json
    jq -e ".agent_running and .agent_pid == $agent and .tokens_alive == 1" <<<"$output"
    run -0 spoolchat status
    [[ $output == *$'\n'"agent     running, pid $agent"$'\n'* ]]
    agent_end KILL
    run -0 spoolchat status --json
    jq -e '(.agent_running | not) and .agent_pid == null' <<<"$output"
}

@test "status does not make a spool that is not there, nor change one that is" {
    SPOOL=$BATS_TEST_TMPDIR/nowhere run -1 --separate-stderr spoolchat status
    same 'status: spool: No such file or directory' "$stderr"
    [[ ! -e $BATS_TEST_TMPDIR/nowhere ]]
    mkdir -m 700 "$BATS_TEST_TMPDIR/home"
    SPOOL=$BATS_TEST_TMPDIR/home run -1 --separate-stderr spoolchat status
    same 'status: format: No such file or directory' "$stderr"
    empty "$BATS_TEST_TMPDIR/home"
    talk one
    before=$(find "$SPOOL" -printf '%p %T@ %s\n' | sort)
    run -0 spoolchat status
    same "$before" "$(find "$SPOOL" -printf '%p %T@ %s\n' | sort)"
}

@test "output that cannot be written is a failure" {
    once
    run -1 --separate-stderr bash -c 'exec "$0" status >/dev/full' "$BIN/bin/spoolchat"
    [[ $stderr == 'status: standard output: No space left on device' ]] || echo "$stderr" >&2
    [[ $stderr == status:* ]]
}
