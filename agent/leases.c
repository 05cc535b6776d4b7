/* SPDX-License-Identifier: MIT */

/* Whoever has given no sign of life for a lease is offline: says so to the others. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "job.h"
#include "protocol/stanza.h"
#include "spool/clock.h"
#include "spool/map.h"
#include "spool/online.h"
#include "spool/user.h"

#define SWEEP_MSEC_MIN 1000

struct named {
    struct map_node node;
    char dir[USER_DIR_MAX + 1];
};

static struct map blamed; /* users whose profile has been complained about */

static void blame_profile(struct agent *agent, const struct user *user)
{
    char object[PATH_SIZE];
    struct named *named;

    if (map_find(&blamed, user->dir) != NULL)
        return;
    snprintf(object, sizeof object, "users/%s/profile.json", user->dir);
    complain_words(agent, object, "not a profile; the default is used");
    named = calloc(1, sizeof *named);
    if (named == NULL)
        return;
    memcpy(named->dir, user->dir, strlen(user->dir) + 1);
    named->node.key = named->dir;
    if (map_add(&blamed, &named->node) == -1)
        free(named);
}

/* The text of one of the user's files, "" when it cannot be had. */
static size_t read_text(struct agent *agent, const struct user *user, const char *file,
                        char out[USER_PROFILE_MAX + 1])
{
    ssize_t len = user_text(&agent->spool, user, file, out, USER_PROFILE_MAX + 1);

    if (len >= 0)
        return (size_t)len;
    if (errno == EFBIG)
        blame_profile(agent, user);
    else
        report_failed(&agent->report, "users", user->dir);
    return 0;
}

static int compose(void *context, const struct user *user, bool available, const char **line,
                   size_t *len)
{
    static char text[USER_PROFILE_MAX + 1];
    static char mood[USER_PROFILE_MAX + 1];
    static char sender[4 * USER_PROFILE_MAX];
    static char whole[8 * USER_PROFILE_MAX];
    struct agent *agent = context;
    struct buf entity = buf_over(sender, sizeof sender);
    struct buf out = buf_over(whole, sizeof whole);
    size_t text_len = read_text(agent, user, "profile.json", text);
    size_t mood_len = read_text(agent, user, "presence.json", mood);

    if (stanza_sender_put(&entity, user->name, text, text_len) == -1)
        blame_profile(agent, user);
    stanza_presence_put(&out, clock_wall_us(), entity.data, entity.len, mood, mood_len, available);
    if (entity.full || out.full) {
        errno = EMSGSIZE;
        return -1;
    }
    *line = out.data;
    *len = out.len;
    return 0;
}

/* Nobody who comes now can be gone again before a lease is over, so there is nothing to watch. */
static int64_t run(struct agent *agent)
{
    const struct online_compose by = {compose, agent};
    int64_t lease_ms = (int64_t)agent->spool.config.lease * 1000;
    int64_t next_ms;

    if (online_sweep(&agent->spool, &by, &next_ms) == -1) {
        report_failed(&agent->report, "online", NULL);
        return 5 * SWEEP_MSEC_MIN;
    }
    if (next_ms == -1 || next_ms > lease_ms)
        next_ms = lease_ms;
    return next_ms < SWEEP_MSEC_MIN ? SWEEP_MSEC_MIN : next_ms;
}

static void stop(struct agent *agent)
{
    (void)agent;
    map_clear(&blamed);
}

const struct job job_leases = {.run = run, .close = stop};
