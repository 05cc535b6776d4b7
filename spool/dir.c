/* SPDX-License-Identifier: MIT */
#include "dir.h"

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file.h"

/* What getdents64 writes. */
struct entry {
    uint64_t ino;
    int64_t off;
    unsigned short len;
    unsigned char type;
    char name[];
};

int dir_over(struct dir *dir, int fd)
{
    dir->fd = fd;
    dir->error = 0;
    dir->have = 0;
    dir->at = 0;
    return lseek(fd, 0, SEEK_SET) == -1 ? -1 : 0;
}

int dir_open(struct dir *dir, int parent, const char *path)
{
    dir->fd = file_open_dir(parent, path);
    dir->error = 0;
    dir->have = 0;
    dir->at = 0;
    return dir->fd == -1 ? -1 : 0;
}

static int refill(struct dir *dir)
{
    dir->have = syscall(SYS_getdents64, dir->fd, dir->block, sizeof dir->block);
    dir->at = 0;
    if (dir->have == -1)
        dir->error = errno;
    return dir->have > 0 ? 0 : -1;
}

const char *dir_next(struct dir *dir)
{
    for (;;) {
        const struct entry *entry;
        if (dir->at >= dir->have && refill(dir) == -1)
            return NULL;
        entry = (const struct entry *)(const void *)((const char *)dir->block + dir->at);
        dir->at += entry->len;
        if (entry->name[0] != '.')
            return entry->name;
    }
}

int dir_close(struct dir *dir)
{
    file_close(dir->fd);
    if (dir->error == 0)
        return 0; /* with errno as it was: the caller may be on the way out of another error */
    errno = dir->error;
    return -1;
}
