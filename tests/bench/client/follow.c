/* SPDX-License-Identifier: MIT */
#include "follow.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "samples.h"

#define TEXT_SIZE (1024 * 1024)
#define PATH_SIZE 4096
#define CURSOR_SIZE 64
#define WAIT_SEC "25"

static const struct follow *how;
static uint64_t come; /* the message that is waited for is number `come` */

static char text[TEXT_SIZE]; /* what has come and may still matter, as a string */
static size_t text_len;
static size_t looked; /* up to here the awaited message does not stand */

static void forget_text(void)
{
    text_len = 0;
    looked = 0;
    *text = '\0';
}

/* A message's id may be cut in two by the end of what has come so far. */
static void look(int64_t ns)
{
    char id[WORK_ID_SIZE + 8] = "\"id\":\"";
    const char *found;

    do {
        work_id(id + 6, come);
        found = strstr(text + looked, id);
        if (found != NULL) {
            looked = (size_t)(found - text) + strlen(id);
            come++;
            how->arrived(ns);
        }
    } while (found != NULL);
    if (text_len > looked + sizeof id)
        looked = text_len - sizeof id;
}

/* One more piece of a body; 0 at its end. */
static size_t take_piece(struct http *http)
{
    ssize_t got;
    int64_t ns;

    if (text_len > sizeof text / 2 && looked > 0) {
        memmove(text, text + looked, text_len - looked + 1);
        text_len -= looked;
        looked = 0;
    }
    got = http_body(http, text + text_len, sizeof text - 1 - text_len);
    ns = now_ns();
    if (got == -1)
        give_up("follow: the reply broke off", 0);
    text_len += (size_t)got;
    text[text_len] = '\0';
    look(ns);
    return (size_t)got;
}

static void ask(struct http *http, const char *query, const char *cursor)
{
    char path[PATH_SIZE];
    char request_text[2 * PATH_SIZE];
    struct http_request request = {
        .target = how->base,
        .path = path,
        .user = how->user->name,
        .password = how->user->password,
        .accept = how->events ? "text/event-stream" : NULL,
    };
    ssize_t len;

    snprintf(path, sizeof path, "%s/stream?%ssince=%s", how->base->path, query, cursor);
    len = http_print(request_text, sizeof request_text, &request);
    if (len == -1 || http_connect(http, how->base) == -1 ||
        http_send(http, request_text, (size_t)len) == -1)
        give_up("follow: request", errno);
    if (http_head(http) != 200)
        give_up("follow: the stream's status is not 200", 0);
}

/* What the envelope says to go on with. */
static void take_cursor(char cursor[CURSOR_SIZE])
{
    const char *found = strstr(text, "\"cursor\":\"");

    if (found == NULL || sscanf(found + 10, "%63[0-9-]", cursor) != 1)
        give_up("follow: no cursor in the envelope", 0);
}

static void poll_once(const char *query, char cursor[CURSOR_SIZE])
{
    struct http http;

    http_init(&http);
    forget_text();
    ask(&http, query, cursor);
    while (take_piece(&http) > 0)
        continue;
    take_cursor(cursor);
    http_close(&http);
}

/* Behind all that was said before. */
static void catch_up(char cursor[CURSOR_SIZE])
{
    struct follow polling = *how;
    const struct follow *asked = how;
    char before[CURSOR_SIZE];

    polling.events = false;
    how = &polling;
    *cursor = '\0';
    do {
        memcpy(before, cursor, sizeof before);
        poll_once("wait=0&", cursor);
    } while (strcmp(before, cursor) != 0);
    how = asked;
}

static void by_events(const char *cursor)
{
    static struct http http;

    http_init(&http);
    forget_text();
    ask(&http, "", cursor);
    for (bool told = false; come < how->count; told = true) {
        if (take_piece(&http) == 0)
            give_up("follow: the stream has ended", 0);
        if (!told)
            how->listening();
    }
    http_close(&http);
}

void follow(const struct follow *wanted)
{
    char cursor[CURSOR_SIZE];

    how = wanted;
    catch_up(cursor);
    if (how->events) {
        by_events(cursor);
        return;
    }
    how->listening();
    while (come < how->count)
        poll_once("wait=" WAIT_SEC "&", cursor);
}
