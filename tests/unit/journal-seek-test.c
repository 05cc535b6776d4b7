/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#define SEGMENTS 16 /* a million records */

/* Records `from` to `to` (exclusive) with ms 1000 + 10 * number. */
static int64_t ms_of(uint64_t number)
{
    return 1000 + 10 * (int64_t)number;
}

static void plant(struct fixture *f, uint64_t from, uint64_t to)
{
    for (uint64_t number = from; number < to; number++)
        fixture_plant(f, number, ms_of(number));
}

/* Where reading begins, and whether with a gap. UINT64_MAX: there is nothing to read. */
static uint64_t first_after(struct fixture *f, struct cursor cursor, bool *gap)
{
    struct journal_reader reader;
    struct journal_record record;
    int found;

    assert_int_equal(journal_seek(&reader, &f->spool, cursor), 0);
    found = journal_next(&reader, &record);
    assert_int_not_equal(found, -1);
    *gap = reader.gap;
    journal_close(&reader);
    return found == 1 ? record.seq : UINT64_MAX;
}

static void check(struct fixture *f, const char *what, struct cursor cursor, uint64_t expected,
                  bool expected_gap)
{
    bool gap;
    uint64_t first = first_after(f, cursor, &gap);

    if (first != expected || gap != expected_gap)
        fail_msg("%s: at %lld, gap %d", what, (long long)first, gap);
}

static void seek_in_one_segment(void **state)
{
    static const struct {
        const char *what;
        struct cursor cursor;
        uint64_t first;
        bool gap;
    } rows[] = {
        {"beginning", {0, 0}, 0, false},
        {"after the first", {1, 1000}, 1, false},
        {"in the middle", {50, 1490}, 50, false},
        {"before the last", {99, 1980}, 99, false},
        {"at the end", {100, 1990}, UINT64_MAX, false},
        {"wrong ms: an older record there now", {50, 1695}, 70, true},
        {"wrong ms: a younger record there now", {50, 1095}, 10, true},
        {"wrong ms: younger than all", {50, 999}, 0, true},
        {"wrong ms: older than all", {50, 99999}, UINT64_MAX, true},
        {"beyond the end", {101, 1595}, 60, true},
        {"far beyond the end", {9000000, 1595}, 60, true},
        {"beyond the end, older than all", {101, 2000}, UINT64_MAX, true},
        {"in a segment that never was", {JOURNAL_SEGMENT * 7ULL + 5, 1005}, 1, true},
    };
    struct fixture *f = *state;

    plant(f, 0, 100);
    for (size_t i = 0; i < COUNT(rows); i++)
        check(f, rows[i].what, rows[i].cursor, rows[i].first, rows[i].gap);
}

static void seek_in_an_empty_journal(void **state)
{
    struct fixture *f = *state;

    check(f, "empty, beginning", (struct cursor){0, 0}, UINT64_MAX, false);
    check(f, "empty, a cursor from before", (struct cursor){5, 1000}, UINT64_MAX, true);
}

static void seek_where_the_beginning_is_trimmed(void **state)
{
    const uint64_t oldest = 2 * JOURNAL_SEGMENT;
    struct fixture *f = *state;

    plant(f, oldest, oldest + 10);
    check(f, "beginning", (struct cursor){0, 0}, oldest, true);
    check(f, "trimmed", (struct cursor){7, ms_of(6)}, oldest, true);
    check(f, "last of the trimmed", (struct cursor){oldest - 1, ms_of(oldest - 2)}, oldest, true);
    check(f, "there", (struct cursor){oldest + 1, ms_of(oldest)}, oldest + 1, false);
    check(f, "end", (struct cursor){oldest + 10, ms_of(oldest + 9)}, UINT64_MAX, false);
}

/* Several records have one ms: none that the cursor has not seen may be left out. */
static void nothing_is_skipped_within_one_ms(void **state)
{
    struct fixture *f = *state;
    bool gap;

    for (uint64_t n = JOURNAL_SEGMENT; n < JOURNAL_SEGMENT + 5; n++)
        fixture_plant(f, n, 5000);
    /* Its record has been trimmed, the next one is the oldest there is. */
    assert_int_equal(first_after(f, (struct cursor){JOURNAL_SEGMENT, 5000}, &gap), JOURNAL_SEGMENT);
}

