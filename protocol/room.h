/* SPDX-License-Identifier: MIT */
#ifndef PROTOCOL_ROOM_H
#define PROTOCOL_ROOM_H

/*
 * Rooms: what is told of one (the text of thread.json), how a message changes its subject (Browser
 * based Chat 1.0, 3.1.1), and how its members hear of each other (3.2).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

/* A text of thread.json at most: a subject's bytes escaped sixfold, and the rest. */
#define ROOM_ABOUT_MAX (6 * 262144 + 65536)

struct room_about {
    bool open;    /* whoever is not banned may join */
    bool history; /* who joins may read what was said before */
    /* A JSON string or null; lies in the text that was read, or is a constant. */
    const char *subject;
    size_t subject_len;
};

/* Append the text for a new thread; `by` made it. `subject` and `about` NULL: a thread of a set of
 * people. */
void room_about_put(struct buf *out, int64_t time_us, const char *by, const char *subject,
                    const struct room_about *about);

/* What such a text says; what is missing or damaged is as in a thread of a set of people. */
void room_about_read(struct room_about *about, const char *text, size_t len);

/*
 * Append what becomes of the text by a stored line: 1 when it is a message with a subject, without
 * text and attachments, that comes after the one which set the subject last (`subjectSeq` in the
 * text). 0: nothing does.
 */
int room_about_amend(struct buf *out, const char *text, size_t len, const char *line,
                     size_t line_len);

/*
 * Append a line of room presence, with its newline: presence with `thread` and `role` in its
 * object. Only members are available.
 */
void room_presence_put(struct buf *out, int64_t time_us, const char *sender, size_t sender_len,
                       const char *thread, const char *role, bool available);

#endif
