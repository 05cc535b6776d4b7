/* SPDX-License-Identifier: MIT */
#include "protocol/notice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define THREAD "7d1f0a5e-0000-4000-8000-00000000000a"
#define STANZA(type, inside) "{\"type\":\"" type "\",\"" type "\":{" inside "}}"
#define IN "\"thread\":\"" THREAD "\","
#define NUMBER "read: Must be the number of a message, or 0."
#define STATE "state: Must be composing or paused."
#define LINE(type, rest)                                                                           \
    "{\"timestamp\":\"1970-01-01T00:00:00.000001Z\",\"type\":\"" type "\",\"" type                 \
    "\":{\"thread\":\"" THREAD "\",\"entity\":{\"id\":\"anna\"}," rest "}}\n"

static struct notice notice;

/* Its line; "other", when it is none; its error. */
static const char *outcome(int result, const struct stanza_error *error)
{
    static char room[1024];
    struct buf out = buf_over(room, sizeof room);

    if (result == 1) {
        notice_put(&out, &notice, 1, "{\"id\":\"anna\"}", 13);
    } else if (result == 0) {
        buf_puts(&out, "other");
    } else {
        buf_puts(&out, error->field);
        buf_puts(&out, ": ");
        buf_puts(&out, error->detail);
    }
    buf_put(&out, "", 1);
    assert_false(out.full);
    return room;
}

static const struct {
    const char *text;
    const char *outcome;
} json_rows[] = {
    {STANZA("receipt", IN "\"read\":5"), LINE("receipt", "\"read\":5")},
    {STANZA("receipt", IN "\"read\":0,\"entity\":{\"id\":\"eve\"},\"x\":1"),
     LINE("receipt", "\"read\":0")},
    {STANZA("receipt", "\"read\":5,\"thread\":\"7D1F0A5E-0000-4000-8000-00000000000A\""),
     LINE("receipt", "\"read\":5")},
    {STANZA("chatstate", IN "\"state\":\"composing\""),
     LINE("chatstate", "\"state\":\"composing\"")},
    {STANZA("chatstate", IN "\"state\":\"paused\""), LINE("chatstate", "\"state\":\"paused\"")},
    {STANZA("receipt", IN "\"read\":-1"), NUMBER},
    {STANZA("receipt", IN "\"read\":1.0"), NUMBER},
    {STANZA("receipt", IN "\"read\":\"1\""), NUMBER},
    {STANZA("receipt", IN "\"read\":null"), NUMBER},
    {STANZA("receipt", IN "\"state\":\"paused\""), NUMBER},
    {STANZA("receipt", IN "\"read\":12345678901234567890"), NUMBER},
    {STANZA("chatstate", IN "\"state\":\"Composing\""), STATE},
    {STANZA("chatstate", IN "\"state\":\"\""), STATE},
    {STANZA("chatstate", IN "\"state\":1"), STATE},
    {STANZA("chatstate", IN "\"state\":null"), STATE},
    {STANZA("chatstate", IN "\"read\":1"), STATE},
    {STANZA("chatstate", IN "\"state\":\"composing" THREAD THREAD "\""), STATE},
    {STANZA("receipt", "\"read\":5"), "thread: This field is required."},
    {STANZA("receipt", "\"read\":5,\"thread\":null"), "thread: This field is required."},
    {STANZA("receipt", "\"read\":5,\"thread\":\"\""), "thread: This field is required."},
    {STANZA("receipt", "\"read\":5,\"thread\":7"), "thread: Must be a string."},
    {STANZA("chatstate", "\"state\":\"paused\",\"thread\":[]"), "thread: Must be a string."},
    {"{\"type\":\"receipt\"}", "receipt: Must be an object."},
    {"{\"type\":\"receipt\",\"receipt\":[]}", "receipt: Must be an object."},
    {"{\"type\":\"receipt\",\"message\":{}}", "receipt: Must be an object."},
    {"{\"type\":\"chatstate\",\"chatstate\":\"paused\"}", "chatstate: Must be an object."},
    {STANZA("message", IN "\"read\":5"), "other"},
    {STANZA("presence", IN "\"read\":5"), "other"},
    {"{\"receipt\":{}}", "other"},
    {"[]", "other"},
    {"", "other"},
};

