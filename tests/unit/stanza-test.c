/* SPDX-License-Identifier: MIT */
#include "protocol/stanza.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define MESSAGE(inside) "{\"type\":\"message\",\"message\":{" inside "}}"
#define ID "550e8400-e29b-41d4-a716-446655440000"
#define THREAD "7d1f0a5e-0000-4000-8000-00000000000a"
/* What a message with this text and no other attribute contains. */
#define SAYS(text)                                                                                 \
    "\"subject\":null,\"text\":" text ",\"type\":\"plain\",\"language\":null,\"attachments\":[]"
#define HI SAYS("\"hi\"")

static struct stanza_message message;

/* The message as one string: id|thread|to,to,|content|extra; or its error, field: detail. */
static const char *outcome(int result, const struct stanza_error *error)
{
    static char room[4096];
    struct buf out = buf_over(room, sizeof room);

    if (result < 0) {
        buf_puts(&out, error->field);
        buf_puts(&out, ": ");
        buf_puts(&out, error->detail);
    } else {
        buf_puts(&out, message.id);
        buf_puts(&out, "|");
        buf_puts(&out, message.thread);
        buf_puts(&out, "|");
        for (size_t i = 0; i < message.to_count; i++) {
            buf_puts(&out, message.to[i]);
            buf_puts(&out, ",");
        }
        buf_puts(&out, "|");
        buf_put(&out, message.content.data, message.content.len);
        buf_puts(&out, "|");
        buf_put(&out, message.extra.data, message.extra.len);
    }
    buf_put(&out, "", 1);
    assert_false(out.full);
    return room;
}

static void read_json(const char *text)
{
    struct stanza_error error;

    assert_int_equal(stanza_message_from_json(&message, text, strlen(text), &error), 0);
}

