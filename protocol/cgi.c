/* SPDX-License-Identifier: MIT */
#include "cgi.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/now.h"
#include "base/utf8.h"
#include "cgi_private.h"
#include "json.h"
#include "linger.h"

/* Between the end of patience, when a blocked call fails, and the end of the process. */
#define LAST_WORDS_SEC 2

/* What only cgi_start needs to know. */
struct caller {
    struct origin origin;
    const char *asks_method; /* Access-Control-Request-Method: a preflight */
    char *query;
};

/* The string lies where the kernel, or the visit, put it: clearing the environment leaves it there. */
static char *variable(const char *name)
{
    static char none[1];
    char *value = visit_here() ? visit_variable(name) : getenv(name);

    return value != NULL ? value : none;
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
        .range = variable("HTTP_RANGE"),
        .if_range = variable("HTTP_IF_RANGE"),
        .if_none_match = variable("HTTP_IF_NONE_MATCH"),
        .wants_events =
            list_has(variable("HTTP_ACCEPT"), ",; \t", "text/event-stream", strncasecmp),
    };
    cgi->path += *cgi->path == '/';
    *caller = (struct caller){
        .origin = {.origin = variable("HTTP_ORIGIN"),
                   .site = variable("HTTP_SEC_FETCH_SITE"),
                   .host = variable("HTTP_HOST")},
        .asks_method = variable("HTTP_ACCESS_CONTROL_REQUEST_METHOD"),
        .query = variable("QUERY_STRING"),
    };
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

/* Whether the client means to go on with this connection, and the server is one that would let it wait. */
static bool is_awaited(void)
{
    const char *protocol = variable("SERVER_PROTOCOL");
    const char *connection = variable("HTTP_CONNECTION");

    return strncmp(variable("SERVER_SOFTWARE"), "Apache", 6) == 0 &&
           strcmp(protocol, "HTTP/1.1") == 0 && !list_has(connection, ", \t", "close", strncasecmp);
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

void cgi_die_foreign(void)
{
    cgi_die(403, "This request comes from a foreign site.");
}

void cgi_start(struct cgi *cgi, const char *program, const char *methods, const char *allow_origin)
{
    const char *list = allow_origin != NULL ? allow_origin : "";
    const char *why;
    struct caller caller;
    bool listed;

    take_environment(cgi, &caller);
    if (!visit_here()) {
        body_announce(cgi->length);
        if (is_awaited())
            atexit(linger);
        clearenv();
        set_signals();
    }
    listed = origin_listed(caller.origin.origin, list);
    reply_start(program, listed ? caller.origin.origin : NULL, *list != '\0');
    check_method(cgi, &caller, methods, listed);
    cgi->is_foreign = !origin_may_change(&caller.origin, list);
    if (cgi->is_foreign && !changes_nothing(cgi->method))
        cgi_die_foreign();
    if (form_parse(&cgi->query, 1, caller.query, strlen(caller.query), &why) < 0)
        cgi_die(400, why);
    /* It goes into JSON, where nothing else can be written down. */
    if (!utf8_ok(cgi->user, strlen(cgi->user)))
        cgi_die(400, "The user's name is not UTF-8.");
}

int64_t cgi_clock_ms(void)
{
    return now_us(CLOCK_MONOTONIC) / 1000;
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

bool cgi_content_is(const struct cgi *cgi, const char *type)
{
    size_t len = strcspn(cgi->content_type, "; \t");

    return len == strlen(type) && strncasecmp(cgi->content_type, type, len) == 0;
}
