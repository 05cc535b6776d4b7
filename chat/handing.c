/* SPDX-License-Identifier: MIT */
#include "chat/handing.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chat/standing.h"
#include "spool/file.h"
#include "spool/id.h"
#include "spool/limit.h"

static int counted = -1; /* holds the user's count */
static int agent = -1;
static bool has_place;

static bool may(int budget, const char *what)
{
    if (budget == -1)
        cgi_warn(what, "could not count this stream");
    return budget != 1;
}

static bool take_place(struct endpoint *endpoint)
{
    has_place = has_place || may(limit_site_stream(&endpoint->spool), "format");
    return has_place;
}

/* Whoever reads a pipe or a socket sees its end wherever it comes from; of a file nobody does. */
static void ask_agent(struct endpoint *endpoint, int out)
{
    struct stat info;

    if (agent == -1 && fstat(out, &info) == 0 && (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode)))
        agent = handover_connect(&endpoint->spool);
}

bool handing_count(struct endpoint *endpoint)
{
    return may(limit_user_stream(&endpoint->spool, &endpoint->me, &counted), "users");
}

bool handing_plan(struct endpoint *endpoint, int out, bool at_once)
{
    if (!handing_count(endpoint))
        return false;
    if (at_once)
        ask_agent(endpoint, out);
    return !at_once || agent != -1 || take_place(endpoint);
}

static bool put_reader(struct handover *handover)
{
    struct cgi_reader reader = cgi_reader();
    size_t len = reader.origin == NULL ? 0 : strlen(reader.origin);

    handover->any_reader = reader.any;
    if (len >= sizeof handover->reader)
        return false;
    memcpy(handover->reader, reader.origin == NULL ? "" : reader.origin, len + 1);
    return true;
}

bool handing_fits(int out, int limit)
{
    struct handover handover;

    standing_hand(&handover);
    return out < limit && counted < limit && handover.place.fd < limit;
}

bool handing_fill(struct endpoint *endpoint, struct handover *handover, int out,
                  int fds[HANDOVER_FDS])
{
    memcpy(handover->user, endpoint->me.dir, sizeof handover->user);
    handover->counted = counted != -1;
    handover->token_in_header = endpoint->token != NULL && endpoint->token == endpoint->cgi.bearer;
    if (endpoint->token != NULL)
        id_digest(handover->token, endpoint->token, strlen(endpoint->token));
    standing_hand(handover);
    fds[HANDOVER_OUT] = out;
    fds[HANDOVER_PLACE] = handover->place.fd;
    fds[HANDOVER_COUNT] = counted;
    return put_reader(handover);
}

static bool give(struct endpoint *endpoint, struct handover *handover, int out)
{
    int fds[HANDOVER_FDS];

    return handing_fill(endpoint, handover, out, fds) && handover_give(agent, handover, fds);
}

enum handing handing_give(struct endpoint *endpoint, struct handover *handover, int out)
{
    bool given = false;

    if (!has_place)
        ask_agent(endpoint, out);
    if (agent != -1) {
        given = give(endpoint, handover, out);
        close(agent);
        agent = -1;
    }
    if (given)
        return HANDING_GIVEN;
    return take_place(endpoint) ? HANDING_WAIT : HANDING_FULL;
}

void handing_forget(bool handed)
{
    if (!handed)
        file_close(counted);
    counted = -1;
}
