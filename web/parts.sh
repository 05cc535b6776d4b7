#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# web/parts.sh: what the page takes from others (web/package-lock.json), into web/node_modules; nothing when it is there.
# Without npm, or a network, the page is built without: it shows html as text then. So this says why, and does not fail.

cd "$(dirname "$0")" || exit
[[ -e package-lock.json ]] || exit 0
! cmp -s package-lock.json node_modules/.installed || exit 0
if ! command -v npm >/dev/null; then
    echo 'no npm: the page will show html as text (package npm mends it)'
elif npm ci --no-audit --no-fund --ignore-scripts >/dev/null 2>&1; then
    cp package-lock.json node_modules/.installed
else
    echo 'npm ci failed in web/: the page will show html as text'
fi
exit 0
