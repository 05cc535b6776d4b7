/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "spool/handover.h"

static struct handover message(void)
{
    struct handover handover = {.events = true,
                                .user = "alice",
                                .reader = "https://page.example",
                                .at = {7, 7000},
                                .limit = 200,
                                .deadline_ms = 12345,
                                .place = {.fd = -1}};

    return handover;
}

static int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* In a child: connect, and give away the write end of `out` and perhaps a locked file. */
static pid_t program(struct fixture *f, int out, int counted, int *connected)
{
    struct handover handover = message();
    const int fds[HANDOVER_FDS] = {out, -1, counted};
    pid_t pid;

    *connected = handover_connect(&f->spool);
    assert_int_not_equal(*connected, -1);
    pid = fork();
    assert_int_not_equal(pid, -1);
    if (pid == 0) {
        handover.counted = counted != -1;
        _exit(handover_give(*connected, &handover, fds) ? 1 : 0);
    }
    close(*connected);
    return pid;
}

static int ended(pid_t pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int receive(int fd, struct handover *handover, int fds[HANDOVER_FDS])
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};

    assert_int_equal(poll(&ready, 1, 5000), 1);
    return handover_receive(fd, handover, fds);
}

static void what_is_given_arrives(void **state)
{
    struct fixture *f = *state;
    int listener = handover_listen(&f->spool);
    int file = openat(f->spool.root, "format", O_RDWR | O_CLOEXEC);
    struct handover handover;
    int fds[HANDOVER_FDS];
    int out[2];
    int fd;
    char byte;
    pid_t pid;

    assert_int_not_equal(listener, -1);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    pid = program(f, out[1], file, &fd);
    fd = handover_accept(listener);
    assert_int_not_equal(fd, -1);
    assert_int_equal(handover_accept(listener), -1);
    assert_int_equal(receive(fd, &handover, fds), 1);
    assert_string_equal(handover.user, "alice");
    assert_string_equal(handover.reader, "https://page.example");
    assert_int_equal(handover.at.next, 7);
    assert_true(handover.events && handover.counted);
    assert_int_equal(fds[HANDOVER_PLACE], -1);
    assert_int_not_equal(fds[HANDOVER_COUNT], -1);
    assert_int_equal(fcntl(fds[HANDOVER_OUT], F_GETFD), FD_CLOEXEC);
    assert_int_equal(handover_taken(fd), 0);
    assert_int_equal(ended(pid), 1);
    /* The pipe ends with its last holder. */
    close(out[1]);
    assert_int_equal(write(fds[HANDOVER_OUT], "x", 1), 1);
    assert_int_equal(read(out[0], &byte, 1), 1);
    close(fds[HANDOVER_OUT]);
    assert_int_equal(read(out[0], &byte, 1), 0);
    close(out[0]);
    close(fds[HANDOVER_COUNT]);
    close(file);
    close(fd);
    handover_unlisten(&f->spool, listener);
    assert_false(fixture_exists(f->spool.root, HANDOVER_SOCKET));
    assert_int_equal(handover_connect(&f->spool), -1);
}

static void what_a_dead_agent_left(void **state)
{
    struct fixture *f = *state;
    int root = f->spool.root;
    int listener;

    fixture_write(root, "." HANDOVER_SOCKET, "half made");
    fixture_write(root, HANDOVER_SOCKET, "nobody listens");
    listener = handover_listen(&f->spool);
    assert_int_not_equal(listener, -1);
    assert_false(fixture_exists(root, "." HANDOVER_SOCKET));
    assert_int_not_equal(handover_connect(&f->spool), -1);
    handover_unlisten(&f->spool, listener);

    assert_int_equal(mkdirat(root, HANDOVER_SOCKET, 0700), 0);
    errno = 0;
    assert_int_equal(handover_listen(&f->spool), -1);
    assert_int_equal(errno, EISDIR);
    assert_false(fixture_exists(root, "." HANDOVER_SOCKET));
}

/* The agent that answers too late learns that it has not got it. */
static void who_gave_up_keeps_it(void **state)
{
    struct fixture *f = *state;
    int listener = handover_listen(&f->spool);
    struct handover handover;
    int fds[HANDOVER_FDS];
    int fd;
    int64_t before = monotonic_ms();
    pid_t pid = program(f, STDOUT_FILENO, -1, &fd);

    fd = handover_accept(listener);
    assert_int_equal(receive(fd, &handover, fds), 1);
    assert_int_equal(ended(pid), 0);
    assert_in_range(monotonic_ms() - before, HANDOVER_MSEC, 5000);
    assert_int_equal(handover_taken(fd), -1);
    close(fds[HANDOVER_OUT]);
    close(fd);
    handover_unlisten(&f->spool, listener);
}

