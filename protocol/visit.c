/* SPDX-License-Identifier: MIT */
#include "visit.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "cgi_private.h"

static struct {
    bool here;
    bool ended;
    char *head;
    size_t len;
    struct buf *reply;
    struct reply_state parked; /* between parts */
    jmp_buf end;
} visit;

bool visit_here(void)
{
    return visit.here;
}

/* Of a name that is there twice, as in an environment, the first. */
char *visit_variable(const char *name)
{
    char *at = visit.head;
    char *end = visit.head + visit.len;

    while (at < end) {
        char *value = at + strlen(at) + 1;
        if (strcmp(at, name) == 0)
            return value;
        at = value + strlen(value) + 1;
    }
    return NULL;
}

int visit_put(const char *bytes, size_t len)
{
    buf_put(visit.reply, bytes, len);
    if (!visit.reply->full)
        return 0;
    errno = ENOSPC;
    return -1;
}

void reply_end(int status)
{
    if (!visit.here)
        exit(status);
    longjmp(visit.end, 1);
}

void visit_begin(char *head, size_t len, struct buf *reply)
{
    visit.head = head;
    visit.len = len;
    visit.reply = reply;
    visit.ended = false;
    visit.parked = (struct reply_state){0};
}

bool visit_part(void (*part)(void *context), void *context)
{
    struct reply_state ours = reply_state;

    reply_state = visit.parked;
    visit.here = true;
    if (setjmp(visit.end) == 0)
        part(context);
    else
        visit.ended = true;
    visit.here = false;
    visit.parked = reply_state;
    reply_state = ours;
    return !visit.ended;
}

void visit_end(void)
{
    visit.head = NULL;
    visit.reply = NULL;
}
