/* SPDX-License-Identifier: MIT */
#include "id.h"

#include <errno.h>
#include <sha2.h>
#include <sys/random.h>
#include <uuid/uuid.h>

/*
 * The kernel's bytes at once: before uuid_generate_random gives them it stirs a generator of its own
 * with clocks and process ids, which costs a short-lived process more than they do.
 */
void id_random(char out[UUID_SIZE])
{
    uuid_t id;

    if (getrandom(id, sizeof id, 0) == (ssize_t)sizeof id) {
        id[6] = (id[6] & 0x0f) | 0x40;
        id[8] = (id[8] & 0x3f) | 0x80;
    } else {
        uuid_generate_random(id); /* it knows other ways */
    }
    uuid_unparse_lower(id, out);
}

int id_of_name(char out[UUID_SIZE], const char *site, const char *name, size_t len)
{
    uuid_t space;
    uuid_t id;

    if (uuid_parse(site, space) == -1) {
        errno = EINVAL;
        return -1;
    }
    uuid_generate_sha1(id, space, name, len);
    uuid_unparse_lower(id, out);
    return 0;
}

_Static_assert(sizeof(SHA2_CTX) <= sizeof(struct id_hash), "libmd's state has room");

static SHA2_CTX *context_of(struct id_hash *hash)
{
    return (SHA2_CTX *)(void *)hash->state;
}

void id_hash_start(struct id_hash *hash)
{
    SHA256Init(context_of(hash));
}

void id_hash_add(struct id_hash *hash, const void *bytes, size_t len)
{
    SHA256Update(context_of(hash), bytes, len);
}

void id_hash_end(struct id_hash *hash, char out[DIGEST_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    uint8_t digest[SHA256_DIGEST_LENGTH];

    SHA256Final(digest, context_of(hash));
    for (size_t i = 0; i < sizeof digest; i++) {
        out[2 * i] = hex[digest[i] >> 4];
        out[2 * i + 1] = hex[digest[i] & 15];
    }
    out[DIGEST_SIZE - 1] = '\0';
}

void id_digest(char out[DIGEST_SIZE], const void *bytes, size_t len)
{
    struct id_hash hash;

    id_hash_start(&hash);
    id_hash_add(&hash, bytes, len);
    id_hash_end(&hash, out);
}
