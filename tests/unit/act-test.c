/* SPDX-License-Identifier: MIT */
/* What messages do to earlier ones: read, written, found again in lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/reference.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define ID "550e8400-e29b-41d4-a716-446655440000"
#define THREAD "7d1f0a5e-0000-4000-8000-00000000000a"
#define STANZA(type, inside) "{\"type\":\"" type "\",\"message\":{" inside "}}"
#define MESSAGE(inside) STANZA("message", inside)
#define X65 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define NAMED ": Must be a number (seq), or a message's id."
#define MUTE ": A retraction and a reaction say nothing else."
#define REACTION_TO "reaction: Its `to` must be a number (seq), or a message's id."
#define REACTION_TEXT "reaction: Its `text` must be a string."
#define ONE ": A message does one thing to one other message."

static struct stanza_message message;

/* act seq id|reaction, or the error. */
static const char *outcome(int result, const struct stanza_error *error)
{
    static const char *const acts[] = {"says ", "replaces ", "retracts ", "reacts "};
    static char room[1024];
    struct buf out = buf_over(room, sizeof room);

    if (result < 0) {
        buf_puts(&out, error->field);
        buf_puts(&out, ": ");
        buf_puts(&out, error->detail);
    } else {
        buf_puts(&out, acts[message.act]);
        if (message.act != STANZA_SAYS) {
            buf_putu(&out, message.about.seq);
            buf_puts(&out, " ");
            buf_puts(&out, message.about.id);
        }
        buf_puts(&out, "|");
        buf_put(&out, message.reaction.data, message.reaction.len);
    }
    buf_put(&out, "", 1);
    assert_false(out.full);
    return room;
}

