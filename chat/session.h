/* SPDX-License-Identifier: MIT */
#ifndef CHAT_SESSION_H
#define CHAT_SESSION_H

/*
 * Who may start a thread with whom, and the thread they get (Browser based Chat 1.0, section 2.2).
 */

#include <stddef.h>

#include "chat/endpoint.h"
#include "spool/path.h"

/* What a new room is to be. */
struct session_room {
    const char *subject; /* NULL: none */
    bool open;           /* for whoever is not banned */
    bool history;        /* to be read by who joins later */
};

/*
 * The thread of the asking user and `count` others: the one that exactly these people have, found
 * or made; or, unless `room` is NULL, a new room, in which one may be alone. Ends the program with
 * 400 on `field` for what is no user name or too many people, 403 for who is unknown, no friend, or
 * oneself, 429 for too many rooms.
 */
void session_thread(struct endpoint *endpoint, const char *field, const char *const *others,
                    size_t count, const struct session_room *room, char thread[UUID_SIZE]);

/* 403 for who is unknown, no friend, or oneself. */
void session_check_other(struct endpoint *endpoint, const struct user *other);
/* The same words, for whom one is not to know more about. */
_Noreturn void session_die_other(void);

/* A change of rooms counts as a message of the asking user: 429 when there are too many a minute. */
void session_count(struct endpoint *endpoint);

/* How many members a thread may have here. */
size_t session_members_max(const struct endpoint *endpoint);

#endif
