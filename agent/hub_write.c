/* SPDX-License-Identifier: MIT */

/* What goes out to one client. Nothing here waits. */

#include "hub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/peer.h"
#include "chat/streaming.h"
#include "protocol/envelope.h"
#include "spool/clock.h"
#include "spool/place.h"

/* ---- Bytes ---- */

static void drop_backlog(struct hub *hub, struct stream *stream)
{
    if (stream->backlog != NULL)
        hub->backlog -= stream->backlog->len;
    free(stream->backlog);
    stream->backlog = NULL;
}

static size_t waiting(const struct stream *stream)
{
    return stream->backlog == NULL ? 0 : stream->backlog->len - stream->backlog->sent;
}

bool hub_is_tight(const struct hub *hub)
{
    return hub->backlog > HUB_BACKLOG_ALL / 2;
}

/* Let more wait. -1: it cannot. */
static int keep(struct hub *hub, struct stream *stream, const char *more, size_t len)
{
    const struct backlog *old = stream->backlog;
    size_t kept = waiting(stream);
    struct backlog *new;

    if (len == 0)
        return 0;
    if (old == NULL && hub_watch(hub, &stream->source, EPOLL_CTL_MOD, EPOLLOUT) == -1)
        return -1;
    if (old == NULL)
        stream->progress_ms = clock_boot_ms();
    new = hub->backlog + len > HUB_BACKLOG_ALL ? NULL : malloc(sizeof *new + kept + len);
    if (new == NULL)
        return -1;
    new->len = kept + len;
    new->sent = 0;
    if (old != NULL)
        memcpy(new->bytes, old->bytes + old->sent, kept);
    memcpy(new->bytes + kept, more, len);
    drop_backlog(hub, stream);
    hub->backlog += new->len;
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

/* Send of what waits what goes out. -1: it has gone. */
static int drain(struct hub *hub, struct stream *stream)
{
    struct backlog *backlog = stream->backlog;
    ssize_t sent;

    if (backlog == NULL)
        return 0;
    sent = push(stream, backlog->bytes + backlog->sent, backlog->len - backlog->sent);
    if (sent == -1)
        return -1;
    if (sent > 0)
        stream->progress_ms = clock_boot_ms();
    backlog->sent += (size_t)sent;
    if (backlog->sent == backlog->len)
        drop_backlog(hub, stream);
    return 0;
}

/*
 * Stanzas that follow each other, as one write; what does not go out waits, as far as it may, but the one that
 * has gone out in part has to: where nothing waits there is nothing that would go on. How many that are; the
 * stream may have ended.
 */
static size_t put_run(struct hub *hub, struct stream *stream, const struct round_stanza *run,
                      size_t count)
{
    ssize_t sent = drain(hub, stream);
    bool waits = stream->backlog != NULL;
    size_t room =
        hub_is_tight(hub) || waiting(stream) > HUB_BACKLOG ? 0 : HUB_BACKLOG - waiting(stream);
    size_t whole = 0;
    size_t done = 0;

    for (size_t i = 0; i < count; i++)
        whole += run[i].event_len;
    if (sent == 0 && !waits)
        sent = push(stream, run->event, whole);
    for (whole = 0; sent != -1 && done < count; done++) {
        size_t more = whole + run[done].event_len;
        if ((waits || whole > (size_t)sent) && more - (size_t)sent > room)
            break;
        whole = more;
    }
    if (sent == -1 || keep(hub, stream, run->event + sent, whole - (size_t)sent) == -1) {
        stream_end(hub, stream);
        return 0;
    }
    if (done > 0)
        stream->at = run[done - 1].after;
    return done;
}

/* What comes before or instead of all else. */
static void put(struct hub *hub, struct stream *stream, const char *bytes, size_t len)
{
    struct round_stanza all = {.after = stream->at, .event = bytes, .event_len = len};

    (void)put_run(hub, stream, &all, 1);
}

void stream_writable(struct hub *hub, struct stream *stream)
{
    bool gone = drain(hub, stream) == -1;

    if (!gone && stream->backlog != NULL)
        return;
    if (gone || hub_watch(hub, &stream->source, EPOLL_CTL_MOD, 0) == -1)
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

/* False: not all of them. */
static bool give_stanzas(struct hub *hub, struct stream *stream)
{
    const struct round *round = &hub->round;

    for (size_t i = 0; i < round->count; i++) {
        size_t run = 0;
        while (i + run < round->count && (stream->mask >> (i + run) & 1) != 0)
            run++;
        if (run > 0 && put_run(hub, stream, &round->stanzas[i], run) < run)
            return false;
        i += run;
    }
    return true;
}

static bool give_limited(struct hub *hub, struct stream *stream)
{
    char cursor[CURSOR_SIZE];
    char room[128];
    struct buf text = buf_over(room, sizeof room);
    struct round_stanza limited = {.after = hub->round.end, .event = room};

    cursor_print(cursor, hub->round.end);
    event_limited(&text, cursor);
    limited.event_len = text.len;
    stream->limited = put_run(hub, stream, &limited, 1) == 0;
    return !stream->limited;
}

static bool give_events(struct hub *hub, struct stream *stream)
{
    bool given;

    look_at_place(stream);
    stream->limited = stream->limited || hub->round.limited;
    given = give_stanzas(hub, stream) && (!stream->limited || give_limited(hub, stream));
    if (!given) {
        stream->is_behind = true; /* goes on when what waits has been taken */
        stream->from = UINT64_MAX;
    }
    spoke(hub, stream);
    return given;
}

/* ---- Both ---- */

/* The whole reply; then the stream only waits until it is taken. */
void stream_answer(struct hub *hub, struct stream *stream, const struct buf *reply)
{
    if (stream->place != NULL)
        place_offer(stream->place, stream->at);
    stream->answered = true;
    put(hub, stream, reply->data, reply->len);
    spoke(hub, stream);
}

void stream_settle(struct hub *hub, struct stream *stream)
{
    if (stream->gone || stream->backlog != NULL)
        return;
    if (stream->answered)
        is_empty(hub, stream);
    else
        served(hub, stream);
}

bool stream_give(struct hub *hub, struct stream *stream)
{
    if (stream->events)
        return give_events(hub, stream);
    if (!stream->answered)
        answer_give(hub, stream);
    return true;
}
