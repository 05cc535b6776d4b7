/* SPDX-License-Identifier: MIT */
#include "open.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "dir.h"
#include "file.h"
#include "tidy.h"
#include "walk.h"

int open_add(struct spool *spool, const char *thread)
{
    if (file_create(spool->open, thread, "", 0, false) == -1 && errno != EEXIST)
        return -1;
    return spool->config.sync ? fsync(spool->open) : 0;
}

/* Into its place among the least so far; the greatest makes room. */
static size_t insert(char ids[][UUID_SIZE], size_t count, size_t most, const char *id)
{
    size_t at = count;

    while (at > 0 && strcmp(id, ids[at - 1]) < 0)
        at--;
    if (at == most)
        return count;
    if (count < most)
        count++;
    memmove(ids[at + 1], ids[at], (count - at - 1) * UUID_SIZE);
    memcpy(ids[at], id, UUID_SIZE);
    return count;
}

ssize_t open_list(struct spool *spool, const char *after, char ids[][UUID_SIZE], size_t most)
{
    struct dir dir;
    const char *name;
    size_t count = 0;

    if (dir_open(&dir, spool->open, ".") == -1)
        return -1;
    while ((name = dir_next(&dir)) != NULL)
        if (path_uuid_ok(name) && strcmp(name, after) > 0)
            count = insert(ids, count, most, name);
    return dir_close(&dir) == -1 ? -1 : (ssize_t)count;
}

void open_tidy(struct spool *spool, const struct report *report)
{
    int64_t before_ms = clock_wall_us() / 1000 - (int64_t)TMP_REAP_SEC * 1000;
    struct dir dir;
    const char *name;

    if (dir_open(&dir, spool->open, ".") == -1) {
        report_failed(report, "open", NULL);
        return;
    }
    while ((name = walk_next(spool, &dir)) != NULL) {
        int64_t ms = path_mtime_ms(dir.fd, name);
        if (path_uuid_ok(name) && ms != -1 && ms < before_ms &&
            faccessat(spool->threads, name, F_OK, AT_SYMLINK_NOFOLLOW) == -1 && errno == ENOENT &&
            unlinkat(dir.fd, name, 0) == -1)
            report_failed(report, "open", name);
    }
    if (dir_close(&dir) == -1)
        report_failed(report, "open", NULL);
}
