/* SPDX-License-Identifier: MIT */
#include "cost.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "meminfo.h"
#include "samples.h"

#define SESSIONS_MAX 8

static char group[256]; /* a control group's directory; "": none */
static long sessions[SESSIONS_MAX];
static size_t session_count;

void cost_of(const char *what)
{
    if (strncmp(what, "cgroup:", 7) == 0 && strlen(what + 7) < sizeof group) {
        snprintf(group, sizeof group, "%s", what + 7);
        return;
    }
    if (strncmp(what, "session:", 8) != 0)
        give_up("a cost is of cgroup:DIRECTORY or session:NUMBER,...", 0);
    for (const char *at = what + 8; session_count < SESSIONS_MAX && isdigit((unsigned char)*at);) {
        char *end;
        sessions[session_count++] = strtol(at, &end, 10);
        at = *end == ',' ? end + 1 : end;
    }
}

const char *cost_how(void)
{
    if (*group != '\0')
        return "cgroup";
    return session_count > 0 ? "session" : "none";
}

/* ---- A control group ------------------------------------------------------------------------- */

static FILE *group_file(const char *name)
{
    char path[sizeof group + 32];

    snprintf(path, sizeof path, "%s/%s", group, name);
    return fopen(path, "re");
}

static int64_t group_cpu_ns(void)
{
    long long value = 0;
    long long scale = 1;
    FILE *file = group_file("cpuacct.usage"); /* version 1 */

    if (file == NULL) {
        file = group_file("cpu.stat"); /* version 2 */
        scale = 1000;
    }
    if (file == NULL || fscanf(file, scale == 1 ? "%lld" : "usage_usec %lld", &value) != 1)
        give_up(group, errno);
    fclose(file);
    return value * scale;
}

static void each_of_group(void (*visit)(long pid))
{
    FILE *file = group_file("cgroup.procs");
    long pid;

    if (file == NULL)
        give_up(group, errno);
    while (fscanf(file, "%ld", &pid) == 1)
        visit(pid);
    fclose(file);
}

/* ---- Sessions -------------------------------------------------------------------------------- */

struct process {
    long session;
    unsigned long long ns; /* its own, and its dead children's */
};

static unsigned long long of_ticks(unsigned long long ticks)
{
    return ticks * 1000000000 / (unsigned long long)sysconf(_SC_CLK_TCK);
}

/* What a process with one thread has used: a thousand that wait may each have used less than a tick. */
static bool read_exactly(long pid, unsigned long long *ns)
{
    char path[64];
    bool found;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%ld/schedstat", pid);
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    found = fscanf(file, "%llu", ns) == 1;
    fclose(file);
    return found;
}

/* proc(5): behind the name in brackets, state is field 3, session 6, the four times 14 to 17, the number of
 * threads 20. */
static bool read_process(long pid, struct process *process)
{
    unsigned long long user = 0;
    unsigned long long sys = 0;
    unsigned long long child_user = 0;
    unsigned long long child_sys = 0;
    unsigned long long own_ns;
    long threads = 0;
    char text[1024];
    char path[64];
    const char *at;
    size_t len = 0;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    file = fopen(path, "re");
    if (file != NULL) {
        len = fread(text, 1, sizeof text - 1, file);
        fclose(file);
    }
    text[len] = '\0';
    at = strrchr(text, ')');
    if (at == NULL ||
        sscanf(at + 1,
               " %*c %*d %*d %ld %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu %*d %*d %ld",
               &process->session, &user, &sys, &child_user, &child_sys, &threads) != 6)
        return false;
    if (threads != 1 || !read_exactly(pid, &own_ns))
        own_ns = of_ticks(user + sys);
    process->ns = own_ns + of_ticks(child_user + child_sys);
    return true;
}

static bool is_ours(const struct process *process)
{
    for (size_t i = 0; i < session_count; i++)
        if (process->session == sessions[i])
            return true;
    return false;
}

static void each_of_sessions(void (*visit)(long pid))
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    struct process process;

    while (proc != NULL && (entry = readdir(proc)) != NULL) {
        long pid = strtol(entry->d_name, NULL, 10);
        if (pid > 0 && read_process(pid, &process) && is_ours(&process))
            visit(pid);
    }
    if (proc != NULL)
        closedir(proc);
}

static unsigned long long used_ns;

static void add_time(long pid)
{
    struct process process;

    if (read_process(pid, &process))
        used_ns += process.ns;
}

/* ---- Either ---------------------------------------------------------------------------------- */

int64_t cost_cpu_ns(void)
{
    if (*group != '\0')
        return group_cpu_ns();
    used_ns = 0;
    if (session_count > 0)
        each_of_sessions(add_time);
    return (int64_t)used_ns;
}

static long total_kb;
static size_t total_processes;

static void add_memory(long pid)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", pid);
    total_kb += meminfo_kb(path, "Pss:");
    total_processes++;
}

long cost_memory_kb(size_t *processes)
{
    total_kb = 0;
    total_processes = 0;
    if (*group != '\0')
        each_of_group(add_memory);
    else if (session_count > 0)
        each_of_sessions(add_memory);
    *processes = total_processes;
    return total_kb;
}