/* Where a seek has led is a place to come back to, as text. */
static void place_survives_as_text(void **state)
{
    static const struct cursor cursors[] = {{0, 0}, {7, 1060}, {5, 1}, {99999999, 99999999999}};
    struct fixture *f = *state;

    plant(f, JOURNAL_SEGMENT, JOURNAL_SEGMENT + 3);
    for (size_t i = 0; i < COUNT(cursors); i++) {
        struct journal_reader reader;
        struct cursor back;
        char text[CURSOR_SIZE];
        assert_int_equal(journal_seek(&reader, &f->spool, cursors[i]), 0);
        cursor_print(text, reader.at);
        if (cursor_parse(&back, text) == -1)
            fail_msg("row %zu: %s is no cursor", i, text);
        assert_int_equal(back.next, reader.at.next);
        assert_int_equal(back.ms, reader.at.ms);
        journal_close(&reader);
    }
}

/* The end of a journal of which nothing can be read: zeros after a power cut. */
static void end_of_zeros_as_text(void **state)
{
    static const char zeros[5 * JOURNAL_RECORD] = {0};
    struct fixture *f = *state;
    struct cursor end;
    struct cursor back;
    char text[CURSOR_SIZE];
    bool gap;

    fixture_plant_bytes(f, 0, zeros, sizeof zeros);
    assert_int_equal(journal_end(&f->spool, &end), 0);
    cursor_print(text, end);
    if (cursor_parse(&back, text) == -1)
        fail_msg("%s is no cursor", text);
    fixture_plant(f, 5, 1000);
    assert_int_equal(first_after(f, back, &gap), 5);
}

static void seek_over_damage(void **state)
{
    static const char zeros[30 * JOURNAL_RECORD] = {0};
    struct fixture *f = *state;

    plant(f, 0, 100);
    fixture_plant_bytes(f, 40, zeros, sizeof zeros); /* 40 to 69 */
    check(f, "the cursor's record is damaged", (struct cursor){50, ms_of(49)}, 70, true);
    check(f, "the one before it", (struct cursor){40, ms_of(39)}, 70, true);
    check(f, "behind it", (struct cursor){71, ms_of(70)}, 71, false);
    check(f, "a time in the middle of it", (struct cursor){90, ms_of(55)}, 70, true);
}

/* Neither where a record cannot be read, nor where the end cannot be found, does a segment stay open. */
static void what_fails_leaves_nothing_open(void **state)
{
    struct fixture *f = *state;
    struct journal_reader reader;
    int open;

    assert_int_equal(mkdirat(f->spool.journal, "0000000000", 0700), 0);
    open = fixture_entries(AT_FDCWD, "/proc/self/fd");
    assert_int_equal(journal_seek(&reader, &f->spool, (struct cursor){5, ms_of(4)}), -1);
    assert_int_equal(errno, EISDIR);
    assert_int_equal(unlinkat(f->spool.journal, "0000000000", AT_REMOVEDIR), 0);
    plant(f, 0, 10);
    assert_int_equal(symlinkat("nowhere", f->spool.journal, "0000065536"), 0);
    assert_int_equal(journal_seek(&reader, &f->spool, (struct cursor){5, ms_of(3)}), -1);
    assert_int_equal(errno, ELOOP);
    assert_int_equal(fixture_entries(AT_FDCWD, "/proc/self/fd"), open);
}

static void previous(void **state)
{
    const uint64_t begin = JOURNAL_SEGMENT - 130;
    const uint64_t end = JOURNAL_SEGMENT + 70;
    static const char zeros[JOURNAL_RECORD] = {0};
    struct fixture *f = *state;
    struct journal_reader reader;
    struct journal_record record;
    uint64_t next = end;

    plant(f, begin, end);
    fixture_plant_bytes(f, begin + 5, zeros, sizeof zeros);
    assert_int_equal(journal_seek(&reader, &f->spool, (struct cursor){end, ms_of(end - 1)}), 0);
    for (uint64_t n = end; n-- > begin;) {
        if (n == begin + 5)
            continue;
        assert_int_equal(journal_previous(&reader, &next, &record), 1);
        assert_int_equal(record.seq, n);
        assert_int_equal(next, n);
    }
    /* Zeros before, down to the very first. */
    assert_int_equal(journal_previous(&reader, &next, &record), 0);
    journal_close(&reader);
}

