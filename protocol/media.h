/* SPDX-License-Identifier: MIT */
#ifndef PROTOCOL_MEDIA_H
#define PROTOCOL_MEDIA_H

/* What kind of thing a file is, and what it is called: media types (RFC 9110, section 8.3) and file
 * names, as clients give them and as replies name them (RFC 6266, RFC 8187). */

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

#define MEDIA_TYPE_SIZE 192 /* with NUL */
#define MEDIA_NAME_MAX 255  /* bytes of a file's name */

/*
 * The header Content-Type as it is kept: type and subtype in lower case, of the parameters only
 * `charset`. "" becomes application/octet-stream. -1: no media type, or too long.
 */
int media_type(char out[MEDIA_TYPE_SIZE], const char *header);

/* The objectType of such a file (Activity Streams 1.0): "image", "audio", "video", or "file". */
const char *media_kind(const char *type);

/* Whether a browser may show it where it is: pictures without any program in them. */
bool media_is_inline(const char *type);

/*
 * The name of a file as it is kept, within `len` bytes of UTF-8 at `name`, which may come with
 * folders in front (of any system): where it begins, its length in `*len`. NULL and a sentence in
 * `*why`: nothing left, too long, or characters that show it as something else than it is.
 */
const char *media_name(const char *name, size_t *len, const char **why);

/*
 * Append `attachment` or `inline`, with the name in both forms: ASCII for who knows only that, with
 * _ for whatever else there is, and UTF-8.
 */
void media_disposition_put(struct buf *out, bool is_inline, const char *name);

#endif
