/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_TIDY_H
#define SPOOL_TIDY_H

/*
 * What goes by its age: nothing that anybody said. Each goes over all it can and reports what
 * fails.
 */

#include "report.h"
#include "spool.h"

#define PRESENCE_LIFE_SEC 3600    /* of a short-lived stanza */
#define SENT_LIFE_SEC (24 * 3600) /* so long a repeated send is known to be one */
#define TMP_REAP_SEC 600          /* of a draft; its writer is long dead */

/* Short-lived stanzas. */
void tidy_presence(struct spool *spool, const struct report *report);

/* users/<user>/sent/; the stanza itself stays in its thread. */
void tidy_sent(struct spool *spool, const struct report *report);

/* users/<user>/streams/: where streams ended to which nobody has come back (place.h). */
void tidy_streams(struct spool *spool, const struct report *report);

/* What a killed program was making under a name with a dot: in the root, threads/, their
 * files/, and users/. */
void tidy_drafts(struct spool *spool, const struct report *report);

/* Token files that cannot be read, when a token of that age could not be valid. */
void tidy_tokens(struct spool *spool, const struct report *report);

#endif