static const struct {
    const char *text;
    const char *outcome;
} json_rows[] = {
    {MESSAGE("\"text\":\"a\",\"replaces\":5"), "replaces 5 |"},
    {MESSAGE("\"text\":\"a\",\"replaces\":\"550E8400-E29B-41d4-a716-446655440000\""),
     "replaces 0 " ID "|"},
    {MESSAGE("\"text\":\"a\",\"replaces\":9007199254740992"), "replaces 9007199254740992 |"},
    {MESSAGE("\"text\":\"a\",\"replaces\":null,\"retracts\":null,\"reaction\":null"), "says |"},
    {MESSAGE("\"retracts\":1"), "retracts 1 |"},
    {STANZA("retraction", "\"retracts\":1,\"x\":1"), "retracts 1 |"},
    {MESSAGE("\"retracts\":1,\"text\":\"\",\"subject\":\"\",\"attachments\":[]"), "retracts 1 |"},
    {MESSAGE("\"reaction\":{\"to\":1,\"text\":\"\"}"), "reacts 1 |,\"text\":\"\""},
    {STANZA("reaction", "\"reaction\":{\"x\":[1.0],\"text\":\"\\ud83d\\udc4d\",\"to\":\"" ID
                        "\",\"y\":-0},\"text\":null"),
     "reacts 0 " ID "|,\"text\":\"\xf0\x9f\x91\x8d\",\"x\":[1.0],\"y\":-0"},
    /* Not a reference. */
    {MESSAGE("\"text\":\"a\",\"replaces\":0"), "replaces" NAMED},
    {MESSAGE("\"text\":\"a\",\"replaces\":-1"), "replaces" NAMED},
    {MESSAGE("\"text\":\"a\",\"replaces\":1.0"), "replaces" NAMED},
    {MESSAGE("\"text\":\"a\",\"replaces\":1e1"), "replaces" NAMED},
    {MESSAGE("\"text\":\"a\",\"replaces\":9007199254740994"), "replaces" NAMED},
    {MESSAGE("\"text\":\"a\",\"replaces\":\"5\""), "replaces" NAMED},
    {MESSAGE("\"text\":\"a\",\"replaces\":\"\""), "replaces" NAMED},
    {MESSAGE("\"text\":\"a\",\"replaces\":\"" ID "0\""), "replaces" NAMED},
    {MESSAGE("\"text\":\"a\",\"replaces\":\"" X65 "\""), "replaces" NAMED},
    {MESSAGE("\"text\":\"a\",\"replaces\":true"), "replaces" NAMED},
    {MESSAGE("\"text\":\"a\",\"replaces\":[1]"), "replaces" NAMED},
    {MESSAGE("\"text\":\"a\",\"replaces\":{\"seq\":1}"), "replaces" NAMED},
    {MESSAGE("\"retracts\":false"), "retracts" NAMED},
    {MESSAGE("\"retracts\":{}"), "retracts" NAMED},
    {MESSAGE("\"reaction\":1"), "reaction: Must be an object with `to` and `text`."},
    {MESSAGE("\"reaction\":\"+\""), "reaction: Must be an object with `to` and `text`."},
    {MESSAGE("\"reaction\":[]"), "reaction: Must be an object with `to` and `text`."},
    {MESSAGE("\"reaction\":{}"), REACTION_TO},
    {MESSAGE("\"reaction\":{\"to\":null,\"text\":\"+\"}"), REACTION_TO},
    {MESSAGE("\"reaction\":{\"to\":0,\"text\":\"+\"}"), REACTION_TO},
    {MESSAGE("\"reaction\":{\"to\":{\"seq\":1},\"text\":\"+\"}"), REACTION_TO},
    {MESSAGE("\"reaction\":{\"to\":1}"), REACTION_TEXT},
    {MESSAGE("\"reaction\":{\"to\":1,\"text\":null}"), REACTION_TEXT},
    {MESSAGE("\"reaction\":{\"to\":1,\"text\":1}"), REACTION_TEXT},
    {MESSAGE("\"reaction\":{\"to\":1,\"text\":\"" X65 "\"}"),
     "reaction: Its text may have 64 bytes."},
    {MESSAGE("\"reaction\":{\"to\":1,\"text\":\"" X65 X65 "\"}"),
     "reaction: Its text may have 64 bytes."},
    {MESSAGE("\"reaction\":{\"to\":1,\"text\":\"a\\nb\"}"),
     "reaction: Its text may have no control characters."},
    {MESSAGE("\"reaction\":{\"to\":1,\"text\":\"\\u007f\"}"),
     "reaction: Its text may have no control characters."},
    /* One thing, and nothing beside it. */
    {MESSAGE("\"text\":\"a\",\"replaces\":1,\"retracts\":1"), "retracts" ONE},
    {MESSAGE("\"replaces\":1,\"reaction\":{\"to\":1,\"text\":\"+\"}"), "reaction" ONE},
    {MESSAGE("\"retracts\":1,\"reaction\":{\"to\":1,\"text\":\"+\"}"), "reaction" ONE},
    {MESSAGE("\"retracts\":1,\"text\":\"a\""), "text" MUTE},
    {MESSAGE("\"retracts\":1,\"subject\":\"a\""), "subject" MUTE},
    {MESSAGE("\"retracts\":1,\"attachments\":[{}]"), "attachments" MUTE},
    {MESSAGE("\"reaction\":{\"to\":1,\"text\":\"+\"},\"text\":\"a\""), "text" MUTE},
    {MESSAGE("\"replaces\":1"), "text: There is nothing to say."},
    {MESSAGE("\"replaces\":1,\"text\":\"\""), "text: There is nothing to say."},
    {STANZA("retraction", "\"text\":\"a\""), "retracts: This field is required."},
    {STANZA("retraction", "\"text\":\"a\",\"replaces\":1"), "retracts: This field is required."},
    {STANZA("reaction", "\"retracts\":1"), "reaction: This field is required."},
    {STANZA("reaction", "\"text\":\"a\""), "reaction: This field is required."},
    {"{\"type\":\"reaction\",\"reaction\":{\"to\":1,\"text\":\"+\"}}",
     "message: Must be an object."},
    {"{\"type\":\"retraction\"}", "message: Must be an object."},
};

