/* SPDX-License-Identifier: MIT */
#ifndef PROTOCOL_FORM_H
#define PROTOCOL_FORM_H

/* application/x-www-form-urlencoded, from a body or a query string (WHATWG URL, section 5.1). */

#include <stdbool.h>
#include <stddef.h>

#define FORM_FIELDS_MAX 1024

struct form_field {
    const char *name;  /* decoded, NUL-terminated */
    const char *value; /* likewise; "" when absent */
    size_t len;        /* of the value */
};

struct form {
    struct form_field *field; /* in the order they came */
    size_t count;
};

/*
 * Decode `len` bytes in place; bytes[len] must be writable. The fields point into `bytes` and into
 * a static table: one form at a time for bodies and one for queries (`table` 0 or 1). 0, or -1
 * (EINVAL) with a sentence for the client in `*why`: a broken %-escape, %00 or NUL, bytes that are
 * no UTF-8, more than FORM_FIELDS_MAX fields.
 */
int form_parse(struct form *form, int table, char *bytes, size_t len, const char **why);

/* The first field of this name, or NULL. */
const struct form_field *form_get(const struct form *form, const char *name);

#endif