static void previous_sees_what_came_since(void **state)
{
    struct fixture *f = *state;
    struct journal_reader reader;
    struct journal_record record;
    uint64_t next = 10;

    plant(f, 0, 10);
    assert_int_equal(journal_seek(&reader, &f->spool, (struct cursor){10, ms_of(9)}), 0);
    assert_int_equal(journal_previous(&reader, &next, &record), 1);
    assert_int_equal(record.seq, 9);
    plant(f, 10, 20);
    next = 20;
    assert_int_equal(journal_previous(&reader, &next, &record), 1);
    assert_int_equal(record.seq, 19);
    journal_close(&reader);
}

static void previous_at_the_trimmed_beginning(void **state)
{
    struct fixture *f = *state;
    struct journal_reader reader;
    struct journal_record record;
    uint64_t next = JOURNAL_SEGMENT + 1;

    plant(f, JOURNAL_SEGMENT, JOURNAL_SEGMENT + 1);
    assert_int_equal(journal_seek(&reader, &f->spool, (struct cursor){next, ms_of(next - 1)}), 0);
    assert_int_equal(journal_previous(&reader, &next, &record), 1);
    assert_int_equal(journal_previous(&reader, &next, &record), 0);
    assert_int_equal(next, JOURNAL_SEGMENT);
    next = 0;
    assert_int_equal(journal_previous(&reader, &next, &record), 0);
    journal_close(&reader);
}

/* ---- The cost of a seek  */

/* How many times this process has asked the kernel to read; -1: it does not count. */
static long reads(void)
{
    char text[512];
    const char *at = file_read(AT_FDCWD, "/proc/self/io", text, sizeof text) == -1
                         ? NULL
                         : strstr(text, "syscr: ");

    return at == NULL ? -1 : strtol(at + 7, NULL, 10);
}

static long cost(struct fixture *f, struct cursor cursor, uint64_t expected)
{
    long before = reads();
    bool gap;

    assert_int_equal(first_after(f, cursor, &gap), expected);
    return reads() - before;
}

static void plant_segment(struct fixture *f, uint64_t first)
{
    static char bytes[JOURNAL_SEGMENT * JOURNAL_RECORD];

    for (uint64_t i = 0; i < JOURNAL_SEGMENT; i++) {
        struct journal_record record = {JOURNAL_MESSAGE, "00000000-0000-4000-8000-000000000000",
                                        first + i, ms_of(first + i)};
        record_print(bytes + i * JOURNAL_RECORD, &record);
    }
    fixture_plant_bytes(f, first, bytes, sizeof bytes);
}

static void seek_costs_the_same_at_any_length(void **state)
{
    const uint64_t total = (uint64_t)SEGMENTS * JOURNAL_SEGMENT;
    struct fixture *f = *state;
    long one;
    struct cursor end;

    if (reads() == -1)
        skip();
    plant_segment(f, 0);
    one = cost(f, (struct cursor){1000, ms_of(999)}, 1000);
    for (uint64_t first = JOURNAL_SEGMENT; first < total; first += JOURNAL_SEGMENT)
        plant_segment(f, first);
    assert_int_equal(journal_end(&f->spool, &end), 0);
    assert_int_equal(end.next, total);
    assert_int_equal(end.ms, ms_of(total - 1));
    assert_int_equal(cost(f, (struct cursor){1000, ms_of(999)}, 1000), one);
    assert_int_equal(cost(f, (struct cursor){777777, ms_of(777776)}, 777777), one);
    assert_int_equal(cost(f, (struct cursor){total - 1, ms_of(total - 2)}, total - 1), one);
    /* By time it takes a few steps for each doubling: 20 of them. */
    assert_in_range(cost(f, (struct cursor){total + 9, ms_of(777776) + 5}, 777777), one, one + 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(seek_in_one_segment),
        SPOOL_TEST(seek_in_an_empty_journal),
        SPOOL_TEST(seek_where_the_beginning_is_trimmed),
        SPOOL_TEST(nothing_is_skipped_within_one_ms),
        SPOOL_TEST(place_survives_as_text),
        SPOOL_TEST(end_of_zeros_as_text),
        SPOOL_TEST(seek_over_damage),
        SPOOL_TEST(what_fails_leaves_nothing_open),
        SPOOL_TEST(previous),
        SPOOL_TEST(previous_sees_what_came_since),
        SPOOL_TEST(previous_at_the_trimmed_beginning),
        SPOOL_TEST(seek_costs_the_same_at_any_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
