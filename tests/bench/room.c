/* SPDX-License-Identifier: MIT */

/*
 * room [OPTION]... BASE: one speaks, many listen
 *
 *   -a NAME        how: events, poll (ours), nchan-events, nchan-poll, bosh
 *   -r ROOM        the room, or channel; else that of the first user
 *   -u FILE        lines "user password room": the first one speaks, the others listen in turn
 *   -q CURSOR      where listeners begin to read; ours only
 *   -c LISTENERS   (1)
 *   -n MESSAGES    at most, in each half (300)
 *   -s SECONDS     each half takes at most; but five messages it has (3)
 *   -w SECONDS     listeners wait, and nothing is said, before the halves (0)
 *   -p WHAT        whose processor time and memory: cgroup:DIRECTORY or session:NUMBER,...
 *   -l NAME=VALUE  copied into the result; may be repeated
 *
 * BASE is the URL of the programs, of nchan's locations, or of the door for BOSH. Listeners come in;
 * once the server is quiet they have what they cost. A first message is for everybody to get going.
 * Then the first half: a message; when all have it, as long again and 8 to 16 ms; the next one, to see
 * how long one that is alone takes. In the second half each message follows as soon as the last
 * listener has the one before. Prints one JSON object.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "client/cost.h"
#include "client/crowd.h"
#include "client/meminfo.h"
#include "client/peer.h"
#include "client/samples.h"
#include "client/work.h"

#define LEAST_MESSAGES 5
#define MOMENT_LEAST_NS 8000000
#define MOMENT_MORE_NS 8000000
#define LOOK_NS 100000000
#define QUIET_NS 4000000 /* of processor time between two looks, at most */
#define QUIET_LOOKS 2    /* in a row */
#define QUIET_MAX 150    /* looks: others' work, or a heart that beats all the time */

static struct {
    const struct peer *peer;
    struct peer_site site;
    struct work_users users;
    size_t listeners;
    uint64_t messages;
    double seconds, wait;
} job = {.site.place = "", .listeners = 1, .messages = 300, .seconds = 3};

struct memory {
    long processes_kb, available_kb;
    size_t processes;
};

struct half {
    struct samples arrivals, lasts;
    int64_t took_ns, cpu_ns;
    uint64_t messages;
};

static size_t restless; /* how often the server did not become quiet */

/* Until the server does next to nothing. */
static void wait_for_quiet(void)
{
    int64_t before = cost_cpu_ns();
    int quiet = 0;

    for (int look = 0; look < QUIET_MAX; look++) {
        int64_t now;
        crowd_idle(LOOK_NS);
        now = cost_cpu_ns();
        quiet = now - before <= QUIET_NS ? quiet + 1 : 0;
        before = now;
        if (quiet == QUIET_LOOKS)
            return;
    }
    restless++;
}

static void look_at_memory(struct memory *memory)
{
    wait_for_quiet();
    memory->processes_kb = cost_memory_kb(&memory->processes);
    memory->available_kb = meminfo_available_kb();
}

/* What one message did is behind it before the next. */
static void speak(struct half *half, bool in_a_hurry)
{
    int64_t cpu_ns = cost_cpu_ns();
    int64_t begin_ns = now_ns();
    int64_t end_ns = begin_ns + (int64_t)(job.seconds * 1e9);

    while (half->messages < job.messages &&
           (now_ns() < end_ns || half->messages < LEAST_MESSAGES)) {
        int64_t last_ns = crowd_say(&half->arrivals);
        samples_add(&half->lasts, last_ns);
        half->messages++;
        if (!in_a_hurry)
            crowd_idle(last_ns + MOMENT_LEAST_NS + random() % MOMENT_MORE_NS);
    }
    half->took_ns = now_ns() - begin_ns;
    wait_for_quiet();
    half->cpu_ns = cost_cpu_ns() - cpu_ns;
    samples_sort(&half->arrivals);
    samples_sort(&half->lasts);
}

static double per_thousand(const struct half *half, double value)
{
    return value * 1000 / ((double)half->messages * (double)job.listeners);
}

static double msec(const struct samples *samples, double share)
{
    return (double)samples_at(samples, share) / 1e6;
}

