/* SPDX-License-Identifier: MIT */
#include "protocol/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/json.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define LINES_MAX 5

#define TIME "2011-02-10T15:04:55.123456Z"
#define LATER "2011-02-10T15:04:56.000000Z"
#define MESSAGE "{\"timestamp\":\"" TIME "\",\"type\":\"message\",\"seq\":1,\"message\":{}}"
#define DAMAGED "[\"timestamp\":\"" TIME "\",\"type\":\"message\",\"seq\":1,\"message\":{}}"
#define PRESENCE(time, user, rest)                                                                 \
    "{\"timestamp\":\"" time "\",\"type\":\"presence\",\"presence\":{\"entity\":{\"id\":\"" user   \
    "\",\"displayName\":\"X\"}," rest "}}"
#define NOTICE(entity)                                                                             \
    "{\"timestamp\":\"" TIME                                                                       \
    "\",\"type\":\"receipt\",\"receipt\":{\"thread\":\"t\",\"entity\":" entity ",\"read\":5}}"
#define ANNA_IN PRESENCE(TIME, "anna", "\"show\":\"dnd\",\"status\":null,\"available\":true")
#define OTTO_OUT PRESENCE(LATER, "otto", "\"show\":null,\"status\":null,\"available\":false")
#define ANNA_ENTRY "{\"entity\":\"anna\",\"show\":\"dnd\",\"status\":null,\"available\":true}"
#define OTTO_ENTRY "{\"entity\":\"otto\",\"show\":null,\"status\":null,\"available\":false}"
#define LIST(entries, time)                                                                        \
    "{\"type\":\"presence\",\"presence\":[" entries "],\"timestamp\":\"" time "\"}"

static const struct {
    const char *lines[LINES_MAX];
    bool limited;
    unsigned retry_after;
    size_t refused; /* lines that are no stanzas */
    const char *stanzas;
    const char *tail;
} envelopes_rows[] = {
    {{NULL}, false, 0, 0, "", ""},
    {{NULL}, true, 0, 0, "", ",\"limited\":true"},
    {{NULL}, false, 7, 0, "", ",\"retry_after\":7"},
    {{NULL}, true, 30, 0, "", ",\"limited\":true,\"retry_after\":30"},
    {{MESSAGE "\n"}, false, 0, 0, MESSAGE, ""},
    {{MESSAGE}, false, 0, 0, MESSAGE, ""},
    {{MESSAGE "\n", MESSAGE "\n"}, false, 0, 0, MESSAGE "," MESSAGE, ""},
    {{MESSAGE "\n", DAMAGED "\n", MESSAGE "\n"}, false, 0, 1, MESSAGE "," MESSAGE, ""},
    {{ANNA_IN "\n"}, false, 0, 0, LIST(ANNA_ENTRY, TIME), ""},
    {{ANNA_IN "\n", OTTO_OUT "\n"},
     true,
     0,
     0,
     LIST(ANNA_ENTRY "," OTTO_ENTRY, LATER),
     ",\"limited\":true"},
    {{MESSAGE "\n", ANNA_IN "\n", OTTO_OUT "\n", MESSAGE "\n", ANNA_IN "\n"},
     false,
     0,
     0,
     MESSAGE "," LIST(ANNA_ENTRY "," OTTO_ENTRY, LATER) "," MESSAGE "," LIST(ANNA_ENTRY, TIME),
     ""},
    {{ANNA_IN "\n", MESSAGE "\n"}, false, 0, 0, LIST(ANNA_ENTRY, TIME) "," MESSAGE, ""},
    {{PRESENCE(TIME, "a\\\"b", "\"x\":[1.0]") "\n"},
     false,
     0,
     0,
     LIST("{\"entity\":\"a\\\"b\",\"x\":[1.0]}", TIME),
     ""},
    /* Kinds that are not known here come whole, but for whom they are about. */
    {{"{\"type\":\"other\"}\n", "{\"type\":\"other\",\"other\":[1.0]}",
      "{\"a\":1,\"type\":\"reaction\",\"reaction\":{\"entity\":{\"id\":\"anna\"}},"
      "\"message\":{}}\n"},
     false,
     0,
     0,
     "{\"type\":\"other\"},{\"type\":\"other\",\"other\":[1.0]},"
     "{\"a\":1,\"type\":\"reaction\",\"reaction\":{\"entity\":{\"id\":\"anna\"}},"
     "\"message\":{}}",
     ""},
    {{ANNA_IN "\n", NOTICE("{\"id\":\"anna\",\"url\":null}") "\n", NOTICE("{\"id\":\"anna\"}"),
      MESSAGE},
     false,
     0,
     0,
     LIST(ANNA_ENTRY, TIME) "," NOTICE("\"anna\"") "," NOTICE("\"anna\"") "," MESSAGE,
     ""},
    {{NOTICE("\"anna\""), NOTICE("{\"id\":1}"), NOTICE("null")},
     false,
     0,
     0,
     NOTICE("\"anna\"") "," NOTICE("{\"id\":1}") "," NOTICE("null"),
     ""},
    /* A damaged line leaves no trace, and does not part what it lies between. */
    {{"", "{", "[]", "nonsense\n", "{\"type\":1}"}, false, 0, 5, "", ""},
    {{"{\"type\":\"a type that is longer than any there is\"}"}, false, 0, 1, "", ""},
    {{MESSAGE "\n", MESSAGE MESSAGE "\n", MESSAGE "\n"}, false, 0, 1, MESSAGE "," MESSAGE, ""},
    {{ANNA_IN "\n", "{\"type\":\"presence\",\"presence\":{}}\n", OTTO_OUT "\n"},
     false,
     0,
     1,
     LIST(ANNA_ENTRY "," OTTO_ENTRY, LATER),
     ""},
    {{"{\"type\":\"presence\",\"presence\":{\"entity\":{\"id\":\"anna\"}}}"}, false, 0, 1, "", ""},
    {{"{\"timestamp\":\"" TIME "\",\"type\":\"presence\",\"presence\":{\"entity\":\"anna\"}}",
      "{\"timestamp\":\"" TIME "0\",\"type\":\"presence\",\"presence\":{\"entity\":{\"id\":"
      "\"anna\"}}}"},
     false,
     0,
     2,
     "",
     ""},
};

