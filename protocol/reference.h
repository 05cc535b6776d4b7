/* SPDX-License-Identifier: MIT */
#ifndef PROTOCOL_REFERENCE_H
#define PROTOCOL_REFERENCE_H

/*
 * What one stanza says about another: `replaces`, `retracts`, `reaction`. Whoever finds the other
 * one asks here what of it matters.
 */

#include "stanza.h"

/* A numbered line, as far as it can be referred to. */
struct reference_target {
    bool is_message; /* its outer type; of other types nothing can be said */
    char thread[37];
    struct stanza_reference self;
    bool replaces; /* it has taken the place of another, */
    struct stanza_reference original;
};

/* Read a stored line. -1: it is none that is numbered. */
int reference_target(struct reference_target *target, const char *line, size_t len);

#define REFERENCE_HEAD 512 /* bytes of a line among which its id is */

/* Whether the line, or its beginning, may have this message id: a quick look, which reference_target
 * makes sure of. */
bool reference_may_be(const char *line, size_t len, const char *id);

/*
 * The reference that a stored line has, whatever it does to it, when it is the one that `wanted`
 * names by its number or id. -1 otherwise.
 */
int reference_again(struct stanza_reference *stored, const struct stanza_reference *wanted,
                    const char *line, size_t len);

#endif
