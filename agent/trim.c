/* SPDX-License-Identifier: MIT */

/* Every hour: what costs a walk over the spool. */

#include "spool/trim.h"

#include "job.h"
#include "spool/files.h"
#include "spool/limit.h"
#include "spool/open.h"
#include "spool/tidy.h"

#define HOUR_MSEC (60 * 60 * 1000)

static int64_t run(struct agent *agent)
{
    struct spool *spool = &agent->spool;
    const struct report *report = &agent->report;

    tidy_sent(spool, report);
    tidy_streams(spool, report);
    tidy_drafts(spool, report);
    open_tidy(spool, report);
    tidy_tokens(spool, report);
    trim_threads(spool, report);
    files_trim(spool, report);
    files_tidy(spool, report);
    trim_journal(spool, report, mover_oldest(&agent->mover));
    if (limit_recount(spool) == -1)
        report_failed(report, "usage", NULL);
    return HOUR_MSEC;
}

const struct job job_trim = {.run = run};
