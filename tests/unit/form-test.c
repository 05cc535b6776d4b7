/* SPDX-License-Identifier: MIT */
#include "protocol/form.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/buf.h"

#define TEXT(string) (string), sizeof(string) - 1
#define ROWS(table) (sizeof(table) / sizeof *(table))

/* Fields as "name=value;name=value;", in their order. */
static void valid(void **state)
{
    static const struct {
        const char *text;
        const char *fields;
    } rows[] = {
        {"", ""},
        {"&", ""},
        {"&&a=1&&", "a=1;"},
        {"a", "a=;"},
        {"a=", "a=;"},
        {"=", "=;"},
        {"=a", "=a;"},
        {"a=b=c", "a=b=c;"},
        {"a=1&b=2", "a=1;b=2;"},
        {"a&b=2&c", "a=;b=2;c=;"},
        {"a=1&a=2", "a=1;a=2;"},
        {"a+b=c+d", "a b=c d;"},
        {"a%20b=c%2bd", "a b=c+d;"},
        {"%61=%62", "a=b;"},
        {"a=%26%3D%3b", "a=&=;;"},
        {"a=%25", "a=%;"},
        {"a=%2525", "a=%25;"},
        {"a=%C3%a4", "a=\xc3\xa4;"},
        {"a=\xc3\xa4", "a=\xc3\xa4;"},
        {"a=\xc3%A4", "a=\xc3\xa4;"},
        {"a=%F0%9F%98%80", "a=\xf0\x9f\x98\x80;"},
        {"a=%01%0d%0A", "a=\x01\r\n;"},
        {"a=\n", "a=\n;"},
        {"a;b=1;c=2", "a;b=1;c=2;"},
    };
    int wrong = 0;

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char bytes[64];
        char room[64];
        struct buf got = buf_over(room, sizeof room);
        const char *why = NULL;
        struct form form;
        memcpy(bytes, rows[i].text, strlen(rows[i].text) + 1);
        assert_int_equal(form_parse(&form, 0, bytes, strlen(bytes), &why), 0);
        for (size_t f = 0; f < form.count; f++) {
            assert_int_equal(form.field[f].len, strlen(form.field[f].value));
            buf_puts(&got, form.field[f].name);
            buf_puts(&got, "=");
            buf_puts(&got, form.field[f].value);
            buf_puts(&got, ";");
        }
        buf_put(&got, "", 1);
        if (strcmp(room, rows[i].fields) == 0)
            continue;
        print_error("%s: got %s\n", rows[i].text, room);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void invalid(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        const char *why;
    } rows[] = {
        {TEXT("a=%"), "A % must be followed by two hexadecimal digits."},
        {TEXT("a=%4"), "A % must be followed by two hexadecimal digits."},
        {TEXT("a=%4g"), "A % must be followed by two hexadecimal digits."},
        {TEXT("a=%g4"), "A % must be followed by two hexadecimal digits."},
        {TEXT("a=%%34"), "A % must be followed by two hexadecimal digits."},
        {TEXT("a=%4&b=1"), "A % must be followed by two hexadecimal digits."},
        {TEXT("a%4=1"), "A % must be followed by two hexadecimal digits."},
        {TEXT("a=%u0041"), "A % must be followed by two hexadecimal digits."},
        {TEXT("a=%+1"), "A % must be followed by two hexadecimal digits."},
        {TEXT("a=%00"), "Fields must be UTF-8 without NUL."},
        {TEXT("a%00=1"), "Fields must be UTF-8 without NUL."},
        {TEXT("a=\0"), "Fields must be UTF-8 without NUL."},
        {TEXT("\0"), "Fields must be UTF-8 without NUL."},
        {TEXT("a=%ff"), "Fields must be UTF-8 without NUL."},
        {TEXT("a=%e4"), "Fields must be UTF-8 without NUL."},
        {TEXT("%e4=a"), "Fields must be UTF-8 without NUL."},
        {TEXT("a=%C0%80"), "Fields must be UTF-8 without NUL."},
        {TEXT("a=%ED%A0%80"), "Fields must be UTF-8 without NUL."},
        {TEXT("a=%C3&b=%A4"), "Fields must be UTF-8 without NUL."},
        {TEXT("ok=1&a=\xff"), "Fields must be UTF-8 without NUL."},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char bytes[32];
        const char *why = "";
        struct form form;
        memcpy(bytes, rows[i].text, rows[i].len + 1);
        errno = 0;
        assert_int_equal(form_parse(&form, 0, bytes, rows[i].len, &why), -1);
        assert_int_equal(errno, EINVAL);
        assert_string_equal(why, rows[i].why);
    }
}

static void too_many(void **state)
{
    static char bytes[2 * FORM_FIELDS_MAX + 3];
    const char *why = "";
    struct form form;

    (void)state;
    memset(bytes, 'a', sizeof bytes);
    for (size_t i = 1; i < sizeof bytes; i += 2)
        bytes[i] = '&';
    assert_int_equal(form_parse(&form, 1, bytes, 2 * FORM_FIELDS_MAX, &why), 0);
    assert_int_equal(form.count, FORM_FIELDS_MAX);
    for (size_t i = 1; i < sizeof bytes; i += 2)
        bytes[i] = '&';
    assert_int_equal(form_parse(&form, 1, bytes, 2 * FORM_FIELDS_MAX + 1, &why), -1);
    assert_string_equal(why, "Too many fields.");
}

static void get_and_tables(void **state)
{
    char one[] = "a=1&b=2&b=3&=4";
    char other[] = "a=9";
    const char *why;
    struct form body;
    struct form query;

    (void)state;
    assert_int_equal(form_parse(&body, 0, one, strlen(one), &why), 0);
    assert_int_equal(form_parse(&query, 1, other, strlen(other), &why), 0);
    assert_string_equal(form_get(&body, "a")->value, "1");
    assert_string_equal(form_get(&body, "b")->value, "2");
    assert_string_equal(form_get(&body, "")->value, "4");
    assert_null(form_get(&body, "c"));
    assert_null(form_get(&body, "A"));
    assert_string_equal(form_get(&query, "a")->value, "9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid),
        cmocka_unit_test(invalid),
        cmocka_unit_test(too_many),
        cmocka_unit_test(get_and_tables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
