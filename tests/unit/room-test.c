/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "protocol/envelope.h"
#include "protocol/room.h"
#include "protocol/stanza.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static char text[4096];

static struct buf fresh(void)
{
    return buf_over(text, sizeof text - 1);
}

static const char *said(struct buf *out)
{
    assert_false(out->full);
    out->data[out->len] = '\0';
    return out->data;
}

static void about_new_ones(void **state)
{
    const struct room_about rooms[] = {{.open = true}, {.history = true}};
    struct buf out = fresh();

    (void)state;
    room_about_put(&out, 0, "alice", NULL, NULL);
    assert_string_equal(said(&out), "{\"created\":\"1970-01-01T00:00:00.000000Z\",\"subject\":null,"
                                    "\"open\":false,\"by\":\"alice\"}\n");
    out = fresh();
    room_about_put(&out, 0, "a\"b", "t\n", &rooms[0]);
    assert_string_equal(said(&out),
                        "{\"created\":\"1970-01-01T00:00:00.000000Z\",\"subject\":\"t\\n\","
                        "\"open\":true,\"history\":\"joined\",\"by\":\"a\\\"b\"}\n");
    out = fresh();
    room_about_put(&out, 0, "alice", NULL, &rooms[1]);
    assert_non_null(strstr(said(&out), "\"subject\":null,\"open\":false,\"history\":\"open\""));
}

