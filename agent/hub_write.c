/* SPDX-License-Identifier: MIT */

/* What goes out to one client. Nothing here waits. */

#include "hub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/peer.h"
#include "base/scratch.h"
#include "chat/endpoint.h"
#include "chat/streaming.h"
#include "protocol/envelope.h"
#include "spool/clock.h"
#include "spool/place.h"

#define ANSWER_SIZE (HUB_ROUND_BYTES + 2 * SPOOL_STANZA_MAX)
#define HEAD_SIZE 4096

SCRATCH static char body_room[ANSWER_SIZE];
SCRATCH static char reply_room[ANSWER_SIZE + HEAD_SIZE];

/* ---- Bytes ---- */

static void drop_backlog(struct hub *hub, struct stream *stream)
{
    if (stream->backlog != NULL)
        hub->backlog -= stream->backlog->len;
    free(stream->backlog);
    stream->backlog = NULL;
}

/* Replace what waits: its bytes from `sent` on, and `len` more. -1: that is too much. */
static int keep(struct hub *hub, struct stream *stream, size_t sent, const char *more, size_t len)
{
    struct backlog *old = stream->backlog;
    size_t kept = old == NULL ? 0 : old->len - sent;
    struct backlog *new = NULL;

    if ((kept > 0 && len > 0 && kept + len > HUB_BACKLOG) || hub->backlog + len > HUB_BACKLOG_ALL)
        return -1;
    if (kept + len > 0) {
        new = malloc(sizeof *new + kept + len);
        if (new == NULL)
            return -1;
        new->len = kept + len;
        if (kept > 0)
            memcpy(new->bytes, old->bytes + sent, kept);
        memcpy(new->bytes + kept, more, len);
        hub->backlog += new->len;
    }
    drop_backlog(hub, stream);
    stream->backlog = new;
    return 0;
}

/* All that was written has been taken over by the web server. */
static void served(struct hub *hub, struct stream *stream)
{
    struct user user;

    if (!stream->has_cursor && user_of_dir(&user, stream->holder->dir) == 0 &&
        user_deliver(&hub->agent->spool, &user, stream->at) == -1)
        report_failed(&hub->agent->report, "users", NULL);
    if (stream->place != NULL && !stream->answered && place_move(stream->place, stream->at) == -1)
        report_failed(&hub->agent->report, "users", NULL);
}

/* Nothing waits any more. */
static void is_empty(struct hub *hub, struct stream *stream)
{
    served(hub, stream);
    if (stream->is_behind)
        hub_fall_behind(hub, stream);
    else if (stream->overdue)
        stream_put_off(hub, stream, clock_boot_ms());
    stream->served = stream->answered;
    if (stream->answered)
        stream_end(hub, stream);
}

static void look_at_place(struct stream *stream)
{
    if (stream->place != NULL && stream->backlog == NULL && !peer_unread(stream->source.fd))
        stream->taken = stream->place->at;
}

/* Bytes that went out, as many as could; -1: it has gone. */
static ssize_t push(struct stream *stream, const char *bytes, size_t len)
{
    size_t sent = 0;

    while (sent < len) {
        ssize_t got = write(stream->source.fd, bytes + sent, len - sent);
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1 && errno == EAGAIN)
            break;
        if (got == -1) {
            stream->reset = stream->reset || errno == ECONNRESET;
            return -1;
        }
        sent += (size_t)got;
    }
    return (ssize_t)sent;
}

static void put(struct hub *hub, struct stream *stream, const char *bytes, size_t len)
{
    bool waited = stream->backlog != NULL;
    ssize_t sent = waited ? 0 : push(stream, bytes, len);

    if (sent == -1 || keep(hub, stream, 0, bytes + sent, len - (size_t)sent) == -1) {
        stream_end(hub, stream);
        return;
    }
    if (stream->backlog == NULL)
        return;
    if (!waited) {
        stream->progress_ms = clock_boot_ms();
        if (hub_watch(hub, &stream->source, EPOLL_CTL_MOD, EPOLLOUT) == -1)
            stream_end(hub, stream);
    }
}

void stream_writable(struct hub *hub, struct stream *stream)
{
    ssize_t sent;

    if (stream->backlog == NULL)
        return;
    sent = push(stream, stream->backlog->bytes, stream->backlog->len);
    if (sent == -1 || keep(hub, stream, (size_t)sent, "", 0) == -1) {
        stream_end(hub, stream);
        return;
    }
    if (sent > 0)
        stream->progress_ms = clock_boot_ms();
    if (stream->backlog != NULL)
        return;
    if (hub_watch(hub, &stream->source, EPOLL_CTL_MOD, 0) == -1)
        stream_end(hub, stream);
    else
        is_empty(hub, stream);
}

/* ---- Events ---- */

