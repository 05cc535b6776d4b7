/* SPDX-License-Identifier: MIT */
/*
 * Requests that carry the user's cookies although the user's page did not send them (cross-site
 * request forgery). Both headers come from the browser and cannot be set by a page; whoever sends
 * neither is no browser, or one too old to tell, and has no foreign page's orders either as long as
 * the web server's login is not a cookie.
 */
#include <string.h>
#include <strings.h>

#include "cgi_private.h"

bool list_has(const char *list, const char *separators, const char *word,
              int (*compare)(const char *, const char *, size_t))
{
    size_t word_len = strlen(word);

    for (list += strspn(list, separators); *list != '\0'; list += strspn(list, separators)) {
        size_t len = strcspn(list, separators);
        if (len == word_len && compare(list, word, len) == 0)
            return true;
        list += len;
    }
    return false;
}

bool origin_listed(const char *origin, const char *list)
{
    if (strlen(origin) > ORIGIN_MAX || strcasecmp(origin, "null") == 0)
        return false;
    return list_has(list, " \t", origin, strncasecmp);
}

/* The length of the host in `host[:port]`; `port` gets what stands behind the colon, or
 * `usual_port`. */
static size_t split_port(const char *authority, const char *usual_port, const char **port)
{
    const char *from = *authority == '[' ? strchr(authority, ']') : authority; /* an IPv6 address */
    const char *colon = from != NULL ? strchr(from, ':') : NULL;

    *port = colon != NULL && colon[1] != '\0' ? colon + 1 : usual_port;
    return colon != NULL ? (size_t)(colon - authority) : strlen(authority);
}

bool origin_is_host(const char *origin, const char *host)
{
    const char *usual_port;
    const char *origin_port;
    const char *host_port;
    size_t len;

    if (strncasecmp(origin, "http://", 7) == 0)
        usual_port = "80";
    else if (strncasecmp(origin, "https://", 8) == 0)
        usual_port = "443";
    else
        return false;
    origin = strchr(origin, '/') + 2;
    len = split_port(origin, usual_port, &origin_port);
    return len > 0 && len == split_port(host, usual_port, &host_port) &&
           strncasecmp(origin, host, len) == 0 && strcmp(origin_port, host_port) == 0;
}

bool origin_may_change(const struct origin *origin, const char *list)
{
    if (origin_listed(origin->origin, list))
        return true;
    if (strcasecmp(origin->site, "cross-site") == 0)
        return false;
    /* Another host of the same domain may be anybody's. A browser that says so sends an Origin. */
    if (*origin->origin == '\0')
        return strcasecmp(origin->site, "same-site") != 0;
    return origin_is_host(origin->origin, origin->host);
}
