/* SPDX-License-Identifier: MIT */
#include "chat/notify.h"

#include <errno.h>

#include "base/scratch.h"
#include "chat/people.h"
#include "protocol/stanza.h"
#include "spool/clock.h"
#include "spool/file.h"
#include "spool/online.h"
#include "spool/readmark.h"
#include "spool/thread.h"
#include "spool/throttle.h"
#include "spool/user.h"

#define SENDER_MAX (6 * USER_PROFILE_MAX + 4 * USER_NAME_MAX + 256)

static void publish(struct endpoint *endpoint, const struct notice *notice)
{
    SCRATCH static char sender[SENDER_MAX];
    SCRATCH static char line[SENDER_MAX + 512];
    struct buf who = buf_over(sender, sizeof sender);
    struct buf out = buf_over(line, sizeof line);

    people_sender_put(&who, &endpoint->spool, &endpoint->me);
    notice_put(&out, notice, clock_wall_us(), who.data, who.len);
    if (presence_publish(&endpoint->spool, out.data, out.len) == -1)
        cgi_die_errno("presence");
}

static void find_thread(struct endpoint *endpoint, struct thread *thread, const char *id)
{
    uint64_t joined;

    if (thread_open(&endpoint->spool, thread, id) == 0 &&
        user_joined(&endpoint->spool, &endpoint->me, id, &joined) == 0)
        return;
    if (errno == ENOENT)
        cgi_die(404, "No such thread, or you are not in it.");
    cgi_die_errno("threads");
}

/* Where the mark stands then. */
static uint64_t receipt(struct endpoint *endpoint, struct thread *thread,
                        const struct notice *notice)
{
    struct spool *spool = &endpoint->spool;
    uint64_t tail;
    uint64_t mark;
    int may;

    if (thread_tail(thread, &tail) == -1)
        cgi_die_errno("threads");
    if (notice->read > tail)
        cgi_die_field("read", "This thread has no message of that number yet.");
    if (readmark_get(spool, &endpoint->me, thread->id, &mark) == -1 && !file_is_damage(errno))
        cgi_die_errno("users");
    if (notice->read <= mark)
        return mark;
    may = throttle_receipt(spool, &endpoint->me);
    if (may == -1)
        cgi_die_errno("users");
    /* Publish first: killed in between, it is published again; the other way never. */
    if (may == 1)
        publish(endpoint, notice);
    if (readmark_set(spool, &endpoint->me, thread->id, notice->read) == -1)
        cgi_die_errno("users");
    return notice->read;
}

static void chatstate(struct endpoint *endpoint, struct thread *thread, const struct notice *notice)
{
    int may = throttle_chatstate(&endpoint->spool, &endpoint->me, thread->id, notice->composing);

    if (may == -1)
        cgi_die_errno("users");
    if (may == 1)
        publish(endpoint, notice);
}

static _Noreturn void answer(struct endpoint *endpoint, const struct notice *notice)
{
    char text[128];
    struct buf reply = buf_over(text, sizeof text);
    struct thread thread;

    find_thread(endpoint, &thread, notice->thread);
    buf_puts(&reply, "{\"success\":true,\"thread_id\":\"");
    buf_puts(&reply, thread.id);
    buf_puts(&reply, "\"");
    if (notice->kind == NOTICE_RECEIPT) {
        buf_puts(&reply, ",\"read\":");
        buf_putu(&reply, receipt(endpoint, &thread, notice));
    } else {
        chatstate(endpoint, &thread, notice);
    }
    buf_puts(&reply, "}\n");
    cgi_reply(200, "application/json", reply.data, reply.len);
}

_Noreturn void notify(struct endpoint *endpoint, const struct form *form, const char *text,
                      size_t len, struct stanza_error *error)
{
    struct notice notice;
    int found = form != NULL ? notice_from_form(&notice, form, error)
                             : notice_from_json(&notice, text, len, error);

    if (found == 1)
        answer(endpoint, &notice);
    cgi_die_field(error->field, error->detail);
}
