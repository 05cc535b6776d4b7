/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#define ID "7d1f0a5e-1234-4abc-8def-0123456789ab"
#define GOOD "m " ID " 0000000042 1763817600123\n"

static void printed_form(void **state)
{
    static const struct {
        struct journal_record record;
        const char *bytes;
    } rows[] = {
        {{JOURNAL_MESSAGE, ID, 42, 1763817600123}, GOOD},
        {{JOURNAL_PRESENCE, ID, 0, 1763817600150}, "p " ID " 0000000000 1763817600150\n"},
        {{JOURNAL_MESSAGE, ID, SEQ_MAX, 9999999999999}, "m " ID " 9999999999 9999999999999\n"},
        {{JOURNAL_MESSAGE, ID, 1, 1}, "m " ID " 0000000001 0000000000001\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct journal_record back;
        char bytes[JOURNAL_RECORD];
        record_print(bytes, &rows[i].record);
        assert_int_equal(strlen(rows[i].bytes), JOURNAL_RECORD);
        assert_memory_equal(bytes, rows[i].bytes, JOURNAL_RECORD);
        assert_int_equal(record_parse(&back, bytes), 0);
        assert_int_equal(back.kind, rows[i].record.kind);
        assert_string_equal(back.id, rows[i].record.id);
        assert_int_equal(back.seq, rows[i].record.seq);
        assert_int_equal(back.ms, rows[i].record.ms);
    }
}

/* Whether a byte may stand at a place of a record: kind, spaces, dashes, digits. */
static bool may_stand(size_t at, int c)
{
    static const char shape[] = "k xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx dddddddddd ddddddddddddd\n";

    if (shape[at] == 'k')
        return c == 'm' || c == 'p';
    if (shape[at] == 'x')
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (shape[at] == 'd')
        return c >= '0' && c <= '9';
    return c == shape[at];
}

static void every_damaged_byte(void **state)
{
    (void)state;
    for (size_t at = 0; at < JOURNAL_RECORD; at++)
        for (int c = 0; c < 256; c++) {
            struct journal_record record;
            char bytes[JOURNAL_RECORD];
            memcpy(bytes, GOOD, sizeof bytes);
            bytes[at] = (char)c;
            if ((record_parse(&record, bytes) == 0) != may_stand(at, c))
                fail_msg("byte %zu as %d", at, c);
        }
}

static void damaged_records(void **state)
{
    static const char *const rows[] = {
        "m " ID " 0000000042 176381760012\n\n", "m " ID " -000000042 1763817600123\n",
        "m " ID " 0000000042 -763817600123\n",  "m " ID " +000000042 1763817600123\n",
        "m " ID "  000000042 1763817600123\n",  " m" ID " 0000000042 1763817600123\n",
        "M " ID " 0000000042 1763817600123\n",
    };
    char zeros[JOURNAL_RECORD] = {0};
    struct journal_record record;

    (void)state;
    assert_int_equal(record_parse(&record, zeros), -1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(strlen(rows[i]), JOURNAL_RECORD);
        if (record_parse(&record, rows[i]) != -1)
            fail_msg("row %zu is no record: %s", i, rows[i]);
    }
}

static void cursors(void **state)
{
    static const struct {
        const char *text;
        struct cursor cursor;
    } rows[] = {
        {"0-0", {0, 0}},
        {"0-1", {1, 1}},
        {"0-1763817600123", {1, 1763817600123}},
        {"41-1763817600123", {42, 1763817600123}},
        {"65535-1763817600123", {65536, 1763817600123}},
        {"9999999998-9999999999999", {9999999999, 9999999999999}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cursor cursor = {7, 7};
        char text[CURSOR_SIZE];
        if (cursor_parse(&cursor, rows[i].text) == -1)
            fail_msg("%s is a cursor", rows[i].text);
        assert_int_equal(cursor.next, rows[i].cursor.next);
        assert_int_equal(cursor.ms, rows[i].cursor.ms);
        assert_int_equal(cursor_print(text, cursor), strlen(rows[i].text));
        assert_string_equal(text, rows[i].text);
    }
}

static void no_cursors(void **state)
{
    static const char *const rows[] = {
        "",
        "-",
        "0",
        "0-",
        "-0",
        "0--0",
        "1",
        "1-",
        "-1",
        "1-2-3",
        " 1-2",
        "1 -2",
        "1- 2",
        "1-2 ",
        "1-2\n",
        "+1-2",
        "1-+2",
        "-1-2",
        "1--2",
        "0x1-2",
        "1-0x2",
        "1.0-2",
        "1e3-2",
        "a-b",
        "1234567890123456-1",
        "1-1234567890123456",
        "18446744073709551616-1",
        "1-18446744073709551616",
        "99999999999999999999999999999999-1",
        "1_2",
        "1\xE2\x80\x93 2",
        "%31-2",
        "9223372036854775808-9223372036854775808",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cursor cursor;
        errno = 0;
        if (cursor_parse(&cursor, rows[i]) != -1 || errno != EINVAL)
            fail_msg("row %zu '%s' became %llu-%lld", i, rows[i], (unsigned long long)cursor.next,
                     (long long)cursor.ms);
    }
}

/* Segments have names of ten digits: a record beyond would be looked for under another's name. */
static void cursor_beyond_every_segment(void **state)
{
    static const char *const rows[] = {"10000000000-1", "640000000000-1763817600123",
                                       "999999999999999-1763817600123"};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cursor cursor;
        if (cursor_parse(&cursor, rows[i]) != -1)
            fail_msg("%s", rows[i]);
    }
}

/* What journal_end and journal_seek give where the record before cannot be read: a place like any
 * other, which a client must be able to come back with. */
static void cursor_without_ms_comes_back(void **state)
{
    static const uint64_t rows[] = {2, 5, 65536, 999999};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cursor back;
        char text[CURSOR_SIZE];
        cursor_print(text, (struct cursor){rows[i], 0});
        if (cursor_parse(&back, text) == -1 || back.next != rows[i] || back.ms != 0)
            fail_msg("%s does not come back as {%llu, 0}", text, (unsigned long long)rows[i]);
    }
}

static void longest_cursor_fits(void **state)
{
    char text[CURSOR_SIZE];

    (void)state;
    assert_int_equal(cursor_print(text, (struct cursor){1000000000000000, 999999999999999}), 31);
    assert_string_equal(text, "999999999999999-999999999999999");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printed_form),
        cmocka_unit_test(every_damaged_byte),
        cmocka_unit_test(damaged_records),
        cmocka_unit_test(cursors),
        cmocka_unit_test(no_cursors),
        cmocka_unit_test(cursor_beyond_every_segment),
        cmocka_unit_test(cursor_without_ms_comes_back),
        cmocka_unit_test(longest_cursor_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
