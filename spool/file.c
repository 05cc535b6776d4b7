/* SPDX-License-Identifier: MIT */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void file_close(int fd)
{
    int saved = errno;

    if (fd != -1)
        close(fd);
    errno = saved;
}

bool file_is_damage(int error)
{
    return error == ENOENT || error == EBADMSG || error == EFBIG || error == ENOTDIR ||
           error == EISDIR || error == ELOOP;
}

bool file_fault_passes(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == EINTR ||
           error == EAGAIN || error == EIO;
}

int file_open(int dir, const char *path, int flags)
{
    int fd;

    flags |= O_NOFOLLOW | O_CLOEXEC;
    if ((flags & O_EXCL) != 0)
        return openat(dir, path, flags, 0600);
    fd = openat(dir, path, flags | O_NOATIME, 0600);
    if (fd == -1 && errno == EPERM) /* it is somebody else's */
        fd = openat(dir, path, flags, 0600);
    return fd;
}

int file_open_dir(int dir, const char *path)
{
    return file_open(dir, path, O_RDONLY | O_DIRECTORY);
}

/* As much as there is room for, which may be all of `size`. */
static ssize_t read_some(int dir, const char *path, char *out, size_t size)
{
    int fd = file_open(dir, path, O_RDONLY);
    size_t len = 0;
    ssize_t got = 1;

    if (fd == -1)
        return -1;
    while (len < size && (got = read(fd, out + len, size - len)) > 0)
        len += (size_t)got;
    file_close(fd);
    return got == -1 ? -1 : (ssize_t)len;
}

ssize_t file_read(int dir, const char *path, char *out, size_t size)
{
    ssize_t len = read_some(dir, path, out, size);

    if (len == (ssize_t)size) {
        errno = EFBIG;
        return -1;
    }
    if (len != -1)
        out[len] = '\0';
    return len;
}

ssize_t file_head(int dir, const char *path, char *out, size_t size)
{
    ssize_t len = read_some(dir, path, out, size - 1);

    if (len != -1)
        out[len] = '\0';
    return len;
}

static int write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t done = write(fd, bytes, len);
        if (done == -1)
            return -1;
        bytes += done;
        len -= (size_t)done;
    }
    return 0;
}

int file_create(int dir, const char *path, const void *bytes, size_t len, bool sync)
{
    int fd = file_open(dir, path, O_WRONLY | O_CREAT | O_EXCL);
    int failed;

    if (fd == -1)
        return -1;
    failed = write_all(fd, bytes, len) == -1 || (sync && fsync(fd) == -1);
    if (failed)
        file_close(fd);
    else
        failed = close(fd) == -1; /* NFS and quotas may tell only now */
    if (failed) {
        int saved = errno;
        unlinkat(dir, path, 0);
        errno = saved;
        return -1;
    }
    return 0;
}

int file_publish(int dir, const char *draft, const char *path, const void *bytes, size_t len,
                 bool sync)
{
    int result;
    int saved;

    if (file_create(dir, draft, bytes, len, sync) == -1)
        return -1;
    result = linkat(dir, draft, dir, path, 0);
    saved = errno;
    unlinkat(dir, draft, 0);
    errno = saved;
    return result;
}

int file_replace(int dir, const char *tmp, const char *path, const void *bytes, size_t len,
                 bool sync)
{
    if (unlinkat(dir, tmp, 0) == -1 && errno != ENOENT)
        return -1;
    if (file_create(dir, tmp, bytes, len, sync) == -1)
        return -1;
    if (renameat(dir, tmp, dir, path) == -1) {
        int saved = errno;
        unlinkat(dir, tmp, 0);
        errno = saved;
        return -1;
    }
    return 0;
}

int file_sync_dir(int dir, const char *path)
{
    int fd = file_open_dir(dir, path);
    int result = fd == -1 ? -1 : fsync(fd);

    file_close(fd);
    return result;
}

char *file_field(char **rest)
{
    char *begin = *rest;

    *rest += strcspn(begin, " \n");
    if (**rest != '\0')
        *(*rest)++ = '\0';
    return begin;
}

int file_number(const char *field, int64_t *out)
{
    char *end;

    *out = strtoll(field, &end, 10);
    return *end == '\0' && end != field ? 0 : -1;
}
