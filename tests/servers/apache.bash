# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Apache: mod_cgid below the event MPM, mod_cgi below prefork. Sourced by site.bash.

# apache_run DIR PORT event|prefork
apache_run() {
    apache_conf "$@" >"$1/conf/apache.conf"
    site_spawn "$1" server apache2 -D FOREGROUND -d "$1" -f "$1/conf/apache.conf"
}

apache_conf() {
    local dir=$1 port=$2 mpm=$3 cgi_bin htdocs web module
    # Either may be a link, and Apache asks its <Directory> for the name it went by.
    cgi_bin=$(realpath "$dir/cgi-bin")
    htdocs=$(realpath "$dir/htdocs")
    web=$(realpath "$dir/web")
    for module in "mpm_$mpm" alias authn_core authn_file authz_core authz_user auth_basic env setenvif headers mime dir; do
        echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
    done
    "apache_$mpm"
    ((EUID != 0)) || printf '%s www-data\n' User Group
    apache_env "$dir"
    cat <<CONF
ServerName 127.0.0.1
Listen 127.0.0.1:$port
PidFile run/apache.pid
DefaultRuntimeDir run
Mutex file:$dir/run default
# No access log: a token in the path would stand in it.
ErrorLog log/apache.log
# Of silence. A stream says something every 15 s, a long poll waits 25.
Timeout 60

<Directory />
    AllowOverride None
    Require all denied
</Directory>

DocumentRoot "$htdocs"
DirectoryIndex index.html
TypesConfig /dev/null
AddType text/html .html
AddType text/css .css
AddType text/javascript .js .mjs
AddType image/svg+xml .svg
<Directory "$htdocs">
    Require all granted
</Directory>

Alias /chat/ "$web/"
<Directory "$web">
    Require all granted
    Header always set Content-Security-Policy "default-src 'self'"
</Directory>

ScriptAlias /nereid-chat/ "$cgi_bin/"
<Directory "$cgi_bin">
    AuthType Basic
    AuthName "spoolchat"
    AuthUserFile conf/htpasswd
    # A token is its own ticket, in the path or in a header, and a browser's question ahead needs none. Who
    # comes so is nobody here: a password is not looked at then, and REMOTE_USER not set.
    <RequireAny>
        Require valid-user
        Require expr "%{REQUEST_URI} =~ m#^/nereid-chat/(stream|send-message)/.#"
        Require expr "%{REQUEST_URI} =~ m#^/nereid-chat/(stream|send-message)\$# && %{HTTP:Authorization} =~ /^Bearer /i"
        Require method OPTIONS
    </RequireAny>
    # Of that header programs get tokens only, never a password.
    SetEnvIfNoCase Authorization "^(Bearer .*)" "HTTP_AUTHORIZATION=\$1"
</Directory>
CONF
    [[ ${SCGI-} != yes ]] || apache_scgi "$dir"
}

# Streams go to the agent. A location knows nothing of what a directory asks for.
apache_scgi() {
    local module
    for module in proxy proxy_scgi; do
        echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
    done
    cat <<CONF
ProxyPass /nereid-chat/stream/ "unix:$1/spool/agent.scgi|scgi://spoolchat/" flushpackets=on retry=0
ProxyPass /nereid-chat/stream "unix:$1/spool/agent.scgi|scgi://spoolchat/" flushpackets=on retry=0
<LocationMatch "^/nereid-chat/stream(/|\$)">
    AuthType Basic
    AuthName "spoolchat"
    AuthUserFile conf/htpasswd
    <RequireAny>
        Require valid-user
        Require expr "%{REQUEST_URI} =~ m#^/nereid-chat/stream/.#"
        Require expr "%{REQUEST_URI} =~ m#^/nereid-chat/stream\$# && %{HTTP:Authorization} =~ /^Bearer /i"
        Require method OPTIONS
    </RequireAny>
    SetEnvIfNoCase Authorization "^(Bearer .*)" "HTTP_AUTHORIZATION=\$1"
    SetEnvIf Request_URI . proxy-scgi-pathinfo
</LocationMatch>
CONF
}

# A waiting stream holds a thread here, a process below prefork; about thirty shall find room, and
# somebody who sends beside them.
apache_event() {
    cat <<CONF
LoadModule cgid_module /usr/lib/apache2/modules/mod_cgid.so
ScriptSock cgid.sock
StartServers 1
ServerLimit 1
ThreadLimit 64
ThreadsPerChild 64
MaxRequestWorkers 64
MinSpareThreads 1
MaxSpareThreads 64
CONF
}

# They are all started at once: prefork would add one in the first second, two in the next.
apache_prefork() {
    cat <<CONF
LoadModule cgi_module /usr/lib/apache2/modules/mod_cgi.so
StartServers 48
ServerLimit 48
MaxRequestWorkers 48
MinSpareServers 1
MaxSpareServers 48
CONF
}

apache_env() {
    local entry value
    site_env "$1" | while read -r entry; do
        value=${entry#*=}
        value=${value//\\/\\\\}
        echo "SetEnv ${entry%%=*} \"${value//\"/\\\"}\""
    done
}
