/* SPDX-License-Identifier: MIT */
#include "reader.h"

#include <errno.h>
#include <string.h>

#include "authors.h"
#include "base/scratch.h"
#include "concern.h"
#include "file.h"
#include "map.h"
#include "online.h"
#include "thread.h"
#include "user.h"

SCRATCH static char text[SPOOL_STANZA_MAX + 1];

/* A place in `seen` by the thread's id, whose digits are random enough. */
static struct membership *place(struct reader *reader, const char *thread)
{
    unsigned hash = 0;

    for (int i = 0; i < 8; i++)
        hash = hash * 31 + (unsigned char)thread[i];
    return &reader->seen[hash % READER_THREADS];
}

/* 1: the user is in the thread, by this entry; 0; -1. */
static int is_member(struct reader *reader, const char *thread, const struct user_entry **entry)
{
    struct membership *seen = place(reader, thread);

    /* Who is no member may become one at any time, so only membership is remembered. */
    if (!seen->member || strcmp(seen->thread, thread) != 0) {
        seen->member = user_entry(reader->journal.spool, reader->user, thread, &seen->entry) == 0;
        if (!seen->member)
            return errno == ENOENT ? 0 : -1;
        memcpy(seen->thread, thread, UUID_SIZE);
    }
    *entry = &seen->entry;
    return 1;
}

static ssize_t read_message(struct reader *reader, const struct journal_record *record)
{
    const struct user_entry *entry;
    struct concern concern;
    struct thread thread;
    ssize_t len;
    int member = is_member(reader, record->id, &entry);

    concern_message(&concern, record, reader->journal.at.next - 1);
    if (member != 1 || !concern_member(&concern, entry))
        return member == -1 ? -1 : 0;
    if (thread_open(reader->journal.spool, &thread, record->id) == -1)
        return -1;
    len = thread_read(&thread, record->seq, text, sizeof text);
    thread_close(&thread);
    return len;
}

/* Without a look at anybody's list for each: when many come at once, most are no friends of most. */
static bool is_stranger(struct reader *reader, uint64_t name)
{
    if (!reader->recalled)
        friends_recall(&reader->friends, reader->journal.spool, reader->user);
    reader->recalled = true;
    return !friends_perhaps(&reader->friends, name);
}

/* Presence older than its hour is nobody's loss. */
static ssize_t read_brief(struct reader *reader, const struct journal_record *record)
{
    struct spool *spool = reader->journal.spool;
    const struct user_entry *entry = NULL;
    struct concern concern;
    uint64_t name;
    ssize_t len;
    int member = 0;
    int concerned;

    if (authors_find(spool->authors, record->id, &name) && is_stranger(reader, name))
        return 0;
    len = presence_read(spool, record->id, text, sizeof text);
    if (len == -1)
        return errno == ENOENT ? 0 : -1;
    concern_brief(&concern, record, reader->journal.at.next - 1, reader->grammar, text,
                  (size_t)len);
    if (!concern.nobody && concern.thread[0] == '\0') {
        name = map_hash(concern.about.name);
        authors_note(spool->authors, record->id, name);
        if (is_stranger(reader, name))
            return 0;
    } else if (!concern.nobody && !concern_own(&concern, reader->user))
        member = is_member(reader, concern.thread, &entry);
    if (member == -1)
        return -1;
    concerned = concern_user(&concern, spool, reader->user, member == 1 ? entry : NULL);
    return concerned == 1 ? len : concerned;
}

static void take_gap(struct reader *reader)
{
    reader->limited = reader->limited || reader->journal.gap;
    reader->journal.gap = false;
}

void reader_forget(struct reader *reader)
{
    for (size_t i = 0; i < READER_THREADS; i++)
        reader->seen[i].member = false;
    reader->recalled = false;
}

static void begin(struct reader *reader, const struct user *user,
                  const struct spool_grammar *grammar)
{
    reader->user = user;
    reader->grammar = grammar;
    reader->limited = false;
    reader->stop = UINT64_MAX;
    reader_forget(reader);
}

void reader_stand(struct reader *reader, struct spool *spool, const struct user *user,
                  const struct spool_grammar *grammar, struct cursor at)
{
    begin(reader, user, grammar);
    reader->journal.spool = spool;
    reader->journal.at = at;
    reader->journal.gap = false;
    reader->journal.segment = -1;
    reader->journal.page_count = 0;
}

int reader_open(struct reader *reader, struct spool *spool, const struct user *user,
                const struct spool_grammar *grammar, const struct cursor *since)
{
    struct cursor from;

    begin(reader, user, grammar);
    if (since != NULL)
        from = *since;
    else if (user_delivered(spool, user, &from) == -1) {
        if (errno != EBADMSG)
            return -1;
        from = (struct cursor){0, 0};
        reader->limited = true;
    }
    if (journal_seek(&reader->journal, spool, from) == -1)
        return -1;
    take_gap(reader);
    return 0;
}

int reader_next(struct reader *reader, const char **line, size_t *len)
{
    struct journal_record record;
    struct cursor before = reader->journal.at;
    int found;

    for (;;) {
        found = before.next >= reader->stop ? 2 : journal_next(&reader->journal, &record);
        if (found != 1)
            break;
        ssize_t got = record.kind == JOURNAL_MESSAGE ? read_message(reader, &record)
                                                     : read_brief(reader, &record);
        take_gap(reader);
        if (got > 0) {
            *line = text;
            *len = (size_t)got;
            return 1;
        }
        if (got == -1 && file_fault_passes(errno)) {
            reader->journal.at = before;
            return -1;
        }
        reader->limited = reader->limited || got == -1;
        before = reader->journal.at;
    }
    take_gap(reader);
    reader_forget(reader); /* whoever waits now may be sent away meanwhile */
    return found;
}

void reader_close(struct reader *reader)
{
    journal_close(&reader->journal);
}
