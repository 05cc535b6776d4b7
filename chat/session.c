/* SPDX-License-Identifier: MIT */
#include "chat/session.h"

#include <errno.h>
#include <string.h>

#include "base/scratch.h"
#include "chat/people.h"
#include "protocol/buf.h"
#include "protocol/json.h"
#include "protocol/stanza.h"
#include "spool/clock.h"
#include "spool/id.h"
#include "spool/thread.h"
#include "spool/user.h"

#define TEXT_MAX (STANZA_BODY_MAX * 6 + 4096)

SCRATCH static struct user people[THREAD_MEMBERS_MAX + 1];

/* One answer for who is unknown and who is no friend: nobody learns here who exists. */
static void check_other(struct endpoint *endpoint, const struct user *other)
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
        cgi_die(403, "One of these users is unknown, or no friend of yours.");
}

/* thread.json: what does not change with every message. */
static struct buf describe(const struct user *by, const char *subject)
{
    SCRATCH static char text[TEXT_MAX];
    struct buf out = buf_over(text, sizeof text);
    char time[STANZA_TIME_SIZE];

    stanza_time(time, clock_wall_us());
    buf_puts(&out, "{\"created\":\"");
    buf_puts(&out, time);
    buf_puts(&out, "\",\"subject\":");
    if (subject == NULL)
        buf_puts(&out, "null");
    else
        json_put_string(&out, subject, strlen(subject));
    buf_puts(&out, ",\"open\":false,\"by\":");
    json_put_string(&out, by->name, strlen(by->name));
    buf_puts(&out, "}\n");
    return out;
}

static size_t gather(struct endpoint *endpoint, const char *field, const char *const *others,
                     size_t count)
{
    if (count == 0)
        cgi_die_field(field, "This field is required.");
    if (count > THREAD_MEMBERS_MAX)
        cgi_die_field(field, "These are more people than a thread may have.");
    people[0] = endpoint->me;
    for (size_t i = 0; i < count; i++) {
        if (user_named(&people[i + 1], others[i]) == -1)
            cgi_die_field(field, "This is not a user's name.");
        check_other(endpoint, &people[i + 1]);
    }
    return count + 1;
}

/* Of different people: who is named twice counts once. */
static void check_count(struct endpoint *endpoint, const char *field, size_t members)
{
    size_t most = endpoint->spool.config.max_members;

    if (most == 0 || most > THREAD_MEMBERS_MAX)
        most = THREAD_MEMBERS_MAX;
    if (members > most)
        cgi_die_field(field, "These are more people than a thread may have.");
}

void session_thread(struct endpoint *endpoint, const char *field, const char *const *others,
                    size_t count, const char *subject, char thread[UUID_SIZE])
{
    size_t members = gather(endpoint, field, others, count);
    struct buf json = describe(&endpoint->me, subject);

    /* Sorting puts the maker elsewhere; a room's owner must be its first member. */
    if (thread_of_set(&endpoint->spool, people, &members, thread) == -1)
        cgi_die_errno("threads");
    check_count(endpoint, field, members);
    if (subject != NULL) {
        id_random(thread);
        for (size_t i = 1; i < members; i++)
            if (strcmp(people[i].dir, endpoint->me.dir) == 0) {
                people[i] = people[0];
                people[0] = endpoint->me;
            }
    }
    if (json.full)
        cgi_die_field("subject", "The subject is too long.");
    if (thread_make(&endpoint->spool, thread, subject != NULL, people, members, json.data,
                    json.len) == -1)
        cgi_die_errno("threads");
}
