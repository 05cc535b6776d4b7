/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_USER_H
#define SPOOL_USER_H

/* What the spool keeps of a user: users/<user>/. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "journal.h"
#include "path.h"
#include "spool.h"

#define USER_PROFILE_MAX 16384 /* bytes of profile.json and presence.json */

/*
 * Whether the user has a directory: was logged in once, or was put there by the site's owner. 1, 0, or
 * -1 with errno.
 */
int user_known(struct spool *spool, const struct user *user);

/*
 * Make the user's directory or whatever of it is missing. A new user's `delivered` is the journal's
 * end: nothing before can be for them. Any number may do it at once.
 */
int user_make(struct spool *spool, const struct user *user);

/*
 * The text of a file of the user ("profile.json", "presence.json"). Its length, 0 when there is
 * none, -1: errno, and EFBIG above size - 1.
 */
ssize_t user_text(struct spool *spool, const struct user *user, const char *file, char *out,
                  size_t size);

/*
 * The lock of whoever reads what the user has set, to set it anew: held until the descriptor that
 * this returns is closed. -1: errno.
 */
int user_lock(struct spool *spool, const struct user *user);

/* Each known user in turn, until `each` returns other than 0, which is returned; -1: errno. */
int user_each(struct spool *spool, int (*each)(void *context, const struct user *user),
              void *context);

/* The place up to which everything has reached the user. */
int user_delivered(struct spool *spool, const struct user *user, struct cursor *cursor);
/* Move it forward; backward is not an error and does nothing. */
int user_deliver(struct spool *spool, const struct user *user, struct cursor cursor);

/* The number in the thread at which the user joined: only what came after is theirs. -1 (ENOENT):
 * no member. */
int user_joined(struct spool *spool, const struct user *user, const char *thread, uint64_t *seq);
int user_join(struct spool *spool, const struct user *user, const char *thread, uint64_t seq);

/*
 * The whole of a membership: the number, and the place in the journal before which nothing of the
 * thread is theirs to be told of; 0-0 where the entry has none. user_enter: an entry that is there
 * already stays. user_leave: that there is none is as good. -1: errno.
 */
struct user_entry {
    uint64_t seq;
    struct cursor place;
};
int user_entry(struct spool *spool, const struct user *user, const char *thread,
               struct user_entry *entry);
int user_enter(struct spool *spool, const struct user *user, const char *thread,
               const struct user_entry *entry);
int user_leave(struct spool *spool, const struct user *user, const char *thread);
/* Whether what record `number` of the journal, written at `ms`, tells of the thread came before. */
bool user_entry_is_before(const struct user_entry *entry, uint64_t number, int64_t ms);

#endif
