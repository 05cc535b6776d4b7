/* SPDX-License-Identifier: MIT */
#include "fixture.h"
#include "spool/readmark.h"

#define THREAD "7d1f0a5e-1234-4abc-8def-0123456789ab"
#define MARK "alice/read/" THREAD

static void expect_mark(struct fixture *f, const struct user *user, uint64_t expected)
{
    uint64_t seq = 77;

    assert_int_equal(readmark_get(&f->spool, user, THREAD, &seq), 0);
    assert_int_equal(seq, expected);
}

static void none_yet(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");

    expect_mark(f, &alice, 0);
    assert_int_equal(readmark_set(&f->spool, &alice, THREAD, 0), 0);
    assert_false(fixture_exists(f->spool.users, "alice/read"));
    alice = fixture_user("stranger");
    expect_mark(f, &alice, 0);
}

static void forward_only(void **state)
{
    static const struct {
        uint64_t seq;
        int result;
        uint64_t then;
    } rows[] = {
        {3, 1, 3},
        {3, 0, 3},
        {2, 0, 3},
        {0, 0, 3},
        {10, 1, 10},
        {9, 0, 10},
        {SEQ_MAX - 1, 1, SEQ_MAX - 1},
        {1, 0, SEQ_MAX - 1},
        {SEQ_MAX, 1, SEQ_MAX},
        {SEQ_MAX, 0, SEQ_MAX},
    };
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    struct user bob = fixture_known(f, "bob");
    char text[32];

    for (size_t i = 0; i < COUNT(rows); i++) {
        if (readmark_set(&f->spool, &alice, THREAD, rows[i].seq) != rows[i].result)
            fail_msg("row %zu", i);
        expect_mark(f, &alice, rows[i].then);
    }
    assert_int_equal(file_read(f->spool.users, MARK, text, sizeof text), SEQ_DIGITS + 1);
    assert_string_equal(text, "9999999999\n");
    expect_mark(f, &bob, 0);
}

static void refused(void **state)
{
    static const char *const ids[] = {"",
                                      "x",
                                      "..",
                                      "../threads/x",
                                      "7d1f0a5e-1234-4abc-8def-0123456789ab0",
                                      "7D1F0A5E-1234-4abc-8def-0123456789ab"};
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    struct user nobody = fixture_user("nobody");
    uint64_t seq;

    for (size_t i = 0; i < COUNT(ids); i++) {
        seq = 7;
        assert_int_equal(readmark_get(&f->spool, &alice, ids[i], &seq), -1);
        assert_int_equal(errno, EINVAL);
        assert_int_equal(seq, 0);
        assert_int_equal(readmark_set(&f->spool, &alice, ids[i], 1), -1);
        assert_int_equal(errno, EINVAL);
    }
    assert_int_equal(readmark_set(&f->spool, &alice, THREAD, SEQ_MAX + UINT64_C(1)), -1);
    assert_int_equal(errno, EINVAL);
    assert_false(fixture_exists(f->spool.users, "alice/read"));
    assert_int_equal(readmark_set(&f->spool, &nobody, THREAD, 1), -1);
    assert_int_equal(errno, ENOENT);
    assert_false(fixture_exists(f->spool.users, "nobody"));
}

/* Whatever lies there is never shown as a number it is not, and gives way to the next mark. */
static void damaged(void **state)
{
    static const struct {
        const char *text;
        int error; /* 0: as good as none */
    } rows[] = {
        {"", 0},
        {"\n", EBADMSG},
        {"12\n", EBADMSG},
        {"000000001x\n", EBADMSG},
        {"          \n", EBADMSG},
        {"99999999999\n", EFBIG},
        {"0000000009\n0000000009\n", EFBIG},
    };
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    uint64_t seq;

    assert_int_equal(readmark_set(&f->spool, &alice, THREAD, 1), 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int result;
        fixture_write(f->spool.users, MARK, rows[i].text);
        seq = 7;
        result = readmark_get(&f->spool, &alice, THREAD, &seq);
        if (seq != 0 || result != (rows[i].error == 0 ? 0 : -1) ||
            (result == -1 && errno != rows[i].error))
            fail_msg("row %zu: %d %s", i, result, strerror(errno));
        assert_int_equal(readmark_set(&f->spool, &alice, THREAD, 5), 1);
        expect_mark(f, &alice, 5);
    }
}

static void through_no_link(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    char text[32];
    uint64_t seq;

    assert_int_equal(readmark_set(&f->spool, &alice, THREAD, 1), 1);
    fixture_write(f->spool.users, "alice/elsewhere", "0000000002\n");
    assert_int_equal(unlinkat(f->spool.users, MARK, 0), 0);
    assert_int_equal(symlinkat("../elsewhere", f->spool.users, MARK), 0);
    assert_int_equal(readmark_get(&f->spool, &alice, THREAD, &seq), -1);
    assert_int_equal(errno, ELOOP);
    assert_int_equal(readmark_set(&f->spool, &alice, THREAD, 3), -1);
    assert_int_equal(errno, ELOOP);
    file_read(f->spool.users, "alice/elsewhere", text, sizeof text);
    assert_string_equal(text, "0000000002\n");
}

/* Each goes its own steps to 200; every look in between finds a mark that was set, and none lower. */
static int walk(void *context, int index)
{
    struct spool spool;
    struct user alice;
    uint64_t seen = 0;

    (void)context;
    if (spool_open(&spool) == -1 || user_named(&alice, "alice") == -1)
        return 1;
    for (uint64_t seq = 1; seq <= 200; seq += (uint64_t)index % 4 + 1) {
        uint64_t now;
        if (readmark_set(&spool, &alice, THREAD, seq) == -1 ||
            readmark_get(&spool, &alice, THREAD, &now) == -1)
            return 2;
        if (now < seen || now < seq || now > 200)
            return 3;
        seen = now;
    }
    return readmark_set(&spool, &alice, THREAD, 200) == -1;
}

static void many_at_once(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");

    assert_int_equal(fixture_fork(8, walk, NULL), 8);
    expect_mark(f, &alice, 200);
    assert_int_equal(fixture_entries(f->spool.users, "alice/read"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(none_yet), SPOOL_TEST(forward_only),    SPOOL_TEST(refused),
        SPOOL_TEST(damaged),  SPOOL_TEST(through_no_link), SPOOL_TEST(many_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
