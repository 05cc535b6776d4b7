/* SPDX-License-Identifier: MIT */
#ifndef PROTOCOL_ENVELOPE_H
#define PROTOCOL_ENVELOPE_H

/*
 * Stored lines in their two forms for the wire: the long-poll envelope (Browser based Chat 1.0,
 * section 3) and server-sent events (WHATWG HTML, section 9.2).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "stanza.h"

/* {"timestamp":T,"stanzas":[…],"cursor":C}; presence lines that follow each other become one
 * stanza, with the last one's timestamp. */
struct envelope {
    struct buf *out;
    size_t stanzas;   /* in it so far */
    bool in_presence; /* the last one is a presence stanza whose list is still open */
    char presence_time[STANZA_TIME_SIZE]; /* of the last entry of that list */
};

struct envelope envelope_open(struct buf *out, int64_t time_us);
/*
 * Add a stored line. Messages, and what nobody knows, go as they lie on the disk; in a presence
 * stanza `presence` becomes a list. `entity` becomes the user's name (3.2.5) there, and in every
 * other kind of stanza that has one in the object named like its type. -1 when the line is no stanza: nothing was added.
 */
int envelope_add(struct envelope *envelope, const char *line, size_t len);
/* `limited` after a gap; `retry_after` seconds when the client should wait before it asks again,
 * else 0. */
void envelope_close(struct envelope *envelope, const char *cursor, bool limited,
                    unsigned retry_after);
/* The end of a part of a thread: whether there is more of it in the direction that was asked for. */
void envelope_close_page(struct envelope *envelope, const char *cursor, bool limited, bool more);

/* The beginning of an event stream: `retry`, and the cursor as a bare `id` so that a reconnect
 * knows it. */
void event_prime(struct buf *out, const char *cursor, unsigned retry_ms);
/* Only the cursor: how far the reader is, among what is others'. */
void event_place(struct buf *out, const char *cursor);
/* Another `retry` later on. */
void event_retry(struct buf *out, unsigned retry_ms);
/* One stored line as one event; room presence as one of the type "room". `cursor` NULL: an event without an
 * id. A line that is no JSON object becomes an event without data: the reader's cursor moves, nothing is shown. */
void event_put(struct buf *out, const char *cursor, const char *line, size_t len);
/* A comment that keeps the connection open and shows that it is. */
void event_heartbeat(struct buf *out);
/* After a gap: an event of the type "limited", which clients that do not know it never see. */
void event_limited(struct buf *out, const char *cursor);

#endif
