/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_WATCH_H
#define SPOOL_WATCH_H

/* Hearing of tokens, and that the journal grows, for the agent. Only a hint: whoever hears nothing looks there. */

#include "spool.h"

/*
 * Descriptors to poll. -1: not to be had (128 a user by default). New tokens; that the journal grows, and
 * which tokens have gone.
 */
int watch_tokens(struct spool *spool);
int watch_streams(struct spool *spool);

/* Each name that this is about; NULL: some were lost, list the directory. -1: errno. */
int watch_read(int watch, void (*each)(void *context, const char *name), void *context);

#endif
