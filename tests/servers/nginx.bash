# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# nginx, which runs no CGI program itself, and fcgiwrap, which does. Sourced by site.bash.

# nginx_run DIR PORT
nginx_run() {
    local dir=$1 socket=$1/run/fcgi.sock
    nginx_conf "$@" >"$dir/conf/nginx.conf"
    # One child for each request that is under way: about thirty streams and somebody who sends.
    rm -f "$socket" # of one before it here
    site_user_spawn "$dir" fcgiwrap fcgiwrap -f -c 40 -s "unix:$socket"
    eventually 10 socket_ready "$socket" || return 1
    site_spawn "$dir" server nginx -e "$dir/log/nginx.log" -c "$dir/conf/nginx.conf"
}

nginx_conf() {
    local dir=$1 port=$2
    ((EUID != 0)) || echo "user www-data;"
    cat <<CONF
daemon off;
worker_processes 1;
pid $dir/run/nginx.pid;
error_log $dir/log/nginx.log;
events { worker_connections 512; }

http {
    # No access log: a token in the path would stand in it.
    access_log off;
    client_body_temp_path $dir/run/body;
    fastcgi_temp_path $dir/run/fastcgi;
    proxy_temp_path $dir/run/proxy;
    scgi_temp_path $dir/run/scgi;
    uwsgi_temp_path $dir/run/uwsgi;
    types {
        text/html html; text/css css; text/javascript js mjs; image/svg+xml svg;
    }

    # A token is its own ticket, in the path or in a header, and a browser's question ahead needs none. Who
    # comes so is nobody here, for a password was not looked at then; and of the header with passwords our
    # programs get tokens only.
    map "\$request_method \$uri \$http_authorization" \$chat_login {
        default "spoolchat";
        "~^OPTIONS " off;
        "~^[A-Z]+ /nereid-chat/(stream|send-message)/." off;
        "~^[A-Z]+ /nereid-chat/(stream|send-message) (?i:Bearer) " off;
    }
    map \$chat_login \$chat_user { default \$remote_user; off ""; }
    map \$http_authorization \$chat_bearer { default ""; "~*^Bearer " \$http_authorization; }

    server {
        listen 127.0.0.1:$port;
        server_name 127.0.0.1;
        # How long a body may be is for our programs to say.
        client_max_body_size 0;

        location / {
            root $dir/htdocs;
        }

        location /chat/ {
            alias $dir/web/;
        }

        include $dir/conf/scgi.conf;
        location ~ ^/nereid-chat/(?<endpoint>[^/]+)(?<rest>/.*)?\$ {
            auth_basic \$chat_login;
            auth_basic_user_file $dir/conf/htpasswd;
            include $dir/conf/fastcgi.conf;
        }
    }
}
CONF
    nginx_fastcgi "$dir" >"$dir/conf/fastcgi.conf"
    : >"$dir/conf/scgi.conf"
    [[ ${SCGI-} != yes ]] || nginx_scgi "$dir" >"$dir/conf/scgi.conf"
}

# Streams go to the agent. The first expression that fits counts.
nginx_scgi() {
    cat <<CONF
location ~ ^/nereid-chat/stream(?<token>/.*)?\$ {
    auth_basic \$chat_login;
    auth_basic_user_file $1/conf/htpasswd;
    # How long a wait for news may be, as above.
    scgi_read_timeout 60s;
    scgi_buffering off;
    scgi_param SCGI 1;
    scgi_param SCRIPT_NAME /nereid-chat/stream;
    scgi_param PATH_INFO \$token;
    scgi_param REMOTE_USER \$chat_user;
    scgi_param HTTP_AUTHORIZATION \$chat_bearer;
    scgi_param REQUEST_METHOD \$request_method;
    scgi_param QUERY_STRING \$query_string;
    scgi_pass unix:$1/spool/agent.scgi;
}
CONF
}

# How a program is run.
nginx_fastcgi() {
    local dir=$1 entry value
    cat <<CONF
if (!-f $dir/cgi-bin/\$endpoint) { return 404; }
fastcgi_pass unix:$dir/run/fcgi.sock;
# Both have buffers of their own, and an event waits in neither.
fastcgi_buffering off;
fastcgi_param NO_BUFFERING 1;
# Of silence. A stream says something every 15 s, a long poll waits 25.
fastcgi_read_timeout 60s;
fastcgi_param SCRIPT_FILENAME $dir/cgi-bin/\$endpoint;
fastcgi_param SCRIPT_NAME /nereid-chat/\$endpoint;
fastcgi_param PATH_INFO \$rest;
fastcgi_param REMOTE_USER \$chat_user;
fastcgi_param HTTP_AUTHORIZATION \$chat_bearer;
fastcgi_param GATEWAY_INTERFACE CGI/1.1;
fastcgi_param REQUEST_METHOD \$request_method;
fastcgi_param QUERY_STRING \$query_string;
fastcgi_param CONTENT_TYPE \$content_type;
fastcgi_param CONTENT_LENGTH \$content_length;
fastcgi_param REQUEST_URI \$request_uri;
fastcgi_param SERVER_PROTOCOL \$server_protocol;
fastcgi_param SERVER_NAME \$server_name;
fastcgi_param SERVER_PORT \$server_port;
fastcgi_param REMOTE_ADDR \$remote_addr;
CONF
    site_env "$dir" | while read -r entry; do
        value=${entry#*=}
        value=${value//\\/\\\\}
        echo "fastcgi_param ${entry%%=*} \"${value//\"/\\\"}\";"
    done
}
