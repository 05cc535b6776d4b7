/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "spool/clock.h"

#define THREAD "7d1f0a5e-1234-4abc-8def-0123456789ab"
#define LAST (JOURNAL_SEGMENT - 1)

static int append(struct spool *spool, uint64_t seq, struct cursor *end)
{
    struct journal_record record = {.kind = JOURNAL_MESSAGE, .id = THREAD, .seq = seq};

    return journal_append(spool, &record, end);
}

static off_t size_of(struct fixture *f, const char *segment)
{
    struct stat info;

    assert_int_equal(fstatat(f->spool.journal, segment, &info, 0), 0);
    return info.st_size;
}

static void empty_journal(void **state)
{
    struct fixture *f = *state;
    struct journal_record record;
    struct journal_reader reader;
    struct cursor end = {7, 7};
    uint64_t oldest;
    uint64_t newest;

    assert_int_equal(journal_end(&f->spool, &end), 0);
    assert_int_equal(end.next, 0);
    assert_int_equal(end.ms, 0);
    assert_int_equal(journal_segments(&f->spool, &oldest, &newest), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(journal_seek(&reader, &f->spool, end), 0);
    assert_int_equal(journal_next(&reader, &record), 0);
    assert_false(reader.gap);
    /* The same reader sees what comes. */
    assert_int_equal(append(&f->spool, 1, NULL), 0);
    assert_int_equal(journal_next(&reader, &record), 1);
    assert_int_equal(record.seq, 1);
    assert_int_equal(journal_next(&reader, &record), 0);
    assert_false(reader.gap);
    journal_close(&reader);
}

static void append_and_read(void **state)
{
    struct fixture *f = *state;
    struct journal_record records[200];
    int64_t before = clock_wall_us() / 1000;
    struct cursor end;

    for (uint64_t i = 0; i < COUNT(records); i++) {
        assert_int_equal(append(&f->spool, i + 1, &end), 0);
        assert_int_equal(end.next, i + 1);
    }
    assert_int_equal(size_of(f, "0000000000"), COUNT(records) * JOURNAL_RECORD);
    assert_int_equal(fixture_records(f, records, COUNT(records)), COUNT(records));
    for (uint64_t i = 0; i < COUNT(records); i++) {
        assert_int_equal(records[i].kind, JOURNAL_MESSAGE);
        assert_string_equal(records[i].id, THREAD);
        assert_int_equal(records[i].seq, i + 1);
        assert_true(records[i].ms >= before && records[i].ms <= clock_wall_us() / 1000);
        before = records[i].ms;
    }
    assert_int_equal(end.ms, before);
}

static void crosses_a_segment(void **state)
{
    struct fixture *f = *state;
    struct journal_record record;
    struct journal_reader reader;
    struct cursor end;

    fixture_plant(f, LAST - 1, 1000); /* all before are zeros on a sparse file */
    assert_int_equal(append(&f->spool, 1, &end), 0);
    assert_int_equal(end.next, JOURNAL_SEGMENT);
    assert_false(fixture_exists(f->spool.journal, "0000065536"));
    assert_int_equal(append(&f->spool, 2, &end), 0);
    assert_int_equal(end.next, JOURNAL_SEGMENT + 1);
    assert_int_equal(size_of(f, "0000000000"), (off_t)JOURNAL_SEGMENT * JOURNAL_RECORD);
    assert_int_equal(size_of(f, "0000065536"), JOURNAL_RECORD);

    assert_int_equal(journal_seek(&reader, &f->spool, (struct cursor){LAST, 1000}), 0);
    for (uint64_t seq = 1; seq <= 2; seq++) {
        assert_int_equal(journal_next(&reader, &record), 1);
        assert_int_equal(record.seq, seq);
        assert_int_equal(reader.at.next, LAST + seq);
    }
    assert_int_equal(journal_next(&reader, &record), 0);
    assert_false(reader.gap);
    journal_close(&reader);
}

/* A reader that has come to a segment's very end waits for the next one to be begun. */
static void waits_at_the_boundary(void **state)
{
    struct fixture *f = *state;
    struct journal_record record;
    struct journal_reader reader;

    fixture_plant(f, LAST, 1000);
    assert_int_equal(journal_seek(&reader, &f->spool, (struct cursor){LAST + 1, 1000}), 0);
    assert_int_equal(journal_next(&reader, &record), 0);
    assert_int_equal(append(&f->spool, 1, NULL), 0);
    assert_int_equal(journal_next(&reader, &record), 1);
    assert_int_equal(record.seq, 1);
    assert_false(reader.gap);
    journal_close(&reader);
}

/* The page that a reader has in hand ends anywhere; what is appended afterwards is seen. */
static void page_in_hand(void **state)
{
    struct fixture *f = *state;
    struct journal_record record;
    struct journal_reader reader;
    uint64_t written = 0;

    assert_int_equal(journal_seek(&reader, &f->spool, (struct cursor){0, 0}), 0);
    for (uint64_t more = 1; written < 3 * JOURNAL_PAGE; more = more % 7 + 1) {
        for (uint64_t i = 0; i < more; i++)
            assert_int_equal(append(&f->spool, ++written, NULL), 0);
        for (uint64_t i = written - more; i < written; i++) {
            assert_int_equal(journal_next(&reader, &record), 1);
            assert_int_equal(record.seq, i + 1);
        }
        assert_int_equal(journal_next(&reader, &record), 0);
    }
    journal_close(&reader);
}

static void torn_record_is_written_over(void **state)
{
    struct fixture *f = *state;
    struct journal_record records[4];
    struct cursor end;

    for (size_t torn = 1; torn < JOURNAL_RECORD; torn += 31) {
        struct journal_reader reader;
        struct journal_record record;
        unlinkat(f->spool.journal, "0000000000", 0);
        assert_int_equal(append(&f->spool, 1, &end), 0);
        fixture_plant_bytes(f, 1, "m 7d1f0a5e-1234-4abc-8def-0123456789ab 0000000042 1763817600123",
                            torn);
        assert_int_equal(journal_seek(&reader, &f->spool, end), 0);
        assert_int_equal(journal_next(&reader, &record), 0);
        assert_int_equal(append(&f->spool, 2, &end), 0);
        assert_int_equal(end.next, 2);
        assert_int_equal(journal_next(&reader, &record), 1);
        assert_false(reader.gap);
        journal_close(&reader);
        assert_int_equal(size_of(f, "0000000000"), 2 * JOURNAL_RECORD);
        assert_int_equal(fixture_records(f, records, COUNT(records)), 2);
        assert_int_equal(records[1].seq, 2);
    }
}

static void damage_is_passed_over(void **state)
{
    static const char zeros[JOURNAL_RECORD] = {0};
    struct fixture *f = *state;
    struct journal_record record;
    struct journal_reader reader;

    for (uint64_t i = 0; i < 5; i++)
        fixture_plant(f, i, 1000 + (int64_t)i);
    fixture_plant_bytes(f, 2, zeros, sizeof zeros);
    fixture_plant_bytes(f, 3, "garbage", 7);
    assert_int_equal(journal_seek(&reader, &f->spool, (struct cursor){1, 1000}), 0);
    assert_int_equal(journal_next(&reader, &record), 1);
    assert_int_equal(record.seq, 1);
    assert_false(reader.gap);
    assert_int_equal(journal_next(&reader, &record), 1);
    assert_int_equal(record.seq, 4);
    assert_true(reader.gap);
    assert_int_equal(journal_next(&reader, &record), 0);
    journal_close(&reader);
}

/* The newest record may only be being written: it is waited for until something follows it. */
static void damaged_newest_is_waited_for(void **state)
{
    static const char zeros[JOURNAL_RECORD] = {0};
    struct fixture *f = *state;
    struct journal_record record;
    struct journal_reader reader;

    fixture_plant(f, 0, 1000);
    fixture_plant_bytes(f, 1, zeros, sizeof zeros);
    assert_int_equal(journal_seek(&reader, &f->spool, (struct cursor){1, 1000}), 0);
    assert_int_equal(journal_next(&reader, &record), 0);
    assert_int_equal(reader.at.next, 1);
    assert_false(reader.gap);
    fixture_plant(f, 1, 1001);
    assert_int_equal(journal_next(&reader, &record), 1);
    assert_int_equal(record.ms, 1001);
    assert_false(reader.gap);

    fixture_plant_bytes(f, 2, zeros, sizeof zeros);
    assert_int_equal(journal_next(&reader, &record), 0);
    assert_int_equal(append(&f->spool, 77, NULL), 0);
    assert_int_equal(journal_next(&reader, &record), 1);
    assert_int_equal(record.seq, 77);
    assert_true(reader.gap);
    journal_close(&reader);
}

/* What a power cut may leave of a segment that was full: whoever reads goes on with the next. */
static void damaged_end_of_a_full_segment(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *what;
        uint64_t from;  /* where the reader begins */
        uint64_t whole; /* records of the first segment that are readable */
        uint64_t size;  /* records that it has */
    } rows[] = {
        {"last record damaged, page begins at 64 n", LAST - 63, LAST, LAST + 1},
        {"last record damaged, page begins elsewhere", LAST - 10, LAST, LAST + 1},
        {"last record damaged, and nothing else left", LAST, LAST, LAST + 1},
        {"last ten damaged", LAST - 30, LAST - 9, LAST + 1},
        {"last ten missing", LAST - 30, LAST - 9, LAST - 9},
        {"missing, the reader at the end of what there is", LAST - 9, LAST - 9, LAST - 9},
        {"half of it missing", 32768, 32768, 32768},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct journal_reader reader;
        struct journal_record record;
        char path[FIXTURE_PATH];
        int found;
        unlinkat(f->spool.journal, "0000000000", 0);
        for (uint64_t n = rows[i].from - 1; n < rows[i].whole; n++)
            fixture_plant(f, n, 1000);
        fixture_plant(f, JOURNAL_SEGMENT, 2000);
        fixture_path(f, "spool/journal/0000000000", path);
        assert_int_equal(truncate(path, (off_t)rows[i].size * JOURNAL_RECORD), 0);
        assert_int_equal(journal_seek(&reader, &f->spool, (struct cursor){rows[i].from, 1000}), 0);
        for (uint64_t n = rows[i].from; n < rows[i].whole; n++)
            assert_int_equal(journal_next(&reader, &record), 1);
        found = journal_next(&reader, &record);
        if (found != 1 || record.seq != JOURNAL_SEGMENT || !reader.gap)
            fail_msg("%s: %d at %llu, gap %d", rows[i].what, found,
                     (unsigned long long)reader.at.next, reader.gap);
        journal_close(&reader);
    }
}

