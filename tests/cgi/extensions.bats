# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154
# (tests as subshells, variables that lib.bash takes and gives)
#
# What goes beyond the protocol, and what older clients may ignore: corrections, retractions, reactions, and
# the short-lived kinds, receipts and chat states.

setup() {
    load lib
    CGI_ENV=()
    spool_new alice bob carol dave
    thread_of alice bob
    id=0b1e7c2a-8f0d-4c58-9d52-2f4c4b1f9a10
}

teardown() {
    cgi_end
}

person() {
    printf '{"objectType":"person","id":"%s","displayName":"%s","url":null,"image":null}' "$1" "$1"
}

# stored NUMBER: the file of a stanza in $thread.
stored() {
    printf '%s/threads/%s/new/%010d\n' "$SPOOL" "$thread" "$1"
}

# send USER JSON: a stanza.
send() {
    local TYPE=application/json
    as "$1" POST send-message "$2"
}

# does USER WHAT [TYPE]: a stanza of that outer type whose `message` has the thread and WHAT.
does() {
    send "$1" '{"type":"'"${3-message}"'","message":{"thread":"'"$thread"'",'"$2"'}}'
}

# form USER FIELDS: the same as a form.
form() {
    as "$1" POST send-message "thread_id=$thread&$2"
}

# got NUMBER FILTER: the stored stanza makes it true.
got() {
    jq -e "$2" "$(stored "$1")" >/dev/null || { cat "$(stored "$1")" >&2 && return 1; }
}

records() {
    grep -cs "^$1 " "$SPOOL/journal/0000000000" || true
}

# news USER: what has come since this was last asked, an event each.
news() {
    as "$1" GET "stream?wait=0&since=$(<"$SPOOL/since.$1")"
    expect 200
    field cursor >"$SPOOL/since.$1"
}

# listen USER...: from here on.
listen() {
    local who
    for who; do
        as "$who" GET 'stream?wait=0'
        field cursor >"$SPOOL/since.$who"
    done
}

audit() {
    "$root/build/tools/audit" "$SPOOL"
}

room() {
    as "$1" POST start-session "user=$2&user=$3&subject=room"
    expect 200
    thread=$(field thread_id)
}

# ---- What the protocol itself has of messages --------------------------------------------------

@test "markup is data: kept as it came, whatever its type" {
    local type text='<script>alert("x")</script> &amp; **b** `c` :raw:`d`'
    for type in plain html rst; do
        form alice "type=$type&message=$(form_encode "$text")"
        expect 200
        send alice "$(jq -nc --arg thread "$thread" --arg type "$type" --arg text "$text" \
            '{type: "message", message: {$thread, $type, $text}}')"
        expect 200
    done
    jq -es --arg text "$text" 'length == 6 and all(.message.text == $text) and
        ([.[].message.type] == ["plain", "plain", "html", "html", "rst", "rst"])' "$SPOOL/threads/$thread"/new/*
}

