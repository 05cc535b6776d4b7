/* SPDX-License-Identifier: MIT */
/*
 * The grammar of RFC 8259, stricter than its parsers need to be: everything a later reader could
 * understand in two ways is refused here, so that the index, which is lenient, is only ever built
 * over texts with one meaning.
 */
#include "json_private.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/utf8.h"

struct checker {
    const unsigned char *text;
    size_t len;
    size_t at;
    const struct json_limits *limits;
    int depth;
    int values;
    struct json_error *error;
};

static int check_value(struct checker *c);

int json_fail(struct json_error *error, size_t offset, const char *what)
{
    if (error != NULL) {
        struct buf detail = buf_over(error->detail, sizeof error->detail - 1);
        error->offset = offset;
        buf_puts(&detail, "offset ");
        buf_putu(&detail, offset);
        buf_puts(&detail, ": ");
        buf_puts(&detail, what);
        error->detail[detail.len] = '\0';
    }
    errno = EINVAL;
    return -1;
}

static int fail(const struct checker *c, const char *what)
{
    return json_fail(c->error, c->at, c->at < c->len ? what : "the text ends too early");
}

static int peek(const struct checker *c)
{
    return c->at < c->len ? c->text[c->at] : -1;
}

static void skip_space(struct checker *c)
{
    while (peek(c) == ' ' || peek(c) == '\t' || peek(c) == '\n' || peek(c) == '\r')
        c->at++;
}

static int check_literal(struct checker *c, const char *word)
{
    for (; *word != '\0'; word++, c->at++)
        if (peek(c) != *word)
            return fail(c, "no JSON value");
    return 0;
}

static int check_digits(struct checker *c)
{
    size_t start = c->at;

    while (peek(c) >= '0' && peek(c) <= '9')
        c->at++;
    return c->at > start ? 0 : fail(c, "a digit is missing");
}

static int check_number(struct checker *c)
{
    if (peek(c) == '-')
        c->at++;
    if (peek(c) == '0')
        c->at++; /* a digit after it is an unexpected character to whoever called */
    else if (check_digits(c) < 0)
        return -1;
    if (peek(c) == '.') {
        c->at++;
        if (check_digits(c) < 0)
            return -1;
    }
    if (peek(c) == 'e' || peek(c) == 'E') {
        c->at++;
        if (peek(c) == '+' || peek(c) == '-')
            c->at++;
        return check_digits(c);
    }
    return 0;
}

static int check_hex4(struct checker *c, unsigned *code)
{
    *code = 0;
    for (int i = 0; i < 4; i++, c->at++) {
        int byte = peek(c);
        if (byte >= '0' && byte <= '9')
            *code = *code * 16 + (unsigned)(byte - '0');
        else if ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f')
            *code = *code * 16 + (unsigned)((byte | 0x20) - 'a' + 10);
        else
            return fail(c, "four hexadecimal digits must follow \\u");
    }
    return 0;
}

/* Behind "\u". */
static int check_code(struct checker *c)
{
    size_t start = c->at - 2;
    unsigned code;

    if (check_hex4(c, &code) < 0)
        return -1;
    if (code == 0)
        return json_fail(c->error, start, "a NUL character");
    if (code < 0xd800 || code > 0xdfff)
        return 0;
    if (code > 0xdbff || c->len - c->at < 2 || memcmp(c->text + c->at, "\\u", 2) != 0)
        return json_fail(c->error, start, "a lone surrogate");
    c->at += 2;
    if (check_hex4(c, &code) < 0)
        return -1;
    if (code < 0xdc00 || code > 0xdfff)
        return json_fail(c->error, start, "a lone surrogate");
    return 0;
}

static int check_escape(struct checker *c)
{
    int byte;

    c->at++;
    byte = peek(c);
    if (byte <= 0 || strchr("\"\\/bfnrtu", byte) == NULL)
        return fail(c, "no such escape");
    c->at++;
    return byte == 'u' ? check_code(c) : 0;
}

static int check_string(struct checker *c)
{
    if (peek(c) != '"')
        return fail(c, "a string must stand here");
    c->at++;
    for (;;) {
        int byte = peek(c);
        size_t step;
        if (byte == '"') {
            c->at++;
            return 0;
        }
        if (byte < 0x20)
            return fail(c, "a control character in a string");
        if (byte == '\\') {
            if (check_escape(c) < 0)
                return -1;
            continue;
        }
        step = utf8_sequence(c->text + c->at, c->len - c->at);
        if (step == 0)
            return fail(c, "no valid UTF-8");
        c->at += step;
    }
}

static int count_value(struct checker *c)
{
    return ++c->values > c->limits->values ? fail(c, "too many values") : 0;
}

static int check_key(struct checker *c)
{
    skip_space(c);
    if (count_value(c) < 0 || check_string(c) < 0)
        return -1;
    skip_space(c);
    if (peek(c) != ':')
        return fail(c, "a colon must stand here");
    c->at++;
    return 0;
}

/* The inside of an array or object, behind its bracket. */
static int check_members(struct checker *c, int close)
{
    for (int count = 1;; count++) {
        if (close == '}' && count > c->limits->keys)
            return fail(c, "too many keys in one object");
        if (close == '}' && check_key(c) < 0)
            return -1;
        if (check_value(c) < 0)
            return -1;
        skip_space(c);
        if (peek(c) == close)
            return 0;
        if (peek(c) != ',')
            return fail(c, close == '}' ? "a comma or } must stand here"
                                        : "a comma or ] must stand here");
        c->at++;
    }
}

static int check_container(struct checker *c, int close)
{
    if (++c->depth > c->limits->depth)
        return fail(c, "too many arrays and objects inside each other");
    c->at++;
    skip_space(c);
    if (peek(c) != close && check_members(c, close) < 0)
        return -1;
    c->at++;
    c->depth--;
    return 0;
}

static int check_value(struct checker *c)
{
    skip_space(c);
    if (count_value(c) < 0)
        return -1;
    switch (peek(c)) {
    case '{':
        return check_container(c, '}');
    case '[':
        return check_container(c, ']');
    case '"':
        return check_string(c);
    case 't':
        return check_literal(c, "true");
    case 'f':
        return check_literal(c, "false");
    case 'n':
        return check_literal(c, "null");
    default:
        if (peek(c) == '-' || (peek(c) >= '0' && peek(c) <= '9'))
            return check_number(c);
        return fail(c, "no JSON value");
    }
}

int json_check(const char *text, size_t len, const struct json_limits *limits, int *values,
               struct json_error *error)
{
    struct checker c = {
        .text = (const unsigned char *)text, .len = len, .limits = limits, .error = error};

    if (len > INT_MAX)
        return json_fail(error, 0, "too long");
    if (check_value(&c) < 0)
        return -1;
    skip_space(&c);
    if (c.at < len)
        return fail(&c, "something follows the value");
    if (values != NULL)
        *values = c.values;
    return 0;
}
