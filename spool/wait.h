/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_WAIT_H
#define SPOOL_WAIT_H

/*
 * Waiting for the journal to grow. Arm first, then read the journal, then wait: so nothing that
 * lands in between is missed. A wake-up is only a hint; whoever waits looks again at least every
 * WAIT_LOOK_MSEC, for events get lost.
 *
 * dnotify before inotify: a user has 128 inotify instances and no limit of dnotify's, and the close
 * of an inotify instance waits for a grace period of the kernel (10 ms measured, 0.1 ms for the
 * other), which a client of a long poll would wait for, too.
 */

#include "spool.h"

#define WAIT_LOOK_MSEC 5000
#define WAIT_POLL_MSEC 250 /* where the kernel will not tell us at all */

struct wait {
    int dnotify; /* the journal once more, for F_NOTIFY; -1: a kernel without it */
    int inotify; /* then this; -1: none to be had */
    int watch;
};

/* Never fails: at worst wait_for looks every WAIT_POLL_MSEC. */
void wait_arm(struct wait *wait, struct spool *spool);

/*
 * Until there is perhaps something to read, `msec` are over, or `out` (-1: none) is closed at its
 * other end. 0: look and see what time it is; 1: closed.
 */
int wait_for(struct wait *wait, int out, int64_t msec);

/*
 * Must be called before the last byte of an answer: what ends by the exit of the process lasts
 * longer, and web servers wait for that.
 */
void wait_disarm(struct wait *wait);

#endif
