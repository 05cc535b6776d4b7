/* SPDX-License-Identifier: MIT */

/*
 * token: access to a user's stream and to sending, without a login (Browser based Chat 1.0, section 4)
 *
 * REQUEST  POST token, no body. DELETE token/<token>. Both logged in by the web server.
 * REPLY    200 {"token": <UUID>, "expires_in": <seconds>}. 204: it opens nothing any more.
 * FILES    tokens/<SHA-256 of the token> made; removed. users/<user>/ made for who comes first.
 * ERRORS   401 not logged in; 404 no such token of this user; 405 anything but POST and DELETE.
 */

#include <errno.h>
#include <string.h>

#include "chat/endpoint.h"
#include "protocol/buf.h"
#include "spool/token.h"

static struct endpoint endpoint;

static _Noreturn void issue(void)
{
    char text[128];
    char token[UUID_SIZE];
    struct buf reply = buf_over(text, sizeof text);

    if (token_issue(&endpoint.spool, &endpoint.me, token) == -1)
        cgi_die_errno("tokens");
    buf_puts(&reply, "{\"token\":\"");
    buf_puts(&reply, token);
    buf_puts(&reply, "\",\"expires_in\":");
    buf_putu(&reply, endpoint.spool.config.token_ttl);
    buf_puts(&reply, "}\n");
    cgi_reply(200, "application/json", reply.data, reply.len);
}

static _Noreturn void revoke(const char *token)
{
    if (token_revoke(&endpoint.spool, token, &endpoint.me) == 0)
        cgi_reply(204, NULL, "", 0);
    if (errno == ENOENT)
        cgi_die(404, "You have no such token.");
    cgi_die_errno("tokens");
}

int main(void)
{
    const char *token;

    endpoint_start(&endpoint, "token", "POST, DELETE");
    token = endpoint.cgi.path;
    if (strcmp(endpoint.cgi.method, "DELETE") == 0)
        endpoint.cgi.path = "";
    endpoint_login(&endpoint);
    if (*token != '\0' || strcmp(endpoint.cgi.method, "DELETE") == 0)
        revoke(token);
    issue();
}
