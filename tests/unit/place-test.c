/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <sched.h>
#include <sys/ioctl.h>
#include <time.h>

#include "spool/place.h"

#define TOKEN "7d1f0a5e-1234-4abc-8def-0123456789ab"
#define OTHER "0b1e7c2a-8f0d-4c58-9d52-2f4c4b1f9a10"

/* A cursor as the journal would give it: record n, a second later than the one before. */
static struct cursor after(uint64_t records)
{
    return (struct cursor){records, (int64_t)records * 1000};
}

static void expect_at(const struct place *place, uint64_t records)
{
    if (place->at.next != records || place->at.ms != (int64_t)records * 1000)
        fail_msg("at %llu, not %llu", (unsigned long long)place->at.next,
                 (unsigned long long)records);
}

/* Take a place and begin there, or at `otherwise`. */
static void start(struct fixture *f, struct place *place, const char *token, int found,
                  uint64_t otherwise)
{
    struct user alice = fixture_known(f, "alice");

    assert_int_equal(place_take(place, &f->spool, &alice, token), found);
    assert_int_equal(place_begin(place, found == 1 ? place->at : after(otherwise)), 0);
}

/* A stream that began at `began`, came to `at`, and ended. */
static void has_been(struct fixture *f, const char *token, uint64_t at)
{
    struct place place;

    start(f, &place, token, 0, at);
    place_leave(&place);
}

static int places(struct fixture *f)
{
    return fixture_entries(f->spool.users, "alice/streams");
}

/* ---- Coming back  */

static void where_it_left_off(void **state)
{
    struct fixture *f = *state;
    struct place place;

    start(f, &place, NULL, 0, 3);
    assert_int_equal(place_move(&place, after(5)), 0);
    file_close(place.fd); /* as the kernel does when a process is killed */
    start(f, &place, NULL, 1, 0);
    expect_at(&place, 5);
    place_leave(&place);
    assert_int_equal(places(f), 1);
}

static void the_living_keep_theirs(void **state)
{
    struct fixture *f = *state;
    struct place one;
    struct place other;

    start(f, &one, NULL, 0, 3);
    fixture_clock(f, PLACE_RECENT_SEC + 1);
    start(f, &other, NULL, 0, 9);
    assert_int_equal(place_move(&one, after(7)), 0);
    place_leave(&other);
    start(f, &other, NULL, 1, 0);
    expect_at(&other, 9);
    place_leave(&one);
    place_leave(&other);
    assert_int_equal(places(f), 2);
}

static void the_best_of_several(void **state)
{
    static const struct {
        const char *tokens[3];
        uint64_t at[3];
        const char *token;
        uint64_t expected;
    } rows[] = {
        {{NULL, NULL, NULL}, {4, 6, 5}, NULL, 6},
        {{TOKEN, NULL, OTHER}, {4, 6, 8}, TOKEN, 4},
        {{TOKEN, NULL, TOKEN}, {4, 6, 5}, TOKEN, 5},
        {{TOKEN, OTHER, TOKEN}, {4, 6, 5}, NULL, 6},
        {{TOKEN, NULL, OTHER}, {4, 3, 8}, NULL, 3},
        {{OTHER, OTHER, OTHER}, {4, 3, 8}, TOKEN, 8},
        {{TOKEN, TOKEN, TOKEN}, {10, 9, 11}, TOKEN, 11},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct user alice = fixture_known(f, "alice");
        struct place place[3];
        for (size_t j = 0; j < 3; j++) {
            int found = place_take(&place[j], &f->spool, &alice, rows[i].tokens[j]);
            assert_in_range(found, 0, 1);
            assert_int_equal(place_begin(&place[j], after(rows[i].at[j])), 0);
        }
        for (size_t j = 0; j < 3; j++)
            place_leave(&place[j]);
        start(f, &place[0], rows[i].token, 1, 0);
        if (place[0].at.next != rows[i].expected)
            fail_msg("row %zu: at %llu", i, (unsigned long long)place[0].at.next);
        place_leave(&place[0]);
        fixture_clock(f, (long)(i + 1) * 2 * PLACE_LIFE_SEC);
    }
}

