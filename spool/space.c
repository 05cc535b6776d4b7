/* SPDX-License-Identifier: MIT */

/* `spool_max`: the bytes of all stanzas and attachments, kept in the file `usage`. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "limit.h"
#include "walk.h"

static int add_folder(struct spool *spool, int thread, const char *folder, uint64_t *sum)
{
    struct dir dir;
    struct stat info;
    const char *name;

    if (dir_open(&dir, thread, folder) == -1)
        return errno == ENOENT ? 0 : -1;
    while ((name = walk_next(spool, &dir)) != NULL)
        if (fstatat(dir.fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode))
            *sum += (uint64_t)info.st_size;
    return dir_close(&dir);
}

static int add_thread(struct spool *spool, const char *id, uint64_t *sum)
{
    int fd = file_open_dir(spool->threads, id);
    int result;

    if (fd == -1)
        return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
    result = add_folder(spool, fd, "new", sum) == -1 || add_folder(spool, fd, "cur", sum) == -1 ||
                     add_folder(spool, fd, "files", sum) == -1
                 ? -1
                 : 0;
    file_close(fd);
    return result;
}

static int sum_threads(struct spool *spool, uint64_t *sum)
{
    struct dir dir;
    const char *name;
    int result = 0;

    *sum = 0;
    if (dir_open(&dir, spool->threads, ".") == -1)
        return -1;
    while (result == 0 && (name = walk_next(spool, &dir)) != NULL)
        result = add_thread(spool, name, sum);
    return dir_close(&dir) == -1 ? -1 : result;
}

static int write_sum(int fd, uint64_t sum)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%020llu\n", (unsigned long long)sum);

    return pwrite(fd, text, (size_t)len, 0) == len ? 0 : -1;
}

/* 1: there is a sum; 0: the setting is new; -1. */
static int read_sum(int fd, uint64_t *sum)
{
    char text[32] = "";
    ssize_t len = pread(fd, text, sizeof text - 1, 0);

    *sum = strtoull(text, NULL, 10);
    return len > 0 ? 1 : (int)len;
}

static int open_locked(struct spool *spool)
{
    int fd = file_open(spool->root, "usage", O_RDWR | O_CREAT);

    if (fd != -1 && spool_lock(spool, fd) == -1) {
        file_close(fd);
        return -1;
    }
    return fd;
}

static int fits(struct spool *spool, int fd, uint64_t bytes, uint64_t *sum)
{
    int known = read_sum(fd, sum);

    if (known == -1 || (known == 0 && sum_threads(spool, sum) == -1))
        return -1;
    if (*sum <= spool->config.spool_max && bytes <= spool->config.spool_max - *sum)
        return 0;
    errno = EDQUOT;
    return -1;
}

static int count_in(struct spool *spool, int fd, size_t bytes)
{
    uint64_t sum;

    return fits(spool, fd, bytes, &sum) == -1 ? -1 : write_sum(fd, sum + bytes);
}

int limit_space(struct spool *spool, size_t bytes)
{
    int fd;
    int result;

    if (spool->config.spool_max == 0)
        return 0;
    fd = open_locked(spool);
    result = fd == -1 ? -1 : count_in(spool, fd, bytes);
    file_close(fd);
    return result;
}

int limit_space_left(struct spool *spool, uint64_t bytes)
{
    uint64_t sum;
    int fd;
    int result;

    if (spool->config.spool_max == 0)
        return 0;
    fd = open_locked(spool);
    result = fd == -1 ? -1 : fits(spool, fd, bytes, &sum);
    file_close(fd);
    return result;
}

static int read_once(struct spool *spool, uint64_t *sum)
{
    int fd = open_locked(spool);
    int known = fd == -1 ? -1 : read_sum(fd, sum);

    file_close(fd);
    return known;
}

/*
 * What was counted in while the sum was made is added to it, whether the sum has seen it or not: rather too
 * much than too little, until the next time. Who found no sum meanwhile has made one that is as good.
 */
static int correct(int fd, uint64_t sum, int was_known, uint64_t before)
{
    uint64_t now;
    int known = read_sum(fd, &now);

    if (known == -1)
        return -1;
    if (known > was_known)
        return 0;
    return write_sum(fd, now > before ? sum + (now - before) : sum);
}

int limit_recount(struct spool *spool)
{
    uint64_t before;
    uint64_t sum;
    int known;
    int fd;
    int result;

    if (spool->config.spool_max == 0)
        return unlinkat(spool->root, "usage", 0) == 0 || errno == ENOENT ? 0 : -1;
    known = read_once(spool, &before);
    if (known == -1 || sum_threads(spool, &sum) == -1)
        return -1;
    fd = open_locked(spool);
    result = fd == -1 ? -1 : correct(fd, sum, known, before);
    file_close(fd);
    return result;
}
