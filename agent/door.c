/* SPDX-License-Identifier: MIT */

/* Who comes with a request, until it is whole; and who is refused. door.h says how. */

#include "door.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/peer.h"
#include "base/scratch.h"
#include "protocol/scgi.h"
#include "spool/clock.h"
#include "spool/file.h"
#include "spool/listener.h"

#define HEAD_SIZE 2048 /* most heads are smaller */
#define REST_MSEC 20   /* for those who begin to give some of the last descriptors back */
#define RETRY_MSEC 100 /* without a descriptor for who comes */

static struct {
    struct source listener;
    struct queue heads; /* that are not whole yet */
    struct queue leavers;
    size_t incomplete;
    struct visitor *first; /* whose heads are */
    struct visitor **last;
    struct visitor *gone;
    bool blocked;    /* somebody could not be let in */
    int64_t rest_ms; /* until then nobody comes or begins: descriptors are short */
    char *spare;     /* room for a head, of HEAD_SIZE */
} door = {.listener.fd = -1};

#define VISITOR(duty) ((struct visitor *)(void *)((char *)(duty)-offsetof(struct visitor, give_up)))

/* ---- They go ---- */

static void drop(struct visitor *visitor)
{
    if (visitor->gone)
        return;
    visitor->gone = true;
    if (!visitor->leaving && visitor->give_up.next != NULL)
        door.incomplete--;
    queue_drop(&visitor->give_up);
    file_close(visitor->source.fd);
    visitor->next = door.gone;
    door.gone = visitor;
}

void door_bury(void)
{
    while (door.gone != NULL) {
        struct visitor *visitor = door.gone;
        door.gone = visitor->next;
        if (visitor->size == HEAD_SIZE && door.spare == NULL)
            door.spare = visitor->bytes;
        else
            free(visitor->bytes);
        free(visitor);
    }
}

static int watch(struct hub *hub, struct visitor *visitor, uint32_t events)
{
    int operation = visitor->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

    visitor->watched = true;
    return hub_watch(hub, &visitor->source, operation, events);
}

/* Whoever closes a socket with something unread in it takes his own last words back. */
static void leave(struct hub *hub, struct visitor *visitor)
{
    if (visitor->give_up.next != NULL)
        door.incomplete--;
    visitor->leaving = true;
    queue_put(&door.leavers, &visitor->give_up, clock_boot_ms() + DOOR_LEAVE_MSEC);
    if (shutdown(visitor->source.fd, SHUT_WR) == -1 || watch(hub, visitor, EPOLLIN) == -1)
        drop(visitor);
}

/* A short reply always fits into an empty socket. */
static void reply(struct hub *hub, struct visitor *visitor, const struct buf *with)
{
    bool sent = send(visitor->source.fd, with->data, with->len, MSG_NOSIGNAL | MSG_DONTWAIT) != -1;

    if (sent && visitor->unread)
        leave(hub, visitor);
    else
        drop(visitor);
}

static void refuse(struct hub *hub, struct visitor *visitor, int status, const char *detail)
{
    struct buf problem;

    visitor->unread = true;
    door_refuse(status, detail, &problem);
    reply(hub, visitor, &problem);
}

/* ---- They come ---- */

static void is_whole(struct visitor *visitor, const struct scgi *scgi)
{
    if (visitor->give_up.next != NULL)
        door.incomplete--;
    queue_drop(&visitor->give_up);
    visitor->start = scgi->start;
    visitor->head = scgi->len;
    /* The first variable's value: it announces a body. */
    visitor->unread = visitor->len > scgi->used ||
                      strcmp(visitor->bytes + scgi->start + sizeof "CONTENT_LENGTH", "0") != 0;
    visitor->next = NULL;
    *door.last = visitor;
    door.last = &visitor->next;
}

