/* SPDX-License-Identifier: MIT */

/* What the journal has, read for everybody who is held. */

#include "hub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/scratch.h"
#include "chat/people.h"
#include "protocol/envelope.h"
#include "spool/clock.h"
#include "spool/file.h"
#include "spool/friends.h"
#include "spool/online.h"
#include "spool/thread.h"

#define TRIES_MAX 3 /* of what a disk cannot read: all wait for it */
#define LINES_SIZE (HUB_ROUND_BYTES + SPOOL_STANZA_MAX + 1)
#define EVENTS_SIZE (LINES_SIZE + HUB_ROUND * (CURSOR_SIZE + 32))

SCRATCH static char lines[LINES_SIZE];
SCRATCH static char events_room[EVENTS_SIZE];
SCRATCH static char text[SPOOL_STANZA_MAX + 1];
static size_t lines_len;
static struct buf events;
static uint64_t bit;    /* of the stanza whose readers are being marked */
static uint64_t number; /* its record */
static size_t hits;     /* streams that have it */

void round_begin(struct round *round)
{
    round->count = 0;
    round->serial++;
    round->limited = false;
    lines_len = 0;
    events = buf_over(events_room, sizeof events_room);
}

bool round_has_room(const struct round *round)
{
    return round->count < HUB_ROUND && lines_len < HUB_ROUND_BYTES;
}

void round_add(struct round *round, struct cursor after, const char *line, size_t len)
{
    struct round_stanza *stanza = &round->stanzas[round->count++];
    char cursor[CURSOR_SIZE];

    memcpy(lines + lines_len, line, len);
    *stanza = (struct round_stanza){after, lines + lines_len, len, events.data + events.len, 0};
    lines_len += len;
    cursor_print(cursor, after);
    event_put(&events, cursor, line, len);
    stanza->event_len = (size_t)(events.data + events.len - stanza->event);
}

/* ---- Whose it is ---- */

static void mark_stream(struct hub *hub, struct stream *stream)
{
    if (stream->marked)
        return;
    stream->marked = true;
    stream->next_marked = hub->marked;
    hub->marked = stream;
}

static void mark(struct hub *hub, struct holder *holder)
{
    for (struct stream *stream = holder->streams; stream != NULL; stream = stream->next)
        if (number >= stream->from && stream_listens(stream)) {
            stream->mask |= bit;
            hits++;
            mark_stream(hub, stream);
        }
}

void holder_misses(struct hub *hub, struct holder *holder)
{
    for (struct stream *stream = holder->streams; stream != NULL; stream = stream->next)
        if (number >= stream->from && stream_listens(stream)) {
            stream->limited = true;
            mark_stream(hub, stream);
        }
}

static int mark_limited(void *context, struct map_node *node)
{
    for (struct stream *stream = ((struct holder *)node)->streams; stream != NULL;
         stream = stream->next)
        if (stream_listens(stream) && !stream->is_behind)
            mark_stream(context, stream);
    return 0;
}

bool hub_fault_passes(struct hub *hub, const char *folder, const char *name)
{
    int error = errno;
    bool passes = file_fault_passes(error) && (error != EIO || hub->tries < TRIES_MAX);

    if (!passes && error != ENOENT)
        report_failed(&hub->agent->report, folder, name);
    errno = error;
    return passes;
}

/* ---- Presence: whom each has among their friends ---- */

struct presence {
    struct hub *hub;
    const struct user *about;
    uint64_t name; /* theirs, by map_hash */
    int64_t now_ms;
};

/* -1: errno; else the list has nobody in it, and nothing is missing. */
static int friends_fault(struct hub *hub, const char *dir)
{
    char path[PATH_SIZE];

    path_user_file(path, dir, "friends");
    return hub_fault_passes(hub, "users", path) ? -1 : 0;
}

