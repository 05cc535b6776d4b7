/* SPDX-License-Identifier: MIT */
#include "limit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"

#define MINUTE_US 60000000
#define MESSAGE_BYTE 1000000 /* beyond every stream's */
#define UPLOAD_BYTE (MESSAGE_BYTE + 1)

/* When the allowance will be whole again, moved by one; the seconds to wait when that is too late. */
int limit_count(int fd, uint64_t per_minute)
{
    int64_t now = clock_wall_us();
    int64_t each = MINUTE_US / (int64_t)per_minute;
    struct stat info;
    int64_t whole;

    if (fstat(fd, &info) == -1)
        return -1;
    whole = (int64_t)info.st_mtim.tv_sec * 1000000 + info.st_mtim.tv_nsec / 1000;
    if (whole < now ||
        whole > now + 2 * MINUTE_US) /* rested long enough, or the clock has stepped */
        whole = now;
    whole += each;
    if (whole > now + MINUTE_US)
        return (int)((whole - now - MINUTE_US + 999999) / 1000000);
    struct timespec times[2] = {
        {.tv_nsec = UTIME_OMIT},
        {.tv_sec = whole / 1000000, .tv_nsec = whole % 1000000 * 1000},
    };
    return futimens(fd, times);
}

/* A new one's mtime is now: nothing has been used up. */
static int open_limits(struct spool *spool, const struct user *user)
{
    char path[PATH_SIZE];
    int fd;

    path_user_file(path, user->dir, "limits");
    fd = file_open(spool->users, path, O_RDWR);
    if (fd != -1 || errno != ENOENT)
        return fd;
    fd = file_open(spool->users, path, O_RDWR | O_CREAT | O_EXCL);
    if (fd == -1 && errno == EEXIST)
        return file_open(spool->users, path, O_RDWR);
    return fd;
}

/*
 * Locks belong to the open file, not to the process: POSIX's own kind would vanish with any close
 * of the same file. Not flock, which network file systems turn into a lock on all bytes at once.
 */
static int lock_byte(int fd, off_t at, int command)
{
    struct flock lock = {.l_type = F_WRLCK, .l_start = at, .l_len = 1};

    return fcntl(fd, command, &lock);
}

int limit_message(struct spool *spool, const struct user *user)
{
    int result = -1;
    int fd;

    if (spool->config.messages_per_minute == 0)
        return 0;
    fd = open_limits(spool, user);
    if (fd == -1)
        return -1;
    if (lock_byte(fd, MESSAGE_BYTE, F_OFD_SETLKW) == 0)
        result = limit_count(fd, spool->config.messages_per_minute);
    file_close(fd);
    return result;
}

/* Lock the first free one of `count` bytes of the file *fd from `first`, which stays open. 0; 1: none
 * free; -1; then it is closed, and *fd -1. */
static int take_byte(int *fd, off_t first, uint64_t count)
{
    bool full = false;

    if (*fd == -1)
        return -1;
    for (uint64_t i = 0; i < count && !full; i++) {
        if (lock_byte(*fd, first + (off_t)i, F_OFD_SETLK) == 0)
            return 0;
        if (errno != EAGAIN && errno != EACCES)
            break;
        full = i + 1 == count;
    }
    file_close(*fd);
    *fd = -1;
    return full ? 1 : -1;
}

int limit_user_stream(struct spool *spool, const struct user *user, int *fd)
{
    *fd = -1;
    if (spool->config.user_streams == 0)
        return 0;
    *fd = open_limits(spool, user);
    return take_byte(fd, 0, spool->config.user_streams);
}

int limit_site_stream(struct spool *spool)
{
    int fd;

    if (spool->config.max_streams == 0)
        return 0;
    fd = file_open(spool->root, "format", O_RDWR);
    return take_byte(&fd, 0, spool->config.max_streams);
}

int limit_upload(struct spool *spool, const struct user *user)
{
    int fd = open_limits(spool, user);

    return take_byte(&fd, UPLOAD_BYTE, LIMIT_UPLOADS);
}
