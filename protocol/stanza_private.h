/* SPDX-License-Identifier: MIT */
#ifndef PROTOCOL_STANZA_PRIVATE_H
#define PROTOCOL_STANZA_PRIVATE_H

/*
 * What the two readers of messages (stanza.c: JSON, stanza_form.c: forms) and the writers of lines
 * (stanza_line.c) and of people (stanza_sender.c) share.
 *
 * A stored line must fit the limits of json.h, because it is read again; so what goes into one has
 * narrower limits: a client's message, and each of the profiles of its sender and of the members
 * shown.
 */

#include <assert.h>

#include "json_private.h"
#include "stanza.h"

#define MESSAGE_DEPTH_MAX JSON_DEPTH_MAX
#define MESSAGE_KEYS_MAX 900
#define MESSAGE_VALUES_MAX 4096

#define PROFILE_DEPTH_MAX 12 /* it lies in a stanza, a message and the array of members */
#define PROFILE_KEYS_MAX 32
#define PROFILE_VALUES_MAX 64

#define SENDER_OWN_VALUES 10 /* keys and values that a sender object has without a profile */
#define LINE_OWN_VALUES 48   /* likewise a line */

static_assert(PROFILE_DEPTH_MAX + 3 <= JSON_DEPTH_MAX, "members nest too deep");
static_assert(MESSAGE_KEYS_MAX + 12 <= JSON_KEYS_MAX, "a line has too many keys");
static_assert(MESSAGE_VALUES_MAX + LINE_OWN_VALUES +
                      (STANZA_MEMBERS_SHOWN + 1) * (PROFILE_VALUES_MAX + SENDER_OWN_VALUES) <=
                  JSON_VALUES_MAX,
              "a line has too many values");

/* Fill in `error` and return -1. */
int stanza_fail(struct stanza_error *error, const char *field, const char *detail);

/* An empty message over the static storage, with room for whatever a client can say. */
void stanza_message_begin(struct stanza_message *message);

/* Set one attribute from its text; "" is absent. `field` names it in an error. */
int stanza_set_id(struct stanza_message *message, const char *id, size_t len,
                  struct stanza_error *error);
void stanza_set_thread(struct stanza_message *message, const char *thread, size_t len);
int stanza_add_to(struct stanza_message *message, const char *user, struct stanza_error *error);

/*
 * Set what the message does to which other one. In JSON: the attributes replaces, retracts and
 * reaction of `body`. Of a form: `act` and a reference as text.
 */
int stanza_take_act(struct stanza_message *message, const struct json *json, int body,
                    struct stanza_error *error);
int stanza_set_act(struct stanza_message *message, enum stanza_act act, const char *field,
                   const char *reference, struct stanza_error *error);
/* The text of a reaction, "" to take it back. */
int stanza_set_reaction(struct stanza_message *message, const char *field, const char *text,
                        size_t len, struct stanza_error *error);
/* Whether this is all that the message says: a retraction, a reaction. */
bool stanza_is_mute(const struct stanza_message *message);

/* Append the reference as an attribute of a line's message, nothing for STANZA_SAYS. */
void stanza_put_act(struct buf *out, const struct stanza_message *message);
/* The outer type of the message's line; whether a line's type is one of those that are numbered. */
const char *stanza_type(const struct stanza_message *message);
bool stanza_type_is_numbered(const struct json *json, int type);

/* Append all attributes of `object` with a comma before each, but those in the two lists (NULL-ended).
 */
void stanza_put_unknown(struct buf *out, const struct json *json, int object,
                        const char *const *known, const char *const *others);

/* RFC 9562, section 4: a UUID's shape, whatever its version; `out` gets it in lower case. */
bool stanza_uuid(char out[37], const char *text, size_t len);

/* Append to the content: `"type":…` and `"language":…`, from their texts; "" is absent. */
int stanza_put_type(struct stanza_message *message, const char *type, struct stanza_error *error);
int stanza_put_language(struct stanza_message *message, const char *tag, size_t len,
                        struct stanza_error *error);

/* The last word on a message that has been read: -1 when it was too much. */
int stanza_message_end(struct stanza_message *message, struct stanza_error *error);

/* The same with the text of a thread's name into `out`: in lower case when it is a UUID. */
void stanza_take_thread(char out[37], const char *thread, size_t len);

/* Whether `text` is an object within a profile's limits; then it must be dropped again. */
bool stanza_parse_profile(struct json *json, const char *text, size_t len);

/* Append the inside of a presence object behind its entity, as others see it, and its brace. */
void stanza_mood_seen_put(struct buf *out, const char *mood, size_t len, bool available);

/* Append `name` and the node, `name` and null when there is none (-1). `name` brings its comma. */
void stanza_put_attribute(struct buf *out, const char *name, const struct json *json, int node);

#endif
