/* SPDX-License-Identifier: MIT */

/*
 * stream: what is said to a user, as it is said (Browser based Chat 1.0, sections 3 and 4.2.2)
 *
 * REQUEST  GET; without a login GET stream/<token>, or Authorization: Bearer <token>. since=<cursor> (or
 *          the header Last-Event-ID): go on behind it; without: behind what has reached the user.
 *          wait=<seconds>: how long at most; limit=<number>: at most so many stanzas in one envelope,
 *          beside the greeting.
 *          Accept: text/event-stream asks for events.
 * REPLY    200, an envelope as soon as there is something in it or the time is over, or half a million
 *          records of others have been passed, which moves the cursor; or server-sent events until the
 *          time is over, the token's end, or the client's. Events, and a poll without a cursor, begin
 *          with who of one's friends is online.
 * FILES    reads journal/, threads/, presence/; touches online/<user>; moves users/<user>/delivered;
 *          without a cursor keeps its place in users/<user>/streams/.
 * ERRORS   400 damaged since, wait or limit; 401, a wrong or expired Bearer too; 404 wrong or expired
 *          token in the path; 403 with the login of a foreign site's reader; 405. With too many streams
 *          open, an envelope comes at once and names retry_after; events end at once and name a longer
 *          `retry`.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scratch.h"
#include "chat/handing.h"
#include "chat/people.h"
#include "chat/standing.h"
#include "chat/streaming.h"
#include "spool/clock.h"
#include "spool/token.h"
#include "spool/user.h"
#include "spool/wait.h"

#define STEP 500000 /* records, a few seconds: who has nothing among them hears how far it is */

static struct streaming stream; /* its beginning is the agent's, too */
static struct endpoint *const endpoint = &stream.endpoint;
static struct reader *const reader = &stream.reader;
static struct buf *const out = &stream.out;
static struct wait wait_state;

/* After the answer is on its way, for clients that keep no cursor. */
static void acknowledge(void)
{
    if (!stream.has_cursor &&
        user_deliver(&endpoint->spool, &endpoint->me, reader->journal.at) == -1)
        cgi_warn("users", "could not move `delivered`");
}

static bool token_ended(void)
{
    struct user holder;
    int64_t left;

    return endpoint->token != NULL &&
           token_holder(&endpoint->spool, endpoint->token, &holder, &left) == -1 && errno == ENOENT;
}

static int64_t until_next_duty(int64_t spoken_ms)
{
    int64_t now = clock_boot_ms();
    int64_t until = stream.deadline_ms;

    if (stream.touched_ms + ONLINE_TOUCH_SEC * 1000 < until)
        until = stream.touched_ms + ONLINE_TOUCH_SEC * 1000;
    if (spoken_ms + STREAMING_HEARTBEAT_MSEC < until)
        until = spoken_ms + STREAMING_HEARTBEAT_MSEC;
    return until > now ? until - now : 0;
}

/* Wait for news, with nothing in `out`. False: time or token are over, or the client has gone. */
static bool wait_on(int64_t spoken_ms)
{
    if (clock_boot_ms() >= stream.deadline_ms)
        return false;
    scratch_forget();
    if (wait_for(&wait_state, STDOUT_FILENO, until_next_duty(spoken_ms)) == 1)
        return false;
    if (clock_boot_ms() >= stream.touched_ms + ONLINE_TOUCH_SEC * 1000)
        streaming_touch(&stream);
    return !token_ended();
}

/* Nothing is left but to wait. True: the agent does. */
static bool give_away(int64_t spoken_ms)
{
    struct handover handover = streaming_handover(&stream, spoken_ms);
    enum handing handing;

    if (stream.over_budget || clock_boot_ms() >= stream.deadline_ms)
        return false;
    handing = handing_give(endpoint, &handover, STDOUT_FILENO);
    stream.over_budget = handing == HANDING_FULL;
    if (handing == HANDING_GIVEN)
        wait_disarm(&wait_state);
    return handing == HANDING_GIVEN;
}

/* First whoever has gone without anybody noticing, then who is here. */
static void begin(void)
{
    struct online_compose compose = people_compose(&endpoint->spool);

    streaming_begin(&stream);
    if (stream.greeting && online_sweep(&endpoint->spool, &compose, NULL) == -1)
        cgi_warn("online", "could not publish who has left");
    while (streaming_greet(&stream, INT64_MAX)) {
        /* One that fails fails again where it is looked at. */
        (void)cgi_stream_write(out->data, out->len);
        out->len = 0;
    }
}

