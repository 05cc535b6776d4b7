/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#define THREAD "7d1f0a5e-1234-4abc-8def-0123456789ab"

/* ---- Being there  */

static void made_complete(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("a/b");
    struct cursor cursor;

    assert_false(user_known(&f->spool, &alice));
    assert_int_equal(user_make(&f->spool, &alice), 0);
    assert_true(user_known(&f->spool, &alice));
    assert_int_equal(fixture_entries(f->spool.users, "a%2Fb"), 3);
    assert_int_equal(fixture_entries(f->spool.users, "a%2Fb/threads"), 0);
    assert_int_equal(fixture_entries(f->spool.users, "a%2Fb/sent"), 0);
    assert_int_equal(user_delivered(&f->spool, &alice, &cursor), 0);
    assert_int_equal(cursor.next, 0);
    assert_int_equal(user_make(&f->spool, &alice), 0);
}

static void whatever_is_missing_is_made(void **state)
{
    static const struct {
        const char *gone[3];
    } rows[] = {
        {{"alice/delivered"}},
        {{"alice/sent"}},
        {{"alice/threads"}},
        {{"alice/sent", "alice/threads"}},
        {{"alice/sent", "alice/threads", "alice/delivered"}},
    };
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");

    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t j = 0; j < 3 && rows[i].gone[j] != NULL; j++)
            if (unlinkat(f->spool.users, rows[i].gone[j], 0) == -1)
                assert_int_equal(unlinkat(f->spool.users, rows[i].gone[j], AT_REMOVEDIR), 0);
        assert_int_equal(user_make(&f->spool, &alice), 0);
        if (!fixture_exists(f->spool.users, "alice/sent") ||
            !fixture_exists(f->spool.users, "alice/threads") ||
            !fixture_exists(f->spool.users, "alice/delivered"))
            fail_msg("row %zu", i);
    }
}

static int make_bob(void *context, int index)
{
    struct spool spool;
    struct user bob;

    (void)context;
    (void)index;
    return spool_open(&spool) == -1 || user_named(&bob, "bob") == -1 || user_make(&spool, &bob);
}

static void made_by_many_at_once(void **state)
{
    struct fixture *f = *state;
    struct user bob = fixture_user("bob");
    struct cursor cursor;

    assert_int_equal(fixture_fork(16, make_bob, NULL), 16);
    assert_int_equal(fixture_entries(f->spool.users, "."), 1);
    assert_int_equal(fixture_entries(f->spool.users, "bob"), 3);
    assert_int_equal(user_delivered(&f->spool, &bob, &cursor), 0);
}

static void new_user_begins_at_the_end(void **state)
{
    struct fixture *f = *state;
    struct user bob = fixture_user("bob");
    struct cursor cursor;
    struct cursor end;
    char id[UUID_SIZE];

    fixture_room(f, "alice", id);
    fixture_say(f, id, "alice", "one");
    fixture_say(f, id, "alice", "two");
    assert_int_equal(user_make(&f->spool, &bob), 0);
    assert_int_equal(user_delivered(&f->spool, &bob, &cursor), 0);
    assert_int_equal(journal_end(&f->spool, &end), 0);
    assert_int_equal(cursor.next, 2);
    assert_int_equal(cursor.ms, end.ms);
}

static int collect(void *context, const struct user *user)
{
    char *text = context;
    size_t len = strlen(text);

    snprintf(text + len, 256 - len, "%s;", user->name);
    return strcmp(user->name, "stop") == 0 ? 42 : 0;
}

static void each_user(void **state)
{
    static const char *const foreign[] = {".draft", "%61", "a b", "%2ex", "%"};
    struct fixture *f = *state;
    char text[256] = "";

    assert_int_equal(user_each(&f->spool, collect, text), 0);
    assert_string_equal(text, "");
    for (size_t i = 0; i < COUNT(foreign); i++)
        assert_int_equal(mkdirat(f->spool.users, foreign[i], 0700), 0);
    fixture_known(f, ".hidden");
    assert_int_equal(user_each(&f->spool, collect, text), 0);
    assert_string_equal(text, ".hidden;");
    fixture_known(f, "stop");
    assert_int_equal(user_each(&f->spool, collect, text), 42);
}

/* ---- Files  */

static void texts(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    struct user nobody = fixture_user("nobody");
    char out[16];

    assert_int_equal(user_text(&f->spool, &alice, "profile.json", out, sizeof out), 0);
    assert_int_equal(user_text(&f->spool, &nobody, "profile.json", out, sizeof out), 0);
    fixture_write(f->spool.users, "alice/profile.json", "{\"a\":1}\n");
    assert_int_equal(user_text(&f->spool, &alice, "profile.json", out, sizeof out), 8);
    assert_string_equal(out, "{\"a\":1}\n");
    assert_int_equal(user_text(&f->spool, &alice, "profile.json", out, 8), -1);
    assert_int_equal(errno, EFBIG);
}

/* ---- What has been delivered  */

