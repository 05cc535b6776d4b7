/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_SEGMENT_H
#define SPOOL_SEGMENT_H

/* The files that the ledger is cut into, and which of them is the newest. Private to the journal. */

#include "journal.h"

/* The segment that begins with record `first`, as openat; O_CREAT makes it. -1: errno. */
int segment_open(struct spool *spool, uint64_t first, int flags);
bool segment_exists(struct spool *spool, uint64_t first);

/* Whole records in a segment; a torn one at its end does not count and is written over. -1: errno. */
int64_t segment_count(int fd);
/* Record `index` of the segment. -1: errno, EBADMSG where there is none that can be read. */
int segment_read(int fd, uint64_t index, struct journal_record *record);
/* The place after the newest readable record of a segment that has `count`; -1: there is none. */
int segment_newest(int fd, uint64_t first, int64_t count, struct cursor *place);

/* The newest one. */
struct segment {
    int fd; /* the caller's; -1: the ledger is empty, and so is all else */
    uint64_t first;
    int64_t count;
    bool searched; /* for which all of them had to be listed */
};

/* `flags` as for segment_open. -1: errno; nothing is open. */
int segment_last(struct spool *spool, int flags, struct segment *last);
/* The newest is the one that begins with `first`: to be said under the journal's lock. Nothing is lost where that
 * cannot be written. */
void segment_remember(struct spool *spool, uint64_t first);

#endif