static const struct {
    const char *text;
    const char *outcome;
} from_json_rows[] = {
    {MESSAGE("\"text\":\"hi\""), "|||" HI "|"},
    {" { \"message\" : { \"text\" : \"hi\" } , \"type\" : \"message\" } ", "|||" HI "|"},
    {MESSAGE("\"text\":\"h\\u0069\""), "|||" HI "|"},
    {MESSAGE("\"text\":\"\\u00e4\\/\\n\""), "|||" SAYS("\"\xc3\xa4/\\n\"") "|"},
    {MESSAGE("\"text\":null,\"subject\":\"s\""),
     "|||\"subject\":\"s\",\"text\":null,\"type\":\"plain\",\"language\":null,"
     "\"attachments\":[]|"},
    {MESSAGE("\"language\":\"en_us\",\"type\":\"rst\",\"text\":\"t\",\"subject\":\"s\","
             "\"attachments\":[{\"b\":1,\"a\":[]},{}]"),
     "|||\"subject\":\"s\",\"text\":\"t\",\"type\":\"rst\",\"language\":\"en-US\","
     "\"attachments\":[{\"b\":1,\"a\":[]},{}]|"},
    {MESSAGE("\"text\":\"hi\",\"type\":\"html\""),
     "|||\"subject\":null,\"text\":\"hi\",\"type\":\"html\",\"language\":null,"
     "\"attachments\":[]|"},
    /* null and "" are absent. */
    {MESSAGE("\"text\":\"hi\",\"type\":null,\"language\":null,\"attachments\":null,"
             "\"id\":null,\"thread\":null,\"to\":null,\"subject\":null"),
     "|||" HI "|"},
    {MESSAGE("\"text\":\"hi\",\"type\":\"\",\"language\":\"\",\"id\":\"\",\"thread\":\"\","
             "\"to\":[]"),
     "|||" HI "|"},
    /* id and thread */
    {MESSAGE("\"text\":\"hi\",\"id\":\"" ID "\",\"thread\":\"" THREAD "\""),
     ID "|" THREAD "||" HI "|"},
    {MESSAGE("\"text\":\"hi\",\"id\":\"550E8400-E29B-41D4-A716-446655440000\","
             "\"thread\":\"7D1F0A5E-0000-4000-8000-00000000000A\""),
     ID "|" THREAD "||" HI "|"},
    {MESSAGE("\"text\":\"hi\",\"id\":\"00000000-0000-0000-0000-000000000000\""),
     "00000000-0000-0000-0000-000000000000|||" HI "|"},
    {MESSAGE("\"text\":\"hi\",\"thread\":\"thread-id\""), "|thread-id||" HI "|"},
    {MESSAGE("\"text\":\"hi\",\"thread\":\"../../etc\""), "|../../etc||" HI "|"},
    {MESSAGE("\"text\":\"hi\",\"thread\":\"" THREAD "0\""), "|?||" HI "|"},
    {MESSAGE("\"text\":\"hi\",\"thread\":\"" THREAD THREAD THREAD "\""), "|?||" HI "|"},
    {MESSAGE("\"text\":\"hi\",\"id\":\"x\""), "id: Must be a UUID, or empty."},
    {MESSAGE("\"text\":\"hi\",\"id\":1"), "id: Must be a string or null."},
    {MESSAGE("\"text\":\"hi\",\"id\":\"" ID "0\""), "id: Must be a UUID, or empty."},
    {MESSAGE("\"text\":\"hi\",\"id\":\"" ID ID "\""), "id: Must be a UUID, or empty."},
    {MESSAGE("\"text\":\"hi\",\"id\":\"550e8400e29b41d4a716446655440000\""),
     "id: Must be a UUID, or empty."},
    {MESSAGE("\"text\":\"hi\",\"id\":\"{550e8400-e29b-41d4-a716-44665544000}\""),
     "id: Must be a UUID, or empty."},
    {MESSAGE("\"text\":\"hi\",\"id\":\"550e8400-e29b-41d4-a716-44665544000g\""),
     "id: Must be a UUID, or empty."},
    {MESSAGE("\"text\":\"hi\",\"id\":\"550e8400-e29b-41d4-a7164-4665544000a\""),
     "id: Must be a UUID, or empty."},
    {MESSAGE("\"text\":\"hi\",\"thread\":[]"), "thread: Must be a string or null."},
    {MESSAGE("\"text\":\"hi\",\"thread\":7"), "thread: Must be a string or null."},
    /* to */
    {MESSAGE("\"text\":\"hi\",\"to\":\"anna\""), "||anna,|" HI "|"},
    {MESSAGE("\"text\":\"hi\",\"to\":[\"anna\",\"b\\u00e4r\"]"), "||anna,b\xc3\xa4r,|" HI "|"},
    {MESSAGE("\"text\":\"hi\",\"to\":1"), "to: Must be a user or an array of users."},
    {MESSAGE("\"text\":\"hi\",\"to\":{}"), "to: Must be a user or an array of users."},
    {MESSAGE("\"text\":\"hi\",\"to\":[\"anna\",null]"), "to: Must be a user or an array of users."},
    {MESSAGE("\"text\":\"hi\",\"to\":[[\"anna\"]]"), "to: Must be a user or an array of users."},
    {MESSAGE("\"text\":\"hi\",\"to\":\"\""), "to: A user must have a name."},
    {MESSAGE("\"text\":\"hi\",\"to\":[\"anna\",\"\"]"), "to: A user must have a name."},
    /* Wrong types and values. */
    {MESSAGE("\"text\":1"), "text: Must be a string or null."},
    {MESSAGE("\"text\":{}"), "text: Must be a string or null."},
    {MESSAGE("\"text\":false"), "text: Must be a string or null."},
    {MESSAGE("\"text\":\"hi\",\"subject\":[]"), "subject: Must be a string or null."},
    {MESSAGE("\"text\":\"hi\",\"type\":1"), "type: Must be a string or null."},
    {MESSAGE("\"text\":\"hi\",\"type\":\"Plain\""), "type: Must be plain, html or rst."},
    {MESSAGE("\"text\":\"hi\",\"type\":\"markdown\""), "type: Must be plain, html or rst."},
    {MESSAGE("\"text\":\"hi\",\"type\":\"text/plain\""), "type: Must be plain, html or rst."},
    {MESSAGE("\"text\":\"hi\",\"language\":1"), "language: Must be a string or null."},
    {MESSAGE("\"text\":\"hi\",\"language\":\"english language\""),
     "language: Must be a language tag as in RFC 5646."},
    {MESSAGE("\"text\":\"hi\",\"language\":\"en-x-aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa-"
             "aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa\""),
     "language: Must be a language tag as in RFC 5646."},
    {MESSAGE("\"text\":\"hi\",\"attachments\":{}"), "attachments: Must be an array."},
    {MESSAGE("\"text\":\"hi\",\"attachments\":\"\""), "attachments: Must be an array."},
    {MESSAGE("\"text\":\"hi\",\"attachments\":[{},\"a\"]"), "attachments: Each must be an object."},
    /* The frame. */
    {"[]", "body: A stanza is an object."},
    {"\"hi\"", "body: A stanza is an object."},
    {"null", "body: A stanza is an object."},
    {"{}", "type: Must be message, retraction, reaction, receipt or chatstate."},
    {"{\"message\":{\"text\":\"hi\"}}",
     "type: Must be message, retraction, reaction, receipt or chatstate."},
    {"{\"type\":\"presence\",\"presence\":{}}",
     "type: Must be message, retraction, reaction, receipt or chatstate."},
    {"{\"type\":1,\"message\":{\"text\":\"hi\"}}",
     "type: Must be message, retraction, reaction, receipt or chatstate."},
    {"{\"type\":\"message\"}", "message: Must be an object."},
    {"{\"type\":\"message\",\"message\":\"hi\"}", "message: Must be an object."},
    {"{\"type\":\"message\",\"message\":[{\"text\":\"hi\"}]}", "message: Must be an object."},
    {"", "body: offset 0: the text ends too early"},
    {"{\"type\":\"message\",}", "body: offset 18: a string must stand here"},
    {MESSAGE("\"text\":\"hi\",\"text\":\"ho\""), "body: offset 41: a key given twice"},
    /* There must be something to say. */
    {MESSAGE(""), "text: There is nothing to say."},
    {MESSAGE("\"text\":\"\""), "text: There is nothing to say."},
    {MESSAGE("\"text\":null,\"subject\":null,\"attachments\":[]"),
     "text: There is nothing to say."},
    {MESSAGE("\"type\":\"plain\",\"language\":\"de\",\"id\":\"" ID "\",\"to\":\"anna\""),
     "text: There is nothing to say."},
    {MESSAGE("\"sender\":{\"id\":\"eve\"},\"seq\":1"), "text: There is nothing to say."},
    {MESSAGE("\"text\":\" \""), "|||" SAYS("\" \"") "|"},
    {MESSAGE("\"subject\":\"\""),
     "|||\"subject\":\"\",\"text\":null,\"type\":\"plain\",\"language\":null,"
     "\"attachments\":[]|"},
    {MESSAGE("\"attachments\":[{}]"),
     "|||\"subject\":null,\"text\":null,\"type\":\"plain\",\"language\":null,"
     "\"attachments\":[{}]|"},
    {MESSAGE("\"typing\":true"), "|||" SAYS("null") ",\"typing\":true|"},
    {"{\"type\":\"message\",\"message\":{},\"x\":null}", "|||" SAYS("null") "|,\"x\":null"},
    /* What we do not know stays, in its order and its numbers' own bytes, at both levels. */
    {"{\"z\":1.50e+03,\"type\":\"message\",\"message\":{\"y\":[ -0 ],\"text\":\"hi\","
     "\"x\":{\"sender\":1},\"Text\":\"\"},\"a\":{\"message\":[]}}",
     "|||" HI ",\"y\":[-0],\"x\":{\"sender\":1},\"Text\":\"\"|"
     ",\"z\":1.50e+03,\"a\":{\"message\":[]}"},
    {MESSAGE("\"text\":\"hi\",\"in\\u0020reply\\nto\":\"\""), "|||" HI ",\"in reply\\nto\":\"\"|"},
    {MESSAGE("\"text\":\"hi\",\"timestamps\":1,\"thread_id\":2"),
     "|||" HI ",\"timestamps\":1,\"thread_id\":2|"},
    {MESSAGE("\"text\":\"hi\",\"n\":[1.0,1e5,-0,12345678901234567890,1E+2,{\"m\":-0.0}]"),
     "|||" HI ",\"n\":[1.0,1e5,-0,12345678901234567890,1E+2,{\"m\":-0.0}]|"},
    {"{\"n\":12345678901234567890,\"type\":\"message\",\"message\":{\"attachments\":[{\"n\":1.0,"
     "\"o\":{\"p\":1e5}}]},\"m\":{\"o\":[-0]}}",
     "|||\"subject\":null,\"text\":null,\"type\":\"plain\",\"language\":null,"
     "\"attachments\":[{\"n\":1.0,\"o\":{\"p\":1e5}}]|,\"n\":12345678901234567890,\"m\":{\"o\":[-0]"
     "}"},
    /* A UUID of any version. */
    {MESSAGE("\"text\":\"hi\",\"id\":\"C232AB00-9414-11EC-B3C8-9F6BDECED846\""),
     "c232ab00-9414-11ec-b3c8-9f6bdeced846|||" HI "|"},
    {MESSAGE("\"text\":\"hi\",\"id\":\"017F22E2-79B0-7CC3-98C4-DC0C0C07398F\""),
     "017f22e2-79b0-7cc3-98c4-dc0c0c07398f|||" HI "|"},
    {MESSAGE("\"text\":\"hi\",\"id\":\"ffffffff-FFFF-ffff-FFFF-ffffffffffff\""),
     "ffffffff-ffff-ffff-ffff-ffffffffffff|||" HI "|"},
    {MESSAGE("\"text\":\"hi\",\"language\":\"de-1996-1996\""),
     "language: Must be a language tag as in RFC 5646."},
    /* What only the server says does not. */
    {"{\"type\":\"message\",\"timestamp\":\"now\",\"seq\":9,\"prev\":\"\",\"sender\":1,"
     "\"members\":2,\"memberCount\":3,\"message\":{\"text\":\"hi\",\"sender\":{\"id\":\"eve\"},"
     "\"timestamp\":1,\"seq\":1,\"prev\":1,\"members\":[],\"memberCount\":1,"
     "\"s\\u0065nder\\u0020\":1}}",
     "|||" HI ",\"sender \":1|"},
    {MESSAGE("\"text\":\"hi\",\"s\\u0065nder\":{\"id\":\"eve\"}"), "|||" HI "|"},
};

