/* SPDX-License-Identifier: MIT */
/* People in stanzas: senders (3.1.8) and their presence (3.2). */
#include <string.h>

#include "stanza_private.h"

static const struct json_limits profile_limits = {PROFILE_DEPTH_MAX, PROFILE_KEYS_MAX,
                                                  PROFILE_VALUES_MAX};

bool stanza_parse_profile(struct json *json, const char *text, size_t len)
{
    if (len == 0 || json_parse_within(json, text, len, &profile_limits, NULL) < 0)
        return false;
    if (json_kind(json, 0) == JSON_OBJECT)
        return true;
    json_drop(json);
    return false;
}

/* The attribute when it is a string with something in it, else -1. */
static int text_of(const struct json *json, const char *name)
{
    int node = json_get(json, 0, name);

    if (node < 0 || json_kind(json, node) != JSON_STRING || json_equals(json, node, ""))
        return -1;
    return node;
}

/* The profile's text, or `instead`. `name` brings its comma and colon. */
static void put_text(struct buf *out, const char *name, const struct json *json, int node,
                     const char *instead)
{
    buf_puts(out, name);
    if (node >= 0)
        json_put_node(out, json, node);
    else
        json_put_string(out, instead, strlen(instead));
}

static void put_rest(struct buf *out, const struct json *json)
{
    static const char *const named[] = {"objectType", "id", "displayName", "url", "image", NULL};

    for (int key = json_first(json, 0); key >= 0; key = json_next(json, 0, key)) {
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

int stanza_sender_put(struct buf *out, const char *user, const char *profile, size_t len)
{
    struct json json;

    buf_puts(out, "{\"objectType\":");
    if (!stanza_parse_profile(&json, profile, len)) {
        put_text(out, "\"person\",\"id\":", NULL, -1, user);
        put_text(out, ",\"displayName\":", NULL, -1, user);
        buf_puts(out, ",\"url\":null,\"image\":null}");
        return len == 0 ? 0 : -1;
    }
    put_text(out, "", &json, text_of(&json, "objectType"), "person");
    put_text(out, ",\"id\":", NULL, -1, user); /* never the profile's: it says who spoke */
    put_text(out, ",\"displayName\":", &json, text_of(&json, "displayName"), user);
    stanza_put_attribute(out, ",\"url\":", &json, json_get(&json, 0, "url"));
    stanza_put_attribute(out, ",\"image\":", &json, json_get(&json, 0, "image"));
    put_rest(out, &json);
    buf_puts(out, "}");
    json_drop(&json);
    return 0;
}

void stanza_presence_object_put(struct buf *out, const char *sender, size_t sender_len,
                                const char *mood, size_t mood_len, bool available)
{
    buf_puts(out, "{\"entity\":");
    buf_put(out, sender, sender_len);
    buf_puts(out, ",");
    stanza_mood_seen_put(out, mood, mood_len, available);
}

void stanza_presence_put(struct buf *out, int64_t time_us, const char *sender, size_t sender_len,
                         const char *mood, size_t mood_len, bool available)
{
    char time[STANZA_TIME_SIZE];

    stanza_time(time, time_us);
    put_text(out, "{\"timestamp\":", NULL, -1, time);
    buf_puts(out, ",\"type\":\"presence\",\"presence\":");
    stanza_presence_object_put(out, sender, sender_len, mood, mood_len, available);
    buf_puts(out, "}\n");
}

/*
 * What a line is about: the object under the name that its type has; kinds of messages (a reaction,
 * say) have theirs under `message`, whatever else their sender has put beside it.
 */
static int body_node(const struct json *json)
{
    char type[STANZA_TYPE_SIZE];
    int name = json_get(json, 0, "type");

    if (name < 0 || json_string(json, name, type, sizeof type) < 0)
        return -1;
    return json_get(json, 0, stanza_type_is_numbered(json, name) ? "message" : type);
}

int stanza_author(const char *line, size_t len, char *user, size_t size)
{
    struct json json;
    int body;
    int who;
    int id;
    int result = -1;

    if (json_parse(&json, line, len, NULL) < 0)
        return -1;
    body = body_node(&json);
    who = json_get(&json, body, "sender");
    if (who < 0)
        who = json_get(&json, body, "entity");
    id = json_get(&json, who, "id");
    if (id >= 0 && json_string(&json, id, user, size) >= 0)
        result = 0;
    json_drop(&json);
    return result;
}

int stanza_thread(const char *line, size_t len, char *thread, size_t size)
{
    struct json json;
    int node;
    int result = -1;

    if (json_parse(&json, line, len, NULL) < 0)
        return -1;
    node = json_get(&json, body_node(&json), "thread");
    if (node >= 0 && json_string(&json, node, thread, size) >= 0)
        result = 0;
    json_drop(&json);
    return result;
}
