/* SPDX-License-Identifier: MIT */
#include "trim.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "clock.h"
#include "journal.h"
#include "user.h"
#include "walk.h"

#define DAY_MSEC (INT64_C(24) * 3600 * 1000)
#define REMOVE_MAX 512 /* stanzas under one lock: writers wait meanwhile */

struct trimming {
    struct spool *spool;
    const struct report *report;
    int64_t before_ms;
};

static int64_t days_ago_ms(uint64_t days)
{
    return clock_wall_us() / 1000 - (int64_t)days * DAY_MSEC;
}

/* ---- Stanzas ---- */

/* 1: removed, or not there at all; 0: too young; -1. */
static int remove_stanza(struct thread *thread, uint64_t seq, int64_t before_ms)
{
    void (*const folders[])(char out[PATH_SIZE], uint64_t seq) = {path_cur, path_new};

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char path[PATH_SIZE];
        int64_t ms;
        folders[i](path, seq);
        ms = path_mtime_ms(thread->fd, path);
        if (ms == -1 && errno == ENOENT)
            continue;
        if (ms == -1 || ms >= before_ms)
            return ms == -1 ? -1 : 0;
        if (unlinkat(thread->fd, path, 0) == -1)
            return -1;
    }
    return 1;
}

/* 1: there may be more; 0: done; -1. */
static int trim_some(struct thread *thread, uint64_t *seq, int64_t before_ms)
{
    uint64_t tail;
    int result = 1;

    if (thread_try_lock(thread) == -1)
        return errno == EWOULDBLOCK ? 0 : -1; /* the next time */
    if (thread_tail(thread, &tail) == -1)
        result = -1;
    for (int i = 0; i < REMOVE_MAX && result == 1; i++) {
        result = *seq < tail ? remove_stanza(thread, *seq, before_ms) : 0;
        ++*seq;
    }
    thread_unlock(thread);
    return result;
}

static int trim_all(struct spool *spool, struct thread *thread, int64_t before_ms)
{
    uint64_t least = UINT64_MAX;
    uint64_t most = 0;
    int result = 1;

    if (thread_range(spool, thread, "cur", &least, &most) == -1 ||
        thread_range(spool, thread, "new", &least, &most) == -1)
        return -1;
    while (least < most && result == 1)
        result = walk_turn(spool) == -1 ? -1 : trim_some(thread, &least, before_ms);
    return result;
}

static int trim_thread(void *context, const char *id)
{
    struct trimming *trimming = context;
    struct thread thread;

    if (thread_open(trimming->spool, &thread, id) == -1) {
        if (errno != ENOENT)
            report_failed(trimming->report, "threads", id);
        return 0;
    }
    if (trim_all(trimming->spool, &thread, trimming->before_ms) == -1)
        report_failed(trimming->report, "threads", id);
    thread_close(&thread);
    return 0;
}

void trim_threads(struct spool *spool, const struct report *report)
{
    struct trimming trimming = {spool, report, days_ago_ms(spool->config.retain_days)};

    if (spool->config.retain_days != 0 && thread_each(spool, trim_thread, &trimming) == -1)
        report_failed(report, "threads", NULL);
}

/* ---- Segments ---- */

/* The newest record before `number`; INT64_MIN: none is readable. -1: errno. */
static int ms_before(struct spool *spool, uint64_t number, int64_t *ms)
{
    struct journal_reader reader;
    struct journal_record record = {.ms = INT64_MIN};
    struct cursor end;
    int found;

    if (journal_end(spool, &end) == -1 || journal_seek(&reader, spool, end) == -1)
        return -1;
    found = journal_previous(&reader, &number, &record);
    journal_close(&reader);
    *ms = found == 1 ? record.ms : INT64_MIN;
    return found == -1 ? -1 : 0;
}

struct reached {
    struct spool *spool;
    const struct report *report;
    uint64_t least;
};

/*
 * Whoever has no `delivered` will get one at the journal's end: the old records are not for them.
 */
static int ask_user(void *context, const struct user *user)
{
    struct reached *reached = context;
    struct journal_reader reader;
    struct cursor cursor;

    if (user_delivered(reached->spool, user, &cursor) == -1) {
        if (errno == ENOENT)
            return 0;
        report_failed(reached->report, "users", user->dir);
        reached->least = 0;
        return 1;
    }
    if (journal_seek(&reader, reached->spool, cursor) == -1)
        return -1;
    if (reader.at.next < reached->least)
        reached->least = reader.at.next;
    journal_close(&reader);
    return 0;
}

/* The record before which everything has reached every user. */
static uint64_t reached_all(struct spool *spool, const struct report *report)
{
    struct reached reached = {spool, report, UINT64_MAX};

    if (user_each(spool, ask_user, &reached) != -1)
        return reached.least;
    report_failed(report, "users", NULL);
    return 0;
}

/* 1: the segment that begins with `first` is removed; 0: it stays; -1. */
static int trim_segment(struct spool *spool, uint64_t first, uint64_t reached)
{
    uint64_t retain_days = spool->config.retain_days;
    char name[PATH_SIZE];
    int64_t ms;

    if (ms_before(spool, first + JOURNAL_SEGMENT, &ms) == -1)
        return -1;
    if (!(retain_days != 0 && ms < days_ago_ms(retain_days)) &&
        !(ms < days_ago_ms(JOURNAL_KEEP_DAYS) && reached >= first + JOURNAL_SEGMENT))
        return 0;
    path_segment(name, first);
    return unlinkat(spool->journal, name, 0) == -1 ? -1 : 1;
}

/* The oldest first, and no further than the first that stays: readers count on there being no
 * holes. */
void trim_journal(struct spool *spool, const struct report *report, uint64_t keep)
{
    uint64_t oldest;
    uint64_t newest;
    uint64_t reached;
    int result = 1;

    if (journal_segments(spool, &oldest, &newest) == -1) {
        if (errno != ENOENT)
            report_failed(report, "journal", NULL);
        return;
    }
    if (oldest == newest)
        return;
    reached = reached_all(spool, report);
    if (keep < reached)
        reached = keep;
    for (; oldest < newest && result == 1; oldest += JOURNAL_SEGMENT)
        result = walk_turn(spool) == -1 ? -1 : trim_segment(spool, oldest, reached);
    if (result == -1)
        report_failed(report, "journal", NULL);
}
