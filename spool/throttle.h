/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_THROTTLE_H
#define SPOOL_THROTTLE_H

/*
 * How often a user's short-lived stanzas (that they write, how far they have read) are published:
 * THROTTLE_PER_MINUTE of both together, counted by the mtime of users/<user>/chatstate, whose
 * content is the last chat state, when it was, and in which thread.
 */

#include <stdbool.h>

#include "spool.h"

#define THROTTLE_PER_MINUTE 60
#define THROTTLE_SAME_MSEC 5000 /* the last chat state again: nobody needs to hear of it */

/* 1: publish it, it has been counted; 0: don't; -1: errno. */
int throttle_chatstate(struct spool *spool, const struct user *user, const char *thread,
                       bool composing);
int throttle_receipt(struct spool *spool, const struct user *user);

#endif
