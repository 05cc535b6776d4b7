/* SPDX-License-Identifier: MIT */
#include "visit.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "base/scratch.h"
#include "cgi_private.h"

#define INDEX_SIZE 128 /* what is behind so many variables is looked for from there */

struct variable {
    char *name;
    char *value;
};

static bool here;
RARE static struct {
    bool ended;
    struct variable variables[INDEX_SIZE];
    size_t count;
    char *rest; /* of the head, behind those */
    char *head_end;
    struct buf *reply;
    struct reply_state parked; /* between parts */
    jmp_buf end;
} visit;

bool visit_here(void)
{
    return here;
}

/* The variable at *at, which goes behind it. */
static struct variable next_variable(char **at)
{
    struct variable variable = {*at, *at + strlen(*at) + 1};

    *at = variable.value + strlen(variable.value) + 1;
    return variable;
}

/* Of a name that is there twice, as in an environment, the first. */
char *visit_variable(const char *name)
{
    for (size_t i = 0; i < visit.count; i++)
        if (strcmp(visit.variables[i].name, name) == 0)
            return visit.variables[i].value;
    for (char *at = visit.rest; at < visit.head_end;) {
        struct variable variable = next_variable(&at);
        if (strcmp(variable.name, name) == 0)
            return variable.value;
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
    if (!here)
        exit(status);
    longjmp(visit.end, 1);
}

void visit_begin(char *head, size_t len, struct buf *reply)
{
    visit.rest = head;
    visit.head_end = head + len;
    for (visit.count = 0; visit.count < INDEX_SIZE && visit.rest < visit.head_end; visit.count++)
        visit.variables[visit.count] = next_variable(&visit.rest);
    visit.reply = reply;
    visit.ended = false;
    visit.parked = (struct reply_state){0};
}

bool visit_part(void (*part)(void *context), void *context)
{
    struct reply_state ours = reply_state;

    reply_state = visit.parked;
    here = true;
    if (setjmp(visit.end) == 0)
        part(context);
    else
        visit.ended = true;
    here = false;
    visit.parked = reply_state;
    reply_state = ours;
    return !visit.ended;
}

void visit_end(void)
{
    visit.count = 0;
    visit.rest = visit.head_end = NULL;
    visit.reply = NULL;
}
