/* SPDX-License-Identifier: MIT */
#include "crowd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define TEXT_SIZE 8192 /* of a reply, what may still matter */
#define PIECE_SIZE 4096
#define MARK_SIZE 32
#define PATIENCE_NS 30000000000
#define AT_ONCE 64 /* that come in */
#define EVENTS_MAX 256

/* A connection. */
struct wire {
    struct member *member;
    int fd;     /* -1: none */
    bool busy;  /* a request is under way */
    bool again; /* there was another connection before this one */
    bool heard; /* a message stood in the reply */
    bool kept;  /* a reply has come on this connection before */
    struct reply reply;
    size_t text_len, looked;
    char text[TEXT_SIZE];
};

static struct {
    const struct peer *peer;
    const struct peer_site *site;
    struct member *members; /* the speaker is the last */
    struct wire *wires;     /* one each */
    size_t listeners, settled;
    int epoll;
    uint64_t said;    /* messages so far */
    uint64_t arrived; /* listeners who have the one that was said last */
    int64_t said_ns;
    int64_t last_ns;
    struct samples *arrivals;
    struct crowd_oddities oddities;
} crowd;

static struct member *speaker(void)
{
    return &crowd.members[crowd.listeners];
}

static struct wire *speaker_wire(void)
{
    return &crowd.wires[crowd.listeners];
}

void crowd_make(const struct peer *peer, const struct peer_site *site,
                const struct work_users *users, size_t listeners)
{
    crowd.peer = peer;
    crowd.site = site;
    crowd.listeners = listeners;
    crowd.members = calloc(listeners + 1, sizeof *crowd.members);
    crowd.wires = calloc(listeners + 1, sizeof *crowd.wires);
    crowd.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (crowd.members == NULL || crowd.wires == NULL || crowd.epoll == -1)
        give_up("crowd", errno);
    /* Not zero: the kernel would go on sharing its one page of zeroes. */
    memset(crowd.wires, 0x55, (listeners + 1) * sizeof *crowd.wires);
    for (size_t i = 0; i <= listeners; i++) {
        struct member *member = &crowd.members[i];
        member->site = site;
        member->number = (unsigned)i;
        if (users->count > 0) /* the first one speaks */
            member->user = &users->user[i == listeners ? 0 : (i + 1) % users->count];
    }
    for (size_t i = 0; i <= listeners; i++) {
        struct wire *wire = &crowd.wires[i];
        wire->member = &crowd.members[i];
        wire->fd = -1;
        wire->busy = false;
        wire->again = false;
    }
}

struct crowd_oddities crowd_oddities(void)
{
    return crowd.oddities;
}

/* ---- Messages -------------------------------------------------------------------------------- */

static int print_mark(char mark[MARK_SIZE], uint64_t number)
{
    return snprintf(mark, MARK_SIZE, "message-%010llu.", (unsigned long long)number);
}

/* A mark may be cut in two by the end of what has come so far. */
static void look(struct wire *wire, int64_t ns)
{
    struct member *member = wire->member;
    char mark[MARK_SIZE];
    size_t len = (size_t)print_mark(mark, member->awaited);
    const char *found = memmem(wire->text + wire->looked, wire->text_len - wire->looked, mark, len);

    if (found == NULL) {
        if (wire->text_len > wire->looked + len)
            wire->looked = wire->text_len - len;
        return;
    }
    wire->looked = (size_t)(found - wire->text) + len;
    wire->heard = true;
    member->awaited++;
    if (member == speaker())
        return;
    crowd.arrived++;
    crowd.last_ns = ns;
    if (crowd.arrivals != NULL)
        samples_add(crowd.arrivals, ns - crowd.said_ns);
}

/* ---- Connections ----------------------------------------------------------------------------- */

static void attach(struct wire *wire)
{
    struct http http;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = wire};

    http_init(&http);
    if (http_connect(&http, &crowd.site->target) == -1)
        give_up("crowd: connection", errno);
    wire->fd = http.fd;
    if (fcntl(wire->fd, F_SETFL, O_NONBLOCK) == -1 ||
        epoll_ctl(crowd.epoll, EPOLL_CTL_ADD, wire->fd, &event) == -1)
        give_up("crowd: connection", errno);
    if (wire->again)
        crowd.oddities.reconnected++;
    wire->again = true;
    wire->kept = false;
}

static void detach(struct wire *wire)
{
    close(wire->fd);
    wire->fd = -1;
}

/* Requests are small: a socket that does not take one at once is broken. */
static void send_request(struct wire *wire, const char *request, ssize_t len)
{
    if (len == -1)
        give_up("crowd: a request is too long", 0);
    if (wire->fd == -1)
        attach(wire);
    reply_begin(&wire->reply);
    wire->text_len = 0;
    wire->looked = 0;
    wire->heard = false;
    wire->busy = true;
    /* A kept connection that is broken says so when it is read. */
    if (send(wire->fd, request, (size_t)len, MSG_NOSIGNAL) != len && !wire->kept)
        give_up("crowd: request", errno);
}

static void settle(struct member *member)
{
    if (!member->settled && member != speaker())
        crowd.settled++;
    member->settled = true;
}

static void ask(struct wire *wire)
{
    char request[PEER_REQUEST_SIZE];

    send_request(wire, request, crowd.peer->ask(wire->member, request, sizeof request));
    if (crowd.peer->session ? wire->member->joined : !crowd.peer->stream)
        settle(wire->member);
}

