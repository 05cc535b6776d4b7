# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154
# (tests as subshells, variables that lib.bash takes and gives)
#
# The spool before anything is in it, and one that no program may touch: whose mode, owner, settings or
# format are not right.

setup() {
    load lib
    spool_new
    CGI_ENV=()
    errors=$BATS_TEST_TMPDIR/reply.stderr
    endpoints=("$BIN"/cgi-bin/*)
    endpoints=("${endpoints[@]##*/}")
}

teardown() {
    cgi_end
}

# ask ENDPOINT: a request that is right, by the method that it answers to.
ask() {
    local method=GET
    grep -qE '^ \* REQUEST +POST' "$root/cgi-bin/$1.c" && method=POST
    as alice "$method" "$1?wait=0" user=bob
}

# refused PATTERN [ENDPOINT...]: it answers 500 and tells the operator, in one line, what is wrong.
refused() {
    local pattern=$1 endpoint said
    shift
    for endpoint in "${@:-token}"; do
        ask "$endpoint"
        expect 500
        # The operator's business is not the client's.
        [[ $headers == *'application/problem+json'* && $body == *'"status":500,'* && ! $body =~ spool|config|mode ]] ||
            same 'a problem document that tells nothing' "$body"
        mapfile -t said <"$errors"
        same 1 "${#said[@]}"
        [[ ${said[0]} =~ ^"spoolchat $endpoint: "$pattern ]] || same "spoolchat $endpoint: $pattern" "${said[0]}"
    done
}

whole() {
    find "$SPOOL" -printf '%P %y %i %m %U %n %s %T@\n' | sort
}

# ---- Owner and mode ----------------------------------------------------------------------------

@test "a spool that others may enter is refused by every endpoint" {
    local mode before
    ask token
    expect 200
    for mode in 755 750 701 770 777 500 300; do
        chmod "$mode" "$SPOOL"
        before=$(whole)
        refused '(spool|config): .*(mode|denied)' token
        same "$before" "$(whole)"
    done
    chmod 755 "$SPOOL"
    refused 'spool: .*mode' "${endpoints[@]}"
    chmod 700 "$SPOOL"
    ask token
    expect 200
}

@test "a spool that is another user's is refused by every endpoint" {
    local before
    ask token
    # Who is not root has no way to give a folder away, but there is one that is root's.
    if ((EUID == 0)); then
        chown 65534 "$SPOOL"
        before=$(whole)
    else
        SPOOL=/
    fi
    refused 'spool: .*own' "${endpoints[@]}"
    [[ $SPOOL == / ]] || same "$before" "$(whole)"
}

@test "a spool that is no folder, or has nowhere to be, is refused" {
    SPOOL=$BATS_TEST_TMPDIR/nowhere/spool
    refused 'spool: '
    [[ ! -e $BATS_TEST_TMPDIR/nowhere ]]
    SPOOL=$BATS_TEST_TMPDIR/file
    : >"$SPOOL"
    refused 'spool: '
    ln -s "$BATS_TEST_TMPDIR/spool" "$BATS_TEST_TMPDIR/link"
    SPOOL=$BATS_TEST_TMPDIR/link
    refused 'spool: '
}

@test "a part of it that is no folder of its own is refused, and named" {
    local part
    ask token
    for part in journal threads users tokens online presence open; do
        mv "$SPOOL/$part" "$SPOOL/aside"
        ln -s aside "$SPOOL/$part"
        refused "$part: "
        rm "$SPOOL/$part"
        : >"$SPOOL/$part"
        refused "$part: "
        rm "$SPOOL/$part"
        mv "$SPOOL/aside" "$SPOOL/$part"
    done
    ask token
    expect 200
}

# ---- Settings ----------------------------------------------------------------------------------

