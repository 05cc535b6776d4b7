/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <sched.h>
#include <sys/file.h>

#include "spool/online.h"

/* ---- Presence as short as it can be: "<user> +\n" and "<user> -\n"  */

static int fault;    /* errno for the next line to fail with */
static bool crowded; /* let everybody else come in between */

static int compose(void *context, const struct user *user, bool available, const char **line,
                   size_t *len)
{
    static char text[USER_NAME_MAX + 8];

    (void)context;
    if (fault != 0) {
        errno = fault;
        return -1;
    }
    for (int i = 0; crowded && i < 300; i++)
        sched_yield();
    *len = (size_t)snprintf(text, sizeof text, "%s %c\n", user->name, available ? '+' : '-');
    *line = text;
    return 0;
}

static const struct online_compose by = {compose, NULL};

/* Everything that was published, in order, in one string. */
static const char *published(struct fixture *f)
{
    static char all[4096];
    struct journal_record records[64];
    size_t count = fixture_records(f, records, COUNT(records));

    assert_in_range(count, 0, COUNT(records));
    all[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        char line[256];
        assert_int_equal(records[i].kind, JOURNAL_PRESENCE);
        assert_int_equal(records[i].seq, 0);
        assert_true(presence_read(&f->spool, records[i].id, line, sizeof line) > 0);
        strcat(all, line);
    }
    return all;
}

static int sweep(struct fixture *f, int64_t *next_ms)
{
    return online_sweep(&f->spool, &by, next_ms);
}

static void expect_online(struct fixture *f, const char *name, bool online)
{
    struct user user = fixture_user(name);

    if (online_is(&f->spool, &user) != online)
        fail_msg("%s online: %d", name, !online);
}

static void touch(struct fixture *f, const char *name, int expected)
{
    struct user user = fixture_user(name);

    assert_int_equal(online_touch(&f->spool, &user, &by), expected);
    expect_online(f, name, true);
}

/* ---- Coming  */

static void arrival_is_published_once(void **state)
{
    struct fixture *f = *state;

    expect_online(f, "alice", false);
    touch(f, "alice", 1);
    assert_string_equal(published(f), "alice +\n");
    for (long sec = 0; sec < 300; sec += ONLINE_TOUCH_SEC) {
        fixture_clock(f, sec);
        touch(f, "alice", 0);
    }
    assert_string_equal(published(f), "alice +\n");
    touch(f, ".b/c", 1);
    assert_string_equal(published(f), "alice +\n.b/c +\n");
    assert_true(fixture_exists(f->spool.online, "%2Eb%2Fc"));
}

static int arrive(void *context, int index)
{
    struct spool spool;
    struct user user;

    (void)context;
    (void)index;
    crowded = true;
    if (spool_open(&spool) == -1 || user_named(&user, "alice") == -1)
        return 2;
    return online_touch(&spool, &user, &by) == 1 ? 0 : 1;
}

static void many_arrivals_at_once(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_fork(16, arrive, NULL), 1);
    assert_string_equal(published(f), "alice +\n");
}

/* Not published, not arrived: the next sign of life tries again. */
static void arrival_that_cannot_be_published(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");

    fault = ENOSPC;
    assert_int_equal(online_touch(&f->spool, &alice, &by), -1);
    assert_int_equal(errno, ENOSPC);
    fault = 0;
    expect_online(f, "alice", false);
    assert_int_equal(fixture_entries(f->spool.presence, "."), 0);
    touch(f, "alice", 1);
    assert_string_equal(published(f), "alice +\n");
}

/* ---- The lease  */

static void lease_runs_out(void **state)
{
    static const struct {
        long sec;
        bool online;
    } rows[] = {{0, true},   {30, true},  {55, true},   {61, false}, {3600, false},
                {-30, true}, {-55, true}, {-70, false}, {0, true}};
    struct fixture *f = *state;

    touch(f, "alice", 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        fixture_clock(f, rows[i].sec);
        expect_online(f, "alice", rows[i].online);
    }
    fixture_clock(f, 100);
    f->spool.config.lease = 120;
    expect_online(f, "alice", true);
}

