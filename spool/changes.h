/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_CHANGES_H
#define SPOOL_CHANGES_H

/*
 * The file `changes` of a room: who made whom what, and when, one line a change, never rewritten.
 * For the auditor: no program of ours reads it. Its format is in README.md. Call under the thread's
 * lock, or before anybody can see the thread.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "path.h"

struct changes {
    int fd;
    off_t at;
    bool failed;
    int64_t ms;
    uint64_t tail;
};

/*
 * Begin behind the last whole line of the file in the thread's directory `dir`; it is made when it
 * is not there. `tail` is the thread's newest number. -1: errno; else end with changes_close.
 */
int changes_open(struct changes *changes, int dir, uint64_t tail);

/* `by` made `whom` what `role` says. What fails is told by changes_close. */
void changes_put(struct changes *changes, const struct user *by, const struct user *whom,
                 const char *role);

/* fsync when `sync`. -1: errno; lines may be missing, the last may be half. */
int changes_close(struct changes *changes, bool sync);

#endif
