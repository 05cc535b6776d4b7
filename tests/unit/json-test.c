/* SPDX-License-Identifier: MIT */
#include "protocol/json.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

#define TEXT(string) (string), sizeof(string) - 1
#define ROWS(table) (sizeof(table) / sizeof *(table))

#define TEXT_SIZE (1 << 18)

static char room[2 * TEXT_SIZE];

/* What `text` becomes when it is written again, or its error, NUL-terminated. */
static const char *rewritten(const char *text, size_t len)
{
    static struct json_error error;
    struct buf out = buf_over(room, sizeof room);
    struct json json;

    if (json_parse(&json, text, len, &error) < 0)
        return error.detail;
    json_put_node(&out, &json, 0);
    json_drop(&json);
    buf_put(&out, "", 1);
    return room;
}

/* A text and what becomes of it; NULL: itself, byte for byte. */
static const struct {
    const char *text;
    size_t len;
    const char *canonical;
} valid_rows[] = {
    {TEXT("null"), NULL},
    {TEXT("true"), NULL},
    {TEXT("false"), NULL},
    {TEXT("\"\""), NULL},
    {TEXT("[]"), NULL},
    {TEXT("{}"), NULL},
    {TEXT("[[]]"), NULL},
    {TEXT("[{}]"), NULL},
    {TEXT("{\"\":{}}"), NULL},
    {TEXT("{\"\":\"\"}"), NULL},
    {TEXT("[null,true,false,1,\"a\",[],{}]"), NULL},
    {TEXT("{\"a\":1,\"b\":[{\"a\":[]}],\"c\":{\"a\":{}}}"), NULL},
    /* White space goes, and only between values. */
    {TEXT(" \t\r\n1 \t\r\n"), "1"},
    {TEXT(" [ ] "), "[]"},
    {TEXT(" { } "), "{}"},
    {TEXT("[ 1 ,\t2 ,\r\n3 ]"), "[1,2,3]"},
    {TEXT("{ \"a b\" : \" c \" , \"d\" : [ ] }"), "{\"a b\":\" c \",\"d\":[]}"},
    /* Numbers stay as they are written. */
    {TEXT("0"), NULL},
    {TEXT("-0"), NULL},
    {TEXT("-0.0"), NULL},
    {TEXT("0.00"), NULL},
    {TEXT("1.0"), NULL},
    {TEXT("1.10"), NULL},
    {TEXT("-12.5"), NULL},
    {TEXT("1e5"), NULL},
    {TEXT("1E5"), NULL},
    {TEXT("1e+5"), NULL},
    {TEXT("1E-05"), NULL},
    {TEXT("0e0"), NULL},
    {TEXT("1.5e300"), NULL},
    {TEXT("1e999999999"), NULL},
    {TEXT("9007199254740993"), NULL},
    {TEXT("123456789012345678901234567890123456789012345678901234567890"), NULL},
    {TEXT("0.1000000000000000055511151231257827021181583404541015625"), NULL},
    {TEXT("[-0,1e5,1E5,10.0]"), NULL},
    /* One way to write each character. */
    {TEXT("\"\\\"\\\\\\b\\f\\n\\r\\t\""), NULL},
    {TEXT("\"\\/\""), "\"/\""},
    {TEXT("\"\\u0041\\u007a\""), "\"Az\""},
    {TEXT("\"\\u0022\\u005C\\u005c\""), "\"\\\"\\\\\\\\\""},
    {TEXT("\"\\u000a\\u000D\\u0009\\u0008\\u000c\""), "\"\\n\\r\\t\\b\\f\""},
    {TEXT("\"\\u0001\\u001F\""), "\"\\u0001\\u001f\""},
    {TEXT("\"\\u007f\""), "\"\x7f\""},
    {TEXT("\"\\u0080\""), "\"\xc2\x80\""},
    {TEXT("\"\\u00e4\\u00E4\""), "\"\xc3\xa4\xc3\xa4\""},
    {TEXT("\"\\u07ff\\u0800\""), "\"\xdf\xbf\xe0\xa0\x80\""},
    {TEXT("\"\\uFFFF\""), "\"\xef\xbf\xbf\""},
    {TEXT("\"\\ud7ff\\ue000\""), "\"\xed\x9f\xbf\xee\x80\x80\""},
    {TEXT("\"\\ud800\\udc00\""), "\"\xf0\x90\x80\x80\""},
    {TEXT("\"\\uD83D\\uDE00!\""), "\"\xf0\x9f\x98\x80!\""},
    {TEXT("\"\\udbff\\udfff\""), "\"\xf4\x8f\xbf\xbf\""},
    {TEXT("\"\\\\u0000\""), NULL},
    {TEXT("\"\\\\\\\\\""), NULL},
    /* UTF-8 at its edges. */
    {TEXT("\"\x7f\""), NULL},
    {TEXT("\"\xc2\x80\xdf\xbf\""), NULL},
    {TEXT("\"\xe0\xa0\x80\xef\xbf\xbf\""), NULL},
    {TEXT("\"\xed\x9f\xbf\xee\x80\x80\""), NULL},
    {TEXT("\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""), NULL},
    {TEXT("\"\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf\""), NULL},
    /* Keys are strings like others; only equal ones in one object collide. */
    {TEXT("{\"\\u0061\":1}"), "{\"a\":1}"},
    {TEXT("{\"a\":{\"a\":{\"a\":1}}}"), NULL},
    {TEXT("[{\"a\":1},{\"a\":1}]"), NULL},
    {TEXT("{\"a\":1,\"A\":1,\"\":1,\"aa\":1,\"a \":1}"), NULL},
    {TEXT("{\"a\":\"a\",\"b\":\"a\"}"), NULL},
    {TEXT("{\"b\":1,\"a\":2,\"c\":3}"), NULL},
};

static void valid(void **state)
{
    int wrong = 0;

    (void)state;
    for (size_t i = 0; i < ROWS(valid_rows); i++) {
        const char *want =
            valid_rows[i].canonical != NULL ? valid_rows[i].canonical : valid_rows[i].text;
        const char *got = rewritten(valid_rows[i].text, valid_rows[i].len);
        if (strcmp(got, want) == 0)
            continue;
        print_error("%s: got %s\n", valid_rows[i].text, got);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

/* A text, and the beginning of what is said about it. */
static const struct {
    const char *text;
    size_t len;
    const char *detail;
} invalid_rows[] = {
    /* Not there, or not whole. */
    {TEXT(""), "offset 0: the text ends too early"},
    {TEXT("  "), "offset 2: the text ends too early"},
    {TEXT("["), "offset 1: the text ends too early"},
    {TEXT("{"), "offset 1: the text ends too early"},
    {TEXT("[1"), "offset 2: the text ends too early"},
    {TEXT("[1,"), "offset 3: the text ends too early"},
    {TEXT("{\"a\""), "offset 4: the text ends too early"},
    {TEXT("{\"a\":"), "offset 5: the text ends too early"},
    {TEXT("{\"a\":1"), "offset 6: the text ends too early"},
    {TEXT("{\"a\":1,"), "offset 7: the text ends too early"},
    {TEXT("\""), "offset 1: the text ends too early"},
    {TEXT("\"a"), "offset 2: the text ends too early"},
    {TEXT("\"\\"), "offset 2: the text ends too early"},
    {TEXT("\"\\u"), "offset 3: the text ends too early"},
    {TEXT("\"\\u00"), "offset 5: the text ends too early"},
    {TEXT("nul"), "offset 3: the text ends too early"},
    {TEXT("-"), "offset 1: the text ends too early"},
    {TEXT("1."), "offset 2: the text ends too early"},
    {TEXT("1e"), "offset 2: the text ends too early"},
    {TEXT("1e+"), "offset 3: the text ends too early"},
    /* More than there should be. */
    {TEXT("1 2"), "offset 2: something follows the value"},
    {TEXT("[]]"), "offset 2: something follows the value"},
    {TEXT("{}{}"), "offset 2: something follows the value"},
    {TEXT("nullx"), "offset 4: something follows the value"},
    {TEXT("\"a\"\"b\""), "offset 3: something follows the value"},
    {TEXT("{}\0"), "offset 2: something follows the value"},
    {TEXT("{},"), "offset 2: something follows the value"},
    {TEXT("[]//"), "offset 2: something follows the value"},
    /* Structure. */
    {TEXT("]"), "offset 0: no JSON value"},
    {TEXT(","), "offset 0: no JSON value"},
    {TEXT("[,]"), "offset 1: no JSON value"},
    {TEXT("[1,]"), "offset 3: no JSON value"},
    {TEXT("[1,,2]"), "offset 3: no JSON value"},
    {TEXT("[1 2]"), "offset 3: a comma or ]"},
    {TEXT("[1}"), "offset 2: a comma or ]"},
    {TEXT("[1:2]"), "offset 2: a comma or ]"},
    {TEXT("{\"a\":1]"), "offset 6: a comma or }"},
    {TEXT("{\"a\":1 \"b\":2}"), "offset 7: a comma or }"},
    {TEXT("{\"a\":1,}"), "offset 7: a string must stand here"},
    {TEXT("{,}"), "offset 1: a string must stand here"},
    {TEXT("{1:2}"), "offset 1: a string must stand here"},
    {TEXT("{a:1}"), "offset 1: a string must stand here"},
    {TEXT("{'a':1}"), "offset 1: a string must stand here"},
    {TEXT("{null:1}"), "offset 1: a string must stand here"},
    {TEXT("{[]:1}"), "offset 1: a string must stand here"},
    {TEXT("{\"a\"}"), "offset 4: a colon must stand here"},
    {TEXT("{\"a\",1}"), "offset 4: a colon must stand here"},
    {TEXT("{\"a\"::1}"), "offset 5: no JSON value"},
    {TEXT("{\"a\":}"), "offset 5: no JSON value"},
    /* Literals. */
    {TEXT("True"), "offset 0: no JSON value"},
    {TEXT("nulL"), "offset 3: no JSON value"},
    {TEXT("tru e"), "offset 3: no JSON value"},
    {TEXT("undefined"), "offset 0: no JSON value"},
    {TEXT("NaN"), "offset 0: no JSON value"},
    {TEXT("Infinity"), "offset 0: no JSON value"},
    {TEXT("'a'"), "offset 0: no JSON value"},
    {TEXT("/**/1"), "offset 0: no JSON value"},
    {TEXT("\0"), "offset 0: no JSON value"},
    {TEXT("[\0]"), "offset 1: no JSON value"},
    {TEXT("\x0b"
          "1"),
     "offset 0: no JSON value"},
    {TEXT("\xc2\xa0"
          "1"),
     "offset 0: no JSON value"},
    {TEXT("\xef\xbb\xbf{}"), "offset 0: no JSON value"},
    {TEXT("\xff\xfe{\0}\0"), "offset 0: no JSON value"},
    /* Numbers. */
    {TEXT("01"), "offset 1: something follows"},
    {TEXT("-01"), "offset 2: something follows"},
    {TEXT("00"), "offset 1: something follows"},
    {TEXT("[01]"), "offset 2: a comma or ]"},
    {TEXT("0x10"), "offset 1: something follows"},
    {TEXT("1.e5"), "offset 2: a digit is missing"},
    {TEXT("[1.]"), "offset 3: a digit is missing"},
    {TEXT("[1e]"), "offset 3: a digit is missing"},
    {TEXT("[1e+]"), "offset 4: a digit is missing"},
    {TEXT("[1e+-1]"), "offset 4: a digit is missing"},
    {TEXT("1.2.3"), "offset 3: something follows"},
    {TEXT("1e5.5"), "offset 3: something follows"},
    {TEXT("[-]"), "offset 2: a digit is missing"},
    {TEXT("--1"), "offset 1: a digit is missing"},
    {TEXT("-a"), "offset 1: a digit is missing"},
    {TEXT("+1"), "offset 0: no JSON value"},
    {TEXT(".5"), "offset 0: no JSON value"},
    {TEXT("1_000"), "offset 1: something follows"},
    {TEXT("1\0"), "offset 1: something follows"},
    {TEXT("1\xd9\xa1"), "offset 1: something follows"},
    /* Escapes. */
    {TEXT("\"\\x41\""), "offset 2: no such escape"},
    {TEXT("\"\\'\""), "offset 2: no such escape"},
    {TEXT("\"\\0\""), "offset 2: no such escape"},
    {TEXT("\"\\a\""), "offset 2: no such escape"},
    {TEXT("\"\\U0041\""), "offset 2: no such escape"},
    {TEXT("\"\\\0\""), "offset 2: no such escape"},
    {TEXT("\"\\\n\""), "offset 2: no such escape"},
    {TEXT("\"\\u004\""), "offset 6: four hexadecimal digits"},
    {TEXT("\"\\u00g0\""), "offset 5: four hexadecimal digits"},
    {TEXT("\"\\u 041\""), "offset 3: four hexadecimal digits"},
    {TEXT("\"\\u+041\""), "offset 3: four hexadecimal digits"},
    {TEXT("\"\\u@041\""), "offset 3: four hexadecimal digits"},
    {TEXT("\"\\u\xc3\xa4\xc3\xa4\""), "offset 3: four hexadecimal digits"},
    {TEXT("\"\\u0000\""), "offset 1: a NUL character"},
    {TEXT("\"abc\\u0000\""), "offset 4: a NUL character"},
    {TEXT("{\"\\u0000\":1}"), "offset 2: a NUL character"},
    {TEXT("\"\\ud800\""), "offset 1: a lone surrogate"},
    {TEXT("\"\\uDBFF\""), "offset 1: a lone surrogate"},
    {TEXT("\"\\udc00\""), "offset 1: a lone surrogate"},
    {TEXT("\"\\udfff\""), "offset 1: a lone surrogate"},
    {TEXT("\"a\\ud800b\""), "offset 2: a lone surrogate"},
    {TEXT("\"\\ud800\\n\""), "offset 1: a lone surrogate"},
    {TEXT("\"\\ud800\\u0041\""), "offset 1: a lone surrogate"},
    {TEXT("\"\\ud800\\ud800\""), "offset 1: a lone surrogate"},
    {TEXT("\"\\ud800\\ue000\""), "offset 1: a lone surrogate"},
    {TEXT("\"\\udc00\\ud800\""), "offset 1: a lone surrogate"},
    {TEXT("\"\\ud83d\\ude00\\ude00\""), "offset 13: a lone surrogate"},
    {TEXT("\"\\ud800\\u00"), "offset 11: the text ends too early"},
    {TEXT("{\"\\ud800\":1}"), "offset 2: a lone surrogate"},
    /* Bytes. */
    {TEXT("\"\0\""), "offset 1: a control character"},
    {TEXT("\"\n\""), "offset 1: a control character"},
    {TEXT("\"\t\""), "offset 1: a control character"},
    {TEXT("\"a\x1f\""), "offset 2: a control character"},
    {TEXT("{\"\n\":1}"), "offset 2: a control character"},
    {TEXT("\"\x80\""), "offset 1: no valid UTF-8"},
    {TEXT("\"\xbf\""), "offset 1: no valid UTF-8"},
    {TEXT("\"\xc0\x80\""), "offset 1: no valid UTF-8"},
    {TEXT("\"\xc1\xbf\""), "offset 1: no valid UTF-8"},
    {TEXT("\"\xe0\x80\x80\""), "offset 1: no valid UTF-8"},
    {TEXT("\"\xe0\x9f\xbf\""), "offset 1: no valid UTF-8"},
    {TEXT("\"\xf0\x80\x80\x80\""), "offset 1: no valid UTF-8"},
    {TEXT("\"\xf0\x8f\xbf\xbf\""), "offset 1: no valid UTF-8"},
    {TEXT("\"\xed\xa0\x80\""), "offset 1: no valid UTF-8"},
    {TEXT("\"\xed\xbf\xbf\""), "offset 1: no valid UTF-8"},
    {TEXT("\"\xed\xa0\xbd\xed\xb8\x80\""), "offset 1: no valid UTF-8"},
    {TEXT("\"\xf4\x90\x80\x80\""), "offset 1: no valid UTF-8"},
    {TEXT("\"\xf5\x80\x80\x80\""), "offset 1: no valid UTF-8"},
    {TEXT("\"\xf8\x88\x80\x80\x80\""), "offset 1: no valid UTF-8"},
    {TEXT("\"\xfe\""), "offset 1: no valid UTF-8"},
    {TEXT("\"\xff\""), "offset 1: no valid UTF-8"},
    {TEXT("\"\xc3\""), "offset 1: no valid UTF-8"},
    {TEXT("\"\xe2\x82\""), "offset 1: no valid UTF-8"},
    {TEXT("\"\xf0\x9f\x98\""), "offset 1: no valid UTF-8"},
    {TEXT("\"a\xc3"), "offset 2: no valid UTF-8"},
    {TEXT("\"a\xf0\x9f\x98"), "offset 2: no valid UTF-8"},
    {TEXT("\"a\xc3(\""), "offset 2: no valid UTF-8"},
    {TEXT("\"\xe4hnlich\""), "offset 1: no valid UTF-8"},
    /* Keys given twice, however they are written. */
    {TEXT("{\"a\":1,\"a\":1}"), "offset 7: a key given twice"},
    {TEXT("{\"a\":1,\"b\":2,\"a\":3}"), "offset 13: a key given twice"},
    {TEXT("{\"a\":1,\"\\u0061\":2}"), "offset 7: a key given twice"},
    {TEXT("{\"\\u0061\":1,\"a\":2}"), "offset 12: a key given twice"},
    {TEXT("{\"/\":1,\"\\/\":2}"), "offset 7: a key given twice"},
    {TEXT("{\"\":1,\"\":2}"), "offset 6: a key given twice"},
    {TEXT("{\"\xc3\xa4\":1,\"\\u00e4\":2}"), "offset 8: a key given twice"},
    {TEXT("{\"\xf0\x9f\x98\x80x\":1,\"\\ud83d\\uDE00x\":2}"), "offset 11: a key given twice"},
    {TEXT("[{\"x\":[{\"a\":{},\"b\":[],\"a\":0}]}]"), "offset 22: a key given twice"},
};

static void invalid(void **state)
{
    int wrong = 0;

    (void)state;
    for (size_t i = 0; i < ROWS(invalid_rows); i++) {
        const char *got = rewritten(invalid_rows[i].text, invalid_rows[i].len);
        if (strncmp(got, invalid_rows[i].detail, strlen(invalid_rows[i].detail)) == 0)
            continue;
        print_error("row %zu, %s: got %s\n", i, invalid_rows[i].text, got);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

/*
 * No beginning of a valid text is valid, and none makes us read past its end (the sanitizer looks).
 */
static void beginnings(void **state)
{
    static const char text[] =
        "{\"a\":[-1.5e+3,true,false,null,\"\\ud83d\\ude00 \xc3\xa4\\n\"],\"b\":{}}";

    (void)state;
    for (size_t len = 0; len < sizeof text - 1; len++) {
        char *exact = test_malloc(len + 1);
        struct json_error error;
        struct json json;
        memcpy(exact + 1, text, len);
        errno = 0;
        assert_int_equal(json_parse(&json, exact + 1, len, &error), -1);
        assert_int_equal(errno, EINVAL);
        assert_in_range(error.offset, 0, len);
        test_free(exact);
    }
}

/* `count` times `part`, with commas between them if that is asked for, in a frame. */
static size_t repeat(char *text, const char *before, const char *part, size_t count, bool commas,
                     const char *after)
{
    struct buf buf = buf_over(text, TEXT_SIZE);

    buf_puts(&buf, before);
    for (size_t i = 0; i < count; i++) {
        buf_puts(&buf, i > 0 && commas ? "," : "");
        buf_puts(&buf, part);
    }
    buf_puts(&buf, after);
    assert_false(buf.full);
    return buf.len;
}

/* An object of `count` keys that differ behind `part` repeated. */
static size_t many_keys(char *text, size_t count, const char *part, size_t repeated)
{
    struct buf buf = buf_over(text, TEXT_SIZE);

    for (size_t i = 0; i < count; i++) {
        buf_puts(&buf, i == 0 ? "{\"" : ",\"");
        for (size_t j = 0; j < repeated; j++)
            buf_puts(&buf, part);
        buf_putu(&buf, i);
        buf_puts(&buf, "\":1");
    }
    buf_puts(&buf, "}");
    assert_false(buf.full);
    return buf.len;
}

static void limits(void **state)
{
    static const struct {
        const char *before;
        const char *part;
        size_t count;
        bool commas;
        const char *after;
        const char *detail; /* NULL: valid */
    } rows[] = {
        {"", "[", 16, false, "]]]]]]]]]]]]]]]]", NULL},
        {"", "[", 17, false, "]]]]]]]]]]]]]]]]]", "offset 16: too many arrays and objects"},
        {"", "{\"a\":", 16, false, "1}}}}}}}}}}}}}}}}", NULL},
        {"", "{\"a\":", 17, false, "1}}}}}}}}}}}}}}}}}", "offset 80: too many arrays and objects"},
        {"", "[", 5000, false, "", "offset 16: too many arrays and objects"},
        /* Depth is what is open at once, not what there is. */
        {"[", "[]", 100, true, "]", NULL},
        {"[", "{}", 100, true, ",{\"a\":[[[]]]}]", NULL},
        /* Values: the array itself is one. */
        {"[", "0", JSON_VALUES_MAX - 1, true, "]", NULL},
        {"[", "0", JSON_VALUES_MAX, true, "]", "offset 16383: too many values"},
        {"[", "\"\"", JSON_VALUES_MAX + 9, true, "]", "offset 24574: too many values"},
        {"[", "[]", JSON_VALUES_MAX - 1, true, "]", NULL},
    };
    static char text[TEXT_SIZE];
    int wrong = 0;

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        size_t len = repeat(text, rows[i].before, rows[i].part, rows[i].count, rows[i].commas,
                            rows[i].after);
        const char *got = rewritten(text, len);
        bool right = rows[i].detail != NULL
                         ? strncmp(got, rows[i].detail, strlen(rows[i].detail)) == 0
                         : strlen(got) == len && memcmp(got, text, len) == 0;
        if (right)
            continue;
        print_error("row %zu: got %.100s\n", i, got);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void key_limit(void **state)
{
    static char text[TEXT_SIZE];
    size_t len = many_keys(text, JSON_KEYS_MAX, "k", 1);

    (void)state;
    assert_int_equal(strlen(rewritten(text, len)), len);
    len = many_keys(text, JSON_KEYS_MAX + 1, "k", 1);
    assert_string_equal(rewritten(text, len), "offset 8891: too many keys in one object");
}

/* In objects of every size: the last key is the first one, and, to compare, another. */
static void last_key(void **state)
{
    static char text[TEXT_SIZE];

    (void)state;
    for (size_t count = 2; count <= 40; count++) {
        size_t len = many_keys(text, count, "k", 1);
        const char *got = rewritten(text, len);
        char *last = strrchr(text, 'k');
        if (strlen(got) != len)
            fail_msg("%zu keys: got %.100s", count, got);
        strcpy(last + 1, "0\":1}");
        got = rewritten(text, strlen(text));
        if (strstr(got, ": a key given twice") == NULL)
            fail_msg("%zu keys, one twice: got %.100s", count, got);
    }
}

/* Texts lie above each other in the pool until it is full; what is below is not touched. */
static void pool(void **state)
{
    static char text[TEXT_SIZE];
    size_t len = repeat(text, "[", "0", JSON_VALUES_MAX - 1, true, "]");
    struct json_error error;
    struct json all[4];
    uint64_t number;
    int count = 0;

    (void)state;
    errno = 0;
    while (count < 4 && json_parse(&all[count], text, len, &error) == 0)
        count++;
    assert_int_equal(count, 3);
    assert_int_equal(errno, ENOMEM);
    json_drop(&all[2]);
    assert_int_equal(json_parse(&all[2], TEXT("{\"a\":1,\"a\":2}"), &error), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(json_parse(&all[2], TEXT("{\"a\":7}"), NULL), 0);
    assert_true(json_whole(&all[2], json_get(&all[2], 0, "a"), &number));
    assert_int_equal(number, 7);
    json_drop(&all[2]);
    assert_int_equal(all[1].count, JSON_VALUES_MAX);
    assert_int_equal(json_kind(&all[1], JSON_VALUES_MAX - 1), JSON_NUMBER);
    json_drop(&all[1]);
    json_drop(&all[0]);
}

static void questions(void **state)
{
    static const char text[] = "{\"n\":null,\"f\":false,\"t\":true,\"i\":-1,\"s\":\"\\u0061b\","
                               "\"a\":[[1,[2]],{\"x\":{\"y\":[]}},3],\"o\":{},\"\\u006cast\":4}";
    static const struct {
        const char *key;
        enum json_kind kind;
        const char *raw;
    } rows[] = {
        {"n", JSON_NULL, "null"},           {"f", JSON_FALSE, "false"},
        {"t", JSON_TRUE, "true"},           {"i", JSON_NUMBER, "-1"},
        {"s", JSON_STRING, "\"\\u0061b\""}, {"a", JSON_ARRAY, "[[1,[2]],{\"x\":{\"y\":[]}},3]"},
        {"o", JSON_OBJECT, "{}"},           {"last", JSON_NUMBER, "4"},
    };
    struct json json;
    size_t i = 0;

    (void)state;
    assert_int_equal(json_parse(&json, TEXT(text), NULL), 0);
    assert_int_equal(json_kind(&json, 0), JSON_OBJECT);
    for (int key = json_first(&json, 0); key >= 0; key = json_next(&json, 0, key), i++) {
        size_t len;
        const char *raw = json_raw(&json, json_value(&json, key), &len);
        assert_true(i < ROWS(rows));
        assert_true(json_equals(&json, key, rows[i].key));
        assert_int_equal(json_get(&json, 0, rows[i].key), json_value(&json, key));
        assert_int_equal(json_kind(&json, json_value(&json, key)), rows[i].kind);
        assert_int_equal(len, strlen(rows[i].raw));
        assert_memory_equal(raw, rows[i].raw, len);
    }
    assert_int_equal(i, ROWS(rows));
    assert_int_equal(json_get(&json, 0, "x"), -1);
    assert_int_equal(json_get(&json, 0, "las"), -1);
    assert_int_equal(json_get(&json, 0, "last "), -1);
    assert_int_equal(json_get(&json, 0, ""), -1);
    assert_int_equal(json_get(&json, -1, "n"), -1);
    assert_int_equal(json_get(&json, json_get(&json, 0, "a"), "x"), -1);
    assert_int_equal(json_get(&json, json_get(&json, 0, "s"), "x"), -1);
    json_drop(&json);
}

static void children(void **state)
{
    static const struct {
        const char *text;
        int count;
        uint64_t last; /* its last child, a number; 0: no child */
    } rows[] = {
        {"[]", 0, 0},
        {"{}", 0, 0},
        {"1", 0, 0},
        {"\"a\"", 0, 0},
        {"[7]", 1, 7},
        {"[[],7]", 2, 7},
        {"[[[]],[[1,2],3],{\"a\":{\"b\":1}},\"\",\"x\",7]", 6, 7},
        {"{\"a\":7}", 1, 7},
        {"{\"a\":{},\"b\":[[]],\"\":\"\",\"c\":{\"d\":{\"e\":[1,2]},\"f\":0},\"g\":7}", 5, 7},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct json json;
        uint64_t number = 0;
        int count = 0;
        int last = -1;
        assert_int_equal(json_parse(&json, rows[i].text, strlen(rows[i].text), NULL), 0);
        for (int at = json_first(&json, 0); at >= 0; at = json_next(&json, 0, at), count++)
            last = json_kind(&json, 0) == JSON_OBJECT ? json_value(&json, at) : at;
        assert_int_equal(count, rows[i].count);
        assert_true(last < 0 || json_whole(&json, last, &number));
        assert_int_equal(number, rows[i].last);
        json_drop(&json);
    }
}

static void strings(void **state)
{
    static const struct {
        const char *text;
        size_t size;
        int len;
        const char *string; /* NULL: an error, `len` is errno */
    } rows[] = {
        {"\"\"", 1, 0, ""},
        {"\"\"", 0, ENAMETOOLONG, NULL},
        {"\"abc\"", 4, 3, "abc"},
        {"\"abc\"", 3, ENAMETOOLONG, NULL},
        {"\"\\u00e4\"", 3, 2, "\xc3\xa4"},
        {"\"\\u00e4\"", 2, ENAMETOOLONG, NULL},
        {"\"\\ud83d\\ude00\"", 5, 4, "\xf0\x9f\x98\x80"},
        {"\"\\ud83d\\ude00\"", 4, ENAMETOOLONG, NULL},
        {"\"\\n\\\"\"", 16, 2, "\n\""},
        {"1", 16, EINVAL, NULL},
        {"null", 16, EINVAL, NULL},
        {"[]", 16, EINVAL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct json json;
        char out[16];
        int len;
        assert_int_equal(json_parse(&json, rows[i].text, strlen(rows[i].text), NULL), 0);
        errno = 0;
        len = json_string(&json, 0, out, rows[i].size);
        if (rows[i].string != NULL) {
            assert_int_equal(len, rows[i].len);
            assert_string_equal(out, rows[i].string);
            assert_true(json_equals(&json, 0, rows[i].string));
        } else {
            assert_int_equal(len, -1);
            assert_int_equal(errno, rows[i].len);
        }
        assert_false(json_equals(&json, 0, "other"));
        json_drop(&json);
    }
}

static void whole_numbers(void **state)
{
    static const struct {
        const char *text;
        bool whole;
        uint64_t number;
    } rows[] = {
        {"0", true, 0},
        {"42", true, 42},
        {"9007199254740992", true, UINT64_C(1) << 53},
        {"9007199254740993", false, 0},
        {"18446744073709551616", false, 0},
        {"99999999999999999999999999", false, 0},
        {"-1", false, 0},
        {"-0", false, 0},
        {"1.0", false, 0},
        {"1e2", false, 0},
        {"\"1\"", false, 0},
        {"null", false, 0},
        {"[]", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct json json;
        uint64_t number = 0;
        assert_int_equal(json_parse(&json, rows[i].text, strlen(rows[i].text), NULL), 0);
        assert_int_equal(json_whole(&json, 0, &number), rows[i].whole);
        assert_int_equal(number, rows[i].number);
        json_drop(&json);
    }
}

static void put_strings(void **state)
{
    static const struct {
        const char *string;
        size_t len;
        const char *text;
    } rows[] = {
        {TEXT(""), "\"\""},
        {TEXT("abc"), "\"abc\""},
        {TEXT("\""), "\"\\\"\""},
        {TEXT("\\"), "\"\\\\\""},
        {TEXT("a\"b\\c"), "\"a\\\"b\\\\c\""},
        {TEXT("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\""},
        {TEXT("\x01\x0b\x1f"), "\"\\u0001\\u000b\\u001f\""},
        {TEXT("/<>&'"), "\"/<>&'\""},
        {TEXT("\xc3\xa4\xf0\x9f\x98\x80"), "\"\xc3\xa4\xf0\x9f\x98\x80\""},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char out[64];
        struct buf buf = buf_over(out, sizeof out);
        json_put_string(&buf, rows[i].string, rows[i].len);
        assert_int_equal(buf.len, strlen(rows[i].text));
        assert_memory_equal(out, rows[i].text, buf.len);
    }
}

static void utf8(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        bool ok;
    } rows[] = {
        {TEXT(""), true},
        {TEXT("a\n\x7f"), true},
        {TEXT("\xc3\xa4"), true},
        {TEXT("\xc3"), false},
        {TEXT("\xe4"), false},
        {TEXT("a\0b"), false},
        {TEXT("\0"), false},
        {TEXT("\xc0\x80"), false},
        {TEXT("\xed\xa0\x80"), false},
        {TEXT("\xef\xbf"), false},
        {TEXT("\xf4\x8f\xbf\xbf"), true},
        {TEXT("\xf4\x90\x80\x80"), false},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        assert_int_equal(utf8_ok(rows[i].bytes, rows[i].len), rows[i].ok);
}

/* Keys that differ at their end only, as many as may be: must not take a time one notices. */
static void long_keys(void **state)
{
    static char text[TEXT_SIZE];
    size_t len = many_keys(text, JSON_KEYS_MAX, "aaaaaaaaaa", 20);
    struct json json;

    (void)state;
    assert_int_equal(json_parse(&json, text, len, NULL), 0);
    json_drop(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid),   cmocka_unit_test(invalid),       cmocka_unit_test(beginnings),
        cmocka_unit_test(limits),  cmocka_unit_test(key_limit),     cmocka_unit_test(last_key),
        cmocka_unit_test(pool),    cmocka_unit_test(questions),     cmocka_unit_test(children),
        cmocka_unit_test(strings), cmocka_unit_test(whole_numbers), cmocka_unit_test(put_strings),
        cmocka_unit_test(utf8),    cmocka_unit_test(long_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
