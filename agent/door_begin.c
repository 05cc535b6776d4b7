/* SPDX-License-Identifier: MIT */

/* A stream begins in the agent. Little by little, for the others wait meanwhile. */

#include "door.h"

#include <string.h>

#include "base/scratch.h"
#include "chat/handing.h"
#include "chat/standing.h"
#include "chat/streaming.h"
#include "protocol/visit.h"
#include "spool/clock.h"

#define RECORDS 4096 /* that are looked at for a first envelope, before others have their turn */
#define SAID_SIZE (6 * 1024 * 1024)
#define PROBLEM_SIZE 8192

SCRATCH static char said_room[SAID_SIZE];
SCRATCH static char problem_room[PROBLEM_SIZE];

static struct streaming stream;
static bool is_open;
static enum { IDLE, START, GREET, FIRST } stage;
static int fd;
static int fd_max;                  /* descriptors from here on are not for streams */
static const struct cursor *stands; /* where the hub stands, NULL */
static int64_t turn_ms;             /* until when this turn lasts */
static struct opening opening;
static struct handover handover;
static int fds[HANDOVER_FDS];

/* ---- Settings: programs read them anew each time ---- */

static bool looked; /* in this turn; who begins in it had come before */

void door_turn(void)
{
    looked = false;
}

static void read_settings(struct spool *spool)
{
    static struct config_file file;

    if (looked)
        return;
    if (config_renew(&spool->config, &file, spool->root, spool->complaint) == -1)
        cgi_die_errno(spool->complaint);
    looked = true;
}

/* ---- Step by step ---- */

static void start(void)
{
    struct endpoint *endpoint = &stream.endpoint;

    cgi_name("stream");
    read_settings(&endpoint->spool);
    endpoint_begin(endpoint, "stream", "GET");
    if (strcmp(endpoint->cgi.length, "0") != 0)
        cgi_die(413, "A stream takes no body.");
    streaming_admit(&stream);
    stream.over_budget = stream.wait > 0 && (fd >= fd_max || !handing_count(endpoint));
    stream.known = stands;
    streaming_open(&stream);
    /* Where others are waiting to begin, ours may be far above it. */
    if (stream.wait > 0 && !stream.over_budget && !handing_fits(fd, fd_max)) {
        handing_forget(false);
        stream.over_budget = true;
        stream.deadline_ms = clock_boot_ms();
    }
    if (endpoint->cgi.wants_events)
        (void)cgi_stream_head("text/event-stream");
    streaming_begin(&stream);
}

/* An answer, when there is one already, else nothing; of events the beginning: the rest is the hub's. */
static void say_first(void)
{
    struct reader *reader = &stream.reader;
    struct cgi_reader to = cgi_reader();
    int found;

    if (stream.endpoint.cgi.wants_events) {
        (void)cgi_stream_write(stream.out.data, stream.out.len);
        opening.limited = opening.limited || reader->limited;
        return;
    }
    reader->stop = reader->journal.at.next + RECORDS;
    /* What has come behind where the hub stands it is about to read for all who wait there. */
    found = stream.level && stream.wait > 0 && !stream.over_budget ? 0 : streaming_fill(&stream);
    opening.answered =
        streaming_has_answer(&stream) ||
        (found != 2 && (stream.over_budget || clock_boot_ms() >= stream.deadline_ms));
    if (!opening.answered)
        return;
    streaming_end_envelope(&stream);
    cgi_compose(&opening.said, &to, 200, "application/json", stream.out.data, stream.out.len);
}

/* Who has many friends here, and reads slowly, must not keep the others waiting: the hub goes on with it. */
static bool leave_greeting(void)
{
    if (!stream.endpoint.cgi.wants_events || stream.out.len < STREAMING_GREETING)
        return false;
    if (stream.online.dir.fd < fd_max) {
        opening.greeting = &stream.online;
    } else {
        opening.limited = true;
        (void)online_close(&stream.online);
    }
    stream.greeting = false;
    return true;
}

static void part(void *context)
{
    (void)context;
    if (stage == START) {
        start();
        stage = GREET;
    }
    if (stage == GREET) {
        if (streaming_greet(&stream, turn_ms) && !leave_greeting())
            return;
        stage = FIRST;
    }
    say_first();
    opening.busy = stream.over_budget;
    handover = streaming_handover(&stream, clock_boot_ms());
    if (!handing_fill(&stream.endpoint, &handover, fd, fds))
        cgi_die(400, "This origin is too long.");
    stage = IDLE;
}

static void end(bool begun)
{
    stage = IDLE;
    visit_end();
    streaming_close(&stream);
    standing_forget(begun);
    handing_forget(begun);
}

bool door_is_short(void)
{
    for (size_t i = 0; i < HANDOVER_FDS; i++)
        if (fds[i] >= fd_max + DOOR_FD_LAST)
            return true;
    return false;
}

bool door_begins(void)
{
    return stage != IDLE;
}

void door_give_up(void)
{
    if (door_begins())
        end(false);
}

enum beginning door_begin(struct hub *hub, struct visitor *visitor, int64_t until_ms,
                          struct buf *reply)
{
    if (stage == IDLE) {
        if (!is_open)
            stream.endpoint.spool = hub->agent->spool; /* with settings of its own from now on */
        is_open = true;
        fd = visitor->source.fd;
        fd_max = hub->fd_max;
        stands = hub->placed ? &hub->journal.at : NULL;
        opening = (struct opening){.said = buf_over(said_room, sizeof said_room)};
        visit_begin(visitor->bytes + visitor->start, visitor->head, &opening.said);
        stage = START;
    }
    turn_ms = until_ms;
    if (!visit_part(part, NULL)) {
        if (opening.greeting != NULL)
            (void)online_close(opening.greeting);
        end(false);
        *reply = opening.said;
        return REFUSED;
    }
    if (stage != IDLE)
        return BEGINNING;
    end(true);
    hub_adopt(hub, &handover, fds, &opening);
    return BEGUN;
}

void door_refuse(int status, const char *detail, struct buf *reply)
{
    struct cgi_reader nobody = {NULL, false};

    *reply = buf_over(problem_room, sizeof problem_room);
    cgi_compose_problem(reply, &nobody, status, false, detail);
}
