/* SPDX-License-Identifier: MIT */
#include "scgi.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define DIGITS_MAX 5
#define NAMES_MAX 256 /* beside headers */

static int fail(int error)
{
    errno = error;
    return -1;
}

/* The netstring's length and where it begins. As scgi_look. */
static int look_at_length(const char *bytes, size_t len, struct scgi *scgi)
{
    size_t at = 0;

    scgi->len = 0;
    for (; at < len && bytes[at] >= '0' && bytes[at] <= '9'; at++) {
        if (at == DIGITS_MAX)
            return fail(EMSGSIZE);
        scgi->len = scgi->len * 10 + (size_t)(bytes[at] - '0');
    }
    if (at > 0 && bytes[0] == '0')
        return fail(EBADMSG); /* a netstring has no leading zeros, and ours is not empty */
    if (scgi->len > SCGI_HEAD_MAX)
        return fail(EMSGSIZE);
    if (at == len)
        return 0;
    scgi->start = at + 1;
    scgi->used = scgi->start + scgi->len + 1;
    return at > 0 && bytes[at] == ':' ? 1 : fail(EBADMSG);
}

/* Each header of a client becomes one of these, and may come twice. */
static bool is_header(const char *name)
{
    return strncmp(name, "HTTP_", 5) == 0;
}

struct name {
    const char *text;
    size_t len;
};

static bool is_among(const struct name *names, size_t count, const char *text, size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (names[i].len == len && memcmp(names[i].text, text, len) == 0)
            return true;
    return false;
}

/* Names and values, all of which end with a NUL. */
static bool is_sound(const char *head, size_t len)
{
    const char *end = head + len;
    struct name names[NAMES_MAX];
    bool is_scgi = false;
    size_t count = 0;

    if (len == 0 || end[-1] != '\0' || strcmp(head, "CONTENT_LENGTH") != 0)
        return false;
    for (const char *name = head; name < end;) {
        size_t name_len = strlen(name);
        const char *value = name + name_len + 1;
        if (name_len == 0 || value == end)
            return false;
        if (!is_header(name)) {
            if (count == NAMES_MAX || is_among(names, count, name, name_len))
                return false;
            names[count++] = (struct name){name, name_len};
        }
        if (name == head && (*value == '\0' || value[strspn(value, "0123456789")] != '\0'))
            return false;
        is_scgi = is_scgi || (strcmp(name, "SCGI") == 0 && strcmp(value, "1") == 0);
        name = value + strlen(value) + 1;
    }
    return is_scgi;
}

int scgi_look(const char *bytes, size_t len, struct scgi *scgi)
{
    int found = look_at_length(bytes, len, scgi);

    if (found != 1 || len < scgi->used)
        return found == 1 ? 0 : found;
    if (bytes[scgi->used - 1] != ',' || !is_sound(bytes + scgi->start, scgi->len))
        return fail(EBADMSG);
    return 1;
}
