/* SPDX-License-Identifier: MIT */

/*
 * tokens: one's own live tokens, and ending one of them (Browser based Chat 1.0, section 4)
 *
 * REQUEST  GET. DELETE tokens/<id>. Both logged in by the web server.
 * REPLY    200 {"tokens": [{"id", "issued": <time>, "expires_in": <seconds>}]}, those that end first in
 *          front; an id names a token and opens nothing. 204: that token opens nothing any more.
 * FILES    reads users/<user>/tokens/, tokens/; removes tokens/<id>, users/<user>/tokens/<id>.
 * ERRORS   401 not logged in; 404 no such token of this user; 405 anything but GET and DELETE.
 */

#include <errno.h>
#include <string.h>

#include "base/scratch.h"
#include "chat/endpoint.h"
#include "protocol/buf.h"
#include "protocol/stanza.h"
#include "spool/token.h"

#define SHOWN_MAX 1000 /* the setting `user_tokens` allows no more */
#define ENTRY_MAX 160  /* one as JSON */

static struct endpoint endpoint;

static void put_entry(struct buf *reply, const struct token_entry *entry)
{
    char issued[STANZA_TIME_SIZE];

    stanza_time(issued, entry->issued_ms * 1000);
    buf_puts(reply, "{\"id\":\"");
    buf_puts(reply, entry->id);
    buf_puts(reply, "\",\"issued\":\"");
    buf_puts(reply, issued);
    buf_puts(reply, "\",\"expires_in\":");
    buf_putu(reply, (uint64_t)(entry->left_ms + 999) / 1000);
    buf_puts(reply, "}");
}

static _Noreturn void list(void)
{
    SCRATCH static struct token_entry entries[SHOWN_MAX];
    SCRATCH static char text[SHOWN_MAX * ENTRY_MAX + 64];
    struct buf reply = buf_over(text, sizeof text);
    size_t count;

    if (token_list(&endpoint.spool, &endpoint.me, entries, SHOWN_MAX, &count) == -1)
        cgi_die_errno("users: tokens");
    buf_puts(&reply, "{\"tokens\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_puts(&reply, ",");
        put_entry(&reply, &entries[i]);
    }
    buf_puts(&reply, "]}\n");
    cgi_reply(200, "application/json", reply.data, reply.len);
}

static _Noreturn void revoke(const char *id)
{
    if (token_revoke_id(&endpoint.spool, id, &endpoint.me) == 0)
        cgi_reply(204, NULL, "", 0);
    if (errno == ENOENT)
        cgi_die(404, "You have no such token.");
    cgi_die_errno("tokens");
}

int main(void)
{
    const char *id;

    endpoint_start(&endpoint, "tokens", "GET, DELETE");
    id = endpoint.cgi.path;
    if (strcmp(endpoint.cgi.method, "DELETE") != 0) {
        endpoint_login(&endpoint);
        list();
    }
    endpoint.cgi.path = "";
    endpoint_login(&endpoint);
    revoke(id);
}
