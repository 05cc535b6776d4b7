/* SPDX-License-Identifier: MIT */
/* check: alone */
#include "fixture.h"

#include <signal.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <time.h>

#include "spool/wait.h"

#define THREAD "7d1f0a5e-1234-4abc-8def-0123456789ab"
#define SOON_MSEC 2000 /* far below WAIT_LOOK_MSEC, far above what a busy machine needs */

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int append(struct spool *spool)
{
    struct journal_record record = {.kind = JOURNAL_MESSAGE, .id = THREAD, .seq = 1};

    return journal_append(spool, &record, NULL);
}

/* Wait as long as may be; its answer and how long it took. */
static int timed(struct wait *wait, int out, int64_t msec, int64_t *took)
{
    int64_t before = now_ms();
    int result = wait_for(wait, out, msec);

    *took = now_ms() - before;
    return result;
}

static int append_in_time(void *context, int index)
{
    struct spool spool;

    (void)context;
    (void)index;
    return spool_open(&spool) == -1 || append(&spool) == -1;
}

/* Fork one that appends, whenever it comes to it; wait for that; reap it. */
static void expect_woken(struct wait *wait)
{
    int64_t took;
    int status;
    pid_t pid = fork();

    assert_int_not_equal(pid, -1);
    if (pid == 0)
        _exit(append_in_time(NULL, 0));
    assert_int_equal(timed(wait, -1, 60000, &took), 0);
    if (took > SOON_MSEC)
        fail_msg("woken after %lld ms", (long long)took);
    while (waitpid(pid, &status, 0) == -1)
        assert_int_equal(errno, EINTR);
    assert_int_equal(status, 0);
}

static void wakes_on_append(void **state)
{
    struct fixture *f = *state;
    struct wait wait;
    int64_t took;

    wait_arm(&wait, &f->spool);
    assert_int_not_equal(wait.inotify, -1);
    expect_woken(&wait);         /* the segment is made */
    timed(&wait, -1, 30, &took); /* what may be left of that */
    timed(&wait, -1, 30, &took);
    expect_woken(&wait); /* and grows */
    wait_disarm(&wait);
}

/* What happens between arming and waiting is not missed. */
static void wakes_on_what_has_happened(void **state)
{
    struct fixture *f = *state;
    struct wait wait;
    int64_t took;

    wait_arm(&wait, &f->spool);
    assert_int_equal(append(&f->spool), 0);
    assert_int_equal(timed(&wait, -1, 60000, &took), 0);
    assert_in_range(took, 0, SOON_MSEC);
    wait_disarm(&wait);
}

/* One hint, however many events: they do not wake again and again. */
static void hints_are_used_up(void **state)
{
    struct fixture *f = *state;
    struct wait wait;
    int64_t took;

    wait_arm(&wait, &f->spool);
    for (int i = 0; i < 500; i++)
        assert_int_equal(append(&f->spool), 0);
    assert_int_equal(timed(&wait, -1, 60000, &took), 0);
    assert_in_range(took, 0, SOON_MSEC);
    assert_int_equal(timed(&wait, -1, 80, &took), 0);
    assert_in_range(took, 79, SOON_MSEC);
    wait_disarm(&wait);
}

static void wakes_on_time(void **state)
{
    static const struct {
        int64_t msec;
        int64_t least;
    } rows[] = {{60, 59}, {1, 0}, {0, 0}, {-1, 0}, {INT64_MIN, 0}};
    struct fixture *f = *state;
    struct wait wait;

    wait_arm(&wait, &f->spool);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t took;
        assert_int_equal(timed(&wait, -1, rows[i].msec, &took), 0);
        if (took < rows[i].least || took > SOON_MSEC)
            fail_msg("%lld ms took %lld", (long long)rows[i].msec, (long long)took);
    }
    wait_disarm(&wait);
}

/* Where the kernel tells us nothing at all we look often. */
static void looks_often_without_the_kernel(void **state)
{
    struct wait wait = {-1, -1, -1};
    int64_t took;

    (void)state;
    assert_int_equal(timed(&wait, -1, 60000, &took), 0);
    assert_in_range(took, WAIT_POLL_MSEC - 1, SOON_MSEC);
    wait_disarm(&wait);
}

static void wakes_when_out_is_closed(void **state)
{
    struct fixture *f = *state;
    struct wait wait;
    int64_t took;
    int fds[2];

    wait_arm(&wait, &f->spool);
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(timed(&wait, fds[1], 40, &took), 0); /* open */
    assert_in_range(took, 39, SOON_MSEC);
    close(fds[0]);
    assert_int_equal(timed(&wait, fds[1], 60000, &took), 1);
    assert_in_range(took, 0, SOON_MSEC);
    assert_int_equal(append(&f->spool), 0); /* both at once */
    assert_int_equal(timed(&wait, fds[1], 60000, &took), 1);
    close(fds[1]);
    assert_int_equal(timed(&wait, fds[1], 60000, &took), 1);
    wait_disarm(&wait);
}

