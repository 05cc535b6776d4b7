/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CLIENT_MEMINFO_H
#define BENCH_CLIENT_MEMINFO_H

/* What /proc says of memory, in KB. */

/* The numbers behind `name` in a file of lines "name  number kB", added; 0 when there is none. */
long meminfo_kb(const char *path, const char *name);

/*
 * What the machine could give to somebody new, the kernel's part counted: MemAvailable and the free
 * pages that processors have set aside for themselves, once it stands still; under a second.
 */
long meminfo_available_kb(void);

#endif
