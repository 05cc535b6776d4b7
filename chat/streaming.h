/* SPDX-License-Identifier: MIT */
#ifndef CHAT_STREAMING_H
#define CHAT_STREAMING_H

/*
 * How a stream begins, wherever it does: who asks and for what, who of their friends is online, and the first
 * of what was said, until nothing is left but to wait. cgi-bin/stream.c has the contract. What is refused
 * ends in a cgi_die*. One stream at a time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "chat/endpoint.h"
#include "protocol/envelope.h"
#include "spool/handover.h"
#include "spool/online.h"
#include "spool/reader.h"

#define STREAMING_BUSY_SEC 15          /* until who finds too many streams open is to come again */
#define STREAMING_HEARTBEAT_MSEC 15000 /* of events: so long nothing is said at most */
#define STREAMING_BATCH                                                                            \
    (512 * 1024) /* bytes of an envelope, or of events in one write, before its last stanza */

#define STREAMING_GREETING (128 * 1024) /* bytes of who is here in one write of events */

struct streaming {
    struct endpoint endpoint;
    struct reader reader;
    struct buf out; /* over storage of this module's, which scratch_forget may take */
    struct envelope envelope;
    /* A place in the journal that exists, so that who begins there need not look, NULL; whether this one does. */
    const struct cursor *known;
    bool level;
    bool has_cursor;        /* the client keeps one, so that it will say what it has got */
    bool over_budget;       /* too many are open: it may not wait */
    struct cursor gathered; /* the last put into `out`: what a client would name */
    uint64_t limit;         /* stanzas in one envelope, beside the greeting */
    uint64_t wait;          /* seconds, as asked for */
    int64_t deadline_ms;    /* by the boot clock */
    int64_t touched_ms;     /* the last sign of life */
    bool reading;           /* `reader` is open */
    bool greeting;          /* `online` is open */
    struct online_list online;
};

/* What the request asks for, which has been taken in, and whether it may. */
void streaming_admit(struct streaming *streaming);

/* The reader, the place and the deadline, after `over_budget` has been decided. */
void streaming_open(struct streaming *streaming);

/* A sign of life, which comes first in there. It goes on when that fails, as on a full disk: others then do
 * not see that the user is here. */
void streaming_touch(struct streaming *streaming);

/* The beginning of an envelope, or of events, whose head has been sent, and the first of the friends. */
void streaming_begin(struct streaming *streaming);

/*
 * Greet, until `until_ms` by the boot clock, or `out` has STREAMING_GREETING of events, which then goes out and
 * is emptied. False: all friends have been named.
 */
bool streaming_greet(struct streaming *streaming, int64_t until_ms);
/* One of them: `*line` becomes the user's presence, valid until the next one. False: `me` does not see them. */
bool streaming_sees(struct buf *line, struct spool *spool, const struct user *me,
                    const struct user *user);

/* An envelope, anew; what there is for it. As reader_next, but never -1. */
void streaming_begin_envelope(struct streaming *streaming);
int streaming_fill(struct streaming *streaming);
/* Whether there is something to answer with; the end of the envelope in `out`. */
bool streaming_has_answer(const struct streaming *streaming);
void streaming_end_envelope(struct streaming *streaming);

/* What the stream is for who holds it from now on. */
struct handover streaming_handover(const struct streaming *streaming, int64_t spoken_ms);

/* Be ready for the next one. */
void streaming_close(struct streaming *streaming);

#endif
