/* SPDX-License-Identifier: MIT */
#include "chat/session.h"

#include <errno.h>
#include <string.h>

#include "base/scratch.h"
#include "chat/people.h"
#include "protocol/buf.h"
#include "protocol/room.h"
#include "spool/clock.h"
#include "spool/id.h"
#include "spool/limit.h"
#include "spool/open.h"
#include "spool/thread.h"
#include "spool/user.h"

SCRATCH static struct user people[THREAD_MEMBERS_MAX + 1];

void session_die_other(void)
{
    cgi_die(403, "One of these users is unknown, or no friend of yours.");
}

/* One answer for who is unknown and who is no friend: nobody learns here who exists. */
void session_check_other(struct endpoint *endpoint, const struct user *other)
{
    int friends;

    if (strcmp(other->dir, endpoint->me.dir) == 0)
        cgi_die(403, "A thread needs somebody else.");
    friends = user_known(&endpoint->spool, other);
    if (friends == 1)
        friends = people_friends(&endpoint->spool, &endpoint->me, other);
    if (friends == -1)
        cgi_die_errno("users");
    if (friends == 0)
        session_die_other();
}

void session_count(struct endpoint *endpoint)
{
    int wait_sec = limit_message(&endpoint->spool, &endpoint->me);

    if (wait_sec == -1)
        cgi_die_errno("users: limits");
    if (wait_sec > 0)
        cgi_die_later(429, (unsigned)wait_sec,
                      "You are changing rooms faster than this site takes changes.");
}

size_t session_members_max(const struct endpoint *endpoint)
{
    uint64_t most = endpoint->spool.config.max_members;

    return most > THREAD_MEMBERS_MAX ? THREAD_MEMBERS_MAX : (size_t)most;
}

/* thread.json: what does not change with every message. */
static struct buf describe(const struct user *by, const struct session_room *room)
{
    SCRATCH static char text[ROOM_ABOUT_MAX];
    struct buf out = buf_over(text, sizeof text);
    struct room_about about = {0};

    if (room == NULL) {
        room_about_put(&out, clock_wall_us(), by->name, NULL, NULL);
        return out;
    }
    about.open = room->open;
    about.history = room->history;
    room_about_put(&out, clock_wall_us(), by->name, room->subject, &about);
    return out;
}

static size_t gather(struct endpoint *endpoint, const char *field, const char *const *others,
                     size_t count, bool alone)
{
    if (count == 0 && !alone)
        cgi_die_field(field, "This field is required.");
    if (count > THREAD_MEMBERS_MAX)
        cgi_die_field(field, "These are more people than a thread may have.");
    people[0] = endpoint->me;
    for (size_t i = 0; i < count; i++) {
        if (user_named(&people[i + 1], others[i]) == -1)
            cgi_die_field(field, "This is not a user's name.");
        session_check_other(endpoint, &people[i + 1]);
    }
    return count + 1;
}

/* Of different people: who is named twice counts once. */
static void check_count(struct endpoint *endpoint, const char *field, size_t members)
{
    if (members > session_members_max(endpoint))
        cgi_die_field(field, "These are more people than a thread may have.");
}

/* Sorting has put the maker elsewhere; a room's owner must be its first member. */
static void put_first(const struct user *owner, size_t members)
{
    for (size_t i = 1; i < members; i++)
        if (strcmp(people[i].dir, owner->dir) == 0) {
            people[i] = people[0];
            people[0] = *owner;
        }
}

void session_thread(struct endpoint *endpoint, const char *field, const char *const *others,
                    size_t count, const struct session_room *room, char thread[UUID_SIZE])
{
    size_t members = gather(endpoint, field, others, count, room != NULL);
    struct buf json = describe(&endpoint->me, room);

    if (thread_of_set(&endpoint->spool, people, &members, thread) == -1)
        cgi_die_errno("threads");
    check_count(endpoint, field, members);
    if (room != NULL) {
        id_random(thread);
        put_first(&endpoint->me, members);
    }
    if (json.full)
        cgi_die_field("subject", "The subject is too long.");
    if (room != NULL)
        session_count(endpoint);
    /* Known as open before it can be seen, so that none is ever missing among them. */
    if (room != NULL && room->open && open_add(&endpoint->spool, thread) == -1)
        cgi_die_errno("open");
    if (thread_make(&endpoint->spool, thread, room != NULL, people, members, json.data, json.len) ==
        -1)
        cgi_die_errno("threads");
}
