/* SPDX-License-Identifier: MIT */
#include "memberships.h"

#include <string.h>

#include "dir.h"

/* How many of the sorted ids are below `id`. */
static size_t rank(char (*ids)[UUID_SIZE], size_t count, const char *id)
{
    size_t from = 0;

    while (from < count) {
        size_t middle = from + (count - from) / 2;
        if (strcmp(ids[middle], id) < 0)
            from = middle + 1;
        else
            count = middle;
    }
    return from;
}

int memberships(struct spool *spool, const struct user *user, const char *after,
                char (*ids)[UUID_SIZE], size_t most, size_t *count)
{
    char path[PATH_SIZE];
    const char *name;
    struct dir dir;

    *count = 0;
    path_user_file(path, user->dir, "threads");
    if (dir_open(&dir, spool->users, path) == -1)
        return -1;
    while ((name = dir_next(&dir)) != NULL) {
        size_t at;
        if (!path_uuid_ok(name) || strcmp(name, after) <= 0)
            continue;
        at = rank(ids, *count, name);
        if (at == most || (at < *count && strcmp(ids[at], name) == 0))
            continue; /* a directory that changes may name an entry twice */
        if (*count < most)
            ++*count;
        memmove(ids[at + 1], ids[at], (*count - 1 - at) * UUID_SIZE);
        memcpy(ids[at], name, UUID_SIZE);
    }
    return dir_close(&dir);
}
