/* SPDX-License-Identifier: MIT */
#include "role.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/scratch.h"
#include "changes.h"
#include "file.h"
#include "roster.h"
#include "user.h"

SCRATCH static struct roster roster;

static const char *const names[] = {"none", "banned", THREAD_GUEST, "moderator", THREAD_OWNER};

const char *role_name(enum role role)
{
    return names[role];
}

int role_named(enum role *role, const char *name)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0) {
            *role = (enum role)i;
            return 0;
        }
    errno = EINVAL;
    return -1;
}

bool role_is_room(const char *id)
{
    return strnlen(id, UUID_SIZE) == UUID_SIZE - 1 && id[14] != '5';
}

struct looking {
    const struct user *user;
    enum role role;
};

static int look(void *context, const struct member *member)
{
    struct looking *looking = context;

    if (strcmp(member->user.dir, looking->user->dir) != 0)
        return 0;
    looking->role = ROLE_GUEST;
    (void)role_named(&looking->role, member->role);
    return 1;
}

/* The line may be what a killed change has left; the entry decides. */
int role_of(struct spool *spool, struct thread *thread, const struct user *user, enum role *role)
{
    struct looking looking = {user, ROLE_NONE};
    uint64_t joined;
    bool is_in = user_joined(spool, user, thread->id, &joined) == 0;

    if ((!is_in && errno != ENOENT) || thread_lines(thread, look, &looking) == -1)
        return -1;
    *role = looking.role;
    if (is_in && looking.role < ROLE_GUEST)
        *role = ROLE_GUEST;
    else if (!is_in && looking.role >= ROLE_GUEST)
        *role = ROLE_NONE;
    return 0;
}

/* ---- Changing ---- */

static enum role is(const struct user *user)
{
    const struct roster_line *line = roster_find(&roster, user);

    return line != NULL ? line->role : ROLE_NONE;
}

/* What one change does. */
struct deed {
    struct spool *spool;
    struct thread *thread;
    struct role_change *change;
    struct user heir; /* who becomes owner by it */
    bool has_heir;
    bool nothing; /* `may` has said so: what is left is to clear up */
    bool was_in;
    bool will_be_in;
    uint64_t tail;
};

static size_t members(void)
{
    return roster_count(&roster, ROLE_GUEST) + roster_count(&roster, ROLE_MODERATOR) +
           roster_count(&roster, ROLE_OWNER);
}

static int take_out(struct deed *deed)
{
    struct roster_line *line = roster_find(&roster, deed->change->whom);

    if (line != NULL)
        roster_drop(&roster, line);
    if (deed->change->role == ROLE_NONE)
        return 0;
    if (roster_count(&roster, ROLE_BANNED) < ROLE_BANNED_MAX)
        return roster_add(&roster, deed->change->whom, ROLE_BANNED, deed->tail);
    errno = E2BIG;
    return -1;
}

static int let_in(struct deed *deed)
{
    struct role_change *change = deed->change;
    struct roster_line *line = roster_find(&roster, change->whom);

    if (line != NULL)
        roster_drop(&roster, line); /* of a ban, or lost */
    if (members() == THREAD_MEMBERS_MAX) {
        errno = E2BIG;
        return -1;
    }
    if (members() == 0)
        change->role = ROLE_OWNER;
    return roster_add(&roster, change->whom, change->role, deed->tail);
}

static int set_role(struct deed *deed)
{
    if (!deed->will_be_in)
        return take_out(deed);
    if (!deed->was_in)
        return let_in(deed);
    roster_find(&roster, deed->change->whom)->role = deed->change->role;
    roster.changed = true;
    return 0;
}

/* A room with people in it has an owner. */
static void find_heir(struct deed *deed)
{
    struct roster_line *heir = NULL;

    if (roster_count(&roster, ROLE_OWNER) == 0)
        heir = roster_heir(&roster);
    if (heir == NULL)
        return;
    heir->role = ROLE_OWNER;
    roster.changed = true;
    deed->heir = heir->user; /* a copy: lines move */
    deed->has_heir = true;
}

/* The new lines, in memory. Lost ones are still among them. 0, or -1. */
static int change_roster(struct deed *deed)
{
    struct role_change *change = deed->change;
    int answer;

    change->by_is = is(change->by);
    change->whom_is = is(change->whom);
    change->members = members();
    change->owners = roster_count(&roster, ROLE_OWNER);
    answer = change->may(change->context, change);
    deed->nothing = answer == 1;
    deed->was_in = change->whom_is >= ROLE_GUEST;
    deed->will_be_in = change->role >= ROLE_GUEST;
    if (answer == -1 || (answer == 0 && set_role(deed) == -1))
        return -1;
    find_heir(deed);
    return 0;
}

