/* SPDX-License-Identifier: MIT */
#ifndef PROTOCOL_CGI_H
#define PROTOCOL_CGI_H

/*
 * One CGI request (RFC 3875) in, one reply out. The only place that reads CGI variables. A program
 * calls cgi_start, then one of the takers of input, and ends in exactly one cgi_reply or cgi_die*;
 * a stream uses cgi_stream_head and cgi_stream_write instead. All cgi_die* answer with a problem
 * document (RFC 9457) and exit; before a reply's head nothing is written, after it nothing but its
 * body.
 *
 * In a program that goes on, a request is a visit (visit.h): its variables come, and its reply goes, another
 * way, and what is said to end the program here ends the visit.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "buf.h"
#include "form.h"

/* No request takes longer, its reading, its locks and its reply together; streams set their own
 * bounds. */
#define CGI_DEADLINE_SEC 30
/* The whole body must have come by then. A test build lowers it. */
#ifndef CGI_BODY_MSEC
#define CGI_BODY_MSEC 15000
#endif
/* A body that is read piece by piece: so many bytes of it in that time, and all of it in this. */
#define CGI_BODY_STEP 16384
#define CGI_UPLOAD_SEC 1800

struct cgi {
    const char *method;        /* "" when the server gave none */
    const char *user;          /* REMOTE_USER; "" when nobody is logged in */
    const char *path;          /* PATH_INFO without its leading slash; "" when absent */
    const char *content_type;  /* "" when absent */
    const char *last_event_id; /* header Last-Event-ID; "" when absent */
    const char *bearer;        /* what `Authorization: Bearer` brings (RFC 6750); NULL without.
                                  A secret; for no log */
    const char *length;        /* CONTENT_LENGTH as it came; "" when absent */
    const char *range;         /* headers Range, If-Range, If-None-Match; "" when absent */
    const char *if_range;
    const char *if_none_match;
    bool wants_events; /* Accept names text/event-stream */
    bool is_foreign;   /* a browser sends it on behalf of a foreign site, see cgi_start */
    struct form query;
};

/* What the executable is called in the operator's log, for what goes wrong before cgi_start. */
void cgi_name(const char *program);

/*
 * Take the environment in and clear it, ignore SIGPIPE, set the deadline (a lock waited for too
 * long ends in EINTR, which cgi_die_errno calls 503; anything else that lasts is killed a moment
 * later); of all that a visit does the first part only. Then: `methods` is what the endpoint
 * answers to, as in an Allow header ("GET, POST"); anything else ends in 405, but a preflight
 * (OPTIONS) for an origin in `allow_origin` (space-separated, NULL for none) in 204. Such an origin
 * may read every reply from here on. A request that a browser sends on behalf of a foreign site
 * (Sec-Fetch-Site: cross-site; same-site without an Origin; or an Origin that is neither this host
 * nor in `allow_origin`) ends in 403 unless it is a GET. A damaged query string, or a REMOTE_USER
 * that is no UTF-8, ends in 400. `program` names the executable in the operator's log.
 */
void cgi_start(struct cgi *cgi, const char *program, const char *methods, const char *allow_origin);

/*
 * The body, read whole: CONTENT_LENGTH must be there (411), digits only (400), at most `max` (413);
 * short is 400, late 408. `room` has space for max + 1 bytes; returns the length.
 */
size_t cgi_body(const struct cgi *cgi, char *room, size_t max);
/* Whether what has been announced, and a NUL, needs no more room than that; before it is read. */
bool cgi_body_fits(size_t size);

/* A body of any size, in pieces. */
struct cgi_body {
    uint64_t left; /* bytes of the announced ones that have not been read */
    int64_t end_ms;
    int64_t step_ms;
    size_t step_left;
};

/*
 * Begin: CONTENT_LENGTH as for cgi_body; `left` is the whole length then. The process's deadline is
 * moved, and starts anew for the rest of the work when the body's end has been read.
 */