static void spoke(struct hub *hub, struct stream *stream)
{
    if (!stream->gone)
        queue_put(&hub->heartbeats, &stream->heartbeat, clock_boot_ms() + STREAMING_HEARTBEAT_MSEC);
}

void stream_heartbeat(struct hub *hub, struct stream *stream)
{
    char room[16];
    struct buf out = buf_over(room, sizeof room);

    if (stream->backlog != NULL && clock_boot_ms() >= stream->progress_ms + HUB_STUCK_MSEC) {
        stream_end(hub, stream);
        return;
    }
    event_heartbeat(&out);
    if (stream->events && stream->backlog == NULL) {
        look_at_place(stream);
        put(hub, stream, out.data, out.len);
        /* A sign of life of the place, too. */
        if (!stream->gone && stream->backlog == NULL && stream->place != NULL)
            (void)place_move(stream->place, stream->at);
    }
    spoke(hub, stream);
}

void stream_say(struct hub *hub, struct stream *stream, const struct buf *said)
{
    put(hub, stream, said->data, said->len);
    if (!stream->gone && stream->backlog == NULL)
        served(hub, stream);
    spoke(hub, stream);
}

static void give_events(struct hub *hub, struct stream *stream)
{
    const struct round *round = &hub->round;
    char cursor[CURSOR_SIZE];
    char room[128];
    struct buf limited = buf_over(room, sizeof room);

    look_at_place(stream);
    for (size_t i = 0; i < round->count && !stream->gone;) {
        const char *from = round->stanzas[i].event;
        size_t len = 0;
        /* What follows each other is one write. */
        for (; i < round->count && (stream->mask >> i & 1) != 0; i++) {
            len += round->stanzas[i].event_len;
            stream->at = round->stanzas[i].after;
        }
        if (len > 0)
            put(hub, stream, from, len);
        else
            i++;
    }
    if (!stream->gone && (stream->limited || round->limited)) {
        stream->at = round->end;
        cursor_print(cursor, round->end);
        event_limited(&limited, cursor);
        put(hub, stream, limited.data, limited.len);
        stream->limited = false;
    }
    if (!stream->gone && stream->backlog == NULL)
        served(hub, stream);
    spoke(hub, stream);
}

/* ---- The answer to a poll ---- */

static struct cgi_reader reader_of(const struct stream *stream)
{
    return (struct cgi_reader){stream->reader, stream->any_reader};
}

/* The whole reply; then the stream only waits until it is taken. */
void stream_answer(struct hub *hub, struct stream *stream, const struct buf *reply)
{
    if (stream->place != NULL)
        place_offer(stream->place, stream->at);
    stream->answered = true;
    put(hub, stream, reply->data, reply->len);
    if (!stream->gone && stream->backlog == NULL)
        is_empty(hub, stream);
    spoke(hub, stream);
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
static void put_envelope(struct buf *body, const struct round *round, const struct stream *stream,
                         bool limited, struct cursor *end)
{
    struct envelope envelope = envelope_open(body, clock_wall_us());
    char cursor[CURSOR_SIZE];

    for (size_t i = 0; i < round->count; i++) {
        const struct round_stanza *stanza = &round->stanzas[i];
        if ((stream->mask >> i & 1) == 0)
            continue;
        if (envelope.stanzas == stream->limit) {
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
           __builtin_popcountll(stream->mask) <= stream->limit;
}

static void compose(const struct hub *hub, struct stream *stream, bool limited)
{
    struct buf body = buf_over(body_room, sizeof body_room);
    struct cgi_reader reader = reader_of(stream);
    struct cursor end = stream->at;

    last.reply = buf_over(reply_room, sizeof reply_room);
    put_envelope(&body, &hub->round, stream, limited, &stream->at);
    cgi_compose(&last.reply, &reader, 200, "application/json", body.data, body.len);
    last.round = 0;
    if (stream->reader == NULL && !stream->busy && end.next == stream->at.next)
        last.round = hub->round.serial;
    last.mask = stream->mask;
    last.limited = limited;
    last.any_reader = stream->any_reader;
    last.end = end;
}

static void give_answer(struct hub *hub, struct stream *stream)
{
    bool limited = stream->limited || hub->round.limited;

    if (stream->from <=
        hub->round.end.next) /* else it was ahead of us when it came, or is behind */
        stream->at = hub->round.end;
    if (!is_last(hub, stream, limited))
        compose(hub, stream, limited);
    stream_answer(hub, stream, &last.reply);
}

void stream_give(struct hub *hub, struct stream *stream)
{
    if (stream->events)
        give_events(hub, stream);
    else if (!stream->answered)
        give_answer(hub, stream);
}

void stream_no_token(struct hub *hub, struct stream *stream)
{
    struct cgi_reader reader = reader_of(stream);
    struct buf reply = buf_over(reply_room, sizeof reply_room);

    last.round = 0;
    endpoint_no_token_put(&reply, &reader, stream->token_in_header);
    stream_answer(hub, stream, &reply);
}