/* Nothing is sent to one that does not greet: not even the way out, which would stay open in its queue. */
static void a_stopped_agent_gets_nothing(void **state)
{
    struct fixture *f = *state;
    int listener = handover_listen(&f->spool);
    struct handover handover;
    int fds[HANDOVER_FDS];
    int fd;
    int out[2];
    char byte;
    pid_t pid;

    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    pid = program(f, out[1], -1, &fd);
    assert_int_equal(ended(pid), 0);
    close(out[1]);
    assert_int_equal(read(out[0], &byte, 1), 0);
    close(out[0]);
    fd = handover_accept(listener); /* it has gone: greeting it may fail */
    if (fd != -1) {
        assert_int_equal(receive(fd, &handover, fds), -1);
        close(fd);
    }
    handover_unlisten(&f->spool, listener);
}

static void a_dead_agent_is_nobody(void **state)
{
    struct fixture *f = *state;
    int listener = handover_listen(&f->spool);

    close(listener);
    assert_true(fixture_exists(f->spool.root, HANDOVER_SOCKET));
    assert_int_equal(handover_connect(&f->spool), -1);
    listener = handover_listen(&f->spool); /* in its place */
    assert_int_not_equal(listener, -1);
    handover_unlisten(&f->spool, listener);
}

/* What a program of another build, or nobody of ours, might send. */
static void what_is_no_message(void **state)
{
    struct fixture *f = *state;
    struct handover right = message();
    struct handover wrong[6];
    struct handover got;
    int fds[HANDOVER_FDS];
    int listener = handover_listen(&f->spool);
    size_t sizes[6];

    memcpy(right.magic, "spchold", 8);
    right.version = HANDOVER_VERSION;
    right.size = sizeof right;
    for (int i = 0; i < 6; i++) {
        wrong[i] = right;
        sizes[i] = sizeof right;
    }
    wrong[0].magic[0] = 'x';
    wrong[1].version++;
    wrong[2].size--;
    memset(wrong[3].user, 'a', sizeof wrong[3].user);
    sizes[4] = sizeof right - 1;
    /* 5 is right, but nothing comes along. */
    for (int i = 0; i < 6; i++) {
        int ours = handover_connect(&f->spool);
        int fd = handover_accept(listener);
        assert_int_equal(send(ours, &wrong[i], sizes[i], 0), sizes[i]);
        if (receive(fd, &got, fds) != -1)
            fail_msg("message %d", i);
        close(ours);
        close(fd);
    }
    handover_unlisten(&f->spool, listener);
}

/* More descriptors than there can be: none of them stays open. */
static void too_many_come_along(void **state)
{
    enum { MANY = HANDOVER_FDS + 1 };
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int) * MANY)];
    } control = {.room = {0}};
    struct fixture *f = *state;
    struct handover right = message();
    struct handover got;
    struct iovec part = {&right, sizeof right};
    struct msghdr sent = {.msg_iov = &part,
                          .msg_iovlen = 1,
                          .msg_control = &control,
                          .msg_controllen = sizeof control};
    int listener = handover_listen(&f->spool);
    int ours = handover_connect(&f->spool);
    int fd = handover_accept(listener);
    int given[MANY];
    int fds[HANDOVER_FDS];
    int open = fixture_entries(AT_FDCWD, "/proc/self/fd");

    memcpy(right.magic, "spchold", 8);
    right.version = HANDOVER_VERSION;
    right.size = sizeof right;
    right.counted = true;
    right.place.fd = 0;
    for (int i = 0; i < MANY; i++)
        given[i] = ours;
    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = SCM_RIGHTS;
    control.head.cmsg_len = CMSG_LEN(sizeof given);
    memcpy(CMSG_DATA(&control.head), given, sizeof given);
    assert_int_equal(sendmsg(ours, &sent, 0), sizeof right);
    assert_int_equal(receive(fd, &got, fds), -1);
    assert_int_equal(fixture_entries(AT_FDCWD, "/proc/self/fd"), open);
    close(ours);
    close(fd);
    handover_unlisten(&f->spool, listener);
}

/* An agent of another build greets otherwise. */
static void another_version_greets(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct {
        char magic[8];
        uint32_t version;
        uint32_t size;
    } greeting = {"spchold", HANDOVER_VERSION + 1, sizeof(struct handover)};
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    char byte;
    int fd;
    pid_t pid;

    snprintf(name.sun_path, sizeof name.sun_path, "/proc/self/fd/%d/" HANDOVER_SOCKET,
             f->spool.root);
    assert_int_equal(bind(listener, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(listen(listener, 1), 0);
    pid = program(f, STDOUT_FILENO, -1, &fd);
    fd = accept(listener, NULL, NULL);
    assert_int_equal(send(fd, &greeting, sizeof greeting, 0), sizeof greeting);
    assert_int_equal(ended(pid), 0);
    assert_int_equal(recv(fd, &byte, 1, 0), 0); /* it has sent nothing */
    close(fd);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(what_is_given_arrives),  SPOOL_TEST(what_a_dead_agent_left),
        SPOOL_TEST(who_gave_up_keeps_it),   SPOOL_TEST(a_stopped_agent_gets_nothing),
        SPOOL_TEST(a_dead_agent_is_nobody), SPOOL_TEST(what_is_no_message),
        SPOOL_TEST(too_many_come_along),    SPOOL_TEST(another_version_greets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