static void two_users_two_places(void **state)
{
    struct fixture *f = *state;
    struct user bob = fixture_known(f, "bob");
    struct place place;

    has_been(f, NULL, 5);
    assert_int_equal(place_take(&place, &f->spool, &bob, NULL), 0);
    place_leave(&place);
}

/* Somebody new took the place of a client that was away: it may begin where they did. */
static void where_another_found_it_just_now(void **state)
{
    struct fixture *f = *state;
    struct place first;
    struct place second;
    struct place late;

    has_been(f, NULL, 5);
    start(f, &first, NULL, 1, 0);
    assert_int_equal(place_move(&first, after(8)), 0);
    start(f, &second, NULL, 1, 0);
    expect_at(&second, 5);
    assert_int_equal(place_move(&second, after(8)), 0);
    fixture_clock(f, PLACE_RECENT_SEC + 1);
    start(f, &late, NULL, 0, 8);
    place_leave(&first);
    place_leave(&second);
    place_leave(&late);
}

/* ---- Answers that end the request  */

static void offered_while_the_process_lives(void **state)
{
    struct fixture *f = *state;
    struct place one;
    struct place other;

    start(f, &one, NULL, 0, 3);
    place_offer(&one, after(4));
    start(f, &other, NULL, 1, 0);
    expect_at(&other, 4);
    place_withdraw(&one, after(3)); /* too late: it is another's */
    place_leave(&other);
    start(f, &other, NULL, 1, 0);
    expect_at(&other, 4);
    place_leave(&other);
    assert_int_equal(places(f), 1);
}

static void withdrawn_when_nobody_got_it(void **state)
{
    struct fixture *f = *state;
    struct place place;

    start(f, &place, NULL, 0, 3);
    place_offer(&place, after(4));
    place_withdraw(&place, after(3));
    start(f, &place, NULL, 1, 0);
    expect_at(&place, 3);
    place_leave(&place);
}

/* ---- What the web server may not have passed on  */

/* The clock that doubt goes by is nobody's to set. */
static int64_t real_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void let_pass(int64_t ms)
{
    int64_t until = real_ms() + ms;

    while (real_ms() < until)
        sched_yield();
}

/* However many times it was said something. */
static void doubt_takes_back_all_of_a_moment(void **state)
{
    struct fixture *f = *state;
    struct place place;

    for (int rested = 0; rested < 2; rested++) {
        uint64_t begin = rested == 0 ? 3 : 13;
        start(f, &place, NULL, rested, 3);
        assert_int_equal(place_move(&place, after(begin)), 0);
        assert_int_equal(place_begin(&place, after(begin)), 0);
        if (rested == 1)
            let_pass(PLACE_DOUBT_MSEC);
        int64_t began = real_ms();
        for (uint64_t i = 1; i <= 3; i++)
            assert_int_equal(place_move(&place, after(begin + i)), 0);
        place_doubt(&place, place.at);
        if (real_ms() >= began + PLACE_DOUBT_MSEC)
            skip(); /* the machine was too busy */
        start(f, &place, NULL, 1, 0);
        expect_at(&place, begin);
        place_leave(&place);
    }
}

/* In a lively room, too; and no further than a moment or two. */
static void doubt_takes_back_no_more_than_it_must(void **state)
{
    struct fixture *f = *state;
    struct place place;
    int64_t said[100];
    int64_t last = 0;
    uint64_t count = 0;

    start(f, &place, NULL, 0, 0);
    for (int64_t begin = real_ms(); count < COUNT(said) && real_ms() < begin + 800; count++) {
        said[count] = last = real_ms();
        assert_int_equal(place_move(&place, after(count + 1)), 0);
        let_pass(20);
    }
    assert_int_equal(place_move(&place, after(count + 1)), 0);
    place_doubt(&place, place.at);
    int64_t end = real_ms();
    if (end >= last + PLACE_DOUBT_MSEC)
        skip(); /* the machine was too busy */
    start(f, &place, NULL, 1, 0);
    assert_in_range(place.at.next, 1, count - 1);
    assert_true(said[place.at.next - 1] <= end - PLACE_DOUBT_MSEC);
    place_leave(&place);
}

