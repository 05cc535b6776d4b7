/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_AUTHORS_H
#define SPOOL_AUTHORS_H

/*
 * Whom presence was about, for the agent: when many come at once, each reads of all the others, and for most
 * that is all there is to know. Of the last thousands; one forgotten costs a file read.
 */

#include <stdbool.h>
#include <stdint.h>

#include "id.h"

#define AUTHORS 4096

/* Empty when all zero. */
struct authors {
    struct {
        char id[UUID_SIZE];
        uint64_t name; /* map_hash */
    } notes[AUTHORS];
};

/* By the presence's id. Both take NULL, and know nothing then. */
bool authors_find(const struct authors *authors, const char *id, uint64_t *name);
void authors_note(struct authors *authors, const char *id, uint64_t name);

#endif
