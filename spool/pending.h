/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_PENDING_H
#define SPOOL_PENDING_H

/*
 * What lies in the threads' new/, and under which journal record: learnt once from the disk, then
 * followed in the journal. Private to the mover (move.h).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal.h"
#include "map.h"
#include "report.h"

#define PENDING_UNKNOWN UINT64_MAX /* not journaled as far as we know: delivered to nobody */

struct pending {
    uint64_t seq;
    uint64_t record;
};

/* A thread with something in new/. */
struct waiting {
    struct map_node node;
    char id[UUID_SIZE];
    struct pending *list; /* ascending */
    size_t count;
    size_t size;
    int64_t look_ms;  /* the mover's: when to look again, */
    int64_t every_ms; /* and how long to wait then */
};

struct pendings {
    struct map threads;
    struct cursor at;  /* followed up to here */
    struct cursor end; /* the journal's end when we did */
    bool known;        /* has been learnt */
};

/*
 * Take in what has been journaled since the last time; the first time, and whenever the journal is
 * not the one it was, everything is learnt anew. -1: errno, try again.
 */
int pendings_follow(struct pendings *pendings, struct spool *spool, const struct report *report);

/* Forget the thread's first `count` stanzas; with its last the thread, too (1: it is gone). */
int pendings_drop(struct pendings *pendings, struct waiting *waiting, size_t count);

void pendings_clear(struct pendings *pendings);

#endif
