/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_THREAD_H
#define SPOOL_THREAD_H

/*
 * Threads (Browser based Chat 1.0, section 2.2): threads/<uuid>/, a maildir whose stanzas are
 * numbered from 1 without gaps. A thread's directory appears complete or not at all.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "spool.h"

#define THREAD_MEMBERS_MAX 1000
#define THREAD_ROLE_MAX 12
#define THREAD_OWNER "owner"   /* of a room: who made it */
#define THREAD_GUEST "guest"   /* everybody else, and all in a thread of a set of people */
#define THREAD_BANNED "banned" /* kept out of a room: no member */
/* Bytes of a line of `members`, "<role> <joined> <user>\n". */
#define THREAD_LINE_MAX (THREAD_ROLE_MAX + SEQ_DIGITS + USER_DIR_MAX + 3)

struct thread {
    char id[UUID_SIZE];
    int fd;
    int tail; /* the file `tail` since it was read, -1 */
};

struct member {
    char role[THREAD_ROLE_MAX];
    uint64_t joined; /* the thread's newest number when they came */
    struct user user;
};

/* -1: ENOENT when `id` is no thread's, or no UUID at all. Close with thread_close. */
int thread_open(struct spool *spool, struct thread *thread, const char *id);
void thread_close(struct thread *thread);

/*
 * The lock that every writer of the thread holds, and for no longer than SPOOL_WRITER_SEC.
 * thread_try_lock fails with EWOULDBLOCK instead of waiting.
 */
int thread_lock(struct thread *thread);
int thread_try_lock(struct thread *thread);
void thread_unlock(struct thread *thread);

/*
 * The number of the newest stanza, 0 when there is none yet; the same cost at any length (see
 * `tail` in README.md). thread_set_tail moves the hint that makes it so. Call both under the lock,
 * or take the answer as a hint.
 */
int thread_tail(struct thread *thread, uint64_t *seq);
int thread_set_tail(struct thread *thread, uint64_t seq);

/* The text of stanza `seq` with a NUL behind it, from new/ or cur/. Its length, -1: ENOENT, EFBIG,
 * errno. */
ssize_t thread_read(struct thread *thread, uint64_t seq, char *out, size_t size);
/* The same, but of a longer text its beginning. */
ssize_t thread_head(struct thread *thread, uint64_t seq, char *out, size_t size);
/* The SHA-256 of stanza `seq`, by which the next one names it. -1: errno. */
int thread_digest(struct thread *thread, uint64_t seq, char digest[DIGEST_SIZE]);

/*
 * Each member, until `each` returns other than 0, which is returned; -1: errno. thread_lines: those who
 * are banned (THREAD_BANNED), too. What a killed change has left may be among them (role.h).
 */
int thread_lines(struct thread *thread, int (*each)(void *context, const struct member *member),
                 void *context);
int thread_members(struct thread *thread, int (*each)(void *context, const struct member *member),
                   void *context);

/*
 * Make thread `id` with these members and this text for thread.json. The first is the owner when
 * `room`, and a file `changes` begins with them; else all are guests. EEXIST is success: then it is complete, too. All users must be
 * known.
 */
int thread_make(struct spool *spool, const char *id, bool room, const struct user *users,
                size_t count, const char *json, size_t json_len);

/*
 * The id of the one thread of exactly these people, in whatever order; two who start it at once get
 * the same. Sorts `users` and drops who is in it twice; `*count` changes accordingly.
 */
int thread_of_set(struct spool *spool, struct user *users, size_t *count, char id[UUID_SIZE]);

#endif
