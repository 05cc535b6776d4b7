/* SPDX-License-Identifier: MIT */
#ifndef AGENT_HUB_H
#define AGENT_HUB_H

/*
 * The streams that the agent holds for programs that have ended (spool/handover.h): each record of the
 * journal is read once, and goes to all whom it concerns, without waiting for any of them.
 *
 * What is read goes by rounds: some stanzas, then everybody is written what of them is theirs. What a
 * client has not read is kept for it, up to a limit; then it falls behind, and is given what it has missed
 * from the disk when it has read that. Who reads nothing for a while is cut off.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "job.h"
#include "protocol/buf.h"
#include "spool/concern.h"
#include "spool/friends.h"
#include "spool/handover.h"
#include "spool/map.h"
#include "spool/online.h"
#include "spool/user.h"

#define HUB_ROUND 64                 /* stanzas in a round: the bits of `mask` */
#define HUB_ROUND_BYTES (512 * 1024) /* of them, before the last one */
#define HUB_BACKLOG (256 * 1024)     /* bytes that a client may leave unread beside one write */
#define HUB_BACKLOG_ALL (64 * 1024 * 1024) /* and all of them together */
#define HUB_FD_RESERVE 64                  /* descriptors for all else that the agent does */
#define HUB_STUCK_MSEC 30000   /* so long a client may read nothing of what waits for it */
#define HUB_LOOK_MSEC 5000     /* at tokens, and at the journal without a hint */
#define HUB_TOKEN_SLOTS 256    /* by which streams of a token are found */
#define HUB_LINGER_MSEC 10000  /* nobody is left, but who polls comes back: the place is kept */
#define HUB_FRIENDS_MSEC 2000  /* a new list of friends is heeded by then */
#define HUB_GIVE_UP_MSEC 60000 /* a program that has connected and says nothing */

/* ---- Something that is due: queues of what is due after the same time, so most belongs at the end ---- */

struct duty {
    struct duty *next; /* NULL: in no queue */
    struct duty *previous;
    int64_t due_ms;
};

struct queue {
    struct duty head;
};

#define DUTY(duty, type, member) ((type *)(void *)((char *)(duty)-offsetof(type, member)))

void queue_open(struct queue *queue);
/* Put where it belongs, behind what is due at the same time; or move there. */
void queue_put(struct queue *queue, struct duty *duty, int64_t due_ms);
void queue_drop(struct duty *duty);
/* The first that is due by `now_ms`, or NULL. */
struct duty *queue_due(const struct queue *queue, int64_t now_ms);
/* When the first is, or `otherwise`. */
int64_t queue_next(const struct queue *queue, int64_t otherwise);

/* ---- Who is held ---- */

/* What epoll gives back. */
enum source_kind {
    SOURCE_LISTENER,
    SOURCE_WATCH,
    SOURCE_PROGRAM,
    SOURCE_STREAM,
    SOURCE_DOOR, /* door.h has these two */
    SOURCE_VISITOR,
};
struct source {
    enum source_kind kind;
    int fd;
};

/* A program that has connected. */
struct program {
    struct source source;
    struct duty give_up;
};

/* What a client has not taken yet. */
struct backlog {
    size_t len;
    size_t sent; /* of them, meanwhile */
    char bytes[];
};

struct stream {
    struct source source; /* the way out */
    struct stream *next;  /* of the same user */
    struct holder *holder;
    struct stream *next_by_token; /* whose begins alike */
    struct stream *next_marked;   /* in this round */
    uint64_t mask;                /* the round's stanzas that are theirs */
    uint64_t from;                /* records before this one are not: they have been sent */
    int64_t deadline_ms;
    size_t heap_at;
    struct duty heartbeat; /* of events; of all, whether what waits is being read */
    struct duty token_look;
    struct duty behind; /* it has still to be brought to where the others are */
    struct backlog *backlog;
    int64_t progress_ms; /* when something of the backlog was taken */
    struct cursor at;    /* where it stands once all that was written has been taken */
    struct place *place; /* NULL: none */
    struct cursor taken;
    struct online_list *greeting; /* who is here that it has not been told yet; NULL: has all */
    char *reader;                 /* the foreign origin that reads the reply, NULL */
    char *token;                  /* its SHA-256, NULL */
    int counted;
    uint16_t limit;
    bool events;
    bool has_cursor;
    bool any_reader;
    bool token_in_header;
    bool own; /* it began here: nobody else has its way out open */
    bool marked;
    bool is_behind;
    bool overdue;  /* its time was over before it had got all that there was */
    bool busy;     /* it was one too many: an empty answer says when to come again */
    bool limited;  /* something of theirs cannot be read */
    bool answered; /* a poll: ends when its backlog is sent */
    bool served;   /* and it is */
    bool reset;
    bool ending; /* nothing more is for it; it stays until what it was told last has arrived */
    bool gone;   /* to be freed at the end of the run */
};

/* A user who holds any. */
struct holder {
    struct map_node node; /* by `dir` */
    struct stream *streams;
    struct duty touch;
    struct friends friends;
    int64_t recalled_until_ms; /* so long their list is taken to be as it was */
    char dir[];
};

/* Whether what comes now is still for it. */
static inline bool stream_listens(const struct stream *stream)
{
    return !stream->answered && !stream->ending;
}

/* ---- A round ---- */

struct round_stanza {
    struct cursor after;
    const char *line; /* as it is stored */
    size_t len;
    const char *event; /* the same for the wire */
    size_t event_len;
};