static void envelopes(void **state)
{
    int wrong = 0;

    (void)state;
    for (size_t i = 0; i < ROWS(envelopes_rows); i++) {
        char got[2048];
        char want[2048];
        struct buf out = buf_over(got, sizeof got);
        struct buf expected = buf_over(want, sizeof want);
        struct envelope envelope = envelope_open(&out, 1297350295123456);
        struct json json;
        size_t refused = 0;
        for (size_t l = 0; l < LINES_MAX && envelopes_rows[i].lines[l] != NULL; l++)
            refused += envelope_add(&envelope, envelopes_rows[i].lines[l],
                                    strlen(envelopes_rows[i].lines[l])) < 0;
        envelope_close(&envelope, "12-345", envelopes_rows[i].limited,
                       envelopes_rows[i].retry_after);
        assert_int_equal(json_parse(&json, got, out.len, NULL), 0);
        json_drop(&json);
        buf_put(&out, "", 1);
        buf_puts(&expected, "{\"timestamp\":\"" TIME "\",\"stanzas\":[");
        buf_puts(&expected, envelopes_rows[i].stanzas);
        buf_puts(&expected, "],\"cursor\":\"12-345\"");
        buf_puts(&expected, envelopes_rows[i].tail);
        buf_put(&expected, "}", 2);
        if (refused == envelopes_rows[i].refused && strcmp(got, want) == 0)
            continue;
        print_error("row %zu, %zu refused\n  got  %s\n  want %s\n", i, refused, got, want);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void counts(void **state)
{
    char room[2048];
    struct buf out = buf_over(room, sizeof room);
    struct envelope envelope = envelope_open(&out, 0);

    (void)state;
    assert_int_equal(envelope.stanzas, 0);
    envelope_add(&envelope, MESSAGE, strlen(MESSAGE));
    envelope_add(&envelope, ANNA_IN, strlen(ANNA_IN));
    envelope_add(&envelope, OTTO_OUT, strlen(OTTO_OUT));
    envelope_add(&envelope, "x", 1);
    assert_int_equal(envelope.stanzas, 2);
}

static void events(void **state)
{
    static const struct {
        const char *cursor;
        const char *line;
        const char *event;
    } rows[] = {
        {"1-2", MESSAGE "\n", "id: 1-2\ndata: " MESSAGE "\n\n"},
        {"1-2", MESSAGE, "id: 1-2\ndata: " MESSAGE "\n\n"},
        {"1-2", ANNA_IN "\n", "id: 1-2\ndata: " ANNA_IN "\n\n"},
        {NULL, MESSAGE "\n", "data: " MESSAGE "\n\n"},
        /* What is no JSON in one line only moves the cursor. */
        {"1-2", "", "id: 1-2\n\n"},
        {"1-2", "\n", "id: 1-2\n\n"},
        {"1-2", "nonsense\n", "id: 1-2\n\n"},
        {"1-2", "[]\n", "id: 1-2\n\n"},
        {"1-2", "{}{}\n", "id: 1-2\n\n"},
        {"1-2", "{\n}\n", "id: 1-2\n\n"},
        {"1-2", "{\r}\n", "id: 1-2\n\n"},
        {"1-2", "{}\r\n", "id: 1-2\n\n"},
        {"1-2", "{}\n\n", "id: 1-2\n\n"},
        {"1-2", "{\"a\":1\n", "id: 1-2\n\n"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char room[512];
        struct buf out = buf_over(room, sizeof room);
        event_put(&out, rows[i].cursor, rows[i].line, strlen(rows[i].line));
        buf_put(&out, "", 1);
        assert_string_equal(room, rows[i].event);
    }
}

static void frame(void **state)
{
    char room[256];
    struct buf out = buf_over(room, sizeof room);

    (void)state;
    event_prime(&out, "1-2", 3000);
    event_heartbeat(&out);
    event_limited(&out, "3-4");
    buf_put(&out, "", 1);
    assert_string_equal(room, "retry: 3000\nid: 1-2\n\n"
                              ":\n\n"
                              "event: limited\nid: 3-4\ndata: {\"limited\":true}\n\n");
}

static void pages(void **state)
{
    static const struct {
        bool limited;
        bool more;
        const char *tail;
    } rows[] = {
        {false, false, ",\"more\":false"},
        {false, true, ",\"more\":true"},
        {true, false, ",\"limited\":true,\"more\":false"},
        {true, true, ",\"limited\":true,\"more\":true"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char room[256];
        char expected[256];
        struct buf out = buf_over(room, sizeof room);
        struct envelope envelope = envelope_open(&out, 0);
        assert_int_equal(envelope_add(&envelope, MESSAGE, strlen(MESSAGE)), 0);
        envelope_close_page(&envelope, "5-7", rows[i].limited, rows[i].more);
        buf_put(&out, "", 1);
        snprintf(expected, sizeof expected,
                 "{\"timestamp\":\"1970-01-01T00:00:00.000000Z\",\"stanzas\":[%s],"
                 "\"cursor\":\"5-7\"%s}",
                 MESSAGE, rows[i].tail);
        assert_string_equal(room, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(envelopes), cmocka_unit_test(pages), cmocka_unit_test(counts),
        cmocka_unit_test(events),    cmocka_unit_test(frame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
