/* SPDX-License-Identifier: MIT */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "spool/file.h"

#define LOCK "agent.lock"
/* `status` asks by taking a shared lock for a moment; so one refusal is not the last word. */
#define TRIES 20
#define TRY_MSEC 5

static int take(int fd)
{
    const struct timespec pause = {.tv_nsec = TRY_MSEC * 1000000};

    for (int tries = 1; flock(fd, LOCK_EX | LOCK_NB) == -1; tries++) {
        if (errno != EWOULDBLOCK || tries == TRIES)
            return -1;
        nanosleep(&pause, NULL);
    }
    return 0;
}

static pid_t read_holder(struct spool *spool)
{
    char text[32];

    return file_read(spool->root, LOCK, text, sizeof text) <= 0 ? 0 : (pid_t)strtol(text, NULL, 10);
}

/* The old id is overwritten, not erased first: whoever reads meanwhile reads a number. */
static int write_holder(int fd)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());

    return pwrite(fd, text, (size_t)len, 0) == len ? ftruncate(fd, len) : -1;
}

int lock_take(struct spool *spool, pid_t *holder)
{
    int fd = file_open(spool->root, LOCK, O_RDWR | O_CREAT);

    *holder = 0;
    if (fd == -1)
        return -1;
    if (take(fd) == 0 && write_holder(fd) == 0)
        return fd;
    file_close(fd);
    if (errno == EWOULDBLOCK) {
        *holder = read_holder(spool);
        errno = EWOULDBLOCK;
    }
    return -1;
}

void lock_release(int lock)
{
    if (ftruncate(lock, 0) == -1) {
        /* A stale id in a file that nobody holds is only untidy. */
    }
    close(lock);
}

int lock_holder(struct spool *spool, pid_t *holder)
{
    int fd = file_open(spool->root, LOCK, O_RDONLY);
    int result = 0;

    *holder = 0;
    if (fd == -1)
        return errno == ENOENT ? 0 : -1;
    if (flock(fd, LOCK_SH | LOCK_NB) == -1)
        result = errno == EWOULDBLOCK ? 1 : -1;
    file_close(fd);
    if (result == 1)
        *holder = read_holder(spool);
    return result;
}
