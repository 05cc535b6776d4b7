/* SPDX-License-Identifier: MIT */

/*
 * send-message: put a message into a thread (Browser based Chat 1.0, section 3.1)
 *
 * REQUEST  POST; without a login POST send-message/<token>, or Authorization: Bearer <token>. Form:
 *          thread_id, message, type, subject, language, id, to; or JSON: a message stanza. Without a
 *          thread, `to` names its other people.
 *          What it does to an earlier message: replaces, retracts, or reacts_to and reaction. Or no
 *          message: thread_id and read (a number) or state (composing, paused), or such a stanza.
 * REPLY    200 {"success": true, "UUID": <message id>, "thread_id", "seq", "timestamp"}: it is on the
 *          disk. The same message with the same id gets the same answer, however often it is sent
 *          within a day.
 *          To `read` and `state` {"success": true, "thread_id"}, and to the first "read", the mark.
 * FILES    threads/<thread>/new/<seq>, journal/, users/<sender>/sent/<message id>; with a subject
 *          and no text in a room, threads/<thread>/thread.json. Or presence/,
 *          users/<sender>/read/<thread>, users/<sender>/chatstate.
 * ERRORS   400 with the field and why; 401, a wrong or expired Bearer too; 403 `to` somebody unknown or
 *          no friend, to replace or retract somebody else's message, or a room's subject from a guest;
 *          404 wrong or expired token in the path, no such thread, or not in it; 405; 409 the id was
 *          used for another message; 411; 413; 415; 429 too many a minute; 507 no space.
 */

#include <errno.h>
#include <string.h>

#include "base/scratch.h"
#include "chat/notify.h"
#include "chat/people.h"
#include "chat/refer.h"
#include "chat/session.h"
#include "protocol/stanza.h"
#include "spool/accept.h"
#include "spool/id.h"
#include "spool/limit.h"
#include "spool/role.h"
#include "spool/user.h"

#define PEOPLE_TEXT_MAX (1024 * 1024) /* the sender and the members, as JSON */

_Static_assert(STANZA_LINE_MAX <= SPOOL_STANZA_MAX, "every line that can be made can be read");
_Static_assert(CGI_DEADLINE_SEC + 5 <= SPOOL_WRITER_SEC, "a writer ends before it counts as dead");

static struct endpoint endpoint;
static struct stanza_message message;
static struct thread thread;
static bool is_form;

/* What the answer says. */
static uint64_t placed_seq;
static char placed_time[STANZA_TIME_SIZE];

/* Why the message is refused, unless it has been accepted before. */
static struct refer_refusal refusal;
static bool refused;

/* Until the user may send again. */
static int wait_sec;

static char *read_body(size_t *len)
{
    SCRATCH static char room[STANZA_BODY_MAX + 1];
    BRIEF static char brief[512];
    bool fits = cgi_body_fits(sizeof brief);
    char *body = fits ? brief : room;
    size_t max = endpoint.spool.config.max_body;

    if (fits && max >= sizeof brief)
        max = sizeof brief - 1;
    *len = cgi_body(&endpoint.cgi, body, max);
    return body;
}

static void read_message(void)
{
    struct stanza_error error;
    struct form form;
    const char *why;
    size_t len;
    char *body = read_body(&len);
    int result;

    is_form = cgi_content_is(&endpoint.cgi, "application/x-www-form-urlencoded");
    if (is_form) {
        if (form_parse(&form, 0, body, len, &why) == -1)
            cgi_die_field("body", why);
        result = stanza_message_from_form(&message, &form, &error);
    } else if (cgi_content_is(&endpoint.cgi, "application/json")) {
        result = stanza_message_from_json(&message, body, len, &error);
    } else {
        cgi_die(415, "Send a form (application/x-www-form-urlencoded) or application/json.");
    }
    if (result == -1)
        notify(&endpoint, is_form ? &form : NULL, body, len, &error);
}

static void find_thread(void)
{
    uint64_t joined;

    if (message.thread[0] == '\0' && message.to_count > 0 && message.act == STANZA_SAYS)
        session_thread(&endpoint, "to", message.to, message.to_count, NULL, message.thread);
    else if (message.thread[0] == '\0')
        cgi_die_field(is_form ? "thread_id" : "thread", "This field is required.");
    if (thread_open(&endpoint.spool, &thread, message.thread) == -1 ||
        user_joined(&endpoint.spool, &endpoint.me, message.thread, &joined) == -1) {
        if (errno == ENOENT)
            cgi_die(404, "No such thread, or you are not in it.");
        cgi_die_errno("threads");
    }
    refer_resolve(&endpoint, &thread, joined, &message, &refusal);
}

/*
 * Whoever was in the room when we looked may have been sent away since; and only some may change its
 * subject. The members of a set of people stay what they are.
 */
