/* SPDX-License-Identifier: MIT */
/* A file as the reply: what of it, and under which conditions (RFC 9110, sections 13 to 15). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/scratch.h"
#include "cgi_private.h"
#include "range.h"

#define HEAD_MAX 4096
#define PIECE 65536
#define STEP 4096 /* what a peer must take within REPLY_WRITE_MSEC */

static void put_numbers(struct buf *head, const struct range *range, uint64_t size)
{
    buf_puts(head, "Content-Range: bytes ");
    buf_putu(head, range->first);
    buf_puts(head, "-");
    buf_putu(head, range->last);
    buf_puts(head, "/");
    buf_putu(head, size);
    buf_puts(head, "\r\n");
}

static void put_head(struct buf *head, int status, const struct cgi_file *file)
{
    /* Kept by the browser, but asked about each time: who may have it can change. */
    reply_put_head_with(head, status, status == 304 ? NULL : file->type, "private, no-cache",
                        "default-src 'none'; sandbox");
    reply_put_header(head, "ETag", file->etag);
    reply_put_header(head, "Accept-Ranges", "bytes");
    reply_put_header(head, "Cross-Origin-Resource-Policy",
                     reply_is_foreign() ? "cross-origin" : "same-origin");
    if (status != 304)
        reply_put_header(head, "Content-Disposition", file->disposition);
}

static void end_head(struct buf *head, uint64_t len)
{
    buf_puts(head, "Content-Length: ");
    buf_putu(head, len);
    buf_puts(head, "\r\n\r\n");
}

static int send_head(struct buf *head)
{
    struct iovec part = {.iov_base = head->data, .iov_len = head->len};

    if (head->full || !reply_begin())
        abort(); /* a bug that would corrupt the reply */
    return reply_send(&part, 1);
}

/* All of a piece, and each step of it in time. */
static int send_piece(const char *bytes, size_t len)
{
    for (size_t at = 0; at < len; at += STEP) {
        alarm(CGI_DEADLINE_SEC + REPLY_WRITE_MSEC / 1000);
        if (reply_write(bytes + at, len - at < STEP ? len - at : STEP) == -1)
            return -1;
    }
    return 0;
}

/* When it fails the length that was promised tells the client. */
static int send_body(int fd, uint64_t at, uint64_t left)
{
    SCRATCH static char piece[PIECE];

    while (left > 0) {
        ssize_t got =
            pread(fd, piece, left < sizeof piece ? (size_t)left : sizeof piece, (off_t)at);
        if (got <= 0) {
            cgi_warn("attachment", got == 0 ? "is shorter than it was" : strerror(errno));
            return -1;
        }
        if (send_piece(piece, (size_t)got) == -1)
            return -1;
        at += (uint64_t)got;
        left -= (uint64_t)got;
    }
    return 0;
}

void cgi_reply_file(const struct cgi *cgi, const struct cgi_file *file)
{
    char room[HEAD_MAX];
    struct buf head = buf_over(room, sizeof room);
    struct range range = {0, file->size - 1};
    bool is_get = strcmp(cgi->method, "HEAD") != 0;
    int part = 0;
    uint64_t len;

    cgi_discard_body();
    if (range_none_match(cgi->if_none_match, file->etag)) {
        put_head(&head, 304, file);
        buf_puts(&head, "\r\n");
        exit(send_head(&head) == 0 ? 0 : 1);
    }
    if (is_get && range_if(cgi->if_range, file->etag))
        part = range_parse(&range, cgi->range, file->size);
    if (part == -1)
        reply_no_range(file->size);
    put_head(&head, part == 1 ? 206 : 200, file);
    if (part == 1)
        put_numbers(&head, &range, file->size);
    len = part == 1 ? range.last - range.first + 1 : file->size;
    end_head(&head, len);
    if (send_head(&head) == -1 || (is_get && send_body(file->fd, range.first, len) == -1))
        exit(1);
    exit(0);
}
