/* SPDX-License-Identifier: MIT */
#include "told.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* A time set after the rename would let the entry pass for a sign of life until then. */
int told_write(struct spool *spool, const struct user *user, enum told told)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_OMIT}};
    struct stat before;

    if (fstatat(spool->online, user->dir, &before, AT_SYMLINK_NOFOLLOW) == 0)
        times[1] = before.st_mtim;
    else if (errno != ENOENT)
        return -1;
    if (unlinkat(spool->online, DRAFT, 0) == -1 && errno != ENOENT)
        return -1;
    if (file_create(spool->online, DRAFT, words[told], strlen(words[told]), false) == -1 ||
        utimensat(spool->online, DRAFT, times, AT_SYMLINK_NOFOLLOW) == -1)
        return -1;
    return renameat(spool->online, DRAFT, spool->online, user->dir);
}
