/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_ONLINE_H
#define SPOOL_ONLINE_H

/*
 * Who is online: online/<user>, whose mtime is the last sign of life, and its text what the others
 * have been told (told.h). Only changes are published, as short-lived stanzas in presence/ with a
 * record in the journal. What such a stanza looks like, and whether the user is to be seen, is the
 * caller's to say.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "dir.h"
#include "friends.h"
#include "spool.h"

#define ONLINE_TOUCH_SEC 20  /* between two signs of life of a stream */
#define ONLINE_AGAIN_SEC 1   /* until one that could not be given is tried again */
#define ONLINE_FRESH_PART 12 /* of a lease: so soon a sign of life is not given again */
_Static_assert(ONLINE_TOUCH_SEC + ONLINE_AGAIN_SEC + CONFIG_LEASE_MIN / ONLINE_FRESH_PART <
                   CONFIG_LEASE_MIN,
               "a lease outlasts what lies between two signs of life");

/*
 * Whoever publishes brings a function that writes the stanza; it points `*line` to storage of its
 * own. A length of 0 where the user is available: they hide, and to others they are not.
 */
struct online_compose {
    int (*compose)(void *context, const struct user *user, bool available, const char **line,
                   size_t *len);
    void *context;
};

/*
 * A sign of life. 1: the user was not online and is now, which has been published unless they
 * hide; 0: was; -1: errno. What a killed program had not told yet is published, too. Within one
 * ONLINE_FRESH_PARTth of the lease nothing is written and nobody waited for, so that who polls pays for
 * a look only; the lease counts from the older sign, then.
 * EWOULDBLOCK: spool_lock; to be done again after ONLINE_AGAIN_SEC.
 */
int online_touch(struct spool *spool, const struct user *user, const struct online_compose *by);

/*
 * Replace the user's presence.json by `text` and, while the lease runs, publish what that changes
 * for the others, once. -1: errno; whatever of it was done, doing it again, online_tell or the
 * next sign of life does the rest.
 */
int online_set(struct spool *spool, const struct user *user, const char *text, size_t len,
               const struct online_compose *by);
/* Only that rest. */
int online_tell(struct spool *spool, const struct user *user, const struct online_compose *by);

/* Whether the user's lease runs, hidden or not. */
bool online_is(struct spool *spool, const struct user *user);

/*
 * Those whose lease runs, one by one; of a `user` (else NULL) only who may be among their friends. -1: errno;
 * online_close: something could not be read.
 */
struct online_list {
    struct spool *spool;
    struct dir dir;
    struct friends friends;
};
int online_open(struct online_list *list, struct spool *spool, const struct user *user);
bool online_next(struct online_list *list, struct user *user);
int online_close(struct online_list *list);

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
