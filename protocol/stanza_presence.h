/* SPDX-License-Identifier: MIT */
#ifndef PROTOCOL_STANZA_PRESENCE_H
#define PROTOCOL_STANZA_PRESENCE_H

/*
 * What people say of their own presence (Browser based Chat 1.0, section 3.2). What they have set
 * is called their mood, one line of JSON:
 *
 *   {"show":S,"status":S,"available":true,<unknown attributes>}
 *
 * Nobody sees somebody available whose mood says that they are not.
 */

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "form.h"
#include "stanza.h"

#define STANZA_STATUS_MAX 1024 /* characters */
#define STANZA_MOOD_SIZE 16384 /* longer than every mood that a client can set */

/* What a client asks for. */
struct stanza_presence {
    char thread[37];  /* the room that it is about, lower case when it is a UUID; "": oneself */
    bool available;   /* true unless the client says otherwise */
    struct buf *mood; /* the caller's; what was appended to it is the new mood */
};

/*
 * Check a client's presence: a stanza {"type":"presence","presence":{…}}, or with a list that has
 * one entry, as JSON text; or the form fields show, status, available, thread_id (or thread). A
 * stanza is the whole of a mood; a form changes what it names in `before`, the mood so far, and
 * takes away what it names without a value. `entity` and what only the server says are dropped.
 * With a thread no mood is appended. -1: `error` says why.
 */
int stanza_presence_from_json(struct stanza_presence *presence, const char *text, size_t len,
                              struct stanza_error *error);
int stanza_presence_from_form(struct stanza_presence *presence, const struct form *form,
                              const char *before, size_t before_len, struct stanza_error *error);

/*
 * Append the mood that `text` is, in canonical form with its newline; what is no mood counts as
 * one that says nothing.
 */
void stanza_mood_put(struct buf *out, const char *text, size_t len);

/* Whether it keeps others from seeing them available. */
bool stanza_mood_hides(const char *text, size_t len);

/*
 * Append one's own presence object, as only oneself sees it: all that the mood says, available or
 * not. `mood` must be canonical.
 */
void stanza_presence_own_put(struct buf *out, const char *sender, size_t sender_len,
                             const char *mood, size_t mood_len);

#endif
