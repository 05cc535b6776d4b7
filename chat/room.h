/* SPDX-License-Identifier: MIT */
#ifndef CHAT_ROOM_H
#define CHAT_ROOM_H

/*
 * Who may make whom what in a room, and doing it: joining, leaving, inviting, kicking, banning,
 * handing over (Browser based Chat 1.0, requirement 6 of section 1.2). All of these end the program
 * on what may not be: 404 no such thread, or one is not in it (an open room may be joined); 403
 * whatever else the rules forbid, and in a thread of a set of people everything.
 */

#include "chat/endpoint.h"
#include "protocol/room.h"
#include "spool/role.h"

/*
 * The asking user joins an open room; being in it already, as whatever, is as good. Returns what they
 * are now.
 */
enum role room_join(struct endpoint *endpoint, const char *thread);

/* The asking user leaves; not being in it is as good. Returns what they are now: a ban stays one. */
enum role room_leave(struct endpoint *endpoint, const char *thread);

/*
 * The asking user makes `whom`, perhaps themselves, what `role` says. The members and whom it is
 * about are told. Returns what they are now: who comes into an empty room is its owner.
 */
enum role room_set(struct endpoint *endpoint, const char *thread, const struct user *whom,
                   enum role role);

/* What is told of a room; its subject lies in storage that the next call uses again. -1: errno. */
int room_about(struct thread *thread, struct room_about *about);

#endif
