/* SPDX-License-Identifier: MIT */
#ifndef CHAT_PEOPLE_H
#define CHAT_PEOPLE_H

/* Users as the protocol shows them: sender objects (3.1.8) and presence (3.2), made of what lies in
 * users/<user>/. */

#include <stdbool.h>
#include <stddef.h>

#include "protocol/buf.h"
#include "spool/online.h"
#include "spool/spool.h"
#include "spool/thread.h"
#include "spool/user.h"

/* Bytes of a sender object at most. */
#define PEOPLE_SENDER_MAX (6 * USER_PROFILE_MAX + 4 * USER_NAME_MAX + 256)

/* What the spool asks of a stanza's text. */
extern const struct spool_grammar people_grammar;

/* Append the user's sender object. A profile that is no JSON object is told to the operator and
 * left out. */
void people_sender_put(struct buf *out, struct spool *spool, const struct user *user);

/* The same without what the profile says, for whom that is not to be told. */
void people_name_put(struct buf *out, const struct user *user);

/*
 * Whether the two see each other (spool/user.h): 1, 0, or -1 with errno. A list that is no list is told
 * to the operator, and taken for one without the other in it.
 */
int people_friends(struct spool *spool, const struct user *one, const struct user *other);

/*
 * Append the user's presence: as a stored line, false and nothing when it would have to say that
 * somebody is available who hides; as the object of a list, where who hides is not available.
 */
bool people_presence_put(struct buf *out, struct spool *spool, const struct user *user,
                         bool available);
void people_presence_object_put(struct buf *out, struct spool *spool, const struct user *user,
                                bool available);

/* How presence is published (spool/online.h). Its line is valid until the next one. */
struct online_compose people_compose(struct spool *spool);

/* A user whose sender object has been made already. */
struct people_known {
    const struct user *user;
    struct buf sender;
};

/*
 * The members of a thread as the inside of a JSON array, at most STANZA_MEMBERS_SHOWN; `known` may be
 * NULL. -1: errno.
 */
int people_members_put(struct buf *out, struct spool *spool, struct thread *thread,
                       const struct people_known *known, size_t *count);

#endif
