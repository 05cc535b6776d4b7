#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# tests/browser/site.sh [SERVER]: a site with an agent for a browser test. Prints a line of JSON when it
# runs, and stops everything when its standard input ends, however the test ended.

set -uo pipefail
cd "$(dirname "$0")/../.." || exit
HTDOCS=tests/browser/pages
# shellcheck source=tests/system/lib.bash
. tests/system/lib.bash

trap 'site_stop >&2' EXIT
site_start "${1:-apache-event}" && agent_start || exit 1
printf '{"base": "%s", "origin": "%s", "spool": "%s"}\n' "$BASE" "${BASE%/*}" "$SPOOL"
cat >/dev/null
