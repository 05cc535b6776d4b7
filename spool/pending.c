/* SPDX-License-Identifier: MIT */
#include "pending.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "walk.h"

/*
 * Only to save reading: the journal is read from this long before the oldest stanza's file was
 * written, and all of it when a stanza is not found so.
 */
#define MARGIN_MSEC (10 * 60 * 1000)
#define BEGINNING 0

static int drop_waiting(void *context, struct map_node *node)
{
    (void)context;
    free(((struct waiting *)(void *)node)->list);
    return 0;
}

void pendings_clear(struct pendings *pendings)
{
    map_each(&pendings->threads, drop_waiting, NULL);
    map_clear(&pendings->threads);
    pendings->known = false;
}

static struct waiting *find(const struct pendings *pendings, const char *id)
{
    return (struct waiting *)(void *)map_find(&pendings->threads, id);
}

static struct waiting *add(struct pendings *pendings, const char *id)
{
    struct waiting *waiting = calloc(1, sizeof *waiting);

    if (waiting == NULL)
        return NULL;
    memcpy(waiting->id, id, UUID_SIZE);
    waiting->node.key = waiting->id;
    if (map_add(&pendings->threads, &waiting->node) == 0)
        return waiting;
    free(waiting);
    return NULL;
}

static void forget(struct pendings *pendings, struct waiting *waiting)
{
    map_remove(&pendings->threads, &waiting->node);
    free(waiting->list);
    free(waiting);
}

int pendings_drop(struct pendings *pendings, struct waiting *waiting, size_t count)
{
    if (count == waiting->count) {
        forget(pendings, waiting);
        return 1;
    }
    waiting->count -= count;
    memmove(waiting->list, waiting->list + count, waiting->count * sizeof *waiting->list);
    return 0;
}

static int push(struct waiting *waiting, uint64_t seq, uint64_t record)
{
    if (waiting->count == waiting->size) {
        size_t size = waiting->size == 0 ? 4 : waiting->size * 2;
        struct pending *list = realloc(waiting->list, size * sizeof *list);
        if (list == NULL)
            return -1;
        waiting->list = list;
        waiting->size = size;
    }
    waiting->list[waiting->count++] = (struct pending){seq, record};
    return 0;
}