static void from_json(void **state)
{
    int wrong = 0;

    (void)state;
    for (size_t i = 0; i < ROWS(json_rows); i++) {
        struct stanza_error error = {.field = ""};
        const char *got =
            outcome(notice_from_json(&notice, json_rows[i].text, strlen(json_rows[i].text), &error),
                    &error);
        if (strcmp(got, json_rows[i].outcome) == 0)
            continue;
        print_error("%s\n  got  %s\n  want %s\n", json_rows[i].text, got, json_rows[i].outcome);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static const struct {
    const char *text;
    const char *outcome;
} form_rows[] = {
    {"thread_id=" THREAD "&read=5", LINE("receipt", "\"read\":5")},
    {"thread_id=" THREAD "&read=9999999999&state=", LINE("receipt", "\"read\":9999999999")},
    {"thread_id=" THREAD "&state=paused&message=", LINE("chatstate", "\"state\":\"paused\"")},
    {"thread_id=" THREAD "&read=x", NUMBER},
    {"thread_id=" THREAD "&read=-1", NUMBER},
    {"thread_id=" THREAD "&read=+1", NUMBER},
    {"thread_id=" THREAD "&read=00000000005", NUMBER},
    {"thread_id=" THREAD "&state=x", STATE},
    {"thread_id=" THREAD "&state=active", STATE},
    {"read=5", "thread_id: This field is required."},
    {"thread=" THREAD "&state=paused", "thread_id: This field is required."},
    {"thread_id=" THREAD "&read=5&state=paused", "state: Send this and `read` each by itself."},
    {"thread_id=" THREAD "&read=&state=", "other"},
    {"thread_id=" THREAD, "other"},
    {"thread_id=" THREAD "&read=5&message=a", "other"},
    {"thread_id=" THREAD "&read=5&subject=a", "other"},
    {"thread_id=" THREAD "&state=paused&retracts=x", "other"},
    {"thread_id=" THREAD "&state=paused&replaces=1", "other"},
    {"thread_id=" THREAD "&state=paused&reacts_to=x", "other"},
    {"thread_id=" THREAD "&state=paused&reaction=x", "other"},
    {"", "other"},
};

static void from_form(void **state)
{
    int wrong = 0;

    (void)state;
    for (size_t i = 0; i < ROWS(form_rows); i++) {
        struct stanza_error error = {.field = ""};
        char bytes[256];
        struct form form;
        const char *why;
        const char *got;
        memcpy(bytes, form_rows[i].text, strlen(form_rows[i].text) + 1);
        assert_int_equal(form_parse(&form, 0, bytes, strlen(bytes), &why), 0);
        got = outcome(notice_from_form(&notice, &form, &error), &error);
        if (strcmp(got, form_rows[i].outcome) == 0)
            continue;
        print_error("%s\n  got  %s\n  want %s\n", form_rows[i].text, got, form_rows[i].outcome);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

/* What is no UUID can be nobody's thread, and must not become one by being cut. */
static void foreign_threads(void **state)
{
    static const char *const rows[] = {
        STANZA("receipt", "\"read\":1,\"thread\":\"..\""),
        STANZA("receipt", "\"read\":1,\"thread\":\"" THREAD "0\""),
        STANZA("receipt", "\"read\":1,\"thread\":\"" THREAD THREAD THREAD "\""),
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct stanza_error error;
        assert_int_equal(notice_from_json(&notice, rows[i], strlen(rows[i]), &error), 1);
        assert_string_equal(notice.thread, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_json),
        cmocka_unit_test(from_form),
        cmocka_unit_test(foreign_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
