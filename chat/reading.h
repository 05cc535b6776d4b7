/* SPDX-License-Identifier: MIT */
#ifndef CHAT_READING_H
#define CHAT_READING_H

/* A thread, read by somebody who is in it. */

#include <stddef.h>
#include <stdint.h>

#include "chat/endpoint.h"
#include "spool/page.h"
#include "spool/thread.h"

#define READING_MOST PAGE_MOST     /* stanzas, or threads, in one answer */
#define READING_DEFAULT 50         /* the same when nobody says how many */
#define READING_BYTES (512 * 1024) /* of them together; one is always there, however long */

/* `limit` of the query: 1 to READING_MOST. Ends the program with 400 when it is no number. */
size_t reading_limit(const struct endpoint *endpoint);

struct reading {
    struct thread thread;
    uint64_t joined; /* theirs is what has a greater number */
};

/* -1: ENOENT when there is no such thread or the user is not in it, errno. Pairs with
 * reading_close. */
int reading_open(struct endpoint *endpoint, const char *id, struct reading *reading);
void reading_close(struct reading *reading);

/*
 * The line of stanza `seq`, valid until the next one. 1; 0: it is gone, or cannot be read, which is
 * told to the operator; -1: errno.
 */
int reading_line(struct reading *reading, uint64_t seq, const char **line, size_t *len);

/* Tell the operator about `file` of the thread. */
void reading_warn(const struct reading *reading, const char *file, const char *what);

#endif
