/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <stdio.h>
#include <string.h>

#define WAIT_SEC "25"

const struct peer *peer_find(const char *name)
{
    static const struct peer *const all[] = {&peer_events, &peer_poll, &peer_nchan_events,
                                             &peer_nchan_poll, &peer_bosh};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i]->name, name) == 0)
            return all[i];
    return NULL;
}

int peer_cut(char *out, size_t size, const char *text, const char *before, const char *behind)
{
    const char *found = strstr(text, before);
    size_t len;

    if (found == NULL)
        return -1;
    found += strlen(before);
    len = strcspn(found, behind);
    if (found[len] == '\0' || len >= size)
        return -1;
    memcpy(out, found, len);
    out[len] = '\0';
    return 0;
}

static ssize_t print(const struct member *member, char *out, size_t size,
                     struct http_request request)
{
    request.target = &member->site->target;
    request.user = member->user != NULL ? member->user->name : NULL;
    request.password = member->user != NULL ? member->user->password : NULL;
    request.keep = true;
    return http_print(out, size, &request);
}

/* ---- Ours ------------------------------------------------------------------------------------ */

static ssize_t ask_stream(struct member *member, char *out, size_t size, bool events)
{
    char path[sizeof member->site->target.path + 256];
    const char *place = *member->place != '\0' ? member->place : member->site->place;

    snprintf(path, sizeof path, "%s/stream?%ssince=%s", member->site->target.path,
             events ? "" : "wait=" WAIT_SEC "&", place);
    return print(
        member, out, size,
        (struct http_request){.path = path, .accept = events ? "text/event-stream" : NULL});
}

static ssize_t ask_events(struct member *member, char *out, size_t size)
{
    return ask_stream(member, out, size, true);
}

static ssize_t ask_poll(struct member *member, char *out, size_t size)
{
    return ask_stream(member, out, size, false);
}

static int keep_cursor(struct member *member, const struct reply *reply, const char *body)
{
    if (reply->status != 200)
        return -1;
    return peer_cut(member->place, sizeof member->place, body, "\"cursor\":\"", "\"");
}

static ssize_t say_message(struct member *member, char *out, size_t size, const char *text)
{
    char path[sizeof member->site->target.path + 64];
    char body[1024];

    snprintf(path, sizeof path, "%s/send-message", member->site->target.path);
    snprintf(body, sizeof body, "thread_id=%s&message=%s", member->site->room, text);
    return print(member, out, size,
                 (struct http_request){
                     .path = path, .body = body, .type = "application/x-www-form-urlencoded"});
}

const struct peer peer_events = {
    .name = "events", .stream = true, .ask = ask_events, .say = say_message};

const struct peer peer_poll = {
    .name = "poll", .ask = ask_poll, .answered = keep_cursor, .say = say_message};

/* ---- nchan ----------------------------------------------------------------------------------- */

static ssize_t ask_nchan(struct member *member, char *out, size_t size, bool events)
{
    char path[sizeof member->site->target.path + 128];

    snprintf(path, sizeof path, "%s/sub/%s", member->site->target.path, member->site->room);
    return print(member, out, size,
                 (struct http_request){.path = path,
                                       .accept = events ? "text/event-stream" : NULL,
                                       .more = events ? NULL : member->place});
}

static ssize_t ask_nchan_events(struct member *member, char *out, size_t size)
{
    return ask_nchan(member, out, size, true);
}

static ssize_t ask_nchan_poll(struct member *member, char *out, size_t size)
{
    return ask_nchan(member, out, size, false);
}

/* A message's name is its Last-Modified with its ETag; asked for with both, the next one comes. */
static int keep_validators(struct member *member, const struct reply *reply, const char *body)
{
    (void)body;
    if (reply->status == 408 || reply->status == 304)
        return 0;
    if (reply->status != 200 || *reply->modified == '\0')
        return -1;
    snprintf(member->place, sizeof member->place, "If-Modified-Since: %s\r\nIf-None-Match: %s\r\n",
             reply->modified, reply->etag);
    return 0;
}

static ssize_t say_nchan(struct member *member, char *out, size_t size, const char *text)
{
    char path[sizeof member->site->target.path + 128];

    snprintf(path, sizeof path, "%s/pub/%s", member->site->target.path, member->site->room);
    return print(member, out, size,
                 (struct http_request){.path = path, .body = text, .type = "text/plain"});
}

const struct peer peer_nchan_events = {
    .name = "nchan-events", .stream = true, .ask = ask_nchan_events, .say = say_nchan};

const struct peer peer_nchan_poll = {
    .name = "nchan-poll", .ask = ask_nchan_poll, .answered = keep_validators, .say = say_nchan};
