# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# lighttpd with mod_cgi. Sourced by site.bash.

# lighttpd_run DIR PORT
lighttpd_run() {
    lighttpd_conf "$@" >"$1/conf/lighttpd.conf"
    site_spawn "$1" server lighttpd -D -f "$1/conf/lighttpd.conf"
}

lighttpd_conf() {
    local dir=$1 port=$2
    cat <<CONF
server.bind = "127.0.0.1"
server.port = $port
server.document-root = "$dir/htdocs"
server.errorlog = "$dir/log/lighttpd.log"
server.breakagelog = "$dir/log/cgi.log"
server.upload-dirs = ("$dir/run")
server.modules = ("mod_setenv", "mod_auth", "mod_authn_file", "mod_alias", "mod_cgi")
$( ((EUID != 0)) || printf 'server.%sname = "www-data"\n' user group)

index-file.names = ("index.html")
mimetype.assign = (
    ".html" => "text/html", ".css" => "text/css", ".svg" => "image/svg+xml",
    ".js" => "text/javascript", ".mjs" => "text/javascript"
)

# What a program writes goes out as it comes; by default lighttpd waits for its end.
server.stream-response-body = 2

auth.backend = "htpasswd"
auth.backend.htpasswd.userfile = "$dir/conf/htpasswd"
alias.url = ("/nereid-chat/" => "$dir/cgi-bin/", "/chat/" => "$dir/web/")
\$HTTP["url"] =~ "^/nereid-chat/" {
    cgi.assign = ("" => "")
    setenv.set-environment = (
$(lighttpd_env "$dir")
    )
    auth.require = ("" => ("method" => "basic", "realm" => "spoolchat", "require" => "valid-user"))
    # A token is its own ticket, in the path or in a header, and a browser's question ahead needs none. Who
    # comes so is nobody here: a password is not looked at then, and REMOTE_USER not set.
    \$HTTP["url"] =~ "^/nereid-chat/(stream|send-message)/." { auth.require = () }
    \$HTTP["url"] =~ "^/nereid-chat/(stream|send-message)\$" {
        \$REQUEST_HEADER["Authorization"] =~ "^(?i:Bearer) " { auth.require = () }
    }
    \$HTTP["request-method"] == "OPTIONS" { auth.require = () }
}
CONF
    [[ ${SCGI-} != yes ]] || lighttpd_scgi "$dir"
}

# Streams go to the agent.
lighttpd_scgi() {
    cat <<CONF
server.modules += ("mod_scgi")
\$HTTP["url"] =~ "^/nereid-chat/stream(/|\$)" {
    scgi.server = ("/nereid-chat/stream" => (("socket" => "$1/spool/agent.scgi", "check-local" => "disable")))
}
CONF
}

lighttpd_env() {
    local entry value
    site_env "$1" | while read -r entry; do
        value=${entry#*=}
        echo "        \"${entry%%=*}\" => \"${value//\"/\\\"}\","
    done
}