static void print_half(const char *name, const struct half *half)
{
    printf(",\"%s\":{\"messages\":%llu,\"seconds\":%.3f,\"deliveries_per_second\":%.1f,"
           "\"arrival_p50_ms\":%.3f,\"arrival_p99_ms\":%.3f,\"last_p50_ms\":%.3f,"
           "\"last_p99_ms\":%.3f,\"cpu_s_per_1000\":%.5f}",
           name, (unsigned long long)half->messages, (double)half->took_ns / 1e9,
           1000 / per_thousand(half, (double)half->took_ns / 1e9), msec(&half->arrivals, 0.5),
           msec(&half->arrivals, 0.99), msec(&half->lasts, 0.5), msec(&half->lasts, 0.99),
           per_thousand(half, (double)half->cpu_ns / 1e9));
}

static double of_each(long before, long after)
{
    return (double)(after - before) / (double)job.listeners;
}

static void run(void)
{
    struct memory before;
    struct memory after;
    struct half calm = {0};
    struct half hurry = {0};
    int64_t begin_ns;
    int64_t gathered_ns;

    crowd_make(job.peer, &job.site, &job.users, job.listeners);
    crowd_speaker();
    look_at_memory(&before);
    begin_ns = now_ns();
    crowd_gather();
    gathered_ns = now_ns() - begin_ns;
    look_at_memory(&after);
    crowd_idle((int64_t)(job.wait * 1e9));
    crowd_say(NULL);
    wait_for_quiet();
    speak(&calm, false);
    speak(&hurry, true);
    labels_print();
    printf("\"way\":\"%s\",\"listeners\":%zu,\"cost\":\"%s\",\"gathered_s\":%.3f,"
           "\"processes\":%zu,\"processes_more\":%.2f,\"memory_kb\":%.2f,\"available_kb\":%.2f,"
           "\"restless\":%zu,\"empty\":%llu,\"reconnected\":%llu",
           job.peer->name, job.listeners, cost_how(), (double)gathered_ns / 1e9, after.processes,
           of_each((long)before.processes, (long)after.processes),
           of_each(before.processes_kb, after.processes_kb),
           of_each(after.available_kb, before.available_kb), restless,
           (unsigned long long)crowd_oddities().empty,
           (unsigned long long)crowd_oddities().reconnected);
    print_half("calm", &calm);
    print_half("hurry", &hurry);
    printf("}\n");
}

/* A connection each, and some. */
static void raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        give_up("room: limit of descriptors", errno);
    limit.rlim_cur = limit.rlim_max;
    if (limit.rlim_max < job.listeners + 64 || setrlimit(RLIMIT_NOFILE, &limit) == -1)
        give_up("room: too few descriptors for so many (ulimit -Hn)", 0);
}

static void take_option(int option)
{
    if (option == 'a')
        job.peer = peer_find(optarg);
    else if (option == 'r')
        job.site.room = optarg;
    else if (option == 'u')
        work_read_users(&job.users, optarg);
    else if (option == 'q')
        job.site.place = optarg;
    else if (option == 'c')
        job.listeners = strtoul(optarg, NULL, 10);
    else if (option == 'n')
        job.messages = strtoull(optarg, NULL, 10);
    else if (option == 's')
        job.seconds = strtod(optarg, NULL);
    else if (option == 'w')
        job.wait = strtod(optarg, NULL);
    else if (option == 'p')
        cost_of(optarg);
    else if (option == 'l')
        label_add(optarg);
    else
        exit(2);
}

int main(int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "a:r:u:q:c:n:s:w:p:l:")) != -1)
        take_option(option);
    if (optind != argc - 1 || http_target(&job.site.target, argv[optind]) == -1 ||
        job.peer == NULL || job.listeners == 0)
        give_up("usage: room -a NAME [OPTION]... http://127.0.0.1:PORT/PATH", 0);
    if (job.site.room == NULL && job.users.count > 0)
        job.site.room = job.users.user[0].room;
    if (job.site.room == NULL)
        give_up("room: which one", 0);
    raise_limit();
    run();
    return 0;
}
