/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <signal.h>

#include "spool/limit.h"

/* What a stream that waits by itself takes, until the process ends. */
static int stream_slot(struct spool *spool, const struct user *user)
{
    int fd;
    int result = limit_user_stream(spool, user, &fd);

    return result == 0 ? limit_site_stream(spool) : result;
}

/* ---- Messages a minute  */

/*
 * How many messages are allowed at once, up to `most`; `*wait`: seconds, for the first that is not.
 */
static int burst(struct fixture *f, const char *name, int most, int *wait)
{
    struct user user = fixture_user(name);
    int count = 0;

    *wait = 0;
    while (count < most && (*wait = limit_message(&f->spool, &user)) == 0)
        count++;
    assert_int_not_equal(*wait, -1);
    return count;
}

static void allowance(void **state)
{
    static const struct {
        uint64_t per_minute;
        int allowed;
        int wait_least;
        int wait_most;
    } rows[] = {
        {1, 1, 55, 60}, {2, 2, 25, 30}, {7, 7, 4, 9}, {60, 60, 1, 1}, {0, 300, 0, 0},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        char name[16];
        int wait;
        int count;
        snprintf(name, sizeof name, "user%zu", i);
        fixture_known(f, name);
        f->spool.config.messages_per_minute = rows[i].per_minute;
        count = burst(f, name, 300, &wait);
        /* A slow machine may have earned one more meanwhile. */
        if (count < rows[i].allowed || count > rows[i].allowed + 1 || wait < rows[i].wait_least ||
            wait > rows[i].wait_most)
            fail_msg("%d a minute: %d, then %d s", (int)rows[i].per_minute, count, wait);
    }
}

static void refill(void **state)
{
    static const struct {
        long sec; /* by the clock */
        int allowed;
    } rows[] = {{0, 6}, {10, 1}, {20, 1}, {40, 2}, {100, 6}, {10000, 6}};
    struct fixture *f = *state;
    int wait;

    fixture_known(f, "alice");
    f->spool.config.messages_per_minute = 6; /* one in ten seconds */
    for (size_t i = 0; i < COUNT(rows); i++) {
        int count;
        fixture_clock(f, rows[i].sec);
        count = burst(f, "alice", 100, &wait);
        if (count != rows[i].allowed || wait < 1 || wait > 10)
            fail_msg("at %ld s: %d, then %d s", rows[i].sec, count, wait);
    }
    /* What is refused is not counted. */
    for (int i = 0; i < 20; i++)
        assert_int_equal(burst(f, "alice", 100, &wait), 0);
    fixture_clock(f, 10000 + wait);
    assert_int_equal(burst(f, "alice", 100, &wait), 1);
}

static void each_user_has_their_own(void **state)
{
    struct fixture *f = *state;
    int wait;

    fixture_known(f, "alice");
    fixture_known(f, "bob");
    f->spool.config.messages_per_minute = 3;
    assert_int_equal(burst(f, "alice", 100, &wait), 3);
    assert_int_equal(burst(f, "bob", 100, &wait), 3);
}

/* A clock that is put back does not lock anybody out. */
static void clock_put_back(void **state)
{
    struct fixture *f = *state;
    int wait;

    fixture_known(f, "alice");
    f->spool.config.messages_per_minute = 3;
    fixture_clock(f, 86400);
    assert_int_equal(burst(f, "alice", 100, &wait), 3);
    fixture_clock(f, 0);
    assert_int_equal(burst(f, "alice", 100, &wait), 3);
    assert_in_range(wait, 1, 20);
}

