/* SPDX-License-Identifier: MIT */
#include "mend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "accept.h"
#include "clock.h"
#include "journal.h"
#include "mark.h"
#include "suspect.h"
#include "walk.h"

#define EVER INT64_MIN

struct mending {
    struct spool *spool;
    const struct spool_grammar *grammar;
    const struct report *report;
    struct map suspects;
    size_t open;       /* suspects not known to be sound */
    int64_t since_ms;  /* what was journaled before cannot be lost */
    struct cursor end; /* of the journal when we began */
    int64_t
        oldest_ms; /* of the oldest record; what is older than that was trimmed. EVER: nothing */
    bool locked;   /* a thread: nobody has a turn meanwhile */
    bool again;
    size_t appended;
};

/* ---- Whom to suspect ---- */

/* The mark may lie behind the end, and be younger, when the journal's tail is what was lost. */
static int64_t since_ms(struct spool *spool, struct cursor end)
{
    struct cursor mark;
    int64_t ms = end.ms;

    if (mark_read(spool, &mark) == -1)
        return EVER;
    if (mark.ms < ms)
        ms = mark.ms;
    return ms == 0 ? EVER : ms - MEND_MARGIN_SEC * 1000;
}

/*
 * Whether a stanza may have been accepted or finished since then. tmp/ changes with every stanza,
 * after its record, too; new/ is the one that writers sync.
 */
static bool was_busy(const struct mending *mending, const char *id)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof path, "%s/tmp", id);
    if (path_mtime_ms(mending->spool->threads, path) >= mending->since_ms)
        return true;
    snprintf(path, sizeof path, "%s/new", id);
    return path_mtime_ms(mending->spool->threads, path) >= mending->since_ms;
}

static int suspect_thread(struct mending *mending, const char *id)
{
    struct suspect *suspect;
    struct thread thread;
    uint64_t tail;
    int result;

    if (thread_open(mending->spool, &thread, id) == -1)
        return errno == ENOENT ? 0 : -1;
    result = thread_tail(&thread, &tail);
    thread_close(&thread);
    if (result == -1 || tail == 0)
        return result;
    suspect = suspect_make(id, tail);
    if (suspect == NULL)
        return -1;
    if (map_add(&mending->suspects, &suspect->node) == -1) {
        suspect_free(suspect);
        return -1;
    }
    mending->open++;
    return 0;
}

static void complain(struct mending *mending, const char *id)
{
    report_failed(mending->report, "threads", id);
    mending->again = true;
}

static int pick(void *context, const char *id)
{
    struct mending *mending = context;

    if (was_busy(mending, id) && suspect_thread(mending, id) == -1)
        complain(mending, id);
    return 0;
}

/* ---- Looking back ---- */

static void settle(struct mending *mending, struct suspect *suspect)
{
    if (!suspect->sound) {
        suspect->sound = true;
        mending->open--;
    }
}

static int stat_stanza(struct thread *thread, uint64_t seq, struct stat *info)
{
    char path[PATH_SIZE];

    path_new(path, seq);
    if (fstatat(thread->fd, path, info, AT_SYMLINK_NOFOLLOW) == 0)
        return 0;
    path_cur(path, seq);
    return fstatat(thread->fd, path, info, AT_SYMLINK_NOFOLLOW);
}

/*
 * When the looking has come to where nothing can be lost. Its sender's last deed with a stanza's
 * file, a rename (which the ctime shows), follows the record; so a file that nobody has touched
 * since has its record further back. Else we look for it.
 */
static int settle_if_old(void *context, struct map_node *node)
{
    struct mending *mending = context;
    struct suspect *suspect = (struct suspect *)(void *)node;
    struct thread thread;
    struct stat info;

    if (suspect->sound)
        return 0;
    if (walk_turn(mending->spool) == -1)
        return 1;
    if (thread_open(mending->spool, &thread, suspect->id) == -1)
        return 0;
    if (stat_stanza(&thread, suspect->next, &info) == -1
            ? errno == ENOENT
            : clock_file_ms(&info.st_ctim) < mending->since_ms)
        settle(mending, suspect);
    thread_close(&thread);
    return 0;
}

static int see(struct mending *mending, const struct journal_record *record)
{
    struct suspect *suspect;

    if (record->kind != JOURNAL_MESSAGE)
        return 0;
    suspect = (struct suspect *)(void *)map_find(&mending->suspects, record->id);
    if (suspect == NULL || suspect->sound)
        return 0;
    if (suspect_see(suspect, record->seq) == -1)
        return -1;
    if (suspect->next == 0 || (record->ms < mending->since_ms && record->seq > suspect->next))
        settle(mending, suspect);
    return 0;
}

