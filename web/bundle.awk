# SPDX-License-Identifier: MIT
#
# awk -f web/bundle.awk -v entry=FILE [-v names=A,B] [-v module=1]: one script of a module and those it imports.
#
# A bundler that knows no JavaScript, but what holds here: an import stands on a line of its own, what is at the top
# of a file has a name that no other file uses, a line that begins like a comment is one, and no template goes over
# several lines. Modules of another
# folder are left out: they are a script of their own, with a global. `names` are what others shall have of it, as
# globals or, for a module, as exports.

BEGIN {
    dir = entry
    sub(/[^\/]*$/, "", dir)
    print "// SPDX-License-Identifier: MIT"
    if (!module) print "(() => {\n'use strict';"
    visit(entry)
    count = split(names, list, ",")
    for (i = 1; i <= count; i++)
        print module ? "export { " list[i] " };" : "globalThis." list[i] " = " list[i] ";"
    if (module && count) print "export default " list[1] ";"
    if (!module) print "})();"
    exit failed
}

# What a file needs stands before it.
function visit(file,    line, text, here, comment, lines) {
    if (file in seen) return
    seen[file] = 1
    while ((here = (getline line < file)) > 0) {
        lines++
        if (comment) {
            if (line ~ /\*\/[ \t]*$/) comment = 0
        } else if (line ~ /^[ \t]*\/\*/) {
            comment = line !~ /\*\/[ \t]*$/
        } else if (line ~ /^import /) {
            text = text need(line)
        } else if (line !~ /^[ \t]*(\/\/.*)?$/) {
            sub(/^[ \t]+/, "", line)
            sub(/^export default [A-Za-z]+;$/, "", line)
            sub(/^export (default )?/, "", line)
            text = text line "\n"
        }
    }
    close(file)
    if (here < 0 || !lines) fail(file ": cannot be read")
    if (!failed) printf "%s", text
}

function need(line,    from) {
    if (!match(line, /'[^']+';$/)) fail(line ": an import is one line")
    from = substr(line, RSTART + 1, RLENGTH - 3)
    if (from ~ /^\.\/[^\/]+$/) visit(dir substr(from, 3))
    return ""
}

function fail(why) {
    print "bundle: " why >"/dev/stderr"
    failed = 1
}
