# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034 # variables are for peers.sh
#
# ejabberd: as Prosody beside it. Sourced by peers.sh.

ejabberd_ways=(bosh)
ejabberd_path=http-bind

# Without its ejabberdctl, which lowers the limit of descriptors, wants to be a user of its own, and starts
# a daemon for names of machines that stays. These are its own settings for the rest.
ejabberd_run() {
    local dir=$1 port=$2
    install -d -o "$(site_user)" "$dir/run/mnesia"
    ejabberd_conf "$dir" "$port" >"$dir/conf/ejabberd.yml"
    site_user_spawn "$dir" server env HOME="$dir/run" \
        ERL_LIBS="$(dirname "$(ejabberd_code)")" ERL_MAX_PORTS=32000 ERL_CRASH_DUMP="$dir/log/crash" \
        EJABBERD_CONFIG_PATH="$dir/conf/ejabberd.yml" EJABBERD_LOG_PATH="$dir/log/ejabberd.log" \
        erl +K true +P 250000 -mnesia dir "\"$dir/run/mnesia\"" -ejabberd quiet true -s ejabberd -noinput
}

# Debian's folder of it is named by the architecture.
ejabberd_code() {
    local path
    for path in /usr/lib/*/ejabberd-*/; do
        [[ ! -d $path ]] || { echo "${path%/}"; return; }
    done
    echo /usr/lib/ejabberd
}

ejabberd_version() {
    dpkg-query -f 'ejabberd ${Version}' -W ejabberd 2>/dev/null || echo ejabberd
}

ejabberd_conf() {
    local dir=$1 port=$2
    cat <<CONF
hosts: ["anon.localhost"]
loglevel: warning
auth_method: [anonymous]
anonymous_protocol: sasl_anon
allow_multiple_connections: true
listen:
  - port: $port
    ip: "127.0.0.1"
    backlog: 1024
    module: ejabberd_http
    request_handlers:
      /http-bind: mod_bosh
access_rules:
  local: {allow: all}
  c2s: {allow: all}
  muc_create: {allow: all}
shaper: {}
shaper_rules:
  max_user_sessions: 100000
  c2s_shaper: none
modules:
  mod_bosh: {max_inactivity: 120, max_concat: unlimited}
  mod_disco: {}
  mod_muc:
    host: conf.localhost
    access: all
    access_create: all
    history_size: 0
    max_users: 10000
    min_message_interval: 0
    min_presence_interval: 0
    default_room_options:
      presence_broadcast: []
      max_users: 10000
      mam: false
      anonymous: false
      persistent: false
CONF
}
