/* SPDX-License-Identifier: MIT */
#include "chat/endpoint.h"

#include <errno.h>

#include "spool/token.h"
#include "spool/user.h"

void endpoint_start(struct endpoint *endpoint, const char *program, const char *methods)
{
    cgi_name(program);
    endpoint->token = NULL;
    if (spool_open(&endpoint->spool) == -1)
        cgi_die_errno(endpoint->spool.complaint);
    cgi_start(&endpoint->cgi, program, methods, endpoint->spool.config.allow_origin);
}

static void make_known(struct endpoint *endpoint)
{
    if (user_make(&endpoint->spool, &endpoint->me) == -1)
        cgi_die_errno("users");
}

static void login(struct endpoint *endpoint)
{
    if (*endpoint->cgi.user == '\0')
        cgi_die(401, "Log in to this site first, or bring a token where one is taken.");
    if (user_named(&endpoint->me, endpoint->cgi.user) == -1)
        cgi_die(403, "This user name cannot be used here: too long, or not text.");
    make_known(endpoint);
}

void endpoint_login(struct endpoint *endpoint)
{
    if (*endpoint->cgi.path != '\0')
        cgi_die(404, "There is nothing at this address.");
    login(endpoint);
}

void endpoint_login_or_token(struct endpoint *endpoint)
{
    if (*endpoint->cgi.path == '\0') {
        login(endpoint);
        return;
    }
    endpoint->token = endpoint->cgi.path;
    if (token_holder(&endpoint->spool, endpoint->token, &endpoint->me, &endpoint->left_ms) == -1) {
        if (errno == ENOENT)
            cgi_die(404, "No such token, or its time is over: ask for a new one.");
        cgi_die_errno("tokens");
    }
    make_known(endpoint);
}
