/* SPDX-License-Identifier: MIT */
#include "envelope.h"

#include <string.h>

#include "json_private.h"

static size_t without_newline(const char *line, size_t len)
{
    return len > 0 && line[len - 1] == '\n' ? len - 1 : len;
}

static void put_named(struct buf *out, const char *name, const char *string)
{
    buf_puts(out, name);
    json_put_string(out, string, strlen(string));
}

struct envelope envelope_open(struct buf *out, int64_t time_us)
{
    char time[STANZA_TIME_SIZE];

    stanza_time(time, time_us);
    put_named(out, "{\"timestamp\":", time);
    buf_puts(out, ",\"stanzas\":[");
    return (struct envelope){.out = out};
}

/* The list holds what was true by its last entry, so that entry's time is the stanza's. */
static void end_presence(struct envelope *envelope)
{
    if (!envelope->in_presence)
        return;
    put_named(envelope->out, "],\"timestamp\":", envelope->presence_time);
    buf_puts(envelope->out, "}");
    envelope->in_presence = false;
}

static void begin_stanza(struct envelope *envelope)
{
    end_presence(envelope);
    if (envelope->stanzas++ > 0)
        buf_puts(envelope->out, ",");
}

/*
 * The last message that was added. The agent gives it to many, one by one, and need not parse it for each. Not
 * scratch: of what is forgotten by half a line of NULs would pass for known.
 */
static char sound[8192];
static size_t sound_len;

static bool is_sound(const char *line, size_t len)
{
    return len > 0 && len == sound_len && memcmp(line, sound, len) == 0;
}

static void keep_sound(const char *line, size_t len)
{
    sound_len = len <= sizeof sound ? len : 0;
    memcpy(sound, line, sound_len);
}

static void add_whole(struct envelope *envelope, const char *line, size_t len)
{
    begin_stanza(envelope);
    buf_put(envelope->out, line, without_newline(line, len));
}

/* An entry of the list: all as it is stored but `entity`, which becomes the user's name. */
static void put_entry(struct buf *out, const struct json *json, int presence, int user)
{
    const char *before = "{";

    for (int key = json_first(json, presence); key >= 0; key = json_next(json, presence, key)) {
        bool entity = json_equals(json, key, "entity");
        buf_puts(out, before);
        before = ",";
        json_put_node(out, json, key);
        buf_puts(out, ":");
        json_put_node(out, json, entity ? user : json_value(json, key));
    }
    buf_puts(out, "}");
}

static int add_presence(struct envelope *envelope, const struct json *json)
{
    int presence = json_get(json, 0, "presence");
    int user = json_get(json, json_get(json, presence, "entity"), "id");
    int time = json_get(json, 0, "timestamp");

    if (user < 0 || json_kind(json, user) != JSON_STRING || time < 0 ||
        json_string(json, time, envelope->presence_time, sizeof envelope->presence_time) < 0)
        return -1;
    if (envelope->in_presence)
        buf_puts(envelope->out, ",");
    else if (envelope->stanzas++ > 0)
        buf_puts(envelope->out, ",{\"type\":\"presence\",\"presence\":[");
    else
        buf_puts(envelope->out, "{\"type\":\"presence\",\"presence\":[");
    envelope->in_presence = true;
    put_entry(envelope->out, json, presence, user);
    return 0;
}

/*
 * Any other kind of stanza comes through whole; the one thing known of it is that `entity`, in the
 * object that has its type's name, is a user. What has a `message` is no such kind: all beside that
 * is its sender's.
 */
static int add_other(struct envelope *envelope, const struct json *json, const char *line,
                     size_t len)
{
    struct buf *out = envelope->out;
    char type[STANZA_TYPE_SIZE];
    int body;
    int user;

    if (json_string(json, json_get(json, 0, "type"), type, sizeof type) < 0)
        return -1;
    body = json_get(json, 0, "message") < 0 ? json_get(json, 0, type) : -1;
    user = json_get(json, json_get(json, body, "entity"), "id");
    if (user < 0 || json_kind(json, user) != JSON_STRING) {
        add_whole(envelope, line, len);
        return 0;
    }
    begin_stanza(envelope);
    const char *before = "{";
    for (int key = json_first(json, 0); key >= 0; key = json_next(json, 0, key)) {
        buf_puts(out, before);
        before = ",";
        json_put_node(out, json, key);
        buf_puts(out, ":");
        if (json_value(json, key) == body)
            put_entry(out, json, body, user);
        else
            json_put_node(out, json, json_value(json, key));
    }
    buf_puts(out, "}");
    return 0;
}

