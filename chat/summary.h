/* SPDX-License-Identifier: MIT */
#ifndef CHAT_SUMMARY_H
#define CHAT_SUMMARY_H

/* A thread as a list of them shows it. */

#include "chat/reading.h"
#include "protocol/buf.h"

/*
 * Append {"id","subject","open","created","role","members","memberCount","last","read","unread"} as
 * the asking user sees the thread; protocol/README.md says what they mean. What is damaged is told
 * to the operator and left null, `members` empty. -1: errno.
 */
int summary_put(struct buf *out, struct endpoint *endpoint, struct reading *reading);

#endif
