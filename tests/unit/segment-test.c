/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <sys/stat.h>

#include "spool/journal.h"

#define THREAD "7d1f0a5e-1234-4abc-8def-0123456789ab"
#define SECOND JOURNAL_SEGMENT
#define THIRD (2 * JOURNAL_SEGMENT)

static void append(struct fixture *f, uint64_t number)
{
    struct journal_record record = {.kind = JOURNAL_MESSAGE, .id = THREAD, .seq = 1};
    struct cursor end;

    assert_int_equal(journal_append(&f->spool, &record, &end), 0);
    assert_int_equal(end.next, number + 1);
}

/* When something came into journal/ last, or left it. */
static void changed(struct fixture *f, char out[40])
{
    struct stat info;

    assert_int_equal(fstat(f->spool.journal, &info), 0);
    snprintf(out, 40, "%lld.%09ld", (long long)info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
}

static void expect_tail(struct fixture *f, const char *segment)
{
    char expected[80];
    char time[40];
    char text[80];

    changed(f, time);
    snprintf(expected, sizeof expected, "%s %s\n", segment, time);
    assert_int_not_equal(file_read(f->spool.root, "tail", text, sizeof text), -1);
    assert_string_equal(text, expected);
}

static void write_tail(struct fixture *f, const char *before, const char *time, const char *after)
{
    char text[200];

    unlinkat(f->spool.root, "tail", 0);
    snprintf(text, sizeof text, "%s%s%s", before, time, after);
    fixture_write(f->spool.root, "tail", text);
}

static void end_whatever_the_hint(void **state)
{
    static const struct {
        const char *before; /* NULL: no hint at all */
        const char *time;   /* NULL: what it is */
        const char *after;
    } rows[] = {
        {NULL, "", ""},
        {"0000131072 ", NULL, "\n"},
        {"0000065536 ", "1763817600.123456789", "\n"}, /* from before the third was begun */
        {"0000131072 ", "1763817600.123456789", "\n"},
        {"0000196608 ", NULL, "\n"}, /* not there */
        {"0000000001 ", NULL, "\n"}, /* is there, and no segment */
        {"0000131072 ", NULL, ""},
        {"0000131072 ", NULL, "\n\n"},
        {"0000131072 ", NULL, "0\n"},
        {"0000131072  ", NULL, "\n"},
        {"0000131072", "", "\n"},
        {"0000131072", "", ""},
        {"000013107", "", ""},
        {"131072 ", NULL, "\n"},
        {"000013107x ", NULL, "\n"},
        {"-000131072 ", NULL, "\n"},
        {"", "", ""},
        {"\n", "", ""},
        {"garbage", "", "\n"},
        {"0000131072 ", NULL,
         " and much more than there is room for, so that it is no hint at all\n"},
    };
    struct fixture *f = *state;
    uint64_t number = THIRD;

    fixture_plant(f, SECOND - 1, 1000);
    fixture_plant(f, THIRD - 1, 2000);
    fixture_plant(f, number, 3000);
    fixture_write(f->spool.journal, "0000000001", "");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cursor end;
        char time[40];
        changed(f, time);
        unlinkat(f->spool.root, "tail", 0);
        if (rows[i].before != NULL)
            write_tail(f, rows[i].before, rows[i].time == NULL ? time : rows[i].time,
                       rows[i].after);
        if (journal_end(&f->spool, &end) == -1 || end.next != number + 1)
            fail_msg("row %zu: %llu", i, (unsigned long long)end.next);
        append(f, ++number);
        expect_tail(f, "0000131072");
    }
}

/* The hint follows whatever comes and goes. */
static void segments_come_and_go(void **state)
{
    struct fixture *f = *state;
    struct cursor end;

    append(f, 0);
    expect_tail(f, "0000000000");
    fixture_plant(f, SECOND - 1, 1000);
    append(f, SECOND);
    expect_tail(f, "0000065536");
    assert_int_equal(unlinkat(f->spool.journal, "0000000000", 0), 0); /* trimmed */
    assert_int_equal(journal_end(&f->spool, &end), 0);
    assert_int_equal(end.next, SECOND + 1);
    append(f, SECOND + 1);
    expect_tail(f, "0000065536");
    fixture_plant(f, THIRD + 7, 1000); /* from a copy */
    append(f, THIRD + 8);
    expect_tail(f, "0000131072");
    assert_int_equal(unlinkat(f->spool.journal, "0000131072", 0), 0); /* and gone again */
    append(f, SECOND + 2);
    expect_tail(f, "0000065536");
    assert_int_equal(unlinkat(f->spool.journal, "0000065536", 0), 0);
    assert_int_equal(journal_end(&f->spool, &end), 0);
    assert_int_equal(end.next, 0);
    append(f, 0);
    expect_tail(f, "0000000000");
}

/* A clock that stands still, or a power cut: the hint has the right ctime, and is wrong. */
static void more_than_the_hint_knows(void **state)
{
    struct fixture *f = *state;
    struct cursor end;
    char time[40];

    fixture_plant(f, SECOND - 1, 1000);
    fixture_plant(f, SECOND + 99, 2000);
    changed(f, time);
    write_tail(f, "0000000000 ", time, "\n");
    assert_int_equal(journal_end(&f->spool, &end), 0);
    assert_int_equal(end.next, SECOND + 100);
    append(f, SECOND + 100);
    expect_tail(f, "0000065536");
}

/* Where it can be neither read nor written nothing is lost but time. */
static void no_hint_possible(void **state)
{
    struct fixture *f = *state;
    char text[80];

    append(f, 0);
    assert_int_equal(unlinkat(f->spool.root, "tail", 0), 0);
    assert_int_equal(mkdirat(f->spool.root, "tail", 0700), 0);
    append(f, 1);
    assert_int_equal(unlinkat(f->spool.root, "tail", AT_REMOVEDIR), 0);
    fixture_write(f->spool.root, "elsewhere", "0000000000\n");
    assert_int_equal(symlinkat("elsewhere", f->spool.root, "tail"), 0);
    append(f, 2);
    fixture_plant(f, SECOND - 1, 1000);
    append(f, SECOND);
    append(f, SECOND + 1);
    assert_int_equal(file_read(f->spool.root, "elsewhere", text, sizeof text), 11);
    assert_string_equal(text, "0000000000\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(end_whatever_the_hint),
        SPOOL_TEST(segments_come_and_go),
        SPOOL_TEST(more_than_the_hint_knows),
        SPOOL_TEST(no_hint_possible),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
