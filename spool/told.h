/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_TOLD_H
#define SPOOL_TOLD_H

/*
 * What the others have been told of somebody whose entry is in online/: the entry's text. All under
 * the lock of online/.
 */

#include "spool.h"

enum told {
    TOLD_SEEN,   /* empty: available, with what presence.json says */
    TOLD_HIDDEN, /* "hidden": not available, though a stream is open */
    TOLD_UNSURE  /* "untold": perhaps not what presence.json says by now */
};

/* -1: ENOENT, errno. A text that is none of ours leaves us unsure. */
int told_read(struct spool *spool, const struct user *user, enum told *told);

/*
 * Replace the entry, or make it; the old one's mtime stays. Readers see the old text or the new.
 */
int told_write(struct spool *spool, const struct user *user, enum told told);

#endif
