/* SPDX-License-Identifier: MIT */
#include "move.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "thread.h"
#include "user.h"
#include "walk.h"

#define LOOK_MSEC 5000
#define LOOK_MSEC_MAX (5 * 60 * 1000)
#define MOVE_MAX 1024 /* stanzas under one lock: writers wait meanwhile */

void mover_open(struct mover *mover, struct spool *spool, const struct report *report)
{
    memset(mover, 0, sizeof *mover);
    mover->spool = spool;
    mover->report = report;
}

void mover_close(struct mover *mover)
{
    pendings_clear(&mover->pendings);
    map_clear(&mover->places);
}

/* ---- How far the journal has reached a user ---- */

struct place {
    struct map_node node;
    char dir[USER_DIR_MAX + 1];
    uint64_t next;
};

/*
 * A cursor from before a power cut may stand behind what the journal has now: then other records
 * have its number. journal_seek says which record the user will really be given next.
 */
static int read_place(struct mover *mover, const struct user *user, uint64_t *next)
{
    struct journal_reader reader;
    struct cursor cursor;

    *next = 0;
    if (user_delivered(mover->spool, user, &cursor) == -1)
        return errno == ENOENT || errno == EBADMSG ? 0 : -1; /* nothing that we know of */
    if (journal_seek(&reader, mover->spool, cursor) == -1)
        return -1;
    *next = reader.at.next;
    journal_close(&reader);
    return 0;
}

/* Whose `delivered` cannot be read has received nothing as far as we know. */
static int place_of(struct mover *mover, const struct user *user, uint64_t *next)
{
    struct place *place = (struct place *)(void *)map_find(&mover->places, user->dir);

    if (place == NULL) {
        place = calloc(1, sizeof *place);
        if (place == NULL)
            return -1;
        memcpy(place->dir, user->dir, strlen(user->dir) + 1);
        place->node.key = place->dir;
        if (read_place(mover, user, &place->next) == -1)
            report_failed(mover->report, "users", user->dir);
        if (map_add(&mover->places, &place->node) == -1) {
            free(place);
            return -1;
        }
    }
    *next = place->next;
    return 0;
}

/* ---- One thread ---- */

struct look {
    struct mover *mover;
    const struct waiting *waiting;
    size_t count; /* so many of the first have reached everybody we have asked */
};

static int ask_member(void *context, const struct member *member)
{
    struct look *look = context;
    struct user_entry entry;
    uint64_t next;

    /* What the user's own entry says is what their streams go by. */
    if (user_entry(look->mover->spool, &member->user, look->waiting->id, &entry) == -1)
        return errno == ENOENT ? 0 : -1;
    if (place_of(look->mover, &member->user, &next) == -1)
        return -1;
    for (size_t i = 0; i < look->count; i++) {
        const struct pending *pending = &look->waiting->list[i];
        if (pending->seq > entry.seq && pending->record >= entry.place.next &&
            pending->record >= next)
            look->count = i;
    }
    return look->count == 0; /* no need to ask the others */
}

/* How many of the thread's first stanzas have reached everybody; who cannot be asked has not been
 * reached. */
static size_t count_delivered(struct mover *mover, const struct waiting *waiting,
                              struct thread *thread)
{
    struct look look = {mover, waiting, 0};

    while (look.count < waiting->count && look.count < MOVE_MAX &&
           waiting->list[look.count].record != PENDING_UNKNOWN)
        look.count++;
    if (look.count > 0 && thread_members(thread, ask_member, &look) == -1) {
        report_failed(mover->report, "threads", waiting->id);
        return 0;
    }
    return look.count;
}

/* 0 too when it is not in new/ any more: retention. */
static int move_one(struct thread *thread, uint64_t seq)
{
    char from[PATH_SIZE];
    char to[PATH_SIZE];

    path_new(from, seq);
    path_cur(to, seq);
    if (renameat(thread->fd, from, thread->fd, to) == -1)
        return errno == ENOENT ? 0 : -1;
    /* A power cut in a rename may leave both names on one file; then rename does nothing. */
    unlinkat(thread->fd, from, 0);
    return 0;
}

/* How many have been moved; -1: none, and errno. */
static int64_t move_first(struct thread *thread, const struct waiting *waiting, size_t count)
{
    size_t moved = 0;

    if (thread_try_lock(thread) == -1)
        return -1;
    while (moved < count && move_one(thread, waiting->list[moved].seq) == 0)
        moved++;
    thread_unlock(thread);
    return moved > 0 ? (int64_t)moved : -1;
}

/* -1 (ENOENT): there is no such thread any more. */
static int64_t move_some(struct mover *mover, const struct waiting *waiting)
{
    struct thread thread;
    size_t count;
    int64_t moved = 0;

    if (thread_open(mover->spool, &thread, waiting->id) == -1)
        return -1;
    count = count_delivered(mover, waiting, &thread);
    if (count > 0)
        moved = move_first(&thread, waiting, count);
    thread_close(&thread);
    return moved;
}

static void look_later(struct waiting *waiting, bool moved)
{
    if (moved || waiting->every_ms == 0)
        waiting->every_ms = LOOK_MSEC;
    else
        waiting->every_ms *= 2;
    if (waiting->every_ms > LOOK_MSEC_MAX)
        waiting->every_ms = LOOK_MSEC_MAX;
    waiting->look_ms = clock_boot_ms() + waiting->every_ms;
}

static void look_at(struct mover *mover, struct waiting *waiting)
{
    int64_t moved;

    do {
        moved = move_some(mover, waiting);
        if (moved > 0 && pendings_drop(&mover->pendings, waiting, (size_t)moved) == 1)
            return;
    } while (moved == MOVE_MAX);
    if (moved == -1 && errno == EWOULDBLOCK)
        return; /* a writer is at work: the next pass */
    if (moved == -1 && errno == ENOENT) {
        pendings_drop(&mover->pendings, waiting, waiting->count); /* the thread is gone */
        return;
    }
    if (moved == -1)
        report_failed(mover->report, "threads", waiting->id);
    look_later(waiting, moved > 0);
}

/* ---- All ---- */

struct pass {
    struct mover *mover;
    int64_t now_ms; /* INT64_MAX: every thread is due */
};

static int look_if_due(void *context, struct map_node *node)
{
    struct pass *pass = context;
    struct waiting *waiting = (struct waiting *)(void *)node;

    if (walk_turn(pass->mover->spool) == -1)
        return 1;
    if (waiting->look_ms <= pass->now_ms)
        look_at(pass->mover, waiting);
    return 0;
}

int mover_pass(struct mover *mover, bool all)
{
    struct pass pass = {mover, all ? INT64_MAX : clock_boot_ms()};

    if (pendings_follow(&mover->pendings, mover->spool, mover->report) == -1)
        return -1;
    map_each(&mover->pendings.threads, look_if_due, &pass);
    map_clear(&mover->places);
    return 0;
}

static int lower(void *context, struct map_node *node)
{
    const struct waiting *waiting = (const struct waiting *)(const void *)node;
    uint64_t *oldest = context;

    for (size_t i = 0; i < waiting->count; i++)
        if (waiting->list[i].record < *oldest)
            *oldest = waiting->list[i].record;
    return 0;
}

uint64_t mover_oldest(struct mover *mover)
{
    uint64_t oldest = UINT64_MAX;

    map_each(&mover->pendings.threads, lower, &oldest);
    return oldest;
}
