/* SPDX-License-Identifier: MIT */

/*
 * presence: what one says of oneself, and whether one is to be seen (Browser based Chat 1.0, section 3.2)
 *
 * REQUEST  GET; or POST, form: show (away, chat, dnd, xa), status, available (true, false), which
 *          changes what it names and takes away what it names empty; or JSON: a presence stanza, which
 *          is all of it. With thread_id (in JSON, and in a form as well, thread): join a room, or leave
 *          it when not available.
 * REPLY    200 {"success": true, "presence": {"entity": sender object, "show", "status", "available"}}:
 *          one's own, as set, whether or not a stream is open. Friends are told while one is, once a
 *          change. Not available: nobody sees one come, stay or go, until this says otherwise.
 *          Of a room: "thread_id" and "role", what one is there now, too.
 * FILES    users/<user>/presence.json, presence/, journal/; the text of online/<user>. Of a room:
 *          threads/<thread>/members, changes; users/<user>/threads/<thread>.
 * ERRORS   400 with the field and why; 401; 403 banned from it, it is full, or its members are for ever;
 *          404 no such room, or not open to one; 405; 411; 413; 415; 429 too many changes a
 *          minute, which count as messages; 507 no space.
 */

#include <string.h>
#include <unistd.h>

#include "base/scratch.h"
#include "chat/endpoint.h"
#include "chat/people.h"
#include "chat/room.h"
#include "protocol/stanza_presence.h"
#include "spool/limit.h"
#include "spool/online.h"
#include "spool/user.h"

_Static_assert(STANZA_MOOD_SIZE <= USER_PROFILE_MAX, "what can be set can be read");

#define TEXT_MAX (8 * USER_PROFILE_MAX) /* a profile or a mood, escaped */

static struct endpoint endpoint;
static struct stanza_presence presence;
static struct stanza_error error;
static struct buf now;    /* the mood as stored, in canonical form */
static struct buf wanted; /* as asked for */
static int lock = -1;

static void read_stored(void)
{
    SCRATCH static char text[USER_PROFILE_MAX];
    SCRATCH static char canonical[TEXT_MAX];
    ssize_t len = user_text(&endpoint.spool, &endpoint.me, "presence.json", text, sizeof text);

    if (len == -1) {
        cgi_warn("users: presence.json", "cannot be read, or is too long");
        len = 0;
    }
    now = buf_over(canonical, sizeof canonical);
    stanza_mood_put(&now, text, (size_t)len);
}

/* One's own presence; and `role` in `thread`, unless NULL. */
static _Noreturn void answer(const struct buf *mood, const char *thread, const char *role)
{
    SCRATCH static char people[TEXT_MAX];
    SCRATCH static char text[3 * TEXT_MAX];
    struct buf sender = buf_over(people, sizeof people);
    struct buf reply = buf_over(text, sizeof text);

    people_sender_put(&sender, &endpoint.spool, &endpoint.me);
    buf_puts(&reply, "{\"success\":true,\"presence\":");
    stanza_presence_own_put(&reply, sender.data, sender.len, mood->data, mood->len);
    if (thread != NULL) {
        buf_puts(&reply, ",\"thread_id\":\"");
        buf_puts(&reply, thread);
        buf_puts(&reply, "\",\"role\":\"");
        buf_puts(&reply, role);
        buf_puts(&reply, "\"");
    }
    buf_puts(&reply, "}\n");
    cgi_reply(200, "application/json", reply.data, reply.len);
}

/* What the body asks for, on top of what is stored. */
static void read_request(void)
{
    SCRATCH static char body[STANZA_BODY_MAX + 1];
    SCRATCH static char mood[STANZA_BODY_MAX + TEXT_MAX]; /* before it is known to be too long */
    struct form form;
    const char *why;
    size_t len = cgi_body(&endpoint.cgi, body, endpoint.spool.config.max_body);
    bool is_form = cgi_content_is(&endpoint.cgi, "application/x-www-form-urlencoded");
    int result;

    if (!is_form && !cgi_content_is(&endpoint.cgi, "application/json"))
        cgi_die(415, "Send a form (application/x-www-form-urlencoded) or application/json.");
    /* The lock only now: a body may take its time to come. */
    lock = user_lock(&endpoint.spool, &endpoint.me);
    if (lock == -1)
        cgi_die_errno("users");
    read_stored();
    wanted = buf_over(mood, sizeof mood);
    presence.mood = &wanted;
    if (!is_form)
        result = stanza_presence_from_json(&presence, body, len, &error);
    else if (form_parse(&form, 0, body, len, &why) == -1)
        cgi_die_field("body", why);
    else
        result = stanza_presence_from_form(&presence, &form, now.data, now.len, &error);
    if (result == -1)
        cgi_die_field(error.field, error.detail);
}

static void count(void)
{
    int wait_sec = limit_message(&endpoint.spool, &endpoint.me);

    if (wait_sec == -1)
        cgi_die_errno("users: limits");
    if (wait_sec > 0)
        cgi_die_later(429, (unsigned)wait_sec,
                      "You are changing faster than this site takes changes.");
}

static void set(void)
{
    struct online_compose compose = people_compose(&endpoint.spool);
    bool same = wanted.len == now.len && memcmp(wanted.data, now.data, now.len) == 0;
    int result;

    /* Asked for again after an answer that never came, it counts once; the telling may be due. */
    if (!same)
        count();
    result = same ? online_tell(&endpoint.spool, &endpoint.me, &compose)
                  : online_set(&endpoint.spool, &endpoint.me, wanted.data, wanted.len, &compose);
    if (result == -1)
        cgi_die_errno("users: presence.json");
}

/* As in XMPP's rooms (XEP-0045): whoever is available there is in it. */
static _Noreturn void be_in_room(const char *thread, bool available)
{
    enum role role = available ? room_join(&endpoint, thread) : room_leave(&endpoint, thread);

    answer(&now, thread, role_name(role));
}

int main(void)
{
    endpoint_start(&endpoint, "presence", "GET, POST");
    endpoint_login(&endpoint);
    if (strcmp(endpoint.cgi.method, "GET") == 0) {
        read_stored();
        answer(&now, NULL, NULL);
    }
    read_request();
    if (presence.thread[0] != '\0') {
        close(lock);
        be_in_room(presence.thread, presence.available);
    }
    set();
    answer(&wanted, NULL, NULL);
}
