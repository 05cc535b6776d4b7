/* SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "spool/page.h"

#define LONG 100000 /* bytes of a long file */

/* Files named by `spec`: "1-5 9 20-22", those up to `cur` in cur/. `size` bytes each. */
static void plant(struct thread *thread, const char *spec, uint64_t cur, size_t size)
{
    char path[PATH_SIZE];
    char *end;

    for (const char *at = spec; *at != '\0'; at = end + (*end == ' ')) {
        uint64_t from = strtoull(at, &end, 10);
        uint64_t to = *end == '-' ? strtoull(end + 1, &end, 10) : from;
        for (uint64_t seq = from; seq <= to; seq++) {
            int fd;
            (seq <= cur ? path_cur : path_new)(path, seq);
            fd = openat(thread->fd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
            assert_int_not_equal(fd, -1);
            assert_int_equal(ftruncate(fd, (off_t)size), 0);
            close(fd);
        }
    }
}

/* "1-5 9 20-22", and "+" when there are more, "?" when some are missing. */
static void spell(const struct page *page, char *out, size_t size)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < page->count; i++) {
        size_t from = i;
        while (i + 1 < page->count && page->seq[i + 1] == page->seq[i] + 1)
            i++;
        len += (size_t)snprintf(out + len, size - len, "%s%llu", len > 0 ? " " : "",
                                (unsigned long long)page->seq[from]);
        if (i > from)
            len +=
                (size_t)snprintf(out + len, size - len, "-%llu", (unsigned long long)page->seq[i]);
    }
    snprintf(out + len, size - len, "%s%s", page->more ? "+" : "", page->gap ? "?" : "");
}

struct row {
    uint64_t above;
    uint64_t below;
    bool backward;
    size_t most;
    const char *expected;
};

static void expect_rows(struct fixture *f, const char *id, size_t bytes, const struct row *rows,
                        size_t count)
{
    struct thread thread;

    assert_int_equal(thread_open(&f->spool, &thread, id), 0);
    for (size_t i = 0; i < count; i++) {
        struct page_range range = {rows[i].above, rows[i].below, rows[i].backward, rows[i].most,
                                   bytes};
        struct page page;
        char text[512];
        assert_int_equal(page_find(&thread, &range, &page), 0);
        spell(&page, text, sizeof text);
        if (strcmp(text, rows[i].expected) != 0)
            fail_msg("row %zu: '%s', not '%s'", i, text, rows[i].expected);
    }
    thread_close(&thread);
}

static void planted(struct fixture *f, char id[UUID_SIZE], const char *spec, uint64_t cur,
                    size_t size)
{
    struct thread thread;

    fixture_room(f, "alice bob", id);
    assert_int_equal(thread_open(&f->spool, &thread, id), 0);
    plant(&thread, spec, cur, size);
    thread_close(&thread);
}

static void whole_thread(void **state)
{
    static const struct row rows[] = {
        {0, 11, false, 50, "1-10"},  {0, 11, true, 50, "1-10"},
        {0, 11, false, 10, "1-10"},  {0, 11, true, 10, "1-10"},
        {0, 11, false, 9, "1-9+"},   {0, 11, true, 9, "2-10+"},
        {0, 11, false, 1, "1+"},     {0, 11, true, 1, "10+"},
        {4, 11, false, 2, "5-6+"},   {4, 7, false, 2, "5-6"},
        {4, 7, true, 2, "5-6"},      {4, 6, false, 2, "5"},
        {4, 7, true, 1, "6+"},       {9, 11, false, 5, "10"},
        {10, 11, false, 5, ""},      {0, 1, true, 5, ""},
        {0, 0, true, 5, ""},         {5, 3, false, 5, ""},
        {5, 5, true, 5, ""},         {5, 6, true, 5, ""},
        {SEQ_MAX, 11, false, 5, ""}, {0, 11, true, PAGE_MOST, "1-10"},
    };
    struct fixture *f = *state;
    char id[UUID_SIZE];

    planted(f, id, "1-10", 5, 100);
    expect_rows(f, id, 10000, rows, COUNT(rows));
}

static void nothing_said(void **state)
{
    static const struct row rows[] = {{0, 1, false, 5, ""}, {0, 1, true, 5, ""}};
    struct fixture *f = *state;
    char id[UUID_SIZE];

    fixture_room(f, "alice bob", id);
    expect_rows(f, id, 10000, rows, COUNT(rows));
}

static void bounded_in_bytes(void **state)
{
    static const struct row rows[] = {
        {0, 11, false, 50, "1-3+"}, {0, 11, true, 50, "8-10+"}, {0, 4, false, 50, "1-3"},
        {0, 11, true, 2, "9-10+"},  {7, 11, false, 50, "8-10"},
    };
    static const struct row alone[] = {
        {0, 11, false, 50, "1+"},
        {0, 11, true, 50, "10+"},
        {9, 11, false, 50, "10"},
    };
    struct fixture *f = *state;
    char id[UUID_SIZE];

    planted(f, id, "1-10", 5, LONG);
    expect_rows(f, id, 3 * LONG, rows, COUNT(rows));
    expect_rows(f, id, 3 * LONG + LONG / 2, rows, COUNT(rows));
    /* One that is longer than all that is allowed is there, but nothing beside it. */
    expect_rows(f, id, LONG - 1, alone, COUNT(alone));
    expect_rows(f, id, 0, alone, COUNT(alone));
}

