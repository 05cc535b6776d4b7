/* SPDX-License-Identifier: MIT */

/* `spool_max`: the bytes of all stanzas and attachments, kept in the file `usage`. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dir.h"
#include "file.h"
#include "limit.h"

static int add_folder(int thread, const char *folder, uint64_t *sum)
{
    struct dir dir;
    struct stat info;
    const char *name;

    if (dir_open(&dir, thread, folder) == -1)
        return errno == ENOENT ? 0 : -1;
    while ((name = dir_next(&dir)) != NULL)
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
    result = add_folder(fd, "new", sum) == -1 || add_folder(fd, "cur", sum) == -1 ||
                     add_folder(fd, "files", sum) == -1
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
    while (result == 0 && (name = dir_next(&dir)) != NULL)
        result = add_thread(spool, name, sum);
    return dir_close(&dir) == -1 ? -1 : result;
}

static int write_sum(int fd, uint64_t sum)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%020llu\n", (unsigned long long)sum);

    return pwrite(fd, text, (size_t)len, 0) == len ? 0 : -1;
}

static int read_sum(struct spool *spool, int fd, uint64_t *sum)
{
    char text[32] = "";
    ssize_t len = pread(fd, text, sizeof text - 1, 0);

    if (len == -1)
        return -1;
    if (len == 0)
        return sum_threads(spool, sum); /* the setting is new: count once */
    *sum = strtoull(text, NULL, 10);
    return 0;
}

static int open_locked(struct spool *spool)
{
    int fd = openat(spool->root, "usage", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd != -1 && flock(fd, LOCK_EX) == -1) {
        file_close(fd);
        return -1;
    }
    return fd;
}

static int fits(struct spool *spool, int fd, uint64_t bytes, uint64_t *sum)
{
    if (read_sum(spool, fd, sum) == -1)
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

int limit_recount(struct spool *spool)
{
    uint64_t sum;
    int fd;
    int result;

    if (spool->config.spool_max == 0)
        return unlinkat(spool->root, "usage", 0) == 0 || errno == ENOENT ? 0 : -1;
    fd = open_locked(spool);
    result = fd == -1 || sum_threads(spool, &sum) == -1 ? -1 : write_sum(fd, sum);
    file_close(fd);
    return result;
}
