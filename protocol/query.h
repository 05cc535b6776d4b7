/* SPDX-License-Identifier: MIT */
#ifndef PROTOCOL_QUERY_H
#define PROTOCOL_QUERY_H

/* What a query string may ask for, taken or refused. */

#include <stddef.h>
#include <stdint.h>

#include "cgi.h"

/*
 * The field `name` as a whole number, `otherwise` when it is not there. What is no number of 1 to
 * `digits` (at most 19) digits ends the program: 400, naming the field.
 */
uint64_t query_number(const struct cgi *cgi, const char *name, size_t digits, uint64_t otherwise);

#endif
