/* SPDX-License-Identifier: MIT */
#ifndef PROTOCOL_ABOUT_H
#define PROTOCOL_ABOUT_H

/* What a thread's own text, thread.json, says about it. Knows no files: the text is handed in. */

#include <stddef.h>

#include "buf.h"
#include "stanza.h"

#define ABOUT_MAX (STANZA_BODY_MAX * 6 + 65536) /* bytes of thread.json: a subject, escaped */

/*
 * Append `"subject":S,"open":B,"created":T`. What the text does not say is null, and so is what it
 * says in another kind than string, boolean, string. -1: some of it was of another kind, or the
 * text is no JSON object; then the operator should be told.
 */
int about_put(struct buf *out, const char *text, size_t len);

#endif