static void delivered_moves_forward(void **state)
{
    static const struct {
        struct cursor to;
        struct cursor is;
    } rows[] = {
        {{10, 5000}, {10, 5000}},
        {{11, 5000}, {11, 5000}},
        {{11, 5000}, {11, 5000}},
        {{9, 4999}, {11, 5000}},
        {{0, 0}, {11, 5000}},
        {{100, 6000}, {100, 6000}},
        {{99, 5999}, {100, 6000}},
        {{9999999998, 1763817600123}, {9999999998, 1763817600123}},
        {{1, 5000}, {9999999998, 1763817600123}},
    };
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct cursor cursor;
        assert_int_equal(user_deliver(&f->spool, &alice, rows[i].to), 0);
        assert_int_equal(user_delivered(&f->spool, &alice, &cursor), 0);
        if (cursor.next != rows[i].is.next || cursor.ms != rows[i].is.ms)
            fail_msg("row %zu: %llu-%lld", i, (unsigned long long)cursor.next,
                     (long long)cursor.ms);
    }
}

/* Record numbers are used again after a loss; what is younger is further on nevertheless. */
static void delivered_after_a_loss(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    struct cursor cursor;

    assert_int_equal(user_deliver(&f->spool, &alice, (struct cursor){1000, 5000}), 0);
    assert_int_equal(user_deliver(&f->spool, &alice, (struct cursor){901, 7000}), 0);
    assert_int_equal(user_delivered(&f->spool, &alice, &cursor), 0);
    assert_int_equal(cursor.next, 901);
    assert_int_equal(cursor.ms, 7000);
}

static void delivered_shorter_than_before(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    struct cursor cursor;

    fixture_write(f->spool.users, "alice/delivered", "9-999999999999999\n");
    assert_int_equal(user_deliver(&f->spool, &alice, (struct cursor){11, 999999999999999}), 0);
    fixture_write(f->spool.users, "alice/delivered", "garbage that is longer than a cursor\n");
    assert_int_equal(user_deliver(&f->spool, &alice, (struct cursor){11, 5000}), 0);
    assert_int_equal(user_delivered(&f->spool, &alice, &cursor), 0);
    assert_int_equal(cursor.next, 11);
    assert_int_equal(cursor.ms, 5000);
}

static int deliver_many(void *context, int index)
{
    struct spool spool;
    struct user alice;

    (void)context;
    if (spool_open(&spool) == -1 || user_named(&alice, "alice") == -1)
        return 1;
    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t next = i * 16 + (uint64_t)index + 1;
        struct cursor is;
        if (user_deliver(&spool, &alice, (struct cursor){next, 1000 + (int64_t)next}) == -1 ||
            user_delivered(&spool, &alice, &is) == -1 || is.next < next)
            return 1;
    }
    return 0;
}

static void delivered_by_many_at_once(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    struct cursor cursor;

    assert_int_equal(fixture_fork(16, deliver_many, NULL), 16);
    assert_int_equal(user_delivered(&f->spool, &alice, &cursor), 0);
    assert_int_equal(cursor.next, 16000);
    assert_int_equal(cursor.ms, 17000);
}

static void delivered_to_nobody(void **state)
{
    struct fixture *f = *state;
    struct user nobody = fixture_user("nobody");
    struct cursor cursor;

    assert_int_equal(user_delivered(&f->spool, &nobody, &cursor), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(user_deliver(&f->spool, &nobody, (struct cursor){1, 1}), -1);
    assert_int_equal(errno, ENOENT);
    assert_false(user_known(&f->spool, &nobody));
}

/* ---- Membership  */

static void joined(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    struct user bob = fixture_known(f, "bob");
    uint64_t seq = 7;

    assert_int_equal(user_joined(&f->spool, &alice, THREAD, &seq), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(user_join(&f->spool, &alice, THREAD, 42), 0);
    assert_int_equal(user_joined(&f->spool, &alice, THREAD, &seq), 0);
    assert_int_equal(seq, 42);
    assert_int_equal(user_join(&f->spool, &alice, THREAD, 50), 0); /* is in it already */
    assert_int_equal(user_joined(&f->spool, &alice, THREAD, &seq), 0);
    assert_int_equal(seq, 42);
    assert_int_equal(user_joined(&f->spool, &bob, THREAD, &seq), -1);
    assert_int_equal(user_join(&f->spool, &bob, THREAD, SEQ_MAX), 0);
    assert_int_equal(user_joined(&f->spool, &bob, THREAD, &seq), 0);
    assert_int_equal(seq, SEQ_MAX);
}

static void damaged_membership(void **state)
{
    static const char *const rows[] = {"", "\n", "42\n", "000000004x\n", "-000000042\n"};
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    uint64_t seq;

    for (size_t i = 0; i < COUNT(rows); i++) {
        fixture_write(f->spool.users, "alice/threads/" THREAD, rows[i]);
        assert_int_equal(user_joined(&f->spool, &alice, THREAD, &seq), -1);
        assert_int_equal(errno, EBADMSG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(made_complete),
        SPOOL_TEST(whatever_is_missing_is_made),
        SPOOL_TEST(made_by_many_at_once),
        SPOOL_TEST(new_user_begins_at_the_end),
        SPOOL_TEST(each_user),
        SPOOL_TEST(texts),
        SPOOL_TEST(delivered_moves_forward),
        SPOOL_TEST(delivered_after_a_loss),
        SPOOL_TEST(delivered_shorter_than_before),
        SPOOL_TEST(delivered_by_many_at_once),
        SPOOL_TEST(delivered_to_nobody),
        SPOOL_TEST(joined),
        SPOOL_TEST(damaged_membership),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
