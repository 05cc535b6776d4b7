/* SPDX-License-Identifier: MIT */
#include "media.h"

#include <string.h>
#include <strings.h>

#include "base/utf8.h"

#define HALF_MAX 64 /* bytes of a type, a subtype, a charset */

static bool is_alnum(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* RFC 9110, section 5.6.2. */
static bool is_token(unsigned char c)
{
    return is_alnum(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static size_t token(const char *at)
{
    size_t len = 0;

    while (is_token((unsigned char)at[len]))
        len++;
    return len;
}

/* A string in quotes (section 5.6.4), its length; 0 when it has no end. */
static size_t quoted(const char *at)
{
    size_t len = 1;

    for (; at[len] != '"'; len++) {
        if (at[len] == '\\')
            len++;
        if (at[len] == '\0' || ((unsigned char)at[len] < 0x20 && at[len] != '\t') ||
            at[len] == 0x7F)
            return 0;
    }
    return len + 1;
}

static void put_lower(struct buf *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = bytes[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        buf_put(out, &c, 1);
    }
}

static const char *skip_space(const char *at)
{
    return at + strspn(at, " \t");
}

/* The charset, as it is kept: the word in the quotes, too. */
static int put_charset(struct buf *out, const char *value, size_t len)
{
    if (*value == '"') {
        value++;
        len -= 2;
    }
    if (len == 0 || len > HALF_MAX || token(value) < len)
        return -1;
    buf_puts(out, "; charset=");
    put_lower(out, value, len);
    return 0;
}

/* What stands behind the semicolons. */
static int parameters(struct buf *out, const char *at)
{
    bool has_charset = false;

    for (at = skip_space(at); *at == ';'; at = skip_space(at)) {
        const char *name = skip_space(at + 1);
        size_t name_len = token(name);
        size_t len;
        at = name + name_len;
        if (name_len == 0 && (*at == ';' || *at == '\0'))
            continue; /* an empty one is allowed */
        if (name_len == 0 || *at++ != '=')
            return -1;
        len = *at == '"' ? quoted(at) : token(at);
        if (len == 0)
            return -1;
        if (name_len == 7 && strncasecmp(name, "charset", 7) == 0) {
            if (has_charset || put_charset(out, at, len) == -1)
                return -1;
            has_charset = true;
        }
        at += len;
    }
    return *at == '\0' ? 0 : -1;
}

int media_type(char out[MEDIA_TYPE_SIZE], const char *header)
{
    struct buf kept = buf_over(out, MEDIA_TYPE_SIZE);
    const char *at = skip_space(*header != '\0' ? header : "application/octet-stream");
    size_t type = token(at);
    size_t subtype = at[type] == '/' ? token(at + type + 1) : 0;

    if (type == 0 || type > HALF_MAX || subtype == 0 || subtype > HALF_MAX)
        return -1;
    put_lower(&kept, at, type + 1 + subtype);
    if (parameters(&kept, at + type + 1 + subtype) == -1)
        return -1;
    buf_put(&kept, "", 1);
    return kept.full ? -1 : 0;
}

const char *media_kind(const char *type)
{
    if (strncmp(type, "image/", 6) == 0)
        return "image";
    if (strncmp(type, "audio/", 6) == 0)
        return "audio";
    return strncmp(type, "video/", 6) == 0 ? "video" : "file";
}

bool media_is_inline(const char *type)
{
    static const char *const types[] = {"image/png", "image/jpeg", "image/gif", "image/webp"};
    size_t len = strcspn(type, ";");

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (len == strlen(types[i]) && strncmp(type, types[i], len) == 0)
            return true;
    return false;
}

/* ---- Names ---- */

/* Control characters, and those that turn the direction of writing: "gnp.exe" could look like a
 * picture. `at` is a whole sequence of UTF-8. */
static bool misleads(const unsigned char *at, size_t len)
{
    if (len == 1)
        return *at < 0x20 || *at == 0x7F;
    if (len == 2)
        return (at[0] == 0xC2 && at[1] < 0xA0) || (at[0] == 0xD8 && at[1] == 0x9C); /* U+061C */
    if (len != 3 || at[0] != 0xE2)
        return false;
    return (at[1] == 0x80 &&
            ((at[2] >= 0xA8 && at[2] <= 0xAE) || at[2] == 0x8E || at[2] == 0x8F)) ||
           (at[1] == 0x81 && at[2] >= 0xA6 && at[2] <= 0xA9); /* U+2028 ..., U+2066 ... */
}

const char *media_name(const char *name, size_t *len, const char **why)
{
    const char *base = name;

    *why = "This is no file's name.";
    for (size_t i = 0; i < *len; i++)
        if (name[i] == '/' || name[i] == '\\')
            base = name + i + 1;
    *len -= (size_t)(base - name);
    if (*len == 0 || (*len == 1 && *base == '.') || (*len == 2 && memcmp(base, "..", 2) == 0))
        return NULL;
    if (*len > MEDIA_NAME_MAX) {
        *why = "A file's name has at most 255 bytes.";
        return NULL;
    }
    for (size_t i = 0; i < *len;) {
        const unsigned char *at = (const unsigned char *)base + i;
        size_t step = utf8_sequence(at, *len - i);
        if (step == 0 || misleads(at, step)) {
            *why = "A file's name has no control characters.";
            return NULL;
        }
        i += step;
    }
    return base;
}

/* What may stand unchanged in an extended value (RFC 8187, section 3.2.1). */
static bool is_attribute(unsigned char c)
{
    return is_alnum(c) || (c != '\0' && strchr("!#$&+-.^_`|~", c) != NULL);
}

static void put_ascii(struct buf *out, const char *name)
{
    for (const char *s = name; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        bool stays = c >= 0x20 && c < 0x7F && strchr("\"\\%/", c) == NULL;
        if ((c & 0xC0) != 0x80) /* one for each character, however many bytes it has */
            buf_put(out, stays ? s : "_", 1);
    }
}

void media_disposition_put(struct buf *out, bool is_inline, const char *name)
{
    static const char hex[] = "0123456789ABCDEF";

    buf_puts(out, is_inline ? "inline; filename=\"" : "attachment; filename=\"");
    put_ascii(out, name);
    buf_puts(out, "\"; filename*=UTF-8''");
    for (const char *s = name; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        char escape[3] = {'%', hex[c >> 4], hex[c & 15]};
        if (is_attribute(c))
            buf_put(out, s, 1);
        else
            buf_put(out, escape, sizeof escape);
    }
}
