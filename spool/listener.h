/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_LISTENER_H
#define SPOOL_LISTENER_H

/* Unix sockets in the spool, for programs of its owner and nobody else. Nothing waits. */

#include "spool.h"

/* Listen as `name` (SOCK_STREAM or SOCK_SEQPACKET), in place of a dead agent's; so only for who holds agent.lock.
 * -1: errno. */
int listener_open(struct spool *spool, const char *name, int type);
/* -1: it is not open. */
void listener_close(struct spool *spool, const char *name, int listener);

/* The next who has connected, if they are who we are; -1 (EAGAIN): nobody. */
int listener_accept(int listener);

/* The other end. -1: nobody listens, or has no time, or is somebody else. */
int listener_connect(struct spool *spool, const char *name, int type);

#endif
