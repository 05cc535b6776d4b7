# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034 # variables are for who sources this
#
# A site: a real web server with our programs behind it, under one directory and nowhere else. Sourced
# by the demo, the benchmark and the system tests.
#
#   site_make DIR CGIBIN [HTDOCS [WEB]]   lay it out
#   site_run DIR SERVER PORT        start apache-event, apache-prefork, lighttpd or nginx
#   site_agent DIR AGENT            start `spoolchat agent` beside it
#   site_halt DIR                   stop both
#
#   DIR/conf      what the server reads        DIR/htdocs   what it serves at /, without login
#   DIR/log       what it and ours complain    DIR/cgi-bin  what it runs at /nereid-chat/
#   DIR/run       sockets and pids             DIR/spool    SPOOLCHAT_SPOOL, owned by whom CGIs run as
#   DIR/web       what it serves at /chat/, without login, too: the page
#
# With SCGI=yes streams go to the agent's socket, in all but apache-prefork, and there are none without the agent.
#
# alice, bob and carol log in with their names as passwords. With a token for stream or send-message, in the
# path or as `Authorization: Bearer`, and for OPTIONS, no server asks who it is. Every SPOOLCHAT_* variable of the caller reaches the
# programs. As root, servers run CGI programs as www-data; as anybody else, as that user.

servers=${BASH_SOURCE[0]%/*}
# shellcheck source=tests/servers/process.bash
. "$servers/process.bash"
# shellcheck source=tests/servers/apache.bash
. "$servers/apache.bash"
# shellcheck source=tests/servers/lighttpd.bash
. "$servers/lighttpd.bash"
# shellcheck source=tests/servers/nginx.bash
. "$servers/nginx.bash"

# Ordinary users' PATH on Debian lacks where servers are.
PATH=$PATH:/usr/sbin:/sbin

site_user() {
    if ((EUID == 0)); then echo www-data; else id -un; fi
}

# as_site_user COMMAND...
as_site_user() {
    if ((EUID == 0)); then
        setpriv --reuid=www-data --regid=www-data --clear-groups -- "$@"
    else
        "$@"
    fi
}

# Whether a server can work below a directory: its CGI user comes through all of the path, and the
# longest socket (mod_cgid's, "run/cgid.sock.<pid>") fits into the 108 bytes of a sockaddr_un.
site_fits() {
    ((${#1} < 75)) && as_site_user test -x "$1"
}

# A new directory that fits, its path on stdout. Whoever asked removes it.
site_tmp() {
    local dir
    dir=$(mktemp -d "${TMPDIR:-/tmp}/spoolchat.XXXXXX") && chmod 755 "$dir" || return 1
    site_fits "$dir" && echo "$dir" && return
    rmdir "$dir"
    echo "$(site_user) cannot reach ${TMPDIR:-/tmp}, or its path is long: set TMPDIR" >&2
    return 1
}

site_make() {
    local dir=$1 cgi_bin=$2 htdocs=${3-} web=${4-} user
    user=$(site_user)
    mkdir -p "$dir/conf" && install -d -o "$user" "$dir"/{log,run} &&
        install -d -m 700 -o "$user" "$dir/spool" || return 1
    cp "$servers/htpasswd" "$dir/conf/htpasswd"
    site_place "$cgi_bin" "$dir/cgi-bin" || return 1
    if [[ -n $web ]]; then
        site_place "$web" "$dir/web" || return 1
    else
        mkdir -p "$dir/web"
    fi
    if [[ -n $htdocs ]]; then
        site_place "$htdocs" "$dir/htdocs"
    else
        mkdir -p "$dir/htdocs"
        echo spoolchat >"$dir/htdocs/index.html"
    fi
}

# A folder in place where the CGI user can reach it, else a copy: a checkout may lie below /root.
site_place() {
    local from to=$2
    from=$(realpath -e "$1") || return 1
    if [[ -z $(as_site_user find -L "$from" ! -readable -print -quit 2>&1) ]]; then
        ln -sfn "$from" "$to"
    else
        cp -rL "$from" "$to" && chmod -R a+rX "$to"
    fi
}

# "NAME=value" of all that our programs get from the server's configuration.
site_env() {
    local name
    echo "SPOOLCHAT_SPOOL=$1/spool"
    for name in $(compgen -e SPOOLCHAT_); do
        [[ $name == SPOOLCHAT_SPOOL ]] || echo "$name=${!name}"
    done
}

site_run() {
    local dir=$1 server=$2 port=$3
    "${server%%-*}_run" "$dir" "$port" "${server#*-}" || return 1
    if eventually 10 site_settled "$dir/run/server.pid" "$port" &&
        process_listens "$(<"$dir/run/server.pid")" "$port"; then
        echo "$port" >"$dir/run/port"
        return 0
    fi
    tail -n 20 "$dir"/log/*.log >&2
    site_halt "$dir"
    return 1
}

# Either way: it listens, or it has given up.
site_settled() {
    local pid
    pid=$(<"$1")
    process_listens "$pid" "$2" || not process_alive "$pid"
}

# site_spawn DIR NAME COMMAND...: in DIR/run/NAME.pid and DIR/log/NAME.log from now on. Nothing of our
# environment goes along.
site_spawn() {
    local dir=$1 name=$2
    shift 2
    process_spawn "$dir/log/$name.log" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
    echo "$spawned" >"$dir/run/$name.pid"
}

site_end() {
    local file=$1/run/$2.pid
    [[ -s $file ]] || return 0
    process_stop "$(<"$file")" && rm -f "$file"
}

# The same as the CGI user.
site_user_spawn() {
    local dir=$1 name=$2
    shift 2
    # setpriv execs, so the pid stays; a function cannot stand behind setsid.
    ((EUID != 0)) || set -- setpriv --reuid=www-data --regid=www-data --clear-groups -- "$@"
    site_spawn "$dir" "$name" "$@"
}

site_agent() {
    local dir=$1 agent=$2 env
    install -m 755 "$agent" "$dir/run/spoolchat" || return 1
    mapfile -t env < <(site_env "$dir")
    site_user_spawn "$dir" agent env "${env[@]}" "$dir/run/spoolchat" agent
}

# The agent first: it may hold streams, and whoever holds one should end it in peace.
site_halt() {
    local dir=$1 name status=0
    for name in agent server fcgiwrap; do
        site_end "$dir" "$name" || status=1
    done
    return "$status"
}

# A port of 127.0.0.1 that nobody listens on, below those the kernel gives to clients.
free_port() {
    local port
    for _ in {1..50}; do
        port=$((20000 + RANDOM % 12000))
        port_taken "$port" || { echo "$port"; return; }
    done
    return 1
}

# Somebody we know: a folder of their own and a name for others to see. A file that is there stays.
site_know() {
    local dir=$1 name=$2 home
    home=$dir/spool/users/$name
    as_site_user mkdir -p -m 700 "$dir/spool/users" "$home"
    as_site_user test -e "$home/profile.json" ||
        printf '{"displayName": "%s"}\n' "${name^}" |
        as_site_user tee "$home/profile.json" >/dev/null
}