static _Noreturn void complain(const struct wire *wire)
{
    fprintf(stderr, "crowd: %s %u, status %d: %.*s\n",
            wire->member == speaker() ? "speaker" : "listener", wire->member->number,
            wire->reply.status, (int)wire->text_len, wire->text);
    give_up("crowd: that is no good reply", 0);
}

/* A whole reply has come. */
static void finish(struct wire *wire)
{
    struct member *member = wire->member;
    bool silent = member->settled && !wire->heard;

    wire->text[wire->text_len] = '\0';
    wire->busy = false;
    wire->kept = true;
    if (!wire->reply.kept)
        detach(wire);
    if (member == speaker() && !crowd.peer->session) {
        if (wire->reply.status < 200 || wire->reply.status > 299)
            complain(wire);
        return;
    }
    if (crowd.peer->stream || (crowd.peer->answered != NULL &&
                               crowd.peer->answered(member, &wire->reply, wire->text) == -1))
        complain(wire);
    if (member != speaker() && silent)
        crowd.oddities.empty++;
    /* The speaker's next request is the next message: two requests at once, on connections of their
     * own, may overtake each other. */
    if (member != speaker() || !member->joined || member->awaited < crowd.said)
        ask(wire);
}

static void take(struct wire *wire, const char *piece, size_t len, int64_t ns)
{
    size_t got;

    if (wire->text_len + len >= TEXT_SIZE) {
        size_t gone = wire->text_len / 2;
        memmove(wire->text, wire->text + gone, wire->text_len - gone);
        wire->text_len -= gone;
        wire->looked = wire->looked > gone ? wire->looked - gone : 0;
    }
    if (reply_take(&wire->reply, piece, len, wire->text + wire->text_len, &got) == -1)
        complain(wire);
    wire->text_len += got;
    if (got > 0)
        look(wire, ns);
    if (reply_has_head(&wire->reply) && crowd.peer->stream && wire->member != speaker()) {
        if (wire->reply.status != 200)
            complain(wire);
        settle(wire->member);
    }
    if (wire->reply.over)
        finish(wire);
}

/* A server may close a kept connection just when the next request comes (Apache does where its workers are
 * few); who asks, not who tells, asks again then (RFC 9112, section 9.3.1). */
static bool ask_again(struct wire *wire)
{
    if (!wire->kept || wire->member == speaker() || crowd.peer->session ||
        wire->reply.status != 0 || wire->reply.line_len > 0)
        return false;
    detach(wire);
    ask(wire);
    return true;
}

static void receive(struct wire *wire)
{
    char piece[PIECE_SIZE];
    ssize_t got = recv(wire->fd, piece, sizeof piece, 0);

    if (got > 0) {
        take(wire, piece, (size_t)got, now_ns());
        return;
    }
    if (got == -1 && (errno == EAGAIN || errno == EINTR))
        return;
    if (!wire->busy) { /* a connection that the server did not want to keep any longer */
        detach(wire);
        return;
    }
    if (ask_again(wire))
        return;
    if (got == -1 || reply_end(&wire->reply) == -1)
        complain(wire);
    finish(wire);
}

/* ---- What happens ---------------------------------------------------------------------------- */

/* Whatever is there now, or comes within so long. */
static void turn(int64_t ns)
{
    struct epoll_event events[EVENTS_MAX];
    int msec = ns <= 0 ? 0 : (int)((ns + 999999) / 1000000);
    int count = epoll_wait(crowd.epoll, events, EVENTS_MAX, msec);

    for (int i = 0; i < count; i++)
        receive(events[i].data.ptr);
}

void crowd_idle(int64_t ns)
{
    int64_t until = now_ns() + ns;

    for (int64_t left = ns; left > 0; left = until - now_ns())
        turn(left);
}

static void patience(int64_t since, const char *what)
{
    if (now_ns() - since > PATIENCE_NS)
        give_up(what, 0);
}

void crowd_speaker(void)
{
    int64_t begin = now_ns();

    if (!crowd.peer->session)
        return;
    for (ask(speaker_wire()); !speaker()->joined || speaker_wire()->busy; turn(100000000))
        patience(begin, "crowd: the one who speaks does not get in");
}

void crowd_gather(void)
{
    int64_t moved = now_ns();
    size_t before = 0;

    for (size_t asked = 0; crowd.settled < crowd.listeners;) {
        while (asked < crowd.listeners && asked < crowd.settled + AT_ONCE)
            ask(&crowd.wires[asked++]);
        turn(crowd.settled < crowd.listeners ? 100000000 : 0);
        if (crowd.settled != before)
            moved = now_ns();
        before = crowd.settled;
        patience(moved, "crowd: some do not get in");
    }
}

/* In BOSH the speaker's request waits until there is something for them: what they have said. */
static bool may_speak(void)
{
    return crowd.arrived == crowd.listeners && !speaker_wire()->busy;
}

int64_t crowd_say(struct samples *arrivals)
{
    char request[PEER_REQUEST_SIZE];
    char text[256];
    struct wire *wire = speaker_wire();
    ssize_t len;

    len = print_mark(text, crowd.said++);
    snprintf(text + len, sizeof text - (size_t)len,
             "+Shall+we+meet+at+the+station+at+seven,+or+is+that+too+early+for+you?");
    len = crowd.peer->say(speaker(), request, sizeof request, text);
    if (wire->fd == -1)
        attach(wire);
    crowd.arrived = 0;
    crowd.arrivals = arrivals;
    crowd.said_ns = now_ns();
    send_request(wire, request, len);
    while (!may_speak()) {
        turn(100000000);
        patience(crowd.said_ns, "crowd: a message did not reach everybody");
    }
    crowd.arrivals = NULL;
    return crowd.last_ns - crowd.said_ns;
}
