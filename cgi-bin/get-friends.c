/* SPDX-License-Identifier: MIT */

/*
 * get-friends: whom one can talk to, and who of them is here (Browser based Chat 1.0, section 3.2)
 *
 * REQUEST  GET.
 * REPLY    200 {"success": true, "friends": [{"entity": sender object, "show", "status",
 *          "available"}]}. Friends have each other in users/<user>/friends; without that file
 *          everybody is one.
 * FILES    reads users/, online/; takes who is gone off online/ and publishes that.
 * ERRORS   401; 405.
 */

#include <string.h>

#include "base/scratch.h"
#include "chat/endpoint.h"
#include "chat/people.h"
#include "spool/user.h"

#define REPLY_MAX (8 * 1024 * 1024)

static struct endpoint endpoint;
SCRATCH static char text[REPLY_MAX];
static struct buf reply;
static size_t count;

static int list(void *context, const struct user *user)
{
    struct spool *spool = &endpoint.spool;
    int friends;

    (void)context;
    if (strcmp(user->dir, endpoint.me.dir) == 0)
        return 0;
    friends = people_friends(spool, &endpoint.me, user);
    if (friends != 1)
        return friends;
    if (count++ > 0)
        buf_puts(&reply, ",");
    people_presence_object_put(&reply, spool, user, online_is(spool, user));
    return 0;
}

int main(void)
{
    struct online_compose compose = people_compose(&endpoint.spool);

    endpoint_start(&endpoint, "get-friends", "GET");
    endpoint_login(&endpoint);
    if (online_sweep(&endpoint.spool, &compose, NULL) == -1)
        cgi_warn("online", "could not publish who has left");
    reply = buf_over(text, sizeof text);
    buf_puts(&reply, "{\"success\":true,\"friends\":[");
    if (user_each(&endpoint.spool, list, NULL) == -1)
        cgi_die_errno("users");
    buf_puts(&reply, "]}\n");
    if (reply.full)
        cgi_die(507, "There are too many users to list.");
    cgi_reply(200, "application/json", reply.data, reply.len);
}
