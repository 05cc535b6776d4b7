/* SPDX-License-Identifier: MIT */
/* JSON going out, in the one canonical form; and characters coming out of checked strings. */
#include "json_private.h"

#include <string.h>

#include "base/utf8.h"

static unsigned hex4(const char *at)
{
    unsigned code = 0;

    for (int i = 0; i < 4; i++) {
        unsigned byte = (unsigned char)at[i];
        code = code * 16 + (byte <= '9' ? byte - '0' : (byte | 0x20) - 'a' + 10);
    }
    return code;
}

/* At the four digits; moves past them, and past the second half of a surrogate pair. */
static size_t unescape_code(const char **at, char out[4])
{
    unsigned code = hex4(*at);

    *at += 4;
    if (code >= 0xd800 && code <= 0xdbff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (hex4(*at + 2) - 0xdc00);
        *at += 6;
    }
    return utf8_encode(code, out);
}

size_t json_unescape(const char **at, char out[4])
{
    static const char names[] = "bfnrt";
    static const char bytes[] = "\b\f\n\r\t";
    const char *name;

    out[0] = *(*at)++;
    if (out[0] != '\\')
        return 1;
    out[0] = *(*at)++;
    if (out[0] == 'u')
        return unescape_code(at, out);
    name = strchr(names, out[0]);
    if (name != NULL)
        out[0] = bytes[name - names];
    return 1;
}

static void put_escape(struct buf *buf, unsigned char byte)
{
    static const char hex[] = "0123456789abcdef";
    static const char names[] = "\"\\bfnrt";
    static const char bytes[] = "\"\\\b\f\n\r\t";
    const char *found = strchr(bytes, byte);
    char escape[6] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};

    if (found != NULL)
        escape[1] = names[found - bytes];
    buf_put(buf, escape, found != NULL ? 2 : 6);
}

static void put_escaped(struct buf *buf, const char *string, size_t len)
{
    size_t start = 0;

    for (size_t at = 0; at < len; at++) {
        unsigned char byte = (unsigned char)string[at];
        if (byte >= 0x20 && byte != '"' && byte != '\\')
            continue;
        buf_put(buf, string + start, at - start);
        put_escape(buf, byte);
        start = at + 1;
    }
    buf_put(buf, string + start, len - start);
}

void json_put_string(struct buf *buf, const char *string, size_t len)
{
    buf_put(buf, "\"", 1);
    put_escaped(buf, string, len);
    buf_put(buf, "\"", 1);
}

static void put_string_node(struct buf *buf, const struct json *json, int node)
{
    size_t len;
    const char *at = json_raw(json, node, &len);
    const char *end = at + len - 1;
    char bytes[4];

    if (memchr(at, '\\', len) == NULL) { /* then it is canonical already */
        buf_put(buf, at, len);
        return;
    }
    buf_put(buf, "\"", 1);
    for (at++; at < end;) {
        size_t count = json_unescape(&at, bytes);
        put_escaped(buf, bytes, count);
    }
    buf_put(buf, "\"", 1);
}

static void put_container(struct buf *buf, const struct json *json, int node)
{
    bool object = json_kind(json, node) == JSON_OBJECT;
    const char *before = object ? "{" : "[";

    if (json_first(json, node) < 0)
        buf_puts(buf, before);
    for (int at = json_first(json, node); at >= 0; at = json_next(json, node, at)) {
        buf_puts(buf, before);
        before = ",";
        json_put_node(buf, json, at);
        if (object) {
            buf_puts(buf, ":");
            json_put_node(buf, json, json_value(json, at));
        }
    }
    buf_puts(buf, object ? "}" : "]");
}

void json_put_node(struct buf *buf, const struct json *json, int node)
{
    const char *raw;
    size_t len;

    switch (json_kind(json, node)) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        put_container(buf, json, node);
        break;
    case JSON_STRING:
        put_string_node(buf, json, node);
        break;
    default:
        raw = json_raw(json, node, &len);
        buf_put(buf, raw, len);
    }
}
