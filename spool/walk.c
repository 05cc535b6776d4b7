/* SPDX-License-Identifier: MIT */
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "clock.h"

int walk_turn(struct spool *spool)
{
    if (spool->meanwhile == NULL || spool->meanwhile(spool->meanwhile_context) == 0)
        return 0;
    errno = ECANCELED;
    return -1;
}

const char *walk_next(struct spool *spool, struct dir *dir)
{
    if (walk_turn(spool) == 0)
        return dir_next(dir);
    dir->error = errno;
    return NULL;
}

int thread_each(struct spool *spool, int (*each)(void *context, const char *id), void *context)
{
    struct dir dir;
    const char *name;
    int result = 0;

    if (dir_open(&dir, spool->threads, ".") == -1)
        return -1;
    while (result == 0 && (name = walk_next(spool, &dir)) != NULL)
        if (path_uuid_ok(name))
            result = each(context, name);
    return dir_close(&dir) == -1 ? -1 : result;
}

int64_t thread_range(struct spool *spool, struct thread *thread, const char *folder,
                     uint64_t *least, uint64_t *most)
{
    struct dir dir;
    const char *name;
    uint64_t seq;
    int64_t count = 0;

    if (dir_open(&dir, thread->fd, folder) == -1)
        return -1;
    while ((name = walk_next(spool, &dir)) != NULL)
        if (path_seq_ok(name, &seq)) {
            *least = seq < *least ? seq : *least;
            *most = seq > *most ? seq : *most;
            count++;
        }
    return dir_close(&dir) == -1 ? -1 : count;
}

int64_t path_mtime_ms(int dir, const char *path)
{
    struct stat info;

    if (fstatat(dir, path, &info, AT_SYMLINK_NOFOLLOW) == -1)
        return -1;
    return clock_file_ms(&info.st_mtim);
}
