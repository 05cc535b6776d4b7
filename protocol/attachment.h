/* SPDX-License-Identifier: MIT */
#ifndef PROTOCOL_ATTACHMENT_H
#define PROTOCOL_ATTACHMENT_H

/* Attachments (Browser based Chat 1.0, section 3.1.5, which README.md defines): the object that
 * describes one, as it is stored and sent. */

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "media.h"

#define ATTACHMENT_USER_SIZE 256 /* longer than every user's name */

struct attachment {
    char id[37];
    char thread[37];
    char name[MEDIA_NAME_MAX + 1];
    char type[MEDIA_TYPE_SIZE];
    char digest[65]; /* SHA-256 in hex */
    char author[ATTACHMENT_USER_SIZE];
    uint64_t size;
    uint64_t seq; /* the thread's newest stanza when it came */
    int64_t time_us;
};

/*
 * Append the object, without a newline: {"objectType","id","displayName","mimeType","fileSize",
 * "url","digest","author","published","seq"}.
 */
void attachment_put(struct buf *out, const struct attachment *attachment);

/* id, name, type, digest, size and seq of a stored object; all else stays as it was. -1: it is none. */
int attachment_parse(struct attachment *attachment, const char *text, size_t len);

#endif
