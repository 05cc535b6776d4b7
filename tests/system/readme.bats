#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The set-ups in README.md, tried as they are written there; only their paths are this test's.

load lib

setup() {
    # bats follows each command of each function, which takes longer than the commands.
    set +T
    SITE=$(site_tmp)
    SPOOL=$SITE/spool
    site_make "$SITE" "$root/build/cgi-bin"
    for user in alice bob; do site_know "$SITE" "$user"; done
    PORT=$(free_port)
    BASE=http://127.0.0.1:$PORT/nereid-chat
}

teardown() {
    site_stop
}

# block NAME: what stands in README.md behind "<!-- tried: NAME -->".
block() {
    awk -v mark="<!-- tried: $1 -->" '
        $0 == mark { found = 1; next }
        found && /^```/ { if (inside) exit; inside = 1; next }
        inside' "$root/README.md" |
        sed -e "s#/usr/local/lib/spoolchat/cgi-bin#$(realpath "$SITE/cgi-bin")#" \
            -e "s#/var/lib/spoolchat#$SPOOL#" \
            -e "s#/usr/local/bin/spoolchat#$SITE/run/spoolchat#" \
            -e "s#/etc/spoolchat.htpasswd#$SITE/conf/htpasswd#" \
            -e "s#/home/me/spoolchat.htpasswd#$SITE/conf/htpasswd#" \
            -e "s#/run/fcgiwrap.socket#$SITE/run/fcgi.sock#"
}

# With streams by SCGI; without the agent there are none, so none of them was a CGI program's.
talk_to_agent() {
    site_agent "$SITE" "$root/build/bin/spoolchat"
    eventually 10 test -S "$SPOOL/agent.scgi"
    talk
    [[ $(as alice code "$BASE/stream?wait=0") == 200 ]]
    site_end "$SITE" agent
    [[ $(as alice code "$BASE/stream?wait=0") == 50* ]]
    [[ $(as alice code "$BASE/get-friends") == 200 ]]
}

# An Apache that knows nothing of us but what $1 and $2 add: directives, and what .htaccess may do.
apache_plain() {
    local module
    for module in mpm_event alias authn_core authn_file authz_core authz_user auth_basic env setenvif mime cgid; do
        echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
    done
    ((EUID != 0)) || printf '%s www-data\n' User Group
    cat <<CONF
ServerName 127.0.0.1
Listen 127.0.0.1:$PORT
PidFile run/apache.pid
DefaultRuntimeDir run
ScriptSock cgid.sock
Mutex file:$SITE/run default
ErrorLog log/apache.log
TypesConfig /dev/null
DocumentRoot "$SITE/htdocs"
<Directory "$SITE/htdocs">
    AllowOverride $2
    Require all granted
</Directory>
$1
CONF
}

serve() {
    site_spawn "$SITE" server "$@"
    eventually 10 port_taken "$PORT"
}

# The whole way: a login is asked for, two talk, a token needs none and opens nothing else.
talk() {
    local thread token url
    [[ $(curl -s -o /dev/null -w '%{http_code}' "$BASE/get-friends") == 401 ]]
    thread=$(as alice curl -f -d user=bob "$BASE/start-session" | jq -r .thread_id)
    as alice curl -f -d "thread_id=$thread" -d message=hello "$BASE/send-message" | jq -e .success
    as bob curl -f "$BASE/stream?since=0-0" | jq -e '[.stanzas[].message.text] | contains(["hello"])'
    # More than nginx takes unless it is told to.
    url=$(head -c 2000000 /dev/zero | as alice curl -f --data-binary @- --header 'Content-Type: a/b' \
        "$BASE/attachment/$thread?name=x" | jq -r .attachment.url)
    [[ $(as bob curl -f "$BASE/$url" | wc -c) == 2000000 ]]
    token=$(as bob curl -f -d '' "$BASE/token" | jq -r .token)
    curl -sS -f -d "thread_id=$thread" -d message=token "$BASE/send-message/$token" | jq -e .success
    curl -sS -f "$BASE/stream/$token?since=0-0" | jq -e '[.stanzas[].message.text] | contains(["token"])'
    [[ $(curl -s -o /dev/null -w '%{http_code}' "$BASE/stream/$token"x) == 404 ]]
    [[ $(curl -s -o /dev/null -w '%{http_code}' -u bob:wrong "$BASE/stream") == 401 ]]
    # A password that nobody has looked at makes no user.
    [[ $(curl -s -o /dev/null -w '%{http_code}' -u bob:wrong "$BASE/stream/x") == 404 ]]
    talk_by_header "$thread" "$token"
    [[ $(stat -c %a "$SPOOL") == 700 ]]
}

# code CURL-ARGUMENT...: the status alone.
code() {
    curl -sS -o /dev/null -w '%{http_code}' "$@"
}

# ask STATUS CURL-ARGUMENT...: with all others at once, when `asked` wants to know.
ask() {
    wanted+="$1 "
    asks+=(--next -sS -o /dev/null -w '%{http_code} ' "${@:2}")
}

asked() {
    [[ $(curl "${asks[@]:1}") == "$wanted" ]]
}

# The same token in a header; what another site's page asks ahead; and that nothing else opens by these.
talk_by_header() {
    local bearer="Authorization: Bearer $2" endpoint wanted='' asks=()
    curl -sS -f -H "$bearer" -d "thread_id=$1" -d message=header "$BASE/send-message" | jq -e .success
    curl -sS -f -H "$bearer" "$BASE/stream?since=0-0" | jq -e '[.stanzas[].message.text] | contains(["header"])'
    [[ $(code -H "${bearer}x" "$BASE/stream") == 401 ]]
    for endpoint in "$root"/build/cgi-bin/*; do
        endpoint=${endpoint##*/}
        ask 405 -X OPTIONS "$BASE/$endpoint"
        ask 405 -X OPTIONS -u alice:wrong "$BASE/$endpoint/x"
        [[ $endpoint != stream && $endpoint != send-message ]] || continue
        ask 401 -H "$bearer" "$BASE/$endpoint"
        ask 401 -H "$bearer" -d '' "$BASE/$endpoint"
        ask 401 -H "$bearer" "$BASE/$endpoint/$2"
    done
    asked
    # A login, and a path behind an endpoint's name.
    as bob curl -f "$BASE/tokens" | jq -e '.tokens | length == 1'
    [[ $(as bob code -X DELETE "$BASE/token/$2") == 204 ]]
    [[ $(code -H "$bearer" "$BASE/stream") == 401 ]]
    # The site's own page, on this port.
    [[ $(as bob code -d '' -H "Origin: http://127.0.0.1:$PORT" "$BASE/token") == 200 ]]
    [[ $(as bob code -d '' -H 'Origin: http://127.0.0.1' "$BASE/token") == 403 ]]
}

@test "Apache: one ScriptAlias" {
    # The spool is compiled in there; here it is named.
    apache_plain "$(block apache)
SetEnv SPOOLCHAT_SPOOL $SPOOL" None >"$SITE/conf/apache.conf"
    serve apache2 -D FOREGROUND -d "$SITE" -f "$SITE/conf/apache.conf"
    talk
}

@test "Apache: streams by SCGI" {
    apache_plain "LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_scgi_module /usr/lib/apache2/modules/mod_proxy_scgi.so
$(block apache)
$(block apache-scgi)
SetEnv SPOOLCHAT_SPOOL $SPOOL" None >"$SITE/conf/apache.conf"
    serve apache2 -D FOREGROUND -d "$SITE" -f "$SITE/conf/apache.conf"
    talk_to_agent
}

# Built in a copy, for other tests run what has been built here. Nothing tells the programs of their spool.
@test "shared hosting: a folder, a .htaccess and a spool that is compiled in" {
    local source=$SITE/source
    mkdir "$source"
    (cd "$root" && tar -c --exclude=node_modules --exclude=build/{asan,bench,check,test,unit} Makefile ./*/) |
        tar -x -C "$source"
    make -C "$source" -s WERROR=1 SPOOLDIR="$SPOOL"
    rm -rf "$SITE/htdocs" "$SPOOL"
    install -d -m 755 -o "$(site_user)" "$SITE/htdocs" "$SITE/htdocs/nereid-chat" "$SITE"
    cp "$source"/build/cgi-bin/* "$SITE/htdocs/nereid-chat/"
    block htaccess >"$SITE/htdocs/nereid-chat/.htaccess"
    apache_plain '' 'AuthConfig FileInfo Options' >"$SITE/conf/apache.conf"
    serve apache2 -D FOREGROUND -d "$SITE" -f "$SITE/conf/apache.conf"
    # The first request makes the spool, and who comes is known from then on.
    for user in alice bob; do as "$user" curl -f "$BASE/get-friends" | jq -e .success; done
    talk
}

# lighttpd_plain MORE: what this test needs, and the set-up.
lighttpd_plain() {
    cat >"$SITE/conf/lighttpd.conf" <<CONF
server.bind = "127.0.0.1"
server.port = $PORT
server.document-root = "$SITE/htdocs"
server.errorlog = "$SITE/log/lighttpd.log"
server.upload-dirs = ("$SITE/run")
$( ((EUID != 0)) || printf 'server.%sname = "www-data"\n' user group)
$(block lighttpd)
$1
CONF
    serve lighttpd -D -f "$SITE/conf/lighttpd.conf"
}

@test "lighttpd" {
    lighttpd_plain ''
    talk
}

@test "lighttpd: streams by SCGI" {
    lighttpd_plain "$(block lighttpd-scgi)"
    talk_to_agent
}

# nginx_plain MORE: the same.
nginx_plain() {
    site_user_spawn "$SITE" fcgiwrap fcgiwrap -f -c 40 -s "unix:$SITE/run/fcgi.sock"
    eventually 10 test -S "$SITE/run/fcgi.sock"
    cat >"$SITE/conf/nginx.conf" <<CONF
daemon off;
$( ((EUID != 0)) || echo 'user www-data;')
pid $SITE/run/nginx.pid;
error_log $SITE/log/nginx.log;
events {}
http {
    access_log off;
    client_body_temp_path $SITE/run/body;
    fastcgi_temp_path $SITE/run/fastcgi;
    proxy_temp_path $SITE/run/proxy;
    scgi_temp_path $SITE/run/scgi;
    uwsgi_temp_path $SITE/run/uwsgi;
    $(block nginx-http)
    server {
        listen 127.0.0.1:$PORT;
        $1
        $(block nginx)
    }
}
CONF
    serve nginx -e "$SITE/log/nginx.log" -c "$SITE/conf/nginx.conf"
}

@test "nginx and fcgiwrap" {
    nginx_plain ''
    talk
}

@test "nginx: streams by SCGI" {
    nginx_plain "$(block nginx-scgi)"
    talk_to_agent
}

# Somebody else on this machine may have taken all inotify instances for a moment.
tokens_watched() {
    site_spawn "$SITE" watcher inotifywait -m --format '%f %e' -e delete -o "$SITE/log/events" "$SPOOL/tokens"
    eventually 10 grep -qE "Watches established|Couldn't" "$SITE/log/watcher.log"
    grep -q 'Watches established' "$SITE/log/watcher.log"
}

# What a service manager would run, in the environment that it would set; by the real clock, and looked at from
# outside. Nothing but its timer would have it look at the token within a minute.
@test "the agent's unit, and a token's end" {
    local unit command began event
    unit=$(block unit)
    [[ $unit == *User=www-data* ]]
    read -ra command <<<"$(sed -n 's/^Environment=//p' <<<"$unit") $(sed -n 's/^ExecStart=//p' <<<"$unit")"
    echo 'token_ttl = 2' >"$SPOOL/config"
    chmod 644 "$SPOOL/config"
    install -m 755 "$root/build/bin/spoolchat" "$SITE/run/"
    lighttpd_plain ''
    site_user_spawn "$SITE" agent env "${command[@]}"
    eventually 10 test -S "$SPOOL/agent.scgi"
    eventually 30 tokens_watched
    began=${EPOCHREALTIME/[.,]/}
    token=$(as bob curl -f -d '' "$BASE/token" | jq -r .token)
    event="$(printf %s "$token" | sha256sum | cut -d ' ' -f 1) DELETE"
    eventually 20 grep -qx "$event" "$SITE/log/events"
    ((${EPOCHREALTIME/[.,]/} - began >= 2000000))
    site_end "$SITE" watcher
}