void cgi_body_open(const struct cgi *cgi, struct cgi_body *body, uint64_t max);
/*
 * The next piece: 1 to `size` bytes, 0 when the body has been read, or -1: errno, ENODATA it is
 * short, ETIMEDOUT too slow. It comes back instead of answering so that the caller can tidy up;
 * cgi_body_die then answers, by errno (400, 408).
 */
ssize_t cgi_body_next(struct cgi_body *body, char *room, size_t size);
_Noreturn void cgi_body_die(void);

/* Whether Content-Type is `type` ("application/json"), parameters aside, in any case. */
bool cgi_content_is(const struct cgi *cgi, const char *type);

/* Write head and body at once: status, our header set, Content-Type (NULL and len 0: none), and
 * exit 0. */
_Noreturn void cgi_reply(int status, const char *type, const char *body, size_t len);

/* The same, but comes back when all is on its way: 0, or -1 when the peer did not take it. */
int cgi_send(int status, const char *type, const char *body, size_t len);

/* A file as it lies on the disk. */
struct cgi_file {
    int fd;
    uint64_t size;           /* bytes, all of which can be read */
    const char *type;        /* Content-Type */
    const char *etag;        /* with its quotes; strong */
    const char *disposition; /* Content-Disposition */
};

/*
 * Reply with it, a piece at a time: 200, 206 for what Range asks for, 304 when the client has it,
 * 416; the head alone to HEAD. A peer who takes nothing for 30 s is left.
 */
_Noreturn void cgi_reply_file(const struct cgi *cgi, const struct cgi_file *file);

/*
 * A problem document with this status and this sentence, which may quote nothing from the client.
 */
_Noreturn void cgi_die(int status, const char *detail);
/* 403, because it is_foreign. */
_Noreturn void cgi_die_foreign(void);
/* The same with `Retry-After: seconds`. */
_Noreturn void cgi_die_later(int status, unsigned seconds, const char *detail);
/* 400 with {"errors": {field: [detail]}} in the problem document. */
_Noreturn void cgi_die_field(const char *field, const char *detail);
/*
 * What is wrong with the way a token came (RFC 6750, section 3.1): 401 "invalid_token" or 400
 * "invalid_request", named in WWW-Authenticate.
 */
_Noreturn void cgi_die_bearer(int status, const char *error, const char *detail);
/*
 * The machine's fault: errno becomes a status (ENOSPC, EDQUOT 507; EINTR, EAGAIN, EMFILE, ENFILE,
 * ENOMEM, ETXTBSY 503; both with Retry-After; else 500) and one line on stderr, "spoolchat
 * <program>: <object>: <error>". `object` is for the operator only.
 */
_Noreturn void cgi_die_errno(const char *object);

/* One line for the operator; the request goes on. Never a token, never client bytes in `object`. */
void cgi_warn(const char *object, const char *what);

/* The head of a reply without a length; written at once. From here on only cgi_stream_write. -1:
 * peer gone. */
int cgi_stream_head(const char *type);
/* Write all, within 30 s. -1 (errno): the peer has gone, or does not read. */
int cgi_stream_write(const char *bytes, size_t len);
/* Whether the web server has still to take something of what was written. */
bool cgi_stream_unread(void);
/* Whether it has closed its end, or does within `msec`; and, now, without having taken all. */
bool cgi_stream_goes(int64_t msec);
bool cgi_stream_lost(void);

/* Of which foreign origin the page is that reads the reply, NULL: of none; whether one might. */
struct cgi_reader {
    const char *origin;
    bool any;
};
/* This request's. */
struct cgi_reader cgi_reader(void);

/*
 * Append the whole reply, head and body, that cgi_send would send: for whoever answers in place of
 * the program that took the request. cgi_compose_problem: what cgi_die, or `bearer`, cgi_die_bearer
 * with "invalid_token" would.
 */
void cgi_compose(struct buf *out, const struct cgi_reader *reader, int status, const char *type,
                 const char *body, size_t len);
void cgi_compose_problem(struct buf *out, const struct cgi_reader *reader, int status, bool bearer,
                         const char *detail);

#endif