@test "language tags of every kind, in any case" {
    local given wanted
    while read -r given wanted; do
        form alice "message=$wanted&language=$given"
        expect 200
        does alice '"text":"'"$wanted"'","language":"'"$given"'"'
        expect 200
    done <<'END'
i-klingon i-klingon
X-Foo x-foo
EN-gb-OED en-GB-oed
de_ch-1996 de-CH-1996
SL-rozaj-BISKE sl-rozaj-biske
ZH-cmn-hans-cn zh-cmn-Hans-CN
en-a-bbb-b-ccc-x-a-a en-a-bbb-b-ccc-x-a-a
END
    jq -es 'length == 14 and all(.message.language == .message.text)' "$SPOOL/threads/$thread"/new/*
    for given in de-1996-1996 sl-rozaj-ROZAJ en-a-bbb-A-ccc en-u-aa-u-bb; do
        form alice "message=x&language=$given"
        expect 400 '.errors | keys == ["language"]'
        does alice '"text":"x","language":"'"$given"'"'
        expect 400 '.errors | keys == ["language"]'
    done
}

@test "ids are UUIDs of any version, in any case; empty ones are made here" {
    local given
    for given in C232AB00-9414-11EC-B3C8-9F6BDECED846 000003e8-9414-21ec-b300-325096b39f47 \
        5df41881-3aed-3515-88a7-2f4a814cf09e 919108f7-52d1-4320-9bac-f847db4148a8 \
        2ed6657d-e927-568b-95e1-2665a8aea6a2 1EC9414C-232A-6B00-B3C8-9F6BDECED846 \
        017F22E2-79B0-7CC3-98C4-DC0C0C07398F 2489E9AD-2EE2-8E00-8EC9-32D5F69181C0 \
        00000000-0000-0000-0000-000000000000 FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF; do
        form alice "message=x&id=$given"
        expect 200
        same "${given,,}" "$(field UUID)"
        does alice '"text":"x","id":"'"${given,,}"'"'
        expect 200
    done
    same 10 "$(records m)"
    for given in '' '"id":"",' '"id":null,'; do
        does alice "$given"'"text":"x"'
        expect 200
        [[ $(field UUID) =~ ^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$ ]]
    done
    audit
}

# ---- Corrections -------------------------------------------------------------------------------

@test "replaces: a whole message in the place of another, by number or by id, JSON or form" {
    local first
    form alice "message=helo&id=$id"
    first=$(<"$(stored 1)")
    does alice '"text":"hello","replaces":1,"language":"en","x":1.0'
    expect 200 '.seq == 2'
    does alice '"text":"hello!","replaces":"'"${id^^}"'"'
    expect 200
    form alice 'message=hello%3F&replaces=1&type=rst'
    expect 200
    form alice "message=hi&replaces=$id"
    expect 200 '.seq == 5'
    for number in 2 3 4 5; do
        got "$number" '.type == "message" and .message.replaces == {"seq":1,"id":"'"$id"'","sender":"alice"}'
    done
    got 2 '.message | .text == "hello" and .language == "en" and .x == 1'
    grep -q ',"attachments":\[\],"x":1.0,"replaces":{"seq":1,"id":"'"$id"'","sender":"alice"},"sender":{' \
        "$(stored 2)"
    same "$first" "$(<"$(stored 1)")"
    audit
}

@test "replaces: a replacement of a replacement is one of the original, so are its retraction and reaction" {
    does alice '"text":"one"'
    does alice '"text":"two","replaces":1'
    does alice '"text":"three","replaces":2'
    expect 200
    does alice '"text":"four","replaces":3'
    expect 200
    does bob '"reaction":{"to":4,"text":"+"}'
    expect 200
    does alice '"retracts":3'
    expect 200
    got 3 '.message.replaces.seq == 1'
    got 4 '.message.replaces.seq == 1'
    got 5 '.message.reaction.to | .seq == 1 and .sender == "alice"'
    got 6 '.message.retracts.seq == 1'
    # What has been retracted can be replaced: clients pass it over.
    does alice '"text":"five","replaces":1'
    expect 200
    audit
}

@test "replaces: an id lately sent is found however much came since; somebody else's within a thousand" {
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=0 SPOOLCHAT_SYNC=no)
    form alice "message=x&id=$id"
    # Others of which each has another's id.
    rm "$(stored 1)"
    sed "s/$id/${id/0b/0d}/" "$SPOOL/users/alice/sent/$id" >"$(stored 1)"
    "$root/build/tools/fabricate" stanzas "$SPOOL" "$thread" 1005
    rm "$SPOOL/threads/$thread"/*/0000000001
    ln "$SPOOL/users/alice/sent/$id" "$(stored 1)"
    does alice '"text":"y","replaces":"'"$id"'"'
    expect 200
    got 1006 '.message.replaces.seq == 1'
    does bob '"reaction":{"to":"'"$id"'","text":"+"}'
    expect 400 '.errors | keys == ["reaction"]'
    does bob '"reaction":{"to":1,"text":"+"}'
    expect 200
    form alice "message=z&id=${id/0b/0c}"
    does bob '"reaction":{"to":"'"${id/0b/0c}"'","text":"+"}'
    expect 200
    got 1009 '.message.reaction.to.seq == 1008'
}

