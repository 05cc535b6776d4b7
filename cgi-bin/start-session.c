/* SPDX-License-Identifier: MIT */

/*
 * start-session: find or make the thread of some people (Browser based Chat 1.0, section 2.2)
 *
 * REQUEST  POST, form: user (once for each other person), subject; or JSON: {"user": name or [names],
 *          "subject": text}.
 * REPLY    200 {"success": true, "thread_id": <UUID>, "members": [sender objects, the asker's too]},
 *          and "memberCount" where there are more than are shown. The same people get the same
 *          thread, in whatever order and whoever asks; with a subject they get a new room.
 * FILES    threads/<thread>/, users/<each>/threads/<thread>.
 * ERRORS   400 no user, not a name, too many; 401; 403 unknown, no friend, or oneself; 405; 411;
 *          413; 415; 507 no space.
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
static const char *others[STANZA_TO_MAX];
static size_t count;
SCRATCH static char subject_text[STANZA_BODY_MAX + 1];
static const char *subject;

static void add(const char *name)
{
    if (count == STANZA_TO_MAX)
        cgi_die_field("user", "These are more people than a thread may have.");
    others[count++] = name;
}

static void read_form(size_t len)
{
    const struct form_field *field;
    struct form form;
    const char *why;

    if (form_parse(&form, 0, body, len, &why) == -1)
        cgi_die_field("body", why);
    for (size_t i = 0; i < form.count; i++)
        if (strcmp(form.field[i].name, "user") == 0)
            add(form.field[i].value);
    field = form_get(&form, "subject");
    subject = field != NULL && field->len > 0 ? field->value : NULL;
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

static void read_json(size_t len)
{
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
    node = json_get(&json, 0, "subject");
    if (node == -1 || json_kind(&json, node) == JSON_NULL)
        return;
    if (json_string(&json, node, subject_text, sizeof subject_text) == -1)
        cgi_die_field("subject", "A subject is a string.");
    subject = *subject_text != '\0' ? subject_text : NULL;
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
    if (people_members_put(&reply, &endpoint.spool, &thread, &members) == -1)
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
    session_thread(&endpoint, "user", others, count, subject, thread);
    answer(thread);
}
