# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034 # variables are for peers.sh
#
# Prosody: a room of anonymous users who listen over BOSH. Nobody's coming and going is told, nothing is
# kept, nobody is slowed down: what remains is the delivery. Sourced by peers.sh.

prosody_ways=(bosh)
prosody_path=http-bind

prosody_run() {
    local dir=$1 port=$2
    install -d -o "$(site_user)" "$dir/run/data"
    prosody_conf "$dir" "$port" >"$dir/conf/prosody.cfg.lua"
    site_user_spawn "$dir" server prosody --config "$dir/conf/prosody.cfg.lua"
}

prosody_version() {
    dpkg-query -f 'Prosody ${Version}' -W prosody 2>/dev/null || echo Prosody
}

prosody_conf() {
    local dir=$1 port=$2
    cat <<CONF
daemonize = false
pidfile = "$dir/run/prosody.pid"
data_path = "$dir/run/data"
log = { warn = "$dir/log/prosody.log" }
network_backend = "epoll"
gc = { mode = "generational" }
limits = {}

modules_enabled = { "bosh", "saslauth", "disco" }
modules_disabled = { "c2s", "s2s", "offline", "posix" }
interfaces = { "127.0.0.1" }
http_ports = { $port }
http_interfaces = { "127.0.0.1" }
https_ports = {}
http_default_host = "anon.localhost"
consider_bosh_secure = true
bosh_max_inactivity = 120
bosh_max_wait = 120
c2s_require_encryption = false
allow_unencrypted_plain_auth = true

VirtualHost "anon.localhost"
    authentication = "anonymous"

Component "conf.localhost" "muc"
    restrict_room_creation = false
    muc_room_locking = false
    muc_room_default_history_length = 0
    muc_room_default_presence_broadcast = {
        visitor = false, participant = false, moderator = false
    }
CONF
}
