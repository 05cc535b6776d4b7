/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_OPEN_H
#define SPOOL_OPEN_H

/*
 * The rooms that anybody may join: open/<thread>, an empty file each, made before the room itself.
 * So one whose room never came may be left, for a while; whoever lists them looks for the room.
 */

#include <stddef.h>
#include <sys/types.h>

#include "report.h"
#include "spool.h"

/* Durable unless `sync = no`; that it is there already is as good. -1: errno. */
int open_add(struct spool *spool, const char *thread);

/*
 * The ids behind `after` ("" for the first), in their order, at most `most`. How many there are; -1:
 * errno.
 */
ssize_t open_list(struct spool *spool, const char *after, char ids[][UUID_SIZE], size_t most);

/* Remove those that have been without a room for TMP_REAP_SEC (tidy.h). */
void open_tidy(struct spool *spool, const struct report *report);

#endif
