/* SPDX-License-Identifier: MIT */

/*
 * threads: the threads one is in, to begin with (Browser based Chat 1.0, section 2.2)
 *
 * REQUEST  GET. after=<thread>: those behind it, in the order of their ids; limit=<number>: at most so
 *          many, 50 without and 200 at the most. thread=<thread>: this one only.
 * REPLY    200 {"cursor", "threads": [{"id", "subject", "open", "created", "members", "memberCount",
 *          "role", "last": stanza or null, "read", "unread"}], "next"}. stream?since=<cursor> shows
 *          all that comes after. Fewer than `limit` when they are long (half a megabyte), one at
 *          least; `next` is there when there are others, which after=<next> lists.
 * FILES    reads users/<user>/threads/ and read/, threads/, the end of journal/.
 * ERRORS   400 damaged after or limit; 401; 404 `thread` does not exist, or one is not in it; 405.
 */

#include <errno.h>

#include "base/scratch.h"
#include "chat/summary.h"
#include "spool/file.h"
#include "spool/journal.h"
#include "spool/memberships.h"

#define ONE_MAX (10 * 1024 * 1024) /* the subject, fifty long profiles, the last stanza */

static struct endpoint endpoint;
static struct buf out;
SCRATCH static char text[READING_BYTES + ONE_MAX];
SCRATCH static char ids[READING_MOST + 1][UUID_SIZE]; /* one more: whether there are others */

static const char *field(const char *name)
{
    const struct form_field *given = form_get(&endpoint.cgi.query, name);

    return given == NULL ? "" : given->value;
}

/* 1; 0: there is nothing to show of it. */
static int put_thread(const char *id)
{
    struct reading reading;
    int result;

    if (reading_open(&endpoint, id, &reading) == -1) {
        if (errno == ENOENT)
            return 0; /* its making, or our leaving, has been cut off */
        if (!file_is_damage(errno))
            cgi_die_errno("threads");
        cgi_warn("users", "an entry in threads/ is damaged");
        return 0;
    }
    result = summary_put(&out, &endpoint, &reading);
    if (result == -1 && !file_is_damage(errno))
        cgi_die_errno("threads");
    if (result == -1)
        reading_warn(&reading, "new", "the thread is damaged");
    reading_close(&reading);
    return result == 0;
}

static _Noreturn void answer(const char *next)
{
    buf_puts(&out, "]");
    if (next != NULL) {
        buf_puts(&out, ",\"next\":\"");
        buf_puts(&out, next);
        buf_puts(&out, "\"");
    }
    buf_puts(&out, "}\n");
    if (out.full)
        cgi_die(507, "A thread is longer than can be shown.");
    cgi_reply(200, "application/json", out.data, out.len);
}

static _Noreturn void answer_one(const char *id)
{
    if (put_thread(id) == 0)
        cgi_die(404, "No such thread, or you are not in it.");
    answer(NULL);
}

static _Noreturn void answer_page(const char *after, size_t limit)
{
    const char *last = NULL; /* looked at: the next page begins behind it */
    size_t listed = 0;
    size_t count;

    if (memberships(&endpoint.spool, &endpoint.me, after, ids, limit + 1, &count) == -1)
        cgi_die_errno("users");
    for (size_t i = 0; i < count && i < limit; i++) {
        size_t begin = out.len;
        if (listed > 0)
            buf_puts(&out, ",");
        if (put_thread(ids[i]) == 0) {
            out.len = begin;
        } else if (listed > 0 && out.len > READING_BYTES) {
            out.len = begin;
            answer(last);
        } else {
            listed++;
        }
        last = ids[i];
    }
    answer(count > limit ? last : NULL);
}

int main(void)
{
    const char *thread;
    const char *after;
    struct cursor now;
    char cursor[CURSOR_SIZE];
    size_t limit;

    endpoint_start(&endpoint, "threads", "GET");
    endpoint_login(&endpoint);
    thread = field("thread");
    after = field("after");
    limit = reading_limit(&endpoint);
    if (*after != '\0' && !path_uuid_ok(after))
        cgi_die_field("after", "This is no thread's id.");
    /* First the place, then the threads: what comes in between is told twice, not never. */
    if (journal_end(&endpoint.spool, &now) == -1)
        cgi_die_errno("journal");
    cursor_print(cursor, now);
    out = buf_over(text, sizeof text);
    buf_puts(&out, "{\"cursor\":\"");
    buf_puts(&out, cursor);
    buf_puts(&out, "\",\"threads\":[");
    if (*thread != '\0')
        answer_one(thread);
    answer_page(after, limit);
}
