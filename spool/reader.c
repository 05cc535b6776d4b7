/* SPDX-License-Identifier: MIT */
#include "reader.h"

#include <errno.h>
#include <string.h>

#include "base/scratch.h"
#include "file.h"
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

/* Whether the record just read is of a time when the user was not in the thread yet. */
static bool is_before(const struct reader *reader, const struct journal_record *record,
                      const struct user_entry *entry)
{
    return user_entry_is_before(entry, reader->journal.at.next - 1, record->ms);
}

static ssize_t read_message(struct reader *reader, const struct journal_record *record)
{
    const struct user_entry *entry;
    struct thread thread;
    ssize_t len;
    int member = is_member(reader, record->id, &entry);

    /* Where the history is open the number is 0: then it is asked for, never pushed. */
    if (member != 1 || record->seq <= entry->seq || is_before(reader, record, entry))
        return member == -1 ? -1 : 0;
    if (thread_open(reader->journal.spool, &thread, record->id) == -1)
        return -1;
    len = thread_read(&thread, record->seq, text, sizeof text);
    thread_close(&thread);
    return len;
}

/*
 * Whether a short-lived stanza is the user's to see: what belongs to a thread is its members' and
 * whom it is about, who may have left with it; presence is the other friends'. 1, 0, -1.
 */
static int concerns(struct reader *reader, const struct journal_record *record, size_t len)
{
    const struct user_entry *entry;
    char name[USER_NAME_MAX + 1];
    char thread[UUID_SIZE];
    struct user about;
    bool own;
    int member;
    int friends;

    if (reader->grammar->author(text, len, name, sizeof name) == -1 ||
        user_named(&about, name) == -1)
        return 0;
    own = strcmp(about.dir, reader->user->dir) == 0;
    if (reader->grammar->thread(text, len, thread, sizeof thread) == -1) {
        friends = own ? 0 : user_friends(reader->journal.spool, reader->user, &about);
        /* A list that is none has nobody in it; nothing is missing here. */
        return friends == -1 && file_is_damage(errno) ? 0 : friends;
    }
    if (own)
        return 1;
    member = is_member(reader, thread, &entry);
    return member == 1 && is_before(reader, record, entry) ? 0 : member;
}

/* Presence older than its hour is nobody's loss. */
static ssize_t read_presence(struct reader *reader, const struct journal_record *record)
{
    ssize_t len = presence_read(reader->journal.spool, record->id, text, sizeof text);
    int concerned;

    if (len == -1)
        return errno == ENOENT ? 0 : -1;
    concerned = concerns(reader, record, (size_t)len);
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
}

int reader_open(struct reader *reader, struct spool *spool, const struct user *user,
                const struct spool_grammar *grammar, const struct cursor *since)
{
    struct cursor from;

    reader->user = user;
    reader->grammar = grammar;
    reader->limited = false;
    reader_forget(reader);
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

    while ((found = journal_next(&reader->journal, &record)) == 1) {
        ssize_t got = record.kind == JOURNAL_MESSAGE ? read_message(reader, &record)
                                                     : read_presence(reader, &record);
        take_gap(reader);
        if (got > 0) {
            *line = text;
            *len = (size_t)got;
            return 1;
        }
        if (got == -1 && file_is_damage(errno))
            reader->limited = true;
        else if (got == -1) {
            reader->journal.at = before; /* a fault of the machine: the same again next time */
            return -1;
        }
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
