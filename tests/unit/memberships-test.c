/* SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "spool/memberships.h"

#define SOME 7

static void id_of(char id[UUID_SIZE], unsigned number)
{
    snprintf(id, UUID_SIZE, "%08x-0000-4000-8000-000000000000", number);
}

static void join(struct fixture *f, const struct user *user, unsigned number)
{
    char id[UUID_SIZE];

    id_of(id, number);
    assert_int_equal(user_join(&f->spool, user, id, 0), 0);
}

static void none(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    struct user nobody = fixture_user("nobody");
    char ids[SOME][UUID_SIZE];
    size_t count = 9;

    assert_int_equal(memberships(&f->spool, &alice, "", ids, SOME, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(memberships(&f->spool, &nobody, "", ids, SOME, &count), -1);
    assert_int_equal(errno, ENOENT);
}

/* Page after page gives all, once, in order, whatever the order of the directory. */
static void in_pages(void **state)
{
    static const size_t sizes[] = {1, 2, 3, SOME};
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    char ids[SOME][UUID_SIZE];

    for (unsigned i = 0; i < 100; i++)
        join(f, &alice, i * 37 % 100);
    for (size_t s = 0; s < COUNT(sizes); s++) {
        char after[UUID_SIZE] = "";
        unsigned seen = 0;
        size_t count;
        do {
            assert_int_equal(memberships(&f->spool, &alice, after, ids, sizes[s], &count), 0);
            for (size_t i = 0; i < count; i++) {
                id_of(after, seen++);
                assert_string_equal(ids[i], after);
            }
        } while (count == sizes[s]);
        assert_int_equal(seen, 100);
    }
}

static void exact_edges(void **state)
{
    static const struct {
        const char *after;
        size_t count;
        unsigned first;
    } rows[] = {
        {"", 3, 1},
        {"00000000-0000-4000-8000-000000000000", 3, 1},
        {"00000001-0000-4000-8000-000000000000", 2, 2},
        {"00000001-ffff-4000-8000-000000000000", 2, 2},
        {"00000002-0000-4000-8000-000000000000", 1, 3},
        {"00000003-0000-4000-8000-000000000000", 0, 0},
        {"ffffffff-ffff-ffff-ffff-ffffffffffff", 0, 0},
    };
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    char ids[3][UUID_SIZE];
    char first[UUID_SIZE];

    for (unsigned i = 1; i <= 3; i++)
        join(f, &alice, i);
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t count;
        assert_int_equal(memberships(&f->spool, &alice, rows[i].after, ids, 3, &count), 0);
        if (count != rows[i].count)
            fail_msg("row %zu: %zu", i, count);
        id_of(first, rows[i].first);
        if (count > 0)
            assert_string_equal(ids[0], first);
    }
}

static void what_is_no_thread(void **state)
{
    static const char *const names[] = {"x", "00000001-0000-4000-8000-00000000000",
                                        "0000000A-0000-4000-8000-000000000000",
                                        ".00000001-0000-4000-8000-00000000000"};
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    char ids[SOME][UUID_SIZE];
    char path[PATH_SIZE];
    size_t count;

    for (size_t i = 0; i < COUNT(names); i++) {
        path_user_thread(path, "alice", names[i]);
        fixture_write(f->spool.users, path, "0000000000\n");
    }
    join(f, &alice, 5);
    assert_int_equal(memberships(&f->spool, &alice, "", ids, SOME, &count), 0);
    assert_int_equal(count, 1);
    assert_string_equal(ids[0], "00000005-0000-4000-8000-000000000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(none),
        SPOOL_TEST(in_pages),
        SPOOL_TEST(exact_edges),
        SPOOL_TEST(what_is_no_thread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
