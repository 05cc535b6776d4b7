/* SPDX-License-Identifier: MIT */
/* Messages as JSON: {"type":"message","message":{…}}. */
#include "stanza.h"

#include <string.h>

#include "base/scratch.h"
#include "language.h"
#include "stanza_private.h"

/* The names in `to`, unescaped. */
SCRATCH static char to_room[STANZA_BODY_MAX];

/* The attributes that have rules; all others are kept as they are. */
static const char *const stanza_known[] = {"type", "message", NULL};
static const char *const message_known[] = {"id",       "thread",   "subject",     "text",
                                            "type",     "language", "attachments", "to",
                                            "replaces", "retracts", "reaction",    NULL};
#define MUTE "A retraction and a reaction say nothing else."

/* Only the server says these, in either place. */
static const char *const server_says[] = {"sender",  "timestamp",   "seq", "prev",
                                          "members", "memberCount", NULL};

static bool is_one_of(const struct json *json, int key, const char *const *names)
{
    for (; *names != NULL; names++)
        if (json_equals(json, key, *names))
            return true;
    return false;
}

void stanza_put_unknown(struct buf *out, const struct json *json, int object,
                        const char *const *known, const char *const *others)
{
    for (int key = json_first(json, object); key >= 0; key = json_next(json, object, key)) {
        if (is_one_of(json, key, known) || is_one_of(json, key, others))
            continue;
        buf_puts(out, ",");
        json_put_node(out, json, key);
        buf_puts(out, ":");
        json_put_node(out, json, json_value(json, key));
    }
}

/* The attribute when it is a string, -1 when it is null or missing, -2 (with `error`) otherwise. */
static int string_or_null(const struct json *json, int object, const char *name,
                          struct stanza_error *error)
{
    int node = json_get(json, object, name);

    if (node < 0 || json_kind(json, node) == JSON_NULL)
        return -1;
    if (json_kind(json, node) == JSON_STRING)
        return node;
    stanza_fail(error, name, "Must be a string or null.");
    return -2;
}

/*
 * A short string attribute in `out`: its length, 0 when it is null or missing. One that does not
 * fit is all the longer than what is right: its beginning stands for it. -1: `error`.
 */
static int short_string(const struct json *json, int object, const char *name, char *out,
                        size_t size, struct stanza_error *error)
{
    int node = string_or_null(json, object, name, error);
    int len;

    out[0] = '\0';
    if (node < 0)
        return node == -1 ? 0 : -1;
    len = json_string(json, node, out, size);
    if (len >= 0)
        return len;
    memset(out, '?', size - 1);
    out[size - 1] = '\0';
    return (int)size - 1;
}

static int take_names(struct stanza_message *message, const struct json *json, int body,
                      struct stanza_error *error)
{
    char name[64]; /* longer than any id or thread */
    int len = short_string(json, body, "id", name, sizeof name, error);

    if (len < 0 || stanza_set_id(message, name, (size_t)len, error) < 0)
        return -1;
    len = short_string(json, body, "thread", name, sizeof name, error);
    if (len < 0)
        return -1;
    stanza_set_thread(message, name, (size_t)len);
    return 0;
}

static int take_user(struct stanza_message *message, const struct json *json, int node,
                     struct buf *room, struct stanza_error *error)
{
    char *user = room->data + room->len;
    int len = json_string(json, node, user, room->size - room->len);

    if (len < 0)
        return stanza_fail(error, "to", "Must be a user or an array of users.");
    room->len += (size_t)len + 1;
    return stanza_add_to(message, user, error);
}

static int take_to(struct stanza_message *message, const struct json *json, int body,
                   struct stanza_error *error)
{
    struct buf room = buf_over(to_room, sizeof to_room);
    int node = json_get(json, body, "to");

    if (node < 0 || json_kind(json, node) == JSON_NULL)
        return 0;
    if (json_kind(json, node) != JSON_ARRAY)
        return take_user(message, json, node, &room, error);
    for (int at = json_first(json, node); at >= 0; at = json_next(json, node, at))
        if (take_user(message, json, at, &room, error) < 0)
            return -1;
    return 0;
}

static int put_type_and_language(struct stanza_message *message, const struct json *json, int body,
                                 struct stanza_error *error)
{
    char word[LANGUAGE_MAX + 1]; /* so that one too long is seen to be */
    int len = short_string(json, body, "type", word, sizeof word, error);

