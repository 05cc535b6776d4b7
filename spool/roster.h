/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_ROSTER_H
#define SPOOL_ROSTER_H

/* The lines of a thread's `members`, read to be changed. Private to role.c. */

#include "role.h"

#define ROSTER_MAX (THREAD_MEMBERS_MAX + ROLE_BANNED_MAX)

struct roster_line {
    enum role role;
    uint64_t joined;
    struct user user;
    bool lost; /* its entry is missing: what a killed change has left; `role` is ROLE_NONE */
};

struct roster {
    size_t count;
    bool changed;
    struct roster_line line[ROSTER_MAX];
};

/* Read the lines; each but a banned one's is `lost` when its user has no entry. -1: errno. */
int roster_read(struct roster *roster, struct spool *spool, struct thread *thread);

/* Somebody's line, or NULL. */
struct roster_line *roster_find(struct roster *roster, const struct user *user);

/* Add a line at the end, -1 (E2BIG): there is no room; take one out. */
int roster_add(struct roster *roster, const struct user *user, enum role role, uint64_t joined);
void roster_drop(struct roster *roster, struct roster_line *line);

/* How many have this role. */
size_t roster_count(const struct roster *roster, enum role role);

/* Who is to be the owner where there is none: the first moderator, else the first guest, or NULL. */
struct roster_line *roster_heir(struct roster *roster);

/*
 * Write them to a draft in the thread's directory; then let it take the place of `members`. -1:
 * errno.
 */
int roster_draft(const struct roster *roster, struct thread *thread, bool sync);
int roster_commit(struct thread *thread, bool sync);

#endif
