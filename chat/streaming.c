/* SPDX-License-Identifier: MIT */
#include "chat/streaming.h"

#include <errno.h>
#include <string.h>

#include "base/scratch.h"
#include "chat/people.h"
#include "chat/standing.h"
#include "protocol/query.h"
#include "protocol/stanza.h"
#include "spool/clock.h"
#include "spool/user.h"

#define EVENTS_SEC 3600 /* an event stream at most; the browser comes back by itself */
#define RETRY_MSEC 3000 /* until a browser reconnects */
#define LIMIT_MAX 1000  /* stanzas in one envelope */
#define LIMIT_DEFAULT 200

SCRATCH static char room[2 * (STREAMING_BATCH + STANZA_LINE_MAX)]; /* the greeting, and all else */

static uint64_t number(const struct streaming *streaming, const char *name, uint64_t most,
                       uint64_t otherwise)
{
    uint64_t value = query_number(&streaming->endpoint.cgi, name, 9, otherwise);

    return value < most ? value : most;
}

void streaming_admit(struct streaming *streaming)
{
    struct endpoint *endpoint = &streaming->endpoint;
    uint64_t most;

    streaming->out = buf_over(room, sizeof room);
    streaming->over_budget = false;
    streaming->reading = streaming->greeting = false;
    streaming->known = NULL;
    endpoint_login_or_token(endpoint);
    /* What a stream brings counts as said: a picture on a foreign page that is none would take it from the
     * user's own clients. A foreign page that has a token was given it. */
    if (endpoint->cgi.is_foreign && endpoint->token == NULL)
        cgi_die_foreign();
    most = endpoint->cgi.wants_events ? EVENTS_SEC : endpoint->spool.config.wait;
    streaming->wait = number(streaming, "wait", most, most);
    streaming->limit = number(streaming, "limit", LIMIT_MAX, LIMIT_DEFAULT);
    streaming->limit = streaming->limit == 0 ? 1 : streaming->limit;
}

static bool read_cursor(const struct streaming *streaming, struct cursor *cursor)
{
    const struct form_field *since = form_get(&streaming->endpoint.cgi.query, "since");
    const char *given = streaming->endpoint.cgi.last_event_id;

    /* A browser that reconnects repeats the address it began with, but knows better where it is. */
    if (*given != '\0' && cursor_parse(cursor, given) == 0)
        return true;
    if (since == NULL || since->len == 0)
        return false;
    if (cursor_parse(cursor, since->value) == -1)
        cgi_die_field("since", "This is no cursor of ours.");
    return true;
}

static void die_reading(void)
{
    cgi_die_errno("journal");
}

static void open_reader(struct streaming *streaming)
{
    struct endpoint *endpoint = &streaming->endpoint;
    struct reader *reader = &streaming->reader;
    struct cursor given;
    const struct cursor *since;

    streaming->has_cursor = read_cursor(streaming, &given);
    since = standing_find(endpoint, streaming->has_cursor ? &given : NULL);
    streaming->level = since != NULL && streaming->known != NULL &&
                       since->next == streaming->known->next && since->ms == streaming->known->ms;
    if (streaming->level)
        reader_stand(reader, &endpoint->spool, &endpoint->me, &people_grammar, *since);
    else if (reader_open(reader, &endpoint->spool, &endpoint->me, &people_grammar, since) == -1)
        die_reading();
    streaming->reading = true;
    streaming->gathered = since == NULL ? reader->journal.at : *since;
    standing_begin(streaming->gathered);
    /* Coming back with a cursor says that all before it has arrived. */
    if (streaming->has_cursor && !reader->limited &&
        user_deliver(&endpoint->spool, &endpoint->me, reader->journal.at) == -1)
        cgi_warn("users", "could not move `delivered`");
}

void streaming_touch(struct streaming *streaming)
{
    struct spool *spool = &streaming->endpoint.spool;
    struct online_compose compose = people_compose(spool);

    streaming->touched_ms = clock_boot_ms();
    if (online_touch(spool, &streaming->endpoint.me, &compose) == -1)
        cgi_warn("online", "could not be touched");
}

void streaming_open(struct streaming *streaming)
{
    const struct endpoint *endpoint = &streaming->endpoint;
    int64_t now_ms = clock_boot_ms();

    streaming->deadline_ms = now_ms;
    if (!streaming->over_budget)
        streaming->deadline_ms += (int64_t)streaming->wait * 1000;
    if (endpoint->token != NULL && streaming->deadline_ms > now_ms + endpoint->left_ms)
        streaming->deadline_ms = now_ms + endpoint->left_ms;
    open_reader(streaming);
    streaming_touch(streaming);
}

