/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_UPLOAD_H
#define SPOOL_UPLOAD_H

/*
 * Taking an attachment in, a piece at a time (README.md has its states). Nobody sees it before the
 * object that describes it has its name, which comes last. No lock is held while bytes come.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "id.h"
#include "thread.h"

/*
 * Between two writes of a draft, and between the last one and the end of its program, no more time
 * passes. Who removes drafts by age waits longer; see the assertion in tidy.c.
 */
#define UPLOAD_IDLE_SEC 60

struct upload {
    struct spool *spool;
    struct thread *thread;
    const struct user *user;
    char id[UUID_SIZE];
    int fd;
    uint64_t size; /* bytes so far */
    struct id_hash hash;
};

/*
 * Begin an attachment of the user in the thread, under a new id. -1: errno; each of these has left
 * nothing behind then, or as little as upload_abandon could not remove. So has a program that SIGTERM ends
 * before upload_commit, which is not ended by it: one upload at a time in a process.
 */
int upload_begin(struct upload *upload, struct spool *spool, struct thread *thread,
                 const struct user *user);
int upload_write(struct upload *upload, const void *bytes, size_t len);
/* All bytes are there: make them safe. `digest` is their SHA-256. */
int upload_end(struct upload *upload, char digest[DIGEST_SIZE]);

/*
 * Let it be seen, described by `object` (one line, its newline too). 0: it is there, and durable
 * unless `sync = no`; 1: the user has no room for it (`user_files`, `user_bytes`); -1: errno,
 * EDQUOT the site has none (`spool_max`).
 */
int upload_commit(struct upload *upload, const char *object, size_t len);

/* Remove whatever there is of it. Keeps errno. */
void upload_abandon(struct upload *upload);

#endif
