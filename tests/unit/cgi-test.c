/* SPDX-License-Identifier: MIT */
/*
 * A request is a process: each row runs one in a child, with its environment and its standard
 * input, and looks at what it wrote.
 */
#include "protocol/cgi.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "protocol/json.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define ENV_MAX 8
#define PARTS_MAX 12
#define BODY_MAX 16

struct outcome {
    int status; /* of waitpid */
    char out[65536];
    char err[4096];
};

static void slurp(int fd, char *room, size_t size)
{
    size_t len = 0;
    ssize_t got;

    while (len < size - 1 && (got = read(fd, room + len, size - 1 - len)) > 0)
        len += (size_t)got;
    room[len] = '\0';
    close(fd);
}

static _Noreturn void child(const char *const *env, int in, int out, int err,
                            void (*endpoint)(void))
{
    static char copies[ENV_MAX][256]; /* a query string is decoded where it lies */
    static char *copied[ENV_MAX + 1];

    for (size_t i = 0; i < ENV_MAX && env[i] != NULL; i++) {
        memcpy(copies[i], env[i], strlen(env[i]) + 1);
        copied[i] = copies[i];
    }
    environ = copied;
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    for (int fd = 3; fd < 64; fd++)
        close(fd);
    endpoint();
    _exit(99);
}

/* `hold_input` keeps the sender's end of the body open, as a slow client does. */
static void run(struct outcome *outcome, const char *const *env, const char *body, bool hold_input,
                void (*endpoint)(void))
{
    int in[2];
    int out[2];
    int err[2];
    pid_t pid;

    assert_int_equal(pipe(in) | pipe(out) | pipe(err), 0);
    assert_int_equal(write(in[1], body, strlen(body)), (ssize_t)strlen(body));
    fflush(NULL);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        child(env, in[0], out[1], err[1], endpoint);
    close(in[0]);
    close(out[1]);
    close(err[1]);
    if (!hold_input)
        close(in[1]);
    slurp(out[0], outcome->out, sizeof outcome->out);
    slurp(err[0], outcome->err, sizeof outcome->err);
    if (hold_input)
        close(in[1]);
    assert_int_equal(waitpid(pid, &outcome->status, 0), pid);
}

static struct cgi cgi;

static void start(void)
{
    cgi_start(&cgi, "test", "GET, POST", "https://friend.example https://pal.example");
}

/* Replies with all that it was told. */
static void tells(void)
{
    char room[512];
    struct buf out = buf_over(room, sizeof room);
    const char *const *values[] = {&cgi.method, &cgi.user, &cgi.path, &cgi.content_type,
                                   &cgi.last_event_id};

    start();
    for (size_t i = 0; i < ROWS(values); i++) {
        buf_puts(&out, *values[i]);
        buf_puts(&out, "|");
    }
    buf_puts(&out, cgi.wants_events ? "events|" : "|");
    for (size_t i = 0; i < cgi.query.count; i++) {
        buf_puts(&out, cgi.query.field[i].name);
        buf_puts(&out, "=");
        buf_puts(&out, cgi.query.field[i].value);
        buf_puts(&out, ";");
    }
    buf_puts(&out, getenv("REMOTE_USER") == NULL && environ == NULL ? "|cleared" : "|environment");
    cgi_reply(200, "text/plain", room, out.len);
}

static void echoes(void)
{
    char room[BODY_MAX + 1];
    size_t len;

    start();
    len = cgi_body(&cgi, room, BODY_MAX);
    cgi_reply(room[len] == '\0' ? 200 : 500, "text/plain", room, len);
}

static void says_type(void)
{
    start();
    cgi_reply(cgi_content_is(&cgi, "application/json") ? 201 : 200, NULL, NULL, 0);
}

static void says_bearer(void)
{
    start();
    if (cgi.bearer == NULL)
        cgi_reply(204, NULL, "", 0);
    cgi_reply(200, "text/plain", cgi.bearer, strlen(cgi.bearer));
}

static void bad_bearer(void)
{
    start();
    cgi_die_bearer(401, "invalid_token", "No such token.");
}

static void no_content(void)
{
    start();
    cgi_reply(204, NULL, NULL, 0);
}

static void unauthorized(void)
{
    start();
    cgi_die(401, "Log in.");
}

