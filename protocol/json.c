/* SPDX-License-Identifier: MIT */
/* The index over checked texts, and the questions it answers. The only file that knows jsmn. */
#include "json_private.h"

#include <errno.h>
#include <string.h>

#include "base/scratch.h"

/* With links to the parents a closing bracket costs no search, so indexing is linear. */
#define JSMN_STATIC
#define JSMN_PARENT_LINKS
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <jsmn.h>
#pragma GCC diagnostic pop

/* Three texts at once: a stored line, a profile and one to spare. Untouched pages cost nothing. */
#define POOL_SIZE (3 * JSON_VALUES_MAX)

SCRATCH_FIRST static jsmntok_t pool[POOL_SIZE];
static int taken;

static const jsmntok_t *token(const struct json *json, int node)
{
    return &pool[json->first + node];
}

/* The bytes of a string node, unescaped, one after the other. */
struct spelling {
    const char *at;
    const char *end;
    char bytes[4];
    size_t count;
    size_t used;
};

static struct spelling spell(const struct json *json, int node)
{
    return (struct spelling){.at = json->text + token(json, node)->start,
                             .end = json->text + token(json, node)->end};
}

/* -1 at the end. */
static int next_byte(struct spelling *s)
{
    if (s->used == s->count) {
        if (s->at == s->end)
            return -1;
        s->count = json_unescape(&s->at, s->bytes);
        s->used = 0;
    }
    return (unsigned char)s->bytes[s->used++];
}

static uint32_t key_hash(const struct json *json, int key)
{
    struct spelling s = spell(json, key);
    uint32_t hash = 2166136261U; /* FNV-1a: collisions cost time only, and keys are bounded */

    for (int byte = next_byte(&s); byte >= 0; byte = next_byte(&s))
        hash = (hash ^ (uint32_t)byte) * 16777619U;
    return hash;
}

static bool keys_equal(const struct json *json, int one, int other)
{
    struct spelling a = spell(json, one);
    struct spelling b = spell(json, other);
    int byte;

    do {
        byte = next_byte(&a);
        if (byte != next_byte(&b))
            return false;
    } while (byte >= 0);
    return true;
}

/* Keys that have been seen: what they hash to, and their nodes. */
struct seen {
    uint32_t hash;
    int key;
};

/* `seen`: room for all keys of the object. */
static int check_keys(const struct json *json, int object, struct seen *seen,
                      struct json_error *error)
{
    int count = 0;

    for (int key = json_first(json, object); key >= 0; key = json_next(json, object, key)) {
        uint32_t hash = key_hash(json, key);
        for (int i = 0; i < count; i++)
            if (seen[i].hash == hash && keys_equal(json, seen[i].key, key))
                return json_fail(error, (size_t)token(json, key)->start - 1, "a key given twice");
        seen[count++] = (struct seen){hash, key};
    }
    return 0;
}

static int check_object(const struct json *json, int object, struct json_error *error)
{
    SCRATCH static struct seen many[JSON_KEYS_MAX];
    struct seen few[24]; /* most objects: without a page of its own (base/scratch.h) */

    if (token(json, object)->size <= (int)(sizeof few / sizeof few[0]))
        return check_keys(json, object, few, error);
    return check_keys(json, object, many, error);
}

static int check_objects(const struct json *json, struct json_error *error)
{
    for (int node = 0; node < json->count; node++)
        if (token(json, node)->type == JSMN_OBJECT && check_object(json, node, error) < 0)
            return -1;
    return 0;
}

int json_parse_within(struct json *json, const char *text, size_t len,
                      const struct json_limits *limits, struct json_error *error)
{
    jsmn_parser parser;
    int count = 0;

    if (json_check(text, len, limits, &count, error) < 0)
        return -1;
    if (count > POOL_SIZE - taken) {
        json_fail(error, 0, "no room for another text");
        errno = ENOMEM;
        return -1;
    }
    jsmn_init(&parser);
    if (jsmn_parse(&parser, text, len, pool + taken, (unsigned)count) != count)
        return json_fail(error, parser.pos, "no JSON value"); /* the check lets nothing come here */
    *json = (struct json){.text = text, .len = len, .first = taken, .count = count};
    taken += count;
    if (check_objects(json, error) < 0) {
        json_drop(json);
        errno = EINVAL;
        return -1;
    }
    return 0;
}

