/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CLIENT_REPLY_H
#define BENCH_CLIENT_REPLY_H

/*
 * A reply of HTTP/1.1, read from whatever pieces it comes in: for those who hold thousands of
 * connections and block on none. (http.h is for those who have one.)
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum reply_part { REPLY_HEAD, REPLY_BODY, REPLY_LENGTH, REPLY_CHUNK_END, REPLY_TRAILER };

struct reply {
    enum reply_part part;
    bool over; /* all of it has been read */
    bool kept; /* the server will take another request on this connection */
    int status;
    bool chunked, to_end;
    uint64_t left;     /* of the body, or of its chunk */
    char etag[64];     /* as it came; "" when there was none */
    char modified[64]; /* Last-Modified */
    size_t line_len;
    char line[512]; /* longer ones are cut: nothing we read is so long */
};

/* Before each reply. */
void reply_begin(struct reply *reply);

/* Whether the head has been read. */
bool reply_has_head(const struct reply *reply);

/*
 * Take `len` bytes. What is body goes to `out`, which has room for `len`, and `*out_len` says how
 * much. -1: this is no HTTP, or something follows the end of the reply.
 */
int reply_take(struct reply *reply, const char *in, size_t len, char *out, size_t *out_len);

/* The connection has ended. 0: so has the reply; -1: it is cut off. */
int reply_end(struct reply *reply);

#endif
