/* SPDX-License-Identifier: MIT */

/* Holds the streams of programs that need not wait themselves. hub.h says how. */

#include "door.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "chat/people.h"
#include "spool/clock.h"
#include "spool/file.h"
#include "spool/online.h"
#include "spool/watch.h"

#define EVENTS 256
#define TURNS 16 /* of events, before others have theirs */
#define PROGRAMS_MAX 4096
#define BLIND_LOOK_MSEC 250 /* at the journal, when the kernel does not tell */
#define FAULT_MSEC 1000     /* until what could not be read is tried again */
#define READ_MSEC 10 /* in the journal, before who has come, or reads again, has their turn */
#define WORK_MSEC 5  /* for who begins or is behind, before the others have their turn */
#define RUN_MSEC 50  /* before other jobs have theirs */

static struct hub hub = {.epoll = -1};

/* ---- Opening and closing ---- */

static int raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
        return 1024;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == -1 && getrlimit(RLIMIT_NOFILE, &limit) == -1)
        return 1024;
    return limit.rlim_cur > 1 << 30 ? 1 << 30 : (int)limit.rlim_cur;
}

static int add_source(struct source *source, enum source_kind kind, int fd, uint32_t events)
{
    *source = (struct source){kind, fd};
    return fd == -1 ? -1 : hub_watch(&hub, source, EPOLL_CTL_ADD, events);
}

static int open_hub(struct agent *agent)
{
    hub.agent = agent;
    hub.fd_max = raise_limit() - HUB_FD_RESERVE;
    queue_open(&hub.heartbeats);
    queue_open(&hub.token_looks);
    queue_open(&hub.touches);
    queue_open(&hub.give_ups);
    queue_open(&hub.behind);
    hub.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (hub.epoll == -1)
        return -1;
    /* Only when somebody comes: with no descriptor left for them it would never stop telling. */
    if (add_source(&hub.listener, SOURCE_LISTENER, handover_listen(&agent->spool),
                   EPOLLIN | EPOLLET) == 0) {
        if (add_source(&hub.watch, SOURCE_WATCH, watch_streams(&agent->spool), EPOLLIN) == -1)
            report_failed(&agent->report, "journal", NULL);
        door_open(&hub);
        return hub.epoll;
    }
    report_failed(&agent->report, HANDOVER_SOCKET, NULL); /* programs wait themselves, then */
    handover_unlisten(&agent->spool, hub.listener.fd);
    close(hub.epoll);
    hub.epoll = -1;
    return -1;
}

static void drop_program(struct program *program)
{
    queue_drop(&program->give_up);
    close(program->source.fd);
    free(program);
    hub.programs--;
}

static void let_doubts_pass(void)
{
    int64_t longest = 0;

    for (size_t i = 0; i < hub.streams; i++)
        if (stream_doubtful(hub.heap[i]) > longest)
            longest = stream_doubtful(hub.heap[i]);
    poll(NULL, 0, (int)longest);
}

/* What is said to all at the end: polls are answered, for what comes back empty is a fault. */
static void close_hub(struct agent *agent)
{
    struct duty *duty;

    if (hub.epoll == -1)
        return;
    handover_unlisten(&agent->spool, hub.listener.fd);
    while ((duty = queue_due(&hub.give_ups, INT64_MAX)) != NULL)
        drop_program(DUTY(duty, struct program, give_up));
    door_close(&hub);
    round_begin(&hub.round);
    hub.round.end = hub.journal.at;
    let_doubts_pass();
    while (hub.streams > 0) {
        struct stream *stream = hub.heap[0];
        if (!stream->events && !stream->answered) {
            (void)stream_give(&hub, stream);
            stream_settle(&hub, stream);
        }
        stream_end(&hub, stream);
    }
    hub_bury(&hub);
    map_clear(&hub.holders);
    free(hub.heap);
    file_close(hub.watch.fd);
    hub.epoll = -1; /* the loop closes it */
}

/* ---- What has happened ---- */

static void accept_programs(void)
{
    int fd;

    while ((fd = handover_accept(hub.listener.fd)) != -1) {
        struct program *program =
            fd >= hub.fd_max || hub.programs == PROGRAMS_MAX ? NULL : calloc(1, sizeof *program);
        if (program != NULL && add_source(&program->source, SOURCE_PROGRAM, fd, EPOLLIN) == 0) {
            queue_put(&hub.give_ups, &program->give_up, clock_boot_ms() + HUB_GIVE_UP_MSEC);
            hub.programs++;
        } else {
            free(program);
            close(fd); /* it waits itself */
        }
    }
}

