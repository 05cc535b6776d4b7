/* SPDX-License-Identifier: MIT */
#include "attachment.h"

#include <string.h>

#include "json.h"
#include "stanza.h"

static void put_string(struct buf *out, const char *before, const char *string)
{
    buf_puts(out, before);
    json_put_string(out, string, strlen(string));
}

void attachment_put(struct buf *out, const struct attachment *attachment)
{
    char time[STANZA_TIME_SIZE];

    put_string(out, "{\"objectType\":", media_kind(attachment->type));
    put_string(out, ",\"id\":", attachment->id);
    put_string(out, ",\"displayName\":", attachment->name);
    put_string(out, ",\"mimeType\":", attachment->type);
    buf_puts(out, ",\"fileSize\":");
    buf_putu(out, attachment->size);
    buf_puts(out, ",\"url\":\"attachment/");
    buf_puts(out, attachment->thread);
    buf_puts(out, "/");
    buf_puts(out, attachment->id);
    put_string(out, "\",\"digest\":", attachment->digest);
    put_string(out, ",\"author\":{\"objectType\":\"person\",\"id\":", attachment->author);
    stanza_time(time, attachment->time_us);
    put_string(out, "},\"published\":", time);
    buf_puts(out, ",\"seq\":");
    buf_putu(out, attachment->seq);
    buf_puts(out, "}");
}

static int get_string(const struct json *json, const char *key, char *out, size_t size)
{
    int node = json_get(json, 0, key);

    return node == -1 || json_string(json, node, out, size) == -1 ? -1 : 0;
}

static int get_number(const struct json *json, const char *key, uint64_t *number)
{
    int node = json_get(json, 0, key);

    return node != -1 && json_whole(json, node, number) ? 0 : -1;
}

/* The type and the digest go into a head: what a restored or edited file has there is looked at. */
static int check(struct attachment *attachment)
{
    char type[MEDIA_TYPE_SIZE];

    return strlen(attachment->digest) == sizeof attachment->digest - 1 &&
                   strspn(attachment->digest, "0123456789abcdef") == strlen(attachment->digest) &&
                   media_type(type, attachment->type) == 0 && strcmp(type, attachment->type) == 0
               ? 0
               : -1;
}

int attachment_parse(struct attachment *attachment, const char *text, size_t len)
{
    struct json json;
    int result = -1;

    if (json_parse(&json, text, len, NULL) == -1)
        return -1;
    if (get_string(&json, "id", attachment->id, sizeof attachment->id) == 0 &&
        get_string(&json, "displayName", attachment->name, sizeof attachment->name) == 0 &&
        get_string(&json, "mimeType", attachment->type, sizeof attachment->type) == 0 &&
        get_string(&json, "digest", attachment->digest, sizeof attachment->digest) == 0 &&
        get_number(&json, "fileSize", &attachment->size) == 0 &&
        get_number(&json, "seq", &attachment->seq) == 0)
        result = check(attachment);
    json_drop(&json);
    return result;
}
