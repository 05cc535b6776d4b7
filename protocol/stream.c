/* SPDX-License-Identifier: MIT */
/* Replies that go out piece by piece. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/peer.h"
#include "cgi_private.h"

static bool reset; /* the other end was closed with something in it, as only a socket says */

int cgi_stream_head(const char *type)
{
    char room[REPLY_HEAD_MAX];
    struct buf head = buf_over(room, sizeof room);
    struct iovec part = {.iov_base = room};

    if (!reply_begin())
        abort(); /* a bug that would corrupt the reply */
    reply_state.streaming = true;
    reply_put_head(&head, 200, type);
    /* nginx would keep events until it has a page of them. */
    reply_put_header(&head, "X-Accel-Buffering", "no");
    buf_puts(&head, "\r\n");
    part.iov_len = head.len;
    return reply_send(&part, 1);
}

int cgi_stream_write(const char *bytes, size_t len)
{
    if (!reply_state.streaming)
        abort(); /* a body before its head: likewise */
    return reply_write(bytes, len);
}

int reply_write(const char *bytes, size_t len)
{
    int64_t deadline_ms = cgi_clock_ms() + REPLY_WRITE_MSEC;

    if (visit_here())
        return visit_put(bytes, len);
    while (len > 0) {
        /* So much always fits into a pipe that poll calls writable: the write cannot block. */
        size_t step = len < PIPE_BUF ? len : PIPE_BUF;
        ssize_t sent;
        int ready = cgi_await(STDOUT_FILENO, POLLOUT, deadline_ms);
        if (ready <= 0) {
            errno = ready == 0 ? ETIMEDOUT : errno;
            return -1;
        }
        sent = write(STDOUT_FILENO, bytes, step);
        if (sent < 0 && errno != EINTR && errno != EAGAIN) {
            reset = reset || errno == ECONNRESET;
            return -1;
        }
        if (sent > 0) {
            bytes += sent;
            len -= (size_t)sent;
        }
    }
    return 0;
}

bool cgi_stream_unread(void)
{
    return peer_unread(STDOUT_FILENO);
}

bool cgi_stream_goes(int64_t msec)
{
    return peer_goes(STDOUT_FILENO, msec);
}

bool cgi_stream_lost(void)
{
    return peer_lost(STDOUT_FILENO, &reset);
}
