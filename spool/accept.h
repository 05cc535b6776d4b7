/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_ACCEPT_H
#define SPOOL_ACCEPT_H

/*
 * Accepting a stanza into a thread: the seven steps that README.md describes, with a table of what
 * a crash between any two of them leaves and who mends it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "thread.h"

/* What is to be accepted. The text depends on the place, so it is made when that is known, under
 * the lock. */
struct post {
    const struct user *user; /* the sender: a member of the thread */
    const char *id;          /* the message's UUID, chosen by its sender */
    const struct spool_grammar *grammar;
    bool amends; /* it may change thread.json: the grammar is asked */
    /* Write the line for this place; points `*line` to storage of its own. -1: errno. */
    int (*render)(void *context, uint64_t seq, const char *prev, int64_t time_us, const char **line,
                  size_t *len);
    /* The id was used before, for this line: 1 when it says the same, and its number then in `*seq`; 0
     * when something else. */
    int (*repeats)(void *context, const char *line, size_t len, uint64_t *seq);
    void *context;
};

/*
 * 0: accepted, and durable unless `sync = no`; 1: had been accepted before (`repeats` has seen it).
 * -1: EEXIST, the id was used for something else; any other errno: nothing is visible, or what is
 * will be finished by the next writer or the agent; the same post may be tried again in either
 * case.
 */
int thread_accept(struct spool *spool, struct thread *thread, const struct post *post);

/*
 * Step one by itself, for the agent: remove or finish what dead writers have left in tmp/. The
 * caller holds the lock.
 */
int thread_finish(struct spool *spool, struct thread *thread, const struct spool_grammar *grammar);

/* Part of step 6: change thread.json as an accepted stanza says, whether or not that was done before.
 * The caller holds the lock. -1: errno. */
int thread_amend(struct spool *spool, struct thread *thread, const struct spool_grammar *grammar,
                 const char *line, size_t len);

#endif
