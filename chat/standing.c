/* SPDX-License-Identifier: MIT */
#include "chat/standing.h"

#include "spool/file.h"
#include "spool/place.h"

static struct place place = {.fd = -1};
static struct cursor found;
static struct cursor taken; /* the web server had taken all before it when we looked last */

static void warn_if(int result)
{
    if (result == -1)
        cgi_warn("users", "could not keep a stream's place");
}

const struct cursor *standing_find(struct endpoint *endpoint, const struct cursor *given)
{
    int result;

    if (given != NULL) {
        warn_if(place_spend(&endpoint->spool, &endpoint->me, endpoint->token, *given));
        return given;
    }
    result = place_take(&place, &endpoint->spool, &endpoint->me, endpoint->token);
    warn_if(result);
    found = place.at;
    return result == 1 ? &found : NULL;
}

void standing_begin(struct cursor at)
{
    taken = at;
    warn_if(place_begin(&place, at));
}

void standing_look(void)
{
    if (!cgi_stream_unread())
        taken = place.at;
}

void standing_move(struct cursor at)
{
    warn_if(place_move(&place, at));
}

void standing_guard(void)
{
    place_guard(&place);
}

/* What the web server did not take before it closed was never said. Rather some twice than never. */
void standing_leave(void)
{
    /* Nobody leaves in doubt: that our client has gone the server may be about to find out. */
    if (place.fd == -1 || !cgi_stream_goes(place_doubtful(&place)))
        place_leave(&place);
    else
        place_doubt(&place, cgi_stream_lost() ? taken : place.at);
}

void standing_offer(struct cursor at)
{
    place_offer(&place, at);
}

void standing_withdraw(void)
{
    place_withdraw(&place, taken);
}

void standing_hand(struct handover *handover)
{
    handover->place = place;
    handover->taken = taken;
}

void standing_forget(bool handed)
{
    if (!handed)
        file_close(place.fd);
    place = (struct place){.fd = -1};
}
