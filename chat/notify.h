/* SPDX-License-Identifier: MIT */
#ifndef CHAT_NOTIFY_H
#define CHAT_NOTIFY_H

/* What clients tell a thread's members for the moment: how far they have read, and that they write. */

#include "chat/endpoint.h"
#include "protocol/notice.h"

/*
 * What is no message: by its form, or (NULL) its JSON text. `error` is why it is none, and the answer
 * unless it is a receipt or a chat state. Move the read mark, publish it to the thread's members
 * unless it is old news or too much of it (spool/throttle.h), and answer 200
 * {"success":true,"thread_id"}, and of a receipt `read`; 404 for a thread one is not in; 400 for a
 * number that the thread does not have.
 */
_Noreturn void notify(struct endpoint *endpoint, const struct form *form, const char *text,
                      size_t len, struct stanza_error *error);

#endif
