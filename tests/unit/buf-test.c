/* SPDX-License-Identifier: MIT */
#include "protocol/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void numbers(void **state)
{
    static const struct {
        uint64_t number;
        const char *text;
    } rows[] = {
        {0, "0"},
        {7, "7"},
        {10, "10"},
        {1234567890, "1234567890"},
        {UINT64_C(9007199254740993), "9007199254740993"},
        {UINT64_MAX, "18446744073709551615"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char room[32];
        struct buf buf = buf_over(room, sizeof room);
        buf_putu(&buf, rows[i].number);
        assert_int_equal(buf.len, strlen(rows[i].text));
        assert_memory_equal(room, rows[i].text, buf.len);
        assert_false(buf.full);
    }
}

/* One row: `first`, then `second`, into five bytes. */
static void fits_or_not(void **state)
{
    static const struct {
        const char *first;
        const char *second;
        const char *left;
        bool full;
    } rows[] = {
        {"", "", "", false},
        {"abc", "de", "abcde", false},
        {"abcde", "", "abcde", false},
        {"abc", "def", "abc", true},
        {"abcdef", "", "", true},
        /* Nothing comes behind a gap, even if there is room for it. */
        {"abcdef", "a", "", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char room[6] = "-----#";
        struct buf buf = buf_over(room, 5);
        buf_puts(&buf, rows[i].first);
        buf_puts(&buf, rows[i].second);
        assert_int_equal(buf.full, rows[i].full);
        assert_int_equal(buf.len, strlen(rows[i].left));
        assert_memory_equal(room, rows[i].left, buf.len);
        assert_int_equal(room[5], '#');
    }
}

/* The same into five bytes, from which it moves to ten. */
static void moves(void **state)
{
    static const struct {
        const char *first;
        const char *second;
        const char *left;
        bool moved, full;
    } rows[] = {
        {"abc", "", "abc", false, false},
        {"abc", "de", "abcde", false, false},
        {"abc", "def", "abcdef", true, false},
        {"abcdef", "", "abcdef", true, false},
        {"abcde", "fghij", "abcdefghij", true, false},
        {"abcdef", "ghij", "abcdefghij", true, false},
        {"abc", "defghijk", "abc", true, true},
        {"abcdefghijk", "a", "", true, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char brief[6] = "-----#";
        char large[11] = "----------#";
        struct buf buf = buf_over_two(brief, 5, large, 10);
        buf_puts(&buf, rows[i].first);
        buf_puts(&buf, rows[i].second);
        assert_ptr_equal(buf.data, rows[i].moved ? large : brief);
        assert_int_equal(buf.full, rows[i].full);
        assert_int_equal(buf.len, strlen(rows[i].left));
        assert_memory_equal(buf.data, rows[i].left, buf.len);
        assert_int_equal(brief[5], '#');
        assert_int_equal(large[10], '#');
    }
}

/* What it held before it moved is where it was, for who puts it once more. */
static void itself(void **state)
{
    char brief[5];
    char large[10];
    struct buf buf = buf_over_two(brief, sizeof brief, large, sizeof large);
    struct buf before;

    (void)state;
    buf_puts(&buf, "abcd");
    before = buf;
    buf_puts(&buf, ",");
    buf_put(&buf, before.data, before.len);
    assert_int_equal(buf.len, 9);
    assert_memory_equal(buf.data, "abcd,abcd", 9);
}

static void nothing(void **state)
{
    struct buf buf = buf_over(NULL, 0);

    (void)state;
    buf_put(&buf, NULL, 0);
    assert_false(buf.full);
    buf_putu(&buf, 1);
    assert_true(buf.full);
}

static void bytes(void **state)
{
    char room[4];
    struct buf buf = buf_over(room, sizeof room);

    (void)state;
    buf_put(&buf, "\0a\0", 3);
    assert_int_equal(buf.len, 3);
    assert_memory_equal(room, "\0a\0", 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers), cmocka_unit_test(fits_or_not), cmocka_unit_test(moves),
        cmocka_unit_test(itself),  cmocka_unit_test(nothing),     cmocka_unit_test(bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