static void field_error(void)
{
    start();
    cgi_die_field("thread_id", "No \"such\" thread.");
}

static void too_many(void)
{
    start();
    cgi_die_later(429, 17, "Slow down.");
}

static void strange_status(void)
{
    start();
    cgi_die(418, "Tea.");
}

static void streams(void)
{
    start();
    if (cgi_stream_head("text/event-stream") == 0 && cgi_stream_write(":\n\n", 3) == 0)
        cgi_stream_write("data: 1\n\n", 9);
    cgi_warn("thread", "is odd");
    errno = EIO;
    cgi_die_errno("journal"); /* too late for a status */
}

static void full_disk(void)
{
    start();
    errno = ENOSPC;
    cgi_die_errno("journal");
}

static void no_descriptors(void)
{
    start();
    errno = EMFILE;
    cgi_die_errno("journal");
}

static void broken_disk(void)
{
    start();
    errno = EIO;
    cgi_die_errno("journal");
}

#define GET "REQUEST_METHOD=GET"
#define POST "REQUEST_METHOD=POST"
#define HOST "HTTP_HOST=chat.example"
#define PROBLEM "Content-Type: application/problem+json\r\n"
#define COMMON                                                                                     \
    "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nReferrer-Policy: "              \
    "no-referrer\r\nContent-Security-Policy: default-src 'none'\r\n"
#define READABLE                                                                                   \
    "Vary: Origin\r\nAccess-Control-Allow-Origin: https://friend.example\r\n"                      \
    "Access-Control-Allow-Credentials: true\r\nAccess-Control-Expose-Headers: "                    \
    "Accept-Ranges, Allow, Content-Disposition, Content-Range, ETag, Retry-After, "                \
    "WWW-Authenticate\r\n"
#define DETAIL(status, title, detail)                                                              \
    "{\"type\":\"about:blank\",\"title\":\"" title "\",\"status\":" #status                        \
    ",\"detail\":\"" detail "\"}"

