/* SPDX-License-Identifier: MIT */
#include "protocol/stanza_presence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define STANZA(inside) "{\"type\":\"presence\",\"presence\":{" inside "}}"
#define MOOD(show, status, available)                                                              \
    "{\"show\":" show ",\"status\":" status ",\"available\":" available "}\n"
#define NOTHING MOOD("null", "null", "true")
#define THREAD "7d1f0a5e-0000-4000-8000-00000000000a"
#define SENDER "{\"id\":\"anna\"}"

static char mood_room[8 * STANZA_MOOD_SIZE];
static struct buf mood;
static struct stanza_presence presence;
static struct stanza_error error;

static void begin(void)
{
    mood = buf_over(mood_room, sizeof mood_room);
    presence = (struct stanza_presence){.mood = &mood};
}

/* The mood; "<thread> join" or "<thread> leave"; or the error, "field: detail". */
static const char *outcome(int result)
{
    static char room[sizeof mood_room];

    if (result < 0)
        snprintf(room, sizeof room, "%s: %s", error.field, error.detail);
    else if (presence.thread[0] != '\0')
        snprintf(room, sizeof room, "%s %s", presence.thread,
                 presence.available ? "join" : "leave");
    else
        snprintf(room, sizeof room, "%.*s", (int)mood.len, mood.data);
    return room;
}

static const char *from_json(const char *text)
{
    begin();
    return outcome(stanza_presence_from_json(&presence, text, strlen(text), &error));
}

static const char *from_form(const char *text, const char *before)
{
    static char bytes[8192];
    struct form form;
    const char *why;

    begin();
    assert_in_range(snprintf(bytes, sizeof bytes, "%s", text), 0, sizeof bytes - 1);
    assert_int_equal(form_parse(&form, 0, bytes, strlen(bytes), &why), 0);
    return outcome(stanza_presence_from_form(&presence, &form, before, strlen(before), &error));
}

static void stanzas(void **state)
{
    static const char *const rows[][2] = {
        {STANZA(""), NOTHING},
        {STANZA("\"show\":\"away\""), MOOD("\"away\"", "null", "true")},
        {STANZA("\"show\":\"chat\""), MOOD("\"chat\"", "null", "true")},
        {STANZA("\"show\":\"dnd\""), MOOD("\"dnd\"", "null", "true")},
        {STANZA("\"available\":false,\"show\":\"\\u0078a\""), MOOD("\"xa\"", "null", "false")},
        {STANZA("\"show\":null,\"status\":null,\"available\":null"), NOTHING},
        {STANZA("\"show\":\"\",\"status\":\"\",\"thread\":\"\""), NOTHING},
        {STANZA("\"status\":\"A happy \\u0064ay\\n\""), MOOD("null", "\"A happy day\\n\"", "true")},
        {"{\"type\":\"presence\",\"presence\":[{\"entity\":\"anna\",\"show\":\"chat\"}]}",
         MOOD("\"chat\"", "null", "true")},
        /* Kept, and not kept. */
        {STANZA("\"b\":[1.50,{}],\"show\":\"xa\",\"a\":1e2"),
         "{\"show\":\"xa\",\"status\":null,\"available\":true,\"b\":[1.50,{}],\"a\":1e2}\n"},
        {STANZA("\"entity\":{\"id\":\"eve\"},\"sender\":1,\"timestamp\":2,\"seq\":3,\"prev\":4,"
                "\"members\":5,\"memberCount\":6"),
         NOTHING},
        {"{\"foo\":1,\"timestamp\":\"\",\"presence\":{},\"type\":\"presence\"}", NOTHING},
        /* Rooms. */
        {STANZA("\"thread\":\"7D1F0A5E-0000-4000-8000-00000000000A\""), THREAD " join"},
        {STANZA("\"thread\":\"" THREAD "\",\"available\":false,\"show\":\"dnd\""), THREAD " leave"},
        {STANZA("\"thread\":\"x\""), "x join"},
        {STANZA("\"thread\":\"" THREAD "0\""), "? join"},
        {STANZA("\"thread\":null"), NOTHING},
        /* Not in the grammar. */
        {"", "body: offset 0: the text ends early"},
        {"[]", "body: A stanza is an object."},
        {"{}", "type: Must be \"presence\"."},
        {"{\"type\":\"message\",\"presence\":{}}", "type: Must be \"presence\"."},
        {"{\"type\":null,\"presence\":{}}", "type: Must be \"presence\"."},
        {"{\"type\":\"presence\"}", "presence: Must be an object, or an array of one."},
        {"{\"type\":\"presence\",\"presence\":null}",
         "presence: Must be an object, or an array of one."},
        {"{\"type\":\"presence\",\"presence\":[]}",
         "presence: Must be an object, or an array of one."},
        {"{\"type\":\"presence\",\"presence\":[{},{}]}",
         "presence: Must be an object, or an array of one."},
        {"{\"type\":\"presence\",\"presence\":[[{}]]}",
         "presence: Must be an object, or an array of one."},
        {STANZA("\"show\":\"Away\""), "show: Must be away, chat, dnd, xa or null."},
        {STANZA("\"show\":\" away\""), "show: Must be away, chat, dnd, xa or null."},
        {STANZA("\"show\":true"), "show: Must be away, chat, dnd, xa or null."},
        {STANZA("\"status\":7"), "status: Must be a string or null."},
        {STANZA("\"status\":[\"x\"]"), "status: Must be a string or null."},
        {STANZA("\"available\":\"true\""), "available: Must be true or false."},
        {STANZA("\"available\":1"), "available: Must be true or false."},
        {STANZA("\"thread\":7"), "thread: Must be a string or null."},
        {STANZA("\"a\":[[[[[[[[[[[[1]]]]]]]]]]]]"), "body: Too many attributes, or too deep."},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *got = from_json(rows[i][0]);
        if (strncmp(got, rows[i][1], rows[i][0][0] == '\0' ? 5 : (size_t)-1) != 0)
            fail_msg("%s\n  wanted %s\n  got    %s", rows[i][0], rows[i][1], got);
    }
}

