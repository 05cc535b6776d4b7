/* SPDX-License-Identifier: MIT */
#include "handover.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/now.h"
#include "file.h"
#include "listener.h"

#define MAGIC "spchold"
#define TAKEN 't'

struct greeting {
    char magic[8];
    uint32_t version;
    uint32_t size;
};

static int64_t now_ms(void)
{
    return now_us(CLOCK_MONOTONIC) / 1000;
}

int handover_connect(struct spool *spool)
{
    struct stat info;

    /* Most sites have no agent. */
    if (fstatat(spool->root, HANDOVER_SOCKET, &info, AT_SYMLINK_NOFOLLOW) == -1)
        return -1;
    return listener_connect(spool, HANDOVER_SOCKET, SOCK_SEQPACKET);
}

/* One message of exactly `size` bytes, before the time is over. */
static bool await(int fd, void *bytes, size_t size, int64_t deadline_ms)
{
    for (;;) {
        ssize_t got = recv(fd, bytes, size, MSG_TRUNC);
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        int64_t left = deadline_ms - now_ms();
        if (got != -1)
            return (size_t)got == size;
        if (errno != EAGAIN || left <= 0 || poll(&poll_fd, 1, (int)left) == -1)
            return false;
    }
}

static bool is_greeted(int agent, int64_t deadline_ms)
{
    struct greeting greeting;

    return await(agent, &greeting, sizeof greeting, deadline_ms) &&
           memcmp(greeting.magic, MAGIC, sizeof MAGIC) == 0 &&
           greeting.version == HANDOVER_VERSION && greeting.size == sizeof(struct handover);
}

static bool send_message(int agent, struct handover *handover, const int fds[HANDOVER_FDS])
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int) * HANDOVER_FDS)];
    } control = {.room = {0}};
    struct iovec part = {.iov_base = handover, .iov_len = sizeof *handover};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control};
    size_t count = 0;
    int given[HANDOVER_FDS] = {0};

    for (size_t i = 0; i < HANDOVER_FDS; i++)
        if (fds[i] != -1)
            given[count++] = fds[i];
    memcpy(handover->magic, MAGIC, sizeof MAGIC);
    handover->version = HANDOVER_VERSION;
    handover->size = sizeof *handover;
    message.msg_controllen = (socklen_t)CMSG_SPACE(sizeof(int) * count);
    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = SCM_RIGHTS;
    control.head.cmsg_len = (socklen_t)CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(&control.head), given, sizeof(int) * count);
    return sendmsg(agent, &message, MSG_NOSIGNAL) == (ssize_t)sizeof *handover;
}

bool handover_give(int agent, struct handover *handover, const int fds[HANDOVER_FDS])
{
    int64_t deadline_ms = now_ms() + HANDOVER_MSEC;
    char answer = 0;

    if (is_greeted(agent, deadline_ms) && send_message(agent, handover, fds) &&
        !await(agent, &answer, 1, deadline_ms)) {
        /* From here on the agent cannot send any more; perhaps it just has. */
        shutdown(agent, SHUT_RDWR);
        if (recv(agent, &answer, 1, 0) != 1)
            answer = 0;
    }
    return answer == TAKEN;
}

int handover_listen(struct spool *spool)
{
    return listener_open(spool, HANDOVER_SOCKET, SOCK_SEQPACKET);
}

void handover_unlisten(struct spool *spool, int listener)
{
    listener_close(spool, HANDOVER_SOCKET, listener);
}

int handover_accept(int listener)
{
    const struct greeting greeting = {MAGIC, HANDOVER_VERSION, sizeof(struct handover)};
    int fd;

    while ((fd = listener_accept(listener)) != -1) {
        if (send(fd, &greeting, sizeof greeting, MSG_NOSIGNAL) != -1)
            return fd;
        close(fd);
    }
    return -1;
}

/* What came along, into `got`; how many. */
static size_t unpack(struct msghdr *message, int got[HANDOVER_FDS])
{
    struct cmsghdr *head = CMSG_FIRSTHDR(message);
    size_t count;

    if (head == NULL || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
        return 0;
    count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(got, CMSG_DATA(head), count * sizeof(int));
    return count;
}

/* Give each its place, as the message says; all of them and no other must be there. */
static bool sort_out(const struct handover *handover, const int got[HANDOVER_FDS], size_t count,
                     int fds[HANDOVER_FDS])
{
    const bool wanted[HANDOVER_FDS] = {true, handover->place.fd != -1, handover->counted};
    size_t next = 0;

    for (size_t i = 0; i < HANDOVER_FDS; i++)
        fds[i] = wanted[i] && next < count ? got[next++] : -1;
    return next == count && count == (size_t)wanted[0] + (size_t)wanted[1] + (size_t)wanted[2];
}

static bool is_terminated(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

static bool is_sound(const struct handover *handover, size_t len)
{
    return len == sizeof *handover && memcmp(handover->magic, MAGIC, sizeof MAGIC) == 0 &&
           handover->version == HANDOVER_VERSION && handover->size == sizeof *handover &&
           is_terminated(handover->reader, sizeof handover->reader) &&
           is_terminated(handover->user, sizeof handover->user) &&
           is_terminated(handover->token, sizeof handover->token) &&
           place_is_sound(&handover->place) && handover->limit > 0;
}

int handover_receive(int program, struct handover *handover, int fds[HANDOVER_FDS])
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int) * HANDOVER_FDS)];
    } control;
    struct iovec part = {.iov_base = handover, .iov_len = sizeof *handover};
    /* Without the room that only aligns, in which the kernel would put one more. */
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = (socklen_t)CMSG_LEN(sizeof(int) * HANDOVER_FDS)};
    int got[HANDOVER_FDS];
    size_t count;
    ssize_t len = recvmsg(program, &message, MSG_CMSG_CLOEXEC);

    if (len == -1)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    count = unpack(&message, got);
    if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 && is_sound(handover, (size_t)len) &&
        sort_out(handover, got, count, fds)) {
        handover->place.fd = fds[HANDOVER_PLACE];
        return 1;
    }
    for (size_t i = 0; i < count; i++)
        file_close(got[i]);
    return -1;
}

int handover_taken(int program)
{
    const char answer = TAKEN;

    return send(program, &answer, 1, MSG_NOSIGNAL) == 1 ? 0 : -1;
}
