/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#include "spool/wait.h"

/* How the kernel tells: what it has is used up from one group of tests to the next. */
static enum { BY_DNOTIFY, BY_INOTIFY, NOT_AT_ALL } told;

/* From here on the kernel has no such call for this process: `argument` is its second, or ANY. */
#define ANY 0xffffffffu

static void forbid(unsigned call, unsigned argument, unsigned error)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
        BPF_JUMP(BPF_JMP | (argument == ANY ? BPF_JGE : BPF_JEQ) | BPF_K,
                 argument == ANY ? 0 : argument, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {COUNT(code), code};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1) {
        perror("seccomp");
        exit(1);
    }
}

static void assert_told(const struct wait *wait)
{
    assert_int_equal(wait->dnotify != -1, told == BY_DNOTIFY);
    assert_int_equal(wait->inotify != -1, told == BY_INOTIFY);
}

/* Armed; without the signal that an earlier test may have left. */
static void arm(struct wait *wait, struct spool *spool)
{
    wait_arm(wait, spool);
    assert_told(wait);
    (void)wait_for(wait, -1, 0);
}

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

    arm(&wait, &f->spool);
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

    arm(&wait, &f->spool);
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

    arm(&wait, &f->spool);
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

    arm(&wait, &f->spool);
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t took;
        assert_int_equal(timed(&wait, -1, rows[i].msec, &took), 0);
        if (took < rows[i].least || took > SOON_MSEC)
            fail_msg("%lld ms took %lld", (long long)rows[i].msec, (long long)took);
    }
    wait_disarm(&wait);
}

static void wakes_when_out_is_closed(void **state)
{
    struct fixture *f = *state;
    struct wait wait;
    int64_t took;
    int fds[2];

    arm(&wait, &f->spool);
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

    arm(&wait, &f->spool);
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
        arm(&wait, &f->spool);
        assert_int_equal(open_files(), before + (told != NOT_AT_ALL));
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
        arm(&wait, &spool);
        assert_int_equal(append(&f->spool), 0);
        assert_int_equal(timed(&wait, -1, 60000, &took), 0);
        assert_in_range(took, 0, SOON_MSEC);
        wait_disarm(&wait);
        close(spool.journal);
    }
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
        SPOOL_TEST(wakes_when_out_is_closed),
        SPOOL_TEST(out_that_cannot_be_closed),
        SPOOL_TEST(disarmed),
        SPOOL_TEST(descriptors_of_every_length),
        SPOOL_TEST(wakes_without_descriptors),
    };

    int failed = 0;

    if (access("/proc/sys/fs/dir-notify-enable", F_OK) == 0)
        failed = cmocka_run_group_tests_name("dnotify", tests, NULL, NULL);

    forbid(__NR_fcntl, F_NOTIFY, EINVAL);
    told = BY_INOTIFY;
    failed += cmocka_run_group_tests_name("inotify", tests, NULL, NULL);
    forbid(__NR_inotify_init1, ANY, EMFILE);
    told = NOT_AT_ALL;
    failed += cmocka_run_group_tests_name("looking", tests, NULL, NULL);
    return failed;
}
