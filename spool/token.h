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
#include <stddef.h>
#include <stdint.h>

#include "spool.h"

/* A token as its holder may know it: never the token itself. */
struct token_entry {
    char id[DIGEST_SIZE]; /* its SHA-256, the name under which it lies */
    int64_t issued_ms;    /* since 1970, as the wall clock was then */
    int64_t left_ms;      /* <= 0: its time is over */
};

/*
 * A new token for `user`, as text. Not synced: one lost in a power cut costs a client one request.
 * With more than `user_tokens` live ones the user's oldest end; all that is looked at is this user's.
 */
int token_issue(struct spool *spool, const struct user *user, char token[UUID_SIZE]);

/*
 * Whose token it is, and for how many more ms (> 0). -1: ENOENT when it is no token, unknown or
 * expired, whatever lies on the disk, or its holder has no folder any more; else errno.
 */
int token_holder(struct spool *spool, const char *token, struct user *user, int64_t *left_ms);
/* The same by the name of its file, for who was never told the token. */
int token_held(struct spool *spool, const char *name, struct user *user, int64_t *left_ms);

/* End a token before its time. -1: ENOENT when there is none, or it is not this user's. */
int token_revoke(struct spool *spool, const char *token, const struct user *user);

/* The same by its id, for a token that one has no more. */
int token_revoke_id(struct spool *spool, const char *id, const struct user *user);

/*
 * The user's live tokens, those that end first in front: at most `size` of them, the latest when there
 * are more. Costs a look at each token of this user, not of the site. -1: errno.
 */
int token_list(struct spool *spool, const struct user *user, struct token_entry *out, size_t size,
               size_t *count);

/* Each token file by its name, with the ms it has left (<= 0: expired) until `each` returns other
 * than 0. */
int token_each(struct spool *spool,
               int (*each)(void *context, const char *name, const struct user *user,
                           int64_t left_ms),
               void *context);

/* How long the token file `name` still lives (<= 0: expired, or damaged and old). -1 (ENOENT): no
 * such file. */
int token_left(struct spool *spool, const char *name, struct user *user, int64_t *left_ms);
/* The same, and all else that there is to know. */
int token_read(struct spool *spool, const char *name, struct user *user, struct token_entry *entry);

/* Remove the file `name`, then what its holder's folder has of it. -1: errno of the first. */
int token_remove(struct spool *spool, const char *name, const struct user *user);

/*
 * For token_issue: put the new token `name` into its holder's folder; end what is too much there, but
 * never `name`. -1: errno.
 */
int token_index(struct spool *spool, const char *name, const struct user *user);
int token_trim(struct spool *spool, const char *name, const struct user *user);

#endif
