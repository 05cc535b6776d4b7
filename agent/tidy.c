/* SPDX-License-Identifier: MIT */

/* Every minute: what goes by its age and piles up quickly. */

#include "spool/tidy.h"

#include "job.h"

#define MINUTE_MSEC 60000

static int64_t run(struct agent *agent)
{
    tidy_presence(&agent->spool, &agent->report);
    return MINUTE_MSEC;
}

const struct job job_tidy = {.run = run};
