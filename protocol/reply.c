/* SPDX-License-Identifier: MIT */
/* What goes back: the head with its fixed set of headers, bodies, problem documents. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "buf.h"
#include "cgi_private.h"
#include "json.h"

/* What a foreign page may read beside what every page may (Fetch, section 3.2.3). */
#define READABLE_HEADERS                                                                           \
    "Accept-Ranges, Allow, Content-Disposition, Content-Range, ETag, Retry-After, "                \
    "WWW-Authenticate"
/* And send. */
#define WRITABLE_HEADERS                                                                           \
    "authorization, content-type, if-none-match, if-range, last-event-id, range"
#define RETRY_BUSY_SEC 5  /* a lock or a descriptor may be free again */
#define RETRY_FULL_SEC 60 /* space comes only when somebody makes some */

struct reply_state reply_state;

void cgi_name(const char *program)
{
    reply_state.program = program;
}

void reply_start(const char *program, const char *reader, bool any_reader)
{
    reply_state.program = program;
    reply_state.reader = reader;
    reply_state.depends_on_origin = any_reader;
}

void reply_read_by(const struct cgi_reader *reader)
{
    reply_state.reader = reader->origin;
    reply_state.depends_on_origin = reader->any;
}

struct cgi_reader cgi_reader(void)
{
    return (struct cgi_reader){reply_state.reader, reply_state.depends_on_origin};
}

bool reply_begin(void)
{
    bool first = !reply_state.begun;

    reply_state.begun = true;
    return first;
}

static const char *phrase(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } table[] = {
        {200, "OK"},
        {201, "Created"},
        {204, "No Content"},
        {206, "Partial Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {503, "Service Unavailable"},
        {507, "Insufficient Storage"},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].status == status)
            return table[i].phrase;
    return "Other";
}

void reply_put_header(struct buf *head, const char *name, const char *value)
{
    buf_puts(head, name);
    buf_puts(head, ": ");
    buf_puts(head, value);
    buf_puts(head, "\r\n");
}

bool reply_is_foreign(void)
{
    return reply_state.reader != NULL;
}

static void put_head(struct buf *head, int status, const char *type, const char *cache,
                     const char *policy)
{
    buf_puts(head, "Status: ");
    buf_putu(head, (uint64_t)status);
    buf_puts(head, " ");
    buf_puts(head, phrase(status));
    buf_puts(head, "\r\n");
    if (type != NULL)
        reply_put_header(head, "Content-Type", type);
    reply_put_header(head, "X-Content-Type-Options", "nosniff");
    reply_put_header(head, "Cache-Control", cache);
    reply_put_header(head, "Referrer-Policy", "no-referrer");
    reply_put_header(head, "Content-Security-Policy", policy);
    /* Also for whoever may not read it: a cache would give it to who may. */
    if (reply_state.depends_on_origin)
        reply_put_header(head, "Vary", "Origin");
    if (reply_state.reader == NULL)
        return;
    reply_put_header(head, "Access-Control-Allow-Origin", reply_state.reader);
    reply_put_header(head, "Access-Control-Allow-Credentials", "true");
    reply_put_header(head, "Access-Control-Expose-Headers", READABLE_HEADERS);
}

void reply_put_head(struct buf *head, int status, const char *type)
{
    put_head(head, status, type, "no-store", "default-src 'none'");
}

void reply_put_head_with(struct buf *head, int status, const char *type, const char *cache,
                         const char *policy)
{
    put_head(head, status, type, cache, policy);
}

/* Somebody has made our output non-blocking. */
static bool becomes_writable(void)
{
    return cgi_await(STDOUT_FILENO, POLLOUT, cgi_clock_ms() + REPLY_WRITE_MSEC) > 0;
}

int reply_send(struct iovec *part, int count)
{
    if (visit_here()) {
        for (; count > 0; count--, part++)
            if (visit_put(part->iov_base, part->iov_len) == -1)
                return -1;
        return 0;
    }
    while (count > 0) {
        ssize_t sent = writev(STDOUT_FILENO, part, count);
        if (sent < 0 && (errno == EINTR || (errno == EAGAIN && becomes_writable())))
            sent = 0;
        if (sent < 0)
            return -1;
        for (; count > 0 && (size_t)sent >= part->iov_len; count--, part++)
            sent -= (ssize_t)part->iov_len;
        if (count > 0) {
            part->iov_base = (char *)part->iov_base + sent;
            part->iov_len -= (size_t)sent;
        }
    }
    return 0;
}

void reply_put_answer(struct buf *head, int status, const struct reply_answer *with)
{
    reply_put_head(head, status, with->type);
    if (with->header != NULL)
        reply_put_header(head, with->header, with->value);
    if (status != 204) { /* RFC 9110, section 8.6 */
        buf_puts(head, "Content-Length: ");
        buf_putu(head, with->len);
        buf_puts(head, "\r\n");
    }
    buf_puts(head, "\r\n");
}

