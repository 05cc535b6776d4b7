/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_SUSPECT_H
#define SPOOL_SUSPECT_H

/*
 * A thread whose journal records are being looked for, from the newest backward: which of its
 * numbers have been seen. Private to mend.c.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "map.h"
#include "path.h"

struct suspect {
    struct map_node node;
    char id[UUID_SIZE];
    uint64_t next;  /* every number from the thread's tail down to the one above has been seen */
    uint64_t *seen; /* numbers below `next`, when they came before it */
    size_t count;
    size_t size;
    bool sound; /* nothing is missing */
};

/* A thread whose newest number is `tail`; NULL: ENOMEM. */
struct suspect *suspect_make(const char *id, uint64_t tail);
void suspect_free(struct suspect *suspect);

/* A record of the number has been found. -1: ENOMEM. */
int suspect_see(struct suspect *suspect, uint64_t seq);

/* Whether one has. Sorts: ask when there is no more to see. */
void suspect_sort(struct suspect *suspect);
bool suspect_saw(const struct suspect *suspect, uint64_t seq);

#endif