static void forms(void **state)
{
    static const char *const rows[][3] = {
        /* what is asked for, what was before, what comes of it */
        {"show=dnd", "", MOOD("\"dnd\"", "null", "true")},
        {"show=dnd&status=Busy", "", MOOD("\"dnd\"", "\"Busy\"", "true")},
        {"status=%22%C3%A4%01", "", MOOD("null", "\"\\\"\xc3\xa4\\u0001\"", "true")},
        {"available=0", "", MOOD("null", "null", "false")},
        {"available=false", "", MOOD("null", "null", "false")},
        {"available=1", MOOD("\"xa\"", "\"x\"", "false"), MOOD("\"xa\"", "\"x\"", "true")},
        {"available=true", MOOD("\"xa\"", "\"x\"", "false"), MOOD("\"xa\"", "\"x\"", "true")},
        {"show=away", MOOD("\"xa\"", "\"x\"", "false"), MOOD("\"away\"", "\"x\"", "false")},
        {"show=", MOOD("\"xa\"", "\"x\"", "false"), MOOD("null", "\"x\"", "false")},
        {"status=&show=chat", MOOD("\"xa\"", "\"x\"", "true"), MOOD("\"chat\"", "null", "true")},
        {"available=&status=y", MOOD("\"xa\"", "\"x\"", "false"), MOOD("\"xa\"", "\"y\"", "false")},
        {"status=y", "{\"a\":[1.0],\"show\":\"xa\",\"b\":{}}",
         "{\"show\":\"xa\",\"status\":\"y\",\"available\":true,\"a\":[1.0],\"b\":{}}\n"},
        {"status=y", "{\"show\":\"asleep\",\"status\":7,\"available\":0}",
         MOOD("null", "\"y\"", "true")},
        {"status=y", "damaged", MOOD("null", "\"y\"", "true")},
        {"thread_id=" THREAD, MOOD("\"xa\"", "\"x\"", "false"), THREAD " join"},
        {"thread=" THREAD "&available=0", "", THREAD " leave"},
        {"thread_id=&thread=" THREAD "&available=true", "", THREAD " join"},
        {"thread_id=&show=xa", "", MOOD("\"xa\"", "null", "true")},
        {"", "", "body: Name show, status or available."},
        {"Show=xa", "", "body: Name show, status or available."},
        {"available=", "", "body: Name show, status or available."},
        {"show=Away", "", "show: Must be away, chat, dnd, xa or empty."},
        {"show=null", "", "show: Must be away, chat, dnd, xa or empty."},
        {"show=away%20", "", "show: Must be away, chat, dnd, xa or empty."},
        {"available=yes", "", "available: Must be true or false."},
        {"available=True", "", "available: Must be true or false."},
        {"available=10", "", "available: Must be true or false."},
        {"show=asleep&thread=" THREAD, "", "show: Must be away, chat, dnd, xa or empty."},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        const char *got = from_form(rows[i][0], rows[i][1]);
        if (strcmp(got, rows[i][2]) != 0)
            fail_msg("%s\n  wanted %s\n  got    %s", rows[i][0], rows[i][2], got);
    }
}