@test "reaction: by id, however long the message and the ids, and never by what it only mentions" {
    local long
    printf -v long '%060000d' 0
    form alice "message=$long&id=$id&subject=$long"
    expect 413
    form alice "message=${long::50000}&id=$id"
    expect 200
    form alice "message=$id"
    form alice "message=${id/0b/0c}"
    does bob '"reaction":{"to":"'"$id"'","text":"+"}'
    expect 200
    got 4 '.message.reaction.to.seq == 1'
    does bob '"reaction":{"to":"'"${id/0b/0c}"'","text":"+"}'
    expect 400
}

@test "replaces: one's own message with the id, not another's, nor that of another thread" {
    form bob "message=theirs&id=$id"
    form alice "message=mine&id=$id"
    does alice '"text":"y","replaces":"'"$id"'"'
    expect 200
    got 3 '.message.replaces.seq == 2'
    thread_of alice carol
    does alice '"text":"y","replaces":"'"$id"'"'
    expect 400 '.errors | keys == ["replaces"]'
}

# ---- Retractions -------------------------------------------------------------------------------

@test "retracts: a type of its own that says nothing; the message stays where it is" {
    local first
    form alice "message=oops&id=$id"
    first=$(sha256sum "$(stored 1)")
    does alice '"retracts":1,"x":1' retraction
    expect 200 '.seq == 2'
    does alice '"retracts":"'"$id"'","text":"","subject":null'
    expect 200
    form alice retracts=1
    expect 200
    for number in 2 3 4; do
        got "$number" '.type == "retraction" and (.message | .text == null and .subject == null and
            .attachments == [] and .retracts == {"seq":1,"id":"'"$id"'","sender":"alice"} and
            .sender.id == "alice" and (.members | length) == 2)'
    done
    got 2 '.message.x == 1'
    same "$first" "$(sha256sum "$(stored 1)")"
    audit
    same 4 "$(records m)"
    as bob GET 'stream?wait=0&since=0-0'
    expect 200 '[.stanzas[] | select(.seq).type] == ["message", "retraction", "retraction", "retraction"]'
    [[ $body == *"$(<"$(stored 2)")"* ]]
}

@test "retracts: in a room by its owner and moderators, too; nobody replaces for others" {
    room alice bob carol
    does carol '"text":"rude"'
    does bob '"retracts":1'
    expect 403
    does alice '"text":"polite","replaces":1'
    expect 403
    does alice '"retracts":1'
    expect 200
    got 2 '.message | .sender.id == "alice" and .retracts.sender == "carol"'
    sed -i 's/^guest \(.* bob\)$/moderator \1/' "$SPOOL/threads/$thread/members"
    form bob retracts=1
    expect 200
    does bob '"retracts":2'
    expect 400 '.errors | keys == ["retracts"]'
    form bob 'replaces=1&message=x'
    expect 403
    audit
}

# ---- Reactions ---------------------------------------------------------------------------------

@test "reaction: to anybody's message, and taken back" {
    form alice "message=x&id=$id"
    does bob '"reaction":{"to":1,"text":"👍","n":1.50}' reaction
    expect 200 '.seq == 2'
    does bob '"reaction":{"text":"","to":"'"$id"'"}'
    expect 200
    form alice "reacts_to=1&reaction=$(form_encode ❤️)"
    expect 200
    form alice "reacts_to=$id&reaction="
    expect 200
    form alice 'reacts_to=1'
    expect 200
    jq -es 'length == 6 and all(.[1:][]; .type == "reaction" and .message.text == null and
        .message.reaction.to == {"seq":1,"id":"'"$id"'","sender":"alice"}) and
        [.[1:][].message.reaction.text] == ["👍", "", "❤️", "", ""]' "$SPOOL/threads/$thread"/new/*
    grep -q '"reaction":{"to":{"seq":1,"id":"'"$id"'","sender":"alice"},"text":"👍","n":1.50},"sender":{' \
        "$(stored 2)"
    as bob GET 'stream?wait=0&since=0-0'
    [[ $body == *"$(<"$(stored 2)")"* ]]
    audit
}

@test "reaction: as long as allowed" {
    form alice message=x
    does bob '"reaction":{"to":1,"text":"'"$(printf '%64s' '' | tr ' ' a)"'"}'
    expect 200
    does bob '"reaction":{"to":1,"text":"'"$(printf '%65s' '' | tr ' ' a)"'"}'
    expect 400 '.errors | keys == ["reaction"]'
}

