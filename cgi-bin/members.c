/* SPDX-License-Identifier: MIT */

/*
 * members: who is in a thread, and as what (Browser based Chat 1.0, sections 1.2 and 2.2)
 *
 * REQUEST  GET members/<thread>, by members. after=<user>: those behind that one; limit=<number>: at
 *          most so many. POST members/<thread>, form: user, role (owner, moderator, guest, none,
 *          banned); or JSON: {"user": name, "role": text}. One's own name with guest joins an open
 *          room, with none leaves.
 * REPLY    200 {"thread", "subject", "open", "history", "memberCount", "members": [{"role", "entity":
 *          sender object}], "next": user or null}, in the order they came; who is banned is shown to
 *          owners and moderators only, and by name alone unless a friend. POST: 200 {"success": true,
 *          "thread_id", "role": what it is now, "entity"}; the same again changes nothing.
 * FILES    threads/<thread>/members, changes; users/<user>/threads/<thread>; presence/ and journal/
 *          for the others.
 * ERRORS   400 with the field and why; 401; 403 the role does not allow it, a set of people, the room
 *          is full, or somebody unknown or no friend; 404 no such thread, or not in it; 405; 411; 413;
 *          415; 429 too many changes a minute, which count as messages; 507 no space.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/scratch.h"
#include "chat/people.h"
#include "chat/room.h"
#include "protocol/json.h"
#include "protocol/stanza.h"
#include "spool/file.h"
#include "spool/user.h"

#define PAGE_MAX 1000
#define PAGE_BYTES (4 * 1024 * 1024) /* of a page, before its last member */

static struct endpoint endpoint;
static const char *id;

/* ---- GET ---- */

static struct thread thread;
static struct buf reply;
static struct user after; /* where the page begins, if `seeking` or past it */
static struct user last;  /* on the page */
static bool seeking;      /* `after` has not come yet */
static bool shows_banned;
static bool more;
static uint64_t limit = PAGE_MAX;
static size_t shown;
static size_t members;

static void read_page(void)
{
    const struct form_field *field = form_get(&endpoint.cgi.query, "after");

    if (field != NULL && field->len > 0) {
        if (user_named(&after, field->value) == -1)
            cgi_die_field("after", "This is not a user's name.");
        seeking = true;
    }
    field = form_get(&endpoint.cgi.query, "limit");
    if (field == NULL)
        return;
    if (field->len == 0 || field->len > 9 || strspn(field->value, "0123456789") != field->len)
        cgi_die_field("limit", "This is a whole number.");
    limit = strtoull(field->value, NULL, 10);
    limit = limit == 0 ? 1 : limit > PAGE_MAX ? PAGE_MAX : limit;
}

/* Of who is not in it one sees what one sees elsewhere. */
static void put_entity(const struct user *user, bool is_in)
{
    int friends = is_in ? 1 : people_friends(&endpoint.spool, &endpoint.me, user);

    if (friends == -1)
        cgi_die_errno("users");
    if (friends == 1)
        people_sender_put(&reply, &endpoint.spool, user);
    else
        people_name_put(&reply, user);
}

static void show(const struct member *member)
{
    if (shown == limit || reply.len > PAGE_BYTES) {
        more = true;
        return;
    }
    if (shown++ > 0)
        buf_puts(&reply, ",");
    buf_puts(&reply, "{\"role\":");
    json_put_string(&reply, member->role, strlen(member->role));
    buf_puts(&reply, ",\"entity\":");
    put_entity(&member->user, strcmp(member->role, THREAD_BANNED) != 0);
    buf_puts(&reply, "}");
    last = member->user;
}

static int list(void *context, const struct member *member)
{
    bool banned = strcmp(member->role, THREAD_BANNED) == 0;
    uint64_t joined;

    (void)context;
    if (!banned && user_joined(&endpoint.spool, &member->user, id, &joined) == -1) {
        if (errno == ENOENT)
            return 0; /* what a killed change has left */
        if (!file_is_damage(errno))
            return -1; /* a damaged entry is its user's trouble, not that of all */
    }
    members += !banned;
    if (banned && !shows_banned)
        return 0;
    if (!seeking)
        show(member);
    else if (strcmp(member->user.dir, after.dir) == 0)
        seeking = false;
    return 0;
}

static void open_thread(void)
{
    enum role role = ROLE_NONE;
    int found = thread_open(&endpoint.spool, &thread, id);

    if ((found == -1 && errno != ENOENT) ||
        (found == 0 && role_of(&endpoint.spool, &thread, &endpoint.me, &role) == -1))
        cgi_die_errno("threads");
    if (role < ROLE_GUEST)
        cgi_die(404, "No such thread, or you are not in it.");
    shows_banned = role >= ROLE_MODERATOR;
}

