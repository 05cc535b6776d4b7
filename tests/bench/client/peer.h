/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CLIENT_PEER_H
#define BENCH_CLIENT_PEER_H

/*
 * How one talks to a chat server over HTTP: what to ask for, what to keep of a reply, how to say
 * something. One `struct peer` a way; crowd.h does the rest.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "http.h"
#include "reply.h"
#include "work.h"

#define PEER_REQUEST_SIZE 4096

/* Where all of them talk. */
struct peer_site {
    struct http_target target; /* the path is the programs', the room's, or the door's for BOSH */
    const char *room;
    const char *place; /* where to begin reading; "" where the peer needs none */
};

/* Somebody: a subscriber, or the one who says something. */
struct member {
    const struct peer_site *site;
    const struct work_user *user; /* NULL where there are no logins */
    unsigned number;              /* of all, from 0 */
    char place[192];              /* where to go on: a cursor, validators, a session's id */
    uint64_t request;             /* BOSH counts them */
    unsigned step;                /* of a login */
    bool joined;                  /* sessions only: logged in, and in the room */
    bool settled;                 /* waits, as far as one can see from outside */
    uint64_t awaited;             /* the number of the next message for them */
};

struct peer {
    const char *name;
    bool stream;  /* one reply that never ends; else one a message */
    bool session; /* one logs in, the one who speaks, too */

    /* The next request of somebody who waits; its length, or -1 when there is no room. */
    ssize_t (*ask)(struct member *member, char *out, size_t size);
    /* What to keep of a whole reply. -1: it makes no sense. NULL: nothing. */
    int (*answered)(struct member *member, const struct reply *reply, const char *body);
    /* The request that says something. */
    ssize_t (*say)(struct member *member, char *out, size_t size, const char *text);
};

/* By name; NULL: none is called so. */
const struct peer *peer_find(const char *name);

/* The text between `before` and the next of the characters in `behind`; -1: it is not there. */
int peer_cut(char *out, size_t size, const char *text, const char *before, const char *behind);

extern const struct peer peer_events, peer_poll;             /* ours */
extern const struct peer peer_nchan_events, peer_nchan_poll; /* nginx with nchan */
extern const struct peer peer_bosh;                          /* XMPP */

#endif
