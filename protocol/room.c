/* SPDX-License-Identifier: MIT */
#include "room.h"

#include <string.h>

#include "json.h"
#include "stanza.h"

static void put_string(struct buf *out, const char *name, const char *string)
{
    buf_puts(out, name);
    json_put_string(out, string, strlen(string));
}

static void put_time(struct buf *out, const char *name, int64_t time_us)
{
    char time[STANZA_TIME_SIZE];

    stanza_time(time, time_us);
    put_string(out, name, time);
}

void room_about_put(struct buf *out, int64_t time_us, const char *by, const char *subject,
                    const struct room_about *about)
{
    put_time(out, "{\"created\":", time_us);
    if (subject != NULL)
        put_string(out, ",\"subject\":", subject);
    else
        buf_puts(out, ",\"subject\":null");
    buf_puts(out, about != NULL && about->open ? ",\"open\":true" : ",\"open\":false");
    if (about != NULL)
        put_string(out, ",\"history\":", about->history ? "open" : "joined");
    put_string(out, ",\"by\":", by);
    buf_puts(out, "}\n");
}

void room_about_read(struct room_about *about, const char *text, size_t len)
{
    struct json json;
    int node;

    *about = (struct room_about){.subject = "null", .subject_len = sizeof "null" - 1};
    if (json_parse(&json, text, len, NULL) < 0)
        return;
    node = json_get(&json, 0, "open");
    about->open = node >= 0 && json_kind(&json, node) == JSON_TRUE;
    node = json_get(&json, 0, "history");
    about->history = node >= 0 && json_equals(&json, node, "open");
    node = json_get(&json, 0, "subject");
    if (node >= 0 && json_kind(&json, node) == JSON_STRING)
        about->subject = json_raw(&json, node, &about->subject_len);
    json_drop(&json);
}

/* What a message says of the subject. */
struct setting {
    uint64_t seq;
    const char *subject; /* as it lies in the line */
    size_t len;
};

static bool is_empty(const struct json *json, int node)
{
    return node < 0 || json_kind(json, node) == JSON_NULL ||
           (json_kind(json, node) == JSON_ARRAY ? json_first(json, node) < 0
                                                : json_equals(json, node, ""));
}

/* The same question as stanza.h's `sets_subject`, of a stored line. */
static bool take_setting(struct setting *setting, const struct json *json)
{
    int type = json_get(json, 0, "type");
    int seq = json_get(json, 0, "seq");
    int body = json_get(json, 0, "message");
    int subject = json_get(json, body, "subject");

    if (type < 0 || !json_equals(json, type, "message") || seq < 0 ||
        !json_whole(json, seq, &setting->seq) || subject < 0 ||
        json_kind(json, subject) != JSON_STRING || !is_empty(json, json_get(json, body, "text")) ||
        !is_empty(json, json_get(json, body, "attachments")) ||
        json_get(json, body, "replaces") >= 0)
        return false;
    setting->subject = json_raw(json, subject, &setting->len);
    if (setting->len == 2) { /* "" takes it away */
        setting->subject = "null";
        setting->len = 4;
    }
    return true;
}

/* All as it was but the subject and its number, which come last. */
static void put_amended(struct buf *out, const struct json *json, const struct setting *setting)
{
    const char *before = "{";

    for (int key = json_first(json, 0); key >= 0; key = json_next(json, 0, key)) {
        if (json_equals(json, key, "subjectSeq") || json_equals(json, key, "subject"))
            continue;
        buf_puts(out, before);
        before = ",";
        json_put_node(out, json, key);
        buf_puts(out, ":");
        json_put_node(out, json, json_value(json, key));
    }
    buf_puts(out, before);
    buf_puts(out, "\"subject\":");
    buf_put(out, setting->subject, setting->len);
    buf_puts(out, ",\"subjectSeq\":");
    buf_putu(out, setting->seq);
    buf_puts(out, "}\n");
}

int room_about_amend(struct buf *out, const char *text, size_t len, const char *line,
                     size_t line_len)
{
    struct setting setting;
    struct json json;
    uint64_t last = 0;
    bool sets;
    int node;

    if (json_parse(&json, line, line_len, NULL) < 0)
        return 0;
    sets = take_setting(&setting, &json);
    json_drop(&json);
    if (!sets || json_parse(&json, text, len, NULL) < 0)
        return 0;
    node = json_get(&json, 0, "subjectSeq");
    if (node >= 0 && !json_whole(&json, node, &last))
        last = 0;
    sets = json_kind(&json, 0) == JSON_OBJECT && last < setting.seq;
    if (sets)
        put_amended(out, &json, &setting);
    json_drop(&json);
    return sets && !out->full;
}

void room_presence_put(struct buf *out, int64_t time_us, const char *sender, size_t sender_len,
                       const char *thread, const char *role, bool available)
{
    put_time(out, "{\"timestamp\":", time_us);
    buf_puts(out, ",\"type\":\"presence\",\"presence\":{\"entity\":");
    buf_put(out, sender, sender_len);
    buf_puts(out, ",\"show\":null,\"status\":null,\"available\":");
    buf_puts(out, available ? "true" : "false");
    put_string(out, ",\"thread\":", thread);
    put_string(out, ",\"role\":", role);
    buf_puts(out, "}}\n");
}
