/* SPDX-License-Identifier: MIT */

/*
 * hold COUNT PROGRAM: runs the program so often, one after the other, each with a pipe of its own to
 * write to; says "held" when all have ended, and holds the other ends of the pipes until its own input
 * ends. Then all of them are closed at once. A program that stays, as one does that could not hand its
 * stream over in time, is ended and tried again.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STAYS_SEC 2
#define ATTEMPTS 10

static sigset_t ends;

/* 0: it ended well; 1: it stays, and was ended; -1. */
static int run(char *program, int out)
{
    char *arguments[] = {program, NULL};
    const struct timespec patience = {.tv_sec = STAYS_SEC};
    int status, stays = 0;
    pid_t ended, pid = fork();

    if (pid == 0) {
        sigprocmask(SIG_UNBLOCK, &ends, NULL);
        dup2(out, STDOUT_FILENO);
        close(out);
        execv(program, arguments);
        _exit(127);
    }
    if (pid == -1)
        return -1;
    while ((ended = waitpid(pid, &status, WNOHANG)) == 0)
        if (sigtimedwait(&ends, NULL, &patience) == -1)
            break;
    if (ended == 0) {
        stays = kill(pid, SIGKILL) == 0;
        ended = waitpid(pid, &status, 0);
    }
    if (ended != pid)
        return -1;
    return stays || (WIFEXITED(status) && WEXITSTATUS(status) == 0) ? stays : -1;
}

/* One more pipe whose other end the program has given away. */
static int hold(char *program)
{
    int left = ATTEMPTS, stays, pair[2];

    do {
        if (pipe(pair) == -1)
            return -1;
        stays = run(program, pair[1]);
        close(pair[1]);
        if (stays != 0)
            close(pair[0]);
    } while (stays == 1 && --left > 0);
    return stays == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
    int count = argc == 3 ? atoi(argv[1]) : 0;
    struct rlimit limit;
    char byte;

    if (count == 0 || getrlimit(RLIMIT_NOFILE, &limit) == -1)
        return 2;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    for (int i = 0; i < count; i++)
        if (hold(argv[2]) == -1) {
            fprintf(stderr, "hold: number %d failed\n", i);
            return 1;
        }
    puts("held");
    fflush(stdout);
    return read(STDIN_FILENO, &byte, 1) == -1;
}
