/* SPDX-License-Identifier: MIT */
#ifndef PROTOCOL_VISIT_H
#define PROTOCOL_VISIT_H

/*
 * A request to a program that goes on: what cgi.h has for programs of one request each does the same here,
 * but variables come from a head (scgi.h) instead of the environment, the reply is collected instead of
 * written, and where a program would end the visit does. Nothing here waits, and there is no body.
 *
 * One visit at a time. It may be made in parts; between them the program does something else, and may
 * compose replies to others (cgi_compose).
 */

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* It begins. `head` and `reply` must last until visit_end; values in the head are changed. */
void visit_begin(char *head, size_t len, struct buf *reply);

/*
 * Do a part of it. True: there may be another; false: it ended within, with what stands in `reply`. Whatever
 * `part` had opened by then is the caller's to close.
 */
bool visit_part(void (*part)(void *context), void *context);

void visit_end(void);

#endif
