/* SPDX-License-Identifier: MIT */
/* What a message does to an earlier one: read from JSON or a form, and written. */
#include <string.h>

#include "stanza_private.h"

#define NAMED "Must be a number (seq), or a message's id."

static const char *const outer_types[] = {
    [STANZA_SAYS] = "message",
    [STANZA_REPLACES] = "message",
    [STANZA_RETRACTS] = "retraction",
    [STANZA_REACTS] = "reaction",
};

bool stanza_is_mute(const struct stanza_message *message)
{
    return message->act == STANZA_RETRACTS || message->act == STANZA_REACTS;
}

const char *stanza_type(const struct stanza_message *message)
{
    return outer_types[message->act];
}

bool stanza_type_is_numbered(const struct json *json, int type)
{
    return type >= 0 &&
           (json_equals(json, type, "message") || json_equals(json, type, "retraction") ||
            json_equals(json, type, "reaction"));
}

static int begin(struct stanza_message *message, enum stanza_act act, const char *field,
                 struct stanza_error *error)
{
    if (message->act != STANZA_SAYS)
        return stanza_fail(error, field, "A message does one thing to one other message.");
    message->act = act;
    message->about_field = field;
    message->about = (struct stanza_reference){.seq = 0};
    return 0;
}

int stanza_set_reaction(struct stanza_message *message, const char *field, const char *text,
                        size_t len, struct stanza_error *error)
{
    if (len > STANZA_REACTION_MAX)
        return stanza_fail(error, field, "Its text may have 64 bytes.");
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return stanza_fail(error, field, "Its text may have no control characters.");
    buf_puts(&message->reaction, ",\"text\":");
    json_put_string(&message->reaction, text, len);
    return 0;
}

/* A form has only text: what consists of digits is a number. */
static bool name_by_text(struct stanza_reference *about, const char *text)
{
    size_t len = strlen(text);

    if (stanza_uuid(about->id, text, len))
        return true;
    if (len > 10 || strspn(text, "0123456789") != len)
        return false;
    for (; *text != '\0'; text++)
        about->seq = about->seq * 10 + (uint64_t)(*text - '0');
    return about->seq > 0;
}

int stanza_set_act(struct stanza_message *message, enum stanza_act act, const char *field,
                   const char *reference, struct stanza_error *error)
{
    if (begin(message, act, field, error) < 0)
        return -1;
    return name_by_text(&message->about, reference) ? 0 : stanza_fail(error, field, NAMED);
}

static bool name_by_node(struct stanza_reference *about, const struct json *json, int node)
{
    char id[64]; /* longer than any */
    int len;

    if (node < 0)
        return false;
    if (json_kind(json, node) == JSON_NUMBER)
        return json_whole(json, node, &about->seq) && about->seq > 0;
    len = json_string(json, node, id, sizeof id);
    return len >= 0 && stanza_uuid(about->id, id, (size_t)len);
}

/* {"to":…,"text":…,<unknown>} */
static int take_reaction(struct stanza_message *message, const struct json *json, int node,
                         struct stanza_error *error)
{
    static const char *const known[] = {"to", "text", NULL};
    static const char *const none[] = {NULL};
    char text[STANZA_REACTION_MAX + 2];
    int said = json_get(json, node, "text");
    int len;

    if (json_kind(json, node) != JSON_OBJECT)
        return stanza_fail(error, "reaction", "Must be an object with `to` and `text`.");
    if (!name_by_node(&message->about, json, json_get(json, node, "to")))
        return stanza_fail(error, "reaction",
                           "Its `to` must be a number (seq), or a message's id.");
    if (said < 0 || json_kind(json, said) != JSON_STRING)
        return stanza_fail(error, "reaction", "Its `text` must be a string.");
    len = json_string(json, said, text, sizeof text);
    if (stanza_set_reaction(message, "reaction", text, len < 0 ? sizeof text : (size_t)len, error) <
        0)
        return -1;
    stanza_put_unknown(&message->reaction, json, node, known, none);
    return 0;
}

int stanza_take_act(struct stanza_message *message, const struct json *json, int body,
                    struct stanza_error *error)
{
    static const struct {
        const char *name;
        enum stanza_act act;
    } acts[] = {
        {"replaces", STANZA_REPLACES},
        {"retracts", STANZA_RETRACTS},
        {"reaction", STANZA_REACTS},
    };

    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        int node = json_get(json, body, acts[i].name);
        if (node < 0 || json_kind(json, node) == JSON_NULL)
            continue;
        if (begin(message, acts[i].act, acts[i].name, error) < 0)
            return -1;
        if (acts[i].act == STANZA_REACTS)
            return take_reaction(message, json, node, error);
        if (!name_by_node(&message->about, json, node))
            return stanza_fail(error, acts[i].name, NAMED);
    }
    return 0;
}

static void put_reference(struct buf *out, const char *name,
                          const struct stanza_reference *reference)
{
    buf_puts(out, name);
    buf_puts(out, "{\"seq\":");
    buf_putu(out, reference->seq);
    buf_puts(out, ",\"id\":");
    json_put_string(out, reference->id, strlen(reference->id));
    buf_puts(out, ",\"sender\":");
    json_put_string(out, reference->sender, strlen(reference->sender));
    buf_puts(out, "}");
}

void stanza_put_act(struct buf *out, const struct stanza_message *message)
{
    switch (message->act) {
    case STANZA_SAYS:
        break;
    case STANZA_REPLACES:
        put_reference(out, ",\"replaces\":", &message->about);
        break;
    case STANZA_RETRACTS:
        put_reference(out, ",\"retracts\":", &message->about);
        break;
    case STANZA_REACTS:
        put_reference(out, ",\"reaction\":{\"to\":", &message->about);
        buf_put(out, message->reaction.data, message->reaction.len);
        buf_puts(out, "}");
        break;
    }
}
