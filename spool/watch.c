/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "file.h"

static int add(int watch, int dir, uint32_t events)
{
    char path[PATH_SIZE];

    /* inotify takes a path, and the directory is open: it is the same whatever its name is now. */
    snprintf(path, sizeof path, "/proc/self/fd/%d", dir);
    return inotify_add_watch(watch, path, events);
}

static int open_watch(int dir, uint32_t events)
{
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

    if (watch != -1 && add(watch, dir, events) == -1) {
        file_close(watch);
        watch = -1;
    }
    return watch;
}

int watch_tokens(struct spool *spool)
{
    return open_watch(spool->tokens, IN_CLOSE_WRITE | IN_MOVED_TO);
}

int watch_streams(struct spool *spool)
{
    int watch = open_watch(spool->journal, IN_MODIFY | IN_CREATE);

    if (watch != -1) /* without it streams end a little later */
        (void)add(watch, spool->tokens, IN_DELETE | IN_MOVED_FROM);
    return watch;
}

int watch_read(int watch, void (*each)(void *context, const char *name), void *context)
{
    _Alignas(struct inotify_event) char events[4096];
    ssize_t len;

    while ((len = read(watch, events, sizeof events)) > 0)
        for (const char *at = events; at < events + len;) {
            const struct inotify_event *event = (const struct inotify_event *)(const void *)at;
            if (event->mask & IN_Q_OVERFLOW)
                each(context, NULL);
            else if (event->len > 0)
                each(context, event->name);
            at += sizeof *event + event->len;
        }
    return len == -1 && errno != EAGAIN ? -1 : 0;
}
