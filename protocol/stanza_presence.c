/* SPDX-License-Identifier: MIT */
#include "stanza_presence.h"

#include <string.h>

#include "stanza_private.h"

/* Where the parts of a mood come from; forms win. */
struct parts {
    const struct json *json;
    int object; /* its unknown attributes are kept; -1: none */
    int show;   /* nodes; -1: null */
    int status;
    const struct form_field *form_show; /* NULL: not named */
    const struct form_field *form_status;
    bool available;
};

static bool is_show(const struct json *json, int node)
{
    return json_equals(json, node, "away") || json_equals(json, node, "chat") ||
           json_equals(json, node, "dnd") || json_equals(json, node, "xa");
}

static void put_rest(struct buf *out, const struct json *json, int object)
{
    /* With rules, or only the server's to say. A thread would make a member's business of it. */
    static const char *const named[] = {"show",    "status",      "available", "entity",
                                        "thread",  "sender",      "seq",       "prev",
                                        "members", "memberCount", "timestamp", NULL};

    for (int key = json_first(json, object); key >= 0; key = json_next(json, object, key)) {
        const char *const *name = named;
        while (*name != NULL && !json_equals(json, key, *name))
            name++;
        if (*name != NULL)
            continue;
        buf_puts(out, ",");
        json_put_node(out, json, key);
        buf_puts(out, ":");
        json_put_node(out, json, json_value(json, key));
    }
}

static void put_part(struct buf *out, const char *name, const struct parts *parts,
                     const struct form_field *field, int node)
{
    if (field == NULL) {
        stanza_put_attribute(out, name, parts->json, node);
        return;
    }
    buf_puts(out, name);
    if (field->len > 0)
        json_put_string(out, field->value, field->len);
    else
        buf_puts(out, "null");
}

/* A mood behind its first brace. */
static void put_inside(struct buf *out, const struct parts *parts)
{
    put_part(out, "\"show\":", parts, parts->form_show, parts->show);
    put_part(out, ",\"status\":", parts, parts->form_status, parts->status);
    buf_puts(out, parts->available ? ",\"available\":true" : ",\"available\":false");
    if (parts->object >= 0)
        put_rest(out, parts->json, parts->object);
    buf_puts(out, "}");
}

static void put_mood(struct buf *out, const struct parts *parts)
{
    buf_puts(out, "{");
    put_inside(out, parts);
    buf_puts(out, "\n");
}

/* A string with something in it; else -1. */
static int text_of(const struct json *json, const char *name)
{
    int node = json_get(json, 0, name);

    if (node < 0 || json_kind(json, node) != JSON_STRING || json_equals(json, node, ""))
        return -1;
    return node;
}

static bool is_hidden(const struct json *json)
{
    int node = json_get(json, 0, "available");

    return node >= 0 && json_kind(json, node) == JSON_FALSE;
}

static const struct parts silent = {.object = -1, .show = -1, .status = -1, .available = true};

/* What a stored mood says, when it is one; then `json` must be dropped again. */
static bool take_mood(struct parts *parts, struct json *json, const char *text, size_t len)
{
    *parts = silent;
    if (!stanza_parse_profile(json, text, len))
        return false;
    parts->json = json;
    parts->object = 0;
    parts->show = text_of(json, "show");
    if (parts->show >= 0 && !is_show(json, parts->show))
        parts->show = -1;
    parts->status = text_of(json, "status");
    parts->available = !is_hidden(json);
    return true;
}

void stanza_mood_put(struct buf *out, const char *text, size_t len)
{
    struct parts parts;
    struct json json;
    bool readable = take_mood(&parts, &json, text, len);

    put_mood(out, &parts);
    if (readable)
        json_drop(&json);
}

bool stanza_mood_hides(const char *text, size_t len)
{
    struct json json;
    bool hidden;

    if (!stanza_parse_profile(&json, text, len))
        return false;
    hidden = is_hidden(&json);
    json_drop(&json);
    return hidden;
}