static void from_json(void **state)
{
    int wrong = 0;

    (void)state;
    for (size_t i = 0; i < ROWS(json_rows); i++) {
        struct stanza_error error = {.field = ""};
        int result = stanza_message_from_json(&message, json_rows[i].text,
                                              strlen(json_rows[i].text), &error);
        const char *got = outcome(result, &error);
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
    {"message=a&replaces=5", "replaces 5 |"},
    {"message=a&replaces=" ID, "replaces 0 " ID "|"},
    {"message=a&replaces=9999999999", "replaces 9999999999 |"},
    {"message=a&replaces=&retracts=&reacts_to=&reaction=", "says |"},
    {"retracts=007", "retracts 7 |"},
    {"retracts=1&message=&subject=", "retracts 1 |"},
    {"reacts_to=1&reaction=%2B", "reacts 1 |,\"text\":\"+\""},
    {"reacts_to=" ID, "reacts 0 " ID "|,\"text\":\"\""},
    {"message=a&replaces=0", "replaces" NAMED},
    {"message=a&replaces=x", "replaces" NAMED},
    {"message=a&replaces=-1", "replaces" NAMED},
    {"message=a&replaces=+1", "replaces" NAMED},
    {"message=a&replaces=1.0", "replaces" NAMED},
    {"message=a&replaces=10000000000", "replaces" NAMED},
    {"retracts=" ID "0", "retracts" NAMED},
    {"reacts_to=x&reaction=a", "reacts_to" NAMED},
    {"reaction=a", "reacts_to: This field is required."},
    {"reaction=a&message=a", "reacts_to: This field is required."},
    {"reacts_to=1&reaction=" X65, "reaction: Its text may have 64 bytes."},
    {"reacts_to=1&reaction=%09", "reaction: Its text may have no control characters."},
    {"replaces=1", "message: This field is required."},
    {"retracts=1&message=a", "message" MUTE},
    {"retracts=1&subject=a", "subject" MUTE},
    {"reacts_to=1&message=a", "message" MUTE},
    {"replaces=1&retracts=1&message=a", "retracts" ONE},
    {"retracts=1&reacts_to=1", "reacts_to" ONE},
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
        got = outcome(stanza_message_from_form(&message, &form, &error), &error);
        if (strcmp(got, form_rows[i].outcome) == 0)
            continue;
        print_error("%s\n  got  %s\n  want %s\n", form_rows[i].text, got, form_rows[i].outcome);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

#define SENDER "{\"id\":\"anna\"}"
#define SAYS(text)                                                                                 \
    "\"id\":\"" ID "\",\"thread\":\"" THREAD "\",\"subject\":null,\"text\":" text                  \
    ",\"type\":\"plain\",\"language\":null,\"attachments\":[]"
#define LINE(type, inside)                                                                         \
    "{\"timestamp\":\"1970-01-01T00:00:00.000000Z\",\"type\":\"" type                              \
    "\",\"seq\":9,\"prev\":null,\"message\":{" inside ",\"sender\":" SENDER                        \
    ",\"members\":[" SENDER "]}}\n"
#define TO "{\"seq\":7,\"id\":\"" THREAD "\",\"sender\":\"b\\\"\"}"

static const char *line_of(const char *text, bool complete)
{
    static const struct stanza_place place = {.seq = 9,
                                              .sender = SENDER,
                                              .sender_len = sizeof SENDER - 1,
                                              .members = SENDER,
                                              .members_len = sizeof SENDER - 1,
                                              .member_count = 1};
    static const struct stanza_reference to = {7, THREAD, "b\""};
    static char room[4096];
    struct buf out = buf_over(room, sizeof room);
    struct stanza_error error;

    assert_int_equal(stanza_message_from_json(&message, text, strlen(text), &error), 0);
    memcpy(message.id, ID, sizeof ID);
    memcpy(message.thread, THREAD, sizeof THREAD);
    if (complete)
        message.about = to;
    stanza_message_put(&out, &message, &place);
    buf_put(&out, "", 1);
    assert_false(out.full);
    return room;
}

static const struct {
    const char *text;
    const char *line;
} lines_rows[] = {
    {MESSAGE("\"text\":\"a\",\"replaces\":2,\"x\":1"),
     LINE("message", SAYS("\"a\"") ",\"x\":1,\"replaces\":" TO)},
    {MESSAGE("\"retracts\":2,\"x\":1"),
     LINE("retraction", SAYS("null") ",\"x\":1,\"retracts\":" TO)},
    {MESSAGE("\"reaction\":{\"y\":1.0,\"to\":2,\"text\":\"+\"}"),
     LINE("reaction", SAYS("null") ",\"reaction\":{\"to\":" TO ",\"text\":\"+\",\"y\":1.0}")},
};

static void lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(lines_rows); i++) {
        const char *line = line_of(lines_rows[i].text, true);
        size_t len = strlen(line);
        uint64_t seq;
        char text[STANZA_NAME_SIZE];
        assert_string_equal(line, lines_rows[i].line);
        assert_true(stanza_message_same(&message, line, len));
        assert_int_equal(stanza_placed(line, len, &seq, text), 0);
        assert_int_equal(seq, 9);
        assert_int_equal(stanza_author(line, len, text, sizeof text), 0);
        assert_string_equal(text, "anna");
        assert_int_equal(stanza_thread(line, len, text, sizeof text), 0);
        assert_string_equal(text, THREAD);
        message.about.seq++;
        assert_false(stanza_message_same(&message, line, len));
        for (size_t other = 0; other < ROWS(lines_rows); other++) {
            line_of(lines_rows[other].text, true);
            assert_int_equal(stanza_message_same(&message, lines_rows[i].line, len), i == other);
        }
    }
}

