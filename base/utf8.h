/* SPDX-License-Identifier: MIT */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

/* UTF-8 (RFC 3629). */

#include <stdbool.h>
#include <stddef.h>

/*
 * The length of the sequence at `at`, of which `left` bytes can be read (at least one); 0 when
 * there is none: overlong, a surrogate, above U+10FFFF, cut off.
 */
size_t utf8_sequence(const unsigned char *at, size_t left);

/* Whether `len` bytes are UTF-8 without NUL. */
bool utf8_ok(const char *bytes, size_t len);

/* Write a code point (no surrogate) and return how many bytes it takes. */
size_t utf8_encode(unsigned code, char out[4]);

#endif
