/* SPDX-License-Identifier: MIT */

/* Streams come and go. */

#include "hub.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/peer.h"
#include "chat/streaming.h"
#include "spool/clock.h"
#include "spool/file.h"
#include "spool/online.h"

int hub_watch(struct hub *hub, struct source *source, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};

    return epoll_ctl(hub->epoll, operation, source->fd, &event);
}

/* ---- Users ---- */

static struct holder *find_holder(struct hub *hub, const char *dir, int64_t touched_ms)
{
    struct holder *holder = (struct holder *)map_find(&hub->holders, dir);
    size_t len = strlen(dir) + 1;

    if (holder != NULL)
        return holder;
    holder = calloc(1, sizeof *holder + len);
    if (holder == NULL)
        return NULL;
    memcpy(holder->dir, dir, len);
    holder->node.key = holder->dir;
    if (map_add(&hub->holders, &holder->node) == -1) {
        free(holder);
        return NULL;
    }
    queue_put(&hub->touches, &holder->touch, touched_ms + ONLINE_TOUCH_SEC * 1000);
    return holder;
}

static void leave_holder(struct hub *hub, struct holder *holder, const struct stream *stream)
{
    struct stream **link = &holder->streams;

    while (*link != NULL && *link != stream)
        link = &(*link)->next;
    if (*link != NULL)
        *link = stream->next;
    if (holder->streams != NULL)
        return;
    queue_drop(&holder->touch);
    map_remove(&hub->holders, &holder->node);
    free(holder);
}

/* ---- The end of one ---- */

static void release(struct stream *stream)
{
    free(stream->backlog);
    free(stream->place);
    free(stream->reader);
    free(stream->token);
    free(stream);
}

/* What the web server did not take before it closed was never said. Rather some twice than never. */
static void leave_place(struct stream *stream)
{
    struct place *place = stream->place;

    if (stream->served)
        file_close(place->fd); /* offered already */
    else if (stream->answered)
        place_withdraw(place, stream->taken);
    else if (!stream->events || !peer_gone(stream->source.fd))
        place_leave(place);
    else
        place_doubt(place,
                    peer_lost(stream->source.fd, &stream->reset) ? stream->taken : place->at);
}

void stream_end(struct hub *hub, struct stream *stream)
{
    if (stream->gone)
        return;
    stream->gone = true;
    if (stream->place != NULL)
        leave_place(stream);
    if (stream->backlog != NULL)
        hub->backlog -= stream->backlog->len;
    queue_drop(&stream->heartbeat);
    if (stream->token != NULL)
        token_leave(hub, stream);
    queue_drop(&stream->behind);
    heap_remove(hub, stream);
    leave_holder(hub, stream->holder, stream);
    stream->holder = NULL;
    /* The program may still have it open for a moment, and epoll would go on telling of it. */
    if (!stream->own)
        epoll_ctl(hub->epoll, EPOLL_CTL_DEL, stream->source.fd, NULL);
    close(stream->source.fd);
    file_close(stream->counted);
    greeting_leave(stream);
    stream->next = hub->gone;
    hub->gone = stream;
}

/* Nobody is held: for a while, for whoever polls is back at once, and then who is in which room is known. */
static void linger(struct hub *hub)
{
    int64_t now_ms = clock_boot_ms();

    if (hub->streams > 0) {
        hub->linger_ms = now_ms + HUB_LINGER_MSEC;
    } else if (hub->placed) {
        journal_close(&hub->journal); /* it goes on where it was all the same */
        hub->placed = now_ms < hub->linger_ms;
        if (!hub->placed)
            rooms_clear(hub);
    }
}

void hub_bury(struct hub *hub)
{
    while (hub->gone != NULL) {
        struct stream *stream = hub->gone;
        hub->gone = stream->next;
        release(stream);
    }
    linger(hub);
}

/* ---- The beginning ---- */

static bool is_live(int fd)
{
    struct stat info;

    return fstat(fd, &info) == 0 && (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode));
}

static bool is_welcome(const struct hub *hub, const struct handover *handover,
                       const int fds[HANDOVER_FDS])
{
    struct user user;

    for (size_t i = 0; i < HANDOVER_FDS; i++)
        if (fds[i] >= hub->fd_max)
            return false;
    return is_live(fds[HANDOVER_OUT]) && user_of_dir(&user, handover->user) == 0 &&
           (handover->token[0] == '\0' || path_digest_ok(handover->token));
}

/* NULL: there is no memory. */
static struct stream *make(const struct handover *handover, const int fds[HANDOVER_FDS])
{
    struct stream *stream = calloc(1, sizeof *stream);

