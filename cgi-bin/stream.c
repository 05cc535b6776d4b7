/* SPDX-License-Identifier: MIT */

/*
 * stream: what is said to a user, as it is said (Browser based Chat 1.0, sections 3 and 4.2.2)
 *
 * REQUEST  GET; without a login GET stream/<token>, or Authorization: Bearer <token>. since=<cursor> (or
 *          the header Last-Event-ID): go on behind it; without: behind what has reached the user.
 *          wait=<seconds>: how long at most; limit=<number>: at most so many stanzas in one envelope,
 *          beside the greeting.
 *          Accept: text/event-stream asks for events.
 * REPLY    200, an envelope as soon as there is something in it or the time is over; or server-sent
 *          events until the time is over, the token's end, or the client's. Events, and a poll without
 *          a cursor, begin with who of one's friends is online.
 * FILES    reads journal/, threads/, presence/; touches online/<user>; moves users/<user>/delivered;
 *          without a cursor keeps its place in users/<user>/streams/.
 * ERRORS   400 damaged since, wait or limit; 401, a wrong or expired Bearer too; 404 wrong or expired
 *          token in the path; 403 with the login of a foreign site's reader; 405. With too many streams open, an envelope comes at once and names
 *          retry_after; events end at once and name a longer `retry`.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scratch.h"
#include "chat/endpoint.h"
#include "chat/handing.h"
#include "chat/people.h"
#include "chat/standing.h"
#include "protocol/envelope.h"
#include "protocol/query.h"
#include "protocol/stanza.h"
#include "spool/clock.h"
#include "spool/reader.h"
#include "spool/token.h"
#include "spool/user.h"
#include "spool/wait.h"

#define EVENTS_SEC 3600 /* an event stream at most; the browser comes back by itself */
#define HEARTBEAT_MSEC 15000
#define RETRY_MSEC 3000   /* until a browser reconnects */
#define BUSY_RETRY_SEC 15 /* the same, and for long polls, while too many streams are open */
#define LIMIT_MAX 1000    /* stanzas in one envelope */
#define LIMIT_DEFAULT 200
#define BATCH_MAX                                                                                  \
    (512 * 1024) /* bytes of an envelope, or of events in one write, before its last stanza */

static struct endpoint endpoint;
static struct reader reader;
static struct wait wait_state;
static struct buf out;
SCRATCH static char text[2 * (BATCH_MAX + STANZA_LINE_MAX)]; /* the greeting, and all else */

static bool has_cursor;        /* the client keeps one, so that it will say what it has got */
static struct cursor gathered; /* the last put into `out`: what a client would name */
static int64_t deadline_ms;    /* by the boot clock */
static int64_t touched_ms;     /* the last sign of life */
static bool over_budget;
static uint64_t limit;

static uint64_t number(const char *name, uint64_t most, uint64_t otherwise)
{
    uint64_t value = query_number(&endpoint.cgi, name, 9, otherwise);

    return value < most ? value : most;
}

