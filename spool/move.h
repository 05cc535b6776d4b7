/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_MOVE_H
#define SPOOL_MOVE_H

/*
 * new/ -> cur/: a stanza moves when everybody whom it is for has received it, that is when the
 * `delivered` of every member has passed its journal record. So `ls threads/?/new` is what somebody
 * still waits for. Decided by the journal alone, never by the times of files.
 *
 * Whoever has left, and whoever joined at the stanza's number or later, or behind its record, is not
 * waited for.
 */

#include <stdbool.h>
#include <stdint.h>

#include "map.h"
#include "pending.h"
#include "report.h"
#include "spool.h"

struct mover {
    struct spool *spool;
    const struct report *report;
    struct pendings pendings;
    struct map places; /* how far the journal has reached each user; for one pass */
};

void mover_open(struct mover *mover, struct spool *spool, const struct report *report);
void mover_close(struct mover *mover);

/*
 * Move what can be moved. Threads in which nothing moves are looked at ever more rarely, at last
 * every five minutes, unless `all`; one that is locked is left for the next pass. -1: errno,
 * nothing was looked at; what fails in one thread is reported.
 */
int mover_pass(struct mover *mover, bool all);

/* The oldest record of a stanza that has not been moved; UINT64_MAX: none. What is older may be
 * trimmed. */
uint64_t mover_oldest(struct mover *mover);

#endif
