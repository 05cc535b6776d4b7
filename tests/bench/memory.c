/* SPDX-License-Identifier: MIT */

/*
 * memory [OPTION]... STREAM: what a waiting `stream` costs, by running many without a web server
 *
 *   -c COUNT       at once (200)
 *   -t TRIES       (9)
 *   -u FILE        lines "user password room": the streams are theirs in turn
 *   -l NAME=VALUE  copied into the result; may be repeated
 *
 * The environment is the programs', with REMOTE_USER added. Each writes into a pipe of its own,
 * which is emptied as a web server would, and counts once it waits (its system call is ppoll). In
 * all: what the machine has less of meanwhile (MemAvailable: the kernel's part is in it), the
 * median of all tries. Private pages: of smaps_rollup, the median of all streams. Prints one JSON
 * object.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/meminfo.h"
#include "client/samples.h"
#include "client/work.h"

#define STREAMS_MAX 2000
#define ENVIRONMENT_MAX 256
#define PATIENCE_SEC 30
#define LOOK_MSEC 20

static struct {
    const char *program;
    size_t streams;
    size_t tries;
    struct work_users users;
} job = {.streams = 200, .tries = 9};

static struct stream {
    pid_t pid;
    int out;
} streams[STREAMS_MAX];

static void pause_msec(long msec)
{
    struct timespec moment = {.tv_sec = msec / 1000, .tv_nsec = msec % 1000 * 1000000};

    nanosleep(&moment, NULL);
}

/* ---- Looking --------------------------------------------------------------------------------- */

static long of_process(pid_t pid, const char *file, const char *name)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    return meminfo_kb(path, name);
}

static bool waits(pid_t pid)
{
    char path[64];
    long number = -1;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/syscall", (int)pid);
    file = fopen(path, "re");
    if (file == NULL)
        give_up(path, errno);
    if (fscanf(file, "%ld", &number) != 1)
        number = -1; /* "running" */
    fclose(file);
    return number == SYS_ppoll;
}

/* ---- Running --------------------------------------------------------------------------------- */

static void spawn(struct stream *stream, const char *user)
{
    char variable[128];
    char *environment[ENVIRONMENT_MAX + 2] = {variable};
    char *argv[] = {(char *)job.program, NULL};
    posix_spawn_file_actions_t actions;
    int ends[2];
    int error;

    snprintf(variable, sizeof variable, "REMOTE_USER=%s", user);
    for (size_t i = 0; i < ENVIRONMENT_MAX && environ[i] != NULL; i++)
        environment[i + 1] = environ[i];
    if (pipe2(ends, O_CLOEXEC) == -1 || fcntl(ends[0], F_SETFL, O_NONBLOCK) == -1)
        give_up("pipe", errno);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    error = posix_spawn(&stream->pid, job.program, &actions, NULL, argv, environment);
    if (error != 0)
        give_up(job.program, error);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    stream->out = ends[0];
}

/* How much it has said since. */
static size_t drain(struct stream *stream)
{
    char room[65536];
    size_t all = 0;
    ssize_t got;

    while ((got = read(stream->out, room, sizeof room)) > 0)
        all += (size_t)got;
    if (got == 0)
        give_up("memory: a stream has ended; it should wait", 0);
    return all;
}

/* Until all have said what there is to say and wait for more. How much that was. */
static size_t settle(void)
{
    int64_t deadline_ns = now_ns() + PATIENCE_SEC * (int64_t)1000000000;
    size_t said = 0;
    size_t waiting;

    do {
        pause_msec(LOOK_MSEC);
        waiting = 0;
        for (size_t i = 0; i < job.streams; i++) {
            bool was = waits(streams[i].pid);
            size_t more = drain(&streams[i]);
            waiting += was && more == 0;
            said += more;
        }
        if (now_ns() > deadline_ns)
            give_up("memory: not all streams come to wait", 0);
    } while (waiting < job.streams);
    return said;
}

static void stop(void)
{
    for (size_t i = 0; i < job.streams; i++)
        kill(streams[i].pid, SIGKILL);
    for (size_t i = 0; i < job.streams; i++) {
        while (waitpid(streams[i].pid, NULL, 0) == -1 && errno == EINTR)
            continue;
        close(streams[i].out);
    }
}

struct result {
    struct samples all_kb;
    struct samples private_kb;
    struct samples tables_kb;
    size_t said;
};

static void look_at_each(struct result *result)
{
    for (size_t i = 0; i < job.streams; i++) {
        pid_t pid = streams[i].pid;
        samples_add(&result->private_kb, of_process(pid, "smaps_rollup", "Private_Dirty:") +
                                             of_process(pid, "smaps_rollup", "Private_Clean:"));
        samples_add(&result->tables_kb, of_process(pid, "status", "VmPTE:"));
    }
}

/* Half way between before and after: what else the machine does drifts. */
static void try_once(struct result *result)
{
    long before = meminfo_available_kb();
    long during;

    for (size_t i = 0; i < job.streams; i++)
        spawn(&streams[i], job.users.user[i % job.users.count].name);
    result->said = settle() / job.streams;
    during = meminfo_available_kb();
    look_at_each(result);
    stop();
    /* In tenths, or a kilobyte would be the least difference. */
    samples_add(&result->all_kb,
                ((before + meminfo_available_kb()) / 2 - during) * 10 / (long)job.streams);
}

static void report(struct result *result)
{
    samples_sort(&result->all_kb);
    samples_sort(&result->private_kb);
    samples_sort(&result->tables_kb);
    labels_print();
    printf("\"streams\":%zu,\"tries\":%zu,\"said_bytes\":%zu,\"all_kb\":%.1f,\"least_kb\":%.1f,"
           "\"most_kb\":%.1f,\"private_kb\":%lld,\"most_private_kb\":%lld,\"tables_kb\":%lld}\n",
           job.streams, job.tries, result->said, (double)samples_at(&result->all_kb, 0.5) / 10,
           (double)samples_at(&result->all_kb, 0) / 10, (double)samples_at(&result->all_kb, 1) / 10,
           (long long)samples_at(&result->private_kb, 0.5),
           (long long)samples_at(&result->private_kb, 1),
           (long long)samples_at(&result->tables_kb, 0.5));
}

static void take_option(int option)
{
    if (option == 'u')
        work_read_users(&job.users, optarg);
    else if (option == 'c')
        job.streams = strtoul(optarg, NULL, 10);
    else if (option == 't')
        job.tries = strtoul(optarg, NULL, 10);
    else if (option == 'l')
        label_add(optarg);
    else
        exit(2);
}

int main(int argc, char **argv)
{
    struct result result = {.said = 0};
    int option;

    while ((option = getopt(argc, argv, "u:c:t:l:")) != -1)
        take_option(option);
    if (optind != argc - 1 || job.users.count == 0 || job.streams == 0 ||
        job.streams > STREAMS_MAX || job.tries == 0)
        give_up("usage: memory -u FILE [OPTION]... STREAM", 0);
    job.program = argv[optind];
    for (size_t i = 0; i < job.tries; i++)
        try_once(&result);
    report(&result);
    return 0;
}
