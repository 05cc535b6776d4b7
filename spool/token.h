/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_TOKEN_H
#define SPOOL_TOKEN_H

/*
 * Tokens (Browser based Chat 1.0, section 4): 122 random bits that open `stream` and `send-message`
 * for one user. The disk holds their SHA-256 only, so who reads the spool cannot use them. Age is
 * counted by the boot clock within one boot and by the wall clock across boots: neither a clock
 * step nor a touch makes a token older or younger.
 */

#include <stdbool.h>
#include <stdint.h>

#include "spool.h"

/*
 * A new token for `user`, as text. Not synced: one lost in a power cut costs a client one request.
 */
int token_issue(struct spool *spool, const struct user *user, char token[UUID_SIZE]);

/*
 * Whose token it is, and for how many more ms (> 0). -1: ENOENT when it is no token, unknown or
 * expired, whatever lies on the disk; else errno.
 */
int token_holder(struct spool *spool, const char *token, struct user *user, int64_t *left_ms);

/* End a token before its time. -1: ENOENT when there is none, or it is not this user's. */
int token_revoke(struct spool *spool, const char *token, const struct user *user);

/* Each token file by its name, with the ms it has left (<= 0: expired) until `each` returns other
 * than 0. */
int token_each(struct spool *spool,
               int (*each)(void *context, const char *name, const struct user *user,
                           int64_t left_ms),
               void *context);

/* How long the token file `name` still lives (<= 0: expired, or damaged and old). -1 (ENOENT): no
 * such file. */
int token_left(struct spool *spool, const char *name, struct user *user, int64_t *left_ms);

#endif
