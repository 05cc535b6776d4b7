/* SPDX-License-Identifier: MIT */

/*
 * hold COUNT PROGRAM: runs the program so often, one after the other, each with a pipe of its own to
 * write to; says "held" when all have ended, and holds the other ends of the pipes until its own input
 * ends. Then all of them are closed at once.
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(char *program, int out)
{
    char *arguments[] = {program, NULL};
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        dup2(out, STDOUT_FILENO);
        close(out);
        execv(program, arguments);
        _exit(127);
    }
    return pid != -1 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status)
                                                                             : -1;
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
    for (int i = 0; i < count; i++) {
        int ends[2];
        if (pipe(ends) == -1 || run(argv[2], ends[1]) != 0) {
            fprintf(stderr, "hold: number %d failed\n", i);
            return 1;
        }
        close(ends[1]);
    }
    puts("held");
    fflush(stdout);
    return read(STDIN_FILENO, &byte, 1) == -1;
}
