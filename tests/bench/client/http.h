/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CLIENT_HTTP_H
#define BENCH_CLIENT_HTTP_H

/*
 * As much of an HTTP/1.1 client as a load generator needs: one connection, one request at a time,
 * bodies read as they come, whether their length is announced, they are chunked, or end with the
 * connection. Calls block. Nothing is allocated.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Where a URL leads. */
struct http_target {
    char host[64]; /* a dotted quad */
    unsigned port;
    char path[2048]; /* and query */
};

/* "http://127.0.0.1:8080/path?query"; -1: not of this form, or too long. */
int http_target(struct http_target *target, const char *url);

enum http_framing { HTTP_LENGTH, HTTP_CHUNKED, HTTP_TO_END };

struct http {
    int fd; /* -1: no connection */
    int status;
    bool kept; /* the server will take another request after this body */
    enum http_framing framing;
    uint64_t left;    /* of the body, or of its chunk */
    bool first_chunk; /* no chunk has been read yet, so no line end stands before its length */
    bool over;        /* the body has been read */
    size_t have, at;  /* in `room`: received, and consumed of that */
    char room[16 * 1024];
};

/* Begin with this; no descriptor is open then. */
void http_init(struct http *http);

/* A connection, unless there is one. -1 with errno. */
int http_connect(struct http *http, const struct http_target *target);
void http_close(struct http *http);

/*
 * The text of a request into `out`; its length, or -1 when there is no room. `body` NULL: GET, else
 * POST with `type`. `user` NULL or empty: no login; HTTP_TOKEN: the password is a token of ours.
 * `accept` NULL: anything.
 */
#define HTTP_TOKEN "-"
struct http_request {
    const struct http_target *target;
    const char *path; /* NULL: the target's */
    const char *user;
    const char *password;
    const char *accept;
    const char *more; /* header lines, each with its end; NULL: none */
    const char *type;
    const char *body;
    bool keep;
};
ssize_t http_print(char *out, size_t size, const struct http_request *request);

/* Send it whole. -1 with errno. */
int http_send(struct http *http, const char *text, size_t len);

/* Wait for the head of the reply; its status. -1: the connection broke or it made no sense. */
int http_head(struct http *http);

/* What has come of the body, at most `size` bytes, at least one; 0: that was all of it; -1. */
ssize_t http_body(struct http *http, char *out, size_t size);

/* The rest of the body, thrown away; then the connection is closed unless it is kept. -1: it broke.
 */
int http_finish(struct http *http);

#endif
