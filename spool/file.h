/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_FILE_H
#define SPOOL_FILE_H

/* Whole small files, relative to a directory's descriptor; never through a symbolic link. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Read at most `size` - 1 bytes and put a NUL behind them. The length, or -1: errno of open or
 * read, EFBIG when there is more.
 */
ssize_t file_read(int dir, const char *path, char *out, size_t size);

/* The same, but of a longer file its beginning. */
ssize_t file_head(int dir, const char *path, char *out, size_t size);

/*
 * Create `path` (0600; EEXIST when it is there), write, fsync when `sync`, close; each is checked.
 * On an error nothing is left of it.
 */
int file_create(int dir, const char *path, const void *bytes, size_t len, bool sync);

/*
 * file_create under the name `draft`, then link to `path` and drop the draft: the file is there
 * whole or not at all, and never replaces another (EEXIST). Killed in between, the draft is left,
 * for the agent.
 */
int file_publish(int dir, const char *draft, const char *path, const void *bytes, size_t len,
                 bool sync);

/* file_create under `tmp`, then rename to `path`: readers see the old content or the new, never
 * half. */
int file_replace(int dir, const char *tmp, const char *path, const void *bytes, size_t len,
                 bool sync);

/* A line's next field, up to a space or the end, cut off in place; and the whole of one as a number, or -1. */
char *file_field(char **rest);
int file_number(const char *field, int64_t *out);

/*
 * openat: no link, close-on-exec, 0600 where it is made, and where it is ours O_NOATIME: reading what has just been
 * written would be a write each time.
 */
int file_open(int dir, const char *path, int flags);
int file_open_dir(int dir, const char *path);

/* fsync a directory named relative to `dir`. */
int file_sync_dir(int dir, const char *path);

/*
 * Whether an error will be the same next time: a file that is missing, damaged or of another kind.
 * All others are faults of the machine, which pass.
 */
bool file_is_damage(int error);

/*
 * Whether a reader should try again: what the machine has too little of at the moment, and EIO, which may be of the
 * moment. Else, as when somebody has taken a file's permissions away, nobody knows when it passes.
 */
bool file_fault_passes(int error);

/* close() on the way out of an error: keeps errno, ignores -1. */
void file_close(int fd);

#endif
