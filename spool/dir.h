/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_DIR_H
#define SPOOL_DIR_H

/*
 * Listing a directory without an allocator: programs that start for every request have no use for
 * one. Entries that begin with a dot are passed over: "." and "..", drafts, and no name of ours
 * begins so.
 */

#include <stdint.h>
#include <sys/types.h>

struct dir {
    int fd;
    int error; /* errno of a read that failed, 0 */
    long have;
    long at;
    uint64_t block[256];
};

/* Open `path` relative to `parent`, or with dir_over list a descriptor that stays the caller's. -1:
 * errno. */
int dir_open(struct dir *dir, int parent, const char *path);
int dir_over(struct dir *dir, int fd);

/* The next name, valid until the next call; NULL: no more, or dir->error. */
const char *dir_next(struct dir *dir);

/* Close what dir_open opened. 0, or -1 with the errno of a failed read. */
int dir_close(struct dir *dir);

#endif
