/* SPDX-License-Identifier: MIT */
#include "changes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"

/* Two numbers, two users, a role. */
#define LINE_SIZE (2 * USER_DIR_MAX + 64)

/* A half line at the end is a dead writer's. */
static int find_end(struct changes *changes)
{
    char piece[LINE_SIZE];
    struct stat info;
    off_t from;
    ssize_t len;

    if (fstat(changes->fd, &info) == -1)
        return -1;
    from = info.st_size > (off_t)sizeof piece ? info.st_size - (off_t)sizeof piece : 0;
    len = pread(changes->fd, piece, sizeof piece, from);
    if (len == -1)
        return -1;
    while (len > 0 && piece[len - 1] != '\n')
        len--;
    changes->at = from + len;
    return changes->at == info.st_size ? 0 : ftruncate(changes->fd, changes->at);
}

int changes_open(struct changes *changes, int dir, uint64_t tail)
{
    changes->fd = file_open(dir, "changes", O_RDWR | O_CREAT);
    changes->failed = false;
    changes->ms = clock_wall_us() / 1000;
    changes->tail = tail;
    if (changes->fd == -1)
        return -1;
    if (find_end(changes) == 0)
        return 0;
    file_close(changes->fd);
    return -1;
}

void changes_put(struct changes *changes, const struct user *by, const struct user *whom,
                 const char *role)
{
    char line[LINE_SIZE];
    int len = snprintf(line, sizeof line, "%lld %010llu %s %s %s\n", (long long)changes->ms,
                       (unsigned long long)changes->tail, by->dir, whom->dir, role);
    ssize_t done;

    if (changes->failed)
        return;
    done = pwrite(changes->fd, line, (size_t)len, changes->at);
    changes->at += len;
    changes->failed = done != len;
    if (changes->failed && done != -1)
        errno = ENOSPC;
}

int changes_close(struct changes *changes, bool sync)
{
    int result = changes->failed || (sync && fsync(changes->fd) == -1) ? -1 : 0;

    file_close(changes->fd);
    return result;
}