/* An environment, a body, who answers, and what must be in the reply, the first at its start. */
static const struct {
    const char *env[ENV_MAX];
    const char *body;
    void (*endpoint)(void);
    const char *parts[PARTS_MAX];
} requests_rows[] = {
    /* What is read. */
    {{GET},
     "",
     tells,
     {"Status: 200 OK\r\n", "\r\nContent-Type: text/plain\r\n", COMMON,
      "\r\nContent-Length: 17\r\n\r\nGET|||||||cleared"}},
    {{GET, "REMOTE_USER=anna", "PATH_INFO=/a/b", "HTTP_LAST_EVENT_ID=7-8",
      "HTTP_ACCEPT=text/html, text/event-stream;q=0.5", "QUERY_STRING=since=1-2&w%61it=+"},
     "",
     tells,
     {"Status: 200", "\r\n\r\nGET|anna|a/b||7-8|events|since=1-2;wait= ;|cleared"}},
    {{GET, "PATH_INFO=token", "HTTP_ACCEPT=*/*", "QUERY_STRING="},
     "",
     tells,
     {"Status: 200", "\r\n\r\nGET||token|||||cleared"}},
    {{GET, "REMOTE_USER=b\xc3\xa4r"}, "", tells, {"Status: 200", "|b\xc3\xa4r|"}},
    {{GET, "REMOTE_USER=b\xe4r"},
     "",
     tells,
     {"Status: 400 Bad Request\r\n", PROBLEM,
      DETAIL(400, "Bad Request", "The user's name is not UTF-8.")}},
    {{GET, "QUERY_STRING=a=%"}, "", tells, {"Status: 400", "A % must be followed"}},
    {{GET, "QUERY_STRING=a=%00"}, "", tells, {"Status: 400", "Fields must be UTF-8"}},
    /* Methods. */
    {{"REQUEST_METHOD=PUT"},
     "",
     tells,
     {"Status: 405 Method Not Allowed\r\n", PROBLEM, COMMON, "\r\nAllow: GET, POST\r\n",
      DETAIL(405, "Method Not Allowed", "This address does not answer to that method.")}},
    {{"REQUEST_METHOD=get"}, "", tells, {"Status: 405"}},
    {{"REQUEST_METHOD="}, "", tells, {"Status: 405"}},
    {{NULL}, "", tells, {"Status: 405"}},
    {{"REQUEST_METHOD=HEAD"}, "", tells, {"Status: 405"}},
    {{"REQUEST_METHOD=OPTIONS"}, "", tells, {"Status: 405", "\r\nAllow: GET, POST\r\n"}},
    /* Other sites. */
    {{POST, HOST, "HTTP_ORIGIN=https://chat.example"}, "", tells, {"Status: 200"}},
    {{POST, HOST, "HTTP_ORIGIN=https://evil.example"},
     "",
     tells,
     {"Status: 403 Forbidden\r\n", PROBLEM, "This request comes from a foreign site."}},
    {{POST, HOST, "HTTP_ORIGIN=null"}, "", tells, {"Status: 403"}},
    {{POST, "HTTP_ORIGIN=https://chat.example"}, "", tells, {"Status: 403"}},
    {{POST, HOST, "HTTP_SEC_FETCH_SITE=cross-site"},
     "",
     tells,
     {"Status: 403", COMMON "Vary: Origin\r\n"}},
    {{GET, HOST, "HTTP_SEC_FETCH_SITE=cross-site"}, "", tells, {"Status: 200"}},
    {{GET, HOST, "HTTP_ORIGIN=https://evil.example"}, "", tells, {"Status: 200"}},
    {{POST, HOST, "HTTP_ORIGIN=https://friend.example", "HTTP_SEC_FETCH_SITE=cross-site"},
     "",
     tells,
     {"Status: 200", READABLE}},
    {{"REQUEST_METHOD=PUT", "HTTP_ORIGIN=https://friend.example"},
     "",
     tells,
     {"Status: 405", READABLE}},
    {{"REQUEST_METHOD=OPTIONS", "HTTP_ORIGIN=https://friend.example",
      "HTTP_ACCESS_CONTROL_REQUEST_METHOD=POST"},
     "",
     tells,
     {"Status: 204 No Content\r\n", COMMON READABLE,
      "\r\nAccess-Control-Allow-Methods: GET, POST\r\n"
      "Access-Control-Allow-Headers: authorization, content-type, if-none-match, if-range, "
      "last-event-id, range\r\n"
      "Access-Control-Max-Age: 7200\r\n\r\n"}},
    {{"REQUEST_METHOD=OPTIONS", "HTTP_ORIGIN=https://evil.example",
      "HTTP_ACCESS_CONTROL_REQUEST_METHOD=POST"},
     "",
     tells,
     {"Status: 405"}},
    {{"REQUEST_METHOD=OPTIONS", "HTTP_ORIGIN=https://friend.example"},
     "",
     tells,
     {"Status: 405", READABLE}},
    /* Tokens in a header. */
    {{GET, "HTTP_AUTHORIZATION=Bearer abc"}, "", says_bearer, {"Status: 200", "\r\n\r\nabc"}},
    {{GET, "HTTP_AUTHORIZATION=bEARER   abc d"}, "", says_bearer, {"Status: 200", "\r\n\r\nabc d"}},
    {{GET, "HTTP_AUTHORIZATION=Bearer"}, "", says_bearer, {"Status: 200", "\r\n\r\n"}},
    {{GET, "HTTP_AUTHORIZATION=Bearer "}, "", says_bearer, {"Status: 200", "\r\n\r\n"}},
    {{GET, "REDIRECT_HTTP_AUTHORIZATION=Bearer abc"},
     "",
     says_bearer,
     {"Status: 200", "\r\n\r\nabc"}},
    {{GET, "HTTP_AUTHORIZATION=Basic eDp5", "REDIRECT_HTTP_AUTHORIZATION=Bearer abc"},
     "",
     says_bearer,
     {"Status: 204"}},
    {{GET, "HTTP_AUTHORIZATION=Basic eDp5"}, "", says_bearer, {"Status: 204"}},
    {{GET, "HTTP_AUTHORIZATION=Basic eDp5, Bearer abc"}, "", says_bearer, {"Status: 204"}},
    {{GET, "HTTP_AUTHORIZATION=Bearerabc"}, "", says_bearer, {"Status: 204"}},
    {{GET, "HTTP_AUTHORIZATION=Bear abc"}, "", says_bearer, {"Status: 204"}},
    {{GET, "HTTP_AUTHORIZATION="}, "", says_bearer, {"Status: 204"}},
    {{GET}, "", says_bearer, {"Status: 204"}},
    /* Bodies. */
    {{POST, "CONTENT_LENGTH=5"}, "hello", echoes, {"Status: 200", "\r\n\r\nhello"}},
    {{POST, "CONTENT_LENGTH=0"}, "", echoes, {"Status: 200", "Content-Length: 0\r\n\r\n"}},
    {{POST, "CONTENT_LENGTH=0005"}, "hello", echoes, {"Status: 200", "\r\n\r\nhello"}},
    {{POST, "CONTENT_LENGTH=2"}, "hello", echoes, {"Status: 200", "Length: 2\r\n\r\nhe"}},
    {{POST, "CONTENT_LENGTH=16"}, "0123456789abcdef", echoes, {"Status: 200", "abcdef"}},
    {{POST, "CONTENT_LENGTH=17"},
     "",
     echoes,
     {"Status: 413 Content Too Large\r\n", "The body is too large."}},
    {{POST, "CONTENT_LENGTH=20"}, "", echoes, {"Status: 413"}},
    {{POST, "CONTENT_LENGTH=99"}, "", echoes, {"Status: 413"}},
    {{POST, "CONTENT_LENGTH=18446744073709551616"}, "", echoes, {"Status: 413"}},
    {{POST, "CONTENT_LENGTH=99999999999999999999999999999"}, "", echoes, {"Status: 413"}},
    {{POST}, "hello", echoes, {"Status: 411 Length Required\r\n", "Content-Length is missing"}},
    {{POST, "CONTENT_LENGTH="}, "hello", echoes, {"Status: 411"}},
    {{POST, "CONTENT_LENGTH=-1"}, "", echoes, {"Status: 400", "Content-Length is no number."}},
    {{POST, "CONTENT_LENGTH=+5"}, "hello", echoes, {"Status: 400"}},
    {{POST, "CONTENT_LENGTH= 5"}, "hello", echoes, {"Status: 400"}},
    {{POST, "CONTENT_LENGTH=5 "}, "hello", echoes, {"Status: 400"}},
    {{POST, "CONTENT_LENGTH=5,5"}, "hello", echoes, {"Status: 400"}},
    {{POST, "CONTENT_LENGTH=0x5"}, "hello", echoes, {"Status: 400"}},
    {{POST, "CONTENT_LENGTH=5.0"}, "hello", echoes, {"Status: 400"}},
    {{POST, "CONTENT_LENGTH=6"},
     "hello",
     echoes,
     {"Status: 400", "The body is shorter than its Content-Length."}},
    /* Content types. */
    {{POST, "CONTENT_TYPE=application/json"},
     "",
     says_type,
     {"Status: 201 Created\r\n", "Content-Length: 0\r\n\r\n"}},
    {{POST, "CONTENT_TYPE=Application/JSON; charset=utf-8"}, "", says_type, {"Status: 201"}},
    {{POST, "CONTENT_TYPE=application/json;x"}, "", says_type, {"Status: 201"}},
    {{POST, "CONTENT_TYPE=application/json ; x"}, "", says_type, {"Status: 201"}},
    {{POST, "CONTENT_TYPE=application/jsonp"}, "", says_type, {"Status: 200"}},
    {{POST, "CONTENT_TYPE=application/jso"}, "", says_type, {"Status: 200"}},
    {{POST, "CONTENT_TYPE=text/plain; application/json"}, "", says_type, {"Status: 200"}},
    {{POST, "CONTENT_TYPE=text/plain,application/json"}, "", says_type, {"Status: 200"}},
    {{POST}, "", says_type, {"Status: 200"}},
    /* Endings. */
    {{GET},
     "",
     unauthorized,
     {"Status: 401 Unauthorized\r\n", "\r\nWWW-Authenticate: Bearer realm=\"spoolchat\"\r\n",
      DETAIL(401, "Unauthorized", "Log in.")}},
    {{GET},
     "",
     bad_bearer,
     {"Status: 401 Unauthorized\r\n",
      "\r\nWWW-Authenticate: Bearer realm=\"spoolchat\", error=\"invalid_token\"\r\n",
      DETAIL(401, "Unauthorized", "No such token.")}},
    {{GET},
     "",
     field_error,
     {"Status: 400 Bad Request\r\n", "\"detail\":\"No \\\"such\\\" thread.\","
                                     "\"errors\":{\"thread_id\":[\"No \\\"such\\\" thread.\"]}}"}},
    {{GET},
     "",
     too_many,
     {"Status: 429 Too Many Requests\r\n", "\r\nRetry-After: 17\r\n",
      DETAIL(429, "Too Many Requests", "Slow down.")}},
    {{GET}, "", strange_status, {"Status: 418 Other\r\n"}},
    {{GET},
     "",
     full_disk,
     {"Status: 507 Insufficient Storage\r\n", "\r\nRetry-After: 60\r\n",
      "There is no space left."}},
    {{GET},
     "",
     no_descriptors,
     {"Status: 503 Service Unavailable\r\n", "\r\nRetry-After: 5\r\n", "The server is busy."}},
    {{GET, "HTTP_ORIGIN=https://friend.example"},
     "",
     broken_disk,
     {"Status: 500 Internal Server Error\r\n", READABLE}},
};