static int send_answer(int status, const struct reply_answer *with)
{
    char room[REPLY_HEAD_MAX];
    struct buf head = buf_over(room, sizeof room);
    struct iovec parts[2] = {{.iov_base = room},
                             {.iov_base = (void *)with->body, .iov_len = with->len}};

    if (!reply_begin()) /* then a status can only be told to the operator */
        reply_end(1);
    cgi_discard_body();
    reply_put_answer(&head, status, with);
    parts[0].iov_len = head.len;
    return reply_send(parts, 2);
}

static _Noreturn void answer(int status, const struct reply_answer *with)
{
    (void)send_answer(status, with);
    reply_end(0);
}

int cgi_send(int status, const char *type, const char *body, size_t len)
{
    return send_answer(status, &(struct reply_answer){.type = type, .body = body, .len = len});
}

void cgi_reply(int status, const char *type, const char *body, size_t len)
{
    answer(status, &(struct reply_answer){.type = type, .body = body, .len = len});
}

static void put_member(struct buf *body, const char *before, const char *string)
{
    buf_puts(body, before);
    json_put_string(body, string, strlen(string));
}

/* RFC 9457. */
void reply_put_problem(struct buf *body, int status, const char *field, const char *detail)
{
    put_member(body, "{\"type\":\"about:blank\",\"title\":", phrase(status));
    buf_puts(body, ",\"status\":");
    buf_putu(body, (uint64_t)status);
    put_member(body, ",\"detail\":", detail);
    if (field != NULL) {
        put_member(body, ",\"errors\":{", field);
        put_member(body, ":[", detail);
        buf_puts(body, "]}");
    }
    buf_puts(body, "}");
}

static _Noreturn void problem(int status, const char *field, const char *detail, const char *header,
                              const char *value)
{
    char room[REPLY_PROBLEM_MAX];
    struct buf body = buf_over(room, sizeof room);

    reply_put_problem(&body, status, field, detail);
    answer(status, &(struct reply_answer){.type = "application/problem+json",
                                          .body = body.full ? "{}" : body.data,
                                          .len = body.full ? 2 : body.len,
                                          .header = header,
                                          .value = value});
}

void cgi_die(int status, const char *detail)
{
    if (status == 401) /* RFC 9110, section 15.5.2 */
        problem(status, NULL, detail, "WWW-Authenticate", REPLY_CHALLENGE);
    problem(status, NULL, detail, NULL, NULL);
}

void cgi_die_bearer(int status, const char *error, const char *detail)
{
    char room[96];
    struct buf value = buf_over(room, sizeof room);

    buf_puts(&value, REPLY_CHALLENGE ", error=\"");
    buf_puts(&value, error);
    buf_put(&value, "\"", 2);
    problem(status, NULL, detail, "WWW-Authenticate", value.full ? REPLY_CHALLENGE : room);
}

void cgi_die_field(const char *field, const char *detail)
{
    problem(400, field, detail, NULL, NULL);
}

void cgi_die_later(int status, unsigned seconds, const char *detail)
{
    char digits[24];
    struct buf value = buf_over(digits, sizeof digits);

    buf_putu(&value, seconds);
    buf_put(&value, "", 1);
    problem(status, NULL, detail, "Retry-After", digits);
}

void reply_no_method(const char *methods)
{
    problem(405, NULL, "This address does not answer to that method.", "Allow", methods);
}

void reply_no_range(uint64_t size)
{
    char room[48];
    struct buf value = buf_over(room, sizeof room);

    buf_puts(&value, "bytes */");
    buf_putu(&value, size);
    buf_put(&value, "", 1);
    problem(416, NULL, "The range begins behind the end.", "Content-Range", room);
}

void reply_preflight(const char *methods)
{
    char room[REPLY_HEAD_MAX];
    struct buf value = buf_over(room, sizeof room);

    /* Three headers for the price of one: `answer` has room for a single one. */
    buf_puts(&value, methods);
    buf_puts(&value, "\r\nAccess-Control-Allow-Headers: " WRITABLE_HEADERS);
    buf_puts(&value, "\r\nAccess-Control-Max-Age: 7200");
    buf_put(&value, "", 1);
    answer(204, &(struct reply_answer){.header = "Access-Control-Allow-Methods", .value = room});
}

void cgi_warn(const char *object, const char *what)
{
    char room[512];
    struct buf line = buf_over(room, sizeof room - 1);
    ssize_t ignored;

    buf_puts(&line, reply_state.program != NULL ? "spoolchat " : "spoolchat");
    buf_puts(&line, reply_state.program != NULL ? reply_state.program : "");
    buf_puts(&line, ": ");
    buf_puts(&line, object);
    buf_puts(&line, ": ");
    buf_puts(&line, what);
    line.data[line.len++] = '\n';
    ignored = write(STDERR_FILENO, line.data, line.len);
    (void)ignored; /* there is nobody else to tell */
}

void cgi_die_errno(const char *object)
{
    int error = errno;

    cgi_warn(object, strerror(error));
    switch (error) {
    case ENOSPC:
    case EDQUOT:
        cgi_die_later(507, RETRY_FULL_SEC, "There is no space left.");
    case EINTR:
    case EAGAIN:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ETXTBSY:
        cgi_die_later(503, RETRY_BUSY_SEC, "The server is busy.");
    default:
        cgi_die(500, "The server has a fault, which its operator can read about in its log.");
    }
}
