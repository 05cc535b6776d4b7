/* SPDX-License-Identifier: MIT */
#include "roster.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/scratch.h"
#include "file.h"

#define DRAFT ".members" /* one at a time: whoever writes it holds the thread's lock */

SCRATCH static char text[ROSTER_MAX * THREAD_LINE_MAX + 1];

struct reading {
    struct roster *roster;
    struct spool *spool;
    const char *thread;
    bool lost;
};

/* 1, 0, -1. */
static int has_entry(struct spool *spool, const struct user *user, const char *thread)
{
    char path[PATH_SIZE];

    path_user_thread(path, user->dir, thread);
    if (faccessat(spool->users, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return 1;
    return file_is_damage(errno) ? 0 : -1;
}

static int take_line(void *context, const struct member *member)
{
    struct reading *reading = context;
    struct roster *roster = reading->roster;
    enum role role = ROLE_GUEST; /* whatever somebody else has written there */
    int entry = 1;
    bool lost;

    (void)role_named(&role, member->role);
    if (role != ROLE_BANNED)
        entry = has_entry(reading->spool, &member->user, reading->thread);
    lost = entry == 0;
    if (entry == -1 ||
        roster_add(roster, &member->user, lost ? ROLE_NONE : role, member->joined) == -1)
        return -1;
    roster->line[roster->count - 1].lost = lost;
    reading->lost = reading->lost || lost;
    return 0;
}

int roster_read(struct roster *roster, struct spool *spool, struct thread *thread)
{
    struct reading reading = {roster, spool, thread->id, false};
    int result;

    roster->count = 0;
    result = thread_lines(thread, take_line, &reading);
    roster->changed = reading.lost; /* they are not to stay */
    return result;
}

struct roster_line *roster_find(struct roster *roster, const struct user *user)
{
    for (size_t i = 0; i < roster->count; i++)
        if (strcmp(roster->line[i].user.dir, user->dir) == 0)
            return &roster->line[i];
    return NULL;
}

int roster_add(struct roster *roster, const struct user *user, enum role role, uint64_t joined)
{
    if (roster->count == ROSTER_MAX) {
        errno = E2BIG;
        return -1;
    }
    roster->line[roster->count++] = (struct roster_line){role, joined, *user, false};
    roster->changed = true;
    return 0;
}

void roster_drop(struct roster *roster, struct roster_line *line)
{
    const struct roster_line *end = roster->line + roster->count--;

    memmove(line, line + 1, (size_t)((const char *)end - (const char *)(line + 1)));
    roster->changed = true;
}

size_t roster_count(const struct roster *roster, enum role role)
{
    size_t count = 0;

    for (size_t i = 0; i < roster->count; i++)
        count += roster->line[i].role == role;
    return count;
}

static struct roster_line *first_with(struct roster *roster, enum role role)
{
    for (size_t i = 0; i < roster->count; i++)
        if (roster->line[i].role == role)
            return &roster->line[i];
    return NULL;
}

struct roster_line *roster_heir(struct roster *roster)
{
    struct roster_line *line = first_with(roster, ROLE_MODERATOR);

    return line != NULL ? line : first_with(roster, ROLE_GUEST);
}

int roster_draft(const struct roster *roster, struct thread *thread, bool sync)
{
    size_t len = 0;

    for (size_t i = 0; i < roster->count; i++) {
        const struct roster_line *line = &roster->line[i];
        len += (size_t)snprintf(text + len, sizeof text - len, "%s %010llu %s\n",
                                role_name(line->role), (unsigned long long)line->joined,
                                line->user.dir);
    }
    if (unlinkat(thread->fd, DRAFT, 0) == -1 && errno != ENOENT)
        return -1;
    return file_create(thread->fd, DRAFT, text, len, sync);
}

int roster_commit(struct thread *thread, bool sync)
{
    if (renameat(thread->fd, DRAFT, thread->fd, "members") == -1)
        return -1;
    return sync ? fsync(thread->fd) : 0;
}