/* Not all of it is there: remember that much. */
static void wait_for_more(struct hub *hub, struct visitor *visitor)
{
    struct duty *oldest;

    if (visitor->give_up.next != NULL)
        return;
    if (door.incomplete >= DOOR_HEADS_MAX && (oldest = queue_due(&door.heads, INT64_MAX)) != NULL)
        refuse(hub, VISITOR(oldest), 408, "The request did not come in time.");
    door.incomplete++;
    queue_put(&door.heads, &visitor->give_up, clock_boot_ms() + DOOR_HEAD_MSEC);
    if (watch(hub, visitor, EPOLLIN) == -1)
        drop(visitor);
}

static void look(struct hub *hub, struct visitor *visitor)
{
    struct scgi scgi;
    int found = scgi_look(visitor->bytes, visitor->len, &scgi);

    if (found == 1)
        is_whole(visitor, &scgi);
    else if (found == 0)
        wait_for_more(hub, visitor);
    else if (errno == EMSGSIZE)
        refuse(hub, visitor, 431, "The request's head is too long.");
    else
        refuse(hub, visitor, 400, "This is no SCGI request.");
}

/* Room for what comes next, in `*size` bytes. NULL: there is no memory. */
static char *make_room(struct visitor *visitor, size_t *size)
{
    if (visitor->size == 0 && door.spare != NULL) {
        visitor->bytes = door.spare;
        visitor->size = HEAD_SIZE;
        door.spare = NULL;
    }
    if (visitor->len == visitor->size) {
        size_t more = visitor->size == 0 ? HEAD_SIZE : 2 * visitor->size;
        char *bytes = realloc(visitor->bytes, more < SCGI_SIZE ? more : SCGI_SIZE);
        if (bytes == NULL)
            return NULL;
        visitor->bytes = bytes;
        visitor->size = more < SCGI_SIZE ? more : SCGI_SIZE;
    }
    *size = visitor->size - visitor->len;
    return visitor->bytes + visitor->len;
}

/* What there is of the head. A longer one comes in several turns. */
static void take_in(struct hub *hub, struct visitor *visitor)
{
    size_t size;
    char *room = make_room(visitor, &size);
    ssize_t got = room == NULL ? 0 : recv(visitor->source.fd, room, size, 0);

    if (got == -1 && (errno == EAGAIN || errno == EINTR)) {
        wait_for_more(hub, visitor);
    } else if (got <= 0) {
        if (got == 0 && visitor->len > 0)
            refuse(hub, visitor, 400, "This is no SCGI request.");
        else
            drop(visitor);
    } else {
        visitor->len += (size_t)got;
        look(hub, visitor);
    }
}

static void let_in(struct hub *hub, int fd)
{
    struct visitor *visitor = fd >= hub->fd_max + DOOR_FD_LAST ? NULL : calloc(1, sizeof *visitor);

    if (visitor == NULL) {
        close(fd);
        return;
    }
    visitor->source = (struct source){SOURCE_VISITOR, fd};
    take_in(hub, visitor);
}

void door_accept(struct hub *hub)
{
    int fd;

    door.blocked = clock_boot_ms() < door.rest_ms;
    while (!door.blocked && (fd = listener_accept(door.listener.fd)) != -1) {
        let_in(hub, fd);
        door.blocked = fd >= hub->fd_max + DOOR_FD_RESERVE;
    }
    door.blocked = door.blocked || errno != EAGAIN;
}

/* A body, or what else nobody wants. */
static void throw_away(struct visitor *visitor)
{
    SCRATCH static char room[16384];
    ssize_t got = recv(visitor->source.fd, room, sizeof room, 0);

    if (got == 0 || (got == -1 && errno != EAGAIN && errno != EINTR))
        drop(visitor);
}

void door_heed(struct hub *hub, struct source *source, uint32_t events)
{
    struct visitor *visitor = (struct visitor *)source;

    if (visitor->gone)
        return;
    if (visitor->leaving) {
        throw_away(visitor);
    } else if (visitor->head == 0) {
        take_in(hub, visitor);
    } else if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
        visitor->watched = false; /* its turn comes; epoll would go on telling until then */
        if (hub_watch(hub, source, EPOLL_CTL_DEL, 0) == -1)
            report_failed(&hub->agent->report, DOOR_SOCKET, NULL);
    } else if (watch(hub, visitor, 0) == -1) { /* it has said all */
        report_failed(&hub->agent->report, DOOR_SOCKET, NULL);
    }
}