static int remember(void *context, const struct user *user)
{
    char *text = context;

    strcat(text, user->name);
    strcat(text, ";");
    return strcmp(user->name, "stop") == 0 ? 42 : 0;
}

static void who_is_online(void **state)
{
    struct fixture *f = *state;
    char text[256] = "";

    assert_int_equal(online_each(&f->spool, remember, text), 0);
    assert_string_equal(text, "");
    touch(f, "bob", 1);
    fixture_clock(f, 50);
    touch(f, "alice", 1);
    fixture_write(f->spool.online, "%61", "");
    fixture_write(f->spool.online, ".draft", "");
    fixture_clock(f, 70); /* bob's has run out */
    assert_int_equal(online_each(&f->spool, remember, text), 0);
    assert_string_equal(text, "alice;");
    touch(f, "stop", 1);
    assert_int_equal(online_each(&f->spool, remember, text), 42);
}

/* ---- Going  */

static void departure_is_published_once(void **state)
{
    struct fixture *f = *state;
    int64_t next;

    assert_int_equal(sweep(f, &next), 0);
    assert_int_equal(next, -1);
    touch(f, "alice", 1);
    assert_int_equal(sweep(f, &next), 0);
    assert_in_range(next, 1, 60000);
    assert_string_equal(published(f), "alice +\n");
    fixture_clock(f, 61);
    assert_int_equal(sweep(f, &next), 0);
    assert_int_equal(next, -1);
    assert_string_equal(published(f), "alice +\nalice -\n");
    assert_false(fixture_exists(f->spool.online, "alice"));
    assert_int_equal(sweep(f, NULL), 0);
    assert_string_equal(published(f), "alice +\nalice -\n");
    touch(f, "alice", 1);
    assert_string_equal(published(f), "alice +\nalice -\nalice +\n");
}

static void sweep_takes_only_who_is_gone(void **state)
{
    struct fixture *f = *state;
    int64_t next;

    touch(f, "alice", 1);
    touch(f, "bob", 1);
    fixture_clock(f, 40);
    touch(f, "bob", 0);
    touch(f, "carol", 1);
    fixture_clock(f, 50);
    touch(f, "carol", 0);
    fixture_clock(f, 65);
    assert_int_equal(sweep(f, &next), 0);
    assert_string_equal(published(f), "alice +\nbob +\ncarol +\nalice -\n");
    assert_in_range(next, 25000, 35000); /* bob's, touched at 40 */
}

/* Whoever it is, in whatever order the directory has them. */
static void sweep_tells_when_to_come_again(void **state)
{
    static const char *const names[] = {"alice", "bob", "carol", "dave"};
    struct fixture *f = *state;

    for (size_t first = 0; first < COUNT(names); first++) {
        int64_t next;
        fixture_clock(f, (long)first * 30);
        touch(f, names[first], first == 0);
        fixture_clock(f, (long)first * 30 + 20);
        for (size_t i = 0; i < COUNT(names); i++)
            if (i != first)
                touch(f, names[i], first == 0);
        assert_int_equal(sweep(f, &next), 0);
        if (next < 30000 || next > 40000)
            fail_msg("%s has 40 s left, not %lld ms", names[first], (long long)next);
    }
}

/*
 * Nobody has looked since the lease ran out (there is no agent): whoever asked was told that alice
 * is not online, so her coming back is an arrival.
 */
static void back_after_a_lease_that_nobody_swept(void **state)
{
    struct fixture *f = *state;
    const char *all;

    touch(f, "alice", 1);
    fixture_clock(f, 7200);
    expect_online(f, "alice", false);
    touch(f, "alice", 1);
    all = published(f);
    assert_true(strlen(all) > strlen("alice +\n"));
    assert_string_equal(all + strlen(all) - strlen("alice +\n"), "alice +\n");
    touch(f, "alice", 0);
}

static int sweep_once(void *context, int index)
{
    struct spool spool;

    (void)context;
    (void)index;
    crowded = true;
    return spool_open(&spool) == -1 || online_sweep(&spool, &by, NULL) == -1;
}

static void many_sweeps_at_once(void **state)
{
    struct fixture *f = *state;

    touch(f, "alice", 1);
    fixture_clock(f, 61);
    assert_int_equal(fixture_fork(16, sweep_once, NULL), 16);
    assert_string_equal(published(f), "alice +\nalice -\n");
}