struct round {
    struct round_stanza stanzas[HUB_ROUND];
    size_t count;
    uint64_t serial;
    struct cursor end; /* all before it has been looked at */
    bool limited;      /* something is missing, for everybody */
};

struct hub {
    struct agent *agent;
    int epoll; /* -1: the hub is not open */
    struct source listener;
    struct source watch;
    struct map holders;
    struct map rooms;
    size_t room_members; /* in all rooms */
    size_t streams;
    size_t programs;
    size_t backlog; /* bytes */
    int fd_max;     /* descriptors from here on are left to others */
    struct queue heartbeats;
    struct queue token_looks;
    struct queue touches;
    struct queue give_ups;
    struct queue behind;
    struct stream *by_token[HUB_TOKEN_SLOTS];
    struct stream **heap;
    size_t heap_size;
    struct journal_reader journal;
    bool placed;       /* `journal` stands where all have been served up to */
    unsigned tries;    /* of the record that could not be read */
    int64_t check_ms;  /* whether it is still the same */
    int64_t linger_ms; /* so long, when there is nobody */
    struct round round;
    struct stream *marked;
    struct stream *gone;
};

/* hub_room.c: mark the holders in the concern's thread, by `mark`. -1: errno, some may be marked. */
int rooms_mark(struct hub *hub, const struct concern *concern,
               void (*mark)(struct hub *hub, struct holder *holder));
/* Somebody comes or goes: ask anew who is in it. */
void rooms_forget(struct hub *hub, const char *thread);
void rooms_clear(struct hub *hub);

/*
 * hub_round.c. Something could not be read (errno, which stays): whether to try again; else everybody goes on
 * without it, and the operator is told, unless it only is not there any more. A disk has a few tries.
 */
bool hub_fault_passes(struct hub *hub, const char *folder, const char *name);
/* They are to be told that something is missing. */
void holder_misses(struct hub *hub, struct holder *holder);
/* An empty round; the next stanza of it. */
void round_begin(struct round *round);
bool round_has_room(const struct round *round);
void round_add(struct round *round, struct cursor after, const char *line, size_t len);
/* Read on and write to everybody, until `until_ms`. 1: there is more; 0; -1: later again. */
int hub_read(struct hub *hub, int64_t until_ms);

/* hub_behind.c. Bring a stream to where the others are, little by little: hub_catch_up goes on with all of
 * them until `until_ms`. True: there is more to do. */
void hub_fall_behind(struct hub *hub, struct stream *stream);
bool hub_catch_up(struct hub *hub, int64_t until_ms);

/*
 * hub_write.c: what the round has for the stream, or (`mask` 0) the empty answer to a poll. False: it could not
 * be given all of it, and is behind from now on; or it has gone.
 */
bool stream_give(struct hub *hub, struct stream *stream);
/*
 * Behind it, and behind an answer: what there is to do when that has been taken at once; else it is done when it
 * has. So much takes longer than to write, so everybody is written first.
 */
void stream_settle(struct hub *hub, struct stream *stream);
/* The beginning of events; a poll's whole answer. */
void stream_say(struct hub *hub, struct stream *stream, const struct buf *said);
void stream_answer(struct hub *hub, struct stream *stream, const struct buf *reply);
void stream_heartbeat(struct hub *hub, struct stream *stream);
/* The client reads again. */
void stream_writable(struct hub *hub, struct stream *stream);

/* Clients together leave so much unread that of each no more is kept than has to be. */
bool hub_is_tight(const struct hub *hub);

/* hub_answer.c: with what the round has for a poll; its token has ended. */
void answer_give(struct hub *hub, struct stream *stream);
void stream_no_token(struct hub *hub, struct stream *stream);

/* hub_greet.c. Take what is left of a greeting; go on with it for a while: true: there is more; leave it. */
void greeting_take(struct stream *stream, struct online_list *list);
bool greeting_go_on(struct hub *hub, struct stream *stream, int64_t until_ms);
void greeting_leave(struct stream *stream);

/* hub_stream.c */
void hub_take(struct hub *hub, struct program *program);
/* A stream that has begun here, and what there is to say to it first; the descriptors are the hub's. */
struct opening {
    struct buf said;
    struct online_list *greeting; /* what is left of it; NULL: nothing */
    bool answered;                /* `said` is the answer */
    bool limited;
    bool busy;
};
void hub_adopt(struct hub *hub, const struct handover *handover, const int fds[HANDOVER_FDS],
               const struct opening *opening);
/* Its time is over, then. */
void stream_put_off(struct hub *hub, struct stream *stream, int64_t deadline_ms);
/* It ends: time, client or patience is over. Its memory lasts until hub_bury. */
void stream_end(struct hub *hub, struct stream *stream);
void hub_bury(struct hub *hub);
/* What epoll is to tell of it. */
int hub_watch(struct hub *hub, struct source *source, int operation, uint32_t events);

/* hub_end.c. Whose time is over; whose token has ended, as is looked at now and then. */
void hub_expire(struct hub *hub, int64_t now_ms);
void hub_look_at_tokens(struct hub *hub, int64_t now_ms);
/* A stream with a token begins, and ends. */
void token_enter(struct hub *hub, struct stream *stream);
void token_leave(struct hub *hub, struct stream *stream);
/* What the watch tells of (watch_read): a token may have gone. */
void hub_hear(void *hub, const char *name);
/* How long it may still turn out that what was told last did not arrive. */
int64_t stream_doubtful(const struct stream *stream);

/* hub_heap.c: streams by their deadlines. -1: ENOMEM. */
int heap_add(struct hub *hub, struct stream *stream);
void heap_remove(struct hub *hub, struct stream *stream);

#endif
