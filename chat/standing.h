/* SPDX-License-Identifier: MIT */
#ifndef CHAT_STANDING_H
#define CHAT_STANDING_H

/*
 * Where this program's stream stands, when its client keeps no cursor: its place (spool/place.h),
 * and what becomes of it with what the web server has and has not taken. One stream at a time.
 * What fails is told to the operator; the stream goes on. With a cursor all of it does nothing.
 */

#include "chat/endpoint.h"
#include "spool/handover.h"
#include "spool/journal.h"

/* Where to begin: at `given`, or without one (NULL) at a place; NULL: where the user is. */
const struct cursor *standing_find(struct endpoint *endpoint, const struct cursor *given);

/* An event stream or a poll begins. */
void standing_begin(struct cursor at);

/* An event stream: about to write; all before `at` is written, a sign of life at least; it ends,
 * also by SIGTERM from now on (guard). */
void standing_look(void);
void standing_move(struct cursor at);
void standing_guard(void);
void standing_leave(void);

/* A poll: it is about to answer with all before `at`; that could not be written. */
void standing_offer(struct cursor at);
void standing_withdraw(void);

/* The place, for who holds the stream from now on. */
void standing_hand(struct handover *handover);

/* Be ready for another stream: this one's place is in other hands, or its end is a program's. */
void standing_forget(bool handed);

#endif
