/* SPDX-License-Identifier: MIT */
/* Stored lines of messages: written, and read again for the answers to repeated messages. */
#include <string.h>

#include "base/scratch.h"
#include "stanza_private.h"

#define HASH_SIZE 65 /* SHA-256 in hexadecimal, and NUL */

SCRATCH static char again_room[STANZA_LINE_MAX];

/* Howard Hinnant's days-to-civil; the C library's gmtime_r would open /etc/localtime. */
static void date_of(int64_t days, unsigned *year, unsigned *month, unsigned *day)
{
    uint64_t z = (uint64_t)days + 719468; /* days since 1 March of the year 0 */
    uint64_t era = z / 146097;
    uint64_t doe = z % 146097;
    uint64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    uint64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    uint64_t mp = (5 * doy + 2) / 153;

    *day = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
    *month = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
    *year = (unsigned)(yoe + era * 400 + (*month <= 2));
}

/* `count` digits at `at`, and `behind` after them; returns the place behind that. */
static char *put_digits(char *at, uint64_t number, int count, char behind)
{
    for (int i = count - 1; i >= 0; i--, number /= 10)
        at[i] = (char)('0' + number % 10);
    at[count] = behind;
    return at + count + 1;
}

void stanza_time(char out[STANZA_TIME_SIZE], int64_t time_us)
{
    const int64_t last = INT64_C(253402300799999999); /* the end of the year 9999 */
    uint64_t us = (uint64_t)(time_us < 0 ? 0 : time_us > last ? last : time_us);
    uint64_t seconds = us / 1000000;
    unsigned year;
    unsigned month;
    unsigned day;

    date_of((int64_t)(seconds / 86400), &year, &month, &day);
    out = put_digits(out, year, 4, '-');
    out = put_digits(out, month, 2, '-');
    out = put_digits(out, day, 2, 'T');
    out = put_digits(out, seconds / 3600 % 24, 2, ':');
    out = put_digits(out, seconds / 60 % 60, 2, ':');
    out = put_digits(out, seconds % 60, 2, '.');
    out = put_digits(out, us % 1000000, 6, 'Z');
    *out = '\0';
}

/* `name` brings its comma and colon. */
static void put_string(struct buf *out, const char *name, const char *string)
{
    buf_puts(out, name);
    if (string != NULL)
        json_put_string(out, string, strlen(string));
    else
        buf_puts(out, "null");
}

static void put_line(struct buf *out, const struct stanza_message *message, const char *time,
                     const struct stanza_place *place)
{
    put_string(out, "{\"timestamp\":", time);
    put_string(out, ",\"type\":", stanza_type(message));
    buf_puts(out, ",\"seq\":");
    buf_putu(out, place->seq);
    put_string(out, ",\"prev\":", place->prev);
    put_string(out, ",\"message\":{\"id\":", message->id);
    put_string(out, ",\"thread\":", message->thread);
    buf_puts(out, ",");
    buf_put(out, message->content.data, message->content.len);
    stanza_put_act(out, message);
    buf_puts(out, ",\"sender\":");
    buf_put(out, place->sender, place->sender_len);
    buf_puts(out, ",\"members\":[");
    buf_put(out, place->members, place->members_len);
    buf_puts(out, "]");
    if (place->member_count > STANZA_MEMBERS_SHOWN) {
        buf_puts(out, ",\"memberCount\":");
        buf_putu(out, place->member_count);
    }
    buf_puts(out, "}");
    buf_put(out, message->extra.data, message->extra.len);
    buf_puts(out, "}\n");
}

void stanza_message_put(struct buf *out, const struct stanza_message *message,
                        const struct stanza_place *place)
{
    char time[STANZA_TIME_SIZE];

    stanza_time(time, place->time_us);
    put_line(out, message, time, place);
}

/* The attributes of a stored line that the server gave it. */
struct stored {
    struct stanza_place place;
    char time[STANZA_TIME_SIZE];
    char prev[HASH_SIZE];
};

/* `node` as text; false when it is no string, or a longer one. */
static bool take_text(const struct json *json, int node, char *out, size_t size)
{
    return node >= 0 && json_string(json, node, out, size) >= 0;
}

/* seq and timestamp of a parsed line. */
static bool take_place(const struct json *json, uint64_t *seq, char time[STANZA_TIME_SIZE])
{
    int type = json_get(json, 0, "type");
    int number = json_get(json, 0, "seq");

    return stanza_type_is_numbered(json, type) && number >= 0 && json_whole(json, number, seq) &&
           take_text(json, json_get(json, 0, "timestamp"), time, STANZA_TIME_SIZE);
}

/* The slices point into the line. */
static bool take_stored(struct stored *stored, const struct json *json)
{
    struct stanza_place *place = &stored->place;
    int message = json_get(json, 0, "message");
    int prev = json_get(json, 0, "prev");
    int sender = json_get(json, message, "sender");
    int members = json_get(json, message, "members");
    int count = json_get(json, message, "memberCount");
    uint64_t shown = 0;

    if (!take_place(json, &place->seq, stored->time) || prev < 0 || sender < 0 || members < 0 ||
        json_kind(json, members) != JSON_ARRAY)
        return false;
    if (json_kind(json, prev) != JSON_NULL) {
        if (!take_text(json, prev, stored->prev, sizeof stored->prev))
            return false;
        place->prev = stored->prev;
    }
    if (count >= 0 && !json_whole(json, count, &shown))
        return false;
    place->member_count = (size_t)shown;
    place->sender = json_raw(json, sender, &place->sender_len);
    place->members = json_raw(json, members, &place->members_len) + 1;
    place->members_len -= 2;
    return true;
}

bool stanza_message_same(const struct stanza_message *message, const char *line, size_t len)
{
    struct buf again = buf_over(again_room, sizeof again_room);
    struct stored stored = {.place = {.prev = NULL}};
    struct json json;
    bool readable;

    if (json_parse(&json, line, len, NULL) < 0)
        return false;
    readable = take_stored(&stored, &json);
    json_drop(&json);
    if (!readable)
        return false;
    put_line(&again, message, stored.time, &stored.place);
    if (len > 0 && line[len - 1] != '\n')
        again.len--; /* handed in without its newline */
    return !again.full && again.len == len && memcmp(again.data, line, len) == 0;
}

int stanza_placed(const char *line, size_t len, uint64_t *seq, char time[STANZA_TIME_SIZE])
{
    struct json json;
    bool placed;

    if (json_parse(&json, line, len, NULL) < 0)
        return -1;
    placed = take_place(&json, seq, time);
    json_drop(&json);
    return placed ? 0 : -1;
}

bool stanza_is_of_room(const char *line, size_t len)
{
    static const char presence[] = ",\"type\":\"presence\",";
    const size_t at = sizeof "{\"timestamp\":\"\"" - 1 + STANZA_TIME_SIZE - 1; /* canonical */
    char thread[37];

    return len > at + sizeof presence && memcmp(line + at, presence, sizeof presence - 1) == 0 &&
           stanza_thread(line, len, thread, sizeof thread) == 0;
}