@test "what stands beside a message cannot make it somebody else's" {
    form alice message=x
    send bob '{"type":"reaction","reaction":{"sender":{"id":"alice"},"entity":{"id":"alice"},"thread":"x"},
        "message":{"thread":"'"$thread"'","reaction":{"to":1,"text":"+"}}}'
    expect 200
    got 2 '.reaction.entity.id == "alice" and .message.sender.id == "bob"'
    # A crash between accepting it and filing it: it is filed as its sender's.
    mv "$SPOOL/users/bob/sent/$(jq -r .message.id "$(stored 2)")" "$SPOOL/threads/$thread/tmp/"
    form alice message=y
    expect 200
    audit
    as alice GET 'stream?wait=0&since=0-0'
    [[ $body == *"$(<"$(stored 2)")"* ]]
}

# ---- Sent again --------------------------------------------------------------------------------

@test "the same again with its id is one, whatever became of what it was about" {
    local request answer number=1 other=${id/0b/0c}
    thread_of alice bob carol
    form alice "message=x&id=$id"
    does alice '"text":"y","replaces":1'
    for request in '"text":"z","replaces":2' '"text":"z","replaces":"'"$id"'"' '"retracts":2' \
        '"reaction":{"to":2,"text":"+","x":1}'; do
        other=${other/-8f0?-/-8f0$number-} number=$((number + 1))
        does alice "$request,\"id\":\"$other\""
        expect 200
        answer=$body
        does alice "$request,\"id\":\"${other^^}\""
        expect 200
        same "$answer" "$body"
    done
    # Another reference, the same in other words, other content, another kind.
    does alice '"retracts":1,"id":"'"$other"'"'
    expect 409
    does alice '"reaction":{"to":1,"text":"+","x":1},"id":"'"$other"'"' reaction
    expect 200
    same "$answer" "$body"
    for request in '"reaction":{"to":1,"text":"-","x":1}' '"reaction":{"to":1,"text":"+"}' '"text":"+"' \
        '"reaction":{"to":3,"text":"+","x":2}'; do
        does alice "$request,\"id\":\"$other\""
        expect 409
    done
    same 6 "$(records m)"
    # Somebody else has used the id of what it was about: it was not about that.
    does bob '"reaction":{"to":"'"$id"'","text":"+"},"id":"'"${id/0b/0e}"'"'
    expect 200
    answer=$body
    form carol "message=x&id=$id"
    does bob '"reaction":{"to":"'"$id"'","text":"+"},"id":"'"${id/0b/0e}"'"'
    expect 200
    same "$answer" "$body"
    # Retention has taken what it was about: it had been accepted all the same.
    does bob '"reaction":{"to":1,"text":"+"},"id":"'"$id"'"'
    expect 200
    answer=$body
    rm "$(stored 1)" "$SPOOL/users/alice/sent/$id"
    does bob '"reaction":{"to":1,"text":"+"},"id":"'"$id"'"'
    expect 200
    same "$answer" "$body"
    does bob '"reaction":{"to":1,"text":"+"}'
    expect 400
}

@test "who came later refers to nothing from before" {
    room alice bob carol
    form alice "message=early&id=$id"
    echo 0000000001 >"$SPOOL/users/carol/threads/$thread"
    for request in 'reacts_to=1&reaction=x' "reacts_to=$id&reaction=x" retracts=1 'replaces=1&message=x'; do
        form carol "$request"
        expect 400 '.errors | length == 1'
    done
    form alice message=late
    form carol 'reacts_to=2&reaction=x'
    expect 200
}

# ---- Receipts ----------------------------------------------------------------------------------

