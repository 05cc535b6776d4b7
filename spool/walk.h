/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_WALK_H
#define SPOOL_WALK_H

/* Going over the whole spool, as only the operator's program does. */

#include "thread.h"

/* Each thread's id, until `each` returns other than 0, which is returned; -1: errno. */
int thread_each(struct spool *spool, int (*each)(void *context, const char *id), void *context);

/* Widen `*least` and `*most` by the numbers in `folder` ("new", "cur") of the thread; how many are
 * there. -1: errno. */
int64_t thread_range(struct thread *thread, const char *folder, uint64_t *least, uint64_t *most);

/* What a directory entry's mtime says, in ms since 1970; -1: errno. */
int64_t path_mtime_ms(int dir, const char *path);

#endif
