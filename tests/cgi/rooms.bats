# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154
# (tests as subshells, variables that lib.bash and faults.bash take and give)
#
# Rooms: who may make whom what, what is told of it and to whom, subjects, and the list of open ones.

setup() {
    load lib
    load faults
    room_new
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=0 SPOOLCHAT_SYNC=no)
    people alice bob carol dave
}

teardown() {
    cgi_end
    room_end
}

# people USER...: a spool in which all of them have been before.
people() {
    local user
    spool_new "$@"
    for user; do
        as "$user" GET rooms
        expect 200
    done
}

# a_room USER FIELDS: a new one, in $thread.
a_room() {
    as "$1" POST start-session "$2" || return
    expect 200 || return
    thread=$(field thread_id)
}

# make BY WHOM ROLE [THREAD]
make() {
    as "$1" POST "members/${4-$thread}" "user=$(form_encode "$2")&role=$3"
}

# made BY WHOM ROLE: it goes well, and they are it.
made() {
    make "$@" || return
    expect 200 --arg role "$3" '.success and .role == $role'
}

# refused STATUS BY WHOM ROLE: nothing changes.
refused() {
    local before
    before=$(state)
    make "${@:2}" || return
    expect "$1" || return
    same "$before" "$(state)"
}

# All that a change could change.
state() {
    find "$SPOOL"/{threads,journal,presence,open} "$SPOOL"/users/*/threads -printf '%P %s %T@\n'
}

# What somebody is, by the files: as what their line says, and that they have an entry or have none.
is_now() {
    local role=none line lines
    mapfile -t lines <"$SPOOL/threads/$thread/members"
    for line in "${lines[@]}"; do
        [[ $line != *" $1" ]] || role=${line%% *}
    done
    if [[ $role == none || $role == banned ]]; then
        [[ ! -e $SPOOL/users/$1/threads/$thread ]] || role+=' with an entry'
    else
        [[ -e $SPOOL/users/$1/threads/$thread ]] || role+=' without an entry'
    fi
    echo "$role"
}

# expect_is WHOM ROLE...
expect_is() {
    while (($# > 0)); do
        same "$1 $2" "$1 $(is_now "$1")" || return
        shift 2
    done
}

# news USER SINCE: what their stream has, as "entity role" and texts, in a line; $cursor goes on.
news() {
    as "$1" GET "stream?wait=0&since=$2"
    expect 200 || return
    cursor=$(field cursor)
    json '[.stanzas[] | if .type == "presence" then (.presence[] | select(.thread) | "\(.entity) \(.role)")
        else (.message.text // ("subject " + .message.subject)) end] | join(", ")'
}

# ---- Who may do what to whom -------------------------------------------------------------------

# One case on a copy: "BY WHOM ROLE RESULT", the result a status, or a role when all is well.
one_case() {
    local by whom role result before after
    SPOOL=$1
    BATS_TEST_TMPDIR=$1.files # each at once with others has its own
    [[ -d $BATS_TEST_TMPDIR ]] || mkdir "$BATS_TEST_TMPDIR"
    read -r by whom role result <<<"$2"
    before=$(state)
    make "$by" "$whom" "$role"
    after=$(state)
    if [[ $result == [0-9]* ]]; then
        [[ $status_code == "$result" ]] || echo "wanted $result, got $status_code"
        [[ $before == "$after" ]] || echo 'something has changed'
        return
    fi
    [[ $status_code == 200 && $body == *"\"role\":\"$result\""* ]] || echo "wanted $result, got $body"
    [[ $(is_now "$whom") == "$result" ]] || echo "is now $(is_now "$whom")"
    # The same again changes nothing. Whoever has lost their role may not, but for leaving.
    [[ $by != "$whom" || $role == none ]] || return
    before=$after
    make "$by" "$whom" "$role"
    [[ $status_code == 200 && $(state) == "$before" ]] || echo "again: $status_code"
    audit "$SPOOL"
}

# rules FIELDS < TABLE: rows "BY WHOM OWNER MODERATOR GUEST NONE BANNED" for a room made with these fields.
rules() {
    local by whom results role i cases=()
    people olga oscar mia max gus gil nora nick bea bert
    a_room olga "$1&user=oscar&user=mia&user=max&user=gus&user=gil"
    made olga oscar owner
    made olga mia moderator
    made olga max moderator
    made olga bea banned
    made mia bert banned
    while read -r by whom results; do
        read -r -a results <<<"$results"
        ((${#results[@]} == 5))
        i=0
        for role in owner moderator guest none banned; do
            [[ ${results[i]} != = ]] || results[i]=$role
            cases+=("$by $whom $role ${results[i]}")
            i=$((i + 1))
        done
    done
    ((${#cases[@]} == 150))
    on_copies one_case "${cases[@]}"
}

@test "who may make whom what, in an open room" {
    rules 'open=true' <<'END'
olga  olga  =   =   =   =   403
olga  oscar =   =   =   =   =
olga  max   =   =   =   =   =
olga  gil   =   =   =   =   =
olga  nick  =   =   =   =   =
olga  bert  =   =   =   =   =
mia   mia   403 =   =   =   403
mia   oscar 403 403 403 403 403
mia   max   403 403 403 403 403
mia   gil   403 403 =   =   =
mia   nick  403 403 =   =   =
mia   bert  403 403 =   =   =
gus   gus   403 403 =   =   403
gus   oscar 403 403 403 403 403
gus   max   403 403 403 403 403
gus   gil   403 403 =   403 403
gus   nick  403 403 =   403 403
gus   bert  403 403 403 403 403
nora  nora  403 403 =   =   403
nora  oscar 404 404 404 404 404
nora  max   404 404 404 404 404
nora  gil   404 404 404 404 404
nora  nick  404 404 404 404 404
nora  bert  404 404 404 404 404
bea   bea   403 403 403 banned 403
bea   oscar 404 404 404 404 404
bea   max   404 404 404 404 404
bea   gil   404 404 404 404 404
bea   nick  404 404 404 404 404
bea   bert  404 404 404 404 404
END
}

@test "who may make whom what, in a closed room" {
    rules 'subject=tea' <<'END'
olga  olga  =   =   =   =   403
olga  oscar =   =   =   =   =
olga  max   =   =   =   =   =
olga  gil   =   =   =   =   =
olga  nick  =   =   =   =   =
olga  bert  =   =   =   =   =
mia   mia   403 =   =   =   403
mia   oscar 403 403 403 403 403
mia   max   403 403 403 403 403
mia   gil   403 403 =   =   =
mia   nick  403 403 =   =   =
mia   bert  403 403 =   =   =
gus   gus   403 403 =   =   403
gus   oscar 403 403 403 403 403
gus   max   403 403 403 403 403
gus   gil   403 403 403 403 403
gus   nick  403 403 403 403 403
gus   bert  403 403 403 403 403
nora  nora  404 404 404 =   404
nora  oscar 404 404 404 404 404
nora  max   404 404 404 404 404
nora  gil   404 404 404 404 404
nora  nick  404 404 404 404 404
nora  bert  404 404 404 404 404
bea   bea   403 403 403 banned 403
bea   oscar 404 404 404 404 404
bea   max   404 404 404 404 404
bea   gil   404 404 404 404 404
bea   nick  404 404 404 404 404
bea   bert  404 404 404 404 404
END
}

@test "the members of a set of people are what they are" {
    thread_of alice bob
    local role
    for role in owner moderator guest none banned; do
        refused 403 alice alice "$role"
        refused 403 alice bob "$role"
        refused 403 alice carol "$role"
        refused 404 carol carol "$role"
        refused 404 carol bob "$role"
    done
    as alice GET "members/$thread"
    expect 200 '.open == false and .memberCount == 2 and all(.members[]; .role == "guest")'
}

@test "the only owner steps down when there is another" {
    a_room alice 'subject=tea&user=bob'
    refused 403 alice alice guest
    refused 403 alice alice moderator
    made alice bob owner
    made alice alice guest
    expect_is alice guest bob owner
    refused 403 bob bob guest
}

@test "the last owner leaves: the moderator who came first, else the guest" {
    a_room alice 'open=1'
    made dave dave guest
    made carol carol guest
    made bob bob guest
    made alice bob moderator
    made alice alice none
    expect_is bob owner carol guest dave guest
    made bob bob none
    expect_is dave owner carol guest
    made dave dave none
    made carol carol none
    [[ ! -s $SPOOL/threads/$thread/members ]]
    # An empty room stays; the first to join becomes its owner.
    make bob bob guest
    expect 200 '.role == "owner"'
    expect_is bob owner
    made alice alice guest
    audit "$SPOOL"
}

@test "an empty room that is closed stays empty" {
    a_room alice 'subject=tea'
    made alice alice none
    refused 404 alice alice guest
    refused 404 bob bob guest
    made alice alice none
    as alice GET "members/$thread"
    expect 404
}

@test "inviting: known people, friends, and no more than the site allows" {
    a_room alice 'subject=tea'
    refused 403 alice nobody guest
    echo bob >"$SPOOL/users/alice/friends"
    refused 403 alice carol guest
    made alice bob guest
    echo nobody >"$SPOOL/users/bob/friends"
    # Whoever is in it is not asked again, nor who is to be kept out.
    made alice bob moderator
    made alice carol banned
    made alice nobody banned
    made alice nobody none
    rm "$SPOOL/users/alice/friends" "$SPOOL/users/bob/friends"
    CGI_ENV+=(SPOOLCHAT_MAX_MEMBERS=2)
    refused 403 alice dave guest
    a_room alice 'open=1&user=bob'
    refused 403 carol carol guest
    made bob bob none
    made carol carol guest
}

@test "names are kept as they are" {
    local name='dr. no/ü%2E'
    as "$name" GET get-friends
    a_room alice 'open=1'
    made alice "$name" moderator
    as "$name" GET "members/$thread"
    expect 200 --arg name "$name" '[.members[] | [.entity.id, .role]] == [["alice", "owner"], [$name, "moderator"]]'
}

# ---- What is told ------------------------------------------------------------------------------

@test "members hear of each other, and whom it is about; nobody else" {
    local everything alices
    a_room alice 'open=1&user=bob'
    made carol carol guest
    made alice bob moderator
    say carol "$thread" hello
    made bob carol banned
    made alice carol none
    made alice alice none
    everything='carol guest, bob moderator, hello, carol banned, alice none, bob owner'
    same "$everything" "$(news bob 0-0)"
    same 'carol guest, carol banned' "$(news carol 0-0)"
    same '' "$(news dave 0-0)"
    # Members by their own files, whoever their friends are.
    for user in alice bob; do : >"$SPOOL/users/$user/friends"; done
    same "$everything" "$(news bob 0-0)"
}

@test "the forms of room presence" {
    local ACCEPT=text/event-stream
    a_room alice 'open=1'
    echo '{"displayName":"Bob","x":1}' >"$SPOOL/users/bob/profile.json"
    made bob bob guest
    as alice GET 'stream?wait=0&since=0-0'
    sed -n 's/^data: //p' <<<"$body" >"$BATS_TEST_TMPDIR/events"
    jq -e --arg thread "$thread" 'select(.presence.thread) | (keys == ["presence", "timestamp", "type"]) and
        .type == "presence" and .presence == {entity: {objectType: "person", id: "bob", displayName: "Bob",
        url: null, image: null, x: 1}, show: null, status: null, available: true, thread: $thread,
        role: "guest"}' "$BATS_TEST_TMPDIR/events"
    ACCEPT=
    made bob bob none
    as alice GET 'stream?wait=0&since=0-0'
    expect 200 --arg thread "$thread" '.stanzas[-1].presence | map(select(.thread))[-1] == {entity: "bob", show: null,
        status: null, available: false, thread: $thread, role: "none"}'
}

@test "clients of old do not take leaving a room for going offline" {
    local ACCEPT=text/event-stream
    a_room alice 'open=1'
    made bob bob guest
    made bob bob none
    say alice "$thread" alone
    as alice GET 'stream?wait=0&since=0-0'
    # An event each: what type it has, and whether its data has a role.
    run awk -v RS= '/data: / { print (/\nevent: room\n/ ? "room" : "message"), (/"role":/ ? "role" : "none") }' <<<"$body"
    same 2 "$(grep -c '^room role$' <<<"$output")"
    same 0 "$(grep -c '^room none$\|^message role$' <<<"$output")"
    grep -q '^message none$' <<<"$output"
}

# By presence, as XEP-0045 has it; in form and stanza.
@test "coming and going by presence with a thread" {
    a_room alice 'open=1&subject=tea'
    as bob POST presence "thread_id=$thread"
    expect 200 --arg thread "$thread" '.thread_id == $thread and .role == "guest" and .presence.entity.id == "bob"'
    say bob "$thread" here
    as bob POST presence "thread_id=$thread&available=0"
    expect 200 '.role == "none"'
    as bob POST send-message "thread_id=$thread&message=gone"
    expect 404
    TYPE=application/json as bob POST presence "{\"type\":\"presence\",\"presence\":{\"thread\":\"$thread\"}}"
    expect 200 '.role == "guest"'
    TYPE=application/json as bob POST presence \
        "{\"type\":\"presence\",\"presence\":[{\"thread\":\"$thread\",\"available\":false}]}"
    expect 200 '.role == "none"'
    as alice GET 'stream?wait=0&since=0-0'
    expect 200 '[.stanzas[] | select(.type == "presence").presence[] | select(.thread) | [.entity, .role, .available]]
        == [["bob", "guest", true], ["bob", "none", false], ["bob", "guest", true], ["bob", "none", false]]'
    # One's own presence is what it was.
    as bob GET presence
    expect 200 '.presence.available'
    as alice POST members/"$thread" 'user=bob&role=banned'
    expect 200
    as bob POST presence "thread_id=$thread"
    expect 403
    as carol POST start-session 'user=bob'
    as carol POST presence "thread_id=$(field thread_id)&available=false"
    expect 403
    as bob POST presence 'thread_id=7d1f0a5e-3c1b-4e0e-9f5e-0b9f6f1d2a3c'
    expect 404
}

@test "whoever joins sees nothing from before" {
    a_room alice 'subject=tea'
    say alice "$thread" old
    made alice carol guest
    made alice carol none
    made alice bob guest
    say alice "$thread" new
    same 'bob guest, new' "$(news bob 0-0)"
    made alice bob none
    say alice "$thread" secret
    same 'bob guest, bob none' "$(news bob 0-0)"
    made alice bob guest
    say alice "$thread" again
    same 'bob guest, bob none, bob guest, again' "$(news bob 0-0)"
}

@test "where the history is open it can be asked for; the stream pushes nothing old" {
    a_room alice 'subject=tea&history=open'
    say alice "$thread" old
    made alice bob guest
    say alice "$thread" new
    same 'bob guest, new' "$(news bob 0-0)"
    # By this the other endpoints go: from the first stanza on.
    [[ $(<"$SPOOL/users/bob/threads/$thread") == "0000000000 "* ]]
    same 'guest 0000000001 bob' "$(tail -n 1 "$SPOOL/threads/$thread/members")"
}

@test "entries of before, without a place, stay readable" {
    a_room alice 'subject=tea&user=bob'
    echo 0000000000 >"$SPOOL/users/bob/threads/$thread"
    say alice "$thread" hello
    same hello "$(news bob 0-0)"
}

@test "a stream that waits hears of an invitation, and of what follows" {
    a_room alice 'subject=tea'
    as bob GET 'stream?wait=0'
    ME=bob cgi_background GET "stream?wait=20&since=$(field cursor)"
    made alice bob guest
    cgi_wait
    expect 200 '.stanzas[0].presence | any(.role == "guest" and .entity == "bob")'
    ME=bob cgi_background GET "stream?wait=20&since=$(field cursor)"
    say alice "$thread" hello
    cgi_wait
    expect 200 '.stanzas[0].message.text == "hello"'
}

@test "every change is in the room's log" {
    a_room alice 'open=1&user=bob'
    say alice "$thread" hello
    made carol carol guest
    make bob carol banned
    made alice bob moderator
    made alice carol banned
    made alice carol banned
    made alice alice none
    same 'alice alice owner,alice bob guest,carol carol guest,alice bob moderator,alice carol banned,alice alice none,alice bob owner' \
        "$(cut -d ' ' -f 3- "$SPOOL/threads/$thread/changes" | paste -sd ,)"
    same '0000000000 0000000000 0000000001' "$(head -n 3 "$SPOOL/threads/$thread/changes" | cut -d ' ' -f 2 | paste -sd ' ')"
    same '' "$(grep -vE '^[0-9]{13} ' "$SPOOL/threads/$thread/changes" || true)"
}

# ---- Who is in it ------------------------------------------------------------------------------

@test "members: their roles, the banned for those who may lift it" {
    a_room alice 'open=1&subject=tea&history=open&user=bob&user=carol'
    made alice bob moderator
    made alice dave banned
    for user in alice bob; do
        as "$user" GET "members/$thread"
        expect 200 --arg thread "$thread" '.thread == $thread and .subject == "tea" and .open and .history == "open" and
            .memberCount == 3 and .next == null and [.members[] | .role + " " + .entity.id] ==
            ["owner alice", "moderator bob", "guest carol", "banned dave"] and
            all(.members[].entity; .objectType == "person")'
    done
    as carol GET "members/$thread"
    expect 200 '.memberCount == 3 and [.members[].role] == ["owner", "moderator", "guest"]'
    for user in dave erin; do
        as "$user" GET "members/$thread"
        expect 404
    done
}

@test "members: a thousand, and in pages" {
    local users form=subject=tea after='' user seen='' pages=0
    mapfile -t users < <(printf 'u%03d\n' {1..999})
    (cd "$SPOOL/users" && mkdir -m 700 "${users[@]}")
    for user in "${users[@]}"; do form+="&user=$user"; done
    a_room alice "$form"
    as alice GET "members/$thread"
    expect 200 '.memberCount == 1000 and (.members | length) == 1000 and .next == null'
    refused 403 alice bob guest
    while
        as alice GET "members/$thread?limit=300&after=$after"
        expect 200 '.memberCount == 1000'
        seen+=$(json '.members[].entity.id')$'\n'
        pages=$((pages + 1))
        after=$(json '.next // ""')
        [[ -n $after ]]
    do :; done
    ((pages == 4))
    same "$(printf '%s\n' alice "${users[@]}")" "${seen%$'\n'}"
    as alice GET "members/$thread?after=dave"
    expect 400 '.errors.after'
}

@test "JSON as well" {
    local TYPE=application/json
    as alice POST start-session '{"open":true,"subject":null,"history":"open"}'
    expect 200 '.members | map(.id) == ["alice"]'
    thread=$(field thread_id)
    as bob POST "members/$thread" '{"user":"bob","role":"guest","more":[1]}'
    expect 200 '.role == "guest" and .entity.id == "bob"'
    jq -e '.open == true and .history == "open" and .subject == null' "$SPOOL/threads/$thread/thread.json"
}

# ---- Making rooms, and finding them ------------------------------------------------------------

@test "start-session: what makes a room, and what does not" {
    local pair form
    thread_of alice bob
    pair=$thread
    for form in open=false open=0 open= subject= 'subject=&history='; do
        a_room alice "user=bob&$form"
        same "$pair" "$thread"
    done
    for form in open=true open=1 subject=x 'subject=x&open=0' 'open=1&history=joined'; do
        a_room alice "user=bob&$form"
        [[ $thread != "$pair" && ${thread:14:1} == 4 ]]
        expect_is alice owner bob guest
    done
    # A set of people never lands in a room of the same, nor in a larger one.
    thread_of bob alice
    same "$pair" "$thread"
    as alice POST send-message 'to=bob&message=x'
    same "$pair" "$(field thread_id)"
    ((${#pair} == 36)) && [[ ${pair:14:1} == 5 ]]
}

@test "rooms: the open ones, one is in or not, none that one is banned from" {
    local open mine closed banned
    a_room alice 'open=1&subject=tea' && open=$thread
    a_room bob 'open=1' && mine=$thread
    a_room alice 'subject=closed' && closed=$thread
    a_room alice 'open=1&subject=banned' && banned=$thread
    made alice bob banned
    : >"$SPOOL/open/00000000-0000-4000-8000-000000000000" # its room never came
    as bob GET rooms
    expect 200 --arg open "$open" --arg mine "$mine" '.next == null and (.rooms | sort_by(.id)) ==
        ([{id: $open, subject: "tea", memberCount: 1, joined: false},
          {id: $mine, subject: null, memberCount: 1, joined: true}] | sort_by(.id))'
    as alice GET rooms
    expect 200 '.rooms | length == 3 and map(.id) == (map(.id) | sort)'
    made carol carol guest "$open"
    as carol GET rooms
    expect 200 --arg open "$open" '.rooms[] | select(.id == $open) | .memberCount == 2 and .joined'
}

@test "rooms: in pages" {
    local i after='' seen=() pages=0
    for i in {1..7}; do a_room alice "open=1&subject=$i"; done
    while
        as bob GET "rooms?limit=3&after=$after"
        expect 200
        mapfile -t -O "${#seen[@]}" seen < <(json '.rooms[].id')
        pages=$((pages + 1))
        after=$(json '.next // ""')
        [[ -n $after ]]
    do :; done
    ((pages == 3))
    same "$(cd "$SPOOL/open" && printf '%s\n' *)" "$(printf '%s\n' "${seen[@]}")"
}

# ---- Subjects ----------------------------------------------------------------------------------

subject_now() {
    jq -c .subject "$SPOOL/threads/$thread/thread.json"
}

@test "a message with a subject and no text sets the room's; owners and moderators may" {
    local before
    a_room alice 'subject=tea&user=bob&user=carol'
    made alice bob moderator
    as alice POST send-message "thread_id=$thread&subject=coffee"
    expect 200
    same '"coffee"' "$(subject_now)"
    as bob POST send-message "thread_id=$thread&subject=%C3%BC+%22x%22"
    expect 200
    same '"ü \"x\""' "$(subject_now)"
    before=$(state)
    as carol POST send-message "thread_id=$thread&subject=mine"
    expect 403
    same "$before" "$(state)"
    # With a text it is an ordinary message, of anybody.
    as carol POST send-message "thread_id=$thread&subject=about&message=hello"
    expect 200
    same '"ü \"x\""' "$(subject_now)"
    # An empty one takes it away, as JSON can say.
    TYPE=application/json as bob POST send-message \
        "{\"type\":\"message\",\"message\":{\"thread\":\"$thread\",\"subject\":\"\"}}"
    expect 200
    same null "$(subject_now)"
    jq -e --arg by alice '.by == $by and .subjectSeq == 4 and .created and .open == false and .history == "joined"' \
        "$SPOOL/threads/$thread/thread.json"
    as carol GET "members/$thread"
    expect 200 '.subject == null'
    audit "$SPOOL"
}

@test "in a set of people a subject is a message like others" {
    thread_of alice bob
    for user in alice bob; do
        as "$user" POST send-message "thread_id=$thread&subject=tea"
        expect 200
    done
    same null "$(subject_now)"
    same 'subject tea, subject tea' "$(news bob 0-0)"
}

@test "a subject that an earlier message set does not come back" {
    local id=5ac1b3de-0000-4000-8000-00000000cafe
    a_room alice 'subject=tea'
    as alice POST send-message "thread_id=$thread&subject=one&id=$id"
    as alice POST send-message "thread_id=$thread&subject=two"
    # A power cut has brought the old name back.
    ln "$SPOOL/threads/$thread/new/0000000001" "$SPOOL/threads/$thread/tmp/$id"
    say alice "$thread" hello
    same '"two"' "$(subject_now)"
    as alice POST send-message "thread_id=$thread&subject=one&id=$id"
    expect 200 '.seq == 1'
    same '"two"' "$(subject_now)"
    audit "$SPOOL"
}

@test "a thread.json that is none stops nobody" {
    a_room alice 'open=1'
    echo '[' >"$SPOOL/threads/$thread/thread.json"
    as alice POST send-message "thread_id=$thread&subject=one"
    expect 200
    rm "$SPOOL/threads/$thread/thread.json"
    as alice POST send-message "thread_id=$thread&subject=two"
    expect 200
    as alice GET "members/$thread"
    expect 200 '.subject == null and .open == false'
    refused 404 bob bob guest
}

# ---- Sent away, meanwhile ----------------------------------------------------------------------

@test "who is out sends nothing" {
    a_room alice 'open=1&user=bob'
    made alice bob none
    as bob POST send-message "thread_id=$thread&message=x"
    expect 404
    made alice bob banned
    as bob POST send-message "thread_id=$thread&message=x"
    expect 404
}

@test "who is sent away while sending sends nothing" {
    a_room alice 'open=1&user=bob'
    # Bob's program has looked, and waits for the lock while he is sent away.
    ME=bob SLOWLY=3000000 cgi_slowly flock POST send-message "thread_id=$thread&message=late"
    made alice bob none
    cgi_wait
    expect 404
    same '' "$(find "$SPOOL/threads/$thread"/{new,tmp} -type f)"
    same 'bob none' "$(news alice 0-0)"
}

@test "a moderator who becomes a guest meanwhile sets no subject" {
    a_room alice 'subject=tea&user=bob'
    made alice bob moderator
    ME=bob SLOWLY=3000000 cgi_slowly flock POST send-message "thread_id=$thread&subject=late"
    made alice bob guest
    cgi_wait
    expect 403
    same '"tea"' "$(subject_now)"
}

# ---- Many at once ------------------------------------------------------------------------------

# meanwhile BY WHOM ROLE: `make`, in the background; the arrays `pids` and `outputs` get one more.
meanwhile() {
    local ME=$1 BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR/at.once.${#pids[@]} # or they would share their bodies
    mkdir "$BATS_TEST_TMPDIR"
    cgi_background POST "members/$thread" "user=$2&role=$3"
    pids+=("$cgi_pid") outputs+=("$cgi_output")
}

@test "many join, leave and are invited at once" {
    local n pids=() outputs=() i roles=(guest none moderator)
    people boss u{1..8}
    a_room boss 'open=1'
    for n in {1..6}; do
        for i in {1..8}; do
            meanwhile "u$i" "u$i" "${roles[(n + i) % 2]}"
            meanwhile boss "u$i" "${roles[n % 3]}"
        done
    done
    for i in "${!pids[@]}"; do
        cgi_wait "${pids[i]}" "${outputs[i]}"
        expect 200
    done
    audit "$SPOOL"
    same '' "$(cut -d ' ' -f 3 "$SPOOL/threads/$thread/members" | sort | uniq -d)"
    for i in {1..8}; do
        [[ $(is_now "u$i") != *entry ]]
    done
    expect_is boss owner
}

@test "all owners leave at once: one of the others is it" {
    local i pids=() outputs=()
    people a{1..4} b{1..2}
    a_room a1 'open=1&user=a2&user=a3&user=a4&user=b1&user=b2'
    for i in 2 3 4; do made a1 "a$i" owner; done
    for i in 1 2 3 4; do
        meanwhile "a$i" "a$i" none
    done
    for i in "${!pids[@]}"; do
        cgi_wait "${pids[i]}" "${outputs[i]}"
        expect 200
    done
    expect_is b1 owner b2 guest a1 none a2 none a3 none a4 none
    audit "$SPOOL"
}
