/* SPDX-License-Identifier: MIT */
#ifndef PROTOCOL_STANZA_H
#define PROTOCOL_STANZA_H

/*
 * The grammar of stanzas (Browser based Chat 1.0, section 3): what a client may say, and the one
 * canonical line that is stored and sent. Knows no files: profiles and stanzas are text handed in.
 *
 *   {"timestamp":T,"type":"message","seq":N,"prev":H,
 *    "message":{"id":I,"thread":T,"subject":S,"text":S,"type":"plain","language":L,
 *               "attachments":[],<unknown attributes>,"sender":{},"members":[]},<unknown>}
 *
 * A message may be about an earlier one of its thread; then `replaces`, `retracts` or `reaction`
 * stands before `sender`, and a retraction's and a reaction's outer type is their own.
 *
 *   {"timestamp":T,"type":"presence",
 *    "presence":{"entity":{},"show":S,"status":S,"available":true}}
 *
 * Attributes that have no value are null, never missing.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "form.h"
#include "json.h"

#define STANZA_BODY_MAX 262144  /* what a client may send at most, whatever max_body says */
#define STANZA_LINE_MAX 2097152 /* a line: its bytes escaped sixfold, and the members */
#define STANZA_TO_MAX 1000
#define STANZA_MEMBERS_SHOWN 50 /* senders in `members`; with more there is `memberCount`, too */
#define STANZA_TYPE_SIZE 32     /* longer than every type there is */
#define STANZA_TIME_SIZE 28     /* 2011-02-10T15:04:55.123456Z and NUL */
#define STANZA_NAME_SIZE 256    /* longer than every user's name */
#define STANZA_REACTION_MAX 64  /* bytes of a reaction's text */

/*
 * Why a request is not in the grammar: which field, in the client's words ("thread_id" in a form,
 * "thread" in JSON; "body" when no field is to blame, but the whole), and a sentence.
 */
struct stanza_error {
    char field[32];
    char detail[128];
};

/* What a message does to an earlier one. */
enum stanza_act { STANZA_SAYS, STANZA_REPLACES, STANZA_RETRACTS, STANZA_REACTS };

/*
 * An earlier stanza of the same thread. As a client names it: `seq`, or (0) `id`, and no sender; as
 * it is stored, {"seq":N,"id":I,"sender":<user>}: all three.
 */
struct stanza_reference {
    uint64_t seq;
    char id[37];
    char sender[STANZA_NAME_SIZE];
};

/* A message as the client gave it: checked, not yet placed in a thread. */
struct stanza_message {
    enum stanza_act act;
    const char *about_field;       /* what the client calls the reference, for an error */
    struct stanza_reference about; /* unless STANZA_SAYS; to be completed (reference.h) */
    struct stanza_reference named; /* whoever completes it keeps here what the client called it */
    char id[37];                   /* RFC 9562, lower case; "" when the server is to make one */
    char thread[37];               /* as given, lower case when it is a UUID; "" when absent */
    const char **to;               /* users, decoded; for a message without a thread */
    size_t to_count;
    struct buf content;  /* "subject":…,"text":…,<unknown>: inside of `message`, after thread */
    struct buf extra;    /* ,"x":… unknown attributes of the stanza itself; often empty */
    struct buf reaction; /* ,"text":…,<unknown>: inside of `reaction`, after `to` */
    bool sets_subject;   /* a subject and no text: in a room it becomes the room's (room.h) */
};

/* What the server adds to a message when it gets its place. */
struct stanza_place {
    uint64_t seq;
    const char *prev;   /* SHA-256 of the thread's previous stanza, hex; NULL for the first */
    int64_t time_us;    /* microseconds since 1970 */
    const char *sender; /* sender object (stanza_sender) */
    size_t sender_len;
    const char *members; /* inside of an array of sender objects, at most STANZA_MEMBERS_SHOWN */
    size_t members_len;
    size_t member_count;
};

/*
 * Check a client's message: a stanza {"type":"message","message":{…}} as JSON text, or the form
 * fields thread_id, message, type, subject, language, id, to (repeatable), replaces, retracts,
 * reacts_to and reaction. There must be something to say: text, subject, attachments or an unknown
 * attribute; a retraction and a reaction say nothing else. sender, timestamp, seq, prev, members
 * and memberCount are dropped. Narrower limits than json.h's (900 keys an object, 4096 values) make
 * sure that the stored line is within those. -1: `error` says why. Uses static storage: one message
 * at a time; a form's fields must outlive it.
 */
int stanza_message_from_json(struct stanza_message *message, const char *text, size_t len,
                             struct stanza_error *error);
int stanza_message_from_form(struct stanza_message *message, const struct form *form,
                             struct stanza_error *error);

/* Append the stored line, with its newline. message->id, ->thread and ->about must be whole by now.
 */
void stanza_message_put(struct buf *out, const struct stanza_message *message,
                        const struct stanza_place *place);

/* Whether the stored line says the same as `message`: all that came from the client, id and thread
 * too. */
bool stanza_message_same(const struct stanza_message *message, const char *line, size_t len);

/* seq and timestamp (as text) of a numbered line, for the answer to a repeated message. -1: not such
 * a line. */
int stanza_placed(const char *line, size_t len, uint64_t *seq, char time[STANZA_TIME_SIZE]);

/*
 * Append a sender object (3.1.8; an actor of Activity Streams 1.0): objectType ("person"), id
 * (always the user), displayName (the user's name unless the profile has one), url, image and
 * whatever else the profile has. `profile` is the text of profile.json, len 0 when there is none;
 * it may have 32 keys an object, 64 keys and values, 12 levels. Writes a usable object in any case;
 * -1 when the profile is no such JSON object.
 */
int stanza_sender_put(struct buf *out, const char *user, const char *profile, size_t len);

/*
 * Append a presence line (3.2), with its newline. `mood` is the text of presence.json (show,
 * status), len 0 when there is none; someone who is not available shows neither.
 */
void stanza_presence_put(struct buf *out, int64_t time_us, const char *sender, size_t sender_len,
                         const char *mood, size_t mood_len, bool available);
/* The same without its frame: {"entity":{},"show":…,"status":…,"available":…}, as get-friends lists
 * them. */
void stanza_presence_object_put(struct buf *out, const char *sender, size_t sender_len,
                                const char *mood, size_t mood_len, bool available);

/*
 * The user whom a stored line is from, `sender.id` or `entity.id` in its object; the thread it
 * belongs to, `thread` there. -1 when it is no such line or the text is longer than size - 1.
 */
int stanza_author(const char *line, size_t len, char *user, size_t size);
int stanza_thread(const char *line, size_t len, char *thread, size_t size);
/* Whether a short-lived one tells who comes into a room, goes, or is what in it. */
bool stanza_is_of_room(const char *line, size_t len);

/* RFC 3339 in UTC with microseconds, as in 3.1.9. */
void stanza_time(char out[STANZA_TIME_SIZE], int64_t time_us);

#endif