static _Noreturn void answer_poll(void)
{
    streaming_end_envelope(&stream);
    standing_offer(reader->journal.at);
    if (cgi_send(200, "application/json", out->data, out->len) == 0)
        acknowledge();
    else
        standing_withdraw();
    exit(0);
}

static _Noreturn void long_poll(void)
{
    int found;

    begin();
    found = streaming_fill(&stream);
    if (!streaming_has_answer(&stream) && give_away(clock_boot_ms()))
        exit(0);
    while (found != 2 && !streaming_has_answer(&stream) && !stream.over_budget &&
           wait_on(clock_boot_ms())) {
        streaming_begin_envelope(&stream);
        found = streaming_fill(&stream);
    }
    wait_disarm(&wait_state);
    if (token_ended())
        endpoint_no_token(endpoint);
    answer_poll();
}

/* Put what there is behind `out`, up to a batch. 1: there may be more; 0; -1: the journal cannot be
 * read. */
static int gather_events(void)
{
    char cursor[CURSOR_SIZE];
    const char *line;
    size_t len;
    int found = 1;

    /* The last write may have waited for the client, who may have been sent away meanwhile. */
    reader_forget(reader);
    while (out->len < STREAMING_BATCH && (found = reader_next(reader, &line, &len)) == 1) {
        stream.gathered = reader->journal.at;
        cursor_print(cursor, stream.gathered);
        event_put(out, cursor, line, len);
    }
    if (reader->limited) {
        stream.gathered = reader->journal.at;
        cursor_print(cursor, stream.gathered);
        event_limited(out, cursor);
        reader->limited = false;
    }
    if (found != 2)
        return found;
    stream.gathered = reader->journal.at;
    cursor_print(cursor, stream.gathered);
    event_place(out, cursor);
    reader->stop += STEP;
    return 1;
}

/* All there is, in as few writes as it takes, or a sign of life. -1: the stream is over. */
static int send_events(int64_t *spoken_ms)
{
    int more;

    do {
        more = gather_events();
        if (more == -1)
            cgi_warn("journal", strerror(errno)); /* the head is out: the client comes back */
        if (more == 0 && out->len == 0 && clock_boot_ms() >= *spoken_ms + STREAMING_HEARTBEAT_MSEC)
            event_heartbeat(out);
        if (out->len > 0) {
            standing_look();
            if (cgi_stream_write(out->data, out->len) == -1)
                return -1;
            acknowledge();
            standing_move(stream.gathered);
            out->len = 0;
            *spoken_ms = clock_boot_ms();
        }
    } while (more == 1);
    return more;
}

static void events(void)
{
    int64_t spoken_ms = clock_boot_ms();
    int more;

    if (cgi_stream_head("text/event-stream") == -1)
        return;
    standing_guard();
    begin();
    more = send_events(&spoken_ms);
    if (more == 0 && !stream.over_budget) {
        if (give_away(spoken_ms))
            return;
        if (stream.over_budget) { /* other words than at the beginning: the agent had no time */
            event_retry(out, STREAMING_BUSY_SEC * 1000);
            (void)cgi_stream_write(out->data, out->len);
        }
    }
    while (more == 0 && !stream.over_budget && wait_on(spoken_ms))
        more = send_events(&spoken_ms);
    wait_disarm(&wait_state);
    standing_leave();
}

/* Whether to wait at all. */
static void plan(void)
{
    stream.over_budget =
        stream.wait > 0 && !handing_plan(endpoint, STDOUT_FILENO, endpoint->cgi.wants_events);
    if (stream.over_budget)
        stream.wait = 0;
    alarm((unsigned)stream.wait + CGI_DEADLINE_SEC);
    if (stream.wait > 0)
        wait_arm(&wait_state, &endpoint->spool); /* before the journal is read */
    else
        wait_state = (struct wait){-1, -1, -1};
}

int main(void)
{
    endpoint_start(endpoint, "stream", "GET");
    streaming_admit(&stream);
    plan();
    streaming_open(&stream);
    reader->stop = reader->journal.at.next + STEP;
    if (!endpoint->cgi.wants_events)
        long_poll();
    events();
    return 0;
}
