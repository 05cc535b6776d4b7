/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_WALK_H
#define SPOOL_WALK_H

/*
 * Going over the whole spool, as only the operator's program does. That may take long, and the agent has but
 * one thread: so between two things of many, and with no lock held, `meanwhile` of the spool is called, as
 * often as not to do nothing.
 */

#include "dir.h"
#include "thread.h"

/* 0; -1 (ECANCELED): `meanwhile` wants us to end, and from now on always. */
int walk_turn(struct spool *spool);

/* dir_next for who goes over many; NULL also then, and dir_close has the errno. */
const char *walk_next(struct spool *spool, struct dir *dir);

/* Each thread's id, until `each` returns other than 0, which is returned; -1: errno. */
int thread_each(struct spool *spool, int (*each)(void *context, const char *id), void *context);

/* Widen `*least` and `*most` by the numbers in `folder` ("new", "cur") of the thread; how many are
 * there. -1: errno. */
int64_t thread_range(struct spool *spool, struct thread *thread, const char *folder,
                     uint64_t *least, uint64_t *most);

/* What a directory entry's mtime says, by clock_file_ms; -1: errno. */
int64_t path_mtime_ms(int dir, const char *path);

#endif
