/* SPDX-License-Identifier: MIT */
#ifndef PROTOCOL_NOTICE_H
#define PROTOCOL_NOTICE_H

/*
 * Short-lived stanzas that clients post to send-message: how far somebody has read, and that they
 * are writing. They are in no thread's numbers.
 *
 *   {"timestamp":T,"type":"receipt","receipt":{"thread":I,"entity":{},"read":N}}
 *   {"timestamp":T,"type":"chatstate","chatstate":{"thread":I,"entity":{},"state":"composing"}}
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "form.h"
#include "stanza.h"

enum notice_kind { NOTICE_RECEIPT, NOTICE_CHATSTATE };

struct notice {
    enum notice_kind kind;
    char thread[37]; /* lower case when it is a UUID; whatever else it is, no thread has the name */
    uint64_t read;   /* of a receipt: the number up to which all has been read */
    bool composing;  /* of a chat state; else it is "paused" */
};

/*
 * Read what is no message. The JSON stanza without its `timestamp`, `entity`; or the form fields
 * thread_id and either read (a number) or state. 1; 0: it is none of these kinds (a form: it says
 * something a message says); -1: `error` says why. Unknown attributes are ignored.
 */
int notice_from_json(struct notice *notice, const char *text, size_t len,
                     struct stanza_error *error);
int notice_from_form(struct notice *notice, const struct form *form, struct stanza_error *error);

/* Append the line, with its newline. */
void notice_put(struct buf *out, const struct notice *notice, int64_t time_us, const char *sender,
                size_t sender_len);

#endif