static void targets(void **state)
{
    static const struct {
        const char *line;
        int result;
        bool is_message;
        bool replaces;
    } rows[] = {
        {LINE("message", SAYS("\"a\"")), 0, true, false},
        {LINE("message", SAYS("\"a\"") ",\"replaces\":" TO), 0, true, true},
        {LINE("message", SAYS("\"a\"") ",\"replaces\":5"), 0, true, false},
        {LINE("retraction", SAYS("null") ",\"retracts\":" TO), 0, false, false},
        {LINE("reaction", SAYS("null") ",\"reaction\":{\"to\":" TO "}"), 0, false, false},
        {LINE("presence", SAYS("null")), -1, false, false},
        {LINE("message", "\"id\":\"" ID "\""), -1, false, false},
        {LINE("message", "\"id\":\"" ID ID "\",\"thread\":\"" THREAD "\""), -1, false, false},
        {"{\"type\":\"message\",\"message\":{" SAYS("null") ",\"sender\":" SENDER "}}", -1, false,
         false},
        {"[]", -1, false, false},
        {"", -1, false, false},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct reference_target target = {.is_message = false};
        assert_int_equal(reference_target(&target, rows[i].line, strlen(rows[i].line)),
                         rows[i].result);
        if (rows[i].result < 0)
            continue;
        assert_int_equal(target.is_message, rows[i].is_message);
        assert_int_equal(target.replaces, rows[i].replaces);
        assert_int_equal(target.self.seq, 9);
        assert_string_equal(target.self.id, ID);
        assert_string_equal(target.self.sender, "anna");
        assert_string_equal(target.thread, THREAD);
        if (!target.replaces)
            continue;
        assert_int_equal(target.original.seq, 7);
        assert_string_equal(target.original.id, THREAD);
        assert_string_equal(target.original.sender, "b\"");
    }
    assert_true(reference_may_be(rows[0].line, strlen(rows[0].line), ID));
    assert_false(reference_may_be(rows[0].line, 30, ID));
}

static void again(void **state)
{
    static const struct {
        const char *line;
        struct stanza_reference wanted;
        int result;
    } rows[] = {
        {LINE("message", SAYS("\"a\"") ",\"replaces\":" TO), {.seq = 7}, 0},
        {LINE("message", SAYS("\"a\"") ",\"replaces\":" TO), {.id = THREAD}, 0},
        {LINE("message", SAYS("\"a\"") ",\"replaces\":" TO), {.seq = 8}, -1},
        {LINE("message", SAYS("\"a\"") ",\"replaces\":" TO), {.id = ID}, -1},
        {LINE("retraction", SAYS("null") ",\"retracts\":" TO), {.seq = 7}, 0},
        {LINE("reaction", SAYS("null") ",\"reaction\":{\"to\":" TO "}"), {.id = THREAD}, 0},
        {LINE("message", SAYS("\"a\"")), {.seq = 7}, -1},
        {"", {.seq = 7}, -1},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct stanza_reference stored;
        assert_int_equal(
            reference_again(&stored, &rows[i].wanted, rows[i].line, strlen(rows[i].line)),
            rows[i].result);
        if (rows[i].result == 0)
            assert_string_equal(stored.sender, "b\"");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_json), cmocka_unit_test(from_form), cmocka_unit_test(lines),
        cmocka_unit_test(targets),   cmocka_unit_test(again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