/* The first whose number is `seq` or greater. */
static size_t place_of(const struct waiting *waiting, uint64_t seq)
{
    size_t low = 0;
    size_t high = waiting->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (waiting->list[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A record from before `listed` can only be of a stanza that the listing has found, or that is in
 * cur/ already. */
static int note(struct pendings *pendings, const struct journal_record *record, uint64_t number,
                uint64_t listed)
{
    struct waiting *waiting = find(pendings, record->id);
    size_t place = waiting == NULL ? 0 : place_of(waiting, record->seq);

    if (waiting != NULL && place < waiting->count) {
        if (waiting->list[place].seq == record->seq)
            waiting->list[place].record = number;
        return 0;
    }
    if (number < listed)
        return 0;
    if (waiting == NULL)
        waiting = add(pendings, record->id);
    return waiting == NULL ? -1 : push(waiting, record->seq, number);
}

static int read_on(struct pendings *pendings, struct journal_reader *reader, uint64_t listed)
{
    struct journal_record record;
    int found;

    while ((found = walk_turn(reader->spool) == 0 ? journal_next(reader, &record) : -1) == 1)
        if (record.kind == JOURNAL_MESSAGE &&
            note(pendings, &record, reader->at.next - 1, listed) == -1)
            return -1;
    pendings->at = reader->at;
    return found;
}

/* ---- Learning ---- */

struct learning {
    struct pendings *pendings;
    struct spool *spool;
    const struct report *report;
    int64_t oldest_ms; /* when the oldest stanza was written, about */
};

static int by_seq(const void *one, const void *other)
{
    uint64_t a = ((const struct pending *)one)->seq;
    uint64_t b = ((const struct pending *)other)->seq;

    return (a > b) - (a < b);
}

static int list_new(struct learning *learning, struct thread *thread, struct waiting **waiting)
{
    struct dir dir;
    const char *name;
    uint64_t seq;
    int result = 0;

    if (dir_open(&dir, thread->fd, "new") == -1)
        return -1;
    while (result == 0 && (name = walk_next(learning->spool, &dir)) != NULL)
        if (path_seq_ok(name, &seq)) {
            if (*waiting == NULL)
                *waiting = add(learning->pendings, thread->id);
            result = *waiting == NULL ? -1 : push(*waiting, seq, PENDING_UNKNOWN);
        }
    return dir_close(&dir) == -1 ? -1 : result;
}

static void note_age(struct learning *learning, struct thread *thread,
                     const struct waiting *waiting)
{
    char path[PATH_SIZE];
    int64_t ms;

    path_new(path, waiting->list[0].seq);
    ms = path_mtime_ms(thread->fd, path);
    if (ms < learning->oldest_ms)
        learning->oldest_ms = ms;
}

static int learn_thread(void *context, const char *id)
{
    struct learning *learning = context;
    struct waiting *waiting = NULL;
    struct thread thread;

    if (thread_open(learning->spool, &thread, id) == -1) {
        if (errno != ENOENT)
            report_failed(learning->report, "threads", id);
        return 0;
    }
    if (list_new(learning, &thread, &waiting) == -1)
        report_failed(learning->report, "threads", id);
    if (waiting != NULL && waiting->count > 0) {
        qsort(waiting->list, waiting->count, sizeof *waiting->list, by_seq);
        note_age(learning, &thread, waiting);
    } else if (waiting != NULL) {
        forget(learning->pendings, waiting);
    }
    thread_close(&thread);
    return 0;
}

/* Read the journal from the first record younger than `ms`. */
static int read_from(struct learning *learning, int64_t ms, uint64_t listed)
{
    /* A place that does not exist: journal_seek goes by the time. */
    struct cursor from = {.next = SEQ_MAX, .ms = ms};
    struct journal_reader reader;
    int result;

    if (ms <= BEGINNING)
        from = (struct cursor){0, 0};
    if (journal_seek(&reader, learning->spool, from) == -1)
        return -1;
    result = read_on(learning->pendings, &reader, listed);
    journal_close(&reader);
    return result;
}

/*
 * A thread's records are in order: one that has been trimmed was older than the next. What has none
 * behind it either stays unknown until whoever journals it (its writer, or mend) does.
 */
static int fill_trimmed(void *context, struct map_node *node)
{
    struct waiting *waiting = (struct waiting *)(void *)node;
    uint64_t behind = PENDING_UNKNOWN;

    (void)context;
    for (size_t i = waiting->count; i-- > 0; behind = waiting->list[i].record)
        if (waiting->list[i].record == PENDING_UNKNOWN)
            waiting->list[i].record = behind;
    return 0;
}

static int any_unknown(void *context, struct map_node *node)
{
    const struct waiting *waiting = (const struct waiting *)(const void *)node;

    (void)context;
    for (size_t i = 0; i < waiting->count; i++)
        if (waiting->list[i].record == PENDING_UNKNOWN)
            return 1;
    return 0;
}

static int read_journal(struct learning *learning, uint64_t listed)
{
    struct pendings *pendings = learning->pendings;
    uint64_t oldest;
    uint64_t newest;

    if (read_from(learning, learning->oldest_ms - MARGIN_MSEC, listed) == -1)
        return -1;
    if (map_each(&pendings->threads, any_unknown, NULL) == 0)
        return 0;
    if (read_from(learning, BEGINNING, listed) == -1)
        return -1;
    /* Nothing trimmed: then an unknown record is a lost one, and mend will append it. */
    if (journal_segments(learning->spool, &oldest, &newest) == 0 && oldest > 0)
        map_each(&pendings->threads, fill_trimmed, NULL);
    return 0;
}

static int learn(struct pendings *pendings, struct spool *spool, const struct report *report)
{
    struct learning learning = {pendings, spool, report, INT64_MAX};
    struct cursor end;

    pendings_clear(pendings);
    /* Before the listing: what is journaled from here on may have come after it. */
    if (journal_end(spool, &end) == -1 || thread_each(spool, learn_thread, &learning) == -1)
        return -1;
    if (pendings->threads.count == 0)
        learning.oldest_ms = end.ms;
    if (read_journal(&learning, end.next) == -1)
        return -1;
    pendings->end = end;
    pendings->known = true;
    return 0;
}

int pendings_follow(struct pendings *pendings, struct spool *spool, const struct report *report)
{
    struct journal_reader reader;
    struct cursor end;
    int result = -1;

    if (!pendings->known)
        return learn(pendings, spool, report);
    if (journal_end(spool, &end) == -1)
        return -1;
    if (end.next == pendings->end.next && end.ms == pendings->end.ms)
        return 0;
    if (journal_seek(&reader, spool, pendings->at) == -1)
        return -1;
    if (!reader.gap)
        result = read_on(pendings, &reader, 0);
    journal_close(&reader);
    if (reader.gap)
        return learn(pendings, spool, report);
    pendings->end = end;
    return result;
}
