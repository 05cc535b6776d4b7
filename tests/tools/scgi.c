/* SPDX-License-Identifier: MIT */

/*
 * scgi SOCKET [BYTES]: a web server with one request: sends its environment as the head of an SCGI request, its
 * input as the body when CONTENT_LENGTH says there is one, so many bytes at a time, and writes what comes
 * back. SPOOLCHAT_* variables stay here. Ends when either end does.
 *
 * scgi SOCKET -raw          the same with what its input is, and nothing comes behind it
 * scgi SOCKET -many COUNT   so many requests, one after the other, each when the one before has begun to be
 *                           answered or 5 ms have passed; "held" then, until the input ends
 * scgi SOCKET -half COUNT   the same, of each all but the last byte
 */

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char message[1024 * 1024];
static size_t message_len;

static void take_in(void)
{
    ssize_t got;

    while (message_len < sizeof message &&
           (got = read(STDIN_FILENO, message + message_len, sizeof message - message_len)) > 0)
        message_len += (size_t)got;
}

static void put(const char *name, const char *value, size_t *len, char *head, size_t size)
{
    size_t more = strlen(name) + strlen(value) + 2;

    if (*len + more > size)
        exit(2);
    memcpy(head + *len, name, strlen(name) + 1);
    memcpy(head + *len + strlen(name) + 1, value, strlen(value) + 1);
    *len += more;
}

static void compose(void)
{
    static char head[sizeof message - 16];
    const char *announced = getenv("CONTENT_LENGTH");
    size_t len = 0;

    put("CONTENT_LENGTH", announced == NULL || *announced == '\0' ? "0" : announced, &len, head,
        sizeof head);
    put("SCGI", "1", &len, head, sizeof head);
    for (char **variable = environ; *variable != NULL; variable++) {
        char name[256] = {0};
        size_t name_len = strcspn(*variable, "=");
        if (name_len >= sizeof name || strncmp(*variable, "SPOOLCHAT_", 10) == 0)
            continue;
        memcpy(name, *variable, name_len);
        if (strcmp(name, "CONTENT_LENGTH") != 0)
            put(name, *variable + name_len + 1, &len, head, sizeof head);
    }
    message_len = (size_t)snprintf(message, sizeof message, "%zu:", len);
    memcpy(message + message_len, head, len);
    message_len += len;
    message[message_len++] = ',';
    if (announced != NULL && atoi(announced) > 0)
        take_in();
}

/* A deep spool's path does not fit into an address: by its folder. */
static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *name = strrchr(path, '/');
    char folder[4096];
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (name != NULL) {
        snprintf(folder, sizeof folder, "%.*s", (int)(name - path), path);
        if (chdir(folder) == -1)
            return -1;
    }
    snprintf(address.sun_path, sizeof address.sun_path, "%s", name == NULL ? path : name + 1);
    if (fd == -1 || connect(fd, (const struct sockaddr *)&address, sizeof address) == -1)
        return -1;
    return fd;
}

static void send_all(int fd, size_t step)
{
    for (size_t at = 0; at < message_len;) {
        size_t len = message_len - at < step ? message_len - at : step;
        ssize_t sent = send(fd, message + at, len, MSG_NOSIGNAL);
        if (sent == -1)
            return; /* it has been refused, which is to be read */
        at += (size_t)sent;
    }
}

static int pass_on(int fd)
{
    char room[65536];
    struct pollfd ends[2] = {{.fd = fd, .events = POLLIN}, {.fd = STDOUT_FILENO}};

    while (poll(ends, 2, -1) > 0) {
        ssize_t got;
        if (ends[1].revents != 0)
            return 1; /* the client has gone */
        got = read(fd, room, sizeof room);
        if (got <= 0)
            return got == 0 ? 0 : 1;
        for (ssize_t at = 0; at < got;) {
            ssize_t put_out = write(STDOUT_FILENO, room + at, (size_t)(got - at));
            if (put_out == -1)
                return 1;
            at += put_out;
        }
    }
    return 1;
}

static int many(const char *path, int count, bool half)
{
    struct rlimit limit;
    char byte;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    for (int i = 0; i < count; i++) {
        int fd = connect_to(i == 0 ? path : strrchr(path, '/') + 1);
        struct pollfd begun = {.fd = fd, .events = POLLIN};
        if (fd == -1) {
            fprintf(stderr, "scgi: number %d failed\n", i);
            return 1;
        }
        send_all(fd, message_len);
        if (!half)
            poll(&begun, 1, 5);
    }
    puts("held");
    fflush(stdout);
    return read(STDIN_FILENO, &byte, 1) == -1;
}

int main(int argc, char **argv)
{
    int fd;

    if (argc < 2)
        return 2;
    if (argc == 3 && strcmp(argv[2], "-raw") == 0)
        take_in();
    else
        compose();
    if (argc == 4) {
        bool half = strcmp(argv[2], "-half") == 0;
        message_len -= half;
        return many(argv[1], atoi(argv[3]), half);
    }
    fd = connect_to(argv[1]);
    if (fd == -1) {
        perror(argv[1]);
        return 1;
    }
    send_all(fd, argc > 2 && *argv[2] != '-' ? (size_t)atoi(argv[2]) : message_len);
    if (argc > 2 && *argv[2] == '-')
        shutdown(fd, SHUT_WR);
    return pass_on(fd);
}
