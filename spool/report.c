/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <errno.h>
#include <stdio.h>

#include "path.h"

void report_failed(const struct report *report, const char *folder, const char *name)
{
    int error = errno;
    char object[2 * PATH_SIZE];

    snprintf(object, sizeof object, "%s%s%s", folder, name == NULL ? "" : "/",
             name == NULL ? "" : name);
    report->failed(report->context, object, error);
}
