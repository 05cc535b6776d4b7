# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Proxies between a client and a site: site.bash first, then this.
#
#   proxy_run DIR nginx|nginx-deaf|nginx-deep|squid|squid-before PORT [UPSTREAM-PORT]
#                     start it; its pid in DIR/run/proxy.pid, what it complains in DIR/log/proxy.log.
#                     nginx stands before the site and buffers what comes; the deaf one whatever the site
#                     says about that, too, and the deep one has room for much. squid is asked for another's address, as in an office;
#                     squid-before stands before the site.
#   proxy_halt DIR    stop it

proxy_run() {
    local dir=$1 kind=$2 port=$3
    "proxy_${kind%-*}" "$dir" "$port" "${4-}" "$kind" || return 1
    eventually 10 site_settled "$dir/run/proxy.pid" "$port" &&
        process_listens "$(<"$dir/run/proxy.pid")" "$port" && return 0
    tail -n 20 "$dir/log/proxy.log" >&2
    proxy_halt "$dir"
    return 1
}

proxy_halt() {
    site_end "$1" proxy
}

proxy_nginx() {
    local dir=$1 port=$2 upstream=$3 kind=$4 user='' deaf=''
    ((EUID != 0)) || user='user www-data;'
    [[ $kind != *-de* ]] || deaf='proxy_ignore_headers X-Accel-Buffering;'
    [[ $kind != *-deep ]] || deaf+=' proxy_buffer_size 256k; proxy_buffers 8 256k;'
    cat >"$dir/conf/proxy.conf" <<CONF
daemon off;
$user
worker_processes 1;
pid $dir/run/proxy-nginx.pid;
error_log $dir/log/proxy.log;
events { worker_connections 128; }
http {
    access_log off;
    client_body_temp_path $dir/run/proxy-body;
    proxy_temp_path $dir/run/proxy-temp;
    fastcgi_temp_path $dir/run/proxy-fastcgi;
    scgi_temp_path $dir/run/proxy-scgi;
    uwsgi_temp_path $dir/run/proxy-uwsgi;
    server {
        listen 127.0.0.1:$port;
        location / {
            proxy_pass http://127.0.0.1:$upstream;
            proxy_set_header Host \$http_host;
            proxy_buffering on;
            $deaf
        }
    }
}
CONF
    site_spawn "$dir" proxy nginx -e "$dir/log/proxy.log" -c "$dir/conf/proxy.conf"
}

# Debian's own settings where they matter here: what may be cached is.
proxy_squid() {
    local dir=$1 port=$2 upstream=$3 kind=$4 user='' mode='' peer=''
    ((EUID != 0)) || user='cache_effective_user www-data'
    if [[ $kind == *-before ]]; then
        mode=accel
        peer="cache_peer 127.0.0.1 parent $upstream 0 no-query originserver login=PASSTHRU"
    fi
    cat >"$dir/conf/proxy.conf" <<CONF
http_port 127.0.0.1:$port $mode
$peer
visible_hostname localhost
$user
http_access allow localhost
http_access deny all
pid_filename $dir/run/squid.pid
cache_log $dir/log/proxy.log
access_log none
cache_store_log none
cache_mem 8 MB
coredump_dir $dir/run
pinger_enable off
netdb_filename none
shutdown_lifetime 0 seconds
CONF
    site_spawn "$dir" proxy squid -N -f "$dir/conf/proxy.conf"
}
