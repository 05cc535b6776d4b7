/* SPDX-License-Identifier: MIT */
#ifndef PROTOCOL_LANGUAGE_H
#define PROTOCOL_LANGUAGE_H

#include <stddef.h>

#define LANGUAGE_MAX 64

/*
 * Whether `tag` is a well-formed language tag (RFC 5646, section 2.1, private use and grandfathered
 * tags included, and no variant or extension twice; Browser based Chat 1.0, 3.1.4). `_` is taken for `-`, as in the protocol's own
 * example. `out` gets the tag in the case that section 2.1.1 recommends (en_us -> en-US). -1
 * (EINVAL) when it is not.
 */
int language_tag(char out[LANGUAGE_MAX], const char *tag, size_t len);

#endif
