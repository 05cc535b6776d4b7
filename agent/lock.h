/* SPDX-License-Identifier: MIT */
#ifndef AGENT_LOCK_H
#define AGENT_LOCK_H

/* One agent a spool: agent.lock, locked while it runs, with its process id in it. */

#include <sys/types.h>

#include "spool/spool.h"

/*
 * Become the agent. A descriptor that holds the lock; -1: errno, EWOULDBLOCK when somebody else is
 * it, with their id in `*holder` (0: they have not said it yet).
 */
int lock_take(struct spool *spool, pid_t *holder);

/* The file stays, emptied. */
void lock_release(int lock);

/* Whether an agent runs: 1, with its id as above; 0; -1: errno. */
int lock_holder(struct spool *spool, pid_t *holder);

#endif