@test "receipt: moves the mark, and is published when it did" {
    listen alice bob carol
    form alice message=1
    form alice message=2
    news alice
    send bob '{"type":"receipt","receipt":{"thread":"'"${thread^^}"'","read":1}}'
    expect 200 --arg thread "$thread" '. == {"success": true, "thread_id": $thread, "read": 1}'
    same 0000000001 "$(<"$SPOOL/users/bob/read/$thread")"
    news alice
    expect 200 --arg thread "$thread" '[.stanzas[] | del(.timestamp)] ==
        [{"type":"receipt","receipt":{"thread":$thread,"entity":"bob","read":1}}]'
    for read in 1 0; do
        form bob "read=$read"
        expect 200 '.read == 1'
        news alice
        expect 200 '.stanzas == []'
    done
    form bob read=2
    expect 200 '.read == 2'
    ACCEPT=text/event-stream
    as alice GET "stream?wait=0&since=$(<"$SPOOL/since.alice")"
    [[ $body == *',"type":"receipt","receipt":{"thread":"'"$thread"'","entity":'"$(person bob)"',"read":2}}'* ]]
    ACCEPT=
    as carol GET "stream?wait=0&since=$(<"$SPOOL/since.carol")"
    expect 200 '[.stanzas[].type] - ["presence"] == []'
    same 2 "$(records m)"
    same 2 "$(ls "$SPOOL/threads/$thread/new" | wc -l)"
    form bob read=3
    expect 400 '.errors | keys == ["read"]'
}

@test "receipt: a damaged mark is as none" {
    form alice message=1
    install -d "$SPOOL/users/bob/read"
    echo rubbish >"$SPOOL/users/bob/read/$thread"
    form bob read=1
    expect 200 '.read == 1'
    same 0000000001 "$(<"$SPOOL/users/bob/read/$thread")"
}

# ---- Chat states -------------------------------------------------------------------------------

@test "chatstate: to the members, friends or not, numbered nowhere" {
    echo carol >"$SPOOL/users/alice/friends"
    listen alice bob carol
    send alice '{"type":"chatstate","chatstate":{"thread":"'"$thread"'","state":"composing"}}'
    expect 200 --arg thread "$thread" '. == {"success": true, "thread_id": $thread}'
    for who in alice bob; do
        news "$who"
        expect 200 --arg thread "$thread" '[.stanzas[] | select(.type != "presence") | del(.timestamp)] ==
            [{"type":"chatstate","chatstate":{"thread":$thread,"entity":"alice","state":"composing"}}]'
        news "$who"
        expect 200 '.stanzas == []'
    done
    news carol
    expect 200 'all(.stanzas[]; .type == "presence")'
    form alice state=paused
    expect 200
    ACCEPT=text/event-stream
    as bob GET "stream?wait=0&since=$(<"$SPOOL/since.bob")"
    [[ $body == *',"type":"chatstate","chatstate":{"thread":"'"$thread"'","entity":'"$(person alice)"$(
    )',"state":"paused"}}'* ]]
    same 0 "$(records m)"
    same '' "$(ls "$SPOOL/threads/$thread/new")"
}

@test "chatstate: the same within five seconds, and more than sixty a minute, are not published" {
    local before=0 count
    form alice state=composing
    form alice state=composing
    expect 200
    same $((before + 1)) "$(records p)"
    clock_forward 2
    form alice state=composing
    same $((before + 1)) "$(records p)"
    clock_forward 4
    form alice state=composing
    same $((before + 2)) "$(records p)"
    form alice state=paused
    form alice state=composing
    same $((before + 4)) "$(records p)"
    form bob state=composing # each their own
    same $((before + 5)) "$(records p)"
    # All used up, and half a minute more: the clock is 6 s ahead.
    touch -d '+96 seconds' "$SPOOL/users/alice/chatstate"
    count=$(records p)
    form alice state=paused
    expect 200
    same "$count" "$(records p)"
    # A mark moves all the same.
    form bob message=x
    form alice read=1
    expect 200 '.read == 1'
    same "$count" "$(records p)"
    clock_forward 60
    form alice state=paused
    same $((count + 1)) "$(records p)"
}

@test "tokens open these, too" {
    as bob POST token
    token=$(field token)
    form alice message=x
    as '' POST "send-message/$token" "thread_id=$thread&read=1"
    expect 200 '.read == 1'
    as '' POST "send-message/$token" "thread_id=$thread&state=composing"
    expect 200
    as '' POST "send-message/$token" "thread_id=$thread&reacts_to=1&reaction=x"
    expect 200 '.seq == 2'
}