static void check_role(void)
{
    enum role role = ROLE_GUEST;
    uint64_t joined;

    if (!role_is_room(thread.id))
        return;
    if (message.sets_subject) {
        if (role_of(&endpoint.spool, &thread, &endpoint.me, &role) == -1)
            cgi_die_errno("threads");
    } else if (user_joined(&endpoint.spool, &endpoint.me, thread.id, &joined) == -1) {
        if (errno != ENOENT)
            cgi_die_errno("users");
        role = ROLE_NONE;
    }
    if (role < ROLE_GUEST)
        cgi_die(404, "No such thread, or you are not in it.");
    if (message.sets_subject && role == ROLE_GUEST)
        cgi_die(403, "Only owners and moderators change the subject of a room.");
}

/* Who says it, and to whom. -1: errno. */
static int put_people(struct buf *out, struct stanza_place *place)
{
    struct buf sender;

    people_sender_put(out, &endpoint.spool, &endpoint.me);
    sender = *out;
    if (people_members_put(out, &endpoint.spool, &thread,
                           &(struct people_known){&endpoint.me, sender},
                           &place->member_count) == -1)
        return -1;
    place->sender = out->data;
    place->sender_len = sender.len;
    place->members = out->data + sender.len;
    place->members_len = out->len - sender.len;
    return 0;
}

/* Called back under the thread's lock, when the message's place is known. */
static int render(void *context, uint64_t seq, const char *prev, int64_t time_us, const char **line,
                  size_t *len)
{
    char few[512]; /* on the stack, of which this much has been used before */
    SCRATCH static char many[PEOPLE_TEXT_MAX];
    BRIEF static char brief[1024];
    SCRATCH static char text[STANZA_LINE_MAX];
    struct buf people = buf_over_two(few, sizeof few, many, sizeof many);
    struct buf out = buf_over_two(brief, sizeof brief, text, sizeof text);
    struct stanza_place place = {.seq = seq, .prev = prev, .time_us = time_us};

    (void)context;
    check_role();
    /* A repeated message never comes here: it is not refused, and counts once. */
    errno = EINVAL;
    refused = refusal.status != 0;
    if (refused)
        return -1;
    wait_sec = limit_message(&endpoint.spool, &endpoint.me);
    if (wait_sec > 0)
        errno = EAGAIN;
    if (wait_sec != 0 || put_people(&people, &place) == -1)
        return -1;
    stanza_message_put(&out, &message, &place);
    placed_seq = seq;
    stanza_time(placed_time, time_us);
    *line = out.data;
    *len = out.len;
    errno = EMSGSIZE;
    return out.full || people.full ? -1 : 0;
}

static int repeats(void *context, const char *line, size_t len, uint64_t *seq)
{
    (void)context;
    if (stanza_placed(line, len, &placed_seq, placed_time) == -1)
        return 0;
    *seq = placed_seq;
    return refer_same(&message, line, len);
}

static void accept_message(void)
{
    struct post post = {
        .user = &endpoint.me,
        .id = message.id,
        .grammar = &people_grammar,
        .amends = message.sets_subject,
        .render = render,
        .repeats = repeats,
    };
    char object[sizeof "threads/" + UUID_SIZE] = "threads/";

    if (thread_accept(&endpoint.spool, &thread, &post) != -1)
        return;
    if (refused)
        refer_refuse(&message, &refusal);
    if (wait_sec > 0)
        cgi_die_later(429, (unsigned)wait_sec,
                      "You are sending faster than this site takes messages.");
    if (errno == EMSGSIZE)
        cgi_die(413, "With its thread's members this message is longer than can be kept.");
    if (errno == EEXIST)
        cgi_die(409, "You have used this id for another message.");
    memcpy(object + sizeof "threads/" - 1, thread.id, UUID_SIZE);
    cgi_die_errno(object);
}

static _Noreturn void answer(void)
{
    char text[256];
    struct buf reply = buf_over(text, sizeof text);

    buf_puts(&reply, "{\"success\":true,\"UUID\":\"");
    buf_puts(&reply, message.id);
    buf_puts(&reply, "\",\"thread_id\":\"");
    buf_puts(&reply, message.thread);
    buf_puts(&reply, "\",\"seq\":");
    buf_putu(&reply, placed_seq);
    buf_puts(&reply, ",\"timestamp\":\"");
    buf_puts(&reply, placed_time);
    buf_puts(&reply, "\"}\n");
    cgi_reply(200, "application/json", reply.data, reply.len);
}

int main(void)
{
    endpoint.without = SPOOL_ONLINE | SPOOL_OPEN;
    endpoint_start(&endpoint, "send-message", "POST");
    endpoint_login_or_token(&endpoint);
    read_message();
    find_thread();
    if (message.id[0] == '\0')
        id_random(message.id);
    accept_message();
    answer();
}
