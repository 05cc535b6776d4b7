#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# tests/deps.sh [-n] GROUP...: install what Debian's packages have for these groups, when root; else, or
# with -n, say what to install and fail. Prints nothing when nothing is missing.

set -uo pipefail
PATH=$PATH:/usr/sbin:/sbin

# package:proof. The proof that it is there, by whatever way it came, is a command or a file.
declare -A group=(
    [compile]='gcc:gcc libc6-dev:/usr/include/stdlib.h uuid-dev:/usr/include/uuid/uuid.h
        libmd-dev:/usr/include/sha2.h libjsmn-dev:/usr/include/jsmn.h'
    [musl]='musl-tools:musl-gcc'
    [lint]='clang-format:clang-format clang-tidy:clang-tidy cppcheck:cppcheck shellcheck:shellcheck'
    # apache2-bin is the server without its service and its configuration in /etc.
    [apache]='apache2-bin:apache2'
    [lighttpd]='lighttpd:lighttpd'
    [nginx]='nginx:nginx fcgiwrap:fcgiwrap'
    [test]='libcmocka-dev:/usr/include/cmocka.h bats:bats strace:strace
        inotify-tools:inotifywait jq:jq gojq:gojq curl:curl'
    [browser]='chromium:chromium chromium-headless-shell:chromium-headless-shell
        firefox-esr:firefox-esr nodejs:node npm:npm
        webkit2gtk-driver:WebKitWebDriver xvfb:Xvfb'
    [proxy]='nginx:nginx squid:squid'
    [demo]='curl:curl jq:jq'
    [bench]='curl:curl jq:jq'
    # Whom the benchmark compares with.
    [peers]='nginx:nginx libnginx-mod-nchan:/usr/lib/nginx/modules/ngx_nchan_module.so
        prosody:prosody ejabberd:ejabberdctl'
)
group[build]="${group[compile]} ${group[musl]}"
group[check]="${group[lint]} ${group[test]} ${group[apache]} ${group[lighttpd]} ${group[nginx]}
    ${group[browser]} ${group[proxy]}"
group[bench]+=" ${group[apache]} ${group[lighttpd]} ${group[nginx]}"

there() {
    case $1 in
    /*) [[ -e $1 ]] ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

# Names of missing packages, one a line.
missing() {
    local name entry
    for name; do
        [[ -v group[$name] ]] || { echo "deps.sh: no group '$name'" >&2; return 1; }
        for entry in ${group[$name]}; do
            there "${entry#*:}" || echo "${entry%%:*}"
        done
    done | sort -u
}

# Debian starts a server as soon as it is installed, and again at every boot. Ours are started by hand,
# on ports of their own, so neither may happen: the first is what policy-rc.d is for (a file that
# stands there already comes back as it was), the second is undone for those that are new.
policy=/usr/sbin/policy-rc.d
forbid_services() {
    if [[ -e $policy || -L $policy ]]; then
        mv "$policy" "$policy.spoolchat" || return 1
        trap 'mv -f "$policy.spoolchat" "$policy"' EXIT
    else
        trap 'rm -f "$policy"' EXIT
    fi
    trap 'exit 130' INT TERM HUP
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
}

disable_services() {
    local service
    for service; do
        [[ -e /etc/init.d/$service ]] || continue
        if command -v systemctl >/dev/null; then
            systemctl --quiet disable "$service.service"
            [[ ! -e /lib/systemd/system/$service.socket ]] ||
                systemctl --quiet disable "$service.socket"
        else
            update-rc.d "$service" disable
        fi
    done >/dev/null 2>&1
}

apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

# Whether apt has heard of every package.
known() {
    local package
    for package; do
        apt-cache policy "$package" | grep -q 'Candidate: [^(]' || return 1
    done
}

install_packages() {
    echo "installing: $*"
    forbid_services || return 1
    # Lists may be absent, or so old that what they promise is gone.
    known "$@" || apt update || return 1
    apt install --no-install-recommends "$@" >/dev/null ||
        { apt update && apt install --no-install-recommends "$@" >/dev/null; } || return 1
    # shellcheck disable=SC2046
    disable_services $(printf '%s\n' "$@" | grep -xE 'lighttpd|nginx|fcgiwrap|squid|prosody|ejabberd')
}

main() {
    local only_say=0 packages
    [[ ${1-} != -n ]] || { only_say=1; shift; }
    packages=$(missing "$@") || exit 2
    [[ -n $packages ]] || exit 0
    # shellcheck disable=SC2086
    set -- $packages
    if ((only_say || EUID != 0)) || ! command -v apt-get >/dev/null; then
        echo "missing: $*" >&2
        echo "On Debian, as root: apt-get install --no-install-recommends $*" >&2
        exit 1
    fi
    install_packages "$@"
}

main "$@"