static void missing_segment_between(void **state)
{
    struct fixture *f = *state;
    struct journal_reader reader;
    struct journal_record record;

    fixture_plant(f, LAST, 1000);
    fixture_plant(f, 2 * JOURNAL_SEGMENT, 3000);
    assert_int_equal(journal_seek(&reader, &f->spool, (struct cursor){LAST + 1, 1000}), 0);
    assert_int_equal(journal_next(&reader, &record), 1);
    assert_int_equal(record.seq, 2 * JOURNAL_SEGMENT);
    assert_true(reader.gap);
    journal_close(&reader);
}

static void clock_going_back(void **state)
{
    struct fixture *f = *state;
    struct journal_record records[3];
    int64_t future = clock_wall_us() / 1000 + 3600 * 1000;
    struct cursor end;

    fixture_plant(f, 0, future);
    assert_int_equal(append(&f->spool, 1, &end), 0);
    assert_int_equal(end.ms, future);
    assert_int_equal(append(&f->spool, 2, &end), 0);
    assert_int_equal(fixture_records(f, records, COUNT(records)), 3);
    assert_int_equal(records[1].ms, future);
    assert_int_equal(records[2].ms, future);
}

static void clock_going_back_over_a_boundary(void **state)
{
    static const char zeros[JOURNAL_RECORD] = {0};
    struct fixture *f = *state;
    int64_t future = clock_wall_us() / 1000 + 3600 * 1000;
    struct cursor end;

    fixture_plant(f, LAST, future);
    assert_int_equal(append(&f->spool, 1, &end), 0);
    assert_int_equal(end.next, JOURNAL_SEGMENT + 1);
    assert_int_equal(end.ms, future);
    /* Nor does it help that the newest one cannot be read. */
    fixture_plant_bytes(f, JOURNAL_SEGMENT, zeros, sizeof zeros);
    assert_int_equal(append(&f->spool, 1, &end), 0);
    assert_int_equal(end.ms, future);
    assert_int_equal(journal_end(&f->spool, &end), 0);
    assert_int_equal(end.next, JOURNAL_SEGMENT + 2);
    assert_int_equal(end.ms, future);
}