/* Characters, not bytes, however they are written. */
static void long_status(void **state)
{
    static const struct {
        const char *character;
        size_t json;
        size_t form; /* how many of them go through */
    } rows[] = {{"x", 1024, 1024},
                {"\xc3\xa4", 1024, 1024},
                {"\xf0\x9f\x98\x80", 1024, 1024},
                {"\\u0001", 1024, 1024}};

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        for (size_t over = 0; over < 2; over++) {
            static char text[16384];
            size_t len = (size_t)snprintf(text, sizeof text, "%s",
                                          "{\"type\":\"presence\",\"presence\":{\"status\":\"");
            const char *got;
            for (size_t n = 0; n < rows[i].json + over; n++)
                len += (size_t)snprintf(text + len, sizeof text - len, "%s", rows[i].character);
            snprintf(text + len, sizeof text - len, "\"}}");
            got = from_json(text);
            if (over != (strcmp(got, "status: Too long: 1024 characters at most.") == 0))
                fail_msg("%zu of %s: %.60s", rows[i].json + over, rows[i].character, got);
            if (rows[i].character[0] == '\\')
                continue;
            text[0] = '\0';
            strcat(text, "status=");
            for (size_t n = 0; n < rows[i].form + over; n++)
                strcat(text, rows[i].character);
            got = from_form(text, "");
            if (over != (strcmp(got, "status: Too long: 1024 characters at most.") == 0))
                fail_msg("%zu of %s in a form: %.60s", rows[i].form + over, rows[i].character, got);
        }
}

/* As much as a profile: more could be stored, and never read again. */
static void many_attributes(void **state)
{
    static char text[65536];

    (void)state;
    for (int count = 0; count < 40; count++) {
        size_t len = (size_t)snprintf(text, sizeof text, "%s",
                                      "{\"type\":\"presence\",\"presence\":{\"status\":\"x\"");
        const char *got;
        for (int n = 0; n < count; n++)
            len += (size_t)snprintf(text + len, sizeof text - len, ",\"a%d\":0", n);
        strcat(text, "}}");
        got = from_json(text);
        if ((strncmp(got, "body: ", 6) != 0) != (count <= 28))
            fail_msg("%d unknown attributes: %.60s", count, got);
        if (count <= 28) {
            char again[65536];
            struct buf out = buf_over(again, sizeof again);
            stanza_mood_put(&out, mood.data, mood.len);
            assert_int_equal(out.len, mood.len);
            assert_memory_equal(out.data, mood.data, mood.len);
        }
    }
    snprintf(text, sizeof text, STANZA("\"a\":\"%*s\""), STANZA_MOOD_SIZE, "");
    assert_string_equal(from_json(text), "body: Too large.");
}

static void moods(void **state)
{
    static const struct {
        const char *text;
        const char *canonical;
        bool hides;
    } rows[] = {
        {"", NOTHING, false},
        {"damaged", NOTHING, false},
        {"[]", NOTHING, false},
        {"{\"available\":false}", MOOD("null", "null", "false"), true},
        {" {\"available\" : false , \"show\" : \"xa\"}", MOOD("\"xa\"", "null", "false"), true},
        {"{\"available\":null,\"status\":\"\"}", NOTHING, false},
        {"{\"available\":\"false\"}", NOTHING, false},
        {"{\"a\":{\"available\":false}}",
         "{\"show\":null,\"status\":null,\"available\":true,\"a\":{\"available\":false}}\n", false},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char room[512];
        struct buf out = buf_over(room, sizeof room);
        size_t len = strlen(rows[i].text);
        stanza_mood_put(&out, rows[i].text, len);
        buf_put(&out, "", 1);
        assert_string_equal(room, rows[i].canonical);
        assert_int_equal(stanza_mood_hides(rows[i].text, len), rows[i].hides);
    }
}

/* What others see, and what oneself does. */
static void seen(void **state)
{
    static const struct {
        const char *mood;
        bool available;
        const char *others;
    } rows[] = {
        {MOOD("\"xa\"", "\"x\"", "true"), true, MOOD("\"xa\"", "\"x\"", "true")},
        {MOOD("\"xa\"", "\"x\"", "false"), true, MOOD("null", "null", "false")},
        {MOOD("\"xa\"", "\"x\"", "true"), false, MOOD("null", "null", "false")},
        {"{\"show\":null,\"status\":null,\"available\":true,\"thread\":\"t\",\"entity\":0,\"a\":1}",
         true, "{\"show\":null,\"status\":null,\"available\":true,\"a\":1}\n"},
        {"{\"show\":null,\"status\":null,\"available\":false,\"a\":1}\n", true,
         MOOD("null", "null", "false")},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char room[512];
        char wanted[512];
        struct buf out = buf_over(room, sizeof room);
        stanza_presence_object_put(&out, SENDER, sizeof SENDER - 1, rows[i].mood,
                                   strlen(rows[i].mood), rows[i].available);
        buf_put(&out, "\n", 2);
        snprintf(wanted, sizeof wanted, "{\"entity\":%s,%s", SENDER, rows[i].others + 1);
        assert_string_equal(room, wanted);
    }
    begin();
    stanza_presence_own_put(&mood, SENDER, sizeof SENDER - 1, rows[1].mood, strlen(rows[1].mood));
    buf_put(&mood, "", 1);
    assert_string_equal(mood_room, "{\"entity\":" SENDER
                                   ",\"show\":\"xa\",\"status\":\"x\",\"available\":false}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stanzas),         cmocka_unit_test(forms), cmocka_unit_test(long_status),
        cmocka_unit_test(many_attributes), cmocka_unit_test(moods), cmocka_unit_test(seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