/* Before it is done, so that nothing is done without a line; and a last word on lost ones. */
static int log_changes(struct deed *deed)
{
    const struct role_change *change = deed->change;
    struct changes log;

    if (changes_open(&log, deed->thread->fd, deed->tail) == -1)
        return -1;
    for (size_t i = 0; i < roster.count;) {
        struct roster_line *line = &roster.line[i];
        if (line->lost) {
            changes_put(&log, change->by, &line->user, role_name(ROLE_NONE));
            roster_drop(&roster, line);
        } else {
            i++;
        }
    }
    if (!deed->nothing)
        changes_put(&log, change->by, change->whom, role_name(change->role));
    if (deed->has_heir)
        changes_put(&log, change->by, &deed->heir, role_name(ROLE_OWNER));
    return changes_close(&log, deed->spool->config.sync);
}

static int announce(struct deed *deed)
{
    struct role_change *change = deed->change;

    if (!deed->nothing && change->announce(change->context, change->whom, change->role) == -1)
        return -1;
    if (!deed->has_heir)
        return 0;
    return change->announce(change->context, &deed->heir, ROLE_OWNER);
}

static int sync_entry(struct deed *deed)
{
    char path[PATH_SIZE];

    path_user_file(path, deed->change->whom->dir, "threads");
    return deed->spool->config.sync ? file_sync_dir(deed->spool->users, path) : 0;
}

/* The line first: an entry alone would be somebody in the room whom nobody sees there. */
static int commit_joining(struct deed *deed, const struct user_entry *entry)
{
    if (roster_commit(deed->thread, deed->spool->config.sync) == -1 ||
        user_enter(deed->spool, deed->change->whom, deed->thread->id, entry) == -1)
        return -1;
    return sync_entry(deed);
}

/* The entry first: without it they read nothing more. */
static int commit_leaving(struct deed *deed)
{
    if (user_leave(deed->spool, deed->change->whom, deed->thread->id) == -1 ||
        sync_entry(deed) == -1)
        return -1;
    return roster_commit(deed->thread, deed->spool->config.sync);
}

static int commit(struct deed *deed, const struct user_entry *entry)
{
    if (!deed->nothing && !deed->was_in && deed->will_be_in)
        return commit_joining(deed, entry);
    if (!deed->nothing && deed->was_in && !deed->will_be_in)
        return commit_leaving(deed);
    return roster_commit(deed->thread, deed->spool->config.sync);
}

/* An entry decides. Without a line of a member, as in a copy made while people came, it is a guest's:
 * else nobody could send them away. */
static int take_in(struct deed *deed, const struct user *user)
{
    struct roster_line *line = roster_find(&roster, user);
    uint64_t joined;

    if (line != NULL && line->role != ROLE_BANNED)
        return 0;
    if (user_joined(deed->spool, user, deed->thread->id, &joined) == -1) {
        if (errno == ENOENT)
            return 0;
        if (!file_is_damage(errno))
            return -1;
        joined = deed->tail;
    }
    if (line != NULL)
        roster_drop(&roster, line);
    return roster_add(&roster, user, ROLE_GUEST, joined);
}

static int change_locked(struct deed *deed)
{
    struct role_change *change = deed->change;
    struct user_entry entry;

    if (roster_read(&roster, deed->spool, deed->thread) == -1 ||
        thread_tail(deed->thread, &deed->tail) == -1 || take_in(deed, change->by) == -1 ||
        take_in(deed, change->whom) == -1 || change_roster(deed) == -1)
        return -1;
    if (!roster.changed)
        return 1;
    /* The place before anything is said of it: so all that comes behind it is theirs. */
    entry.seq = change->history ? 0 : deed->tail;
    if (journal_end(deed->spool, &entry.place) == -1 ||
        (deed->will_be_in && !deed->was_in && user_make(deed->spool, change->whom) == -1) ||
        log_changes(deed) == -1 ||
        roster_draft(&roster, deed->thread, deed->spool->config.sync) == -1 ||
        announce(deed) == -1 || commit(deed, &entry) == -1)
        return -1;
    return deed->nothing;
}

int role_change(struct spool *spool, struct thread *thread, struct role_change *change)
{
    struct deed deed = {.spool = spool, .thread = thread, .change = change};
    int result;

    if (thread_lock(thread) == -1)
        return -1;
    result = change_locked(&deed);
    thread_unlock(thread);
    return result;
}
