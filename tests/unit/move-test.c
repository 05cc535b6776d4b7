/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "spool/move.h"

/* ---- Helpers  */

static void failed(void *context, const char *object, int error)
{
    int *count = context;

    (void)object;
    (void)error;
    ++*count;
}

static void put_delivered(struct fixture *f, const char *name, struct cursor cursor)
{
    char path[FIXTURE_PATH];
    char text[CURSOR_SIZE + 1];
    size_t len = cursor_print(text, cursor);

    text[len] = '\n';
    text[len + 1] = '\0';
    snprintf(path, sizeof path, "%s/delivered", name);
    fixture_write(f->spool.users, path, text);
}

/* The place after the first `count` records of `thread`. */
static struct cursor place_after(struct fixture *f, const char *thread, int count)
{
    struct journal_reader reader;
    struct journal_record record;
    struct cursor place = {0, 0};

    assert_int_equal(journal_seek(&reader, &f->spool, place), 0);
    while (count > 0 && journal_next(&reader, &record) == 1)
        if (strcmp(record.id, thread) == 0 && --count == 0)
            place = reader.at;
    journal_close(&reader);
    return place;
}

static void put_joined(struct fixture *f, const char *name, const char *thread, int joined)
{
    char path[FIXTURE_PATH];
    char text[16];

    snprintf(path, sizeof path, "%s/threads/%s", name, thread);
    snprintf(text, sizeof text, "%010d\n", joined);
    unlinkat(f->spool.users, path, 0);
    if (joined >= 0)
        fixture_write(f->spool.users, path, text);
}

static int entries(struct fixture *f, const char *thread, const char *folder)
{
    char path[FIXTURE_PATH];

    snprintf(path, sizeof path, "%s/%s", thread, folder);
    return fixture_entries(f->spool.threads, path);
}

/* ---- What is delivered  */

#define NEVER (-1) /* is no member */

/* Three people, five stanzas: how many have reached each, when each joined; how many may move. */
static const struct {
    int received[3];
    int joined[3];
    int moves;
} rows[] = {
    {{0, 0, 0}, {0, 0, 0}, 0},
    {{5, 5, 5}, {0, 0, 0}, 5},
    {{5, 5, 4}, {0, 0, 0}, 4},
    {{1, 2, 3}, {0, 0, 0}, 1},
    {{5, 0, 5}, {0, 0, 0}, 0},
    {{5, 5, 0}, {0, 0, 5}, 5},             /* joined after all of them */
    {{5, 5, 0}, {0, 0, 3}, 3},             /* the fourth is theirs, and has not come */
    {{5, 5, 4}, {0, 0, 3}, 4},             /* it has */
    {{5, 5, 0}, {0, 0, 9}, 5},             /* joined at a number that does not exist yet */
    {{5, 5, 0}, {0, 0, NEVER}, 5},         /* has left */
    {{2, 0, 0}, {0, NEVER, NEVER}, 2},     /* the only one */
    {{0, 0, 0}, {NEVER, NEVER, NEVER}, 5}, /* nobody to wait for */
    {{0, 3, 5}, {5, 1, 2}, 3},
};

static void test_table(void **state)
{
    static const char *const names[] = {"alice", "bob", "carol"};
    struct fixture *f = *state;

    for (size_t row = 0; row < COUNT(rows); row++) {
        int failures = 0;
        struct report report = {failed, &failures};
        struct mover mover;
        char thread[UUID_SIZE];
        fixture_room(f, "alice bob carol", thread);
        for (int i = 0; i < 5; i++)
            fixture_say(f, thread, "alice", "x");
        for (int i = 0; i < 3; i++) {
            put_delivered(f, names[i], place_after(f, thread, rows[row].received[i]));
            put_joined(f, names[i], thread, rows[row].joined[i]);
        }
        mover_open(&mover, &f->spool, &report);
        assert_int_equal(mover_pass(&mover, true), 0);
        if (entries(f, thread, "cur") != rows[row].moves)
            fail_msg("row %zu: %d moved", row, entries(f, thread, "cur"));
        assert_int_equal(entries(f, thread, "new"), 5 - rows[row].moves);
        assert_int_equal(failures, 0);
        mover_close(&mover);
    }
}

