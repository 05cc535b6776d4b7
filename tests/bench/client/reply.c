/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void reply_begin(struct reply *reply)
{
    memset(reply, 0, offsetof(struct reply, line));
}

bool reply_has_head(const struct reply *reply)
{
    return reply->part != REPLY_HEAD;
}

/* Copied when the line is this header. */
static void take_value(char *out, size_t size, const char *line, const char *name)
{
    size_t len = strlen(name);

    if (strncasecmp(line, name, len) == 0 && line[len] == ':')
        snprintf(out, size, "%s", line + len + 1 + strspn(line + len + 1, " \t"));
}

static int take_status(struct reply *reply)
{
    unsigned minor;

    if (sscanf(reply->line, "HTTP/1.%1u %3d", &minor, &reply->status) != 2)
        return -1;
    reply->kept = minor == 1;
    reply->to_end = true;
    return 0;
}

static void take_header(struct reply *reply)
{
    char value[64] = "";

    take_value(reply->etag, sizeof reply->etag, reply->line, "ETag");
    take_value(reply->modified, sizeof reply->modified, reply->line, "Last-Modified");
    take_value(value, sizeof value, reply->line, "Connection");
    if (strcasecmp(value, "close") == 0)
        reply->kept = false;
    *value = '\0';
    take_value(value, sizeof value, reply->line, "Transfer-Encoding");
    if (*value != '\0') {
        reply->chunked = true;
        reply->to_end = false;
    }
    *value = '\0';
    take_value(value, sizeof value, reply->line, "Content-Length");
    if (*value != '\0' && !reply->chunked) {
        reply->left = strtoull(value, NULL, 10);
        reply->to_end = false;
    }
}

static void head_is_over(struct reply *reply)
{
    if (reply->status == 100) {
        reply_begin(reply);
        return;
    }
    if (reply->status == 204 || reply->status == 304) {
        reply->to_end = false;
        reply->chunked = false;
        reply->left = 0;
    }
    if (reply->chunked)
        reply->left = 0;
    reply->kept = reply->kept && !reply->to_end;
    reply->part = reply->chunked ? REPLY_LENGTH : REPLY_BODY;
    reply->over = !reply->chunked && !reply->to_end && reply->left == 0;
}

/* A line of the head, before a chunk, or behind the last one. */
static int take_line(struct reply *reply)
{
    if (reply->part == REPLY_HEAD && reply->status == 0)
        return take_status(reply);
    if (reply->part == REPLY_HEAD && *reply->line == '\0') {
        head_is_over(reply);
    } else if (reply->part == REPLY_HEAD) {
        take_header(reply);
    } else if (reply->part == REPLY_CHUNK_END) {
        reply->part = REPLY_LENGTH;
    } else if (reply->part == REPLY_LENGTH) {
        reply->left = strtoull(reply->line, NULL, 16);
        reply->part = reply->left > 0 ? REPLY_BODY : REPLY_TRAILER;
    } else {
        reply->over = *reply->line == '\0';
    }
    return 0;
}

static int take_char(struct reply *reply, char c)
{
    if (c != '\n') {
        if (reply->line_len < sizeof reply->line - 1)
            reply->line[reply->line_len++] = c;
        return 0;
    }
    if (reply->line_len > 0 && reply->line[reply->line_len - 1] == '\r')
        reply->line_len--;
    reply->line[reply->line_len] = '\0';
    reply->line_len = 0;
    return take_line(reply);
}

/* As much of the body as is there; how much that was. */
static size_t take_body(struct reply *reply, const char *in, size_t len, char *out)
{
    if (!reply->to_end && len > reply->left)
        len = (size_t)reply->left;
    memcpy(out, in, len);
    if (reply->to_end)
        return len;
    reply->left -= len;
    if (reply->left == 0) {
        reply->over = !reply->chunked;
        reply->part = reply->chunked ? REPLY_CHUNK_END : REPLY_BODY;
    }
    return len;
}

int reply_take(struct reply *reply, const char *in, size_t len, char *out, size_t *out_len)
{
    size_t at = 0;

    *out_len = 0;
    while (at < len) {
        if (reply->over)
            return -1;
        if (reply->part == REPLY_BODY) {
            size_t taken = take_body(reply, in + at, len - at, out + *out_len);
            *out_len += taken;
            at += taken;
        } else if (take_char(reply, in[at++]) == -1) {
            return -1;
        }
    }
    return 0;
}

int reply_end(struct reply *reply)
{
    if (reply->over || (reply->part == REPLY_BODY && reply->to_end)) {
        reply->over = true;
        reply->kept = false;
        return 0;
    }
    return -1;
}