    if (len < 0 || stanza_put_type(message, word, error) < 0)
        return -1;
    len = short_string(json, body, "language", word, sizeof word, error);
    if (len < 0)
        return -1;
    return stanza_put_language(message, word, (size_t)len, error);
}

static int put_attachments(struct stanza_message *message, const struct json *json, int body,
                           bool *any, struct stanza_error *error)
{
    int node = json_get(json, body, "attachments");

    buf_puts(&message->content, ",\"attachments\":");
    *any = false;
    if (node < 0 || json_kind(json, node) == JSON_NULL) {
        buf_puts(&message->content, "[]");
        return 0;
    }
    if (json_kind(json, node) != JSON_ARRAY)
        return stanza_fail(error, "attachments", "Must be an array.");
    for (int at = json_first(json, node); at >= 0; at = json_next(json, node, at)) {
        *any = true;
        if (json_kind(json, at) != JSON_OBJECT)
            return stanza_fail(error, "attachments", "Each must be an object.");
    }
    json_put_node(&message->content, json, node);
    return 0;
}

static bool is_empty(const struct json *json, int node)
{
    return node < 0 || json_equals(json, node, "");
}

static int take_message(struct stanza_message *message, const struct json *json, int body,
                        struct stanza_error *error)
{
    struct buf *content = &message->content;
    int subject = string_or_null(json, body, "subject", error);
    int text = subject < -1 ? -2 : string_or_null(json, body, "text", error);
    bool mute = stanza_is_mute(message);
    bool attached;
    size_t own;

    if (text < -1 || take_names(message, json, body, error) < 0 ||
        take_to(message, json, body, error) < 0)
        return -1;
    if (mute && !is_empty(json, text))
        return stanza_fail(error, "text", MUTE);
    if (mute && !is_empty(json, subject))
        return stanza_fail(error, "subject", MUTE);
    if (mute)
        subject = text = -1;
    stanza_put_attribute(content, "\"subject\":", json, subject);
    stanza_put_attribute(content, ",\"text\":", json, text);
    if (put_type_and_language(message, json, body, error) < 0 ||
        put_attachments(message, json, body, &attached, error) < 0)
        return -1;
    message->sets_subject = subject >= 0 && (text < 0 || json_equals(json, text, "")) &&
                            !attached && message->act == STANZA_SAYS;
    own = content->len;
    stanza_put_unknown(content, json, body, message_known, server_says);
    stanza_put_unknown(&message->extra, json, 0, stanza_known, server_says);
    if (mute && attached)
        return stanza_fail(error, "attachments", MUTE);
    /* An empty subject says something, it takes the room's away; an empty text does not. */
    if (!mute && subject < 0 && (text < 0 || json_equals(json, text, "")) && !attached &&
        content->len == own && message->extra.len == 0)
        return stanza_fail(error, "text", "There is nothing to say.");
    return stanza_message_end(message, error);
}

static int take_stanza(struct stanza_message *message, const struct json *json,
                       struct stanza_error *error)
{
    int type = json_get(json, 0, "type");
    int body = json_get(json, 0, "message");

    if (json_kind(json, 0) != JSON_OBJECT)
        return stanza_fail(error, "body", "A stanza is an object.");
    if (!stanza_type_is_numbered(json, type))
        return stanza_fail(error, "type",
                           "Must be message, retraction, reaction, receipt or chatstate.");
    if (body < 0 || json_kind(json, body) != JSON_OBJECT)
        return stanza_fail(error, "message", "Must be an object.");
    if (stanza_take_act(message, json, body, error) < 0)
        return -1;
    if (json_equals(json, type, "retraction") && message->act != STANZA_RETRACTS)
        return stanza_fail(error, "retracts", "This field is required.");
    if (json_equals(json, type, "reaction") && message->act != STANZA_REACTS)
        return stanza_fail(error, "reaction", "This field is required.");
    return take_message(message, json, body, error);
}

int stanza_message_from_json(struct stanza_message *message, const char *text, size_t len,
                             struct stanza_error *error)
{
    static const struct json_limits limits = {MESSAGE_DEPTH_MAX, MESSAGE_KEYS_MAX,
                                              MESSAGE_VALUES_MAX};
    struct json_error where;
    struct json json;
    int result;

    stanza_message_begin(message);
    if (len > STANZA_BODY_MAX)
        return stanza_fail(error, "body", "Too large.");
    if (json_parse_within(&json, text, len, &limits, &where) < 0)
        return stanza_fail(error, "body", where.detail);
    result = take_stanza(message, &json, error);
    json_drop(&json);
    return result;
}