static void put_about(void)
{
    struct room_about about;

    if (room_about(&thread, &about) == -1)
        cgi_die_errno("threads: thread.json");
    buf_puts(&reply, "{\"thread\":\"");
    buf_puts(&reply, id);
    buf_puts(&reply, "\",\"subject\":");
    buf_put(&reply, about.subject, about.subject_len);
    buf_puts(&reply, about.open ? ",\"open\":true" : ",\"open\":false");
    buf_puts(&reply, about.history ? ",\"history\":\"open\"" : ",\"history\":\"joined\"");
    buf_puts(&reply, ",\"members\":[");
}

static _Noreturn void get(void)
{
    SCRATCH static char text[PAGE_BYTES + ROOM_ABOUT_MAX + 2 * PEOPLE_SENDER_MAX];

    read_page();
    open_thread();
    reply = buf_over(text, sizeof text);
    put_about();
    if (thread_lines(&thread, list, NULL) == -1)
        cgi_die_errno("threads: members");
    if (seeking)
        cgi_die_field("after", "This user is not in the room any more: begin again.");
    buf_puts(&reply, "],\"memberCount\":");
    buf_putu(&reply, members);
    buf_puts(&reply, ",\"next\":");
    if (more)
        json_put_string(&reply, last.name, strlen(last.name));
    else
        buf_puts(&reply, "null");
    buf_puts(&reply, "}\n");
    cgi_reply(200, "application/json", reply.data, reply.len);
}

/* ---- POST ---- */

SCRATCH static char body[STANZA_BODY_MAX + 1];
static char name_text[USER_NAME_MAX + 2]; /* so that one too long is seen to be */
static char role_text[THREAD_ROLE_MAX + 1];

static void take(char *out, size_t size, const char *value)
{
    size_t len = strnlen(value, size - 1);

    memcpy(out, value, len);
    out[len] = '\0';
}

static void read_form(size_t len)
{
    const struct form_field *field;
    struct form form;
    const char *why;

    if (form_parse(&form, 0, body, len, &why) == -1)
        cgi_die_field("body", why);
    field = form_get(&form, "user");
    take(name_text, sizeof name_text, field != NULL ? field->value : "");
    field = form_get(&form, "role");
    take(role_text, sizeof role_text, field != NULL ? field->value : "");
}

static void take_node(const struct json *json, const char *name, char *out, size_t size,
                      const char *why)
{
    int node = json_get(json, 0, name);

    if (node != -1 && json_kind(json, node) != JSON_NULL &&
        json_string(json, node, out, size) == -1)
        cgi_die_field(name, why);
}

static void read_json(size_t len)
{
    struct json_error error;
    struct json json;

    if (json_parse(&json, body, len, &error) == -1)
        cgi_die_field("body", error.detail);
    take_node(&json, "user", name_text, sizeof name_text, "A user is named by a string.");
    take_node(&json, "role", role_text, sizeof role_text,
              "Must be owner, moderator, guest, none or banned.");
}

static void read_body(struct user *user, enum role *role)
{
    size_t len = cgi_body(&endpoint.cgi, body, endpoint.spool.config.max_body);

    if (cgi_content_is(&endpoint.cgi, "application/json"))
        read_json(len);
    else if (cgi_content_is(&endpoint.cgi, "application/x-www-form-urlencoded"))
        read_form(len);
    else
        cgi_die(415, "Send a form (application/x-www-form-urlencoded) or application/json.");
    if (*name_text == '\0')
        cgi_die_field("user", "This field is required.");
    if (user_named(user, name_text) == -1)
        cgi_die_field("user", "This is not a user's name.");
    if (*role_text == '\0')
        cgi_die_field("role", "This field is required.");
    if (role_named(role, role_text) == -1)
        cgi_die_field("role", "Must be owner, moderator, guest, none or banned.");
}

static _Noreturn void post(void)
{
    SCRATCH static char text[PEOPLE_SENDER_MAX + 256];
    struct user user;
    enum role role;

    read_body(&user, &role);
    role = room_set(&endpoint, id, &user, role);
    reply = buf_over(text, sizeof text);
    buf_puts(&reply, "{\"success\":true,\"thread_id\":\"");
    buf_puts(&reply, id);
    buf_puts(&reply, "\",\"role\":\"");
    buf_puts(&reply, role_name(role));
    buf_puts(&reply, "\",\"entity\":");
    put_entity(&user, role >= ROLE_GUEST);
    buf_puts(&reply, "}\n");
    cgi_reply(200, "application/json", reply.data, reply.len);
}

int main(void)
{
    endpoint_start(&endpoint, "members", "GET, POST");
    id = endpoint.cgi.path;
    endpoint.cgi.path = "";
    endpoint_login(&endpoint);
    if (strcmp(endpoint.cgi.method, "GET") == 0)
        get();
    post();
}
