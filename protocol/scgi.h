/* SPDX-License-Identifier: MIT */
#ifndef PROTOCOL_SCGI_H
#define PROTOCOL_SCGI_H

/*
 * The beginning of an SCGI request: a netstring of CGI variables, name, NUL, value, NUL. The first is
 * CONTENT_LENGTH, in digits, and one is SCGI with the value 1.
 */

#include <stddef.h>

/* Bytes of a head: more than the servers we know take from a browser. */
#define SCGI_HEAD_MAX 65536
/* With the netstring's length, colon and comma. */
#define SCGI_SIZE (SCGI_HEAD_MAX + 7)

struct scgi {
    size_t start; /* of the head, in what was read */
    size_t len;
    size_t used; /* all of the netstring */
};

/*
 * Look at `len` bytes that have come. 1: the head is whole and sound; 0: not all of it is there; -1: EMSGSIZE
 * it will be too long, EBADMSG it is none.
 */
int scgi_look(const char *bytes, size_t len, struct scgi *scgi);

#endif
