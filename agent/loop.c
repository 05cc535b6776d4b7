/* SPDX-License-Identifier: MIT */

/* When the agent does what. */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/now.h"
#include "job.h"
#include "spool/authors.h"
#include "spool/clock.h"
#include "spool/file.h"

#define ENTRY(name) &job_##name,

static const struct job *const jobs[] = {JOBS(ENTRY)};

#define JOB_COUNT (sizeof jobs / sizeof jobs[0])
#define STREAMS 0 /* the first job: see job.h */
#define SIGNALS JOB_COUNT
#define TIMER (JOB_COUNT + 1)

/* Without a timer that counts sleep, wake up so often; and where a test moves the clock. */
#define POLL_MSEC 1000
#ifdef SPOOL_TEST_CLOCK
#define SLEEP_MSEC_MAX 100
#else
#define SLEEP_MSEC_MAX (60 * 60 * 1000)
#endif

#define TURN_USEC 20000 /* of a job that goes over much, before the streams have theirs */

struct loop {
    struct agent *agent;
    struct pollfd fds[JOB_COUNT + 2]; /* each job's, SIGNALS, TIMER */
    int64_t due_ms[JOB_COUNT];
    int64_t turn_us; /* until when its turn lasts */
    bool streaming;  /* the streams have theirs, and nobody has one within it */
    bool stopped;
    struct config_file config;
    char complaint[CONFIG_COMPLAINT_MAX]; /* about it, told already; "": nothing is wrong */
};

static void close_jobs(struct agent *agent)
{
    for (size_t i = 0; i < JOB_COUNT; i++)
        if (jobs[i]->close != NULL)
            jobs[i]->close(agent);
}

void jobs_once(struct agent *agent)
{
    for (size_t i = 0; i < JOB_COUNT; i++)
        jobs[i]->run(agent);
    close_jobs(agent);
}

static int open_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int open_loop(struct loop *loop, struct agent *agent)
{
    loop->fds[SIGNALS] = (struct pollfd){.fd = open_signals(), .events = POLLIN};
    /* This clock goes on while the machine sleeps, so that what became due then is done at once. */
    loop->fds[TIMER] = (struct pollfd){
        .fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK), .events = POLLIN};
    for (size_t i = 0; i < JOB_COUNT; i++) {
        int fd = jobs[i]->open == NULL ? -1 : jobs[i]->open(agent);
        loop->fds[i] = (struct pollfd){.fd = fd, .events = POLLIN};
        loop->due_ms[i] = 0;
    }
    for (size_t i = 0; i < JOB_COUNT; i++)
        loop->fds[i].revents = 0;
    return loop->fds[SIGNALS].fd == -1 ? -1 : 0;
}

static void close_loop(struct loop *loop)
{
    for (size_t i = 0; i < JOB_COUNT + 2; i++)
        file_close(loop->fds[i].fd);
}

static bool is_stopped(struct loop *loop)
{
    struct signalfd_siginfo info;

    if (read(loop->fds[SIGNALS].fd, &info, sizeof info) > 0)
        loop->stopped = true;
    return loop->stopped;
}

static void run(struct loop *loop, size_t i)
{
    int64_t msec;

    loop->streaming = i == STREAMS;
    msec = jobs[i]->run(loop->agent);
    loop->due_ms[i] = clock_boot_ms() + msec;
    loop->streaming = false;
    loop->turn_us = now_us(CLOCK_MONOTONIC) + TURN_USEC;
}

/* A long job makes neither the streams nor SIGTERM wait for its end: spool/walk.h. */
static int meanwhile(void *context)
{
    struct loop *loop = context;

    if (loop->streaming || (!loop->stopped && now_us(CLOCK_MONOTONIC) < loop->turn_us))
        return 0;
    if (is_stopped(loop))
        return -1;
    run(loop, STREAMS);
    return 0;
}

/* Settings as they are now; with a file that is none, as they were. Where they change, every job is due. */
static void renew(struct loop *loop)
{
    struct spool *spool = &loop->agent->spool;
    int renewed = config_renew(&spool->config, &loop->config, spool->root, spool->complaint);

    if (renewed != -1)
        spool->complaint[0] = '\0';
    else if (strcmp(loop->complaint, spool->complaint) != 0)
        report_failed(&loop->agent->report, spool->complaint, NULL);
    memcpy(loop->complaint, spool->complaint, sizeof loop->complaint);
    if (renewed == 1)
        memset(loop->due_ms, 0, sizeof loop->due_ms);
}

/* In how many ms the next is due. */
static int64_t run_due(struct loop *loop)
{
    int64_t now_ms = clock_boot_ms();
    int64_t next_ms = now_ms + SLEEP_MSEC_MAX;

    renew(loop);
    for (size_t i = 0; i < JOB_COUNT && !is_stopped(loop); i++) {
        if (loop->fds[i].revents == 0 && loop->due_ms[i] > now_ms)
            continue;
        run(loop, i);
        if (i != STREAMS)
            run(loop, STREAMS);
        now_ms = clock_boot_ms();
    }
    for (size_t i = 0; i < JOB_COUNT; i++)
        if (loop->due_ms[i] < next_ms)
            next_ms = loop->due_ms[i];
    return next_ms > now_ms ? next_ms - now_ms : 1;
}

static void sleep_for(struct loop *loop, int64_t msec)
{
    struct itimerspec timer = {
        .it_value = {.tv_sec = msec / 1000, .tv_nsec = msec % 1000 * 1000000}};
    uint64_t times;
    int timeout = -1;

    if (timerfd_settime(loop->fds[TIMER].fd, 0, &timer, NULL) == -1)
        timeout = (int)(msec < POLL_MSEC ? msec : POLL_MSEC);
    if (poll(loop->fds, JOB_COUNT + 2, timeout) == -1)
        for (size_t i = 0; i < JOB_COUNT; i++)
            loop->fds[i].revents = 0;
    if (read(loop->fds[TIMER].fd, &times, sizeof times) == -1) {
        /* Woken by something else. */
    }
}

int jobs_loop(struct agent *agent)
{
    static struct authors authors;
    struct loop loop = {.agent = agent};
    int result = open_loop(&loop, agent);

    agent->spool.impatient = true;
    agent->spool.authors = &authors;
    agent->spool.meanwhile_context = &loop;
    agent->spool.meanwhile = meanwhile;
    while (result == 0 && !loop.stopped) {
        int64_t msec = run_due(&loop);
        if (!loop.stopped)
            sleep_for(&loop, msec);
    }
    agent->spool.meanwhile = NULL;
    close_jobs(agent);
    close_loop(&loop);
    return result;
}
