/* SPDX-License-Identifier: MIT */
#ifndef CHAT_REFER_H
#define CHAT_REFER_H

/*
 * From what a client calls an earlier message of a thread (its number, or an id) to the message:
 * whether there is one, whether the client can see it, and may do to it what it wants to.
 */

#include <stdint.h>

#include "chat/endpoint.h"
#include "protocol/stanza.h"
#include "spool/thread.h"

#define REFER_LOOK_BACK 1000 /* stanzas among which somebody else's id is looked for */

/* Why not: the status of the answer, 0 when there is nothing against it, and a sentence. */
struct refer_refusal {
    int status;
    const char *detail;
};

/*
 * Complete message->about, so that it names the original where the message named has replaced
 * another. `joined` is the number at which the asking user came into the thread. Only a message can
 * be referred to; it is replaced by its sender, and retracted by its sender or an owner or moderator
 * of the room. Nothing is decided yet by a refusal: a message that had been accepted before is not
 * refused when it comes again. Ends the program when the thread cannot be read.
 */
void refer_resolve(struct endpoint *endpoint, struct thread *thread, uint64_t joined,
                   struct stanza_message *message, struct refer_refusal *refusal);

/*
 * Whether the line, stored under the message's id, says the same: by the reference that it was
 * stored with, when what it is about cannot be read any more, or its id is another's by now.
 */
bool refer_same(struct stanza_message *message, const char *line, size_t len);

/* Answer with the refusal: 400 with the field, or 403. */
_Noreturn void refer_refuse(const struct stanza_message *message,
                            const struct refer_refusal *refusal);

#endif