@test "a line of config that is not understood is refused, and named" {
    local line
    while IFS= read -r line; do
        printf '%s\n' '# a comment' '' 'sync = no' "$line" 'wait = 3' >"$SPOOL/config"
        refused 'config: line 4: ' || { echo "line: $line" >&2 && return 1; }
    done <<'END'
nosuch = 1
wait
wait =
wait = x
wait = -1
wait = 1.5
wait = 0x10
wait = 3601
wait = 99999999999999999999
wait = 1 2
max_body = -0
max_body = 262145
max_members = 1001
token_ttl = 31536001
lease = 5
sync = maybe
sync = Yes
Sync = yes
= 5
=
spool = /elsewhere
allow_origin = a	b
max-body = 5
wait: 5
END
}

@test "0 is no limit, or the most that there is" {
    local text
    printf '%s = 0\n' wait max_body max_attachment user_files user_bytes messages_per_minute user_streams max_streams \
        max_members user_tokens token_ttl lease retain_days spool_max >"$SPOOL/config"
    ask token
    expect 200 '.expires_in == 31536000'
    as bob GET get-friends # known from now on
    printf -v text '%*s' 200000 ''
    as alice POST send-message "to=bob&message=${text// /x}"
    expect 200
    as alice GET 'stream?wait=0'
    clock_forward 3600
    as bob GET get-friends
    expect 200 '[.friends[] | select(.available).entity.id] == ["alice"]'
}

@test "a config that is no text, or too much of it, is refused" {
    printf 'sync = no\n\0wait = 5\n' >"$SPOOL/config"
    refused 'config: '
    head -c 9000 /dev/zero | tr '\0' '#' >"$SPOOL/config"
    refused 'config: '
    rm "$SPOOL/config"
    mkdir "$SPOOL/config"
    refused 'config: '
    rmdir "$SPOOL/config"
    ln -s /dev/null "$SPOOL/config"
    refused 'config: '
}

