# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# (variables that lib.bash gives)
#
# The rules of the house that a reader can see: who may include whom, what is known in one place only, how
# long a file may be. No program runs here.

setup() {
    load lib
    cd "$root" || return
    rooms=(base protocol spool chat cgi-bin agent)
}

# files SUFFIX...: ours, with these endings.
files() {
    local suffix=()
    for name; do
        suffix+=(-o -name "*.$name")
    done
    find . \( -path ./build -o -path ./.git -o -name node_modules \) -prune -o -type f \( "${suffix[@]:1}" \) \
        -printf '%P\n' | sort
}

# only PATTERN PLACE...: what matches the extended PATTERN stands nowhere but in files whose path matches the
# shell pattern PLACE. It must stand somewhere: a rule about nothing is misspelt.
only() {
    local pattern=$1 found file line place bad=0
    shift
    found=$(grep -rnE --include='*.[ch]' -- "$pattern" "${rooms[@]}")
    [[ -n $found ]] || { echo "nothing matches $pattern" >&2 && return 1; }
    while IFS= read -r line; do
        file=${line%%:*}
        for place; do
            # shellcheck disable=SC2053
            [[ $file != $place ]] || continue 2
        done
        echo "$line" >&2
        bad=1
    done <<<"$found"
    return "$bad"
}

# never ROOM OTHER...: no file in ROOM includes one of the others, by whatever path.
never() {
    local others
    others=$(IFS='|' && echo "${*:2}")
    files c h | grep -q "^$1/" || return
    ! grep -rnE --include='*.[ch]' "^[[:space:]]*#[[:space:]]*include[[:space:]]*[\"<]([./]*/)?($others)/" "$1" >&2
}

@test "arrows: base includes nobody, protocol and spool only base, chat both, nobody an endpoint" {
    never base protocol spool chat cgi-bin agent
    never protocol spool chat cgi-bin agent
    never spool protocol chat cgi-bin agent
    never chat cgi-bin agent
    never cgi-bin agent
    never agent cgi-bin
}

