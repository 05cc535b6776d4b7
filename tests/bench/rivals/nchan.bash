# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034 # variables are for peers.sh
#
# nginx with nchan: channels in shared memory, server-sent events and long polls. Sourced by peers.sh.

nchan_ways=(nchan-events nchan-poll)
nchan_path=chat

nchan_run() {
    local dir=$1 port=$2
    nchan_conf "$dir" "$port" >"$dir/conf/nginx.conf"
    site_spawn "$dir" server nginx -e "$dir/log/nginx.log" -c "$dir/conf/nginx.conf"
}

nchan_version() {
    dpkg-query -f 'nchan ${Version}' -W libnginx-mod-nchan 2>/dev/null || echo 'nchan'
}

# One worker, its fastest on one room: there is nothing for a second one to do.
nchan_conf() {
    local dir=$1 port=$2 temp
    ((EUID != 0)) || echo 'user www-data;'
    cat <<CONF
load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
daemon off;
worker_processes 1;
worker_rlimit_nofile $(ulimit -Hn);
pid $dir/run/nginx.pid;
error_log $dir/log/nginx.log;
events { worker_connections 19000; }
http {
    access_log off;
    keepalive_requests 1000000;
    keepalive_timeout 300;
    nchan_shared_memory_size 256M;
CONF
    for temp in client_body proxy fastcgi scgi uwsgi; do
        echo "    ${temp}_temp_path $dir/run/$temp;"
    done
    cat <<CONF
    server {
        listen 127.0.0.1:$port backlog=16384;
        location ~ ^/chat/pub/(\w+)\$ {
            nchan_publisher;
            nchan_channel_id \$1;
            nchan_message_buffer_length 2000;
            nchan_message_timeout 5m;
        }
        # Who comes without a place to go on gets the newest message: the first one of a run is not lost.
        location ~ ^/chat/sub/(\w+)\$ {
            nchan_subscriber longpoll eventsource;
            nchan_channel_id \$1;
            nchan_subscriber_first_message newest;
        }
    }
}
CONF
}
