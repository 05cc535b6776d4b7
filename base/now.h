/* SPDX-License-Identifier: MIT */
#ifndef BASE_NOW_H
#define BASE_NOW_H

/* The kernel's clocks. */

#include <stdint.h>
#include <time.h>

/* Microseconds of `clock` (CLOCK_REALTIME: since 1970; the others: since some moment). */
int64_t now_us(clockid_t clock);

#endif