/* ---- Who is here -------------------------------------------------------------------------------- */

void streaming_begin(struct streaming *streaming)
{
    char cursor[CURSOR_SIZE];

    if (streaming->endpoint.cgi.wants_events) {
        cursor_print(cursor, streaming->reader.journal.at);
        event_prime(&streaming->out, cursor,
                    streaming->over_budget ? STREAMING_BUSY_SEC * 1000 : RETRY_MSEC);
    } else {
        streaming_begin_envelope(streaming);
        if (streaming->has_cursor)
            return;
    }
    streaming->greeting =
        online_open(&streaming->online, &streaming->endpoint.spool, &streaming->endpoint.me) == 0;
    if (!streaming->greeting)
        cgi_warn("online", "could not be read");
}

bool streaming_sees(struct buf *line, struct spool *spool, const struct user *me,
                    const struct user *user)
{
    SCRATCH static char text[STANZA_LINE_MAX];

    *line = buf_over(text, sizeof text);
    return strcmp(user->dir, me->dir) != 0 && people_friends(spool, me, user) == 1 &&
           people_presence_put(line, spool, user, true);
}

/* Each friend who is online. An envelope has an end. */
static void greet(struct streaming *streaming, const struct user *user)
{
    struct endpoint *endpoint = &streaming->endpoint;
    struct buf line;

    if (!streaming_sees(&line, &endpoint->spool, &endpoint->me, user))
        return;
    if (endpoint->cgi.wants_events)
        event_put(&streaming->out, NULL, line.data, line.len);
    else if (streaming->out.len < STREAMING_BATCH)
        (void)envelope_add(&streaming->envelope, line.data, line.len);
    else
        streaming->reader.limited = true;
}

bool streaming_greet(struct streaming *streaming, int64_t until_ms)
{
    struct user user;

    if (!streaming->greeting)
        return false;
    while (online_next(&streaming->online, &user)) {
        greet(streaming, &user);
        if (clock_boot_ms() >= until_ms ||
            (streaming->endpoint.cgi.wants_events && streaming->out.len >= STREAMING_GREETING))
            return true;
    }
    streaming->greeting = false;
    if (online_close(&streaming->online) == -1)
        cgi_warn("online", "could not be read");
    return false;
}

/* ---- Envelopes ---------------------------------------------------------------------------------- */

void streaming_begin_envelope(struct streaming *streaming)
{
    streaming->out.len = 0;
    streaming->envelope = envelope_open(&streaming->out, clock_wall_us());
}

/* Behind a greeting, which counts for nothing here: who asks again without a cursor is greeted again,
 * and would never get further. */
int streaming_fill(struct streaming *streaming)
{
    uint64_t most = streaming->envelope.stanzas + streaming->limit;
    size_t end = streaming->out.len + STREAMING_BATCH;
    const char *line;
    size_t len;
    int found = 1;

    while (streaming->envelope.stanzas < most && streaming->out.len < end &&
           (found = reader_next(&streaming->reader, &line, &len)) == 1)
        if (envelope_add(&streaming->envelope, line, len) == -1)
            streaming->reader.limited = true; /* damaged on the disk */
    if (found == -1)
        die_reading();
    return found;
}

bool streaming_has_answer(const struct streaming *streaming)
{
    return streaming->envelope.stanzas > 0 || streaming->reader.limited;
}

void streaming_end_envelope(struct streaming *streaming)
{
    char cursor[CURSOR_SIZE];
    bool idle = streaming->envelope.stanzas == 0;

    if (idle)
        streaming_begin_envelope(streaming); /* what had been begun may be forgotten */
    cursor_print(cursor, streaming->reader.journal.at);
    envelope_close(&streaming->envelope, cursor, streaming->reader.limited,
                   streaming->over_budget && idle ? STREAMING_BUSY_SEC : 0);
}

/* ---- For who holds it --------------------------------------------------------------------------- */

struct handover streaming_handover(const struct streaming *streaming, int64_t spoken_ms)
{
    return (struct handover){.events = streaming->endpoint.cgi.wants_events,
                             .has_cursor = streaming->has_cursor,
                             .at = streaming->reader.journal.at,
                             .limit = streaming->limit,
                             .deadline_ms = streaming->deadline_ms,
                             .touched_ms = streaming->touched_ms,
                             .spoken_ms = spoken_ms};
}

void streaming_close(struct streaming *streaming)
{
    if (streaming->greeting)
        (void)online_close(&streaming->online);
    if (streaming->reading)
        reader_close(&streaming->reader);
    streaming->reading = streaming->greeting = false;
}
