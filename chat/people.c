/* SPDX-License-Identifier: MIT */
#include "chat/people.h"

#include <errno.h>
#include <string.h>

#include "base/scratch.h"
#include "protocol/cgi.h"
#include "protocol/room.h"
#include "protocol/stanza.h"
#include "protocol/stanza_presence.h"
#include "spool/clock.h"
#include "spool/file.h"
#include "spool/friends.h"
#include "spool/path.h"
#include "spool/role.h"
#include "spool/user.h"

#define LINE_MAX_LEN (PEOPLE_SENDER_MAX + 6 * USER_PROFILE_MAX + 256)

/* In a room; a thread of a set of people has no subject of its own. */
static int amend(const char *thread, const char *json, size_t json_len, const char *line,
                 size_t len, const char **out, size_t *out_len)
{
    SCRATCH static char text[ROOM_ABOUT_MAX];
    struct buf amended = buf_over(text, sizeof text);

    if (!role_is_room(thread) || room_about_amend(&amended, json, json_len, line, len) != 1)
        return 0;
    *out = amended.data;
    *out_len = amended.len;
    return 1;
}

const struct spool_grammar people_grammar = {
    .author = stanza_author, .thread = stanza_thread, .moves = stanza_is_of_room, .amend = amend};

static void warn(const struct user *user, const char *file, const char *what)
{
    char path[PATH_SIZE + 8] = "users/";

    path_user_file(path + strlen(path), user->dir, file);
    cgi_warn(path, what);
}

/* A file of the user. Most are short: `data` is `brief` then (so it is not to be copied), on pages used before. */
struct text {
    char brief[512];
    const char *data;
    size_t len;
};

/* Or nothing when it cannot be used. `room`: for a long one. */
static void text_read(struct text *text, struct spool *spool, const struct user *user,
                      const char *file, char room[USER_PROFILE_MAX])
{
    ssize_t len = user_text(spool, user, file, text->brief, sizeof text->brief);

    text->data = text->brief;
    if (len == -1 && errno == EFBIG) {
        text->data = room;
        len = user_text(spool, user, file, room, USER_PROFILE_MAX);
    }
    if (len == -1)
        warn(user, file, "cannot be read, or is too long");
    text->len = len == -1 ? 0 : (size_t)len;
}

void people_sender_put(struct buf *out, struct spool *spool, const struct user *user)
{
    SCRATCH static char room[USER_PROFILE_MAX];
    struct text profile;

    text_read(&profile, spool, user, "profile.json", room);
    if (stanza_sender_put(out, user->name, profile.data, profile.len) == -1)
        warn(user, "profile.json", "is no JSON object");
}

void people_name_put(struct buf *out, const struct user *user)
{
    (void)stanza_sender_put(out, user->name, "", 0);
}

int people_friends(struct spool *spool, const struct user *one, const struct user *other)
{
    int friends = user_friends(spool, one, other);

    if (friends != -1 || file_fault_passes(errno))
        return friends;
    warn(other, "friends", "this list, or its reader's, is none");
    return 0;
}

/* The two parts of a presence. The sender, and a long mood, are in storage that the next one uses again. */
struct parts {
    struct buf sender;
    struct text mood;
};

static void parts_read(struct parts *parts, struct spool *spool, const struct user *user)
{
    SCRATCH static char sender[PEOPLE_SENDER_MAX];
    SCRATCH static char room[USER_PROFILE_MAX];

    parts->sender = buf_over(sender, sizeof sender);
    people_sender_put(&parts->sender, spool, user);
    text_read(&parts->mood, spool, user, "presence.json", room);
}

bool people_presence_put(struct buf *out, struct spool *spool, const struct user *user,
                         bool available)
{
    struct parts parts;

    parts_read(&parts, spool, user);
    if (available && stanza_mood_hides(parts.mood.data, parts.mood.len))
        return false;
    stanza_presence_put(out, clock_wall_us(), parts.sender.data, parts.sender.len, parts.mood.data,
                        parts.mood.len, available);
    return true;
}

void people_presence_object_put(struct buf *out, struct spool *spool, const struct user *user,
                                bool available)
{
    struct parts parts;

    parts_read(&parts, spool, user);
    stanza_presence_object_put(out, parts.sender.data, parts.sender.len, parts.mood.data,
                               parts.mood.len, available);
}

static int compose(void *context, const struct user *user, bool available, const char **line,
                   size_t *len)
{
    SCRATCH static char text[LINE_MAX_LEN];
    struct buf out = buf_over(text, sizeof text);

    if (!people_presence_put(&out, context, user, available))
        out.len = 0;
    *line = text;
    *len = out.len;
    return 0;
}

struct online_compose people_compose(struct spool *spool)
{
    return (struct online_compose){.compose = compose, .context = spool};
}

struct listing {
    struct buf *out;
    struct spool *spool;
    const struct people_known *known;
    size_t count;
};

static int list_member(void *context, const struct member *member)
{
    struct listing *listing = context;
    const struct people_known *known = listing->known;

    if (listing->count++ >= STANZA_MEMBERS_SHOWN)
        return 0;
    if (listing->count > 1)
        buf_puts(listing->out, ",");
    if (known != NULL && strcmp(known->user->dir, member->user.dir) == 0)
        buf_put(listing->out, known->sender.data, known->sender.len);
    else
        people_sender_put(listing->out, listing->spool, &member->user);
    return 0;
}

int people_members_put(struct buf *out, struct spool *spool, struct thread *thread,
                       const struct people_known *known, size_t *count)
{
    struct listing listing = {out, spool, known, 0};
    int result = thread_members(thread, list_member, &listing);

    *count = listing.count;
    return result;
}
