/* SPDX-License-Identifier: MIT */

/* Whoever has given no sign of life for a lease is offline: says so to the others. */

#include "chat/people.h"
#include "job.h"
#include "spool/online.h"

#define SWEEP_MSEC_MIN 1000

/* Nobody who comes now can be gone again before a lease is over, so there is nothing to watch. */
static int64_t run(struct agent *agent)
{
    const struct online_compose by = people_compose(&agent->spool);
    int64_t lease_ms = (int64_t)agent->spool.config.lease * 1000;
    int64_t next_ms;

    if (online_sweep(&agent->spool, &by, &next_ms) == -1) {
        report_failed(&agent->report, "online", NULL);
        return 5 * SWEEP_MSEC_MIN;
    }
    if (next_ms == -1 || next_ms > lease_ms)
        next_ms = lease_ms;
    return next_ms < SWEEP_MSEC_MIN ? SWEEP_MSEC_MIN : next_ms;
}

const struct job job_leases = {.run = run};
