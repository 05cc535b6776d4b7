/* SPDX-License-Identifier: MIT */
#ifndef PROTOCOL_RANGE_H
#define PROTOCOL_RANGE_H

/* Which part of a file is asked for, and whether the client has it already (RFC 9110, sections 13
 * and 14). */

#include <stdbool.h>
#include <stdint.h>

struct range {
    uint64_t first; /* bytes, from 0 */
    uint64_t last;  /* this one, too */
};

/*
 * The header Range for a file of `size` bytes. 1: one range of bytes, which is within the file; 0:
 * none, or what may be ignored (another unit, several ranges, not in the grammar); -1: it begins
 * behind the end (416).
 */
int range_parse(struct range *range, const char *header, uint64_t size);

/* The header If-Range, "" when absent: whether Range counts. `etag` with its quotes; a date never
 * fits, for we send none. */
bool range_if(const char *header, const char *etag);

/* The header If-None-Match: whether one of its tags is `etag`, weak or not, or all are ("*"). */
bool range_none_match(const char *header, const char *etag);

#endif
