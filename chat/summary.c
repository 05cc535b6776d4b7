/* SPDX-License-Identifier: MIT */
#include "chat/summary.h"

#include <errno.h>
#include <string.h>

#include "base/scratch.h"
#include "chat/people.h"
#include "protocol/about.h"
#include "protocol/json.h"
#include "spool/file.h"
#include "spool/readmark.h"

static int put_about(struct buf *out, struct reading *reading)
{
    SCRATCH static char text[ABOUT_MAX + 1];
    ssize_t len = file_read(reading->thread.fd, "thread.json", text, sizeof text);

    if (len == -1 && !file_is_damage(errno))
        return -1;
    if (about_put(out, text, len == -1 ? 0 : (size_t)len) == -1)
        reading_warn(reading, "thread.json", "is missing, or says what it cannot");
    return 0;
}

struct search {
    const struct user *user;
    char role[THREAD_ROLE_MAX];
};

static int find_role(void *context, const struct member *member)
{
    struct search *search = context;

    if (strcmp(member->user.dir, search->user->dir) != 0)
        return 0;
    memcpy(search->role, member->role, sizeof search->role);
    return 1;
}

/* Behind what is there already; a list that turns out to be damaged is taken back. */
static int put_members(struct buf *out, struct endpoint *endpoint, struct reading *reading)
{
    struct search search = {.user = &endpoint->me, .role = ""};
    size_t begin;
    size_t count;

    buf_puts(out, ",\"members\":[");
    begin = out->len;
    if (people_members_put(out, &endpoint->spool, &reading->thread, NULL, &count) == 0 &&
        thread_members(&reading->thread, find_role, &search) != -1) {
        buf_puts(out, "],\"memberCount\":");
        buf_putu(out, count);
    } else {
        if (!file_is_damage(errno))
            return -1;
        reading_warn(reading, "members", "is missing, or no such list");
        out->len = begin;
        buf_puts(out, "],\"memberCount\":null");
    }
    buf_puts(out, ",\"role\":");
    if (*search.role == '\0')
        buf_puts(out, "null"); /* their line was not written, or is damaged */
    else
        json_put_string(out, search.role, strlen(search.role));
    return 0;
}

static void put_line(struct buf *out, const char *line, size_t len)
{
    struct json json;
    bool good = json_parse(&json, line, len, NULL) == 0;

    if (good && json_kind(&json, 0) == JSON_OBJECT)
        buf_put(out, line, line[len - 1] == '\n' ? len - 1 : len);
    else
        buf_puts(out, "null");
    if (good)
        json_drop(&json);
}

/* The newest stanza of a thread always stays, so it is the only one to look for. */
static int put_last(struct buf *out, struct reading *reading, uint64_t tail)
{
    const char *line;
    size_t len;
    int found = tail > reading->joined ? reading_line(reading, tail, &line, &len) : 0;

    buf_puts(out, ",\"last\":");
    if (found == 1)
        put_line(out, line, len);
    else
        buf_puts(out, "null");
    return found == -1 ? -1 : 0;
}

static int put_unread(struct buf *out, struct endpoint *endpoint, struct reading *reading,
                      uint64_t tail)
{
    uint64_t from = reading->joined;
    uint64_t read;

    if (readmark_get(&endpoint->spool, &endpoint->me, reading->thread.id, &read) == -1) {
        if (!file_is_damage(errno))
            return -1;
        reading_warn(reading, endpoint->me.dir, "has a damaged read mark");
    }
    if (read > from)
        from = read;
    buf_puts(out, ",\"read\":");
    buf_putu(out, read);
    buf_puts(out, ",\"unread\":");
    buf_putu(out, tail > from ? tail - from : 0);
    return 0;
}

int summary_put(struct buf *out, struct endpoint *endpoint, struct reading *reading)
{
    uint64_t tail;

    if (thread_tail(&reading->thread, &tail) == -1)
        return -1;
    buf_puts(out, "{\"id\":\"");
    buf_puts(out, reading->thread.id);
    buf_puts(out, "\",");
    if (put_about(out, reading) == -1 || put_members(out, endpoint, reading) == -1 ||
        put_last(out, reading, tail) == -1 || put_unread(out, endpoint, reading, tail) == -1)
        return -1;
    buf_puts(out, "}");
    return 0;
}
