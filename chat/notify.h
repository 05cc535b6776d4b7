/* SPDX-License-Identifier: MIT */
#ifndef CHAT_NOTIFY_H
#define CHAT_NOTIFY_H

/* What clients tell a thread's members for the moment: how far they have read, and that they write. */

#include "chat/endpoint.h"
#include "protocol/notice.h"

/*
 * Move the read mark, publish the notice to the thread's members unless it is old news or too much
 * of it (spool/throttle.h), and answer: 200 {"success":true,"thread_id"} and of a receipt `read`;
 * 404 for a thread one is not in; 400 for a number that the thread does not have.
 */
_Noreturn void notify(struct endpoint *endpoint, const struct notice *notice);

#endif
