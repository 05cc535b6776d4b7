/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CLIENT_COST_H
#define BENCH_CLIENT_COST_H

/*
 * What a server uses, with all its processes: those that have ended, too, and whatever they started.
 *
 * A control group knows it exactly. Without one, the sessions that the server's parts were started in
 * are added up from /proc, and with them what parents know of their dead children; for these, and for
 * processes of many threads, that is in steps of 10 ms, and a parent that does not wait for its children (mod_cgid's) never learns what they used.
 */

#include <stddef.h>
#include <stdint.h>

/* "cgroup:DIRECTORY" or "session:NUMBER,NUMBER...". Ends the program when it is neither. */
void cost_of(const char *what);

/* "cgroup", "session", or "none": cost_of was not called, and all of these are 0. */
const char *cost_how(void);

/* Processor time since some moment. */
int64_t cost_cpu_ns(void);

/* Of all processes that live: proportional set size, in KB, and how many these are. */
long cost_memory_kb(size_t *processes);

#endif
