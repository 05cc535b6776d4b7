/* SPDX-License-Identifier: MIT */

/*
 * Removes tokens within a second of their end. They wait in a heap, the next to end on top; that is
 * only when to look: what decides is the token itself, read again.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job.h"
#include "spool/clock.h"
#include "spool/file.h"
#include "spool/map.h"
#include "spool/token.h"
#include "spool/walk.h"
#include "spool/watch.h"

#define RESCAN_MSEC 60000      /* events are hints */
#define RESCAN_BLIND_MSEC 1000 /* no inotify: look */

struct token {
    struct map_node node;
    char name[DIGEST_SIZE];
    int64_t due_ms; /* by clock_boot_ms */
};

static struct map known; /* those in the heap, by name */
static struct token **heap;
static size_t count;
static size_t size;
static int watch = -1;
static int64_t rescan_ms;
static uint64_t ttl; /* by which they were taken in */

static void swap(size_t one, size_t other)
{
    struct token *token = heap[one];

    heap[one] = heap[other];
    heap[other] = token;
}

static void sift_up(size_t at)
{
    for (; at > 0 && heap[at]->due_ms < heap[(at - 1) / 2]->due_ms; at = (at - 1) / 2)
        swap(at, (at - 1) / 2);
}

static void sift_down(size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++)
            if (heap[child]->due_ms < heap[least]->due_ms)
                least = child;
        if (least == at)
            return;
        swap(at, least);
        at = least;
    }
}

static int push(struct token *token)
{
    if (count == size) {
        size_t bigger = size == 0 ? 64 : size * 2;
        struct token **space = realloc(heap, bigger * sizeof *space);
        if (space == NULL)
            return -1;
        heap = space;
        size = bigger;
    }
    if (map_add(&known, &token->node) == -1)
        return -1;
    heap[count++] = token;
    sift_up(count - 1);
    return 0;
}

static void drop_first(void)
{
    struct token *token = heap[0];

    heap[0] = heap[--count];
    if (count > 0)
        sift_down(0);
    map_remove(&known, &token->node);
    free(token);
}

/* A file that is no token, or not yet: the next rescan sees it again. */
static bool is_nothing(void)
{
    return errno == ENOENT || errno == EBADMSG || errno == EFBIG;
}

static void take_in(struct agent *agent, const char *name)
{
    struct token *token;
    struct user user;
    int64_t left_ms;

    if (strlen(name) != DIGEST_SIZE - 1 || map_find(&known, name) != NULL)
        return;
    if (token_left(&agent->spool, name, &user, &left_ms) == -1) {
        if (!is_nothing())
            report_failed(&agent->report, "tokens", name);
        return;
    }
    token = calloc(1, sizeof *token);
    if (token != NULL) {
        memcpy(token->name, name, DIGEST_SIZE);
        token->node.key = token->name;
        token->due_ms = clock_boot_ms() + left_ms;
    }
    if (token == NULL || push(token) == -1) {
        report_failed(&agent->report, "tokens", name);
        free(token);
    }
}

static void hear(void *context, const char *name)
{
    if (name == NULL)
        rescan_ms = 0;
    else
        take_in(context, name);
}

static void rescan(struct agent *agent)
{
    struct dir dir;
    const char *name;

    if (dir_open(&dir, agent->spool.tokens, ".") == -1) {
        report_failed(&agent->report, "tokens", NULL);
        return;
    }
    while ((name = walk_next(&agent->spool, &dir)) != NULL)
        take_in(agent, name);
    if (dir_close(&dir) == -1)
        report_failed(&agent->report, "tokens", NULL);
}

/* The token on top is due. One that could not be removed is found again by the next rescan. */
static void end_first(struct agent *agent)
{
    struct token *token = heap[0];
    struct user user;
    int64_t left_ms;

    if (token_left(&agent->spool, token->name, &user, &left_ms) == -1) {
        if (!is_nothing())
            report_failed(&agent->report, "tokens", token->name);
    } else if (left_ms > 0) {
        token->due_ms = clock_boot_ms() + left_ms;
        sift_down(0);
        return;
    } else if (token_remove(&agent->spool, token->name, &user) == -1 && errno != ENOENT) {
        report_failed(&agent->report, "tokens", token->name);
    }
    drop_first();
}

static void forget(void)
{
    map_clear(&known);
    free(heap);
    heap = NULL;
    count = 0;
    size = 0;
    rescan_ms = 0;
}

static int64_t run(struct agent *agent)
{
    int64_t next_ms;

    if (ttl != agent->spool.config.token_ttl)
        forget();
    ttl = agent->spool.config.token_ttl;
    if (watch != -1 && watch_read(watch, hear, agent) == -1)
        report_failed(&agent->report, "tokens", NULL);
    if (clock_boot_ms() >= rescan_ms) {
        rescan(agent);
        rescan_ms = clock_boot_ms() + (watch == -1 ? RESCAN_BLIND_MSEC : RESCAN_MSEC);
    }
    while (count > 0 && heap[0]->due_ms <= clock_boot_ms() && walk_turn(&agent->spool) == 0)
        end_first(agent);
    next_ms = count > 0 && heap[0]->due_ms < rescan_ms ? heap[0]->due_ms : rescan_ms;
    return next_ms - clock_boot_ms();
}

/* Before the first listing, so that nothing falls between the two. */
static int start(struct agent *agent)
{
    watch = watch_tokens(&agent->spool);
    return watch;
}

static void stop(struct agent *agent)
{
    (void)agent;
    forget();
}

const struct job job_tokens = {.open = start, .run = run, .close = stop};
