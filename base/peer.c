/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

bool peer_unread(int fd)
{
    int bytes = 0;

    /* What a socket has not handed over; of a pipe, what can be read from it. */
    if (ioctl(fd, TIOCOUTQ, &bytes) == -1 && ioctl(fd, FIONREAD, &bytes) == -1)
        return false;
    return bytes > 0;
}

bool peer_goes(int fd, int64_t msec)
{
    struct pollfd out = {.fd = fd};

    return poll(&out, 1, (int)msec) == 1;
}

bool peer_gone(int fd)
{
    return peer_goes(fd, 0);
}

bool peer_lost(int fd, bool *reset)
{
    int error = 0;
    socklen_t size = sizeof error;

    if (!peer_gone(fd))
        return false;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0)
        *reset = *reset || error == ECONNRESET;
    return *reset || peer_unread(fd);
}
