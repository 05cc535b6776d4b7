/* SPDX-License-Identifier: MIT */
#include "chat/endpoint.h"

#include <errno.h>

#include "spool/token.h"
#include "spool/user.h"

void endpoint_start(struct endpoint *endpoint, const char *program, const char *methods)
{
    cgi_name(program);
    if (spool_open_without(&endpoint->spool, endpoint->without) == -1)
        cgi_die_errno(endpoint->spool.complaint);
    endpoint_begin(endpoint, program, methods);
}

void endpoint_begin(struct endpoint *endpoint, const char *program, const char *methods)
{
    endpoint->token = NULL;
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

static const char no_token[] = "No such token, or its time is over: ask for a new one.";

void endpoint_no_token_put(struct buf *out, const struct cgi_reader *reader, bool in_header)
{
    cgi_compose_problem(out, reader, in_header ? 401 : 404, in_header, no_token);
}

void endpoint_no_token(const struct endpoint *endpoint)
{
    if (endpoint->token == endpoint->cgi.bearer)
        cgi_die_bearer(401, "invalid_token", no_token);
    cgi_die(404, no_token);
}

static const char *token_of(const struct cgi *cgi)
{
    const char *bearer = cgi->bearer;

    if (bearer != NULL && *cgi->user != '\0' && !path_uuid_ok(bearer))
        bearer = NULL;
    if (*cgi->path == '\0')
        return bearer;
    if (bearer != NULL)
        cgi_die_bearer(400, "invalid_request",
                       "Bring a token in the path or in the header, not in both.");
    return cgi->path;
}

void endpoint_login_or_token(struct endpoint *endpoint)
{
    endpoint->token = token_of(&endpoint->cgi);
    if (endpoint->token == NULL) {
        login(endpoint);
        return;
    }
    if (token_holder(&endpoint->spool, endpoint->token, &endpoint->me, &endpoint->left_ms) == -1) {
        if (errno == ENOENT)
            endpoint_no_token(endpoint);
        cgi_die_errno("tokens");
    }
    make_known(endpoint);
}
