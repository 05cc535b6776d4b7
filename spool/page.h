/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_PAGE_H
#define SPOOL_PAGE_H

/*
 * A part of a thread by its numbers, for who looks back. The cost is that of the part, whatever the
 * length of the thread and whatever is missing of it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thread.h"

#define PAGE_MOST 200 /* stanzas in one */

/* Which numbers: above < number < below. */
struct page_range {
    uint64_t above;
    uint64_t below;
    bool backward; /* the greatest of them, else the least */
    size_t most;   /* stanzas, 1 to PAGE_MOST */
    size_t bytes;  /* of their files together; the first is taken however long it is */
};

struct page {
    uint64_t seq[PAGE_MOST]; /* ascending, whichever way they were looked for */
    size_t count;
    bool more; /* further on, in the direction looked, is another one of the range */
    bool gap;  /* numbers are missing before the last one found; without `more`, behind it, too */
};

/*
 * Look for them in new/ and cur/. Numbers that are gone (retention, damage) are passed over: a few
 * one by one, many as what has been cut off from one end. -1: errno.
 */
int page_find(struct thread *thread, const struct page_range *range, struct page *page);

#endif