static int previous(struct mending *mending, struct journal_reader *reader, uint64_t *next,
                    struct journal_record *record)
{
    if (!mending->locked && walk_turn(mending->spool) == -1)
        return -1;
    return journal_previous(reader, next, record);
}

/* Backward from `*next`, to where everybody is sound or to record `least`. 0: there; -1. */
static int look_back(struct mending *mending, uint64_t next, uint64_t least)
{
    struct journal_reader reader;
    struct journal_record record = {.ms = INT64_MAX};
    bool old = false;
    int found = 1;

    if (journal_seek(&reader, mending->spool, mending->end) == -1)
        return -1;
    while (mending->open > 0 && next > least &&
           (found = previous(mending, &reader, &next, &record)) == 1) {
        if (!old && record.ms < mending->since_ms) {
            old = true;
            map_each(&mending->suspects, settle_if_old, mending);
        }
        if (next >= least && see(mending, &record) == -1) {
            found = -1;
            break;
        }
    }
    journal_close(&reader);
    mending->oldest_ms = record.ms;
    return found == -1 ? -1 : 0;
}

/* ---- Mending ---- */

/* Records are trimmed when everybody has had them, or by age; they are not lost. */
static bool was_trimmed(const struct mending *mending, const struct stat *info)
{
    return clock_file_ms(&info->st_mtim) < mending->oldest_ms;
}

static int append_missing(struct mending *mending, struct suspect *suspect, struct thread *thread)
{
    struct stat info;
    uint64_t first = suspect->next + 1;

    suspect_sort(suspect);
    while (first > 1 &&
           (suspect_saw(suspect, first - 1) ||
            (stat_stanza(thread, first - 1, &info) == 0 && !was_trimmed(mending, &info))))
        first--;
    for (uint64_t seq = first; seq <= suspect->next; seq++) {
        struct journal_record record = {.kind = JOURNAL_MESSAGE, .seq = seq};
        if (suspect_saw(suspect, seq))
            continue;
        memcpy(record.id, suspect->id, UUID_SIZE);
        if (journal_append(mending->spool, &record, NULL) == -1)
            return -1;
        mending->appended++;
    }
    return 0;
}

/*
 * Whoever was at work when we looked has told the journal by now, or has died and is finished here.
 */
static int mend_locked(struct mending *mending, struct suspect *suspect, struct thread *thread)
{
    struct cursor end;
    int64_t oldest_ms = mending->oldest_ms;

    if (thread_finish(mending->spool, thread, mending->grammar) == -1 ||
        journal_end(mending->spool, &end) == -1 ||
        look_back(mending, end.next, mending->end.next) == -1)
        return -1;
    mending->oldest_ms = oldest_ms;
    return append_missing(mending, suspect, thread);
}

static int mend_thread(void *context, struct map_node *node)
{
    struct mending *mending = context;
    struct suspect *suspect = (struct suspect *)(void *)node;
    struct thread thread;

    if (suspect->sound)
        return 0;
    if (walk_turn(mending->spool) == -1) {
        mending->again = true;
        return 1;
    }
    if (thread_open(mending->spool, &thread, suspect->id) == -1) {
        if (errno != ENOENT)
            complain(mending, suspect->id);
        return 0;
    }
    if (thread_try_lock(&thread) == -1)
        mending->again = true;
    else {
        mending->locked = true;
        if (mend_locked(mending, suspect, &thread) == -1)
            complain(mending, suspect->id);
        mending->locked = false;
    }
    thread_close(&thread);
    return 0;
}

static int drop(void *context, struct map_node *node)
{
    struct suspect *suspect = (struct suspect *)(void *)node;

    (void)context;
    free(suspect->seen);
    return 0;
}

static int look_and_mend(struct mending *mending)
{
    uint64_t oldest;
    uint64_t newest;

    /* The end after the picking, so that who was at work meanwhile is no suspect for it. */
    if (thread_each(mending->spool, pick, mending) == -1 ||
        journal_end(mending->spool, &mending->end) == -1 ||
        look_back(mending, mending->end.next, 0) == -1)
        return -1;
    if (journal_segments(mending->spool, &oldest, &newest) == -1 || oldest == 0)
        mending->oldest_ms = EVER;
    map_each(&mending->suspects, mend_thread, mending);
    return mending->again;
}

int mend_journal(struct spool *spool, const struct spool_grammar *grammar,
                 const struct report *report, size_t *count)
{
    struct mending mending = {.spool = spool, .grammar = grammar, .report = report};
    int result;

    *count = 0;
    if (journal_end(spool, &mending.end) == -1)
        return -1;
    mending.since_ms = since_ms(spool, mending.end);
    result = look_and_mend(&mending);
    map_each(&mending.suspects, drop, NULL);
    map_clear(&mending.suspects);
    *count = mending.appended;
    return result == 0 ? mark_write(spool, mending.end) : result;
}