static void foreign_names(void **state)
{
    static const char *const names[] = {".draft",      "note",       "0000000001", "00000655360",
                                        "0000065536~", "0000065535", "65536"};
    struct fixture *f = *state;
    uint64_t oldest;
    uint64_t newest;

    for (size_t i = 0; i < COUNT(names); i++)
        fixture_write(f->spool.journal, names[i], "x");
    assert_int_equal(journal_segments(&f->spool, &oldest, &newest), -1);
    assert_int_equal(append(&f->spool, 1, NULL), 0);
    fixture_plant(f, 3 * JOURNAL_SEGMENT, 1);
    assert_int_equal(journal_segments(&f->spool, &oldest, &newest), 0);
    assert_int_equal(oldest, 0);
    assert_int_equal(newest, 3 * JOURNAL_SEGMENT);
}

#define WRITERS 16
#define EACH 300

static int append_many(void *context, int index)
{
    struct spool spool;

    (void)context;
    if (spool_open(&spool) == -1)
        return 1;
    for (uint64_t i = 0; i < EACH; i++)
        if (append(&spool, (uint64_t)index * EACH + i, NULL) == -1)
            return 1;
    return 0;
}

static void many_writers(void **state)
{
    struct fixture *f = *state;
    static struct journal_record records[WRITERS * EACH];
    uint64_t next[WRITERS] = {0};

    assert_int_equal(fixture_fork(WRITERS, append_many, NULL), WRITERS);
    assert_int_equal(fixture_records(f, records, COUNT(records)), COUNT(records));
    for (size_t i = 0; i < COUNT(records); i++) {
        uint64_t writer = records[i].seq / EACH;
        assert_in_range(writer, 0, WRITERS - 1);
        assert_int_equal(records[i].seq % EACH, next[writer]++);
        assert_true(i == 0 || records[i].ms >= records[i - 1].ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(empty_journal),
        SPOOL_TEST(append_and_read),
        SPOOL_TEST(crosses_a_segment),
        SPOOL_TEST(waits_at_the_boundary),
        SPOOL_TEST(page_in_hand),
        SPOOL_TEST(torn_record_is_written_over),
        SPOOL_TEST(damage_is_passed_over),
        SPOOL_TEST(damaged_newest_is_waited_for),
        SPOOL_TEST(damaged_end_of_a_full_segment),
        SPOOL_TEST(missing_segment_between),
        SPOOL_TEST(clock_going_back),
        SPOOL_TEST(clock_going_back_over_a_boundary),
        SPOOL_TEST(foreign_names),
        SPOOL_TEST(many_writers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
