/* SPDX-License-Identifier: MIT */
#include "listener.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "file.h"

#define BACKLOG 4096 /* the kernel takes less when it wants to */

/* A socket's name is short, and the spool's path need not be: by the descriptor. */
static struct sockaddr_un address(const struct spool *spool, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", spool->root, name);
    return address;
}

static int open_socket(int type)
{
    return socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static bool is_us(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

int listener_open(struct spool *spool, const char *name, int type)
{
    char draft[64]; /* who sees the name itself is listened to */
    struct sockaddr_un where;
    int failed;
    int fd = open_socket(type);

    if (fd == -1)
        return -1;
    snprintf(draft, sizeof draft, ".%s", name);
    where = address(spool, draft);
    if ((unlinkat(spool->root, draft, 0) == 0 || errno == ENOENT) &&
        bind(fd, (const struct sockaddr *)&where, sizeof where) == 0 &&
        fchmodat(spool->root, draft, 0600, 0) == 0 && listen(fd, BACKLOG) == 0 &&
        renameat(spool->root, draft, spool->root, name) == 0)
        return fd;
    failed = errno;
    unlinkat(spool->root, draft, 0);
    errno = failed;
    file_close(fd);
    return -1;
}

void listener_close(struct spool *spool, const char *name, int listener)
{
    if (listener != -1)
        unlinkat(spool->root, name, 0);
    file_close(listener);
}

int listener_accept(int listener)
{
    int fd;

    while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) != -1) {
        if (is_us(fd))
            return fd;
        close(fd);
    }
    return -1;
}

int listener_connect(struct spool *spool, const char *name, int type)
{
    struct sockaddr_un where = address(spool, name);
    int fd = open_socket(type);

    if (fd != -1 && connect(fd, (const struct sockaddr *)&where, sizeof where) == 0 && is_us(fd))
        return fd;
    file_close(fd);
    return -1;
}
