/* SPDX-License-Identifier: MIT */
#ifndef PROTOCOL_CGI_PRIVATE_H
#define PROTOCOL_CGI_PRIVATE_H

/*
 * What cgi.c, the request, body.c, origin.c, whose page is behind it, reply.c, reply_file.c and
 * stream.c share.
 */

#include <sys/uio.h>

#include "buf.h"
#include "cgi.h"

/* What the browser says about the page that sends the request; "" where it says nothing. */
struct origin {
    const char *origin; /* Origin */
    const char *site;   /* Sec-Fetch-Site */
    const char *host;   /* Host */
};

/* Longer ones are nobody's: a domain name has at most 253 characters. */
#define ORIGIN_MAX 512

/* Whether `origin` is in the space-separated `list`; "" and "null" never are. */
bool origin_listed(const char *origin, const char *list);
/* Whether it names the host that the request was sent to; http and https are alike. */
bool origin_is_host(const char *origin, const char *host);
/* Whether a request with the user's cookies may change something. */
bool origin_may_change(const struct origin *origin, const char *list);

/* Whether one of the words of `list`, divided by any of `separators`, is `word` to `compare`. */
bool list_has(const char *list, const char *separators, const char *word,
              int (*compare)(const char *, const char *, size_t));

/*
 * The operator's name for this program, the foreign origin that may read replies, or NULL, and whether
 * another one might.
 */
void reply_start(const char *program, const char *reader, bool any_reader);
/* 405; `methods` becomes the header Allow. */
_Noreturn void reply_no_method(const char *methods);
/* 416 for a file of `size` bytes. */
_Noreturn void reply_no_range(uint64_t size);
/* 204 to the question that a browser asks before a foreign page may send `methods`. */
_Noreturn void reply_preflight(const char *methods);

/* Bytes of a head; and how long a peer that does not read is borne with. */
#define REPLY_HEAD_MAX 2048
#define REPLY_WRITE_MSEC 30000

/* A problem document's bytes; how a login is asked for. */
#define REPLY_PROBLEM_MAX 2048
#define REPLY_CHALLENGE "Bearer realm=\"spoolchat\""

/* What an answer has besides its status. */
struct reply_answer {
    const char *type; /* NULL: none */
    const char *body;
    size_t len;
    const char *header; /* one more header, name and value; NULL: none */
    const char *value;
};
/* Its whole head; the body of a problem, `field` NULL for one that is about none. */
void reply_put_answer(struct buf *head, int status, const struct reply_answer *with);
void reply_put_problem(struct buf *body, int status, const char *field, const char *detail);
/* Heads from here on are for this one. */
void reply_read_by(const struct cgi_reader *reader);

/* What is remembered of the reply that is being made. */
struct reply_state {
    const char *program; /* NULL before cgi_start */
    const char *reader;
    bool depends_on_origin;
    bool begun;
    bool streaming;
};
extern struct reply_state reply_state;

/* Whether a visit is under way here (visit.h); one of its variables, or NULL; say something to it. -1: it is
 * too much. */
bool visit_here(void);
char *visit_variable(const char *name);
int visit_put(const char *bytes, size_t len);
/* All is said: the end of the visit, or of the program with this status. */
_Noreturn void reply_end(int status);

/* Whether this is the first reply, as it must be. */
bool reply_begin(void);
/* All that every head has, neither its length nor its end; one header more. */
void reply_put_head(struct buf *head, int status, const char *type);
/* The same with this Cache-Control and Content-Security-Policy, and Vary in any case. */
void reply_put_head_with(struct buf *head, int status, const char *type, const char *cache,
                         const char *policy);
/* Whether a foreign origin reads this reply, as it may. */
bool reply_is_foreign(void);
void reply_put_header(struct buf *head, const char *name, const char *value);
/* Send the parts, which it changes, whole. -1: the peer has gone. */
int reply_send(struct iovec *part, int count);
/* Send all within REPLY_WRITE_MSEC. -1 (errno): the peer has gone, or does not read. */
int reply_write(const char *bytes, size_t len);

/* The body that CONTENT_LENGTH says there is. */
void body_announce(const char *length);
/*
 * Take in what is left of the body, within limits: mod_cgid's socket is both ways, and whoever
 * closes it with something unread in it takes his own reply back.
 */
void cgi_discard_body(void);

/* Milliseconds of a clock that only goes forward. */
int64_t cgi_clock_ms(void);
/*
 * Wait until `deadline_ms` for poll's `events` (or the peer's end). 1 ready, 0 too late, -1 errno.
 */
int cgi_await(int fd, short events, int64_t deadline_ms);

#endif
