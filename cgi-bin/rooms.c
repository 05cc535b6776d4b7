/* SPDX-License-Identifier: MIT */

/*
 * rooms: the open rooms, which one may join (Browser based Chat 1.0, section 1.2)
 *
 * REQUEST  GET. after=<room>: those behind that one; limit=<number>: at most so many.
 * REPLY    200 {"rooms": [{"id", "subject", "memberCount", "joined": whether one is in it}], "next":
 *          room or null}; not those from which one is banned. A page may have fewer than `limit`
 *          asks for; the end is where `next` is null.
 * FILES    reads open/, threads/, users/<asker>/threads/.
 * ERRORS   400 a damaged after or limit; 401; 405.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/scratch.h"
#include "chat/room.h"
#include "spool/open.h"
#include "spool/user.h"

#define PAGE_MAX 100
#define PAGE_DEFAULT 50
#define PAGE_BYTES (512 * 1024) /* of a page, before its last room */

static struct endpoint endpoint;
static struct buf reply;
static size_t shown;

struct counting {
    size_t members;
    bool banned;
};

static int count(void *context, const struct member *member)
{
    struct counting *counting = context;

    if (strcmp(member->role, THREAD_BANNED) != 0)
        counting->members++;
    else if (strcmp(member->user.dir, endpoint.me.dir) == 0)
        counting->banned = true;
    return 0;
}

/* One that is not there, or not whole, is passed over. */
static void put_room(const char *id)
{
    struct counting counting = {0, false};
    struct room_about about;
    struct thread thread;
    uint64_t joined;
    bool readable;

    if (thread_open(&endpoint.spool, &thread, id) == -1)
        return;
    readable = thread_lines(&thread, count, &counting) == 0 && room_about(&thread, &about) == 0;
    thread_close(&thread);
    if (!readable || counting.banned || !about.open)
        return;
    buf_puts(&reply, shown++ > 0 ? ",{\"id\":\"" : "{\"id\":\"");
    buf_puts(&reply, id);
    buf_puts(&reply, "\",\"subject\":");
    buf_put(&reply, about.subject, about.subject_len);
    buf_puts(&reply, ",\"memberCount\":");
    buf_putu(&reply, counting.members);
    buf_puts(&reply, user_joined(&endpoint.spool, &endpoint.me, id, &joined) == 0
                         ? ",\"joined\":true}"
                         : ",\"joined\":false}");
}

static size_t read_limit(void)
{
    const struct form_field *field = form_get(&endpoint.cgi.query, "limit");
    unsigned long value;

    if (field == NULL)
        return PAGE_DEFAULT;
    if (field->len == 0 || field->len > 9 || strspn(field->value, "0123456789") != field->len)
        cgi_die_field("limit", "This is a whole number.");
    value = strtoul(field->value, NULL, 10);
    return value == 0 ? 1 : value > PAGE_MAX ? PAGE_MAX : value;
}

static const char *read_after(void)
{
    const struct form_field *field = form_get(&endpoint.cgi.query, "after");

    if (field == NULL || field->len == 0)
        return "";
    if (!path_uuid_ok(field->value))
        cgi_die_field("after", "This is no room of ours.");
    return field->value;
}

static _Noreturn void answer(const char *after, size_t limit)
{
    SCRATCH static char text[PAGE_BYTES + ROOM_ABOUT_MAX + 512];
    SCRATCH static char ids[PAGE_MAX + 1]
                           [UUID_SIZE]; /* one more than are shown tells of a next page */
    ssize_t there = open_list(&endpoint.spool, after, ids, limit + 1);
    size_t at = 0;

    if (there == -1)
        cgi_die_errno("open");
    reply = buf_over(text, sizeof text);
    buf_puts(&reply, "{\"rooms\":[");
    while (at < (size_t)there && at < limit && reply.len < PAGE_BYTES)
        put_room(ids[at++]);
    buf_puts(&reply, "],\"next\":");
    buf_puts(&reply, at < (size_t)there ? "\"" : "null");
    if (at < (size_t)there) {
        buf_puts(&reply, ids[at - 1]);
        buf_puts(&reply, "\"");
    }
    buf_puts(&reply, "}\n");
    cgi_reply(200, "application/json", reply.data, reply.len);
}

int main(void)
{
    endpoint_start(&endpoint, "rooms", "GET");
    endpoint_login(&endpoint);
    answer(read_after(), read_limit());
}
