/* SPDX-License-Identifier: MIT */
#ifndef CHAT_HANDING_H
#define CHAT_HANDING_H

/*
 * Whether this program's stream may wait, and where: the agent holds it (spool/handover.h), or the
 * program waits itself, for which it needs one of the site's few places. One stream at a time.
 */

#include "chat/endpoint.h"
#include "spool/handover.h"

/*
 * Before anything is read, for a stream that is going to wait: count it among the user's. `at_once`:
 * the reply's beginning says whether it may wait, so a place is taken now unless there is an agent.
 * False: it may not.
 */
bool handing_plan(struct endpoint *endpoint, int out, bool at_once);

/*
 * Nothing is left but to wait. HANDING_GIVEN: the agent does, and the program ends at once, leaving its
 * place alone; HANDING_WAIT: it waits itself; HANDING_FULL: it may not. `handover` has its form, `at`,
 * `limit` and times; all else is put in here. `out` is the reply's way out.
 */
enum handing { HANDING_GIVEN, HANDING_WAIT, HANDING_FULL };
enum handing handing_give(struct endpoint *endpoint, struct handover *handover, int out);

/*
 * For the agent itself, where streams begin, too (chat/streaming.h). Count one among its user's: false: it may not
 * wait. Put all else into `handover`, and the stream's descriptors into `fds`; false: that is too much. Be
 * ready for the next one: the count is in other hands, or is given back.
 */
bool handing_count(struct endpoint *endpoint);
/* Whether the descriptors that there are so far are all below `limit`. */
bool handing_fits(int out, int limit);
bool handing_fill(struct endpoint *endpoint, struct handover *handover, int out,
                  int fds[HANDOVER_FDS]);
void handing_forget(bool handed);

#endif
