/* SPDX-License-Identifier: MIT */
#ifndef CHAT_ENDPOINT_H
#define CHAT_ENDPOINT_H

/*
 * How every endpoint begins: the spool opened, the request taken in, and known who asks. This
 * folder is where JSON meets files for whatever more than one program needs; it prints nothing but
 * through protocol/cgi.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "protocol/cgi.h"
#include "spool/spool.h"

struct endpoint {
    struct spool spool;
    struct cgi cgi;
    struct user me;
    const char *token; /* from the path or the header; NULL when the web server has authenticated */
    int64_t left_ms;   /* of the token */
    unsigned without;  /* for spool_open_without; to be set before endpoint_start */
};

/* Open the spool (before any input is read), take the request in. Ends the program when either
 * fails. */
void endpoint_start(struct endpoint *endpoint, const char *program, const char *methods);
/* Only the request; the spool is open. */
void endpoint_begin(struct endpoint *endpoint, const char *program, const char *methods);

/*
 * Who asks is REMOTE_USER (401 without), and a path behind the endpoint's name leads nowhere (404).
 */
void endpoint_login(struct endpoint *endpoint);

/*
 * The same, or the holder of the token in the path (404 when it is not valid; Browser based Chat 1.0,
 * 4.2.2) or in the header Authorization (then 401; RFC 6750), whoever is logged in beside it. In both is
 * 400. A Bearer that is no token of ours by its form is the web server's login's when there is one, and
 * passed over.
 */
void endpoint_login_or_token(struct endpoint *endpoint);

/* Refuse the token, as above. */
_Noreturn void endpoint_no_token(const struct endpoint *endpoint);
/* The same reply, in whole, for who answers in the program's place. */
void endpoint_no_token_put(struct buf *out, const struct cgi_reader *reader, bool in_header);

#endif
