/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_RECORD_H
#define SPOOL_RECORD_H

/* The 64 bytes of a journal record, and cursors as text. Private to the journal. */

#include "journal.h"

/* Exactly JOURNAL_RECORD bytes; no NUL. */
void record_print(char out[JOURNAL_RECORD], const struct journal_record *record);
/* -1 when the bytes are no record (zeros after a power cut, a torn write). */
int record_parse(struct journal_record *record, const char bytes[JOURNAL_RECORD]);

#endif
