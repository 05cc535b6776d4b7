#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# `make install` puts everything where it is told, and `make uninstall` takes it away again.

load lib

@test "programs and the page are installed, readable for all, and gone again" {
    local dest=$BATS_TEST_TMPDIR/dest name
    # As the suite has built them: with other flags all would be made anew below the other tests.
    make -C "$root" -s WERROR=1 install "DESTDIR=$dest" PREFIX=/opt/chat
    for name in chat.js chat.mjs chat.d.ts chat.d.mts index.html; do
        cmp "$root/build/web/$name" "$dest/opt/chat/share/spoolchat/web/$name"
    done
    [[ -x $dest/opt/chat/bin/spoolchat && -x $dest/opt/chat/lib/spoolchat/cgi-bin/stream ]]
    [[ -z $(find "$dest/opt/chat/share" -type f ! -perm 644) ]]
    make -C "$root" -s uninstall "DESTDIR=$dest" PREFIX=/opt/chat
    [[ -z $(find "$dest" -type f) ]]
    [[ ! -e $dest/opt/chat/share/spoolchat && ! -e $dest/opt/chat/lib/spoolchat ]]
}

@test "the page goes where WEBDIR says" {
    local dest=$BATS_TEST_TMPDIR/dest
    make -C "$root" -s WERROR=1 install "DESTDIR=$dest" WEBDIR=/srv/chat
    [[ -e $dest/srv/chat/chat.js ]]
}
