/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_FRIENDS_H
#define SPOOL_FRIENDS_H

/* Who is whose friend: users/<user>/friends, a name a line; whoever has no such list is everybody's. */

#include <stdbool.h>
#include <stdint.h>

#include "path.h"
#include "spool.h"

/*
 * Whether each has the other among their friends; without a `friends` file everybody is. -1: errno.
 */
int user_friends(struct spool *spool, const struct user *one, const struct user *other);
/* Whether the user has the other among theirs. */
int user_befriends(struct spool *spool, const struct user *user, const struct user *other);

/* Each name in the user's list of friends, until `each` returns other than 0, which is returned. -1: errno,
 * ENOENT without a list. */
int user_each_friend(struct spool *spool, const struct user *user,
                     int (*each)(void *context, const char *name), void *context);

/*
 * A user's list in short, as it was when it was read: of whom many are asked about and few are friends.
 * "No" is certain, "perhaps" is for user_friends to tell: of the names that are not in a list of 300 one
 * in fifty, of 2,000 two in five.
 */
#define FRIENDS_WORDS 64
struct friends {
    bool unread; /* there is none, or user_friends has the errno */
    bool all;    /* there is none */
    uint64_t bits[FRIENDS_WORDS];
};
void friends_recall(struct friends *friends, struct spool *spool, const struct user *user);
/* `name` by map_hash. */
bool friends_perhaps(const struct friends *friends, uint64_t name);

#endif
