/* SPDX-License-Identifier: MIT */
#include "protocol/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ROWS(table) (sizeof(table) / sizeof *(table))

struct row {
    const char *header;
    uint64_t size;
    int result;
    uint64_t first;
    uint64_t last;
};

static void expect(const struct row *row)
{
    struct range range = {0, 0};
    int result = range_parse(&range, row->header, row->size);

    if (result != row->result || range.first != row->first || range.last != row->last)
        fail_msg("'%s' of %llu: %d, %llu to %llu", row->header, (unsigned long long)row->size,
                 result, (unsigned long long)range.first, (unsigned long long)range.last);
}

static void ranges(void **state)
{
    static const struct row rows[] = {
        {"bytes=0-0", 10, 1, 0, 0},
        {"bytes=0-9", 10, 1, 0, 9},
        {"bytes=9-9", 10, 1, 9, 9},
        {"bytes=3-", 10, 1, 3, 9},
        {"bytes=0-", 10, 1, 0, 9},
        {"bytes=0-", 1, 1, 0, 0},
        {"bytes=5-100", 10, 1, 5, 9},
        {"bytes=5-18446744073709551615", 10, 1, 5, 9},
        {"bytes=5-99999999999999999999999999", 10, 1, 5, 9},
        {"bytes=-3", 10, 1, 7, 9},
        {"bytes=-10", 10, 1, 0, 9},
        {"bytes=-11", 10, 1, 0, 9},
        {"bytes=-99999999999999999999999999", 10, 1, 0, 9},
        {"bytes=0000000000000000000000000002-3", 10, 1, 2, 3},
        {"Bytes=2-3", 10, 1, 2, 3},
        {"bytes= 2-3 ", 10, 1, 2, 3},
        {"bytes=4294967296-4294967297", UINT64_C(1) << 33, 1, 4294967296, 4294967297},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        expect(&rows[i]);
}

static void no_ranges(void **state)
{
    static const struct row rows[] = {
        {"bytes=10-", 10, -1, 0, 0},
        {"bytes=10-20", 10, -1, 0, 0},
        {"bytes=18446744073709551616-", 10, -1, 0, 0},
        {"bytes=-0", 10, -1, 0, 0},
        {"bytes=0-", 0, -1, 0, 0},
        {"bytes=0-0", 0, -1, 0, 0},
        {"bytes=-5", 0, -1, 0, 0},
        {"", 10, 0, 0, 0},
        {"bytes", 10, 0, 0, 0},
        {"bytes=", 10, 0, 0, 0},
        {"bytes=-", 10, 0, 0, 0},
        {"bytes=--1", 10, 0, 0, 0},
        {"bytes=1", 10, 0, 0, 0},
        {"bytes=a-b", 10, 0, 0, 0},
        {"bytes=1-b", 10, 0, 0, 0},
        {"bytes=3-2", 10, 0, 0, 0},
        {"bytes=+1-2", 10, 0, 0, 0},
        {"bytes=1 -2", 10, 0, 0, 0},
        {"bytes=1- 2", 10, 0, 0, 0},
        {"bytes =1-2", 10, 0, 0, 0},
        {" bytes=1-2", 10, 0, 0, 0},
        {"bytes=0-1,3-4", 10, 0, 0, 0},
        {"bytes=0-1,", 10, 0, 0, 0},
        {"bytes=,0-1", 10, 0, 0, 0},
        {"bytes=0x1-2", 10, 0, 0, 0},
        {"lines=0-1", 10, 0, 0, 0},
        {"0-1", 10, 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        expect(&rows[i]);
}

static void conditions(void **state)
{
    static const struct {
        const char *header;
        bool is_if;
        bool none_match;
    } rows[] = {
        {"", true, false},
        {"\"abc\"", true, true},
        {"W/\"abc\"", false, true},
        {"\"abd\"", false, false},
        {"\"abc", false, false},
        {"abc", false, false},
        {"*", false, true},
        {"* ", false, false},
        {"w/\"abc\"", false, false},
        {"W/", false, false},
        {"\"x\", \"abc\"", false, true},
        {"\"x\",\"abc\",\"y\"", false, true},
        {"  \"abc\"  ", false, true},
        {",,\"abc\",", false, true},
        {"\"x\", W/\"abc\"", false, true},
        {"\"x\"\"abc\"", false, false},
        {"Sat, 29 Oct 1994 19:43:31 GMT", false, false},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        if (range_if(rows[i].header, "\"abc\"") != rows[i].is_if)
            fail_msg("If-Range: %s", rows[i].header);
        if (range_none_match(rows[i].header, "\"abc\"") != rows[i].none_match)
            fail_msg("If-None-Match: %s", rows[i].header);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges),
        cmocka_unit_test(no_ranges),
        cmocka_unit_test(conditions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
