/* SPDX-License-Identifier: MIT */

/*
 * start-session: find or make the thread of some people (Browser based Chat 1.0, section 2.2)
 *
 * REQUEST  POST, form: user (once for each other person), subject, open (true, false, 1, 0), history
 *          (open, joined); or JSON: {"user": name or [names], "subject": text, "open": true or false,
 *          "history": text}.
 * REPLY    200 {"success": true, "thread_id": <UUID>, "members": [sender objects, the asker's too]},
 *          and "memberCount" where there are more than are shown. The same people get the same
 *          thread, in whatever order and whoever asks; with a subject, or open, they get a new room, in
 *          which nobody else need be.
 * FILES    threads/<thread>/, users/<each>/threads/<thread>, open/<thread>.
 * ERRORS   400 no user, not a name, too many, a damaged field; 401; 403 unknown, no friend, or oneself; 405; 411;
 *          413; 415; 429 too many rooms a minute, which count as messages; 507 no space.
 */

#include <string.h>

#include "base/scratch.h"
#include "chat/people.h"
#include "chat/session.h"
#include "protocol/json.h"
#include "protocol/stanza.h"
#include "spool/thread.h"

#define NAMES_MAX (THREAD_MEMBERS_MAX * (USER_NAME_MAX + 1))

static struct endpoint endpoint;
SCRATCH static char body[STANZA_BODY_MAX + 1];
SCRATCH static const char *others[STANZA_TO_MAX];
static size_t count;
SCRATCH static char subject_text[STANZA_BODY_MAX + 1];
static struct session_room room;
static bool is_room;

/* A room is what has a subject or is open. `history` is "" where it is not said. */
static void settle_room(const char *subject, bool open, const char *history)
{
    room = (struct session_room){subject, open, strcmp(history, "open") == 0};
    is_room = subject != NULL || open;
    if (*history != '\0' && !room.history && strcmp(history, "joined") != 0)
        cgi_die_field("history", "Must be open or joined.");
    if (*history != '\0' && !is_room)
        cgi_die_field("history", "Only a room has one: with a subject, or open.");
}

static void add(const char *name)
{
    if (count == STANZA_TO_MAX)
        cgi_die_field("user", "These are more people than a thread may have.");
    others[count++] = name;
}

static const char *form_text(const struct form *form, const char *name)
{
    const struct form_field *field = form_get(form, name);

    return field != NULL ? field->value : "";
}

static bool form_bool(const struct form *form, const char *name)
{
    const char *text = form_text(form, name);

    if (strcmp(text, "true") == 0 || strcmp(text, "1") == 0)
        return true;
    if (*text != '\0' && strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
        cgi_die_field(name, "Must be true or false.");
    return false;
}

static void read_form(size_t len)
{
    const char *subject;
    struct form form;
    const char *why;

    if (form_parse(&form, 0, body, len, &why) == -1)
        cgi_die_field("body", why);
    for (size_t i = 0; i < form.count; i++)
        if (strcmp(form.field[i].name, "user") == 0)
            add(form.field[i].value);
    subject = form_text(&form, "subject");
    settle_room(*subject != '\0' ? subject : NULL, form_bool(&form, "open"),
                form_text(&form, "history"));
}

/* One name out of the JSON text; decoded names lie one behind the other in their own storage. */
static void add_node(const struct json *json, int node)
{
    SCRATCH static char names[NAMES_MAX];
    static size_t used;
    ssize_t len = json_string(json, node, names + used, sizeof names - used);

    if (len == -1)
        cgi_die_field("user", "A user is named by a string.");
    add(names + used);
    used += (size_t)len + 1;
}

/* "" when it is null or missing. */
static void json_text(const struct json *json, const char *name, char *out, size_t size,
                      const char *why)
{
    int node = json_get(json, 0, name);

    *out = '\0';
    if (node != -1 && json_kind(json, node) != JSON_NULL &&
        json_string(json, node, out, size) == -1)
        cgi_die_field(name, why);
}

static bool json_bool(const struct json *json, const char *name)
{
    int node = json_get(json, 0, name);
    enum json_kind kind = node == -1 ? JSON_NULL : json_kind(json, node);

    if (kind != JSON_NULL && kind != JSON_TRUE && kind != JSON_FALSE)
        cgi_die_field(name, "Must be true or false.");
    return kind == JSON_TRUE;
}

static void read_json(size_t len)
{
    char history[16];
    struct json json;
    struct json_error error;
    int users;
    int node;

    if (json_parse(&json, body, len, &error) == -1)
        cgi_die_field("body", error.detail);
    users = json_get(&json, 0, "user");
    if (users != -1 && json_kind(&json, users) == JSON_ARRAY)
        for (node = json_first(&json, users); node != -1; node = json_next(&json, users, node))
            add_node(&json, node);
    else if (users != -1)
        add_node(&json, users);
    json_text(&json, "subject", subject_text, sizeof subject_text, "A subject is a string.");
    json_text(&json, "history", history, sizeof history, "Must be open or joined.");
    settle_room(*subject_text != '\0' ? subject_text : NULL, json_bool(&json, "open"), history);
}

static _Noreturn void answer(const char *id)
{
    SCRATCH static char text[STANZA_LINE_MAX];
    struct buf reply = buf_over(text, sizeof text);
    struct thread thread;
    size_t members;

    if (thread_open(&endpoint.spool, &thread, id) == -1)
        cgi_die_errno("threads");
    buf_puts(&reply, "{\"success\":true,\"thread_id\":\"");
    buf_puts(&reply, id);
    buf_puts(&reply, "\",\"members\":[");
    if (people_members_put(&reply, &endpoint.spool, &thread, NULL, &members) == -1)
        cgi_die_errno("threads: members");
    buf_puts(&reply, "]");
    if (members > STANZA_MEMBERS_SHOWN) {
        buf_puts(&reply, ",\"memberCount\":");
        buf_putu(&reply, members);
    }
    buf_puts(&reply, "}\n");
    cgi_reply(200, "application/json", reply.data, reply.len);
}

int main(void)
{
    char thread[UUID_SIZE];
    size_t len;

    endpoint_start(&endpoint, "start-session", "POST");
    endpoint_login(&endpoint);
    len = cgi_body(&endpoint.cgi, body, endpoint.spool.config.max_body);
    if (cgi_content_is(&endpoint.cgi, "application/json"))
        read_json(len);
    else if (cgi_content_is(&endpoint.cgi, "application/x-www-form-urlencoded"))
        read_form(len);
    else
        cgi_die(415, "Send a form (application/x-www-form-urlencoded) or application/json.");
    session_thread(&endpoint, "user", others, count, is_room ? &room : NULL, thread);
    answer(thread);
}
