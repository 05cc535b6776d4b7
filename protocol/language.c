/* SPDX-License-Identifier: MIT */
#include "language.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* A tag of 63 characters has at most 32 parts; one longer than 8 is refused while splitting. */
#define PARTS_MAX (LANGUAGE_MAX / 2)

struct tag {
    char *part[PARTS_MAX];
    size_t len[PARTS_MAX];
    size_t count;
};

/* Those of section 2.1's grandfathered tags that its grammar does not cover anyway. */
static const char *const irregular[] = {
    "en-GB-oed", "i-ami", "i-bnn",     "i-default", "i-enochian", "i-hak",
    "i-klingon", "i-lux", "i-mingo",   "i-navajo",  "i-pwn",      "i-tao",
    "i-tay",     "i-tsu", "sgn-BE-FR", "sgn-BE-NL", "sgn-CH-DE",
};

static bool digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool upper(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static bool letter(char byte)
{
    return upper(byte) || (byte >= 'a' && byte <= 'z');
}

/* Whether part `at` is there and has `min` to `max` letters or digits. */
static bool sized(const struct tag *tag, size_t at, size_t min, size_t max)
{
    return at < tag->count && tag->len[at] >= min && tag->len[at] <= max;
}

static bool letters(const struct tag *tag, size_t at, size_t min, size_t max)
{
    if (!sized(tag, at, min, max))
        return false;
    for (size_t i = 0; i < tag->len[at]; i++)
        if (!letter(tag->part[at][i]))
            return false;
    return true;
}

static bool is_region(const struct tag *tag, size_t at)
{
    return letters(tag, at, 2, 2) || (sized(tag, at, 3, 3) && digit(tag->part[at][0]) &&
                                      digit(tag->part[at][1]) && digit(tag->part[at][2]));
}

static bool is_variant(const struct tag *tag, size_t at)
{
    return sized(tag, at, 5, 8) || (sized(tag, at, 4, 4) && digit(tag->part[at][0]));
}

static bool is_x(const struct tag *tag, size_t at)
{
    return sized(tag, at, 1, 1) && (tag->part[at][0] == 'x' || tag->part[at][0] == 'X');
}

/* The place behind all parts from `at` on that have at least `min` characters. */
static size_t skip_rest(const struct tag *tag, size_t at, size_t min)
{
    while (sized(tag, at, min, 8))
        at++;
    return at;
}

/* Whether part `at` stands among those from `first` on, too, in whatever case. */
static bool again(const struct tag *tag, size_t first, size_t at)
{
    for (size_t i = first; i < at; i++)
        if (tag->len[i] == tag->len[at] &&
            strncasecmp(tag->part[i], tag->part[at], tag->len[at]) == 0)
            return true;
    return false;
}

/* Section 2.1, the production `langtag`, then `privateuse`; no variant and no extension twice
 * (2.2.5, 2.2.6). */
static bool well_formed(const struct tag *tag)
{
    size_t at = 0;

    if (letters(tag, 0, 2, 8)) {
        at = 1;
        while (tag->len[0] <= 3 && at <= 3 && letters(tag, at, 3, 3))
            at++;
        at += letters(tag, at, 4, 4);
        at += is_region(tag, at);
        size_t first = at;
        while (is_variant(tag, at) && !again(tag, first, at))
            at++;
        first = at;
        while (sized(tag, at, 1, 1) && !is_x(tag, at)) {
            size_t behind = skip_rest(tag, at + 1, 2);
            if (behind == at + 1 || again(tag, first, at))
                return false;
            at = behind;
        }
    }
    if (is_x(tag, at) && at + 1 < tag->count)
        at = skip_rest(tag, at + 1, 1);
    return at == tag->count;
}

static bool is_irregular(const char *tag)
{
    for (size_t i = 0; i < sizeof irregular / sizeof *irregular; i++)
        if (strcasecmp(tag, irregular[i]) == 0)
            return true;
    return false;
}

/* Copy with `-` for `_`, and cut into parts. */
static int split(struct tag *tag, char out[LANGUAGE_MAX], const char *from, size_t len)
{
    size_t start = 0;

    tag->count = 0;
    if (len >= LANGUAGE_MAX)
        return -1;
    for (size_t at = 0; at <= len; at++) {
        out[at] = '\0';
        if (at < len && (letter(from[at]) || digit(from[at]))) {
            out[at] = from[at];
            continue;
        }
        if (at == start || at - start > 8 || (at < len && from[at] != '-' && from[at] != '_'))
            return -1;
        tag->part[tag->count] = out + start;
        tag->len[tag->count++] = at - start;
        start = at + 1;
        if (at < len)
            out[at] = '-';
    }
    return 0;
}

/* Section 2.1.1: regions upper, scripts title, all else lower, and so is all after a singleton. */
static void set_case(const struct tag *tag)
{
    bool plain = true;

    for (size_t at = 0; at < tag->count; at++) {
        char *part = tag->part[at];
        for (size_t i = 0; i < tag->len[at]; i++) {
            bool capital = plain && at > 0 && (tag->len[at] == 2 || (tag->len[at] == 4 && i == 0));
            if (capital && letter(part[i]))
                part[i] &= ~0x20;
            else if (upper(part[i]))
                part[i] |= 0x20;
        }
        if (tag->len[at] == 1)
            plain = false;
    }
}

int language_tag(char out[LANGUAGE_MAX], const char *tag, size_t len)
{
    struct tag parts;

    if (split(&parts, out, tag, len) < 0 || (!well_formed(&parts) && !is_irregular(out))) {
        errno = EINVAL;
        return -1;
    }
    set_case(&parts);
    return 0;
}