int envelope_add(struct envelope *envelope, const char *line, size_t len)
{
    struct json json;
    int type;
    int result = -1;

    if (is_sound(line, len)) {
        add_whole(envelope, line, len);
        return 0;
    }
    if (json_parse(&json, line, len, NULL) < 0)
        return -1;
    type = json_get(&json, 0, "type");
    if (type >= 0 && json_equals(&json, type, "presence")) {
        result = add_presence(envelope, &json);
    } else if (type >= 0 && json_equals(&json, type, "message")) {
        add_whole(envelope, line, len);
        keep_sound(line, len);
        result = 0;
    } else if (type >= 0) {
        result = add_other(envelope, &json, line, len);
    }
    json_drop(&json);
    return result;
}

/* What every envelope says behind its stanzas. */
static void end_stanzas(struct envelope *envelope, const char *cursor, bool limited)
{
    end_presence(envelope);
    put_named(envelope->out, "],\"cursor\":", cursor);
    if (limited)
        buf_puts(envelope->out, ",\"limited\":true");
}

void envelope_close(struct envelope *envelope, const char *cursor, bool limited,
                    unsigned retry_after)
{
    end_stanzas(envelope, cursor, limited);
    if (retry_after > 0) {
        buf_puts(envelope->out, ",\"retry_after\":");
        buf_putu(envelope->out, retry_after);
    }
    buf_puts(envelope->out, "}");
}

void envelope_close_page(struct envelope *envelope, const char *cursor, bool limited, bool more)
{
    end_stanzas(envelope, cursor, limited);
    buf_puts(envelope->out, more ? ",\"more\":true}" : ",\"more\":false}");
}

static void put_id(struct buf *out, const char *cursor)
{
    if (cursor == NULL)
        return;
    buf_puts(out, "id: ");
    buf_puts(out, cursor);
    buf_puts(out, "\n");
}

static void put_retry(struct buf *out, unsigned retry_ms)
{
    buf_puts(out, "retry: ");
    buf_putu(out, retry_ms);
    buf_puts(out, "\n");
}

void event_retry(struct buf *out, unsigned retry_ms)
{
    put_retry(out, retry_ms);
    buf_puts(out, "\n");
}

void event_place(struct buf *out, const char *cursor)
{
    put_id(out, cursor);
    buf_puts(out, "\n");
}

void event_prime(struct buf *out, const char *cursor, unsigned retry_ms)
{
    put_retry(out, retry_ms);
    event_place(out, cursor);
}

/* Clients of old take every presence for who is online. What is of a room goes as an event of another
 * type, which those never see. */
void event_put(struct buf *out, const char *cursor, const char *line, size_t len)
{
    static const struct json_limits limits = {JSON_DEPTH_MAX, JSON_KEYS_MAX, JSON_VALUES_MAX};

    len = without_newline(line, len);
    put_id(out, cursor);
    /* A damaged line would end the event early, or be no JSON to its reader; without data the event
     * only moves the cursor. White space a canonical line has none of could hide a newline. */
    if (len > 0 && *line == '{' && memchr(line, '\n', len) == NULL &&
        memchr(line, '\r', len) == NULL && json_check(line, len, &limits, NULL, NULL) == 0) {
        if (stanza_is_of_room(line, len))
            buf_puts(out, "event: room\n");
        buf_puts(out, "data: ");
        buf_put(out, line, len);
        buf_puts(out, "\n");
    }
    buf_puts(out, "\n");
}

void event_heartbeat(struct buf *out)
{
    buf_puts(out, ":\n\n");
}

void event_limited(struct buf *out, const char *cursor)
{
    buf_puts(out, "event: limited\n");
    put_id(out, cursor);
    buf_puts(out, "data: {\"limited\":true}\n\n");
}