static void test_damaged_delivered_is_waited_for(void **state)
{
    struct fixture *f = *state;
    int failures = 0;
    struct report report = {failed, &failures};
    struct mover mover;
    char thread[UUID_SIZE];

    fixture_room(f, "alice bob", thread);
    fixture_say(f, thread, "alice", "x");
    put_delivered(f, "alice", place_after(f, thread, 1));
    fixture_write(f->spool.users, "bob/delivered", "soon\n");
    mover_open(&mover, &f->spool, &report);
    assert_int_equal(mover_pass(&mover, true), 0);
    assert_int_equal(entries(f, thread, "new"), 1);
    assert_int_equal(failures, 0); /* the next time bob comes it is whole again */
    mover_close(&mover);
}

/* ---- Over time  */

static void test_follows_what_comes(void **state)
{
    struct fixture *f = *state;
    int failures = 0;
    struct report report = {failed, &failures};
    struct mover mover;
    char one[UUID_SIZE];
    char other[UUID_SIZE];

    fixture_room(f, "alice bob", one);
    fixture_say(f, one, "alice", "x");
    mover_open(&mover, &f->spool, &report);
    assert_int_equal(mover_pass(&mover, true), 0);
    assert_int_equal(mover_oldest(&mover), 0);
    fixture_room(f, "alice bob", other);
    fixture_say(f, other, "bob", "y");
    fixture_say(f, one, "bob", "z");
    put_delivered(f, "alice", place_after(f, one, 2));
    put_delivered(f, "bob", place_after(f, other, 1));
    assert_int_equal(mover_pass(&mover, true), 0);
    assert_int_equal(entries(f, one, "cur"), 1);
    assert_int_equal(entries(f, other, "cur"), 1);
    assert_int_equal(mover_oldest(&mover), 2);
    put_delivered(f, "bob", place_after(f, one, 2));
    assert_int_equal(mover_pass(&mover, true), 0);
    assert_int_equal(entries(f, one, "new"), 0);
    assert_int_equal(mover_oldest(&mover), UINT64_MAX);
    assert_int_equal(failures, 0);
    mover_close(&mover);
}

/* A thread that waits for somebody who is away is looked at after 5, 10, 20 s … 5 min. */
static void test_dormant_threads_are_looked_at_rarely(void **state)
{
    static const long looks[] = {5, 15, 35, 75, 155, 315, 615, 915, 1215};
    struct fixture *f = *state;
    int failures = 0;
    struct report report = {failed, &failures};
    struct mover mover;
    char thread[UUID_SIZE];

    fixture_room(f, "alice bob", thread);
    fixture_say(f, thread, "alice", "x");
    mover_open(&mover, &f->spool, &report);
    for (size_t i = 0; i + 1 < COUNT(looks); i++) {
        fixture_clock(f, looks[i] + (long)i); /* the look itself takes no second */
        assert_int_equal(mover_pass(&mover, false), 0);
    }
    put_delivered(f, "alice", place_after(f, thread, 1));
    put_delivered(f, "bob", place_after(f, thread, 1));
    fixture_clock(f, looks[COUNT(looks) - 2] + 200);
    assert_int_equal(mover_pass(&mover, false), 0);
    assert_int_equal(entries(f, thread, "new"), 1);
    fixture_clock(f, looks[COUNT(looks) - 2] + 320);
    assert_int_equal(mover_pass(&mover, false), 0);
    assert_int_equal(entries(f, thread, "new"), 0);
    mover_close(&mover);
}

/* More than one lock's worth. */
static void test_many(void **state)
{
    struct fixture *f = *state;
    int failures = 0;
    struct report report = {failed, &failures};
    struct mover mover;
    char thread[UUID_SIZE];

    fixture_room(f, "alice bob", thread);
    for (int i = 0; i < 2500; i++)
        fixture_say(f, thread, "alice", "x");
    put_delivered(f, "alice", place_after(f, thread, 2500));
    put_delivered(f, "bob", place_after(f, thread, 2300));
    mover_open(&mover, &f->spool, &report);
    assert_int_equal(mover_pass(&mover, false), 0);
    assert_int_equal(entries(f, thread, "cur"), 2300);
    assert_int_equal(entries(f, thread, "new"), 200);
    assert_int_equal(failures, 0);
    mover_close(&mover);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(test_table),
        SPOOL_TEST(test_damaged_delivered_is_waited_for),
        SPOOL_TEST(test_follows_what_comes),
        SPOOL_TEST(test_dormant_threads_are_looked_at_rarely),
        SPOOL_TEST(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
