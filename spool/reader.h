/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_READER_H
#define SPOOL_READER_H

/*
 * What the journal holds for one user: stanzas of their threads from after they joined, short-lived
 * ones, too, and the presence of their friends, in the order of the journal.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "friends.h"
#include "journal.h"
#include "spool.h"
#include "user.h"

#define READER_THREADS 64 /* memberships remembered while reading */

struct reader {
    struct journal_reader journal; /* journal.at is the user's cursor */
    const struct user *user;
    const struct spool_grammar *grammar;
    bool limited; /* something is missing between the cursor and here: say so once, then clear it */
    uint64_t stop; /* look at no record from this one on; all, unless somebody sets it */
    struct membership {
        char thread[UUID_SIZE];
        bool member;
        struct user_entry entry;
    } seen[READER_THREADS];
    bool recalled; /* what `friends` is */
    struct friends friends;
};

/*
 * Begin at `since`, or where everything has reached the user (NULL). `user` and `grammar` must
 * outlive the reader.
 */
int reader_open(struct reader *reader, struct spool *spool, const struct user *user,
                const struct spool_grammar *grammar, const struct cursor *since);

/* The same at a place that is known to exist. */
void reader_stand(struct reader *reader, struct spool *spool, const struct user *user,
                  const struct spool_grammar *grammar, struct cursor at);

/*
 * The next stanza's line: 1, with `*line` valid until the next call; 0: nothing more for now; 2: it has
 * come to `stop`; -1: errno. A stanza that is not there any more (retention) is passed over and sets `limited`.
 */
int reader_next(struct reader *reader, const char **line, size_t *len);

/*
 * Forget which threads the user was in, and their list of friends: before reading on after something that
 * may have taken a while. At the end of the journal reader_next does so itself.
 */
void reader_forget(struct reader *reader);

void reader_close(struct reader *reader);

#endif
