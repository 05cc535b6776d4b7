/* SPDX-License-Identifier: MIT */

/* Streams that are not where the others are: one that comes later, or that could not take all. */

#include <errno.h>
#include <string.h>

#include "hub.h"
#include "spool/clock.h"
#include "spool/reader.h"

#define RECORDS 1024 /* before others have their turn */

/* Whether the hub's own reading has begun: where the journal ends now. */
static bool is_placed(struct hub *hub)
{
    struct cursor end;

    if (!hub->placed)
        hub->placed = journal_end(&hub->agent->spool, &end) == 0 &&
                      journal_seek(&hub->journal, &hub->agent->spool, end) == 0;
    return hub->placed;
}

static bool is_level(const struct hub *hub, const struct stream *stream)
{
    return hub->placed && stream->at.next == hub->journal.at.next &&
           stream->at.ms == hub->journal.at.ms;
}

static void stand(struct hub *hub, struct stream *stream)
{
    stream->is_behind = false;
    stream->from = stream->at.next;
    if (stream->overdue)
        stream_put_off(hub, stream, clock_boot_ms());
}

void hub_fall_behind(struct hub *hub, struct stream *stream)
{
    if (is_placed(hub) && is_level(hub, stream) && !stream->limited && stream->greeting == NULL) {
        stand(hub, stream);
        return;
    }
    stream->is_behind = true;
    stream->from = UINT64_MAX;
    queue_put(&hub->behind, &stream->behind, 0);
}

/* A round for it alone. As reader_next. */
static int read_alone(struct hub *hub, struct stream *stream, struct reader *reader)
{
    struct round *round = &hub->round;
    const char *line;
    size_t len;
    bool given = true;
    int found = 1;

    round_begin(round);
    stream->mask = 0;
    reader->stop = reader->journal.at.next + RECORDS;
    while (round_has_room(round) && (found = reader_next(reader, &line, &len)) == 1) {
        stream->mask |= UINT64_C(1) << round->count;
        round_add(round, reader->journal.at, line, len);
    }
    round->end = reader->journal.at;
    round->limited = reader->limited;
    if (!stream->events)
        stream->at = round->end; /* what is left over for its `limit` moves it back */
    if (stream->mask != 0 || round->limited || stream->limited) {
        given = stream_give(hub, stream);
        stream_settle(hub, stream);
    }
    if (stream->events && given)
        stream->at = round->end;
    stream->mask = 0;
    return given ? found : 1;
}

static void catch_up(struct hub *hub, struct stream *stream, int64_t until_ms)
{
    static struct reader reader;
    struct user user;
    int found = -1;

    queue_drop(&stream->behind);
    if (stream->greeting != NULL && greeting_go_on(hub, stream, until_ms)) {
        if (!stream->gone && stream->backlog == NULL)
            queue_put(&hub->behind, &stream->behind, 0);
        return;
    }
    if (stream->gone)
        return;
    if (is_placed(hub) && user_of_dir(&user, stream->holder->dir) == 0 &&
        reader_open(&reader, &hub->agent->spool, &user, &hub->agent->grammar, &stream->at) == 0) {
        found = read_alone(hub, stream, &reader);
        reader_close(&reader);
    }
    if (stream->gone || !stream_listens(stream))
        return;
    if (found == -1) {
        report_failed(&hub->agent->report, "journal", NULL);
        stream_end(hub, stream); /* it comes back with its cursor */
    } else if (found == 0) {
        stand(hub, stream);
    } else if (stream->backlog == NULL) {
        queue_put(&hub->behind, &stream->behind, 0); /* else when that has been taken */
    }
}

bool hub_catch_up(struct hub *hub, int64_t until_ms)
{
    struct duty *duty;

    while ((duty = queue_due(&hub->behind, 0)) != NULL) {
        if (clock_boot_ms() >= until_ms)
            return true;
        catch_up(hub, DUTY(duty, struct stream, behind), until_ms);
    }
    return false;
}
