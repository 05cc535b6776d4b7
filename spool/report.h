/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_REPORT_H
#define SPOOL_REPORT_H

/*
 * How jobs that go over many things tell of those that failed: one call a thing, then on to the
 * next.
 */

struct report {
    /* `object` is a path in the spool, `error` an errno. */
    void (*failed)(void *context, const char *object, int error);
    void *context;
};

/* Report "<folder>/<name>", or `folder` when `name` is NULL, with errno. */
void report_failed(const struct report *report, const char *folder, const char *name);

#endif
