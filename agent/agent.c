/* SPDX-License-Identifier: MIT */

/*
 * spoolchat agent: keeps the spool tidy, and holds the streams that wait. What it does is in job.h's
 * list, a file each.
 *
 *   spoolchat agent          in the foreground until SIGTERM or SIGINT
 *   spoolchat agent --once   everything once, for cron
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat/people.h"
#include "command.h"
#include "complain.h"
#include "job.h"
#include "lock.h"

static struct agent agent;

static int refuse(pid_t holder)
{
    if (errno != EWOULDBLOCK)
        fprintf(stderr, "agent: agent.lock: %s\n", strerror(errno));
    else if (holder == 0)
        fprintf(stderr, "agent: already running\n");
    else
        fprintf(stderr, "agent: already running as pid %ld\n", (long)holder);
    return EXIT_FAILURE;
}

static int work(void)
{
    if (agent.once) {
        jobs_once(&agent);
        return agent.failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    if (jobs_loop(&agent) == 0)
        return EXIT_SUCCESS;
    fprintf(stderr, "agent: %s\n", strerror(errno));
    return EXIT_FAILURE;
}

static int run(const struct command *command, bool once)
{
    pid_t holder;
    int lock;
    int status;

    if (command_open(command, &agent.spool, true) == -1)
        return EXIT_FAILURE;
    lock = lock_take(&agent.spool, &holder);
    if (lock == -1)
        return refuse(holder);
    signal(SIGPIPE, SIG_IGN);
    agent.once = once;
    agent.grammar = people_grammar;
    agent.report = (struct report){complain, &agent};
    mover_open(&agent.mover, &agent.spool, &agent.report);
    status = work();
    mover_close(&agent.mover);
    lock_release(lock);
    return status;
}

const struct command command_agent = {
    .name = "agent",
    .summary = "keep the spool tidy, hold streams (in the foreground; --once from cron)",
    .option = "--once",
    .manual =
        "usage: spoolchat agent [--once]\n"
        "\n"
        "Removes expired tokens, says who has left, finishes interrupted sends, appends to\n"
        "the journal what a power cut took from it, moves to cur/ what has reached everybody,\n"
        "and trims. Runs in the foreground until SIGTERM or SIGINT; one a spool. While it does it\n"
        "also holds the streams that wait, and answers those that a web server asks for by SCGI.\n"
        "\n"
        "  --once   do everything once and exit, for cron: 1 when something failed\n",
    .run = run,
};