static void requests(void **state)
{
    static struct outcome outcome;
    int wrong = 0;

    (void)state;
    for (size_t i = 0; i < ROWS(requests_rows); i++) {
        const char *head_end;
        run(&outcome, requests_rows[i].env, requests_rows[i].body, false,
            requests_rows[i].endpoint);
        head_end = strstr(outcome.out, "\r\n\r\n");
        for (size_t p = 0; p < PARTS_MAX && requests_rows[i].parts[p] != NULL; p++) {
            const char *found = strstr(outcome.out, requests_rows[i].parts[p]);
            if (found != NULL && (p > 0 || found == outcome.out))
                continue;
            print_error("row %zu: no %s in\n%s\n", i, requests_rows[i].parts[p], outcome.out);
            wrong++;
        }
        if (outcome.status != 0 || head_end == NULL) {
            print_error("row %zu: ended with %x\n%s", i, (unsigned)outcome.status, outcome.err);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

/* The length that is announced, in every reply that has one, is the body's. */
static void lengths(void **state)
{
    static const char *const env[ENV_MAX] = {GET};
    static void (*const endpoints[])(void) = {tells,     unauthorized, field_error, too_many,
                                              full_disk, broken_disk,  says_type,   no_content};
    static struct outcome outcome;

    (void)state;
    for (size_t i = 0; i < ROWS(endpoints); i++) {
        const char *body;
        const char *length;
        run(&outcome, env, "", false, endpoints[i]);
        body = strstr(outcome.out, "\r\n\r\n");
        length = strstr(outcome.out, "Content-Length: ");
        assert_non_null(body);
        body += 4;
        if (length != NULL)
            assert_int_equal(strtoul(length + 16, NULL, 10), strlen(body));
        else
            assert_string_equal(body, "");
        if (*body == '{') {
            struct json json;
            assert_int_equal(json_parse(&json, body, strlen(body), NULL), 0);
            json_drop(&json);
        }
    }
}

static void for_the_operator(void **state)
{
    static const char *const env[ENV_MAX] = {GET, "REMOTE_USER=anna"};
    static struct outcome outcome;

    (void)state;
    run(&outcome, env, "", false, broken_disk);
    assert_string_equal(outcome.err, "spoolchat test: journal: Input/output error\n");
    run(&outcome, env, "", false, unauthorized);
    assert_string_equal(outcome.err, "");
}

static void stream(void **state)
{
    static const char *const env[ENV_MAX] = {GET, "HTTP_ORIGIN=https://friend.example"};
    static struct outcome outcome;

    (void)state;
    run(&outcome, env, "", false, streams);
    assert_string_equal(outcome.out,
                        "Status: 200 OK\r\nContent-Type: text/event-stream\r\n" COMMON READABLE
                        "X-Accel-Buffering: no\r\n\r\n:\n\ndata: 1\n\n");
    assert_string_equal(outcome.err, "spoolchat test: thread: is odd\n"
                                     "spoolchat test: journal: Input/output error\n");
    assert_int_equal(WEXITSTATUS(outcome.status), 1);
}

static void early_write(void)
{
    start();
    cgi_stream_write("x", 1);
}

static void head_first(void **state)
{
    static const char *const env[ENV_MAX] = {GET};
    static struct outcome outcome;

    (void)state;
    run(&outcome, env, "", false, early_write);
    assert_true(WIFSIGNALED(outcome.status));
    assert_int_equal(WTERMSIG(outcome.status), SIGABRT);
    assert_string_equal(outcome.out, "");
}

/* More than a pipe holds, to a reader that starts late; then to one that has gone. */
static void large_stream(void)
{
    static char page[60000];

    start();
    memset(page, 'x', sizeof page);
    if (cgi_stream_head("text/plain") < 0 || cgi_stream_write(page, sizeof page) < 0)
        _exit(1);
    _exit(0);
}

static void large(void **state)
{
    static const char *const env[ENV_MAX] = {GET};
    static struct outcome outcome;

    (void)state;
    run(&outcome, env, "", false, large_stream);
    assert_int_equal(outcome.status, 0);
    assert_int_equal(strlen(strstr(outcome.out, "\r\n\r\n")), 60004);
}

static void writes_to_nobody(void)
{
    int ends[2];

    start();
    if (pipe(ends) < 0 || dup2(ends[1], STDOUT_FILENO) < 0)
        _exit(1);
    if (cgi_stream_head("text/plain") < 0)
        _exit(2);
    close(ends[0]);
    errno = 0;
    _exit(cgi_stream_write("x", 1) == -1 && errno == EPIPE ? 0 : 3);
}

static void peer_gone(void **state)
{
    static const char *const env[ENV_MAX] = {GET};
    static struct outcome outcome;

    (void)state;
    run(&outcome, env, "", false, writes_to_nobody);
    assert_int_equal(outcome.status, 0);
}

static void late_body(void **state)
{
    static const char *const env[ENV_MAX] = {POST, "CONTENT_LENGTH=6"};
    static struct outcome outcome;

    (void)state;
    if (CGI_BODY_MSEC > 5000)
        skip(); /* a build that is not for tests */
    run(&outcome, env, "hello", true, echoes);
    assert_non_null(strstr(outcome.out, "Status: 408 Request Timeout\r\n"));
    assert_non_null(strstr(outcome.out, "The body did not come in time."));
}

/* The deadline comes while a lock is waited for, and there is still time to say so. */
static void waits_for_a_lock(void)
{
    struct itimerval soon = {.it_value = {.tv_usec = 300000}};
    struct sigaction after;
    int mine = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int other = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

    start();
    if (getitimer(ITIMER_REAL, &soon) < 0 || soon.it_value.tv_sec < CGI_DEADLINE_SEC - 2)
        _exit(1);
    soon = (struct itimerval){.it_value = {.tv_usec = 300000}};
    if (setitimer(ITIMER_REAL, &soon, NULL) < 0 || flock(mine, LOCK_SH) < 0)
        _exit(2);
    if (flock(other, LOCK_EX) == 0)
        _exit(3);
    if (errno != EINTR || sigaction(SIGALRM, NULL, &after) < 0 || after.sa_handler != SIG_DFL ||
        getitimer(ITIMER_REAL, &soon) < 0 || soon.it_value.tv_sec > 2 ||
        soon.it_value.tv_sec + soon.it_value.tv_usec == 0)
        _exit(4);
    errno = EINTR;
    cgi_die_errno("lock");
}

static void deadline(void **state)
{
    static const char *const env[ENV_MAX] = {GET};
    static struct outcome outcome;

    (void)state;
    run(&outcome, env, "", false, waits_for_a_lock);
    assert_int_equal(outcome.status, 0);
    assert_non_null(strstr(outcome.out, "Status: 503 Service Unavailable\r\n"));
    assert_non_null(strstr(outcome.out, "Retry-After: "));
    assert_string_equal(outcome.err, "spoolchat test: lock: Interrupted system call\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests),
        cmocka_unit_test(lengths),
        cmocka_unit_test(for_the_operator),
        cmocka_unit_test(stream),
        cmocka_unit_test(large),
        cmocka_unit_test(head_first),
        cmocka_unit_test(peer_gone),
        cmocka_unit_test(late_body),
        cmocka_unit_test(deadline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
