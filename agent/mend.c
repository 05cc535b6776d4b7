/* SPDX-License-Identifier: MIT */

/*
 * Appends to the journal what a power cut took from it; then keeps the mark that makes this quick.
 */

#include "spool/mend.h"

#include <stdio.h>

#include "job.h"

#define MARK_MSEC (10 * 60 * 1000)
#define AGAIN_MSEC 10000

static bool whole; /* since then the machine has been up, so it still is */

static void mark(struct agent *agent)
{
    if (whole && mend_mark(&agent->spool) == -1)
        report_failed(&agent->report, "mended", NULL);
}

static int64_t run(struct agent *agent)
{
    size_t count;
    int result;

    if (whole) {
        mark(agent);
        return MARK_MSEC;
    }
    result = mend_journal(&agent->spool, &agent->grammar, &agent->report, &count);
    if (result == -1)
        report_failed(&agent->report, "journal", NULL);
    if (count > 0)
        fprintf(stderr, "agent: journal: lost records appended again: %zu\n", count);
    whole = result == 0;
    return whole ? MARK_MSEC : AGAIN_MSEC;
}

const struct job job_mend = {.run = run, .close = mark};