/* Everybody who is held is asked this for each who comes or goes, so not each time of the disk. 1, 0; -1: errno. */
static int befriends(const struct presence *presence, struct holder *holder)
{
    struct spool *spool = &presence->hub->agent->spool;
    struct user user;

    if (user_of_dir(&user, holder->dir) == -1)
        return 0;
    if (presence->now_ms >= holder->recalled_until_ms) {
        friends_recall(&holder->friends, spool, &user);
        holder->recalled_until_ms = presence->now_ms + HUB_FRIENDS_MSEC;
    }
    if (!friends_perhaps(&holder->friends, presence->name))
        return 0;
    return holder->friends.all ? 1 : user_befriends(spool, &user, presence->about);
}

/* Who is among the friends of whom it is about, or all may be. */
static int mark_friend(void *context, struct map_node *node)
{
    struct presence *presence = context;
    struct holder *holder = (struct holder *)node;
    int result;

    if (strcmp(holder->dir, presence->about->dir) == 0)
        return 0;
    result = befriends(presence, holder);
    if (result == 1)
        mark(presence->hub, holder);
    return result == -1 ? friends_fault(presence->hub, holder->dir) : 0;
}

static int mark_named(void *context, const char *name)
{
    struct presence *presence = context;
    struct map_node *node;
    struct user user;

    if (user_named(&user, name) == -1)
        return 0;
    node = map_find(&presence->hub->holders, user.dir);
    return node == NULL ? 0 : mark_friend(presence, node);
}

static int mark_friends(struct hub *hub, const struct user *about)
{
    struct presence presence = {hub, about, map_hash(about->name), clock_boot_ms()};
    int result = user_each_friend(&hub->agent->spool, about, mark_named, &presence);

    if (result == -1 && errno == ENOENT)
        return map_each(&hub->holders, mark_friend, &presence);
    return result == -1 ? friends_fault(hub, about->dir) : 0;
}

static int mark_brief(struct hub *hub, const struct concern *concern, const char *line, size_t len)
{
    const struct spool_grammar *grammar = &hub->agent->grammar;
    struct map_node *own;
    int result;

    if (concern->nobody)
        return 0;
    if (concern->thread[0] == '\0')
        return mark_friends(hub, &concern->about);
    result = rooms_mark(hub, concern, mark);
    if (result == -1 && !hub_fault_passes(hub, "threads", concern->thread))
        result = 0;
    if (grammar->moves == NULL || grammar->moves(line, len))
        rooms_forget(hub, concern->thread);
    own = map_find(&hub->holders, concern->about.dir);
    if (result == 0 && own != NULL)
        mark(hub, (struct holder *)own);
    return result;
}

/* ---- Records ---- */

/* Its text, and whose it is, as the round's next stanza. Bytes of the text; 0: it is nobody's here;
 * -1: errno. */
static ssize_t message(struct hub *hub, const struct journal_record *record)
{
    struct concern concern;
    struct thread thread;
    ssize_t len;

    concern_message(&concern, record, number);
    if (rooms_mark(hub, &concern, mark) == -1) {
        /* Without the thread there is no telling whose it was. */
        hub->round.limited = hub->round.limited || !hub_fault_passes(hub, "threads", record->id);
        return -1;
    }
    if (hits == 0)
        return 0;
    if (thread_open(&hub->agent->spool, &thread, record->id) == -1)
        return -1;
    len = thread_read(&thread, record->seq, text, sizeof text);
    thread_close(&thread);
    return len;
}

static ssize_t brief(struct hub *hub, const struct journal_record *record)
{
    ssize_t len = presence_read(&hub->agent->spool, record->id, text, sizeof text);
    struct concern concern;

    if (len == -1) /* older than its hour: nobody's loss */
        return errno == ENOENT ? 0 : -1;
    concern_brief(&concern, record, number, &hub->agent->grammar, text, (size_t)len);
    if (mark_brief(hub, &concern, text, (size_t)len) == -1)
        return -1;
    return hits > 0 ? len : 0;
}

