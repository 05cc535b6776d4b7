/* SPDX-License-Identifier: MIT */

/*
 * spawn [OPTION]... PROGRAM: what one request costs without a web server
 *
 *   -n RUNS        one after the other (500)
 *   -i FILE        standard input; else nothing
 *   -l NAME=VALUE  copied into the result; may be repeated
 *
 * The environment is the program's. The processor's time is what the kernel counts for the program,
 * from exec to its end, so other load on the machine hardly shows. Prints one JSON object.
 */

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/samples.h"

static struct {
    char *program;
    const char *input;
    size_t runs;
} job = {.input = "/dev/null", .runs = 500};

struct result {
    struct samples wall_ns;
    int64_t user_us, system_us;
    long faults;
};

static pid_t start(int in, int out)
{
    char *argv[] = {job.program, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int error;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    error = posix_spawn(&pid, job.program, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        give_up(job.program, error);
    return pid;
}

/* What it says must fit into the pipe and be a 200. */
static void check_reply(int in)
{
    char reply[65536];
    ssize_t len = read(in, reply, sizeof reply - 1);

    if (len <= 0)
        give_up("spawn: no reply", 0);
    reply[len] = '\0';
    if (strncmp(reply, "Status: ", 8) == 0 && strncmp(reply, "Status: 200", 11) != 0)
        give_up(reply, 0);
}

static void run_once(struct result *result)
{
    struct rusage used;
    int64_t begin_ns;
    int status;
    int ends[2];
    pid_t pid;
    int in = open(job.input, O_RDONLY | O_CLOEXEC);

    if (in == -1 || pipe2(ends, O_CLOEXEC) == -1)
        give_up(job.input, errno);
    begin_ns = now_ns();
    pid = start(in, ends[1]);
    close(in);
    close(ends[1]);
    if (wait4(pid, &status, 0, &used) != pid || status != 0)
        give_up("spawn: it failed", 0);
    samples_add(&result->wall_ns, now_ns() - begin_ns);
    check_reply(ends[0]);
    close(ends[0]);
    result->user_us += used.ru_utime.tv_sec * (int64_t)1000000 + used.ru_utime.tv_usec;
    result->system_us += used.ru_stime.tv_sec * (int64_t)1000000 + used.ru_stime.tv_usec;
    result->faults += used.ru_minflt;
}

static void report(struct result *result)
{
    double runs = (double)job.runs;

    samples_sort(&result->wall_ns);
    labels_print();
    printf("\"runs\":%zu,\"wall_us\":%.1f,\"user_us\":%.1f,\"system_us\":%.1f,\"faults\":%.1f}\n",
           job.runs, (double)samples_at(&result->wall_ns, 0.5) / 1e3,
           (double)result->user_us / runs, (double)result->system_us / runs,
           (double)result->faults / runs);
}

static void take_option(int option)
{
    if (option == 'n')
        job.runs = strtoul(optarg, NULL, 10);
    else if (option == 'i')
        job.input = optarg;
    else if (option == 'l')
        label_add(optarg);
    else
        exit(2);
}

int main(int argc, char **argv)
{
    struct result result = {.faults = 0};
    int option;

    while ((option = getopt(argc, argv, "n:i:l:")) != -1)
        take_option(option);
    if (optind != argc - 1 || job.runs == 0)
        give_up("usage: spawn [OPTION]... PROGRAM", 0);
    job.program = argv[optind];
    for (size_t i = 0; i < job.runs; i++)
        run_once(&result);
    report(&result);
    return 0;
}