static void heed(const struct epoll_event *event)
{
    struct source *source = event->data.ptr;
    struct stream *stream = (struct stream *)source;

    switch (source->kind) {
    case SOURCE_LISTENER:
        accept_programs();
        break;
    case SOURCE_WATCH:
        if (watch_read(source->fd, hub_hear, &hub) == -1)
            report_failed(&hub.agent->report, "journal", NULL);
        break;
    case SOURCE_PROGRAM:
        hub_take(&hub, (struct program *)source);
        break;
    case SOURCE_DOOR:
        door_accept(&hub);
        break;
    case SOURCE_VISITOR:
        door_heed(&hub, source, event->events);
        break;
    case SOURCE_STREAM:
        if (stream->gone)
            break;
        if ((event->events & (EPOLLERR | EPOLLHUP)) != 0)
            stream_end(&hub, stream);
        else
            stream_writable(&hub, stream);
        break;
    }
}

static void heed_all(void)
{
    struct epoll_event events[EVENTS];
    int count = EVENTS;

    for (int turn = 0; turn < TURNS && count == EVENTS; turn++) {
        count = epoll_wait(hub.epoll, events, EVENTS, 0);
        for (int i = 0; i < count; i++)
            heed(&events[i]);
    }
}

/* ---- What is due ---- */

static void touch(struct holder *holder, int64_t now_ms)
{
    struct online_compose compose = people_compose(&hub.agent->spool);
    struct user user;

    if (user_of_dir(&user, holder->dir) == 0 &&
        online_touch(&hub.agent->spool, &user, &compose) == -1) {
        bool kept = errno == EWOULDBLOCK;
        report_failed(&hub.agent->report, "online", NULL);
        if (kept) {
            /* It stays the first: the same lock keeps all behind it waiting. */
            holder->touch.due_ms = now_ms + ONLINE_AGAIN_SEC * 1000;
            return;
        }
    }
    queue_put(&hub.touches, &holder->touch, now_ms + ONLINE_TOUCH_SEC * 1000);
}

static void do_duties(void)
{
    int64_t now_ms = clock_boot_ms();
    struct duty *duty;

    hub_expire(&hub, now_ms);
    while ((duty = queue_due(&hub.heartbeats, now_ms)) != NULL)
        stream_heartbeat(&hub, DUTY(duty, struct stream, heartbeat));
    hub_look_at_tokens(&hub, now_ms);
    while ((duty = queue_due(&hub.touches, now_ms)) != NULL)
        touch(DUTY(duty, struct holder, touch), now_ms);
    while ((duty = queue_due(&hub.give_ups, now_ms)) != NULL)
        drop_program(DUTY(duty, struct program, give_up));
    door_duties(&hub, now_ms);
}

static int64_t until_next(int found)
{
    int64_t now_ms = clock_boot_ms();
    int64_t next = now_ms + HUB_LOOK_MSEC; /* also at the journal: a hint may be lost */

    if (found == -1)
        next = now_ms + FAULT_MSEC;
    else if (hub.streams > 0 && hub.watch.fd == -1)
        next = now_ms + BLIND_LOOK_MSEC;
    next = queue_next(&hub.heartbeats, next);
    next = queue_next(&hub.token_looks, next);
    next = queue_next(&hub.touches, next);
    next = queue_next(&hub.give_ups, next);
    next = door_next(next);
    if (hub.streams > 0 && hub.heap[0]->deadline_ms < next)
        next = hub.heap[0]->deadline_ms;
    return next - now_ms;
}

static int64_t run(struct agent *agent)
{
    int64_t end_ms;
    bool busy;
    int found;

    (void)agent;
    if (hub.epoll == -1)
        return 60 * 60 * 1000;
    end_ms = clock_boot_ms() + RUN_MSEC;
    do {
        heed_all();
        found = hub_read(&hub, clock_boot_ms() + READ_MSEC);
        do_duties();
        busy = door_work(&hub, clock_boot_ms() + WORK_MSEC);
        busy = hub_catch_up(&hub, clock_boot_ms() + WORK_MSEC) || found == 1 || busy;
        hub_bury(&hub);
        door_bury();
    } while (busy && clock_boot_ms() < end_ms);
    return busy ? 0 : until_next(found);
}

const struct job job_streams = {.open = open_hub, .run = run, .close = close_hub};
