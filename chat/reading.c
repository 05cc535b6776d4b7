/* SPDX-License-Identifier: MIT */
#include "chat/reading.h"

#include <errno.h>
#include <string.h>

#include "base/scratch.h"
#include "protocol/buf.h"
#include "protocol/query.h"
#include "spool/file.h"
#include "spool/user.h"

size_t reading_limit(const struct endpoint *endpoint)
{
    uint64_t limit = query_number(&endpoint->cgi, "limit", SEQ_DIGITS, READING_DEFAULT);

    if (limit == 0)
        return 1;
    return limit < READING_MOST ? (size_t)limit : READING_MOST;
}

int reading_open(struct endpoint *endpoint, const char *id, struct reading *reading)
{
    if (thread_open(&endpoint->spool, &reading->thread, id) == -1)
        return -1;
    if (user_joined(&endpoint->spool, &endpoint->me, id, &reading->joined) == 0)
        return 0;
    thread_close(&reading->thread);
    return -1;
}

void reading_close(struct reading *reading)
{
    thread_close(&reading->thread);
}

void reading_warn(const struct reading *reading, const char *file, const char *what)
{
    char text[PATH_SIZE];
    struct buf object = buf_over(text, sizeof text);

    buf_puts(&object, "threads/");
    buf_puts(&object, reading->thread.id);
    buf_puts(&object, "/");
    buf_puts(&object, file);
    buf_put(&object, "", 1);
    cgi_warn(text, what);
}

int reading_line(struct reading *reading, uint64_t seq, const char **line, size_t *len)
{
    SCRATCH static char text[SPOOL_STANZA_MAX + 1];
    ssize_t got = thread_read(&reading->thread, seq, text, sizeof text);
    char path[PATH_SIZE];

    if (got == -1 && !file_is_damage(errno))
        return -1;
    if (got == -1 && errno != ENOENT) {
        path_segment(path, seq);
        reading_warn(reading, path, strerror(errno));
    }
    *line = text;
    *len = got == -1 ? 0 : (size_t)got;
    return got != -1;
}
