/* SPDX-License-Identifier: MIT */
#ifndef PROTOCOL_JSON_H
#define PROTOCOL_JSON_H

/*
 * JSON in and out (RFC 8259). A text is first checked byte by byte (UTF-8, escapes, numbers,
 * depth), only then indexed by jsmn, and the index searched for duplicate keys; so what the index
 * is asked about is always valid. Output is canonical: no white space, strings escaped in one way,
 * numbers byte for byte as they came.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

#define JSON_DEPTH_MAX 16    /* arrays and objects inside each other */
#define JSON_KEYS_MAX 1000   /* members of one object */
#define JSON_VALUES_MAX 8192 /* keys and values of one text */

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

/* An indexed text. Borrows the text; the index lies in a pool that json_drop gives back. */
struct json {
    const char *text;
    size_t len;
    int first; /* place of the root in the pool */
    int count; /* keys and values; node numbers run from 0, the root, to count - 1 */
};

/* Where a text is wrong, and how, in words for the client ("offset 17: a lone surrogate"). */
struct json_error {
    size_t offset; /* bytes from the beginning */
    char detail[96];
};

/*
 * Check and index `len` bytes. NUL bytes, invalid UTF-8 (overlong, surrogates, above U+10FFFF),
 * lone surrogate escapes, \u0000, control characters in strings, trailing bytes, duplicate keys
 * (compared after unescaping) and everything past the limits above are errors. 0, or -1 with
 * `error`, unless NULL, filled in (errno EINVAL; ENOMEM when the pool is taken). Pairs with
 * json_drop, in reverse order.
 */
int json_parse(struct json *json, const char *text, size_t len, struct json_error *error);
void json_drop(struct json *json);

enum json_kind json_kind(const struct json *json, int node);

/* The value of `key` in the object `node`, or -1: no such key, or `node` is -1 or no object. */
int json_get(const struct json *json, int node, const char *key);

/*
 * Iterate: the first child of an array or object (for objects: its first key), the sibling after
 * `node`, or -1. json_value gives the value of a key node.
 */
int json_first(const struct json *json, int node);
int json_next(const struct json *json, int parent, int node);
int json_value(const struct json *json, int key);

/*
 * The string or key `node`, unescaped, as UTF-8 with a NUL behind it, in `out`. Returns its length,
 * or -1: EINVAL no string, ENAMETOOLONG longer than size - 1.
 */
int json_string(const struct json *json, int node, char *out, size_t size);
bool json_equals(const struct json *json, int node, const char *string);

/* A number node as a whole number; false when it is none, negative, has a fraction or an exponent,
 * or exceeds 2^53. */
bool json_whole(const struct json *json, int node, uint64_t *number);

/*
 * The bytes of `node` as they stand in the text (strings with their quotes). Not for client texts.
 */
const char *json_raw(const struct json *json, int node, size_t *len);

/*
 * Append a string with quotes and escapes (must be valid UTF-8 without NUL); a node, re-serialised.
 */
void json_put_string(struct buf *buf, const char *string, size_t len);
void json_put_node(struct buf *buf, const struct json *json, int node);

#endif