static void departure_that_cannot_be_published(void **state)
{
    struct fixture *f = *state;

    touch(f, "alice", 1);
    fixture_clock(f, 61);
    fault = ENOSPC;
    assert_int_equal(sweep(f, NULL), -1);
    assert_int_equal(errno, ENOSPC);
    fault = 0;
    assert_true(fixture_exists(f->spool.online, "alice"));
    assert_int_equal(sweep(f, NULL), 0);
    assert_string_equal(published(f), "alice +\nalice -\n");
}

/* Who must not wait for a program that is stopped. */
static void the_impatient(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    static const char *const folders[] = {"online", "journal"};

    f->spool.impatient = true;
    touch(f, "alice", 1);
    fixture_clock(f, 61);
    for (size_t i = 0; i < COUNT(folders); i++) {
        int lock = file_open_dir(f->spool.root, folders[i]);
        assert_int_equal(flock(lock, LOCK_EX), 0);
        assert_int_equal(online_touch(&f->spool, &alice, &by), -1);
        assert_int_equal(errno, EWOULDBLOCK);
        assert_int_equal(sweep(f, NULL), -1);
        assert_int_equal(errno, EWOULDBLOCK);
        close(lock);
    }
    assert_int_equal(fixture_entries(f->spool.presence, "."), 1);
    assert_int_equal(sweep(f, NULL), 0);
    touch(f, "alice", 1);
    assert_string_equal(published(f), "alice +\nalice -\nalice +\n");
}

/* A clock that was put back leaves signs of life from the future. */
static void life_from_the_future(void **state)
{
    struct fixture *f = *state;
    int64_t next;

    fixture_clock(f, 30);
    touch(f, "alice", 1);
    fixture_clock(f, 3600);
    touch(f, "bob", 1);
    fixture_clock(f, 0);
    expect_online(f, "alice", true); /* within a lease it is as good as now */
    expect_online(f, "bob", false);
    assert_int_equal(sweep(f, &next), 0);
    assert_in_range(next, 1, 120000);
    assert_string_equal(published(f), "alice +\nbob +\nbob -\n");
}

/* ---- Short-lived stanzas  */

static void published_and_read(void **state)
{
    struct fixture *f = *state;
    struct journal_record record;
    char text[64];

    assert_int_equal(presence_publish(&f->spool, "hello\n", 6), 0);
    assert_int_equal(fixture_records(f, &record, 1), 1);
    assert_int_equal(record.kind, JOURNAL_PRESENCE);
    assert_int_equal(presence_read(&f->spool, record.id, text, sizeof text), 6);
    assert_string_equal(text, "hello\n");
    assert_int_equal(unlinkat(f->spool.presence, record.id, 0), 0);
    assert_int_equal(presence_read(&f->spool, record.id, text, sizeof text), -1);
    assert_int_equal(errno, ENOENT);
}

/* A stanza that nobody can be told of is not kept. */
static void not_journaled_not_kept(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(mkdirat(f->spool.journal, "0000000000", 0700), 0);
    assert_int_equal(presence_publish(&f->spool, "hello\n", 6), -1);
    assert_int_equal(errno, EISDIR);
    assert_int_equal(fixture_entries(f->spool.presence, "."), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(arrival_is_published_once),
        SPOOL_TEST(many_arrivals_at_once),
        SPOOL_TEST(arrival_that_cannot_be_published),
        SPOOL_TEST(lease_runs_out),
        SPOOL_TEST(who_is_online),
        SPOOL_TEST(departure_is_published_once),
        SPOOL_TEST(sweep_takes_only_who_is_gone),
        SPOOL_TEST(sweep_tells_when_to_come_again),
        SPOOL_TEST(back_after_a_lease_that_nobody_swept),
        SPOOL_TEST(many_sweeps_at_once),
        SPOOL_TEST(departure_that_cannot_be_published),
        SPOOL_TEST(the_impatient),
        SPOOL_TEST(life_from_the_future),
        SPOOL_TEST(published_and_read),
        SPOOL_TEST(not_journaled_not_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
