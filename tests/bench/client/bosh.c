/* SPDX-License-Identifier: MIT */

/*
 * XMPP over BOSH (XEP-0124, XEP-0206), as much of it as anonymous users need who meet in a room
 * (XEP-0045) and listen.
 */

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "peer.h"

#define HOST "anon.localhost"
#define ROOMS "conf.localhost"
#define WAIT_SEC "60"

enum { OPENING, PROVING, REOPENING, BINDING, JOINING, JOINED };

/* A body element of ours: number, session, what else is said of it, what it contains. */
static ssize_t print(struct member *member, char *out, size_t size, const char *more,
                     const char *inside)
{
    char body[1536];
    char session[sizeof member->place + 8] = "";

    if (*member->place != '\0')
        snprintf(session, sizeof session, " sid='%s'", member->place);
    snprintf(body, sizeof body,
             "<body rid='%llu'%s xmlns='http://jabber.org/protocol/httpbind'%s>%s</body>",
             (unsigned long long)member->request++, session, more, inside);
    return http_print(out, size,
                      &(struct http_request){.target = &member->site->target,
                                             .type = "text/xml; charset=utf-8",
                                             .body = body,
                                             .keep = true});
}

static ssize_t open_session(struct member *member, char *out, size_t size)
{
    uint32_t first = 0;

    if (getrandom(&first, sizeof first, 0) != (ssize_t)sizeof first)
        return -1;
    member->request = first;
    return print(member, out, size,
                 " to='" HOST "' xml:lang='en' wait='" WAIT_SEC "' hold='1' ver='1.6'"
                 " xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'",
                 "");
}

static ssize_t join_room(struct member *member, char *out, size_t size)
{
    char presence[512];

    snprintf(presence, sizeof presence,
             "<presence xmlns='jabber:client' to='%s@" ROOMS "/p%u'>"
             "<x xmlns='http://jabber.org/protocol/muc'/></presence>",
             member->site->room, member->number);
    return print(member, out, size, "", presence);
}

/* The step is taken once; until its reply tells, one only waits. */
static ssize_t ask(struct member *member, char *out, size_t size)
{
    unsigned step = member->step;
    bool first = step % 2 == 0 && !member->joined;

    if (!first)
        return print(member, out, size, "", "");
    member->step++;
    switch (step / 2) {
    case OPENING:
        return open_session(member, out, size);
    case PROVING:
        return print(member, out, size, "",
                     "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>");
    case REOPENING:
        return print(member, out, size,
                     " to='" HOST "' xml:lang='en' xmpp:restart='true'"
                     " xmlns:xmpp='urn:xmpp:xbosh'",
                     "");
    case BINDING:
        return print(member, out, size, "",
                     "<iq xmlns='jabber:client' type='set' id='bind'>"
                     "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
    default:
        return join_room(member, out, size);
    }
}

/* What ends each step. */
static bool is_done(unsigned step, const char *body)
{
    static const char *const signs[] = {"<mechanism>", "<success", "xmpp-bind", "<jid>"};

    /* XEP-0045, section 7.2.2: this is oneself, in the room. */
    if (step == JOINING)
        return strstr(body, "code='110'") != NULL || strstr(body, "code=\"110\"") != NULL;
    return strstr(body, signs[step]) != NULL;
}

static int answered(struct member *member, const struct reply *reply, const char *body)
{
    if (reply->status != 200 || strstr(body, "terminate") != NULL)
        return -1;
    if (member->joined)
        return 0;
    if (*member->place == '\0' &&
        peer_cut(member->place, sizeof member->place, body, " sid='", "'") == -1 &&
        peer_cut(member->place, sizeof member->place, body, " sid=\"", "\"") == -1)
        return -1;
    if (is_done(member->step / 2, body)) {
        member->step++;
        member->joined = member->step / 2 == JOINED;
    }
    return 0;
}

static ssize_t say(struct member *member, char *out, size_t size, const char *text)
{
    char message[1024];

    snprintf(message, sizeof message,
             "<message xmlns='jabber:client' to='%s@" ROOMS "' type='groupchat'><body>%s</body>"
             "</message>",
             member->site->room, text);
    return print(member, out, size, "", message);
}

const struct peer peer_bosh = {
    .name = "bosh", .session = true, .ask = ask, .answered = answered, .say = say};
