/* SPDX-License-Identifier: MIT */
#ifndef AGENT_DOOR_H
#define AGENT_DOOR_H

/*
 * The second door: web servers bring requests for `stream` to the agent itself, by SCGI over the socket
 * agent.scgi in the spool. Each begins as in cgi-bin/stream.c, by the same code (chat/streaming.h), and is the
 * hub's from then on.
 *
 * Whoever connects may say any REMOTE_USER, so it is for programs of our own user only. Nothing here waits: a
 * head comes when it comes, and beginnings, one at a time, go on for some ms in each turn.
 */

#include "hub.h"

#define DOOR_SOCKET "agent.scgi"
#define DOOR_HEAD_MSEC 10000 /* so long a head may take */
#define DOOR_LEAVE_MSEC 2000 /* and a body that nobody wants */
#define DOOR_HEADS_MAX 1024  /* that are not whole yet; the oldest has to go then */
#define DOOR_FD_RESERVE 32   /* of the hub's reserve, for who is told that there is no room */
#define DOOR_FD_LAST 48      /* of it, beyond which nobody begins until some of those have gone */

/* Whose request is coming, has come, or is refused. */
struct visitor {
    struct source source;
    struct visitor *next; /* who came behind it, and has said all, too; or is gone, too */
    struct duty give_up;
    char *bytes;
    size_t len;
    size_t size;
    size_t start; /* of the head, once it is whole */
    size_t head;  /* bytes of it */
    bool watched;
    bool unread; /* there may be more in the socket than we want */
    bool leaving;
    bool gone;
};

/* door.c. Without the door the hub does the rest. */
void door_open(struct hub *hub);
void door_close(struct hub *hub);
/* What epoll tells of. */
void door_accept(struct hub *hub);
void door_heed(struct hub *hub, struct source *source, uint32_t events);
/* What is due; when the next is, or `otherwise`. */
void door_duties(struct hub *hub, int64_t now_ms);
int64_t door_next(int64_t otherwise);
/* Let streams begin until `until_ms`. True: others wait for that. */
bool door_work(struct hub *hub, int64_t until_ms);
void door_bury(void);

/*
 * door_begin.c: go on with the visitor's stream, which is the only one that begins, until `until_ms`. BEGINNING:
 * not done; BEGUN: the hub has it, and the visitor's descriptor; REFUSED: with what stands in `*reply`.
 */
enum beginning { BEGINNING, BEGUN, REFUSED };
enum beginning door_begin(struct hub *hub, struct visitor *visitor, int64_t until_ms,
                          struct buf *reply);
/* Some are about to begin, all of whom have come already. */
void door_turn(void);
/* Whether one has, and is not done; whether the last one took of the last descriptors. */
bool door_begins(void);
bool door_is_short(void);
/* Nothing becomes of it. */
void door_give_up(void);
/* What is said to who brings no request. */
void door_refuse(int status, const char *detail, struct buf *reply);

#endif
