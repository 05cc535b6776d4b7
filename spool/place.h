/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_PLACE_H
#define SPOOL_PLACE_H

/*
 * How far each stream without a cursor has come: a file in users/<user>/streams/, changed in place
 * and locked for the life of the process, so the kernel says whose stream has ended. A client that
 * keeps no cursor and comes back finds its place there; `delivered` has been moved on by the user's
 * other streams meanwhile. The line is described in README.md.
 */

#include <stdbool.h>
#include <stdint.h>

#include "journal.h"
#include "spool.h"

#define PLACE_LIFE_SEC 3600  /* so long a place waits for its client */
#define PLACE_RECENT_SEC 60  /* so long it is remembered where a stream found it */
#define PLACE_DOUBT_MSEC 100 /* so soon a web server ends us that could not pass on what we said */
#define PLACE_LINE_MAX 192
#define PLACE_TOKEN_SIZE 17 /* digits of a token's SHA-256, or "-"; and NUL */

struct place {
    int fd;     /* -1: none, which all functions take */
    bool found; /* another stream ended here */
    char token[PLACE_TOKEN_SIZE];
    struct cursor began;
    int64_t began_ms; /* 0 unless it was found */
    struct cursor at; /* what lies before it has been written to the stream */
    int64_t alive_ms; /* the last sign of life, by the wall clock */

    /* For place_doubt: the file's line; the one that stood there PLACE_DOUBT_MSEC ago or longer; one
     * in between, which is to become that, and since when; the last move. Three of four `lines`, so
     * that a signal never finds one half-written. */
    struct place_line {
        char text[PLACE_LINE_MAX];
        size_t len;
        struct cursor at;
    } lines[4];
    int line;
    int before;
    int between;
    int64_t between_ms;
    int64_t moved_ms;
};

/*
 * For a stream of `user` that brings no cursor; `token` is what it was opened with, or NULL. 1: it
 * goes on at place->at, where a stream has ended: one with the same token, else the one that had
 * come farthest. Where none has, but others found theirs within the last minute, perhaps this
 * client's: where the earliest of them began. 0: it begins at `delivered`. Either way the
 * place is ours from now on, and place_begin must follow. -1: errno, and there is no place.
 */
int place_take(struct place *place, struct spool *spool, const struct user *user,
               const char *token);

/* The stream begins, at `at`. */
int place_begin(struct place *place, struct cursor at);

/* It has come to `at`, or there is a sign of life (the same `at` again). -1: errno. */
int place_move(struct place *place, struct cursor at);

/* Milliseconds until what was written last is in doubt no more (place_doubt); 0: it is not. */
int64_t place_doubtful(const struct place *place);

/*
 * It is being ended from outside. A web server learns that its client has gone by passing on what
 * we say, and then ends us at once: what was written within the last PLACE_DOUBT_MSEC did not
 * arrive, or may not have. The place moves back before it, and to where the web server had `taken` all
 * at least, and is left.
 */
void place_doubt(struct place *place, struct cursor taken);

/* From now on the same happens when SIGTERM ends the process. `place` stays where it is. */
void place_guard(const struct place *place);

/* It ends, and the next one may take the place. */
void place_leave(struct place *place);

/*
 * The same before an answer that ends the request, after which its client may be back sooner than
 * this process has ended; and, when the answer could not be written, back to where it was, unless
 * the next one has taken it.
 */
void place_offer(struct place *place, struct cursor at);
void place_withdraw(struct place *place, struct cursor before);

/*
 * A client with this token came back with a cursor: a place that a stream of its left exactly there
 * is needed no more. -1: errno.
 */
int place_spend(struct spool *spool, const struct user *user, const char *token,
                struct cursor cursor);

/* Whether it may be worked with, handed over by another process as it is. */
bool place_is_sound(const struct place *place);

/* Remove the user's places that nobody has come back to. -1: errno. */
int place_tidy(struct spool *spool, const struct user *user);

#endif