void stanza_mood_seen_put(struct buf *out, const char *mood, size_t len, bool available)
{
    struct parts parts;
    struct json json;
    bool readable = take_mood(&parts, &json, mood, len);

    if (!available || !parts.available) {
        parts = silent;
        parts.available = false;
    }
    put_inside(out, &parts);
    if (readable)
        json_drop(&json);
}

void stanza_presence_own_put(struct buf *out, const char *sender, size_t sender_len,
                             const char *mood, size_t mood_len)
{
    buf_puts(out, "{\"entity\":");
    buf_put(out, sender, sender_len);
    buf_puts(out, ",");
    buf_put(out, mood + 1, mood_len - 2); /* without its brace and its newline */
}

/* ---- What clients send ---- */

/* A mood is read within a profile's limits, so it must be written within them. */
static int end_mood(struct stanza_presence *presence, size_t from, struct stanza_error *error)
{
    struct buf *mood = presence->mood;
    struct json json;

    if (mood->full || mood->len - from >= STANZA_MOOD_SIZE)
        return stanza_fail(error, "body", "Too large.");
    if (!stanza_parse_profile(&json, mood->data + from, mood->len - from))
        return stanza_fail(error, "body", "Too many attributes, or too deep.");
    json_drop(&json);
    return 0;
}

static int check_status(const char *text, struct stanza_error *error)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80; /* a character's first byte */
    if (count > STANZA_STATUS_MAX)
        return stanza_fail(error, "status", "Too long: 1024 characters at most.");
    return 0;
}

/* The node of an attribute with a value; -1: null, empty or missing. */
static int value_of(const struct json *json, int object, const char *name)
{
    int node = json_get(json, object, name);

    if (node >= 0 && (json_kind(json, node) == JSON_NULL || json_equals(json, node, "")))
        return -1;
    return node;
}

static int take_thread(struct stanza_presence *presence, const struct json *json, int object,
                       struct stanza_error *error)
{
    char name[64]; /* longer than any thread's */
    int node = value_of(json, object, "thread");
    int len;

    if (node < 0)
        return 0;
    if (json_kind(json, node) != JSON_STRING)
        return stanza_fail(error, "thread", "Must be a string or null.");
    len = json_string(json, node, name, sizeof name);
    stanza_take_thread(presence->thread, len < 0 ? "?" : name, len < 0 ? 1 : (size_t)len);
    return 0;
}

static int take_status(struct parts *parts, struct stanza_error *error)
{
    char text[4 * STANZA_STATUS_MAX + 1];

    parts->status = value_of(parts->json, parts->object, "status");
    if (parts->status < 0)
        return 0;
    if (json_kind(parts->json, parts->status) != JSON_STRING)
        return stanza_fail(error, "status", "Must be a string or null.");
    if (json_string(parts->json, parts->status, text, sizeof text) < 0)
        return stanza_fail(error, "status", "Too long: 1024 characters at most.");
    return check_status(text, error);
}

static int take_available(struct parts *parts, struct stanza_error *error)
{
    int node = json_get(parts->json, parts->object, "available");
    enum json_kind kind = node < 0 ? JSON_NULL : json_kind(parts->json, node);

    if (kind != JSON_NULL && kind != JSON_TRUE && kind != JSON_FALSE)
        return stanza_fail(error, "available", "Must be true or false.");
    parts->available = kind != JSON_FALSE;
    return 0;
}

static int take_entry(struct stanza_presence *presence, const struct json *json, int object,
                      struct stanza_error *error)
{
    struct parts parts = {.json = json, .object = object};
    size_t from = presence->mood->len;

    parts.show = value_of(json, object, "show");
    if (parts.show >= 0 && !is_show(json, parts.show))
        return stanza_fail(error, "show", "Must be away, chat, dnd, xa or null.");
    if (take_status(&parts, error) < 0 || take_available(&parts, error) < 0 ||
        take_thread(presence, json, object, error) < 0)
        return -1;
    presence->available = parts.available;
    if (presence->thread[0] != '\0')
        return 0;
    put_mood(presence->mood, &parts);
    return end_mood(presence, from, error);
}

