/* SPDX-License-Identifier: MIT */

/* Events begin with who is here. Where many are, a piece at a time, when what has been said is taken. */

#include <stdlib.h>

#include "base/scratch.h"
#include "chat/streaming.h"
#include "hub.h"
#include "protocol/envelope.h"
#include "protocol/stanza.h"
#include "spool/clock.h"

SCRATCH static char room[STREAMING_GREETING + STANZA_LINE_MAX + 64];

void greeting_take(struct stream *stream, struct online_list *list)
{
    stream->greeting = malloc(sizeof *stream->greeting);
    if (stream->greeting == NULL) {
        stream->limited = true;
        (void)online_close(list);
        return;
    }
    *stream->greeting = *list;
}

void greeting_leave(struct stream *stream)
{
    if (stream->greeting != NULL && online_close(stream->greeting) == -1)
        stream->limited = true; /* somebody may be missing */
    free(stream->greeting);
    stream->greeting = NULL;
}

bool greeting_go_on(struct hub *hub, struct stream *stream, int64_t until_ms)
{
    struct buf said = buf_over(room, sizeof room);
    struct buf line;
    struct user me;
    struct user user;
    bool more = true;

    if (user_of_dir(&me, stream->holder->dir) == -1)
        return false;
    while (more && said.len < STREAMING_GREETING) {
        more = online_next(stream->greeting, &user);
        if (more && streaming_sees(&line, &hub->agent->spool, &me, &user))
            event_put(&said, NULL, line.data, line.len);
        if (clock_boot_ms() >= until_ms)
            break;
    }
    if (!more)
        greeting_leave(stream);
    if (said.len > 0)
        stream_say(hub, stream, &said);
    return more;
}
