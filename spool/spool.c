/* SPDX-License-Identifier: MIT */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "id.h"

#ifndef SPOOL_DIR
#define SPOOL_DIR "/var/lib/spoolchat"
#endif

#define FORMAT "spoolchat 1 "
#define FORMAT_SIZE (sizeof FORMAT - 1 + UUID_SIZE) /* the id and a newline */

static int complain(struct spool *spool, const char *object)
{
    snprintf(spool->complaint, sizeof spool->complaint, "%s", object);
    return -1;
}

/* Whoever else can read or write here could read or forge what people said. */
static int check_owner(struct spool *spool)
{
    struct stat info;

    if (fstat(spool->root, &info) == -1)
        return complain(spool, "spool");
    errno = EPERM;
    if (info.st_uid != geteuid())
        return complain(spool, "spool: owned by another user than this program runs as");
    if ((info.st_mode & 0777) != 0700)
        return complain(spool, "spool: its mode must be 0700");
    return 0;
}

/* Two first users may race here: whoever links first names the site. */
static int make_format(struct spool *spool)
{
    char text[FORMAT_SIZE + 1];
    char tmp[UUID_SIZE + 1] = ".";
    int result;

    id_random(tmp + 1);
    id_random(spool->site);
    snprintf(text, sizeof text, FORMAT "%s\n", spool->site);
    if (file_create(spool->root, tmp, text, FORMAT_SIZE, spool->config.sync) == -1)
        return -1;
    result = linkat(spool->root, tmp, spool->root, "format", 0);
    if (result == -1 && errno == EEXIST)
        result = 0;
    unlinkat(spool->root, tmp, 0);
    return result;
}

/* -1 with errno ENOENT: not there yet. */
static int read_format(struct spool *spool)
{
    char text[FORMAT_SIZE + 1];
    ssize_t len = file_read(spool->root, "format", text, sizeof text);

    if (len == -1 && errno != EFBIG)
        return -1;
    if (len == FORMAT_SIZE && text[FORMAT_SIZE - 1] == '\n' &&
        memcmp(text, FORMAT, sizeof FORMAT - 1) == 0) {
        text[FORMAT_SIZE - 1] = '\0';
        memcpy(spool->site, text + sizeof FORMAT - 1, UUID_SIZE);
        if (path_uuid_ok(spool->site))
            return 0;
    }
    errno = EPROTO;
    return -1;
}

static const struct {
    const char *name;
    size_t place;
    unsigned flag;
} directories[] = {
    {"journal", offsetof(struct spool, journal), 0},
    {"threads", offsetof(struct spool, threads), 0},
    {"users", offsetof(struct spool, users), 0},
    {"tokens", offsetof(struct spool, tokens), 0},
    {"presence", offsetof(struct spool, presence), 0},
    {"online", offsetof(struct spool, online), SPOOL_ONLINE},
    {"open", offsetof(struct spool, open), SPOOL_OPEN},
};

/* A first use makes all of them. */
static int open_directories(struct spool *spool, unsigned without)
{
    bool made = false;

    for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++) {
        const char *name = directories[i].name;
        int *fd = (int *)(void *)((char *)spool + directories[i].place);

        *fd = -1;
        if (!made && (directories[i].flag & without) != 0)
            continue;
        *fd = file_open_dir(spool->root, name);
        if (*fd == -1 && errno == ENOENT &&
            (mkdirat(spool->root, name, 0700) == 0 || errno == EEXIST)) {
            *fd = file_open_dir(spool->root, name);
            made = true;
        }
        if (*fd == -1)
            return complain(spool, name);
    }
    if (made && spool->config.sync && fsync(spool->root) == -1)
        return complain(spool, "spool");
    return 0;
}

static int open_format(struct spool *spool)
{
    if (read_format(spool) == 0)
        return 0;
    if (errno == ENOENT && make_format(spool) == 0 && read_format(spool) == 0)
        return 0;
    return complain(spool,
                    errno == EPROTO ? "format: not a spool that this version knows" : "format");
}

const char *spool_path(void)
{
    const char *path = getenv("SPOOLCHAT_SPOOL");

    return path != NULL && *path != '\0' ? path : SPOOL_DIR;
}

int spool_open(struct spool *spool)
{
    return spool_open_without(spool, 0);
}

int spool_open_without(struct spool *spool, unsigned without)
{
    const char *path = spool_path();

    clock_start();
    spool->meanwhile = NULL;
    spool->impatient = false;
    spool->root = file_open_dir(AT_FDCWD, path);
    if (spool->root == -1 && errno == ENOENT && (mkdir(path, 0700) == 0 || errno == EEXIST))
        spool->root = file_open_dir(AT_FDCWD, path);
    if (spool->root == -1)
        return complain(spool, "spool");
    if (check_owner(spool) == -1 ||
        config_read(&spool->config, spool->root, spool->complaint) == -1)
        return -1;
    return open_format(spool) == -1 ? -1 : open_directories(spool, without);
}

int spool_lock(const struct spool *spool, int fd)
{
    int result;

    if (!spool->impatient)
        return flock(fd, LOCK_EX);
    for (int msec = 0; (result = flock(fd, LOCK_EX | LOCK_NB)) == -1; msec++) {
        if (errno != EWOULDBLOCK || msec == SPOOL_PATIENCE_MSEC)
            return -1;
        poll(NULL, 0, 1);
    }
    return result;
}
