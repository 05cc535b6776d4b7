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

void id_digest(char out[DIGEST_SIZE], const void *bytes, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    SHA2_CTX context;
    uint8_t digest[SHA256_DIGEST_LENGTH];

    SHA256Init(&context);
    SHA256Update(&context, bytes, len);
    SHA256Final(digest, &context);
    for (size_t i = 0; i < sizeof digest; i++) {
        out[2 * i] = hex[digest[i] >> 4];
        out[2 * i + 1] = hex[digest[i] & 15];
    }
    out[DIGEST_SIZE - 1] = '\0';
}
