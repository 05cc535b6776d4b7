/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_LIMIT_H
#define SPOOL_LIMIT_H

/*
 * What one user, and the site, may use at a time. The kernel or a file's time is the counter, so a
 * killed process never leaves anything counted.
 */

#include <stddef.h>
#include <stdint.h>

#include "spool.h"

/*
 * Count one message of the user's `messages_per_minute`: as many at once as the setting says, then
 * evenly (the generic cell rate algorithm; its one number is the mtime of users/<user>/limits). 0;
 * or the seconds to wait, and nothing was counted; -1: errno.
 */
int limit_message(struct spool *spool, const struct user *user);

/*
 * The same for another counter: the mtime of the file `fd`, which the caller has locked.
 */
int limit_count(int fd, uint64_t per_minute);

/*
 * Take one of the user's `user_streams`: a lock on a single byte of users/<user>/limits, which goes with
 * the last copy of the descriptor in `*fd` (-1: none is needed), so it can be passed on. 0; 1: none is
 * free; -1: errno.
 */
int limit_user_stream(struct spool *spool, const struct user *user, int *fd);
/* One of the site's `max_streams`, for streams that wait by themselves: the same in `format`, until the
 * process ends. */
int limit_site_stream(struct spool *spool);

/* Take one of the user's LIMIT_UPLOADS in the same way. 0; 1: none is free; -1: errno. */
#define LIMIT_UPLOADS 4
int limit_upload(struct spool *spool, const struct user *user);

/*
 * Whether `bytes` more fit into `spool_max`, counting them in when they do; the sum is kept in the
 * file `usage`, which the agent sets right from time to time (limit_recount, which nobody has to wait
 * for). Nothing is kept while the setting is 0. 0, or -1: EDQUOT, errno.
 */
int limit_space(struct spool *spool, size_t bytes);
/* The same question without counting. */
int limit_space_left(struct spool *spool, uint64_t bytes);
int limit_recount(struct spool *spool);

#endif
