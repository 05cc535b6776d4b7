/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_READER_FIXTURE_H
#define TESTS_UNIT_READER_FIXTURE_H

/* What tests of the reader share: all that a user reads, in one string. */

#include "fixture.h"

#include "spool/online.h"
#include "spool/reader.h"

static inline void open_reader(struct fixture *f, struct reader *reader, const struct user *user,
                               const struct cursor *since)
{
    if (reader_open(reader, &f->spool, user, &note_grammar, since) == -1)
        fail_msg("%s: %s", user->name, strerror(errno));
}

/* All there is for the reader, as "text;text;", presence as it is. */
static inline const char *read_all(struct reader *reader)
{
    static char all[4096];
    const char *line;
    size_t len;
    int found;

    all[0] = '\0';
    while ((found = reader_next(reader, &line, &len)) == 1) {
        const char *text = note_text(line);
        assert_int_equal(strlen(line), len);
        strcat(all, *text == '\0' ? line : text);
        all[strlen(all) - 1] = ';';
    }
    if (found == -1)
        fail_msg("after '%s': %s", all, strerror(errno));
    return all;
}

/* What `name` reads from a cursor, NULL: from where all has been delivered; and whether limited. */
static inline void expect(struct fixture *f, const char *name, const struct cursor *since,
                          const char *expected, bool limited)
{
    struct user user = fixture_user(name);
    struct reader reader;
    const char *all;

    open_reader(f, &reader, &user, since);
    all = read_all(&reader);
    if (strcmp(all, expected) != 0 || reader.limited != limited)
        fail_msg("%s reads '%s', limited %d", name, all, reader.limited);
    reader_close(&reader);
}

static const struct cursor beginning = {0, 0};

static inline void publish(struct fixture *f, const char *line)
{
    assert_int_equal(presence_publish(&f->spool, line, strlen(line)), 0);
}

#endif
