/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_ID_H
#define SPOOL_ID_H

/* Ids and digests: the only place that knows libuuid and libmd. */

#include <stddef.h>
#include <stdint.h>

#include "path.h"

/* 122 random bits as a UUID v4 (RFC 9562, section 5.4). */
void id_random(char out[UUID_SIZE]);

/*
 * The UUID v5 (RFC 9562, section 5.5) of `len` bytes in the name space `site`: the same on every
 * call, so that two who start a thread of the same people at once make the same one. -1 (EINVAL):
 * `site` is none.
 */
int id_of_name(char out[UUID_SIZE], const char *site, const char *name, size_t len);

/* SHA-256 (FIPS 180-4) of `len` bytes, in hex, as sha256sum prints it. */
void id_digest(char out[DIGEST_SIZE], const void *bytes, size_t len);

/* The same of bytes that come in pieces. */
struct id_hash {
    uint64_t state[32]; /* libmd's */
};

void id_hash_start(struct id_hash *hash);
void id_hash_add(struct id_hash *hash, const void *bytes, size_t len);
void id_hash_end(struct id_hash *hash, char out[DIGEST_SIZE]);

#endif