static void too_long_to_be_read(void **state)
{
    static const struct row rows[] = {{0, 4, false, 50, "1-3"}, {0, 4, true, 50, "1-3"}};
    struct fixture *f = *state;
    char id[UUID_SIZE];

    planted(f, id, "1-3", 0, SPOOL_STANZA_MAX + 1);
    expect_rows(f, id, 1000, rows, COUNT(rows));
}

static void some_are_gone(void **state)
{
    static const struct row rows[] = {
        {0, 21, false, 50, "2-4 6 9-20?"},
        {0, 21, true, 50, "2-4 6 9-20?"},
        {0, 21, false, 3, "2-4+?"},
        {1, 21, false, 3, "2-4+"},
        {4, 21, false, 1, "6+?"},
        {5, 21, false, 1, "6+"},
        {6, 21, false, 2, "9-10+?"},
        {0, 21, true, 12, "9-20+"},
        {0, 21, true, 13, "6 9-20+?"},
        {0, 9, true, 1, "6+?"},
        {0, 6, true, 3, "2-4?"},
        {0, 4, true, 2, "2-3?"},
        {1, 4, true, 2, "2-3"},
        {4, 6, true, 2, "?"},
        {6, 9, false, 2, "?"},
        {0, 2, true, 2, "?"},
        {4, 7, true, 1, "6?"},
        {3, 7, true, 1, "6+"},
    };
    struct fixture *f = *state;
    char id[UUID_SIZE];

    planted(f, id, "2-4 6 9-20", 10, 10);
    expect_rows(f, id, 10000, rows, COUNT(rows));
}

/* What retention leaves is found however much it took. */
static void much_is_gone(void **state)
{
    static const struct row rows[] = {
        {0, 1000000006, false, 3, "1000000001-1000000003+?"},
        {0, 1000000006, false, 9, "1000000001-1000000005?"},
        {0, 1000000006, true, 3, "1000000003-1000000005+"},
        {0, 1000000006, true, 9, "1000000001-1000000005?"},
        {0, 1000000001, true, 9, "?"},
        {0, 1000000002, true, 9, "1000000001?"},
        {5, 500, false, 9, "?"},
        {500, 1000000002, false, 9, "1000000001?"},
        {1000000000, 1000000006, true, 9, "1000000001-1000000005"},
    };
    struct fixture *f = *state;
    char id[UUID_SIZE];

    planted(f, id, "1000000001-1000000005", 1000000002, 10);
    expect_rows(f, id, 10000, rows, COUNT(rows));
}

/* Holes around the length at which they are leapt over, in both directions. */
static void holes(void **state)
{
    struct fixture *f = *state;

    for (uint64_t hole = 62; hole <= 67; hole++) {
        char id[UUID_SIZE];
        char spec[64];
        char expected[80];
        struct row rows[2];
        snprintf(spec, sizeof spec, "1-3 %llu-%llu", (unsigned long long)hole + 4,
                 (unsigned long long)hole + 6);
        planted(f, id, spec, 2, 10);
        snprintf(expected, sizeof expected, "%s?", spec);
        rows[0] = (struct row){0, hole + 7, false, 50, expected};
        rows[1] = (struct row){0, hole + 7, true, 50, expected};
        expect_rows(f, id, 10000, rows, COUNT(rows));
    }
}

/* One moves from new/ to cur/ while many look: nobody misses any. */
static int look_often(void *context, int index)
{
    const char *id = context;
    struct spool spool;
    struct thread thread;

    if (spool_open(&spool) == -1 || thread_open(&spool, &thread, id) == -1)
        return 1;
    for (uint64_t i = 1; i <= 150; i++) {
        struct page_range range = {0, 151, index % 2 == 0, PAGE_MOST, 100000};
        struct page page;
        char from[PATH_SIZE];
        char to[PATH_SIZE];
        path_new(from, i);
        path_cur(to, i);
        if (index == 0 && renameat(thread.fd, from, thread.fd, to) == -1)
            return 2;
        if (index > 0 && (page_find(&thread, &range, &page) == -1 || page.count != 150 || page.gap))
            return 3;
    }
    return 0;
}

static void while_they_move(void **state)
{
    struct fixture *f = *state;
    char id[UUID_SIZE];

    planted(f, id, "1-150", 0, 10);
    assert_int_equal(fixture_fork(4, look_often, id), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(whole_thread),  SPOOL_TEST(nothing_said),    SPOOL_TEST(bounded_in_bytes),
        SPOOL_TEST(some_are_gone), SPOOL_TEST(much_is_gone),    SPOOL_TEST(too_long_to_be_read),
        SPOOL_TEST(holes),         SPOOL_TEST(while_they_move),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
