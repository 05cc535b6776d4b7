/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_MEMBERSHIPS_H
#define SPOOL_MEMBERSHIPS_H

/* The threads that a user is in, some at a time: users/<user>/threads/. */

#include <stddef.h>

#include "path.h"
#include "spool.h"

/*
 * The `most` least ids above `after` ("" for the very first), in the order of their bytes, into
 * `ids`; `*count` of them. One pass over the directory, in memory for `most`. That an id is listed
 * does not say that its thread is there. -1: errno.
 */
int memberships(struct spool *spool, const struct user *user, const char *after,
                char (*ids)[UUID_SIZE], size_t most, size_t *count);

#endif
