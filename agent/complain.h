/* SPDX-License-Identifier: MIT */
#ifndef AGENT_COMPLAIN_H
#define AGENT_COMPLAIN_H

/* The agent's failures: one line each on stderr, the same not more than once a minute. */

#include "job.h"

/* `object` is what it happened to. A `struct report` calls this one. */
void complain(void *context, const char *object, int error);

#endif
