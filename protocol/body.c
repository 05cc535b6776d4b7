/* SPDX-License-Identifier: MIT */
/* A request's body: read whole, piece by piece, or thrown away. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/scratch.h"
#include "cgi_private.h"

/* A body that nobody wants is still taken in, up to so much and for so long. */
#define DISCARD_MAX (64 * 1024 * 1024)
#define DISCARD_MSEC 2000

/* Of the announced body, as far as it may still be on its way. */
static size_t unread;

/* As far as it makes sense, for a body that is only to be thrown away. */
void body_announce(const char *length)
{
    size_t value = 0;

    for (; *length >= '0' && *length <= '9' && value < DISCARD_MAX; length++)
        value = value * 10 + (size_t)(*length - '0');
    unread = value < DISCARD_MAX ? value : DISCARD_MAX;
}

/* RFC 3875, section 4.1.2. */
static uint64_t announced_length(const char *length, uint64_t max)
{
    uint64_t value = 0;

    if (*length == '\0')
        cgi_die(411, "Content-Length is missing.");
    if (length[strspn(length, "0123456789")] != '\0')
        cgi_die(400, "Content-Length is no number.");
    for (; *length != '\0'; length++) {
        uint64_t digit = (uint64_t)(*length - '0');
        if (value > max / 10 || value * 10 > max - digit || digit > max)
            cgi_die(413, "The body is too large.");
        value = value * 10 + digit;
    }
    return value;
}

void cgi_discard_body(void)
{
    SCRATCH static char room[4096]; /* seldom needed: not on the stack */
    int64_t deadline_ms = cgi_clock_ms() + DISCARD_MSEC;

    while (unread > 0 && cgi_await(STDIN_FILENO, POLLIN, deadline_ms) > 0) {
        ssize_t got = read(STDIN_FILENO, room, unread < sizeof room ? unread : sizeof room);
        if (got <= 0)
            break;
        unread -= (size_t)got;
    }
    unread = 0;
}

void cgi_body_open(const struct cgi *cgi, struct cgi_body *body, uint64_t max)
{
    int64_t now_ms = cgi_clock_ms();

    body->left = announced_length(cgi->length, max);
    body->end_ms = now_ms + (int64_t)CGI_UPLOAD_SEC * 1000;
    body->step_ms = now_ms + CGI_BODY_MSEC;
    body->step_left = CGI_BODY_STEP;
    /* All of it is late by then; this is for a disk that blocks. */
    alarm(CGI_UPLOAD_SEC + CGI_DEADLINE_SEC);
}

/* Time is given anew for each step of bytes, as long as there is any left over all. */
static void count(struct cgi_body *body, size_t got)
{
    body->left -= got;
    unread = body->left < DISCARD_MAX ? (size_t)body->left : DISCARD_MAX;
    if (got < body->step_left) {
        body->step_left -= got;
        return;
    }
    body->step_left = CGI_BODY_STEP;
    body->step_ms = cgi_clock_ms() + CGI_BODY_MSEC;
}

ssize_t cgi_body_next(struct cgi_body *body, char *room, size_t size)
{
    int64_t deadline_ms = body->step_ms < body->end_ms ? body->step_ms : body->end_ms;
    size_t want = body->left < size ? (size_t)body->left : size;

    while (want > 0) {
        int ready = cgi_await(STDIN_FILENO, POLLIN, deadline_ms);
        ssize_t got = ready <= 0 ? ready : read(STDIN_FILENO, room, want);
        if (got > 0) {
            count(body, (size_t)got);
            return got;
        }
        if (got == 0) {
            unread = 0; /* what does not come is not waited for twice */
            errno = ready == 0 ? ETIMEDOUT : ENODATA;
            return -1;
        }
        if (errno != EINTR && errno != EAGAIN)
            return -1;
    }
    alarm(CGI_DEADLINE_SEC); /* for what is to be done with it */
    return 0;
}

void cgi_body_die(void)
{
    if (errno == ETIMEDOUT)
        cgi_die(408, "The body did not come in time.");
    if (errno == ENODATA)
        cgi_die(400, "The body is shorter than its Content-Length.");
    cgi_die_errno("request body");
}

bool cgi_body_fits(size_t size)
{
    return unread < size;
}

size_t cgi_body(const struct cgi *cgi, char *room, size_t max)
{
    size_t want = (size_t)announced_length(cgi->length, max);
    int64_t deadline_ms = cgi_clock_ms() + CGI_BODY_MSEC;
    size_t have = 0;

    unread = 0; /* from here on what does not come is not waited for twice */
    while (have < want) {
        ssize_t got;
        int ready = cgi_await(STDIN_FILENO, POLLIN, deadline_ms);
        if (ready == 0)
            cgi_die(408, "The body did not come in time.");
        got = ready < 0 ? -1 : read(STDIN_FILENO, room + have, want - have);
        if (got == 0)
            cgi_die(400, "The body is shorter than its Content-Length.");
        if (got > 0)
            have += (size_t)got;
        else if (errno != EINTR && errno != EAGAIN)
            cgi_die_errno("request body");
    }
    room[want] = '\0';
    return want;
}