@test "a form that says something is a message, whatever other fields it has" {
    form alice 'message=x&state=paused&read=7'
    expect 200 '.seq == 1'
    same 1 "$(records m)"
}

# ---- What nobody should send -------------------------------------------------------------------

# bad STATUS FIELD BODY: alice's request (JSON when it begins so) gets this, a problem document that blames
# the field (-: none), and nothing on the disk changes.
bad() {
    local before after TYPE=application/x-www-form-urlencoded
    [[ $3 != \{* ]] || TYPE=application/json
    before=$(find "$SPOOL" -printf '%P %i %n %s %T@\n')
    as "${who-alice}" POST send-message "$3"
    after=$(find "$SPOOL" -printf '%P %i %n %s %T@\n')
    rows=$((rows + 1))
    [[ $status_code == "$1" && $(header content-type) == application/problem+json && $after == "$before" ]] &&
        { [[ $2 == - && $body != *'"errors"'* ]] || [[ $body == *"\"errors\":{\"$2\":[\""* ]]; } &&
        [[ $body != *xyzzy* ]] ||
        { wrong+="$3: $status_code $body $(diff <(echo "$before") <(echo "$after") | head -n 4)"$'\n' && return 0; }
}

# says FIELD ATTRIBUTES [TYPE]: 400, blaming it, for that `message`.
says() {
    bad 400 "$1" '{"type":"'"${3-message}"'","message":{"thread":"'"$thread"'",'"$2"'}}'
}

# 1: alice's; 2: bob's; 3: a reaction; 4: a retraction. Nobody has to wait.
conversation() {
    wrong='' rows=0
    CGI_ENV=(SPOOLCHAT_MESSAGES_PER_MINUTE=0)
    form alice "message=x&id=$id"
    form bob message=y
    form alice 'reacts_to=2&reaction=x'
    form bob retracts=2
    expect 200
    others=$thread
    thread_of bob carol
    form bob message=x
    foreign=$thread thread=$others
    form alice state=composing
    form alice read=1
    expect 200
}

conversation_ends() {
    same '' "$wrong"
    ((rows > 20))
    audit
}

@test "bad input: replaces, retracts, reaction" {
    local value unknown=${id/0b/0c} name
    conversation
    for value in 0 -1 1.0 1e0 '"1"' '""' '"xyzzy"' true false '[]' '[1]' '{}' '{"seq":1}' '"'"${id}0"'"' \
        '"'"${id//-/}"'"' 99999999999999999999; do
        says replaces '"text":"x","replaces":'"$value"
        says retracts '"retracts":'"$value"
        says retracts '"retracts":'"$value" retraction
        says reaction '"reaction":{"text":"+","to":'"$value"'}'
    done
    # Well named, but not there, no message, or of another thread.
    for value in 5 3 4 10000000000 9007199254740992 '"'"$unknown"'"'; do
        says replaces '"text":"x","replaces":'"$value"
        says retracts '"retracts":'"$value"
        says reaction '"reaction":{"text":"+","to":'"$value"'}' reaction
    done
    for value in '1' '"x"' '[]' 'true' '{"text":"+"}' '{"to":1}' '{"to":1,"text":null}' '{"to":1,"text":5}' \
        '{"to":1,"text":["+"]}' '{"to":1,"text":"\n"}' '{"to":null,"text":""}'; do
        says reaction '"reaction":'"$value"
    done
    for value in 0 x -1 1.0 ' 1' 12345678901 "${id}0" xyzzy 5 3 4 "$unknown"; do
        bad 400 replaces "thread_id=$thread&message=x&replaces=$value"
        bad 400 retracts "thread_id=$thread&retracts=$value"
        bad 400 reacts_to "thread_id=$thread&reacts_to=$value&reaction=x"
    done
    bad 400 reacts_to "thread_id=$thread&reaction=x"
    bad 400 reaction "thread_id=$thread&reacts_to=1&reaction=$(printf '%065d' 0)"
    bad 400 reaction "thread_id=$thread&reacts_to=1&reaction=%0a"
    bad 400 retracts "thread_id=$thread&reacts_to=1&retracts=1&replaces=1&message=x"
    bad 400 message "thread_id=$thread&reacts_to=1&reaction=x&message=x"
    bad 400 subject "thread_id=$thread&retracts=1&subject=x"
    bad 400 message "thread_id=$thread&replaces=1"
    bad 400 thread_id 'replaces=1&message=x&to=bob'
    bad 400 thread_id 'retracts=1'
    says text '"retracts":1,"text":"x"'
    says attachments '"retracts":1,"attachments":[{}]'
    says text '"replaces":1'
    says retracts '"text":"x"' retraction
    says reaction '"text":"x"' reaction
    bad 400 message '{"type":"reaction","reaction":{"to":1,"text":"+"}}'
    bad 400 thread '{"type":"retraction","message":{"to":"bob","retracts":1}}'
    # Somebody else's; no thread, or one that is not theirs.
    bad 403 - "thread_id=$thread&message=x&replaces=2"
    bad 403 - "thread_id=$thread&retracts=2"
    bad 403 - '{"type":"message","message":{"thread":"'"$thread"'","retracts":2}}'
    for name in 'message=x&replaces' retracts 'reaction=x&reacts_to'; do
        bad 404 - "thread_id=$foreign&$name=1"
        bad 404 - "thread_id=xyzzy&$name=1"
    done
    bad 409 - "thread_id=$thread&id=$id&retracts=1"
    bad 409 - "thread_id=$thread&id=$id&reacts_to=9"
    conversation_ends
}

@test "bad input: receipts and chat states" {
    local value
    conversation
    for value in -1 1.0 1e0 '"1"' null true '[]' '{}' 5 99999999999999999999; do
        bad 400 read '{"type":"receipt","receipt":{"thread":"'"$thread"'","read":'"$value"'}}'
    done
    for value in null 1 true '""' '"xyzzy"' '"Paused"' '"paused "' '[]' '["paused"]' '{}'; do
        bad 400 state '{"type":"chatstate","chatstate":{"thread":"'"$thread"'","state":'"$value"'}}'
    done
    for value in '' '"thread":null,' '"thread":"",' '"thread":5,' '"thread":[],' '"thread":{},' '"to":"bob",' \
        '"thread_id":"'"$thread"'",'; do
        bad 400 thread '{"type":"receipt","receipt":{'"$value"'"read":1}}'
        bad 400 thread '{"type":"chatstate","chatstate":{'"$value"'"state":"paused"}}'
    done
    for value in null 1 '"x"' '[]'; do
        bad 400 receipt '{"type":"receipt","receipt":'"$value"'}'
        bad 400 chatstate '{"type":"chatstate","chatstate":'"$value"'}'
    done
    bad 400 read '{"type":"receipt","receipt":{"thread":"'"$thread"'"}}'
    bad 400 state '{"type":"chatstate","chatstate":{"thread":"'"$thread"'"}}'
    bad 400 receipt '{"type":"receipt","message":{"thread":"'"$thread"'","text":"x"}}'
    bad 400 body '{"type":"receipt","receipt":{"thread":"'"$thread"'","read":1,"read":1}}'
    for value in 5 -1 x 1.5 +1 %201 12345678901 9999999999 xyzzy; do
        bad 400 read "thread_id=$thread&read=$value"
    done
    for value in x Composing active 1 xyzzy 'paused%00'; do
        [[ $value != *%00 ]] || { bad 400 body "thread_id=$thread&state=$value" && continue; }
        bad 400 state "thread_id=$thread&state=$value"
    done
    bad 400 state "thread_id=$thread&state=paused&read=1"
    bad 400 thread_id read=1
    bad 400 thread_id 'state=paused&to=bob'
    bad 400 message "thread_id=$thread&read=&state="
    for value in "$foreign" xyzzy .. "${thread}0" "${thread:0:35}" 00000000-0000-0000-0000-000000000000; do
        bad 404 - "thread_id=$value&read=1"
        bad 404 - "thread_id=$value&state=paused"
        bad 404 - '{"type":"receipt","receipt":{"thread":"'"$value"'","read":1}}'
        bad 404 - '{"type":"chatstate","chatstate":{"thread":"'"$value"'","state":"paused"}}'
    done
    who='' bad 401 - "thread_id=$thread&read=1"
    conversation_ends
}
