/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_MEND_H
#define SPOOL_MEND_H

/*
 * The journal is not synced: a power cut may take its last records, or leave zeros in their place,
 * though the stanzas they stood for are safe in their threads. Mending appends records for these
 * again.
 *
 * How far back that can reach is known from the file `mended`: a place in the journal up to which
 * all was well at some moment. MEND_MARGIN_SEC before its time is where looking ends; every kernel
 * writes what it has been given to the disk in a fraction of that.
 */

#include <stddef.h>

#include "report.h"
#include "spool.h"

#define MEND_MARGIN_SEC 600

/*
 * Journal what is not journaled, each stanza exactly once and, within its thread, in order. 0: all
 * is well, and marked so; 1: not everything could be looked at (a thread was locked) or something
 * failed, which has been reported: call it again; -1: errno. `*count`: records appended.
 *
 * Cheap when nothing is wrong: two stat a thread, and the journal's last minutes read once.
 */
int mend_journal(struct spool *spool, const struct spool_grammar *grammar,
                 const struct report *report, size_t *count);

/*
 * Say that all is well up to here: true as long as the machine has been up since mend_journal said
 * so.
 */
int mend_mark(struct spool *spool);

#endif
