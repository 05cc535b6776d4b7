/* SPDX-License-Identifier: MIT */
#ifndef PROTOCOL_JSON_PRIVATE_H
#define PROTOCOL_JSON_PRIVATE_H

/*
 * What json.c, json_check.c and json_put.c share, and the stanza code that needs narrower limits.
 */

#include "json.h"

struct json_limits {
    int depth;
    int keys;
    int values;
};

/* json_parse with limits of one's own, at most those of json.h. */
int json_parse_within(struct json *json, const char *text, size_t len,
                      const struct json_limits *limits, struct json_error *error);

/*
 * The grammar of RFC 8259, byte by byte, without an index (so without duplicate keys). `values`
 * gets the number of keys and values and, like `error`, may be NULL. 0, or -1 (EINVAL).
 */
int json_check(const char *text, size_t len, const struct json_limits *limits, int *values,
               struct json_error *error);

/* Fill in `error`, "offset N: <what>", and return -1 (EINVAL). */
int json_fail(struct json_error *error, size_t offset, const char *what);

/* The next character of a checked string at `*at`, unescaped, into `out`; moves on; its bytes. */
size_t json_unescape(const char **at, char out[4]);

#endif
