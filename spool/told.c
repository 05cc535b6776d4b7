/* SPDX-License-Identifier: MIT */
#include "told.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"

#define DRAFT ".told" /* one for all: there is one writer at a time */

static const char *const words[] = {"", "hidden\n", "untold\n"};

int told_read(struct spool *spool, const struct user *user, enum told *told)
{
    char text[16];

    *told = TOLD_UNSURE;
    if (file_read(spool->online, user->dir, text, sizeof text) == -1)
        return errno != ENOENT && file_is_damage(errno) ? 0 : -1;
    if (strcmp(text, words[TOLD_SEEN]) == 0)
        *told = TOLD_SEEN;
    else if (strcmp(text, words[TOLD_HIDDEN]) == 0)
        *told = TOLD_HIDDEN;
    return 0;
}

int told_write(struct spool *spool, const struct user *user, enum told told)
{
    struct stat before;
    bool there = fstatat(spool->online, user->dir, &before, AT_SYMLINK_NOFOLLOW) == 0;

    if (!there && errno != ENOENT)
        return -1;
    if (file_replace(spool->online, DRAFT, user->dir, words[told], strlen(words[told]), false) ==
        -1)
        return -1;
    if (!there)
        return 0;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, before.st_mtim};
    return utimensat(spool->online, user->dir, times, AT_SYMLINK_NOFOLLOW);
}
