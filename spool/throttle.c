/* SPDX-License-Identifier: MIT */
#include "throttle.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "limit.h"

/* "<thread> c <ms since 1970>\n", p for paused */
#define WHAT_LEN (UUID_SIZE - 1 + 3)
#define LINE_SIZE (WHAT_LEN + 16)

/* Its lock, until it is closed. A new one's mtime is now: nothing has been used up. */
static int open_locked(struct spool *spool, const struct user *user)
{
    char path[PATH_SIZE];
    int fd;

    path_user_file(path, user->dir, "chatstate");
    fd = file_open(spool->users, path, O_RDWR | O_CREAT);
    if (fd == -1 || flock(fd, LOCK_EX) == 0)
        return fd;
    file_close(fd);
    return -1;
}

/* A time in the future is of a clock that has gone back. */
static int is_same(int fd, const char *what, int64_t now_ms)
{
    char line[LINE_SIZE + 1];
    ssize_t len = pread(fd, line, LINE_SIZE, 0);
    int64_t ago;

    if (len == -1)
        return -1;
    line[len] = '\0';
    if (strncmp(line, what, WHAT_LEN) != 0)
        return 0;
    ago = now_ms - strtoll(line + WHAT_LEN, NULL, 10);
    return ago >= 0 && ago < THROTTLE_SAME_MSEC;
}

/* Writing moves the mtime, which is the counter. */
static int keep(int fd, const char *what, int64_t now_ms)
{
    char line[LINE_SIZE];
    struct stat info;
    int len = snprintf(line, sizeof line, "%s%013" PRId64 "\n", what, now_ms);

    if (fstat(fd, &info) == -1 || pwrite(fd, line, (size_t)len, 0) != len)
        return -1;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, info.st_mtim};
    return futimens(fd, times);
}

static int count(int fd)
{
    int wait_sec = limit_count(fd, THROTTLE_PER_MINUTE);

    return wait_sec == -1 ? -1 : wait_sec == 0;
}

int throttle_chatstate(struct spool *spool, const struct user *user, const char *thread,
                       bool composing)
{
    int64_t now_ms = clock_wall_us() / 1000;
    char what[WHAT_LEN + 1];
    int same;
    int result = -1;
    int fd = open_locked(spool, user);

    if (fd == -1)
        return -1;
    snprintf(what, sizeof what, "%.36s %c ", thread, composing ? 'c' : 'p');
    same = is_same(fd, what, now_ms);
    if (same == 1)
        result = 0;
    else if (same == 0)
        result = count(fd);
    if (result == 1 && keep(fd, what, now_ms) == -1)
        result = -1;
    file_close(fd);
    return result;
}

int throttle_receipt(struct spool *spool, const struct user *user)
{
    int fd = open_locked(spool, user);
    int result = fd == -1 ? -1 : count(fd);

    file_close(fd);
    return result;
}
