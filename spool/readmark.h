/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_READMARK_H
#define SPOOL_READMARK_H

/*
 * How far a user has read a thread: users/<user>/read/<thread>, a number of ten digits. Marks only
 * move forward, and are never synced: a lost one shows as unread what was read.
 */

#include <stdint.h>

#include "path.h"
#include "spool.h"

/*
 * The number of the newest stanza that the user has said to have read. 0, with `*seq` 0 when there
 * is none. -1 with `*seq` 0: EINVAL when `thread` is no UUID, EBADMSG and EFBIG when the file is
 * damaged (setting it mends it), errno.
 */
int readmark_get(struct spool *spool, const struct user *user, const char *thread, uint64_t *seq);

/*
 * Move it forward, however many do so at once. 1: it was moved; 0: it was there already, or
 * further; -1: EINVAL when `thread` is no UUID or `seq` above SEQ_MAX, ENOENT when the user is not
 * known, errno. That the user is in the thread, and that it has such a number, is the caller's to
 * know.
 */
int readmark_set(struct spool *spool, const struct user *user, const char *thread, uint64_t seq);

#endif
