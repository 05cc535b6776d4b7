#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# tests/lint.sh NAME: one linter over the whole project; `list` names them. Silent when content.

set -uo pipefail
cd "$(dirname "$0")/.." || exit

out=$(mktemp) || exit
trap 'rm -f "$out" "$out.err"' EXIT

c_files() {
    find . \( -path ./build -o -path ./.git -o -name node_modules \) -prune -o -name "*.[$1]" -printf '%P\n'
}

shell_files() {
    printf '%s\n' .ci/run web/parts.sh
    find tests -name node_modules -prune -o \( -name '*.sh' -o -name '*.bash' -o -name '*.bats' \) -print
}

lint_clang_format() {
    c_files ch | xargs -r clang-format --dry-run -Werror
}

# What the compiler is told, as a list of words.
compiler_flags() {
    read -r -a flags < <(make -s lint-flags)
}

lint_clang_tidy() {
    local flags status=0
    compiler_flags
    # One process a file, or it holds only one processor busy. It counts warnings of system headers, which
    # nobody asked for, and of files that have none.
    # The analyzer gives each function as many steps as are too many for most of ours; it looks at every block before
    # it takes one a second time, and all that it finds it has found in a sixth of them.
    c_files c | xargs -r -P "$(nproc)" -I '{}' clang-tidy --quiet '{}' -- "${flags[@]}" \
        -Xclang -analyzer-config -Xclang max-nodes=40000 >"$out" 2>"$out.err" || status=1
    cat "$out"
    grep -vE '(generated|treated as errors?)\.?$' "$out.err"
    return "$status"
}

lint_cppcheck() {
    local flags
    compiler_flags
    mapfile -t flags < <(printf '%s\n' "${flags[@]}" | grep '^-[DI]')
    # System headers it neither finds nor needs.
    c_files c | xargs -r cppcheck -j "$(nproc)" --quiet --std=c11 "${flags[@]}" --inline-suppr \
        --enable=warning,performance,portability --error-exitcode=1 --suppress=missingIncludeSystem
}

# It does not see what `load lib` brings into a bats file, nor what that makes of its variables.
lint_shellcheck() {
    local status=0
    shell_files | grep -v '\.bats$' | xargs shellcheck || status=1
    shell_files | grep '\.bats$' | xargs -r shellcheck --severity=warning --exclude=SC2034,SC2154 || status=1
    return "$status"
}

# outside PATTERN WHERE: lines that match and stand elsewhere than in files whose path begins with WHERE.
outside() {
    c_files ch | grep -vE "^(tests/|$2)" | xargs -r grep -nE "$1"
}

# The house: protocol knows no directories, spool no HTTP, and what comes from elsewhere lives in one room.
lint_rooms() {
    local found
    found=$(
        outside '#include "([./]*)?spool/' '(agent|cgi-bin|chat|spool)/'
        outside '#include "([./]*)?protocol/' '(agent|cgi-bin|chat|protocol)/'
        outside '#include "([./]*)?chat/' '(agent|cgi-bin|chat)/'
        outside '#include "([./]*)?(agent|cgi-bin)/' '$'
        outside '[<"]jsmn\.h[>"]' 'protocol/json'
        outside '<(sys/inotify|sha2|uuid/uuid)\.h>' 'spool/'
        outside 'getenv\("(AUTH_|CONTENT_|HTTP_|PATH_|QUERY_|REMOTE_|REQUEST_|SCRIPT_|SERVER_)' 'protocol/cgi\.c'
    )
    [[ -z $found ]] || { echo "$found"; return 1; }
}

lint_license() {
    local file missing=0
    while read -r file; do
        head -n 5 "$file" | grep -q 'SPDX-License-Identifier: MIT' || { echo "$file: no SPDX line"; missing=1; }
    done < <(c_files ch; shell_files; echo Makefile)
    ((!missing))
}

case ${1-} in
list) declare -F | sed -n 's/^declare -f lint_//p' | tr _ - ;;
*) "lint_${1//-/_}" ;;
esac
