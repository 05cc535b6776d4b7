/* SPDX-License-Identifier: MIT */
#include "chat/room.h"

#include <errno.h>
#include <string.h>

#include "base/scratch.h"
#include "chat/people.h"
#include "chat/session.h"
#include "protocol/stanza.h"
#include "spool/clock.h"
#include "spool/file.h"
#include "spool/online.h"
#include "spool/user.h"

#define LINE_MAX_LEN (PEOPLE_SENDER_MAX + 512)

struct asking {
    struct endpoint *endpoint;
    struct thread thread;
    struct room_about about;
    bool joins;   /* whoever is in it stays what they are */
    bool outside; /* whom it is about was not in it and will not be: nobody there need know them */
};

int room_about(struct thread *thread, struct room_about *about)
{
    SCRATCH static char text[ROOM_ABOUT_MAX];
    ssize_t len = file_read(thread->fd, "thread.json", text, sizeof text);

    if (len == -1 && !file_is_damage(errno))
        return -1;
    room_about_read(about, text, len == -1 ? 0 : (size_t)len);
    return 0;
}

static _Noreturn void die_outside(void)
{
    cgi_die(404, "No such thread, or you are not in it.");
}

static _Noreturn void die_forbidden(void)
{
    cgi_die(403, "Your role in this room does not allow that.");
}

/* ---- The rules ---- */

static void check_space(const struct asking *asking, const struct role_change *change)
{
    if (change->members >= session_members_max(asking->endpoint))
        cgi_die(403, "The room is full.");
}

/* Whoever is not in the room, about themselves. */
static int may_join(const struct asking *asking, struct role_change *change)
{
    if (change->role == ROLE_NONE) {
        change->role = change->whom_is; /* a ban stays one */
        return 1;
    }
    if (change->whom_is == ROLE_BANNED)
        cgi_die(403, "You are banned from this room.");
    if (!asking->about.open)
        die_outside();
    if (change->role != ROLE_GUEST)
        die_forbidden();
    check_space(asking, change);
    return 0;
}

static int may_for_oneself(const struct asking *asking, struct role_change *change)
{
    if (change->whom_is < ROLE_GUEST)
        return may_join(asking, change);
    if (asking->joins)
        change->role = change->whom_is;
    if (change->role == change->whom_is)
        return 1;
    if (change->role == ROLE_BANNED || change->role > change->whom_is)
        die_forbidden();
    if (change->role != ROLE_NONE && change->whom_is == ROLE_OWNER && change->owners == 1)
        cgi_die(403, "Make somebody else an owner first.");
    return 0;
}

static void check_rank(const struct asking *asking, const struct role_change *change)
{
    bool above = change->whom_is > ROLE_GUEST || change->role > ROLE_GUEST;

    if (change->by_is < ROLE_GUEST)
        die_outside();
    if (change->by_is == ROLE_MODERATOR && above)
        die_forbidden();
    if (change->by_is == ROLE_GUEST && (above || change->role != ROLE_GUEST || !asking->about.open))
        die_forbidden();
    /* Guests are not told who is banned. */
    if (change->by_is == ROLE_GUEST && change->whom_is == ROLE_BANNED)
        session_die_other();
}

static int may_for_another(const struct asking *asking, const struct role_change *change)
{
    check_rank(asking, change);
    if (change->role == change->whom_is)
        return 1;
    if (change->whom_is < ROLE_GUEST && change->role >= ROLE_GUEST) {
        check_space(asking, change);
        session_check_other(asking->endpoint, change->whom);
    }
    return 0;
}

static int may(void *context, struct role_change *change)
{
    struct asking *asking = context;
    bool oneself = strcmp(change->by->dir, change->whom->dir) == 0;
    int result = oneself ? may_for_oneself(asking, change) : may_for_another(asking, change);

    asking->outside = change->whom_is < ROLE_GUEST && change->role < ROLE_GUEST;
    /* Nobody is kept in, and who leaves has been counted coming. */
    if (result == 0 && !(oneself && change->role == ROLE_NONE))
        session_count(asking->endpoint);
    return result;
}

/* ---- Doing it ---- */

static int announce(void *context, const struct user *whom, enum role role)
{
    SCRATCH static char sender_text[PEOPLE_SENDER_MAX];
    SCRATCH static char text[LINE_MAX_LEN];
    const struct asking *asking = context;
    struct buf sender = buf_over(sender_text, sizeof sender_text);
    struct buf out = buf_over(text, sizeof text);

    /* Nobody hears of rooms they were never in: else anybody could reach anybody. */
    if (asking->outside && role < ROLE_GUEST)
        return 0;
    people_sender_put(&sender, &asking->endpoint->spool, whom);
    room_presence_put(&out, clock_wall_us(), sender.data, sender.len, asking->thread.id,
                      role_name(role), role >= ROLE_GUEST);
    return presence_publish(&asking->endpoint->spool, out.data, out.len);
}

/* Those of a set of people are what they are for ever. */
static void open_room(struct asking *asking, const char *thread)
{
    struct endpoint *endpoint = asking->endpoint;
    uint64_t joined;

    if (thread_open(&endpoint->spool, &asking->thread, thread) == -1) {
        if (errno == ENOENT)
            die_outside();
        cgi_die_errno("threads");
    }
    if (!role_is_room(thread)) {
        if (user_joined(&endpoint->spool, &endpoint->me, thread, &joined) == 0)
            cgi_die(403, "A thread of a set of people keeps its members: start a room.");
        if (errno == ENOENT)
            die_outside();
        cgi_die_errno("users");
    }
    if (room_about(&asking->thread, &asking->about) == -1)
        cgi_die_errno("threads: thread.json");
}

static enum role set(struct endpoint *endpoint, const char *thread, const struct user *whom,
                     enum role role, bool joins)
{
    struct asking asking = {.endpoint = endpoint, .joins = joins};
    struct role_change change = {
        .by = &endpoint->me,
        .whom = whom,
        .role = role,
        .may = may,
        .announce = announce,
        .context = &asking,
    };

    open_room(&asking, thread);
    change.history = asking.about.history;
    if (role_change(&endpoint->spool, &asking.thread, &change) == -1) {
        if (errno == E2BIG)
            cgi_die(403, "The room is full, or too many are banned from it.");
        cgi_die_errno("threads: members");
    }
    thread_close(&asking.thread);
    return change.role;
}

enum role room_set(struct endpoint *endpoint, const char *thread, const struct user *whom,
                   enum role role)
{
    return set(endpoint, thread, whom, role, false);
}

enum role room_join(struct endpoint *endpoint, const char *thread)
{
    return set(endpoint, thread, &endpoint->me, ROLE_GUEST, true);
}

enum role room_leave(struct endpoint *endpoint, const char *thread)
{
    return set(endpoint, thread, &endpoint->me, ROLE_NONE, false);
}