@test "a config that is right is used, and the environment wins" {
    printf '\t token_ttl=66 # seconds\r\n#wait = x\n\n allow_origin =  https://a.example  https://b.example\nsync = no' \
        >"$SPOOL/config"
    CGI_ENV=(HTTP_ORIGIN=https://b.example)
    ask token
    expect 200 '.expires_in == 66'
    same https://b.example "$(header Access-Control-Allow-Origin)"
    CGI_ENV+=(SPOOLCHAT_TOKEN_TTL=77 SPOOLCHAT_ALLOW_ORIGIN=none)
    ask token
    expect 403
    CGI_ENV+=(HTTP_ORIGIN=)
    ask token
    expect 200 '.expires_in == 77'
}

@test "a variable that is not understood is refused, and named" {
    local variable
    for variable in SPOOLCHAT_X=1 SPOOLCHAT_NOSUCH= SPOOLCHAT_=1 SPOOLCHAT_WAIT=x SPOOLCHAT_WAIT= SPOOLCHAT_SYNC=1 \
        SPOOLCHAT_MAX_BODY=262145 SPOOLCHAT_LEASE=29 "SPOOLCHAT_ALLOW_ORIGIN=a"$'\n'"Set-Cookie: x" SPOOLCHAT_SPOOLX=/tmp \
        SPOOLCHAT_THIS_IS_A_VERY_LONG_NAME_THAT_NOBODY_GAVE_TO_ANYTHING=1; do
        CGI_ENV=("$variable")
        variable=${variable%%=*}
        refused "environment: ${variable:0:40}" # of a long one its beginning
    done
    CGI_ENV=(SPOOLCHAT_X=1)
    refused 'environment: SPOOLCHAT_X: ' "${endpoints[@]}"
    CGI_ENV=(XSPOOLCHAT_X=1 SPOOLCHATX=1 spoolchat_x=1)
    ask token
    expect 200
}

# ---- The format --------------------------------------------------------------------------------

@test "a format that is not ours is refused, and left as it is" {
    local text site
    ask token
    site=$(cut -d ' ' -f 3 "$SPOOL/format")
    for text in '' '\n' 'garbage\n' "spoolchat 2 $site\n" "spoolchat 1 $site" "spoolchat 1 ${site^^}a\n" \
        "spoolchat 1 ${site%?}\n" "spoolchat 1 $site \n" " spoolchat 1 $site\n" "spoolchat 1 $site\nmore\n" \
        "Spoolchat 1 $site\n" "spoolchat 1 ${site//-/_}\n" "spoolchat 1 $site\r\n" "spoolchat  1 $site\n"; do
        # shellcheck disable=SC2059
        printf "$text" >"$SPOOL/format"
        refused 'format: '
        # shellcheck disable=SC2059
        cmp "$SPOOL/format" <(printf "$text")
    done
    refused 'format: ' "${endpoints[@]}"
    rm "$SPOOL/format"
    ln -s /dev/null "$SPOOL/format"
    refused 'format: '
    printf 'spoolchat 1 %s\n' "$site" >"$SPOOL/aside"
    mv -T "$SPOOL/aside" "$SPOOL/format"
    ask token
    expect 200
}

# ---- First use ---------------------------------------------------------------------------------

@test "a missing spool is made on first use, whatever the umask" {
    local mask endpoint
    for mask in 000 022 077; do
        for endpoint in "${endpoints[@]}"; do
            SPOOL=$BATS_TEST_TMPDIR/spool-$mask-$endpoint
            umask "$mask"
            ask "$endpoint"
            umask 022
            # Nobody else is known yet, which a session is told; nor is a thread.
            [[ $status_code =~ ^(200|40[034])$ ]] || expect 200
            same '' "$(<"$errors")"
            same '' "$(find "$SPOOL" -type d ! -perm 700 -o -type f ! -perm 600)"
            same 'journal online open presence threads tokens users' \
                "$(find "$SPOOL" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort | paste -sd ' ')"
            [[ $(<"$SPOOL/format") =~ ^spoolchat\ 1\ [0-9a-f-]{36}$ ]]
            [[ -f $SPOOL/users/alice/delivered ]]
            same '' "$(find "$SPOOL" -name '.?*')"
        done
    done
}

@test "each site has an id of its own, and keeps it" {
    local first
    ask token
    first=$(<"$SPOOL/format")
    ask get-friends
    same "$first" "$(<"$SPOOL/format")"
    SPOOL=$BATS_TEST_TMPDIR/other
    ask token
    not same "$first" "$(<"$SPOOL/format")" 2>/dev/null
}

@test "many at once at first use make one spool" {
    local round at pid output user
    for round in 1 2 3; do
        SPOOL=$BATS_TEST_TMPDIR/spool-$round pid=() output=()
        for at in {0..9}; do
            user=alice
            ((at < 5)) || user=bob
            if ((at % 2)); then
                ME=$user cgi_background POST token
            else
                ME=$user cgi_background GET get-friends
            fi
            pid+=("$cgi_pid") output+=("$cgi_output")
        done
        for at in {0..9}; do
            cgi_wait "${pid[at]}" "${output[at]}"
            expect 200
            [[ ! -s ${output[at]}.stderr ]]
        done
        [[ $(<"$SPOOL/format") =~ ^spoolchat\ 1\ [0-9a-f-]{36}$ ]]
        same 'alice bob' "$(find "$SPOOL/users" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | paste -sd ' ')"
        same '' "$(find "$SPOOL" -name '.?*')"
        for user in alice bob; do
            same 'delivered sent threads tokens' \
                "$(find "$SPOOL/users/$user" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | paste -sd ' ')"
        done
    done
    same 15 "$(find "$BATS_TEST_TMPDIR"/spool-?/tokens -type f | wc -l)"
}

@test "who is overtaken at first use finds what the other has made" {
    local calls first
    for calls in '?mkdir,mkdirat' mkdirat linkat '?unlink,unlinkat'; do
        SPOOL=$BATS_TEST_TMPDIR/overtaken-$calls
        ME=alice cgi_slowly "$calls" POST token
        as bob POST token
        expect 200
        first=$(<"$SPOOL/format")
        cgi_wait
        expect 200
        same "$first" "$(<"$SPOOL/format")"
        same '' "$(find "$SPOOL" -name '.?*')"
        thread_of bob alice
        first=$thread
        thread_of alice bob
        same "$first" "$thread"
    done
}