/* ---- The rest ---- */

void door_open(struct hub *hub)
{
    queue_open(&door.heads);
    queue_open(&door.leavers);
    door.last = &door.first;
    door.listener =
        (struct source){SOURCE_DOOR, listener_open(&hub->agent->spool, DOOR_SOCKET, SOCK_STREAM)};
    if (door.listener.fd == -1 ||
        hub_watch(hub, &door.listener, EPOLL_CTL_ADD, EPOLLIN | EPOLLET) == -1)
        report_failed(&hub->agent->report, DOOR_SOCKET, NULL);
}

static struct visitor *next_whole(void)
{
    struct visitor *visitor = door.first;

    if (visitor == NULL)
        return NULL;
    door.first = visitor->next;
    if (door.first == NULL)
        door.last = &door.first;
    return visitor;
}

/* The first one's stream begins, if somebody still waits for it, or goes on with that. False: it is not done. */
static bool begin_first(struct hub *hub, int64_t until_ms)
{
    struct visitor *visitor = door.first;
    enum beginning how = REFUSED;
    struct buf said;
    bool lost = !door_begins() && peer_gone(visitor->source.fd);

    if (!lost)
        how = door_begin(hub, visitor, until_ms, &said);
    if (how == BEGINNING)
        return false;
    (void)next_whole();
    if (how == BEGUN)
        visitor->source.fd = -1;
    if (how == BEGUN && door_is_short())
        door.rest_ms = clock_boot_ms() + REST_MSEC;
    if (how == BEGUN || lost)
        drop(visitor);
    else
        reply(hub, visitor, &said);
    return true;
}

bool door_work(struct hub *hub, int64_t until_ms)
{
    bool begins = true;

    door_turn();
    while (begins && door.first != NULL && clock_boot_ms() >= door.rest_ms)
        begins = begin_first(hub, until_ms) && clock_boot_ms() < until_ms;
    return door.first != NULL && clock_boot_ms() >= door.rest_ms;
}

void door_duties(struct hub *hub, int64_t now_ms)
{
    struct duty *duty;

    while ((duty = queue_due(&door.heads, now_ms)) != NULL)
        refuse(hub, VISITOR(duty), 408, "The request did not come in time.");
    while ((duty = queue_due(&door.leavers, now_ms)) != NULL)
        drop(VISITOR(duty));
    if (door.blocked)
        door_accept(hub);
}

int64_t door_next(int64_t otherwise)
{
    int64_t retry_ms = clock_boot_ms() + RETRY_MSEC;

    otherwise = door.blocked && retry_ms < otherwise ? retry_ms : otherwise;
    otherwise = door.first != NULL && door.rest_ms < otherwise ? door.rest_ms : otherwise;
    return queue_next(&door.leavers, queue_next(&door.heads, otherwise));
}

void door_close(struct hub *hub)
{
    struct visitor *visitor;
    struct duty *duty;
    struct buf problem;

    if (door.last == NULL)
        return;
    listener_close(&hub->agent->spool, DOOR_SOCKET, door.listener.fd);
    door.listener.fd = -1;
    door_give_up();
    while ((visitor = next_whole()) != NULL) {
        door_refuse(503, "The server is busy.", &problem);
        visitor->unread = false;
        reply(hub, visitor, &problem);
    }
    while ((duty = queue_due(&door.heads, INT64_MAX)) != NULL)
        drop(VISITOR(duty));
    while ((duty = queue_due(&door.leavers, INT64_MAX)) != NULL)
        drop(VISITOR(duty));
    door_bury();
    free(door.spare);
    door.spare = NULL;
}
