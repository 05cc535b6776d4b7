/* SPDX-License-Identifier: MIT */
#ifndef AGENT_COMPLAIN_H
#define AGENT_COMPLAIN_H

/* The agent's failures: one line each on stderr, the same not more than once a minute. */

#include "job.h"

/* `object` is what it happened to. A `struct report` calls this one. */
void complain(void *agent, const char *object, int error);

/* The same in words. */
void complain_words(struct agent *agent, const char *object, const char *what);

#endif
