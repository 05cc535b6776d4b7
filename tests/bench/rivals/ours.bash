# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # $SCGI is taken by tests/servers/; $door is of peers.sh
#
# Our own programs, behind servers with room for thousands who wait. The settings are those of
# tests/servers/ but for that. Sourced by peers.sh, behind site.bash.
#
# Two workers each: who waits holds two descriptors there, and 20,000 a process is what many systems allow.
# With $door `scgi` the agent answers streams itself, by the settings that are tests/servers/, too.

many_run() {
    local dir=$1 port=$2 SCGI=no
    [[ $door != scgi ]] || SCGI=yes
    "many_${3%%-*}" "$dir" "$port" "${3#*-}"
}

many_lighttpd() {
    local dir=$1 port=$2
    lighttpd_conf "$dir" "$port" >"$dir/conf/lighttpd.conf"
    cat >>"$dir/conf/lighttpd.conf" <<CONF
server.listen-backlog = 16384
server.max-keep-alive-requests = 100000
server.max-worker = 2
server.max-fds = $(ulimit -Hn)
server.max-connections = $(($(ulimit -Hn) / 2 - 100))
CONF
    site_spawn "$dir" server lighttpd -D -f "$dir/conf/lighttpd.conf"
}

# What is said twice counts the second time.
many_apache() {
    local dir=$1 port=$2
    apache_conf "$dir" "$port" "$3" >"$dir/conf/apache.conf"
    cat >>"$dir/conf/apache.conf" <<CONF
ListenBackLog 16384
MaxKeepAliveRequests 0
KeepAliveTimeout 15
ServerLimit 60
ThreadLimit 200
ThreadsPerChild 200
StartServers 8
MaxRequestWorkers 12000
MinSpareThreads 200
MaxSpareThreads 12000
CONF
    site_spawn "$dir" server apache2 -D FOREGROUND -d "$dir" -f "$dir/conf/apache.conf"
}

# Only for streams by SCGI: fcgiwrap would need a child for each that waits.
many_nginx() {
    local dir=$1 port=$2 socket=$1/run/fcgi.sock
    nginx_conf "$dir" "$port" | sed -e "s/worker_connections 512;/worker_connections 24000;/" \
        -e "s/^worker_processes 1;/worker_processes 2;\nworker_rlimit_nofile $(ulimit -Hn);/" \
        -e "s/listen 127.0.0.1:$port;/listen 127.0.0.1:$port backlog=16384;/" \
        -e 's/^    access_log off;/&\n    keepalive_requests 1000000;\n    keepalive_timeout 300;/' \
        >"$dir/conf/nginx.conf"
    rm -f "$socket" # of one before it here
    site_user_spawn "$dir" fcgiwrap fcgiwrap -f -c 8 -s "unix:$socket"
    eventually 10 socket_ready "$socket" || return 1
    site_spawn "$dir" server nginx -e "$dir/log/nginx.log" -c "$dir/conf/nginx.conf"
}
