/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CLIENT_CROWD_H
#define BENCH_CLIENT_CROWD_H

/*
 * One who speaks and many who listen, in one thread, by epoll. Messages are numbered; each listener
 * awaits them in order. Whatever goes wrong ends the program and says what.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "peer.h"
#include "samples.h"

/* Memory for all of them, used at once: what is measured later is the server's. */
void crowd_make(const struct peer *peer, const struct peer_site *site,
                const struct work_users *users, size_t listeners);

/* The one who speaks comes in; sessions only. */
void crowd_speaker(void);

/* Listeners come in, not too many at a time, until all of them wait. */
void crowd_gather(void);

/* Let whatever comes come, for so long. */
void crowd_idle(int64_t ns);

/*
 * Say the next message and wait until every listener has it, and the reply is there. Each one's time
 * goes to `arrivals`, the last one's is returned, both from just before the request was written.
 */
int64_t crowd_say(struct samples *arrivals);

/* Replies that had to be asked for again without a message, and connections made anew. */
struct crowd_oddities {
    uint64_t empty, reconnected;
};
struct crowd_oddities crowd_oddities(void);

#endif
