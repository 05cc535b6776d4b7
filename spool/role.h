/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_ROLE_H
#define SPOOL_ROLE_H

/*
 * Who is what in a thread, and changing it. Somebody is in a thread when users/<user>/threads/ has an
 * entry for it; the thread's `members` says as what. A line without its entry is what a killed
 * change has left: nobody's. README.md has the order of the steps, and what a crash between them
 * leaves.
 *
 * What may be done to whom is the caller's to know; here are the steps.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thread.h"

#define ROLE_BANNED_MAX 1000 /* people kept out of one room */

/* In the order of what they may do. From ROLE_GUEST on one is in. */
enum role { ROLE_NONE, ROLE_BANNED, ROLE_GUEST, ROLE_MODERATOR, ROLE_OWNER };

/* "none", "banned", "guest", "moderator", "owner"; and back: -1 (EINVAL). */
const char *role_name(enum role role);
int role_named(enum role *role, const char *name);

/* Whether the id is a room's; a thread of a set of people has a UUID of version 5, and its members
 * for ever. */
bool role_is_room(const char *id);

/* What somebody is in the thread just now. -1: errno. */
int role_of(struct spool *spool, struct thread *thread, const struct user *user, enum role *role);

/* One change: what is wanted, what is found under the lock, and what is asked there. */
struct role_change {
    const struct user *by;
    const struct user *whom;
    enum role role; /* wanted; who comes into an empty room becomes its owner: then this says so */
    bool history;   /* who comes in may read what was said before */

    enum role by_is;
    enum role whom_is;
    size_t members;
    size_t owners;

    /* Whether it may be. 0: yes; 1: nothing is to be done; -1: errno. */
    int (*may)(void *context, struct role_change *change);
    /* Tell the others, before it is done: whoever is killed tells it twice, never not at all. */
    int (*announce)(void *context, const struct user *whom, enum role role);
    void *context;
};

/*
 * Do it, under the thread's lock. When the last owner goes, the moderator who came first becomes
 * owner, else the guest who came first; that is announced, too. 0: done, and durable unless
 * `sync = no`; 1: `may` said so; -1: errno (E2BIG: too many are banned, or in it). After an error
 * part of it may have been done; the same again does the rest.
 */
int role_change(struct spool *spool, struct thread *thread, struct role_change *change);

#endif