static bool read_cursor(struct cursor *cursor)
{
    const struct form_field *since = form_get(&endpoint.cgi.query, "since");
    const char *given = endpoint.cgi.last_event_id;

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

static void open_reader(void)
{
    struct cursor given;
    const struct cursor *since;

    has_cursor = read_cursor(&given);
    since = standing_find(&endpoint, has_cursor ? &given : NULL);
    if (reader_open(&reader, &endpoint.spool, &endpoint.me, &people_grammar, since) == -1)
        die_reading();
    gathered = since == NULL ? reader.journal.at : *since;
    standing_begin(gathered);
    /* Coming back with a cursor says that all before it has arrived. */
    if (has_cursor && !reader.limited &&
        user_deliver(&endpoint.spool, &endpoint.me, reader.journal.at) == -1)
        cgi_warn("users", "could not move `delivered`");
}

/* After the answer is on its way, for clients that keep no cursor. */
static void acknowledge(void)
{
    if (!has_cursor && user_deliver(&endpoint.spool, &endpoint.me, reader.journal.at) == -1)
        cgi_warn("users", "could not move `delivered`");
}

/*
 * Reading goes on when it fails, as on a full disk: others then do not see that the user is here.
 */
static void sign_of_life(void)
{
    struct online_compose compose = people_compose(&endpoint.spool);

    touched_ms = clock_boot_ms();
    if (online_touch(&endpoint.spool, &endpoint.me, &compose) == -1)
        cgi_warn("online", "could not be touched");
}

static bool token_ended(void)
{
    struct user holder;
    int64_t left;

    return endpoint.token != NULL &&
           token_holder(&endpoint.spool, endpoint.token, &holder, &left) == -1 && errno == ENOENT;
}

static int64_t until_next_duty(int64_t spoken_ms)
{
    int64_t now = clock_boot_ms();
    int64_t until = deadline_ms;

    if (touched_ms + ONLINE_TOUCH_SEC * 1000 < until)
        until = touched_ms + ONLINE_TOUCH_SEC * 1000;
    if (spoken_ms + HEARTBEAT_MSEC < until)
        until = spoken_ms + HEARTBEAT_MSEC;
    return until > now ? until - now : 0;
}

/* Wait for news, with nothing in `out`. False: time or token are over, or the client has gone. */
static bool wait_on(int64_t spoken_ms)
{
    if (clock_boot_ms() >= deadline_ms)
        return false;
    scratch_forget();
    if (wait_for(&wait_state, STDOUT_FILENO, until_next_duty(spoken_ms)) == 1)
        return false;
    if (clock_boot_ms() >= touched_ms + ONLINE_TOUCH_SEC * 1000)
        sign_of_life();
    return !token_ended();
}

/* Nothing is left but to wait. True: the agent does. */
static bool give_away(int64_t spoken_ms)
{
    struct handover handover = {.events = endpoint.cgi.wants_events,
                                .has_cursor = has_cursor,
                                .at = reader.journal.at,
                                .limit = limit,
                                .deadline_ms = deadline_ms,
                                .touched_ms = touched_ms,
                                .spoken_ms = spoken_ms};
    enum handing handing;

    if (over_budget || clock_boot_ms() >= deadline_ms)
        return false;
    handing = handing_give(&endpoint, &handover, STDOUT_FILENO);
    over_budget = handing == HANDING_FULL;
    if (handing == HANDING_GIVEN)
        wait_disarm(&wait_state);
    return handing == HANDING_GIVEN;
}

/* Each friend who is online, as a stored line. */
static int greet(void *context, const struct user *user)
{
    SCRATCH static char line[STANZA_LINE_MAX];
    struct buf presence = buf_over(line, sizeof line);
    void (*put)(const char *presence_line, size_t len) = *(void (**)(const char *, size_t))context;

    if (strcmp(user->dir, endpoint.me.dir) == 0 ||
        people_friends(&endpoint.spool, &endpoint.me, user) != 1)
        return 0;
    if (people_presence_put(&presence, &endpoint.spool, user, true))
        put(presence.data, presence.len);
    return 0;
}

/* On connecting: first whoever has gone without anybody noticing, then who is here. */
static void greet_all(void (*put)(const char *line, size_t len))
{
    struct online_compose compose = people_compose(&endpoint.spool);

    if (online_sweep(&endpoint.spool, &compose, NULL) == -1)
        cgi_warn("online", "could not publish who has left");
    if (online_each(&endpoint.spool, greet, &put) == -1)
        cgi_warn("online", "could not be read");
}

static struct envelope envelope;

static void begin_envelope(void)
{
    out.len = 0;
    envelope = envelope_open(&out, clock_wall_us());
}

static void put_in_envelope(const char *line, size_t len)
{
    if (out.len < BATCH_MAX)
        (void)envelope_add(&envelope, line, len);
}

/* Behind a greeting, which counts for nothing here: who asks again without a cursor is greeted again,
 * and would never get further. */
static void fill_envelope(void)
{
    uint64_t most = envelope.stanzas + limit;
    size_t end = out.len + BATCH_MAX;
    const char *line;
    size_t len;
    int found = 0;

    while (envelope.stanzas < most && out.len < end &&
           (found = reader_next(&reader, &line, &len)) == 1)
        if (envelope_add(&envelope, line, len) == -1)
            reader.limited = true; /* damaged on the disk */
    if (found == -1)
        die_reading();
}

static _Noreturn void answer_poll(void)
{
    char cursor[CURSOR_SIZE];
    bool idle = envelope.stanzas == 0;

    if (idle)
        begin_envelope(); /* what had been begun may be forgotten */
    cursor_print(cursor, reader.journal.at);
    envelope_close(&envelope, cursor, reader.limited, over_budget && idle ? BUSY_RETRY_SEC : 0);
    standing_offer(reader.journal.at);
    if (cgi_send(200, "application/json", out.data, out.len) == 0)
        acknowledge();
    else
        standing_withdraw();
    exit(0);
}

static _Noreturn void long_poll(void)
{
    begin_envelope();
    if (!has_cursor)
        greet_all(put_in_envelope);
    fill_envelope();
    if (envelope.stanzas == 0 && !reader.limited && give_away(clock_boot_ms()))
        exit(0);
    while (envelope.stanzas == 0 && !reader.limited && !over_budget && wait_on(clock_boot_ms())) {
        begin_envelope();
        fill_envelope();
    }
    wait_disarm(&wait_state);
    if (token_ended())
        endpoint_no_token(&endpoint);
    answer_poll();
}

/* A write that fails here fails again where it is looked at. */
static void put_as_event(const char *line, size_t len)
{
    event_put(&out, NULL, line, len);
    if (out.len < BATCH_MAX)
        return;
    (void)cgi_stream_write(out.data, out.len);
    out.len = 0;
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
    reader_forget(&reader);
    while (out.len < BATCH_MAX && (found = reader_next(&reader, &line, &len)) == 1) {
        gathered = reader.journal.at;
        cursor_print(cursor, gathered);
        event_put(&out, cursor, line, len);
    }
    if (reader.limited) {
        gathered = reader.journal.at;
        cursor_print(cursor, gathered);
        event_limited(&out, cursor);
        reader.limited = false;
    }
    return found;
}

/* All there is, in as few writes as it takes, or a sign of life. -1: the stream is over. */
static int send_events(int64_t *spoken_ms)
{
    int more;

    do {
        more = gather_events();
        if (more == -1)
            cgi_warn("journal", strerror(errno)); /* the head is out: the client comes back */
        if (more == 0 && out.len == 0 && clock_boot_ms() >= *spoken_ms + HEARTBEAT_MSEC)
            event_heartbeat(&out);
        if (out.len > 0) {
            standing_look();
            if (cgi_stream_write(out.data, out.len) == -1)
                return -1;
            acknowledge();
            standing_move(gathered);
            out.len = 0;
            *spoken_ms = clock_boot_ms();
        }
    } while (more == 1);
    return more;
}

static void events(void)
{
    char cursor[CURSOR_SIZE];
    int64_t spoken_ms = clock_boot_ms();
    int more;

    if (cgi_stream_head("text/event-stream") == -1)
        return;
    cursor_print(cursor, reader.journal.at);
    event_prime(&out, cursor, over_budget ? BUSY_RETRY_SEC * 1000 : RETRY_MSEC);
    standing_guard();
    greet_all(put_as_event);
    more = send_events(&spoken_ms);
    if (more == 0 && !over_budget) {
        if (give_away(spoken_ms))
            return;
        if (over_budget) { /* other words than at the beginning: the agent had no time */
            event_retry(&out, BUSY_RETRY_SEC * 1000);
            (void)cgi_stream_write(out.data, out.len);
        }
    }
    while (more == 0 && !over_budget && wait_on(spoken_ms))
        more = send_events(&spoken_ms);
    wait_disarm(&wait_state);
    standing_leave();
}

/* When to stop, and whether to wait at all. */
static void plan(void)
{
    uint64_t most = endpoint.cgi.wants_events ? EVENTS_SEC : endpoint.spool.config.wait;
    uint64_t wait = number("wait", most, most);

    limit = number("limit", LIMIT_MAX, LIMIT_DEFAULT);
    limit = limit == 0 ? 1 : limit;
    over_budget = wait > 0 && !handing_plan(&endpoint, STDOUT_FILENO, endpoint.cgi.wants_events);
    if (over_budget)
        wait = 0;
    deadline_ms = clock_boot_ms() + (int64_t)wait * 1000;
    if (endpoint.token != NULL && deadline_ms > clock_boot_ms() + endpoint.left_ms)
        deadline_ms = clock_boot_ms() + endpoint.left_ms;
    alarm((unsigned)wait + CGI_DEADLINE_SEC);
    if (wait > 0)
        wait_arm(&wait_state, &endpoint.spool); /* before the journal is read */
    else
        wait_state = (struct wait){-1, -1, -1};
}

int main(void)
{
    endpoint_start(&endpoint, "stream", "GET");
    endpoint_login_or_token(&endpoint);
    /* What a stream brings counts as said: a picture on a foreign page that is none would take it from the
     * user's own clients. A foreign page that has a token was given it. */
    if (endpoint.cgi.is_foreign && endpoint.token == NULL)
        cgi_die_foreign();
    out = buf_over(text, sizeof text);
    plan();
    open_reader();
    sign_of_life();
    if (!endpoint.cgi.wants_events)
        long_poll();
    events();
    return 0;
}
