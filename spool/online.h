/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_ONLINE_H
#define SPOOL_ONLINE_H

/*
 * Who is online: online/<user>, whose mtime is the last sign of life. Only changes are published,
 * as short-lived stanzas in presence/ with a record in the journal. What such a stanza looks like
 * is the caller's to say.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "spool.h"

#define ONLINE_TOUCH_SEC 20 /* between two signs of life of a stream */

/* Whoever publishes brings a function that writes the stanza; it points `*line` to storage of its
 * own. */
struct online_compose {
    int (*compose)(void *context, const struct user *user, bool available, const char **line,
                   size_t *len);
    void *context;
};

/* A sign of life. 1: the user was not online and is now, which has been published; 0: was; -1:
 * errno. */
int online_touch(struct spool *spool, const struct user *user, const struct online_compose *by);

/* Whether the user's lease runs. */
bool online_is(struct spool *spool, const struct user *user);

/* Each user whose lease runs, until `each` returns other than 0. */
int online_each(struct spool *spool, int (*each)(void *context, const struct user *user),
                void *context);

/*
 * Remove whose lease has run out, and publish their departure. `*next_ms`, when not NULL: in how
 * many ms the next one may run out; -1 when nobody is online.
 */
int online_sweep(struct spool *spool, const struct online_compose *by, int64_t *next_ms);

/* Store a short-lived stanza and journal it; returns when readers can see it. */
int presence_publish(struct spool *spool, const char *line, size_t len);
/* Its text. -1: ENOENT when its time is over. */
ssize_t presence_read(struct spool *spool, const char *id, char *out, size_t size);

#endif
