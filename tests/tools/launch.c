/* SPDX-License-Identifier: MIT
 *
 * launch [-t SECONDS] [-k NUMBER:K] [NAME=value...] PROGRAM [ARGUMENT...]: run the program with this
 * environment and no other, as `env -i` does.
 *
 *   -t SECONDS    ends it when the time is over, with status 124, as `timeout` does
 *   -k NUMBER:K   kills it as it enters the system call of that number for the K-th time, which then is not
 *                 done, as `strace --inject=NAME:signal=KILL:when=K` does
 *
 * With either, the program's status becomes ours as a shell would say it (137: killed). Tests start tens of
 * thousands of programs; being static and small, this costs a fifth of those others. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TIME_OVER = 124, CANNOT = 126, SIGNALLED = 128 };

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "launch: %s: %s\n", what, strerror(errno));
    _exit(CANNOT);
}

static _Noreturn void usage(void)
{
    fputs("usage: launch [-t SECONDS] [-k NUMBER:K] [NAME=value...] PROGRAM [ARGUMENT...]\n",
          stderr);
    exit(CANNOT);
}

/*
 * From here on the system call `number`, and no other, stops us for the tracer: the program runs at its own
 * speed. A process that it forked would have no tracer, and get ENOSYS; ours fork nothing. musl has no
 * linux/filter.h; this is what it says.
 */
static void stop_at(uint32_t number)
{
    enum { LOAD = 0x20, JUMP_IF_EQUAL = 0x15, RETURN = 0x06, FILTER = 2 };
    const uint32_t trace = 0x7ff00000, allow = 0x7fff0000;
    struct {
        uint16_t code;
        uint8_t if_true, if_false;
        uint32_t value;
    } code[] = {
        {LOAD, 0, 0, 0}, /* the first word of the kernel's seccomp_data is the call's number */
        {JUMP_IF_EQUAL, 0, 1, number},
        {RETURN, 0, 0, trace},
        {RETURN, 0, 0, allow},
    };
    struct {
        uint16_t len;
        void *code;
    } filter = {sizeof(code) / sizeof(code[0]), code};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, FILTER, &filter) != 0)
        die("seccomp");
}

/* The status with which it ended, having been killed at its k-th stop if it came that far. */
static int kill_at(pid_t pid, unsigned long k)
{
    const long options = PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL;
    int status;

    /* It waits in a SIGSTOP for us to say what we want to hear of. */
    if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, pid, NULL, options) != 0 ||
        ptrace(PTRACE_CONT, pid, NULL, NULL) != 0)
        die("ptrace");
    for (;;) {
        long deliver = 0;

        if (waitpid(pid, &status, 0) != pid)
            die("waitpid");
        if (!WIFSTOPPED(status))
            return status;
        if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
            if (--k == 0)
                kill(pid, SIGKILL);
        } else if (WSTOPSIG(status) != SIGTRAP) { /* a SIGTRAP is its execve */
            deliver = WSTOPSIG(status);
        }
        /* It fails for one that is being killed. */
        ptrace(PTRACE_CONT, pid, NULL, deliver);
    }
}

/* The status with which it ended, or -1: it had to be ended. SIGCHLD is blocked. */
static int wait_for(pid_t pid, unsigned seconds, const sigset_t *child)
{
    const struct timespec limit = {.tv_sec = seconds};
    int status, over = 0;

    while (sigtimedwait(child, NULL, &limit) < 0)
        if (errno == EAGAIN && !over++)
            kill(pid, SIGKILL);
    if (waitpid(pid, &status, 0) != pid)
        die("waitpid");
    return over ? -1 : status;
}

/* The last word on a variable counts. */
static void set(char **variables, char *pair)
{
    size_t name = (size_t)(strchr(pair, '=') - pair) + 1;

    while (*variables && strncmp(*variables, pair, name) != 0)
        variables++;
    *variables = pair;
}

int main(int argc, char **argv)
{
    unsigned seconds = 0, number = 0;
    unsigned long k = 0;
    sigset_t child, before;
    pid_t pid = 0;
    int option, status;
    char **variables;

    while ((option = getopt(argc, argv, "+t:k:")) != -1)
        if ((option == 't' && sscanf(optarg, "%u", &seconds) == 1 && seconds > 0) ||
            (option == 'k' && sscanf(optarg, "%u:%lu", &number, &k) == 2 && k > 0))
            continue;
        else
            usage();
    if (!(variables = calloc((size_t)argc + 1, sizeof(*variables))))
        die("calloc");
    while (optind < argc && strchr(argv[optind], '='))
        set(variables, argv[optind++]);
    if (optind == argc || (seconds && k))
        usage();
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &before);
    if ((seconds || k) && (pid = fork()) < 0)
        die("fork");
    if (pid == 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        /* Who ends us ends the program. */
        if ((seconds || k) && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
            die("prctl");
        if (k) {
            if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0 || raise(SIGSTOP) != 0)
                die("ptrace");
            stop_at(number);
        }
        execvpe(argv[optind], argv + optind, variables);
        die(argv[optind]);
    }
    status = k ? kill_at(pid, k) : wait_for(pid, seconds, &child);
    if (status == -1)
        return TIME_OVER;
    return WIFSIGNALED(status) ? SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
}
