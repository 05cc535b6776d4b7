/* SPDX-License-Identifier: MIT */
#ifndef PROTOCOL_BUF_H
#define PROTOCOL_BUF_H

/*
 * A byte buffer over storage that the caller owns: no allocation. Writers append without
 * checking; whoever sends or stores the result looks at `full` once, at the end.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
    char *data;  /* the caller's; not NUL-terminated */
    size_t len;  /* bytes used */
    size_t size; /* bytes there are */
    bool full;   /* something did not fit and was left out: the content must not be used */
    char *more;  /* where it moves when it gets longer, and how much there is; NULL: nowhere */
    size_t more_size;
};

/* An empty buffer over `size` bytes at `data`, which must outlive it. */
struct buf buf_over(char *data, size_t size);
/* One that begins in a short array and moves to a large one when it has to: for what is mostly short (base/scratch.h).
 * What was put first is then there twice, and `data` is new; a copy of the struct may be read, and nothing put into it. */
struct buf buf_over_two(char *brief, size_t brief_size, char *large, size_t large_size);

/* Append `len` bytes, a string, a number in decimal. What does not fit whole sets `full`. */
void buf_put(struct buf *buf, const void *bytes, size_t len);
void buf_puts(struct buf *buf, const char *string);
void buf_putu(struct buf *buf, uint64_t number);

#endif
