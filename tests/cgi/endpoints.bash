# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154
# (variables that tests and lib.bash take and give)
#
# What endpoints.bats and the files that begin with endpoint- share: a spool for each test, who people are, what they
# hear and what lies on the disk.

endpoints_begin() {
    spool_new
    CGI_ENV=()
    v4='^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
    v5='^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
    time='^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$'
    id=7d1f0a5e-0000-4000-8000-00000000abcd
}

# send USER JSON: a message stanza.
send() {
    TYPE=application/json as "$1" POST send-message "$2"
}

# person USER: the sender object of somebody without a profile.
person() {
    printf '{"objectType":"person","id":"%s","displayName":"%s","url":null,"image":null}' "$1" "$1"
}

# stored SEQ: the line on the disk of $thread.
stored() {
    printf '%s/threads/%s/new/%010d' "$SPOOL" "$thread" "$1"
}

# poll USER [QUERY]: what there is now; the cursor in $cursor.
poll() {
    as "$1" GET "stream?wait=0${2:+&$2}"
    expect 200
    cursor=$(field cursor)
}

# The texts of the messages in the envelope, in order.
texts() {
    json '[.stanzas[] | select(.type == "message") | .message.text] | join(" ")'
}

delivered() {
    cat "$SPOOL/users/$1/delivered"
}

# friends USER [FRIEND...]: all whom USER would talk to.
friends() {
    printf '%s\n' "${@:2}" >"$SPOOL/users/$1/friends"
}

# records m|p: how many messages, or changes of presence, the journal has.
records() {
    grep -c "^$1 " "$SPOOL/journal/0000000000" || true
}

# stranger: dave, a friend of carol's alone.
stranger() {
    mkdir -m 700 "$SPOOL/users/dave"
    friends dave carol
}

# wake: the stranger makes a record that concerns neither alice nor bob, so that whoever waits looks at the clock.
wake() {
    as dave POST start-session user=carol
    say dave "$(field thread_id)" wake
}
