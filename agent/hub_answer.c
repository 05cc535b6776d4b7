/* SPDX-License-Identifier: MIT */

/* What a poll is answered with. */

#include "base/scratch.h"
#include "chat/endpoint.h"
#include "chat/streaming.h"
#include "hub.h"
#include "protocol/envelope.h"
#include "spool/clock.h"

#define ANSWER_SIZE (HUB_ROUND_BYTES + 2 * SPOOL_STANZA_MAX)
#define ANSWER_TIGHT (64 * 1024) /* stanzas in one, where memory is */
#define HEAD_SIZE 4096

SCRATCH static char body_room[ANSWER_SIZE];
SCRATCH static char reply_room[ANSWER_SIZE + HEAD_SIZE];

static struct cgi_reader reader_of(const struct stream *stream)
{
    return (struct cgi_reader){stream->reader, stream->any_reader};
}

/* What one asks for is mostly what the one before has got. */
static struct {
    uint64_t round; /* which it was of; 0: none */
    uint64_t mask;
    bool limited;
    bool any_reader;
    struct cursor end;
    struct buf reply;
} last;

/* The stream's stanzas in one envelope, as many as it wants; `*end` is where it ends. */
static void put_envelope(struct buf *body, const struct hub *hub, const struct stream *stream,
                         bool limited, struct cursor *end)
{
    const struct round *round = &hub->round;
    struct envelope envelope = envelope_open(body, clock_wall_us());
    char cursor[CURSOR_SIZE];

    for (size_t i = 0; i < round->count; i++) {
        const struct round_stanza *stanza = &round->stanzas[i];
        if ((stream->mask >> i & 1) == 0)
            continue;
        if (envelope.stanzas == stream->limit ||
            (envelope.stanzas > 0 && body->len > ANSWER_TIGHT && hub_is_tight(hub))) {
            *end = round->stanzas[i - 1].after;
            break;
        }
        if (envelope_add(&envelope, stanza->line, stanza->len) == -1)
            limited = true; /* damaged on the disk */
    }
    cursor_print(cursor, *end);
    envelope_close(&envelope, cursor, limited,
                   stream->busy && envelope.stanzas == 0 ? STREAMING_BUSY_SEC : 0);
}

static bool is_last(const struct hub *hub, const struct stream *stream, bool limited)
{
    return last.round == hub->round.serial && last.mask == stream->mask &&
           last.limited == limited && last.any_reader == stream->any_reader &&
           last.end.next == stream->at.next && stream->reader == NULL && !stream->busy &&
           !hub_is_tight(hub) && __builtin_popcountll(stream->mask) <= stream->limit;
}

static void compose(const struct hub *hub, struct stream *stream, bool limited)
{
    struct buf body = buf_over(body_room, sizeof body_room);
    struct cgi_reader reader = reader_of(stream);
    struct cursor end = stream->at;

    last.reply = buf_over(reply_room, sizeof reply_room);
    put_envelope(&body, hub, stream, limited, &stream->at);
    cgi_compose(&last.reply, &reader, 200, "application/json", body.data, body.len);
    last.round = 0;
    if (stream->reader == NULL && !stream->busy && end.next == stream->at.next)
        last.round = hub->round.serial;
    last.mask = stream->mask;
    last.limited = limited;
    last.any_reader = stream->any_reader;
    last.end = end;
}

void answer_give(struct hub *hub, struct stream *stream)
{
    bool limited = stream->limited || hub->round.limited;

    if (stream->from <=
        hub->round.end.next) /* else it was ahead of us when it came, or is behind */
        stream->at = hub->round.end;
    if (!is_last(hub, stream, limited))
        compose(hub, stream, limited);
    stream_answer(hub, stream, &last.reply);
}

void stream_no_token(struct hub *hub, struct stream *stream)
{
    struct cgi_reader reader = reader_of(stream);
    struct buf reply = buf_over(reply_room, sizeof reply_room);

    last.round = 0;
    endpoint_no_token_put(&reply, &reader, stream->token_in_header);
    stream_answer(hub, stream, &reply);
    stream_settle(hub, stream);
}