static void about_is_read(void **state)
{
    static const struct {
        const char *json;
        bool open;
        bool history;
        const char *subject;
    } rows[] = {
        {"{\"subject\":\"a\",\"open\":true,\"history\":\"open\"}", true, true, "\"a\""},
        {"{\"subject\":null,\"open\":false,\"history\":\"joined\"}", false, false, "null"},
        {"{\"subject\":\"\\u00e4\"}", false, false, "\"\\u00e4\""},
        {"{\"subject\":[1],\"open\":\"true\",\"history\":true}", false, false, "null"},
        {"{}", false, false, "null"},
        {"[]", false, false, "null"},
        {"", false, false, "null"},
        {"{\"open\":true", false, false, "null"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct room_about about;
        room_about_read(&about, rows[i].json, strlen(rows[i].json));
        if (about.open != rows[i].open || about.history != rows[i].history ||
            about.subject_len != strlen(rows[i].subject) ||
            memcmp(about.subject, rows[i].subject, about.subject_len) != 0)
            fail_msg("%s", rows[i].json);
    }
}

#define ABOUT                                                                                      \
    "{\"created\":\"x\",\"subject\":\"old\",\"open\":true,\"more\":[1.0],\"subjectSeq\":4}\n"
#define AMENDED(subject, seq)                                                                      \
    "{\"created\":\"x\",\"open\":true,\"more\":[1.0],\"subject\":" subject ",\"subjectSeq\":" seq  \
    "}\n"
#define LINE(seq, message) "{\"type\":\"message\",\"seq\":" seq ",\"message\":{" message "}}\n"

static void amended_by_some(void **state)
{
    static const struct {
        const char *line;
        const char *amended; /* NULL: not */
    } rows[] = {
        {LINE("5", "\"subject\":\"new\",\"text\":null,\"attachments\":[]"),
         AMENDED("\"new\"", "5")},
        {LINE("5", "\"subject\":\"n\\\"\",\"text\":\"\",\"x\":1"), AMENDED("\"n\\\"\"", "5")},
        {LINE("5", "\"subject\":\"\",\"text\":null"), AMENDED("null", "5")},
        {LINE("5", "\"subject\":\"new\",\"text\":\"t\""), NULL},
        {LINE("5", "\"subject\":null,\"text\":null,\"x\":1"), NULL},
        {LINE("5", "\"subject\":\"new\",\"attachments\":[{}]"), NULL},
        {LINE("5", "\"subject\":\"new\",\"replaces\":{\"seq\":1}"), NULL},
        {LINE("4", "\"subject\":\"new\",\"text\":null"), NULL},
        {LINE("3", "\"subject\":\"new\",\"text\":null"), NULL},
        {LINE("-1", "\"subject\":\"new\",\"text\":null"), NULL},
        {"{\"type\":\"reaction\",\"seq\":5,\"message\":{\"subject\":\"new\"}}\n", NULL},
        {"{\"type\":\"message\",\"message\":{\"subject\":\"new\"}}\n", NULL},
        {"{\"type\":\"message\",\"seq\":5}\n", NULL},
        {"{\"type\":\"presence\",\"presence\":{}}\n", NULL},
        {"{", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buf out = fresh();
        int result =
            room_about_amend(&out, ABOUT, strlen(ABOUT), rows[i].line, strlen(rows[i].line));
        if (result != (rows[i].amended != NULL))
            fail_msg("%s", rows[i].line);
        if (result == 1)
            assert_string_equal(said(&out), rows[i].amended);
    }
}

static void what_is_no_object_stays(void **state)
{
    static const char *const abouts[] = {"", "[", "[]", "null", "{\"a\":1,\"a\":2}"};
    const char *line = LINE("5", "\"subject\":\"new\"");

    (void)state;
    for (size_t i = 0; i < COUNT(abouts); i++) {
        struct buf out = fresh();
        assert_int_equal(room_about_amend(&out, abouts[i], strlen(abouts[i]), line, strlen(line)),
                         0);
    }
}

static void no_space_for_it(void **state)
{
    const char *line = LINE("5", "\"subject\":\"new\"");
    struct buf out = buf_over(text, 20);

    (void)state;
    assert_int_equal(room_about_amend(&out, ABOUT, strlen(ABOUT), line, strlen(line)), 0);
}

/* What the message itself says, before it is stored. */
static void messages_that_set_it(void **state)
{
    static const struct {
        const char *message;
        bool sets;
    } rows[] = {
        {"\"subject\":\"s\"", true},
        {"\"subject\":\"\"", true},
        {"\"subject\":\"s\",\"text\":\"\",\"attachments\":[],\"x\":1", true},
        {"\"subject\":\"s\",\"text\":\"t\"", false},
        {"\"text\":\"t\"", false},
        {"\"subject\":null,\"text\":\"t\"", false},
        {"\"subject\":\"s\",\"attachments\":[{}]", false},
        {"\"subject\":\"s\",\"replaces\":1", false},
        {"\"retracts\":1", false},
        {"\"reaction\":{\"to\":1,\"text\":\"x\"}", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct stanza_message message;
        struct stanza_error error;
        struct buf out = fresh();
        buf_puts(&out, "{\"type\":\"message\",\"message\":{");
        buf_puts(&out, rows[i].message);
        buf_puts(&out, "}}");
        assert_int_equal(stanza_message_from_json(&message, out.data, out.len, &error), 0);
        if (message.sets_subject != rows[i].sets)
            fail_msg("%s", rows[i].message);
    }
}

#define ENTITY "{\"objectType\":\"person\",\"id\":\"bob\"}"
#define ROOM "7d1f0a5e-3c1b-4e0e-9f5e-0b9f6f1d2a3c"

static void room_presence(void **state)
{
    struct buf out = fresh();
    char room_line[512];
    char user[16];
    char thread[64];
    struct envelope envelope;

    (void)state;
    room_presence_put(&out, 0, ENTITY, strlen(ENTITY), ROOM, "guest", true);
    assert_string_equal(said(&out),
                        "{\"timestamp\":\"1970-01-01T00:00:00.000000Z\",\"type\":\"presence\","
                        "\"presence\":{\"entity\":" ENTITY ",\"show\":null,\"status\":null,"
                        "\"available\":true,\"thread\":\"" ROOM "\",\"role\":\"guest\"}}\n");
    memcpy(room_line, out.data, out.len);
    assert_int_equal(stanza_author(room_line, out.len, user, sizeof user), 0);
    assert_string_equal(user, "bob");
    assert_int_equal(stanza_thread(room_line, out.len, thread, sizeof thread), 0);
    assert_string_equal(thread, ROOM);
    {
        size_t len = out.len;
        out = fresh();
        envelope = envelope_open(&out, 0);
        assert_int_equal(envelope_add(&envelope, room_line, len), 0);
        envelope_close(&envelope, "0-0", false, 0);
    }
    assert_non_null(strstr(said(&out),
                           "[{\"entity\":\"bob\",\"show\":null,\"status\":null,"
                           "\"available\":true,\"thread\":\"" ROOM "\",\"role\":\"guest\"}]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(about_new_ones),  cmocka_unit_test(about_is_read),
        cmocka_unit_test(amended_by_some), cmocka_unit_test(what_is_no_object_stays),
        cmocka_unit_test(no_space_for_it), cmocka_unit_test(messages_that_set_it),
        cmocka_unit_test(room_presence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
