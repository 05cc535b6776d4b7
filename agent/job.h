/* SPDX-License-Identifier: MIT */
#ifndef AGENT_JOB_H
#define AGENT_JOB_H

/*
 * What the agent does, in the order in which it does it. Each job is a file that defines its
 * `struct job`; a new one costs that file and its name in this list.
 *
 * Streams come first: people wait for them, so they have a turn after each other job, too, and within those
 * that go over much (spool/walk.h).
 * Interrupted sends come before mending, which would else take a half-finished one for a lost one;
 * moving comes before trimming, which must not remove the records that moving goes by.
 */

#include <stdbool.h>
#include <stdint.h>

#include "spool/accept.h"
#include "spool/move.h"
#include "spool/report.h"
#include "spool/spool.h"

#define JOBS(X)                                                                                    \
    X(streams)                                                                                     \
    X(tokens)                                                                                      \
    X(leases)                                                                                      \
    X(sends)                                                                                       \
    X(mend)                                                                                        \
    X(move)                                                                                        \
    X(tidy)                                                                                        \
    X(trim)

struct agent {
    struct spool spool;
    struct spool_grammar grammar;
    struct report report; /* what fails ends up on stderr, and counts */
    struct mover mover;
    bool once; /* do everything now */
    unsigned long failures;
};

struct job {
    /* A descriptor that wakes the job when it is readable; -1, or NULL here: none. Called once. */
    int (*open)(struct agent *agent);
    /* Do what there is to do. In how many ms to do it again. */
    int64_t (*run)(struct agent *agent);
    /* At the end; may be NULL. */
    void (*close)(struct agent *agent);
};

#define DECLARE_JOB(name) extern const struct job job_##name;
JOBS(DECLARE_JOB)

/* Every job once. */
void jobs_once(struct agent *agent);

/* All jobs, each in its time, until SIGTERM or SIGINT. -1: errno, the agent cannot work. */
int jobs_loop(struct agent *agent);

#endif