/* Take the round's next stanza back from all; whose it was misses something, if it is lost. */
static void unmark(struct hub *hub, bool lost)
{
    for (struct stream *stream = hub->marked; stream != NULL; stream = stream->next_marked) {
        stream->limited = stream->limited || (lost && (stream->mask & bit) != 0);
        stream->mask &= ~bit;
    }
}

/* -1: errno: the same again next time. */
static int take_record(struct hub *hub, const struct journal_record *record)
{
    struct round *round = &hub->round;
    bool is_message = record->kind == JOURNAL_MESSAGE;
    bool again;
    ssize_t len;

    bit = UINT64_C(1) << round->count;
    number = hub->journal.at.next - 1;
    hits = 0;
    len = is_message ? message(hub, record) : brief(hub, record);
    if (len > 0) {
        round_add(round, hub->journal.at, text, (size_t)len);
        hub->tries = 0;
        return 0;
    }
    again = len == -1 && hub_fault_passes(hub, is_message ? "threads" : "presence", record->id);
    unmark(hub, len == -1 && !again);
    hub->tries = again ? hub->tries + 1 : 0;
    return again ? -1 : 0;
}

/* Until the round is full, all is read, or it is time. As hub_read. */
static int read_round(struct hub *hub, int64_t until_ms)
{
    struct journal_record record;
    struct cursor before = hub->journal.at;
    int found = 1;

    while (round_has_room(&hub->round) && (found = journal_next(&hub->journal, &record)) == 1) {
        if (take_record(hub, &record) == -1) {
            hub->journal.at = before;
            found = -1;
            break;
        }
        before = hub->journal.at;
        if (clock_boot_ms() >= until_ms)
            break;
    }
    hub->round.limited = hub->round.limited || hub->journal.gap;
    hub->journal.gap = false;
    return found;
}

/* To all first, so that the last one does not wait for what there is to do for the others. */
static void give_marked(struct hub *hub)
{
    struct stream **link = &hub->marked;
    struct stream *stream;

    while ((stream = *link) != NULL) {
        stream->marked = false;
        if (!stream->gone && (stream->mask != 0 || stream->limited || hub->round.limited)) {
            (void)stream_give(hub, stream);
            link = &stream->next_marked;
        } else {
            *link = stream->next_marked;
        }
        stream->mask = 0;
    }
    while ((stream = hub->marked) != NULL) {
        hub->marked = stream->next_marked;
        stream_settle(hub, stream);
    }
}

/* Whether the journal is still the one that was read, for it may have been put back from a copy meanwhile: then
 * numbers are used again. -1: errno. */
static int check_place(struct hub *hub)
{
    uint64_t next = hub->journal.at.next;

    if (clock_boot_ms() < hub->check_ms)
        return 0;
    journal_close(&hub->journal);
    if (journal_seek(&hub->journal, &hub->agent->spool, hub->journal.at) == -1)
        return -1;
    for (size_t i = 0; i < hub->streams && hub->journal.at.next < next; i++)
        if (!hub->heap[i]->is_behind)
            hub->heap[i]->from = 0;
    hub->check_ms = clock_boot_ms() + HUB_LOOK_MSEC;
    return 0;
}

int hub_read(struct hub *hub, int64_t until_ms)
{
    int found = hub->placed && check_place(hub) == -1 ? -1 : 1;

    if (found == -1)
        report_failed(&hub->agent->report, "journal", NULL);
    while (found == 1 && hub->placed) {
        round_begin(&hub->round);
        found = read_round(hub, until_ms);
        hub->round.end = hub->journal.at;
        if (hub->round.limited)
            map_each(&hub->holders, mark_limited, hub);
        if (found == -1)
            report_failed(&hub->agent->report, "journal", NULL);
        give_marked(hub);
        if (clock_boot_ms() >= until_ms)
            return found;
    }
    return found == 1 ? 0 : found;
}