@test "arrows: what a file includes without a folder lies in its own" {
    local file name bad=0
    while IFS=: read -r file name; do
        [[ -f ${file%/*}/$name ]] || { echo "$file includes $name" >&2 && bad=1; }
    done < <(grep -roE --include='*.[ch]' '^#include "[^"/]+"' "${rooms[@]}" | sed 's/:#include "\(.*\)"$/:\1/')
    ((!bad))
}

@test "known in one place: jsmn" {
    only 'include.*jsmn|\bjsmn_|jsmntok|\bJSMN_' 'protocol/json*.c'
}

@test "known in one place: inotify" {
    only 'include.*inotify|\binotify_[a-z]+ *\(|\bIN_[A-Z]+\b' 'spool/*' 'agent/*'
}

@test "known in one place: libuuid and libmd" {
    only 'include *<(uuid/uuid|sha2|md5|sha)\.h>|\buuid_(t|generate|parse|unparse)|\bSHA[0-9]+[A-Z][a-z]' spool/id.c
}

@test "known in one place: the environment" {
    only '\b(secure_)?getenv *\(' protocol/cgi.c spool/spool.c spool/clock.c
    only '\benviron\b' spool/config.c
    only '"(AUTH_TYPE|CONTENT_[A-Z]+|HTTP_[A-Z_]+|PATH_INFO|QUERY_STRING|REMOTE_[A-Z]+|REQUEST_METHOD|SCRIPT_NAME)"' \
        'protocol/cgi.c' protocol/scgi.c 'agent/*'
}

@test "known in one place: the head of a reply" {
    only 'Content-Type|Cache-Control|nosniff' 'protocol/*'
    only '\bSTDOUT_FILENO\b' 'protocol/*' cgi-bin/stream.c 'agent/*'
}

@test "a library prints nothing and ends nothing" {
    local found
    found=$(grep -nwE 'printf|fprintf|puts|perror|err|errx|warn|warnx|exit|_exit|abort' base/*.[ch] spool/*.[ch] |
        grep -vE '^[^:]+:[0-9]+: ?(/\*| \*|.*/\* )' || true)
    same '' "$found"
}

@test "licence: one SPDX line, the first or below the shebang, in every file of code" {
    local wrong
    # shellcheck disable=SC2016
    wrong=$(files c h bats bash sh mjs js | xargs awk '
        function judge() { if (name != "" && count != 1) print name ": " count + 0 }
        FNR == 1 { judge(); name = FILENAME; count = 0 }
        /^(\/\*|\/\/|#) SPDX-License-Identifier: MIT( \*\/)?$/ { count += FNR <= 2 ? 1 : 2 }
        END { judge() }')
    same '' "$wrong"
}

# The first comment behind the licence.
opening() {
    awk 'NR > 1 && /^\/\*/ { inside = 1 } inside { print } inside && /\*\// { exit }' "$1"
}

@test "every endpoint opens with its contract" {
    local file name words bad=0
    for file in cgi-bin/*.c; do
        name=${file#*/}
        [[ $(opening "$file") == *" * ${name%.c}: "* ]] || { echo "$file does not say what it is" >&2 && bad=1; }
        # Each at the beginning of a line, where the eye finds it.
        words=$(opening "$file" | grep -oE '^ \* (REQUEST|REPLY|FILES|ERRORS)  +[^ ]' | cut -d ' ' -f 3 |
            paste -sd ' ')
        [[ $words == 'REQUEST REPLY FILES ERRORS' ]] || { echo "$file: $words" >&2 && bad=1; }
    done
    ((!bad))
}

@test "an endpoint is one file, an executable of its name" {
    local file
    for file in cgi-bin/*; do
        [[ $file =~ ^cgi-bin/[a-z-]+\.c$ ]]
        [[ -x $BIN/${file%.c} ]]
    done
}

@test "no file of code is two things" {
    local file lines bad=0
    while read -r lines file; do
        ((lines <= 400)) || { echo "$file has $lines lines" >&2 && bad=1; }
    done < <(find "${rooms[@]}" -type f -name '*.[ch]' -exec wc -l {} + | grep -v ' total$')
    ((!bad))
}

@test "headers: a guard of the file's name, then what it is for" {
    local file guard text wrong=''
    while read -r file; do
        guard=${file^^}
        guard=${guard//[^A-Z0-9]/_}
        text=$(<"$file")
        [[ $text == *$'\n#ifndef '"$guard"$'\n#define '"$guard"$'\n'* && ${text#*#define} == *$'\n/*'* ]] ||
            wrong+=" $file"
    done < <(files h | grep -E "^($(IFS='|' && echo "${rooms[*]}"))/")
    same '' "$wrong"
}

@test "nothing names a place or a tool that only its makers have" {
    local private=('/wor[k]/' '(^|[^A-Za-z_-])share[d]/' '/roo[t]/' 'desig[n]\.md' 'model[s]\.md' 'peer[s]/'
        'protoco[l]\.txt' 'Claud[e]' 'Anthropi[c]' 'Copilo[t]' 'ChatGP[T]' 'OpenA[I]')
    local list found
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        mapfile -d '' list < <(git ls-files -z --cached --others --exclude-standard)
    else
        mapfile -t list < <(files '*')
    fi
    ((${#list[@]} > 50))
    found=$(grep -nIE "$(IFS='|' && echo "${private[*]}")" -- "${list[@]}" || true)
    same '' "$found"
}

# The table of conformance names a file and a test in each row.
@test "every test that the protocol's table names is there" {
    local file name count=0
    while IFS='|' read -r _ _ _ file name _; do
        file=$(compgen -G "tests/${file// /}.*") || { echo "no tests/$file" >&2 && return 1; }
        name=${name# }
        name=${name% }
        grep -qF -e "@test \"$name" -e "test('$name" "$file" || { echo "$file has no '$name'" >&2 && return 1; }
        count=$((count + 1))
    done < <(sed -n '/^## Conformance/,$p' protocol/README.md | grep '^|.*/')
    ((count > 30))
}

# A page that is touched for the first time costs a hundredth of a send (base/scratch.h). The layout is that of
# executables on musl.
@test "data begin with a page, and what JSON is parsed into lies before what is large" {
    local program data pool
    nm "$BIN/cgi-bin/send-message" | grep -q ' __init_libc$' || skip "these are not on musl"
    for program in "$BIN"/cgi-bin/*; do
        data=$(readelf -lW "$program" | awk '$1 == "LOAD" && / RW / { print $3 }')
        [[ $data =~ ^0x[0-9a-f]+$ ]] && ((data % 4096 == 0)) || { echo "$program: its data begin at '$data'"; false; }
    done
    program=$BIN/cgi-bin/send-message
    data=$(readelf -lW "$program" | awk '$1 == "LOAD" && / RW / { print $3 }')
    pool=$(nm "$program" | awk '$3 == "pool" { print $1 }')
    [[ -n $pool ]] && ((0x$pool < data + 3 * 4096)) || { echo "from $data to '$pool'"; false; }
}
