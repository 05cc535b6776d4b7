/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_WATCH_H
#define SPOOL_WATCH_H

/* Hearing of new tokens, and that the journal grows, for the agent. Only a hint: whoever hears nothing lists tokens/. */

#include "spool.h"

/* Descriptors to poll. -1: not to be had (128 a user by default). */
int watch_tokens(struct spool *spool);
int watch_journal(struct spool *spool);

/* Throw the hints away. */
void watch_drain(int watch);

/* Each name that has been written since; NULL: some were lost, list the directory. -1: errno. */
int watch_read(int watch, void (*each)(void *context, const char *name), void *context);

#endif