/* A file or /dev/null as standard output is never closed. */
static void out_that_cannot_be_closed(void **state)
{
    struct fixture *f = *state;
    struct wait wait;
    int64_t took;
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    wait_arm(&wait, &f->spool);
    assert_int_equal(timed(&wait, null, 40, &took), 0);
    assert_in_range(took, 39, SOON_MSEC);
    wait_disarm(&wait);
    close(null);
}

static int open_files(void)
{
    return fixture_entries(AT_FDCWD, "/proc/self/fd");
}

static void disarmed(void **state)
{
    struct fixture *f = *state;
    int before = open_files();
    struct wait wait;
    int64_t took;

    for (int i = 0; i < 3; i++) {
        wait_arm(&wait, &f->spool);
        assert_int_equal(open_files(), before + 1);
        for (int j = 0; j < 3; j++)
            wait_disarm(&wait);
        assert_int_equal(open_files(), before);
        assert_int_equal(wait.inotify, -1);
        assert_int_equal(wait.dnotify, -1);
    }
    assert_int_equal(timed(&wait, -1, 20, &took), 0);
}

/* Each waits for its own; the number of its descriptor may have any length. */
static void descriptors_of_every_length(void **state)
{
    static const int numbers[] = {9, 10, 99, 100, 101, 900};
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct spool spool = f->spool;
        struct wait wait;
        int64_t took;
        spool.journal = fcntl(f->spool.journal, F_DUPFD_CLOEXEC, numbers[i]);
        if (spool.journal == -1)
            continue; /* fewer descriptors are allowed here */
        wait_arm(&wait, &spool);
        assert_int_not_equal(wait.inotify, -1);
        assert_int_equal(append(&f->spool), 0);
        assert_int_equal(timed(&wait, -1, 60000, &took), 0);
        assert_in_range(took, 0, SOON_MSEC);
        wait_disarm(&wait);
        close(spool.journal);
    }
}

/* ---- Without inotify  */

/* Open instances until the user has no more. 0, or -1: descriptors have run out first. */
static int exhaust_inotify(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    while (inotify_init1(IN_CLOEXEC) != -1)
        continue;
    for (int i = 0; i < 8; i++)
        if (open("/dev/null", O_RDONLY | O_CLOEXEC) == -1)
            return -1;
    return 0;
}

/* 0: woken in time by somebody else's append, twice. */
static int wait_without_inotify(void *context, int index)
{
    struct spool spool;
    struct wait wait;

    (void)context;
    (void)index;
    if (spool_open(&spool) == -1)
        return 1;
    if (exhaust_inotify() == -1)
        return 77;
    wait_arm(&wait, &spool);
    if (wait.inotify != -1)
        return 2;
    for (int i = 0; i < 2; i++) {
        int64_t took;
        pid_t pid = fork();
        if (pid == 0)
            _exit(append_in_time(NULL, 0));
        if (timed(&wait, -1, 60000, &took) != 0 || took > SOON_MSEC)
            return 3;
        while (waitpid(pid, NULL, 0) == -1)
            if (errno != EINTR)
                return 4;
    }
    /* It still ends by the clock, and at the closing of what it writes to. */
    for (int i = 0; i < 3; i++) {
        int64_t took;
        if (timed(&wait, -1, 30, &took) != 0 || took > SOON_MSEC)
            return 5;
    }
    wait_disarm(&wait);
    wait_disarm(&wait);
    return wait.dnotify == -1 ? 0 : 6;
}

static void wakes_without_inotify(void **state)
{
    pid_t pid = fork();
    int status;

    (void)state;
    assert_int_not_equal(pid, -1);
    if (pid == 0) {
        alarm(FIXTURE_SEC);
        _exit(wait_without_inotify(NULL, 0));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* With no descriptor to be had for anything. */
static void wakes_without_descriptors(void **state)
{
    struct fixture *f = *state;
    struct wait wait;
    struct rlimit limit;
    struct rlimit none;
    int64_t took;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    wait_arm(&wait, &f->spool);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(wait.inotify, -1);
    assert_int_equal(wait.dnotify, -1);
    assert_int_equal(timed(&wait, -1, 60000, &took), 0);
    assert_in_range(took, 0, SOON_MSEC);
    wait_disarm(&wait);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(wakes_on_append),
        SPOOL_TEST(wakes_on_what_has_happened),
        SPOOL_TEST(hints_are_used_up),
        SPOOL_TEST(wakes_on_time),
        cmocka_unit_test(looks_often_without_the_kernel),
        SPOOL_TEST(wakes_when_out_is_closed),
        SPOOL_TEST(out_that_cannot_be_closed),
        SPOOL_TEST(disarmed),
        SPOOL_TEST(descriptors_of_every_length),
        SPOOL_TEST(wakes_without_inotify),
        SPOOL_TEST(wakes_without_descriptors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
