# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # $out is of who sources this
#
# Where a benchmark works, and what it tells of the machine. Sourced behind site.bash.

# place: a new folder $work in $out, where spools lie on the disk that the checkout is on; elsewhere when
# servers cannot reach it. The flag has ext4 lay each run into a region of its own: where it has no journal,
# making files is slow for minutes near others that were removed.
place() {
    mkdir -p "$out"
    chattr +T "$out" 2>/dev/null
    work=$(mktemp -d "$out/run.XXXXXX") && chmod 755 "$work" || exit 1
    site_fits "$work/apache-prefork.yes" 2>/dev/null || ! site_fits "${work%/*}" || return 0
    rmdir "$work"
    work=$(site_tmp) || exit 1
}

# programs: what a site runs, in $work/cgi-bin
programs() {
    mkdir "$work/cgi-bin"
    install -m 755 build/cgi-bin/* build/bench/empty "$work/cgi-bin" || exit 1
}

# machine VERSIONS [JQ ARGUMENT...]: an object; one program a line in VERSIONS, other arguments are members
machine() {
    mkdir "$work/disk"
    jq -n --arg cores "$(nproc)" \
        --arg processor "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
        --arg memory_mb "$(($(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 1024))" \
        --arg kernel "$(uname -sr)" --arg disk "$(df --output=fstype "$work" | tail -n 1)" \
        --arg device "$(df --output=source "$work" | tail -n 1)" \
        --arg load "$(cut -d ' ' -f 1 /proc/loadavg)" --arg date "$(date -u +%FT%TZ)" \
        --argjson file "$(build/bench/disk "$work/disk")" --arg servers "$1" "${@:2}" \
        '$ARGS.named | .servers |= split("\n")'
}

versions() {
    apache2 -v | sed -n 's/^Server version: \([^ ]*\).*/\1/p'
    lighttpd -v | sed -n 's/ .*//p;q'
    nginx -v 2>&1 | sed 's/.*: //'
}

# On the terminal, where one is: what is under way.
say() {
    [[ ! -t 2 ]] || printf '\r\e[K%s' "$1" >&2
}
