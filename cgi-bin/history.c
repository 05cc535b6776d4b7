/* SPDX-License-Identifier: MIT */

/*
 * history: what was said in a thread before (Browser based Chat 1.0, sections 2.2 and 3)
 *
 * REQUEST  GET history/<thread>. before=<seq>: the newest stanzas below it; after=<seq>: the oldest
 *          above it; both: the oldest between them; neither: the newest of all. limit=<number>: at
 *          most so many, 50 without and 200 at the most.
 * REPLY    200, an envelope, its stanzas in the order of the thread; fewer than `limit` when they are
 *          long (half a megabyte), one at least. `more`: the thread goes on in that direction.
 *          `cursor`: stream?since= goes on from here, without a gap. `limited`: some are missing.
 * FILES    reads threads/<thread>/new and cur, users/<user>/threads/, the end of journal/.
 * ERRORS   400 damaged before, after or limit; 401; 404 no such thread, or not in it; 405.
 */

#include <errno.h>

#include "base/scratch.h"
#include "chat/reading.h"
#include "protocol/envelope.h"
#include "protocol/query.h"
#include "spool/clock.h"
#include "spool/journal.h"
#include "spool/page.h"

static struct endpoint endpoint;
static struct reading reading;
static struct page page;

static uint64_t before;
static uint64_t after;
static bool forward;

static void read_query(void)
{
    forward = form_get(&endpoint.cgi.query, "after") != NULL;
    after = query_number(&endpoint.cgi, "after", SEQ_DIGITS, 0);
    before = query_number(&endpoint.cgi, "before", SEQ_DIGITS, UINT64_MAX);
}

static void find_thread(const char *id)
{
    if (reading_open(&endpoint, id, &reading) == 0)
        return;
    if (errno == ENOENT)
        cgi_die(404, "No such thread, or you are not in it.");
    cgi_die_errno("threads");
}

static void find_page(size_t limit)
{
    struct page_range range = {
        .above = reading.joined, .backward = !forward, .most = limit, .bytes = READING_BYTES};

    if (thread_tail(&reading.thread, &range.below) == -1)
        cgi_die_errno("threads");
    range.below++;
    if (before < range.below)
        range.below = before;
    if (after > range.above)
        range.above = after;
    if (page_find(&reading.thread, &range, &page) == -1)
        cgi_die_errno("threads");
}

/* Whether one is missing that was there a moment ago, or that is none. */
static bool put_stanzas(struct envelope *envelope)
{
    bool missing = false;

    for (size_t i = 0; i < page.count; i++) {
        const char *line;
        size_t len;
        int found = reading_line(&reading, page.seq[i], &line, &len);
        if (found == -1)
            cgi_die_errno("threads");
        if (found == 0 || envelope_add(envelope, line, len) == -1)
            missing = true;
    }
    return missing;
}

int main(void)
{
    SCRATCH static char text[READING_BYTES + STANZA_LINE_MAX];
    struct buf out = buf_over(text, sizeof text);
    struct envelope envelope;
    struct cursor now;
    char cursor[CURSOR_SIZE];
    const char *id;
    size_t limit;
    bool missing;

    endpoint_start(&endpoint, "history", "GET");
    id = endpoint.cgi.path;
    endpoint.cgi.path = "";
    endpoint_login(&endpoint);
    read_query();
    limit = reading_limit(&endpoint);
    /* First the place, then the thread: what comes in between is told twice, not never. */
    if (journal_end(&endpoint.spool, &now) == -1)
        cgi_die_errno("journal");
    find_thread(id);
    find_page(limit);
    cursor_print(cursor, now);
    envelope = envelope_open(&out, clock_wall_us());
    missing = put_stanzas(&envelope);
    envelope_close_page(&envelope, cursor, page.gap || missing, page.more);
    if (out.full)
        cgi_die(500, "These stanzas are longer than they can be.");
    cgi_reply(200, "application/json", out.data, out.len);
}
