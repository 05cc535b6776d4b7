/* SPDX-License-Identifier: MIT */

/* A stream's time is over, or its token has ended. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hub.h"
#include "spool/clock.h"
#include "spool/token.h"

#define OVERDUE_MSEC 1000 /* between two looks at who is to end */

/* How long it may still turn out that what was told last did not arrive. */
int64_t stream_doubtful(const struct stream *stream)
{
    return stream->place == NULL || !stream->events ? 0 : place_doubtful(stream->place);
}

/* ---- Tokens ---- */

static struct stream **slot_of(struct hub *hub, const char *token)
{
    char digits[3] = {token[0], token[1], '\0'};

    return &hub->by_token[strtoul(digits, NULL, 16) % HUB_TOKEN_SLOTS];
}

void token_enter(struct hub *hub, struct stream *stream)
{
    struct stream **slot = slot_of(hub, stream->token);

    stream->next_by_token = *slot;
    *slot = stream;
    queue_put(&hub->token_looks, &stream->token_look, clock_boot_ms() + HUB_LOOK_MSEC);
}

void token_leave(struct hub *hub, struct stream *stream)
{
    struct stream **link = slot_of(hub, stream->token);

    while (*link != NULL && *link != stream)
        link = &(*link)->next_by_token;
    if (*link != NULL)
        *link = stream->next_by_token;
    queue_drop(&stream->token_look);
}

static bool token_ended(const struct hub *hub, const struct stream *stream)
{
    struct user holder;
    int64_t left;

    return stream->token != NULL &&
           token_held(&hub->agent->spool, stream->token, &holder, &left) == -1 && errno == ENOENT;
}

/* Nobody leaves in doubt: that its client has gone the web server may be about to find out. */
static void end_events(struct hub *hub, struct stream *stream)
{
    int64_t left = stream_doubtful(stream);

    stream->ending = true;
    stream->is_behind = false;
    queue_drop(&stream->behind);
    if (left == 0)
        stream_end(hub, stream);
    else
        stream_put_off(hub, stream, clock_boot_ms() + left);
}

static void end_for_token(struct hub *hub, struct stream *stream)
{
    if (stream->events && !stream->ending)
        end_events(hub, stream);
    else if (stream_listens(stream))
        stream_no_token(hub, stream);
}

/* ---- Time ---- */

/* The time is over. */
static void expire(struct hub *hub, struct stream *stream)
{
    /* What there was when it came is its own; its end comes behind it. */
    if (!stream->answered && !stream->ending &&
        (stream->is_behind || (stream->events && stream->backlog != NULL))) {
        stream->overdue = true;
        stream_put_off(hub, stream, clock_boot_ms() + OVERDUE_MSEC);
    } else if (stream->events) {
        end_events(hub, stream);
    } else if (stream->answered) {
        stream_end(hub, stream); /* nobody takes the answer */
    } else if (token_ended(hub, stream)) {
        stream_no_token(hub, stream);
    } else {
        (void)stream_give(hub, stream);
        stream_settle(hub, stream);
    }
}

void hub_expire(struct hub *hub, int64_t now_ms)
{
    round_begin(&hub->round);
    hub->round.end = hub->journal.at;
    while (hub->streams > 0 && hub->heap[0]->deadline_ms <= now_ms) {
        struct stream *stream = hub->heap[0];
        if (stream->answered && now_ms < stream->progress_ms + HUB_STUCK_MSEC)
            stream_put_off(hub, stream, now_ms + HUB_STUCK_MSEC);
        else
            expire(hub, stream);
    }
}

static void look_at_token(struct hub *hub, struct stream *stream, int64_t now_ms)
{
    queue_put(&hub->token_looks, &stream->token_look, now_ms + HUB_LOOK_MSEC);
    if (token_ended(hub, stream))
        end_for_token(hub, stream);
}

void hub_look_at_tokens(struct hub *hub, int64_t now_ms)
{
    struct duty *duty;

    while ((duty = queue_due(&hub->token_looks, now_ms)) != NULL)
        look_at_token(hub, DUTY(duty, struct stream, token_look), now_ms);
}

/* Something has been written in journal/, or has gone from tokens/. */
void hub_hear(void *context, const char *name)
{
    struct hub *hub = context;
    struct stream *next;

    if (name == NULL || !path_digest_ok(name))
        return; /* of the journal; what was lost is looked at in some seconds */
    for (struct stream *stream = *slot_of(hub, name); stream != NULL; stream = next) {
        next = stream->next_by_token;
        if (strcmp(stream->token, name) == 0)
            look_at_token(hub, stream, clock_boot_ms());
    }
}
