/* SPDX-License-Identifier: MIT */
#ifndef CHAT_SESSION_H
#define CHAT_SESSION_H

/*
 * Who may start a thread with whom, and the thread they get (Browser based Chat 1.0, section 2.2).
 */

#include <stddef.h>

#include "chat/endpoint.h"
#include "spool/path.h"

/*
 * The thread of the asking user and `count` others: the one that exactly these people have, found
 * or made; with a `subject` (not NULL) a new room. Ends the program with 400 on `field` for what is
 * no user name or too many people, 403 for who is unknown, no friend, or oneself.
 */
void session_thread(struct endpoint *endpoint, const char *field, const char *const *others,
                    size_t count, const char *subject, char thread[UUID_SIZE]);

#endif
