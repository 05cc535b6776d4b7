/* SPDX-License-Identifier: MIT */

/*
 * Finishes what killed senders have left in a thread's tmp/. Looked at: every thread at the start
 * and every ten minutes; in between those that the journal names. The next sender to a thread does
 * the same, so nothing hangs on this but how soon.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"
#include "spool/clock.h"
#include "spool/dir.h"
#include "spool/journal.h"
#include "spool/map.h"
#include "spool/walk.h"

#define LOOK_MSEC 5000
#define LOOK_ALL_MSEC (10 * 60 * 1000)

struct named {
    struct map_node node;
    char id[UUID_SIZE];
};

static struct cursor at;  /* looked at what was journaled before */
static struct cursor end; /* the journal's end then */
static int64_t all_ms;

/* 1: there is something. */
static int has_drafts(struct agent *agent, const char *id)
{
    char path[PATH_SIZE];
    struct dir dir;
    int result;

    snprintf(path, sizeof path, "%s/tmp", id);
    if (dir_open(&dir, agent->spool.threads, path) == -1)
        return errno == ENOENT ? 0 : -1;
    result = dir_next(&dir) != NULL;
    return dir_close(&dir) == -1 ? -1 : result;
}

/* Who has the lock is alive, and clears up first; who is dead holds no lock. */
static int finish(struct agent *agent, struct thread *thread)
{
    int result;

    if (thread_try_lock(thread) == -1)
        return errno == EWOULDBLOCK ? 0 : -1;
    result = thread_finish(&agent->spool, thread, &agent->grammar);
    thread_unlock(thread);
    return result;
}

static int look_at(void *context, const char *id)
{
    struct agent *agent = context;
    struct thread thread;
    int result = has_drafts(agent, id);

    if (result == 1) {
        result = thread_open(&agent->spool, &thread, id);
        if (result == 0)
            result = finish(agent, &thread);
        thread_close(&thread);
    }
    if (result == -1)
        report_failed(&agent->report, "threads", id);
    return 0;
}

static int look_at_all(struct agent *agent)
{
    if (journal_end(&agent->spool, &end) == -1)
        return -1;
    at = end;
    return thread_each(&agent->spool, look_at, agent);
}

/* Each thread once, however much was said in it. */
static void look_once(struct agent *agent, struct map *looked, const char *id)
{
    struct named *named;

    if (map_find(looked, id) != NULL)
        return;
    look_at(agent, id);
    named = calloc(1, sizeof *named);
    if (named == NULL)
        return;
    memcpy(named->id, id, UUID_SIZE);
    named->node.key = named->id;
    if (map_add(looked, &named->node) == -1)
        free(named);
}

static int look_at_new(struct agent *agent)
{
    struct journal_reader reader;
    struct journal_record record;
    struct cursor now;
    struct map looked = {.slots = NULL};
    int found;

    if (journal_end(&agent->spool, &now) == -1)
        return -1;
    if (now.next == end.next && now.ms == end.ms)
        return 0;
    if (journal_seek(&reader, &agent->spool, at) == -1)
        return -1;
    while ((found = walk_turn(&agent->spool) == 0 ? journal_next(&reader, &record) : -1) == 1)
        if (record.kind == JOURNAL_MESSAGE)
            look_once(agent, &looked, record.id);
    at = reader.at;
    end = now;
    journal_close(&reader);
    map_clear(&looked);
    return found;
}

static int64_t run(struct agent *agent)
{
    bool all = clock_boot_ms() >= all_ms;

    if (all)
        all_ms = clock_boot_ms() + LOOK_ALL_MSEC;
    if ((all ? look_at_all(agent) : look_at_new(agent)) == -1)
        report_failed(&agent->report, all ? "threads" : "journal", NULL);
    return LOOK_MSEC;
}

const struct job job_sends = {.run = run};
