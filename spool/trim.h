/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_TRIM_H
#define SPOOL_TRIM_H

/*
 * What a site lets go of: stanzas past `retain_days`, and the old end of the journal. Each goes
 * over all it can and reports what fails.
 */

#include <stdint.h>

#include "report.h"
#include "spool.h"

#define JOURNAL_KEEP_DAYS 30

/*
 * Stanzas older than `retain_days`, the oldest first, but never a thread's newest: the numbers go
 * on from it, and the hash chain does. Nothing when the setting is 0.
 */
void trim_threads(struct spool *spool, const struct report *report);

/*
 * Segments, the oldest first, whose newest record is older than JOURNAL_KEEP_DAYS, has reached
 * every user and is older than record `keep`; or is older than `retain_days`. Never the newest
 * segment.
 */
void trim_journal(struct spool *spool, const struct report *report, uint64_t keep);

#endif