/* What lay in the pipe was not heard, and what was taken just before is in doubt as ever. */
static void what_was_not_taken(void **state)
{
    static const struct {
        int64_t rest;
        uint64_t taken;
        uint64_t expected;
    } rows[] = {{0, 5, 3}, {0, 3, 3}, {PLACE_DOUBT_MSEC, 5, 5}, {PLACE_DOUBT_MSEC, 4, 4}};
    struct fixture *f = *state;
    struct place place;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct user alice = fixture_known(f, "alice");
        int64_t begin = real_ms();
        assert_in_range(place_take(&place, &f->spool, &alice, NULL), 0, 1);
        assert_int_equal(place_begin(&place, after(3)), 0);
        for (uint64_t at = 4; at <= 6; at++)
            assert_int_equal(place_move(&place, after(at)), 0);
        let_pass(rows[i].rest);
        place_doubt(&place, after(rows[i].taken));
        if (rows[i].rest == 0 && real_ms() >= begin + PLACE_DOUBT_MSEC)
            skip(); /* the machine was too busy */
        start(f, &place, NULL, 1, 0);
        if (place.at.next != rows[i].expected)
            fail_msg("row %zu: at %llu", i, (unsigned long long)place.at.next);
        place_leave(&place);
    }
}

static void what_is_older_is_not_in_doubt(void **state)
{
    struct fixture *f = *state;
    struct place place;

    start(f, &place, NULL, 0, 3);
    assert_int_equal(place_move(&place, after(4)), 0);
    assert_int_equal(place_move(&place, after(5)), 0);
    let_pass(PLACE_DOUBT_MSEC);
    place_doubt(&place, place.at);
    start(f, &place, NULL, 1, 0);
    expect_at(&place, 5);
    place_leave(&place);
}

/* ---- Their end  */

static void a_cursor_spends_its_own(void **state)
{
    static const struct {
        const char *token;
        uint64_t cursor;
        int left;
    } rows[] = {{NULL, 5, 1}, {TOKEN, 4, 1}, {OTHER, 5, 1}, {TOKEN, 5, 0}, {TOKEN, 5, 0}};
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");

    assert_int_equal(place_spend(&f->spool, &alice, TOKEN, after(5)), 0); /* none at all */
    has_been(f, TOKEN, 5);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(place_spend(&f->spool, &alice, rows[i].token, after(rows[i].cursor)), 0);
        if (places(f) != rows[i].left)
            fail_msg("row %zu: %d left", i, places(f));
    }
}

static void a_living_one_is_not_spent(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    struct place place;

    start(f, &place, NULL, 0, 5);
    assert_int_equal(place_spend(&f->spool, &alice, NULL, after(5)), 0);
    assert_int_equal(places(f), 1);
    place_leave(&place);
}

static void an_hour_after_its_end(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    struct place place;

    start(f, &place, NULL, 0, 5);
    fixture_clock(f, 2 * PLACE_LIFE_SEC);
    assert_int_equal(place_tidy(&f->spool, &alice), 0); /* it lives */
    assert_int_equal(places(f), 1);
    place_leave(&place);
    fixture_clock(f, 3 * PLACE_LIFE_SEC - 30);
    assert_int_equal(place_tidy(&f->spool, &alice), 0);
    assert_int_equal(places(f), 1);
    fixture_clock(f, 3 * PLACE_LIFE_SEC + 1);
    assert_int_equal(place_tidy(&f->spool, &alice), 0);
    assert_int_equal(places(f), 0);
}

