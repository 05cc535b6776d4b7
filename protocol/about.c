/* SPDX-License-Identifier: MIT */
#include "about.h"

#include <stdbool.h>

#include "json.h"

/* null is as good as nothing. */
static bool is_text(enum json_kind kind)
{
    return kind == JSON_STRING || kind == JSON_NULL;
}

static bool is_flag(enum json_kind kind)
{
    return kind == JSON_TRUE || kind == JSON_FALSE || kind == JSON_NULL;
}

/* `name` as a key, with what stands before and behind it. `json` NULL: nothing is known. */
static int put(struct buf *out, const char *before, const char *name, const struct json *json,
               bool (*fits)(enum json_kind kind))
{
    int node = json == NULL ? -1 : json_get(json, 0, name);
    bool wrong = node >= 0 && !fits(json_kind(json, node));

    buf_puts(out, before);
    buf_puts(out, name);
    buf_puts(out, "\":");
    if (node < 0 || wrong)
        buf_puts(out, "null");
    else
        json_put_node(out, json, node);
    return wrong ? -1 : 0;
}

static int put_all(struct buf *out, const struct json *json)
{
    int result = put(out, "\"", "subject", json, is_text);

    result |= put(out, ",\"", "open", json, is_flag);
    result |= put(out, ",\"", "created", json, is_text);
    return result;
}

int about_put(struct buf *out, const char *text, size_t len)
{
    struct json json;
    int result;

    if (json_parse(&json, text, len, NULL) < 0) {
        put_all(out, NULL);
        return -1;
    }
    result = put_all(out, &json);
    if (json_kind(&json, 0) != JSON_OBJECT)
        result = -1;
    json_drop(&json);
    return result;
}
