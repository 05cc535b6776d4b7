/* SPDX-License-Identifier: MIT */
#include "query.h"

#include <stdlib.h>
#include <string.h>

uint64_t query_number(const struct cgi *cgi, const char *name, size_t digits, uint64_t otherwise)
{
    const struct form_field *field = form_get(&cgi->query, name);

    if (field == NULL)
        return otherwise;
    if (field->len == 0 || field->len > digits || strspn(field->value, "0123456789") != field->len)
        cgi_die_field(name, "This is a whole number.");
    return strtoull(field->value, NULL, 10);
}
