/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_PLACE_PRIVATE_H
#define SPOOL_PLACE_PRIVATE_H

/* What place.c, whose place it is, and place_line.c, what stands there, share. */

#include "place.h"

/* -1: damaged, or its writer was killed before the first line. */
int place_line_read(struct place *place);

/* Write what the place says now, and a sign of life. -1: errno. */
int place_line_write(struct place *place);

/* Whether what was written last may not have arrived; move the file back before all such. */
bool place_line_doubt(const struct place *place);
void place_line_back(const struct place *place);

#endif
