/* SPDX-License-Identifier: MIT */
#include "chat/refer.h"

#include <errno.h>
#include <string.h>

#include "base/scratch.h"
#include "protocol/reference.h"
#include "spool/file.h"
#include "spool/path.h"
#include "spool/role.h"

SCRATCH static char line[SPOOL_STANZA_MAX + 1];

/* Stanza `seq`, if it has this id (NULL: any): 1; 0: there is none that can be referred to. */
static int target_at(struct thread *thread, uint64_t seq, const char *id,
                     struct reference_target *target)
{
    ssize_t len = thread_read(thread, seq, line, sizeof line);

    if (len == -1 && !file_is_damage(errno))
        cgi_die_errno("threads");
    return len != -1 && reference_target(target, line, (size_t)len) == 0 &&
           target->self.seq == seq && (id == NULL || strcmp(target->self.id, id) == 0);
}

/* Not the whole text of each, which may be long: nothing counts how often somebody asks. */
static bool may_be_called(struct thread *thread, uint64_t seq, const char *id)
{
    char head[REFERENCE_HEAD + 1];
    ssize_t len = thread_head(thread, seq, head, sizeof head);

    if (len == -1 && !file_is_damage(errno))
        cgi_die_errno("threads");
    return len != -1 && reference_may_be(head, (size_t)len, id);
}

/* One's own message, sent lately: the same file lies under its id. */
static int own_target(struct endpoint *endpoint, const struct thread *thread, const char *id,
                      struct reference_target *target)
{
    char path[PATH_SIZE];
    ssize_t len;

    path_sent(path, endpoint->me.dir, id);
    len = file_read(endpoint->spool.users, path, line, sizeof line);
    if (len == -1 && !file_is_damage(errno))
        cgi_die_errno("users");
    return len != -1 && reference_target(target, line, (size_t)len) == 0 &&
           strcmp(target->thread, thread->id) == 0;
}

/* Ids are their senders' own: of two, the newer one is meant. */
static int target_called(struct thread *thread, uint64_t joined, uint64_t tail, const char *id,
                         struct reference_target *target)
{
    uint64_t oldest = tail > REFER_LOOK_BACK ? tail - REFER_LOOK_BACK : 0;

    if (oldest < joined)
        oldest = joined;
    for (uint64_t seq = tail; seq > oldest; seq--)
        if (may_be_called(thread, seq, id) && target_at(thread, seq, id, target) == 1)
            return 1;
    return 0;
}

static int find(struct endpoint *endpoint, struct thread *thread, uint64_t joined,
                const struct stanza_reference *named, struct reference_target *target)
{
    uint64_t tail;

    if (named->seq == 0 && own_target(endpoint, thread, named->id, target) == 1)
        return 1;
    if (thread_tail(thread, &tail) == -1)
        cgi_die_errno("threads");
    if (named->seq == 0)
        return target_called(thread, joined, tail, named->id, target);
    return named->seq <= tail && target_at(thread, named->seq, NULL, target);
}

/* Only rooms have owners and moderators. */
static bool may(struct endpoint *endpoint, struct thread *thread, enum stanza_act act,
                const char *sender)
{
    enum role role;

    if (act == STANZA_REACTS || strcmp(sender, endpoint->me.name) == 0)
        return true;
    if (act != STANZA_RETRACTS)
        return false;
    if (role_of(&endpoint->spool, thread, &endpoint->me, &role) == -1)
        cgi_die_errno("threads: members");
    return role >= ROLE_MODERATOR;
}

void refer_resolve(struct endpoint *endpoint, struct thread *thread, uint64_t joined,
                   struct stanza_message *message, struct refer_refusal *refusal)
{
    struct reference_target target;

    *refusal = (struct refer_refusal){0, ""};
    message->named = message->about;
    if (message->act == STANZA_SAYS)
        return;
    if (find(endpoint, thread, joined, &message->about, &target) == 0 ||
        target.self.seq <= joined) {
        *refusal = (struct refer_refusal){400, "There is no such message in this thread."};
        return;
    }
    message->about = target.replaces ? target.original : target.self;
    if (!target.is_message)
        *refusal = (struct refer_refusal){400, "This is a reaction or a retraction, no message."};
    else if (!may(endpoint, thread, message->act, target.self.sender))
        *refusal = (struct refer_refusal){403, "This is somebody else's message."};
}

bool refer_same(struct stanza_message *message, const char *stored, size_t len)
{
    return stanza_message_same(message, stored, len) ||
           (message->act != STANZA_SAYS &&
            reference_again(&message->about, &message->named, stored, len) == 0 &&
            stanza_message_same(message, stored, len));
}

_Noreturn void refer_refuse(const struct stanza_message *message,
                            const struct refer_refusal *refusal)
{
    if (refusal->status == 400)
        cgi_die_field(message->about_field, refusal->detail);
    cgi_die(refusal->status, refusal->detail);
}
