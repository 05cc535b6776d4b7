/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_CONCERN_H
#define SPOOL_CONCERN_H

/* Whom a record of the journal, and the stanza behind it, is for. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal.h"
#include "spool.h"
#include "user.h"

struct concern {
    uint64_t number; /* of the record */
    int64_t ms;
    uint64_t seq;           /* of the stanza in its thread; 0: short-lived */
    char thread[UUID_SIZE]; /* "": it belongs to none */
    bool nobody;            /* damaged: nobody's */
    struct user about;      /* of a short-lived one: whom it is about */
};

/* A message's; `number` is its record's. */
void concern_message(struct concern *concern, const struct journal_record *record, uint64_t number);
/* A short-lived stanza's, by its text. */
void concern_brief(struct concern *concern, const struct journal_record *record, uint64_t number,
                   const struct spool_grammar *grammar, const char *text, size_t len);

/* What belongs to a thread: whether it is pushed to who is in it by this entry. */
bool concern_member(const struct concern *concern, const struct user_entry *entry);
/* Whether it is about the user, whom then nothing else need be asked about. */
bool concern_own(const struct concern *concern, const struct user *user);

/*
 * Whether a short-lived stanza is the user's to see: what belongs to a thread is its members' and
 * whom it is about, who may have left with it; presence is the other friends'. `entry` NULL: is no
 * member, or it belongs to no thread. 1, 0, -1: errno.
 */
int concern_user(const struct concern *concern, struct spool *spool, const struct user *user,
                 const struct user_entry *entry);

#endif
