/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_JOURNAL_H
#define SPOOL_JOURNAL_H

/*
 * The site's ledger: one record of 64 bytes a stanza, in the order of arrival. Record n stands at
 * byte 64*n, cut into segments of JOURNAL_SEGMENT records, each named by its first. So a position
 * is a number, and finding it is one pread, however long the ledger has become. The format is in
 * README.md.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spool.h"

#define JOURNAL_RECORD 64
#define JOURNAL_SEGMENT 65536 /* records, 4 MiB */
#define JOURNAL_PAGE 32       /* records read at a time */
#define CURSOR_SIZE 32        /* a cursor as text, with NUL */

#define JOURNAL_MESSAGE 'm'  /* id: thread, seq: the stanza's number in it */
#define JOURNAL_PRESENCE 'p' /* id: a file in presence/, seq: 0 */

struct journal_record {
    char kind;
    char id[UUID_SIZE];
    uint64_t seq;
    int64_t ms; /* since 1970; never smaller than the record's before */
};

/*
 * A place between two records. As text "<record>-<ms of that record>" of the last record before it,
 * or "0-0" at the very beginning; the ms shows when a record number has been used again after a
 * loss.
 */
struct cursor {
    uint64_t next;
    int64_t ms; /* of record next - 1; 0 when next is 0 */
};

/* Text to cursor; -1 (EINVAL) when it is none. Cursor to text; its length. */
int cursor_parse(struct cursor *cursor, const char *text);
size_t cursor_print(char out[CURSOR_SIZE], struct cursor cursor);

/*
 * Append a record under the journal's lock; record->ms is set (now, or the last record's when the
 * clock has gone back). `*end`, when not NULL, gets the place after it. -1: nothing was appended.
 */
int journal_append(struct spool *spool, struct journal_record *record, struct cursor *end);

/* The place after the newest record that can be read. */
int journal_end(struct spool *spool, struct cursor *end);

/* Reads forward; opens segments as it goes. */
struct journal_reader {
    struct spool *spool;
    struct cursor at; /* the place after the last record returned */
    bool gap;         /* records are missing or damaged between where we were and here */
    int segment;      /* descriptor, -1 */
    uint64_t first;   /* record that `segment` begins with */
    uint64_t page_first;
    size_t page_count;
    char page[JOURNAL_PAGE * JOURNAL_RECORD];
};

/*
 * Begin at `cursor`. When its record is gone or is another one (trimmed, restored, lost in a power
 * cut) reading goes on with the first record that is not older, and `gap` is set.
 */
int journal_seek(struct journal_reader *reader, struct spool *spool, struct cursor cursor);
/* 1: a record; 0: none yet; -1: errno. Damaged records are passed over and set `gap`. */
int journal_next(struct journal_reader *reader, struct journal_record *record);
void journal_close(struct journal_reader *reader);

/*
 * The same backward, for those who look for something recent: the record before `*next`, which
 * moves to it. 1, 0 at the oldest, -1. `reader` must have been through journal_seek; its own place
 * is lost.
 */
int journal_previous(struct journal_reader *reader, uint64_t *next, struct journal_record *record);

/* The oldest and newest segment, by their first records. 0: there are any; -1 (ENOENT): none. */
int journal_segments(struct spool *spool, uint64_t *oldest, uint64_t *newest);

#endif
