/* SPDX-License-Identifier: MIT */
#include "buf.h"

#include <string.h>

struct buf buf_over(char *data, size_t size)
{
    return (struct buf){.data = data, .size = size};
}

struct buf buf_over_two(char *brief, size_t brief_size, char *large, size_t large_size)
{
    return (struct buf){.data = brief, .size = brief_size, .more = large, .more_size = large_size};
}

static void move(struct buf *buf)
{
    memcpy(buf->more, buf->data, buf->len);
    buf->data = buf->more;
    buf->size = buf->more_size;
    buf->more = NULL;
}

void buf_put(struct buf *buf, const void *bytes, size_t len)
{
    if (len > buf->size - buf->len && buf->more != NULL)
        move(buf);
    /* Nothing follows a gap: what is there stays a true beginning. */
    if (buf->full || len > buf->size - buf->len) {
        buf->full = true;
        return;
    }
    if (len > 0)
        memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
}

void buf_puts(struct buf *buf, const char *string)
{
    buf_put(buf, string, strlen(string));
}

void buf_putu(struct buf *buf, uint64_t number)
{
    char digits[20]; /* 2^64 has 20 */
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    buf_put(buf, digits + at, sizeof digits - at);
}
