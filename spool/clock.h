/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_CLOCK_H
#define SPOOL_CLOCK_H

/*
 * The two clocks. A test build (SPOOL_TEST_CLOCK) adds to both the seconds that stand in the file
 * named by SPOOLCHAT_TEST_CLOCK, read anew each time, so that an hour passes when a test says so.
 */

#include <stdint.h>
#include <time.h>

#include "path.h"

#define CLOCK_NO_BOOT "00000000-0000-0000-0000-000000000000"

/* Before the environment is cleared, for a test build's clock is named there. Which boot this is has to be found out again. */
void clock_start(void);

/* Microseconds since 1970. May step. */
int64_t clock_wall_us(void);
/*
 * What the kernel wrote at a file as the time, in milliseconds of clock_wall_us. In a test build
 * that is so for files written since the clock was last put forward; those before it age with it.
 */
int64_t clock_file_ms(const struct timespec *time);
/* Milliseconds since the machine started, sleep included. Never steps. */
int64_t clock_boot_ms(void);
/* This boot's id, from /proc; the nil UUID where there is none, which clock_boot_ms then is worth
 * nothing in. */
void clock_boot_id(char id[UUID_SIZE]);

#endif