static void from_json(void **state)
{
    int wrong = 0;

    (void)state;
    for (size_t i = 0; i < ROWS(from_json_rows); i++) {
        struct stanza_error error = {.field = ""};
        int result = stanza_message_from_json(&message, from_json_rows[i].text,
                                              strlen(from_json_rows[i].text), &error);
        const char *got = outcome(result, &error);
        if (strcmp(got, from_json_rows[i].outcome) == 0)
            continue;
        print_error("%s\n  got  %s\n  want %s\n", from_json_rows[i].text, got,
                    from_json_rows[i].outcome);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void from_form(void **state)
{
    static const struct {
        const char *text;
        const char *outcome;
    } rows[] = {
        {"message=hi", "|||" HI "|"},
        {"thread_id=" THREAD "&message=hi", "|" THREAD "||" HI "|"},
        {"thread_id=7D1F0A5E-0000-4000-8000-00000000000A&message=hi", "|" THREAD "||" HI "|"},
        {"thread_id=nonsense&message=hi", "|nonsense||" HI "|"},
        {"thread_id=" THREAD "0&message=hi", "|?||" HI "|"},
        {"thread_id=&message=hi&type=&subject=&language=&id=&to=", "|||" HI "|"},
        {"message=hi&to=anna&to=&to=b%C3%A4r", "||anna,b\xc3\xa4r,|" HI "|"},
        {"message=hi&id=550E8400-e29b-41d4-a716-446655440000", ID "|||" HI "|"},
        {"message=a%0D%0Ab%22%01", "|||" SAYS("\"a\\r\\nb\\\"\\u0001\"") "|"},
        {"message=%3Cb%3E&type=html&language=de_at&subject=S",
         "|||\"subject\":\"S\",\"text\":\"<b>\",\"type\":\"html\",\"language\":\"de-AT\","
         "\"attachments\":[]|"},
        {"subject=S", "|||\"subject\":\"S\",\"text\":null,\"type\":\"plain\",\"language\":null,"
                      "\"attachments\":[]|"},
        {"message=hi&message=ho", "|||" HI "|"},
        {"message=hi&csrf_token=x&text=no&thread=no&sender=eve", "|||" HI "|"},
        {"", "message: This field is required."},
        {"message=", "message: This field is required."},
        {"text=hi", "message: This field is required."},
        {"thread_id=" THREAD "&subject=", "message: This field is required."},
        {"message=hi&id=1", "id: Must be a UUID, or empty."},
        {"message=hi&type=xml", "type: Must be plain, html or rst."},
        {"message=hi&language=e", "language: Must be a language tag as in RFC 5646."},
    };
    int wrong = 0;

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct stanza_error error = {.field = ""};
        char bytes[256];
        struct form form;
        const char *why;
        const char *got;
        memcpy(bytes, rows[i].text, strlen(rows[i].text) + 1);
        assert_int_equal(form_parse(&form, 0, bytes, strlen(bytes), &why), 0);
        got = outcome(stanza_message_from_form(&message, &form, &error), &error);
        if (strcmp(got, rows[i].outcome) == 0)
            continue;
        print_error("%s\n  got  %s\n  want %s\n", rows[i].text, got, rows[i].outcome);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

#define SENDER "{\"objectType\":\"person\",\"id\":\"anna\",\"displayName\":\"Anna\"}"
#define LINE_HEAD                                                                                  \
    "{\"timestamp\":\"2011-02-10T15:04:55.123456Z\",\"type\":\"message\",\"seq\":42,\"prev\":"     \
    "null,"                                                                                        \
    "\"message\":{\"id\":\"" ID "\",\"thread\":\"" THREAD "\","
#define LINE_TAIL ",\"sender\":" SENDER ",\"members\":[" SENDER ",{}]}}\n"

static const struct stanza_place place = {.seq = 42,
                                          .time_us = 1297350295123456,
                                          .sender = SENDER,
                                          .sender_len = sizeof SENDER - 1,
                                          .members = SENDER ",{}",
                                          .members_len = sizeof SENDER - 1 + 3,
                                          .member_count = 2};

/* The line of what was just read, NUL-terminated. */
static const char *line_of(const struct stanza_place *at)
{
    static char room[4096];
    struct buf out = buf_over(room, sizeof room);

    stanza_message_put(&out, &message, at);
    buf_put(&out, "", 1);
    assert_false(out.full);
    return room;
}

static void lines(void **state)
{
    struct stanza_place at = place;
    const char *line;

    (void)state;
    read_json("{\"type\":\"message\",\"message\":{\"text\":\"hi\",\"id\":\"" ID
              "\",\"thread\":\"" THREAD "\"}}");
    assert_string_equal(line_of(&at), LINE_HEAD HI LINE_TAIL);

    read_json("{\"x\":1,\"type\":\"message\",\"message\":{\"text\":\"hi\",\"id\":\"" ID
              "\",\"thread\":\"" THREAD "\",\"y\":2}}");
    at.prev = "ab12";
    at.member_count = STANZA_MEMBERS_SHOWN + 1;
    line = line_of(&at);
    assert_non_null(strstr(line, ",\"seq\":42,\"prev\":\"ab12\",\"message\":"));
    assert_non_null(strstr(line, "[],\"y\":2,\"sender\":"));
    assert_non_null(strstr(line, ",{}],\"memberCount\":51},\"x\":1}\n"));
    at.member_count = STANZA_MEMBERS_SHOWN;
    assert_null(strstr(line_of(&at), "memberCount"));
}

static void same_or_not(void **state)
{
    static const char first[] =
        MESSAGE("\"text\":\"hi\",\"id\":\"" ID "\",\"thread\":\"" THREAD "\",\"n\":1.0");
    static const struct {
        const char *text;
        bool same;
    } rows[] = {
        {first, true},
        /* Said in other words, or signed by somebody else: still the same. */
        {"{\"message\" : {\"n\":1.0, \"thread\":\"7D1F0A5E-0000-4000-8000-00000000000a\","
         "\"id\":\"550E8400-E29B-41D4-A716-446655440000\",\"text\":\"h\\u0069\",\"subject\":null,"
         "\"to\":\"anna\",\"sender\":{\"id\":\"eve\"},\"type\":\"plain\"},\"type\":\"message\"}",
         true},
        {MESSAGE("\"text\":\"ho\",\"id\":\"" ID "\",\"thread\":\"" THREAD "\",\"n\":1.0"), false},
        {MESSAGE("\"text\":\"hi\",\"id\":\"" ID "\",\"thread\":\"" ID "\",\"n\":1.0"), false},
        {MESSAGE("\"text\":\"hi\",\"id\":\"" THREAD "\",\"thread\":\"" THREAD "\",\"n\":1.0"),
         false},
        {MESSAGE("\"text\":\"hi\",\"id\":\"" ID "\",\"thread\":\"" THREAD "\",\"n\":1"), false},
        {MESSAGE("\"text\":\"hi\",\"id\":\"" ID "\",\"thread\":\"" THREAD "\""), false},
        {MESSAGE("\"text\":\"hi\",\"id\":\"" ID "\",\"thread\":\"" THREAD
                 "\",\"n\":1.0,\"type\":\"rst\""),
         false},
        {"{\"type\":\"message\",\"x\":0,\"message\":{\"text\":\"hi\",\"id\":\"" ID
         "\",\"thread\":\"" THREAD "\",\"n\":1.0}}",
         false},
    };
    struct stanza_place at = place;
    char line[4096];
    size_t len;

    (void)state;
    at.prev = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    at.member_count = 1000;
    read_json(first);
    len = strlen(line_of(&at));
    memcpy(line, line_of(&at), len + 1);
    for (size_t i = 0; i < ROWS(rows); i++) {
        read_json(rows[i].text);
        if (stanza_message_same(&message, line, len) != rows[i].same)
            fail_msg("row %zu: %s", i, rows[i].text);
    }
    read_json(first);
    assert_true(stanza_message_same(&message, line, len - 1)); /* without its newline */
    assert_false(stanza_message_same(&message, line, len - 2));
    assert_false(stanza_message_same(&message, line, 0));
    line[len - 1] = ' ';
    assert_false(stanza_message_same(&message, line, len));
}

static void places(void **state)
{
    static const struct {
        const char *line;
        int result;
    } rows[] = {
        {LINE_HEAD HI LINE_TAIL, 0},
        {"{\"type\":\"message\",\"seq\":42,\"timestamp\":\"2011-02-10T15:04:55.123456Z\"}", 0},
        {"", -1},
        {"nonsense", -1},
        {"{}", -1},
        {"[]", -1},
        {LINE_HEAD HI, -1},
        {"{\"type\":\"message\",\"seq\":42}", -1},
        {"{\"type\":\"message\",\"timestamp\":\"2011-02-10T15:04:55.123456Z\"}", -1},
        {"{\"type\":\"message\",\"seq\":\"42\",\"timestamp\":\"2011-02-10T15:04:55.123456Z\"}", -1},
        {"{\"type\":\"message\",\"seq\":-1,\"timestamp\":\"2011-02-10T15:04:55.123456Z\"}", -1},
        {"{\"type\":\"message\",\"seq\":1,\"timestamp\":\"2011-02-10T15:04:55.1234567Z\"}", -1},
        {"{\"type\":\"message\",\"seq\":1,\"timestamp\":7}", -1},
        {"{\"type\":\"presence\",\"seq\":1,\"timestamp\":\"2011-02-10T15:04:55.123456Z\"}", -1},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char time[STANZA_TIME_SIZE] = "";
        uint64_t seq = 0;
        int result = stanza_placed(rows[i].line, strlen(rows[i].line), &seq, time);
        assert_int_equal(result, rows[i].result);
        if (result < 0)
            continue;
        assert_int_equal(seq, 42);
        assert_string_equal(time, "2011-02-10T15:04:55.123456Z");
    }
}

static void authors(void **state)
{
    static const struct {
        const char *line;
        const char *user; /* NULL: none */
    } rows[] = {
        {LINE_HEAD HI LINE_TAIL, "anna"},
        {"{\"type\":\"message\",\"message\":{\"sender\":{\"id\":\"b\\u00e4r\"}}}", "b\xc3\xa4r"},
        {"{\"type\":\"presence\",\"presence\":{\"entity\":{\"id\":\"anna\"}}}\n", "anna"},
        {"{\"type\":\"message\",\"message\":{\"sender\":{\"id\":\"1234567\"}}}", "1234567"},
        {"{\"type\":\"message\",\"message\":{\"sender\":{\"id\":\"12345678\"}}}", NULL},
        {"{\"type\":\"message\",\"message\":{\"sender\":{\"id\":7}}}", NULL},
        {"{\"type\":\"message\",\"message\":{\"sender\":\"anna\"}}", NULL},
        {"{\"type\":\"message\",\"message\":[]}", NULL},
        {"{\"type\":\"message\",\"presence\":{\"entity\":{\"id\":\"anna\"}}}", NULL},
        {"{\"type\":\"presence\",\"presence\":{\"entity\":\"anna\"}}", NULL},
        {"{\"type\":\"presence\",\"message\":{\"sender\":{\"id\":\"anna\"}}}", NULL},
        {"{\"type\":\"reaction\",\"message\":{\"sender\":{\"id\":\"anna\"}}}", "anna"},
        {"{\"type\":\"receipt\",\"receipt\":{\"entity\":{\"id\":\"anna\"}}}", "anna"},
        {"{\"type\":\"other\"}", NULL},
        {"[]", NULL},
        {"", NULL},
        {"\0\0\0", NULL},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char user[8] = "";
        int result = stanza_author(rows[i].line, strlen(rows[i].line), user, sizeof user);
        assert_int_equal(result, rows[i].user != NULL ? 0 : -1);
        if (rows[i].user != NULL)
            assert_string_equal(user, rows[i].user);
    }
}

static void threads_of_lines(void **state)
{
    static const struct {
        const char *line;
        const char *thread; /* NULL: none */
    } rows[] = {
        {"{\"type\":\"message\",\"message\":{\"thread\":\"t1\"}}", "t1"},
        {"{\"type\":\"reaction\",\"message\":{\"thread\":\"t1\"}}", "t1"},
        {"{\"type\":\"presence\",\"presence\":{\"thread\":\"t1\"}}", "t1"},
        {"{\"type\":\"receipt\",\"receipt\":{\"thread\":\"t1\"}}", "t1"},
        {"{\"type\":\"presence\",\"presence\":{\"thread\":null}}", NULL},
        {"{\"type\":\"presence\",\"presence\":{\"thread\":\"12345678\"}}", NULL},
        {"{\"type\":\"presence\",\"presence\":{}}", NULL},
        {"{\"type\":\"presence\",\"message\":{\"thread\":\"t1\"}}", NULL},
        {"{\"type\":7,\"message\":{\"thread\":\"t1\"}}", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char thread[8] = "";
        int result = stanza_thread(rows[i].line, strlen(rows[i].line), thread, sizeof thread);
        assert_int_equal(result, rows[i].thread != NULL ? 0 : -1);
        if (rows[i].thread != NULL)
            assert_string_equal(thread, rows[i].thread);
    }
}

#define BARE                                                                                       \
    "{\"objectType\":\"person\",\"id\":\"anna\",\"displayName\":\"anna\",\"url\":null,\"image\":"  \
    "null}"

static void senders(void **state)
{
    static const struct {
        const char *user;
        const char *profile;
        int result;
        const char *sender;
    } rows[] = {
        {"anna", "", 0, BARE},
        {"anna", "{}", 0, BARE},
        {"anna", " { } \n", 0, BARE},
        {"a\"\n\xc3\xa4", "", 0,
         "{\"objectType\":\"person\",\"id\":\"a\\\"\\n\xc3\xa4\",\"displayName\":"
         "\"a\\\"\\n\xc3\xa4\","
         "\"url\":null,\"image\":null}"},
        {"anna", "{\"displayName\":\"Anna M.\"}", 0,
         "{\"objectType\":\"person\",\"id\":\"anna\",\"displayName\":\"Anna M.\",\"url\":null,"
         "\"image\":null}"},
        {"anna",
         "{\"foo2\":1.0, \"image\":{\"url\":\"/a.png\",\"width\":250},\"id\":\"eve\","
         "\"bar\":[{}],\"url\":\"http://example.org/anna\",\"displayName\":\"Anna\"}",
         0,
         "{\"objectType\":\"person\",\"id\":\"anna\",\"displayName\":\"Anna\","
         "\"url\":\"http://example.org/anna\",\"image\":{\"url\":\"/a.png\",\"width\":250},"
         "\"foo2\":1.0,\"bar\":[{}]}"},
        {"anna", "{\"objectType\":\"service\"}", 0,
         "{\"objectType\":\"service\",\"id\":\"anna\",\"displayName\":\"anna\",\"url\":null,"
         "\"image\":null}"},
        {"anna", "{\"displayName\":7,\"objectType\":{}}", 0, BARE},
        {"anna", "{\"displayName\":\"\",\"objectType\":null}", 0, BARE},
        {"anna", "{\"displayName\":\"A\",}", -1, BARE},
        {"anna", "[]", -1, BARE},
        {"anna", "null", -1, BARE},
        {"anna", "\"Anna\"", -1, BARE},
        {"anna", "Anna", -1, BARE},
        {"anna", "{\"a\":1,\"a\":2}", -1, BARE},
        {"anna", "{\"a\":[[[[[[[[[[[[]]]]]]]]]]]]}", -1, BARE},
    };
    int wrong = 0;

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char room[512];
        struct buf out = buf_over(room, sizeof room);
        int result =
            stanza_sender_put(&out, rows[i].user, rows[i].profile, strlen(rows[i].profile));
        buf_put(&out, "", 1);
        if (result == rows[i].result && strcmp(room, rows[i].sender) == 0)
            continue;
        print_error("%s\n  got  %d %s\n", rows[i].profile, result, room);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

#define PRESENT(rest) "{\"entity\":" SENDER "," rest "}"

static void presences(void **state)
{
    static const struct {
        const char *mood;
        bool available;
        const char *object;
    } rows[] = {
        {"", true, PRESENT("\"show\":null,\"status\":null,\"available\":true")},
        {"", false, PRESENT("\"show\":null,\"status\":null,\"available\":false")},
        {"{\"show\":\"dnd\",\"status\":\"Busy\"}\n", true,
         PRESENT("\"show\":\"dnd\",\"status\":\"Busy\",\"available\":true")},
        {"{\"show\":\"dnd\",\"status\":\"Busy\"}", false,
         PRESENT("\"show\":null,\"status\":null,\"available\":false")},
        {"{\"status\":\"\\u00e4\"}", true,
         PRESENT("\"show\":null,\"status\":\"\xc3\xa4\",\"available\":true")},
        {"{\"show\":\"xa\"}", true, PRESENT("\"show\":\"xa\",\"status\":null,\"available\":true")},
        {"{\"show\":\"away\"}", true,
         PRESENT("\"show\":\"away\",\"status\":null,\"available\":true")},
        {"{\"show\":\"chat\"}", true,
         PRESENT("\"show\":\"chat\",\"status\":null,\"available\":true")},
        {"{\"show\":\"asleep\",\"status\":7}", true,
         PRESENT("\"show\":null,\"status\":null,\"available\":true")},
        {"{\"show\":", true, PRESENT("\"show\":null,\"status\":null,\"available\":true")},
        {"[]", true, PRESENT("\"show\":null,\"status\":null,\"available\":true")},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char room[512];
        char line[512];
        struct buf out = buf_over(room, sizeof room);
        struct buf framed = buf_over(line, sizeof line);
        size_t len = strlen(rows[i].mood);
        stanza_presence_object_put(&out, SENDER, sizeof SENDER - 1, rows[i].mood, len,
                                   rows[i].available);
        buf_put(&out, "", 1);
        assert_string_equal(room, rows[i].object);
        stanza_presence_put(&framed, 0, SENDER, sizeof SENDER - 1, rows[i].mood, len,
                            rows[i].available);
        buf_put(&framed, "", 1);
        assert_non_null(strstr(line, "{\"timestamp\":\"1970-01-01T00:00:00.000000Z\","
                                     "\"type\":\"presence\",\"presence\":{\"entity\":"));
        assert_non_null(strstr(line, room));
        assert_string_equal(line + strlen(line) - 3, "}}\n");
    }
}

static void times(void **state)
{
    static const struct {
        int64_t time_us;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000000Z"},
        {1, "1970-01-01T00:00:00.000001Z"},
        {1297350295123456, "2011-02-10T15:04:55.123456Z"},
        {951782399999999, "2000-02-28T23:59:59.999999Z"},
        {951782400000000, "2000-02-29T00:00:00.000000Z"},
        {951868800000000, "2000-03-01T00:00:00.000000Z"},
        {1709164800000000, "2024-02-29T00:00:00.000000Z"},
        {1767225599000000, "2025-12-31T23:59:59.000000Z"},
        {1767225600000000, "2026-01-01T00:00:00.000000Z"},
        {4107542400000000, "2100-03-01T00:00:00.000000Z"},
        {253402300799999999, "9999-12-31T23:59:59.999999Z"},
        {INT64_MAX, "9999-12-31T23:59:59.999999Z"},
        {-1, "1970-01-01T00:00:00.000000Z"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char text[STANZA_TIME_SIZE];
        stanza_time(text, rows[i].time_us);
        assert_string_equal(text, rows[i].text);
    }
}

/* Append `count` members named <prefix>0, <prefix>1, …, each with this value. */
static void put_keys(struct buf *buf, const char *prefix, unsigned count, const char *value)
{
    for (unsigned i = 0; i < count; i++) {
        buf_puts(buf, ",\"");
        buf_puts(buf, prefix);
        buf_putu(buf, i);
        buf_puts(buf, "\":");
        buf_puts(buf, value);
    }
}

/* As much of everything as we take must make a line that can be read again. */
static void biggest(void **state)
{
    static char text[STANZA_BODY_MAX];
    static char people[65536];
    static char line[STANZA_LINE_MAX];
    char profile[1024];
    struct buf body = buf_over(text, sizeof text);
    struct buf one = buf_over(profile, sizeof profile);
    struct buf members = buf_over(people, sizeof people);
    struct buf out = buf_over(line, sizeof line);
    struct stanza_place at = place;
    char user[8];

    (void)state;
    buf_puts(&body, "{\"type\":\"message\"");
    put_keys(&body, "x", 898, "0");
    buf_puts(&body, ",\"message\":{\"text\":\"hi\",\"id\":\"" ID "\"");
    put_keys(&body, "y", 897, "[]");
    buf_puts(&body, ",\"list\":[0");
    for (int i = 0; i < 490; i++)
        buf_puts(&body, ",0");
    buf_puts(&body, "]}}");
    read_json((buf_put(&body, "", 1), text));

    buf_puts(&one, "{\"deep\":[[[[[[[[[[[]]]]]]]]]]]");
    put_keys(&one, "z", 25, "0");
    buf_puts(&one, "}");
    for (int i = 0; i < STANZA_MEMBERS_SHOWN; i++) {
        buf_puts(&members, i > 0 ? "," : "");
        assert_int_equal(stanza_sender_put(&members, "anna", profile, one.len), 0);
    }
    at.sender_len = (members.len - (STANZA_MEMBERS_SHOWN - 1)) / STANZA_MEMBERS_SHOWN;
    at.sender = people;
    at.members = people;
    at.members_len = members.len;
    at.member_count = 1000;
    stanza_message_put(&out, &message, &at);
    assert_false(out.full);
    assert_int_equal(stanza_author(line, out.len, user, sizeof user), 0);
    assert_string_equal(user, "anna");
    assert_true(stanza_message_same(&message, line, out.len));
}

static void too_much(void **state)
{
    static char text[STANZA_BODY_MAX + 2];
    struct stanza_error error;
    struct buf body = buf_over(text, sizeof text);

    (void)state;
    buf_puts(&body, "{\"type\":\"message\",\"message\":{\"text\":\"");
    while (body.len < STANZA_BODY_MAX - 3)
        buf_puts(&body, "a");
    buf_puts(&body, "\"}}");
    assert_int_equal(stanza_message_from_json(&message, text, body.len, &error), 0);
    assert_int_equal(stanza_message_from_json(&message, text, body.len + 1, &error), -1);
    assert_string_equal(error.field, "body");
    assert_string_equal(error.detail, "Too large.");

    body.len = 0;
    buf_puts(&body, "{\"type\":\"message\",\"message\":{\"text\":\"hi\"");
    put_keys(&body, "x", 900, "0");
    buf_puts(&body, "}}");
    assert_int_equal(stanza_message_from_json(&message, text, body.len, &error), -1);
    assert_non_null(strstr(error.detail, "too many keys"));

    body.len = 0;
    buf_puts(&body, "{\"type\":\"message\",\"message\":{\"to\":[\"a\"");
    for (int i = 0; i < STANZA_TO_MAX; i++)
        buf_puts(&body, ",\"a\"");
    buf_puts(&body, "]}}");
    assert_int_equal(stanza_message_from_json(&message, text, body.len, &error), -1);
    assert_string_equal(error.field, "to");
    assert_string_equal(error.detail, "Too many users.");
}

/* A body of nothing but control characters grows sixfold, and still has room. */
static void escapes(void **state)
{
    static char bytes[STANZA_BODY_MAX + 1] = "message=";
    static char line[STANZA_LINE_MAX];
    struct buf out = buf_over(line, sizeof line);
    struct stanza_error error;
    struct form form;
    const char *why;

    (void)state;
    memset(bytes + 8, '\x01', STANZA_BODY_MAX - 8);
    assert_int_equal(form_parse(&form, 0, bytes, STANZA_BODY_MAX, &why), 0);
    assert_int_equal(stanza_message_from_form(&message, &form, &error), 0);
    stanza_message_put(&out, &message, &place);
    assert_false(out.full);
    assert_true(stanza_message_same(&message, line, out.len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_json),
        cmocka_unit_test(from_form),
        cmocka_unit_test(lines),
        cmocka_unit_test(same_or_not),
        cmocka_unit_test(places),
        cmocka_unit_test(authors),
        cmocka_unit_test(threads_of_lines),
        cmocka_unit_test(senders),
        cmocka_unit_test(presences),
        cmocka_unit_test(times),
        cmocka_unit_test(biggest),
        cmocka_unit_test(too_much),
        cmocka_unit_test(escapes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