static void nobody_in_particular(void **state)
{
    struct fixture *f = *state;
    struct user nobody = fixture_user("nobody");

    assert_int_equal(limit_message(&f->spool, &nobody), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(stream_slot(&f->spool, &nobody), -1);
    assert_int_equal(errno, ENOENT);
}

static int send_two(void *context, int index)
{
    struct spool *own = context;
    struct spool spool;
    struct user alice;
    int good = 0;

    (void)index;
    if (spool_open(&spool) == -1 || user_named(&alice, "alice") == -1)
        return 100;
    spool.config = own->config;
    for (int i = 0; i < 2; i++)
        good += limit_message(&spool, &alice) == 0;
    return good == 2 ? 0 : good == 1 ? 1 : 2;
}

static void counted_by_many_at_once(void **state)
{
    struct fixture *f = *state;
    int wait;

    fixture_known(f, "alice");
    f->spool.config.messages_per_minute = 32;
    assert_int_equal(fixture_fork(16, send_two, &f->spool), 16);
    assert_in_range(burst(f, "alice", 100, &wait), 0, 1);
}

/* ---- Streams  */

/* A process that takes `count` slots of a user and keeps them until something comes by `gate`. */
struct holder {
    const char *name;
    int count;
    struct config config;
    pid_t pid;
    int gate;
};

static int take_and_hold(const struct holder *holder, int told, int gate)
{
    struct spool spool;
    struct user user;
    char byte = 'y';

    if (spool_open(&spool) == -1 || user_named(&user, holder->name) == -1)
        return 1;
    spool.config = holder->config;
    for (int i = 0; i < holder->count; i++)
        if (stream_slot(&spool, &user) != 0)
            byte = 'n';
    if (write(told, &byte, 1) != 1)
        return 1;
    return read(gate, &byte, 1) != 1;
}

static void begin(struct fixture *f, struct holder *holder, const char *name, int count)
{
    int told[2];
    int gate[2];
    char byte;

    holder->name = name;
    holder->count = count;
    holder->config = f->spool.config;
    assert_int_equal(pipe2(told, O_CLOEXEC), 0);
    assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
    holder->pid = fork();
    assert_int_not_equal(holder->pid, -1);
    if (holder->pid == 0) {
        alarm(FIXTURE_SEC);
        _exit(take_and_hold(holder, told[1], gate[0]));
    }
    close(told[1]);
    close(gate[0]);
    holder->gate = gate[1];
    assert_int_equal(read(told[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    close(told[0]);
}

static void end(struct holder *holder, bool killed)
{
    int status;

    if (killed)
        assert_int_equal(kill(holder->pid, SIGKILL), 0);
    else
        assert_int_equal(write(holder->gate, "x", 1), 1);
    close(holder->gate);
    assert_int_equal(waitpid(holder->pid, &status, 0), holder->pid);
    assert_int_equal(WIFSIGNALED(status), killed);
}

/* Whether a process of its own, which ends at once, gets a slot. */
static int take(void *context, int index)
{
    const struct holder *holder = context;
    struct spool spool;
    struct user user;

    (void)index;
    if (spool_open(&spool) == -1 || user_named(&user, holder->name) == -1)
        return 100;
    spool.config = holder->config;
    return stream_slot(&spool, &user);
}

static void expect_slot(struct fixture *f, const char *name, bool is_free)
{
    struct holder holder = {.name = name, .config = f->spool.config};

    if (fixture_fork(1, take, &holder) != is_free)
        fail_msg("a slot for %s: %d", name, !is_free);
}

static void streams_of_a_user(void **state)
{
    struct fixture *f = *state;
    struct holder one;
    struct holder two;

    fixture_known(f, "alice");
    fixture_known(f, "bob");
    f->spool.config.user_streams = 3;
    begin(f, &one, "alice", 2);
    expect_slot(f, "alice", true);
    begin(f, &two, "alice", 1);
    expect_slot(f, "alice", false);
    expect_slot(f, "bob", true);
    end(&two, true);
    expect_slot(f, "alice", true);
    begin(f, &two, "alice", 1);
    expect_slot(f, "alice", false);
    end(&one, false);
    end(&two, false);
    expect_slot(f, "alice", true);
}

static void streams_of_the_site(void **state)
{
    struct fixture *f = *state;
    struct holder alice;
    struct holder bob;

    fixture_known(f, "alice");
    fixture_known(f, "bob");
    fixture_known(f, "carol");
    f->spool.config.max_streams = 4;
    begin(f, &alice, "alice", 2);
    begin(f, &bob, "bob", 2);
    expect_slot(f, "carol", false);
    expect_slot(f, "alice", false);
    end(&alice, true);
    expect_slot(f, "carol", true);
    end(&bob, true);
}

static void no_limit(void **state)
{
    struct fixture *f = *state;
    struct holder alice;

    fixture_known(f, "alice");
    f->spool.config.user_streams = 0;
    f->spool.config.max_streams = 0;
    begin(f, &alice, "alice", 100);
    end(&alice, false);
    f->spool.config.user_streams = 30;
    begin(f, &alice, "alice", 30);
    expect_slot(f, "alice", false);
    end(&alice, false);
}

/* Takes the only slots, then opens and closes the same files in every other way: 0 when they are
 * still taken. */
static int close_others(void *context, int index)
{
    struct fixture *f = context;
    struct user alice;
    struct spool spool;
    struct spool again;
    int fds[2];

    (void)index;
    if (spool_open(&spool) == -1 || user_named(&alice, "alice") == -1)
        return 1;
    spool.config = f->spool.config;
    if (stream_slot(&spool, &alice) != 0)
        return 2;
    fds[0] = openat(spool.users, "alice/limits", O_RDWR | O_CLOEXEC);
    fds[1] = openat(spool.root, "format", O_RDWR | O_CLOEXEC);
    if (fds[0] == -1 || fds[1] == -1 || close(fds[0]) == -1 || close(fds[1]) == -1)
        return 3;
    if (limit_message(&spool, &alice) != 0 || spool_open(&again) == -1)
        return 4;
    fixture_close_spool(&again);
    spool.config.max_streams = 0;
    if (stream_slot(&spool, &alice) != 1)
        return 5;
    spool.config.user_streams = 0;
    spool.config.max_streams = 1;
    return stream_slot(&spool, &alice) == 1 ? 0 : 6;
}

static void slots_survive_other_descriptors(void **state)
{
    struct fixture *f = *state;

    fixture_known(f, "alice");
    f->spool.config.user_streams = 1;
    f->spool.config.max_streams = 1;
    assert_int_equal(fixture_fork(1, close_others, f), 1);
}

static void messages_and_streams_do_not_meet(void **state)
{
    struct fixture *f = *state;
    struct holder holder;
    int wait;

    fixture_known(f, "alice");
    f->spool.config.messages_per_minute = 2;
    begin(f, &holder, "alice", 8);
    assert_int_equal(burst(f, "alice", 10, &wait), 2);
    end(&holder, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(allowance),
        SPOOL_TEST(refill),
        SPOOL_TEST(each_user_has_their_own),
        SPOOL_TEST(clock_put_back),
        SPOOL_TEST(nobody_in_particular),
        SPOOL_TEST(counted_by_many_at_once),
        SPOOL_TEST(streams_of_a_user),
        SPOOL_TEST(streams_of_the_site),
        SPOOL_TEST(no_limit),
        SPOOL_TEST(slots_survive_other_descriptors),
        SPOOL_TEST(messages_and_streams_do_not_meet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
