/* SPDX-License-Identifier: MIT */
/* Replies that another program sends. */
#include "buf.h"
#include "cgi_private.h"

static void compose(struct buf *out, const struct cgi_reader *reader, int status,
                    const struct reply_answer *with)
{
    reply_read_by(reader);
    reply_put_answer(out, status, with);
    buf_put(out, with->body, with->len);
}

void cgi_compose(struct buf *out, const struct cgi_reader *reader, int status, const char *type,
                 const char *body, size_t len)
{
    compose(out, reader, status, &(struct reply_answer){.type = type, .body = body, .len = len});
}

void cgi_compose_problem(struct buf *out, const struct cgi_reader *reader, int status, bool bearer,
                         const char *detail)
{
    char room[REPLY_PROBLEM_MAX];
    struct buf body = buf_over(room, sizeof room);
    struct reply_answer with = {.type = "application/problem+json"};

    reply_put_problem(&body, status, NULL, detail);
    with.body = body.data;
    with.len = body.len;
    if (bearer) {
        with.header = "WWW-Authenticate";
        with.value = REPLY_CHALLENGE ", error=\"invalid_token\"";
    }
    compose(out, reader, status, &with);
}
