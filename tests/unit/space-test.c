/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "spool/limit.h"

static void space(void **state)
{
    static const struct {
        uint64_t most;
        size_t bytes;
        int result;
    } rows[] = {
        {1000, 400, 0},   {1000, 600, 0},  {1000, 1, -1}, {1000, 0, 0},
        {1001, 2, -1},    {1001, 1, 0},    {500, 1, -1},  {2000, SIZE_MAX / 2, -1},
        {2000, 1000, -1}, {2001, 1000, 0},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        f->spool.config.spool_max = rows[i].most;
        if (limit_space(&f->spool, rows[i].bytes) != rows[i].result)
            fail_msg("row %zu", i);
        if (rows[i].result == -1)
            assert_int_equal(errno, EDQUOT);
    }
    f->spool.config.spool_max = 0;
    assert_int_equal(limit_space(&f->spool, SIZE_MAX), 0);
}

/* The setting is new, or the sum has gone wrong: what is there counts. */
static void space_recounted(void **state)
{
    static const char *const sums[] = {NULL, "", "99999999999999999999999\n",
                                       "00000000000000000000\n"};
    struct fixture *f = *state;
    char id[UUID_SIZE];
    char path[PATH_SIZE];

    fixture_room(f, "alice", id);
    snprintf(path, sizeof path, "%s/new/0000000001", id);
    fixture_write(f->spool.threads, path, "1234567890");
    snprintf(path, sizeof path, "%s/cur/0000000002", id);
    fixture_write(f->spool.threads, path, "12345");
    snprintf(path, sizeof path, "%s/files/attachment", id);
    fixture_write(f->spool.threads, path, "123");
    snprintf(path, sizeof path, "%s/tmp/draft", id);
    fixture_write(f->spool.threads, path, "not this");
    f->spool.config.spool_max = 20;
    for (size_t i = 0; i < COUNT(sums); i++) {
        unlinkat(f->spool.root, "usage", 0);
        if (sums[i] != NULL)
            fixture_write(f->spool.root, "usage", sums[i]);
        if (sums[i] != NULL && *sums[i] != '\0')
            assert_int_equal(limit_recount(&f->spool), 0);
        assert_int_equal(limit_space(&f->spool, 3), -1);
        assert_int_equal(errno, EDQUOT);
        assert_int_equal(limit_space(&f->spool, 2), 0);
    }
    f->spool.config.spool_max = 0;
    assert_int_equal(limit_recount(&f->spool), 0);
    assert_false(fixture_exists(f->spool.root, "usage"));
    assert_int_equal(limit_recount(&f->spool), 0);
}

static struct fixture *fixture;

/* While the agent counts, somebody else says something, and is not kept waiting. */
static int say_meanwhile(void *context)
{
    struct spool other;
    bool *said = context;

    if (*said)
        return 0;
    *said = true;
    if (spool_open(&other) == -1)
        return -1;
    other.config.spool_max = fixture->spool.config.spool_max;
    assert_int_equal(limit_space(&other, 7), 0);
    fixture_close_spool(&other);
    return 0;
}

static int stop(void *context)
{
    (void)context;
    return -1;
}

static void nobody_waits_for_a_recount(void **state)
{
    static const struct {
        const char *sum; /* when it begins; NULL: none */
        bool silent;
        uint64_t after;
    } rows[] = {
        {"00000000000000000003\n", false, 17},
        {"00000000000000000003\n", true, 10},
        {NULL, false, 17},
        {NULL, true, 10},
        {"00000000000000000500\n", false, 17},
    };
    char id[UUID_SIZE];
    char path[PATH_SIZE];
    char text[64];

    fixture = *state;
    fixture_room(fixture, "alice", id);
    snprintf(path, sizeof path, "%s/new/0000000001", id);
    fixture_write(fixture->spool.threads, path, "1234567890");
    fixture->spool.config.spool_max = 1000;
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool said = rows[i].silent;
        unlinkat(fixture->spool.root, "usage", 0);
        if (rows[i].sum != NULL)
            fixture_write(fixture->spool.root, "usage", rows[i].sum);
        fixture->spool.meanwhile = say_meanwhile;
        fixture->spool.meanwhile_context = &said;
        assert_int_equal(limit_recount(&fixture->spool), 0);
        assert_true(file_read(fixture->spool.root, "usage", text, sizeof text) > 0);
        if (strtoull(text, NULL, 10) != rows[i].after)
            fail_msg("row %zu: %s", i, text);
    }
    /* Told to end it leaves the sum as it is. */
    fixture->spool.meanwhile = stop;
    fixture_write(fixture->spool.root, "usage", "00000000000000000042\n");
    assert_int_equal(limit_recount(&fixture->spool), -1);
    assert_int_equal(errno, ECANCELED);
    assert_true(file_read(fixture->spool.root, "usage", text, sizeof text) > 0);
    assert_string_equal(text, "00000000000000000042\n");
}

static int use_space(void *context, int index)
{
    struct spool *own = context;
    struct spool spool;

    (void)index;
    if (spool_open(&spool) == -1)
        return 1;
    spool.config = own->config;
    for (int i = 0; i < 500; i++)
        if (limit_space(&spool, 10) == -1)
            return 1;
    return 0;
}

static void space_counted_by_many_at_once(void **state)
{
    struct fixture *f = *state;

    f->spool.config.spool_max = 16 * 500 * 10;
    assert_int_equal(fixture_fork(16, use_space, &f->spool), 16);
    assert_int_equal(limit_space(&f->spool, 1), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(space),
        SPOOL_TEST(space_recounted),
        SPOOL_TEST(nobody_waits_for_a_recount),
        SPOOL_TEST(space_counted_by_many_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