int json_parse(struct json *json, const char *text, size_t len, struct json_error *error)
{
    static const struct json_limits limits = {JSON_DEPTH_MAX, JSON_KEYS_MAX, JSON_VALUES_MAX};

    return json_parse_within(json, text, len, &limits, error);
}

void json_drop(struct json *json)
{
    taken = json->first;
    json->count = 0;
}

enum json_kind json_kind(const struct json *json, int node)
{
    switch (token(json, node)->type) {
    case JSMN_OBJECT:
        return JSON_OBJECT;
    case JSMN_ARRAY:
        return JSON_ARRAY;
    case JSMN_STRING:
        return JSON_STRING;
    default:
        break;
    }
    switch (json->text[token(json, node)->start]) {
    case 'n':
        return JSON_NULL;
    case 't':
        return JSON_TRUE;
    case 'f':
        return JSON_FALSE;
    default:
        return JSON_NUMBER;
    }
}

int json_get(const struct json *json, int node, const char *key)
{
    if (node < 0 || json_kind(json, node) != JSON_OBJECT)
        return -1;
    for (int at = json_first(json, node); at >= 0; at = json_next(json, node, at))
        if (json_equals(json, at, key))
            return json_value(json, at);
    return -1;
}

int json_first(const struct json *json, int node)
{
    const jsmntok_t *parent = token(json, node);

    if (parent->size == 0 || (parent->type != JSMN_OBJECT && parent->type != JSMN_ARRAY))
        return -1;
    return node + 1;
}

int json_next(const struct json *json, int parent, int node)
{
    int last = token(json, parent)->type == JSMN_OBJECT ? json_value(json, node) : node;
    int next = last + 1;

    while (next < json->count && token(json, next)->start < token(json, last)->end)
        next++;
    if (next == json->count || token(json, next)->start >= token(json, parent)->end)
        return -1;
    return next;
}

int json_value(const struct json *json, int key)
{
    (void)json; /* jsmn puts a value right behind its key */
    return key + 1;
}

int json_string(const struct json *json, int node, char *out, size_t size)
{
    const char *at = json->text + token(json, node)->start;
    const char *end = json->text + token(json, node)->end;
    struct buf buf = buf_over(out, size);
    char bytes[4];

    if (json_kind(json, node) != JSON_STRING) {
        errno = EINVAL;
        return -1;
    }
    while (at < end && !buf.full) {
        size_t len = json_unescape(&at, bytes);
        buf_put(&buf, bytes, len);
    }
    buf_put(&buf, "", 1);
    if (buf.full) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return (int)buf.len - 1;
}

bool json_equals(const struct json *json, int node, const char *string)
{
    struct spelling s;

    if (json_kind(json, node) != JSON_STRING)
        return false;
    s = spell(json, node);
    for (int byte = next_byte(&s); byte >= 0; byte = next_byte(&s), string++)
        if ((unsigned char)*string != byte)
            return false;
    return *string == '\0';
}

bool json_whole(const struct json *json, int node, uint64_t *number)
{
    const char *at = json->text + token(json, node)->start;
    const char *end = json->text + token(json, node)->end;
    uint64_t value = 0;

    if (json_kind(json, node) != JSON_NUMBER)
        return false;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9')
            return false;
        value = value * 10 + (uint64_t)(*at - '0');
        if (value > UINT64_C(1) << 53)
            return false;
    }
    *number = value;
    return true;
}

const char *json_raw(const struct json *json, int node, size_t *len)
{
    int quote = token(json, node)->type == JSMN_STRING; /* jsmn leaves the quotes out */
    int start = token(json, node)->start - quote;

    *len = (size_t)(token(json, node)->end + quote - start);
    return json->text + start;
}
