/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_MARK_H
#define SPOOL_MARK_H

/* The file `mended`: up to where the journal was whole at some moment. Private to mend.c. */

#include "journal.h"

/* -1 too when it is damaged: then everything is looked at. */
int mark_read(struct spool *spool, struct cursor *mark);

/* Not synced: an old mark costs reading, none costs reading everything. */
int mark_write(struct spool *spool, struct cursor end);

#endif