static int take_stanza(struct stanza_presence *presence, const struct json *json,
                       struct stanza_error *error)
{
    int type = json_get(json, 0, "type");
    int object = json_get(json, 0, "presence");

    if (json_kind(json, 0) != JSON_OBJECT)
        return stanza_fail(error, "body", "A stanza is an object.");
    if (type < 0 || !json_equals(json, type, "presence"))
        return stanza_fail(error, "type", "Must be \"presence\".");
    if (object >= 0 && json_kind(json, object) == JSON_ARRAY) {
        int list = object;
        object = json_first(json, list);
        if (object >= 0 && json_next(json, list, object) >= 0)
            object = -1;
    }
    if (object < 0 || json_kind(json, object) != JSON_OBJECT)
        return stanza_fail(error, "presence", "Must be an object, or an array of one.");
    return take_entry(presence, json, object, error);
}

int stanza_presence_from_json(struct stanza_presence *presence, const char *text, size_t len,
                              struct stanza_error *error)
{
    static const struct json_limits limits = {MESSAGE_DEPTH_MAX, MESSAGE_KEYS_MAX,
                                              MESSAGE_VALUES_MAX};
    struct json_error where;
    struct json json;
    int result;

    presence->thread[0] = '\0';
    if (json_parse_within(&json, text, len, &limits, &where) < 0)
        return stanza_fail(error, "body", where.detail);
    result = take_stanza(presence, &json, error);
    json_drop(&json);
    return result;
}

/* Whether the field is one of the words; an empty one is. */
static bool is_word(const struct form_field *field, const char *const *words)
{
    if (field == NULL || field->len == 0)
        return true;
    while (*words != NULL && strcmp(field->value, *words) != 0)
        words++;
    return *words != NULL;
}

static int check_form(const struct parts *parts, const struct form_field *available,
                      struct stanza_error *error)
{
    static const char *const shows[] = {"away", "chat", "dnd", "xa", NULL};
    static const char *const truths[] = {"true", "false", "1", "0", NULL};

    if (!is_word(parts->form_show, shows))
        return stanza_fail(error, "show", "Must be away, chat, dnd, xa or empty.");
    if (!is_word(available, truths))
        return stanza_fail(error, "available", "Must be true or false.");
    return parts->form_status == NULL ? 0 : check_status(parts->form_status->value, error);
}

/* Both names are in use, and who says one that is not looked at would change himself instead. */
static const struct form_field *thread_field(const struct form *form)
{
    const struct form_field *field = form_get(form, "thread_id");

    if (field == NULL || field->len == 0)
        field = form_get(form, "thread");
    return field != NULL && field->len > 0 ? field : NULL;
}

static int change_mood(struct stanza_presence *presence, const struct parts *asked,
                       const char *before, size_t before_len, bool named,
                       struct stanza_error *error)
{
    size_t from = presence->mood->len;
    struct parts parts;
    struct json json;
    bool readable = take_mood(&parts, &json, before, before_len);

    parts.form_show = asked->form_show;
    parts.form_status = asked->form_status;
    if (named)
        parts.available = presence->available;
    put_mood(presence->mood, &parts);
    if (readable)
        json_drop(&json);
    return end_mood(presence, from, error);
}

int stanza_presence_from_form(struct stanza_presence *presence, const struct form *form,
                              const char *before, size_t before_len, struct stanza_error *error)
{
    struct parts asked = {.form_show = form_get(form, "show"),
                          .form_status = form_get(form, "status")};
    const struct form_field *available = form_get(form, "available");
    const struct form_field *thread = thread_field(form);

    presence->thread[0] = '\0';
    if (available != NULL && available->len == 0)
        available = NULL;
    if (check_form(&asked, available, error) < 0)
        return -1;
    presence->available =
        available == NULL || (available->value[0] != 'f' && available->value[0] != '0');
    if (thread != NULL) {
        stanza_take_thread(presence->thread, thread->value, thread->len);
        return 0;
    }
    if (asked.form_show == NULL && asked.form_status == NULL && available == NULL)
        return stanza_fail(error, "body", "Name show, status or available.");
    return change_mood(presence, &asked, before, before_len, available != NULL, error);
}
