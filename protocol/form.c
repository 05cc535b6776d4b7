/* SPDX-License-Identifier: MIT */
#include "form.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/scratch.h"
#include "base/utf8.h"
#include "json.h"

#define FEW 8 /* as most forms have, at most */

BRIEF static struct form_field few[2][FEW];
SCRATCH static struct form_field tables[2][FORM_FIELDS_MAX];

static struct form_field *table_for(int table, const char *bytes, size_t len)
{
    size_t most = 1;

    for (size_t i = 0; i < len; i++)
        most += bytes[i] == '&';
    return most <= FEW ? few[table] : tables[table];
}

static int fail(const char **why, const char *sentence)
{
    *why = sentence;
    errno = EINVAL;
    return -1;
}

static int hex_digit(char byte)
{
    int letter = byte | 0x20;

    if (byte >= '0' && byte <= '9')
        return byte - '0';
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* Decode [start, end) where it lies, and end it with a NUL, which may take the place of *end. */
static int decode(char *start, const char *end, size_t *len, const char **why)
{
    char *to = start;

    for (const char *at = start; at < end; at++, to++) {
        *to = *at == '+' ? ' ' : *at;
        if (*at != '%')
            continue;
        if (end - at < 3 || hex_digit(at[1]) < 0 || hex_digit(at[2]) < 0)
            return fail(why, "A % must be followed by two hexadecimal digits.");
        *to = (char)(hex_digit(at[1]) << 4 | hex_digit(at[2]));
        at += 2;
    }
    *len = (size_t)(to - start);
    *to = '\0';
    if (!utf8_ok(start, *len))
        return fail(why, "Fields must be UTF-8 without NUL.");
    return 0;
}

static int add_field(struct form *form, char *start, char *end, const char **why)
{
    struct form_field *field = &form->field[form->count];
    char *equals = memchr(start, '=', (size_t)(end - start));
    size_t name_len;

    if (form->count == FORM_FIELDS_MAX)
        return fail(why, "Too many fields.");
    *field = (struct form_field){.name = start, .value = ""};
    if (decode(start, equals != NULL ? equals : end, &name_len, why) < 0)
        return -1;
    if (equals != NULL) {
        field->value = equals + 1;
        if (decode(equals + 1, end, &field->len, why) < 0)
            return -1;
    }
    form->count++;
    return 0;
}

int form_parse(struct form *form, int table, char *bytes, size_t len, const char **why)
{
    char *end = bytes + len;

    *form = (struct form){.field = table_for(table, bytes, len)};
    while (bytes < end) {
        char *next = memchr(bytes, '&', (size_t)(end - bytes));
        if (next == NULL)
            next = end;
        if (next > bytes && add_field(form, bytes, next, why) < 0)
            return -1;
        bytes = next + 1;
    }
    return 0;
}

const struct form_field *form_get(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++)
        if (strcmp(form->field[i].name, name) == 0)
            return &form->field[i];
    return NULL;
}
