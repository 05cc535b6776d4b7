/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <signal.h>

#include "spool/throttle.h"

#define ONE "7d1f0a5e-0000-4000-8000-00000000000a"
#define TWO "7d1f0a5e-0000-4000-8000-00000000000b"

static void the_same(void **state)
{
    static const struct {
        long sec; /* by the clock */
        const char *thread;
        bool composing;
        int result;
    } rows[] = {
        {0, ONE, true, 1},  {0, ONE, true, 0},  {2, ONE, true, 0}, {2, ONE, false, 1},
        {2, ONE, false, 0}, {2, ONE, true, 1},  {8, TWO, true, 1}, {8, TWO, true, 0},
        {14, TWO, true, 1}, {10, TWO, true, 1}, /* the clock has gone back */
        {12, TWO, true, 0}, {16, TWO, true, 1},
    };
    struct fixture *f = *state;
    struct user user = fixture_known(f, "alice");

    for (size_t i = 0; i < COUNT(rows); i++) {
        int result;
        fixture_clock(f, rows[i].sec);
        result = throttle_chatstate(&f->spool, &user, rows[i].thread, rows[i].composing);
        if (result != rows[i].result)
            fail_msg("row %zu: %d", i, result);
    }
}

static int burst(struct fixture *f, const struct user *user, bool receipts)
{
    for (int count = 0;; count++) {
        int result = receipts ? throttle_receipt(&f->spool, user)
                              : throttle_chatstate(&f->spool, user, ONE, count % 2 == 0);
        assert_int_not_equal(result, -1);
        if (result == 0 || count == 300)
            return count;
    }
}

static void sixty_a_minute(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    struct user bob = fixture_known(f, "bob");
    int count = burst(f, &alice, false);

    /* A slow machine may have earned some more meanwhile. */
    assert_in_range(count, THROTTLE_PER_MINUTE, THROTTLE_PER_MINUTE + 2);
    assert_in_range(burst(f, &alice, true), 0, 1);
    fixture_clock(f, 10);
    assert_in_range(burst(f, &alice, true), 9, 12);
    assert_in_range(burst(f, &bob, true), THROTTLE_PER_MINUTE, THROTTLE_PER_MINUTE + 2);
    fixture_clock(f, 1000);
    assert_in_range(burst(f, &alice, false), THROTTLE_PER_MINUTE, THROTTLE_PER_MINUTE + 2);
}

static void damage(void **state)
{
    static const char *const rows[] = {"", "x", ONE, ONE " c ", ONE " c x\n", ONE " c -5\n"};
    struct fixture *f = *state;
    struct user user = fixture_known(f, "alice");

    for (size_t i = 0; i < COUNT(rows); i++) {
        fixture_write(f->spool.users, "alice/chatstate", rows[i]);
        assert_int_equal(throttle_chatstate(&f->spool, &user, ONE, true), 1);
        assert_int_equal(throttle_chatstate(&f->spool, &user, ONE, true), 0);
    }
}

static void nobody(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user("nobody");

    assert_int_equal(throttle_chatstate(&f->spool, &user, ONE, true), -1);
    assert_int_equal(throttle_receipt(&f->spool, &user), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(the_same),
        SPOOL_TEST(sixty_a_minute),
        SPOOL_TEST(damage),
        SPOOL_TEST(nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
