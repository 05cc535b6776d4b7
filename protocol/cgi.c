/* SPDX-License-Identifier: MIT */
#include "cgi.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/utf8.h"
#include "cgi_private.h"
#include "json.h"

/* Between the end of patience, when a blocked call fails, and the end of the process. */
#define LAST_WORDS_SEC 2

/* A body that nobody wants is still taken in, up to so much and for so long. */
#define DISCARD_MAX (8 * 1024 * 1024)
#define DISCARD_MSEC 2000

/* Of the announced body, as far as it may still be on its way. */
static size_t unread;

/* What only cgi_start needs to know. */
struct caller {
    struct origin origin;
    const char *asks_method; /* Access-Control-Request-Method: a preflight */
    char *query;
};

/* The string lies where the kernel put it: clearing the environment leaves it there. */
static char *variable(const char *name)
{
    static char none[1];
    char *value = getenv(name);

    return value != NULL ? value : none;
}

/* The announced length as far as it makes sense, for a body that is only to be thrown away. */
static size_t expected(const char *length)
{
    size_t value = 0;

    for (; *length >= '0' && *length <= '9' && value < DISCARD_MAX; length++)
        value = value * 10 + (size_t)(*length - '0');
    return value < DISCARD_MAX ? value : DISCARD_MAX;
}

/*
 * Of the other schemes nothing is taken: a password is the web server's business. Where requests are
 * rewritten on their way to a program, Apache puts REDIRECT_ before what it was told to pass on.
 */
static const char *bearer(void)
{
    const char *value = variable("HTTP_AUTHORIZATION");

    if (*value == '\0')
        value = variable("REDIRECT_HTTP_AUTHORIZATION");
    if (strncasecmp(value, "Bearer", 6) != 0 || (value[6] != ' ' && value[6] != '\0'))
        return NULL;
    return value + 6 + strspn(value + 6, " ");
}

static void take_environment(struct cgi *cgi, struct caller *caller)
{
    *cgi = (struct cgi){
        .method = variable("REQUEST_METHOD"),
        .user = variable("REMOTE_USER"),
        .path = variable("PATH_INFO"),
        .content_type = variable("CONTENT_TYPE"),
        .last_event_id = variable("HTTP_LAST_EVENT_ID"),
        .bearer = bearer(),
        .length = variable("CONTENT_LENGTH"),
        .wants_events =
            list_has(variable("HTTP_ACCEPT"), ",; \t", "text/event-stream", strncasecmp),
    };
    cgi->path += *cgi->path == '/';
    unread = expected(cgi->length);
    *caller = (struct caller){
        .origin = {.origin = variable("HTTP_ORIGIN"),
                   .site = variable("HTTP_SEC_FETCH_SITE"),
                   .host = variable("HTTP_HOST")},
        .asks_method = variable("HTTP_ACCESS_CONTROL_REQUEST_METHOD"),
        .query = variable("QUERY_STRING"),
    };
    clearenv();
}

/*
 * First a blocked flock or read ends in EINTR and there is time for a 503; then the default acts.
 */
static void on_deadline(int number)
{
    signal(number, SIG_DFL);
    alarm(LAST_WORDS_SEC);
}

static void set_signals(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction once = {.sa_handler = on_deadline}; /* without SA_RESTART */

    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL); /* a limit on files is an error of write, too */
    sigaction(SIGALRM, &once, NULL);
    alarm(CGI_DEADLINE_SEC);
}

static bool changes_nothing(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 ||
           strcmp(method, "OPTIONS") == 0;
}

static void check_method(const struct cgi *cgi, const struct caller *caller, const char *methods,
                         bool listed_origin)
{
    if (list_has(methods, ", ", cgi->method, strncmp))
        return;
    if (strcmp(cgi->method, "OPTIONS") == 0 && listed_origin && *caller->asks_method != '\0')
        reply_preflight(methods);
    reply_no_method(methods);
}

void cgi_start(struct cgi *cgi, const char *program, const char *methods, const char *allow_origin)
{
    const char *list = allow_origin != NULL ? allow_origin : "";
    const char *why;
    struct caller caller;
    bool listed;

    take_environment(cgi, &caller);
    set_signals();
    listed = origin_listed(caller.origin.origin, list);
    reply_start(program, listed ? caller.origin.origin : NULL, *list != '\0');
    check_method(cgi, &caller, methods, listed);
    if (!changes_nothing(cgi->method) && !origin_may_change(&caller.origin, list))
        cgi_die(403, "This request comes from a foreign site.");
    if (form_parse(&cgi->query, 1, caller.query, strlen(caller.query), &why) < 0)
        cgi_die(400, why);
    /* It goes into JSON, where nothing else can be written down. */
    if (!utf8_ok(cgi->user, strlen(cgi->user)))
        cgi_die(400, "The user's name is not UTF-8.");
}

int64_t cgi_clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int cgi_await(int fd, short events, int64_t deadline_ms)
{
    struct pollfd poller = {.fd = fd, .events = events};

    for (;;) {
        int64_t left = deadline_ms - cgi_clock_ms();
        int ready = poll(&poller, 1, left > 0 ? (int)left : 0);
        if (ready >= 0 || errno != EINTR)
            return ready;
    }
}

/* RFC 3875, section 4.1.2. */
static size_t announced_length(const char *length, size_t max)
{
    size_t value = 0;

    if (*length == '\0')
        cgi_die(411, "Content-Length is missing.");
    if (length[strspn(length, "0123456789")] != '\0')
        cgi_die(400, "Content-Length is no number.");
    for (; *length != '\0'; length++) {
        size_t digit = (size_t)(*length - '0');
        if (value > max / 10 || value * 10 > max - digit || digit > max)
            cgi_die(413, "The body is too large.");
        value = value * 10 + digit;
    }
    return value;
}

void cgi_discard_body(void)
{
    char room[4096];
    int64_t deadline_ms = cgi_clock_ms() + DISCARD_MSEC;

    while (unread > 0 && cgi_await(STDIN_FILENO, POLLIN, deadline_ms) > 0) {
        ssize_t got = read(STDIN_FILENO, room, unread < sizeof room ? unread : sizeof room);
        if (got <= 0)
            break;
        unread -= (size_t)got;
    }
    unread = 0;
}

size_t cgi_body(const struct cgi *cgi, char *room, size_t max)
{
    size_t want = announced_length(cgi->length, max);
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

bool cgi_content_is(const struct cgi *cgi, const char *type)
{
    size_t len = strcspn(cgi->content_type, "; \t");

    return len == strlen(type) && strncasecmp(cgi->content_type, type, len) == 0;
}