    if (stream == NULL)
        return NULL;
    stream->source = (struct source){SOURCE_STREAM, fds[HANDOVER_OUT]};
    stream->from = UINT64_MAX;
    stream->deadline_ms = handover->deadline_ms;
    stream->at = handover->at;
    stream->taken = handover->taken;
    stream->counted = fds[HANDOVER_COUNT];
    stream->limit = (uint16_t)(handover->limit < UINT16_MAX ? handover->limit : UINT16_MAX);
    stream->events = handover->events;
    stream->has_cursor = handover->has_cursor;
    stream->any_reader = handover->any_reader;
    stream->token_in_header = handover->token_in_header;
    if (handover->reader[0] != '\0')
        stream->reader = strdup(handover->reader);
    if (handover->token[0] != '\0')
        stream->token = strdup(handover->token);
    if (handover->place.fd != -1)
        stream->place = malloc(sizeof *stream->place);
    if (stream->place != NULL)
        *stream->place = handover->place;
    if ((handover->reader[0] != '\0' && stream->reader == NULL) ||
        (handover->token[0] != '\0' && stream->token == NULL) ||
        (handover->place.fd != -1 && stream->place == NULL)) {
        release(stream);
        return NULL;
    }
    return stream;
}

/* Among its user's. -1: ENOMEM. */
static int enter(struct hub *hub, struct stream *stream, const struct handover *handover)
{
    stream->holder = find_holder(hub, handover->user, handover->touched_ms);
    if (stream->holder == NULL)
        return -1;
    stream->next = stream->holder->streams;
    stream->holder->streams = stream;
    if (heap_add(hub, stream) == 0)
        return 0;
    leave_holder(hub, stream->holder, stream);
    return -1;
}

/* It is ours when the program has been told: until then nothing of it is touched. */
static bool take(struct hub *hub, int program, struct stream *stream,
                 const struct handover *handover)
{
    if (enter(hub, stream, handover) == -1)
        return false;
    if (hub_watch(hub, &stream->source, EPOLL_CTL_ADD, 0) == 0) {
        if (handover_taken(program) == 0)
            return true;
        epoll_ctl(hub->epoll, EPOLL_CTL_DEL, stream->source.fd, NULL);
    }
    heap_remove(hub, stream);
    leave_holder(hub, stream->holder, stream);
    return false;
}

static void begin(struct hub *hub, struct stream *stream, const struct handover *handover)
{
    if (stream->events)
        queue_put(&hub->heartbeats, &stream->heartbeat,
                  handover->spoken_ms + STREAMING_HEARTBEAT_MSEC);
    if (stream->token != NULL)
        token_enter(hub, stream);
}

static void begin_given(struct hub *hub, struct stream *stream, const struct handover *handover)
{
    int flags = fcntl(stream->source.fd, F_GETFL);

    if (flags == -1 || fcntl(stream->source.fd, F_SETFL, flags | O_NONBLOCK) == -1) {
        stream_end(hub, stream);
        return;
    }
    begin(hub, stream, handover);
    hub_fall_behind(hub, stream);
}

static void give_back(const int fds[HANDOVER_FDS])
{
    for (size_t i = 0; i < HANDOVER_FDS; i++)
        file_close(fds[i]);
}

void hub_adopt(struct hub *hub, const struct handover *handover, const int fds[HANDOVER_FDS],
               const struct opening *opening)
{
    struct stream *stream = make(handover, fds);

    if (stream == NULL || enter(hub, stream, handover) == -1) {
        give_back(fds);
        if (opening->greeting != NULL)
            (void)online_close(opening->greeting);
        if (stream != NULL)
            release(stream);
        return;
    }
    stream->own = true;
    stream->limited = opening->limited;
    if (opening->greeting != NULL)
        greeting_take(stream, opening->greeting);
    stream->busy = opening->busy;
    begin(hub, stream, handover);
    /* While it was heard what it wants it may have been watched already. */
    if (hub_watch(hub, &stream->source, EPOLL_CTL_ADD, 0) == -1 &&
        (errno != EEXIST || hub_watch(hub, &stream->source, EPOLL_CTL_MOD, 0) == -1)) {
        stream_end(hub, stream);
        return;
    }
    if (opening->answered) {
        stream_answer(hub, stream, &opening->said);
        stream_settle(hub, stream);
        return;
    }
    if (opening->said.len > 0)
        stream_say(hub, stream, &opening->said);
    stream->is_behind = true;
    if (!stream->gone && stream->backlog == NULL)
        hub_fall_behind(hub, stream);
}

void stream_put_off(struct hub *hub, struct stream *stream, int64_t deadline_ms)
{
    heap_remove(hub, stream);
    stream->deadline_ms = deadline_ms;
    if (heap_add(hub, stream) == -1)
        abort(); /* it has just made room */
}

void hub_take(struct hub *hub, struct program *program)
{
    static struct handover handover;
    struct stream *stream;
    int fds[HANDOVER_FDS];
    int got = handover_receive(program->source.fd, &handover, fds);

    if (got == 0)
        return;
    if (got == 1) {
        stream = is_welcome(hub, &handover, fds) ? make(&handover, fds) : NULL;
        if (stream != NULL && take(hub, program->source.fd, stream, &handover)) {
            begin_given(hub, stream, &handover);
        } else {
            give_back(fds);
            if (stream != NULL)
                release(stream);
        }
    }
    queue_drop(&program->give_up);
    close(program->source.fd);
    free(program);
    hub->programs--;
}
