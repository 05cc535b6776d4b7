/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_HANDOVER_H
#define SPOOL_HANDOVER_H

/*
 * How a stream that begins to wait is given to the agent: over the socket agent.sock in the spool, which
 * keeps message boundaries, with the stream's output (SCM_RIGHTS). Both ends belong to one user.
 *
 * The agent greets whoever connects, and only then something is sent to it: what lies unread in the
 * queue of an agent that is stopped would keep the output open for ever. It answers with one byte
 * when it has the stream. Whoever waits for that byte closes his end before he gives up, so that
 * both always know whose the stream is. An agent and a program of different builds leave each other
 * alone.
 */

#include <stdbool.h>
#include <stdint.h>

#include "journal.h"
#include "place.h"
#include "spool.h"

#define HANDOVER_SOCKET "agent.sock"
#ifndef HANDOVER_MSEC
#define HANDOVER_MSEC 100 /* all of it */
#endif
#define HANDOVER_VERSION 1
#define HANDOVER_READER_MAX 512

/* Descriptors that go along, in this order; the first always, the others where the message says so. */
enum handover_fd { HANDOVER_OUT, HANDOVER_PLACE, HANDOVER_COUNT, HANDOVER_FDS };

struct handover {
    char magic[8]; /* these three are set and looked at here */
    uint32_t version;
    uint32_t size;
    bool events;          /* its head and all before `at` have been sent; else nothing */
    bool has_cursor;      /* its client keeps one, and says itself what has reached it */
    bool counted;         /* HANDOVER_COUNT: holds one of the user's `user_streams` */
    bool token_in_header; /* how a client wants to be told of the token's end */
    bool any_reader;      /* whom the reply's head is for (protocol/cgi.h) */
    char reader[HANDOVER_READER_MAX];
    char user[USER_DIR_MAX + 1];
    char token[DIGEST_SIZE]; /* its SHA-256; "": none, logged in */
    struct cursor at;
    uint64_t limit;      /* stanzas in one envelope */
    int64_t deadline_ms; /* these by the boot clock */
    int64_t touched_ms;  /* the user's last sign of life */
    int64_t spoken_ms;   /* when something was sent last */
    struct place place;  /* fd other than -1: HANDOVER_PLACE */
    struct cursor taken; /* the client had got all before it when somebody looked last */
};

/* ---- The program's end ---- */

/* -1: there is no agent, or it has no time. */
int handover_connect(struct spool *spool);

/*
 * Give the stream away within HANDOVER_MSEC; fds[i] are -1 where the message says there is none. True:
 * it is the agent's, down to the locks; false: it is still ours. To be closed then.
 */
bool handover_give(int agent, struct handover *handover, const int fds[HANDOVER_FDS]);

/* ---- The agent's end; nothing waits ---- */

/* A socket to poll, in place of a dead agent's; so only for who holds agent.lock. -1: errno. */
int handover_listen(struct spool *spool);
void handover_unlisten(struct spool *spool, int listener);

/* The next who has connected, greeted; -1 (EAGAIN): nobody. */
int handover_accept(int listener);

/* 1: a message, with its descriptors, which are the caller's; 0: not yet; -1: it is of no use. */
int handover_receive(int program, struct handover *handover, int fds[HANDOVER_FDS]);

/* Say so: 0, or -1: the program has given up, and the stream is not ours. */
int handover_taken(int program);

#endif