static void too_old_is_not_taken(void **state)
{
    struct fixture *f = *state;

    has_been(f, NULL, 5);
    fixture_clock(f, PLACE_LIFE_SEC + 1);
    has_been(f, NULL, 9);
    assert_int_equal(places(f), 1);
    fixture_clock(f, -2 * PLACE_LIFE_SEC); /* nor is one from a future that is far off */
    has_been(f, NULL, 12);
    assert_int_equal(places(f), 1);
}

static void the_damaged_goes(void **state)
{
    static const char *const texts[] = {
        "",
        "\n",
        "-\n",
        "- 1 0-0 1\n",
        "- 1 0-0 1 nonsense\n",
        "- x 0-0 1 0-0\n",
        "0123456789abcdef0 1 0-0 1 0-0\n",
        "- 1 0-0 99999999999999999999 5-5\n",
    };
    struct fixture *f = *state;
    struct place place;

    has_been(f, NULL, 5);
    for (size_t i = 0; i < COUNT(texts); i++) {
        fixture_write(f->spool.users, "alice/streams/" OTHER, texts[i]);
        start(f, &place, NULL, 1, 0);
        expect_at(&place, 5);
        place_leave(&place);
        if (places(f) != 1)
            fail_msg("row %zu is there", i);
    }
}

static void what_is_no_place_stays(void **state)
{
    struct fixture *f = *state;
    struct place place;

    has_been(f, NULL, 5);
    fixture_write(f->spool.users, "alice/streams/note", "mine");
    assert_int_equal(symlinkat("/etc/passwd", f->spool.users, "alice/streams/" OTHER), 0);
    start(f, &place, NULL, 1, 0);
    expect_at(&place, 5);
    place_leave(&place);
    assert_int_equal(places(f), 3);
}

/* ---- Many at once  */

#define CROWD 8

static int take_one(void *context, int index)
{
    const int *gate = context;
    struct spool spool;
    struct user alice;
    struct place place;
    int arrived = 0;

    (void)index;
    if (spool_open(&spool) == -1 || user_named(&alice, "alice") == -1 ||
        place_take(&place, &spool, &alice, NULL) != 1 || place.at.next != 5 ||
        write(gate[1], "x", 1) != 1)
        return 1;
    /* Hold it until everybody has one. */
    while (arrived < CROWD && ioctl(gate[0], FIONREAD, &arrived) == 0)
        sched_yield();
    return 0;
}

/* Of eight free ones, eight who come together get one each. */
static void nobody_shares(void **state)
{
    struct fixture *f = *state;
    struct place crowd[CROWD];
    int gate[2];

    for (size_t i = 0; i < CROWD; i++)
        start(f, &crowd[i], NULL, 0, 5);
    for (size_t i = 0; i < CROWD; i++)
        place_leave(&crowd[i]);
    assert_int_equal(pipe(gate), 0);
    assert_int_equal(fixture_fork(CROWD, take_one, gate), CROWD);
    assert_int_equal(places(f), CROWD);
    close(gate[0]);
    close(gate[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(where_it_left_off),
        SPOOL_TEST(the_living_keep_theirs),
        SPOOL_TEST(the_best_of_several),
        SPOOL_TEST(two_users_two_places),
        SPOOL_TEST(where_another_found_it_just_now),
        SPOOL_TEST(offered_while_the_process_lives),
        SPOOL_TEST(withdrawn_when_nobody_got_it),
        SPOOL_TEST(doubt_takes_back_all_of_a_moment),
        SPOOL_TEST(doubt_takes_back_no_more_than_it_must),
        SPOOL_TEST(what_was_not_taken),
        SPOOL_TEST(what_is_older_is_not_in_doubt),
        SPOOL_TEST(a_cursor_spends_its_own),
        SPOOL_TEST(a_living_one_is_not_spent),
        SPOOL_TEST(an_hour_after_its_end),
        SPOOL_TEST(too_old_is_not_taken),
        SPOOL_TEST(the_damaged_goes),
        SPOOL_TEST(what_is_no_place_stays),
        SPOOL_TEST(nobody_shares),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
