/* SPDX-License-Identifier: MIT */

/*
 * Who of a thread's members is held. The lines of `members` are read once, and the entry of each that
 * is held once, until somebody comes or goes.
 *
 * A change is told of before it is made, but under the thread's lock, and so is a message accepted: when
 * we read of a message whatever was told of before it has been made. Of what is short-lived that is not
 * so; who is asked then is asked again.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hub.h"
#include "spool/clock.h"
#include "spool/thread.h"

#define MEMBERS_MAX 200000  /* remembered in all rooms */
#define REMEMBER_MSEC 60000 /* for what is changed by hand */

struct room_member {
    bool asked;
    bool inside;
    struct user_entry entry;
    size_t dir; /* in `names` */
};

struct room {
    struct map_node node;
    char id[UUID_SIZE];
    int64_t loaded_ms;
    struct room_member *members;
    size_t count;
    size_t size;
    char *names;
    size_t names_len;
    size_t names_size;
    bool full;
};

static void *grow(void *old, size_t *size, size_t wanted, size_t each)
{
    size_t bigger = *size == 0 ? 64 : *size;
    void *new;

    while (bigger < wanted)
        bigger *= 2;
    new = realloc(old, bigger * each);
    if (new != NULL)
        *size = bigger;
    return new;
}

static int add_member(void *context, const struct member *member)
{
    struct room *room = context;
    size_t len = strlen(member->user.dir) + 1;
    void *grown;

    if (room->count == room->size) {
        grown = grow(room->members, &room->size, room->count + 1, sizeof *room->members);
        if (grown == NULL)
            return 1;
        room->members = grown;
    }
    if (room->names_len + len > room->names_size) {
        grown = grow(room->names, &room->names_size, room->names_len + len, 1);
        if (grown == NULL)
            return 1;
        room->names = grown;
    }
    room->members[room->count++] = (struct room_member){.dir = room->names_len};
    memcpy(room->names + room->names_len, member->user.dir, len);
    room->names_len += len;
    return 0;
}

static void drop(struct hub *hub, struct room *room)
{
    map_remove(&hub->rooms, &room->node);
    hub->room_members -= room->count;
    free(room->members);
    free(room->names);
    free(room);
}

static int drop_node(void *context, struct map_node *node)
{
    drop(context, (struct room *)node);
    return 0;
}

void rooms_clear(struct hub *hub)
{
    map_each(&hub->rooms, drop_node, hub);
    map_clear(&hub->rooms);
}

void rooms_forget(struct hub *hub, const char *thread)
{
    struct map_node *node = map_find(&hub->rooms, thread);

    if (node != NULL)
        drop(hub, (struct room *)node);
}

/* -1: errno. */
static int fill(struct hub *hub, struct room *room)
{
    struct thread thread;
    int result;

    if (thread_open(&hub->agent->spool, &thread, room->id) == -1)
        return -1;
    result = thread_lines(&thread, add_member, room);
    if (result == 1) {
        errno = ENOMEM;
        result = -1;
    }
    thread_close(&thread);
    return result;
}

static struct room *load(struct hub *hub, const char *id)
{
    struct room *room = calloc(1, sizeof *room);
    int saved;

    if (room == NULL)
        return NULL;
    if (hub->room_members > MEMBERS_MAX)
        rooms_clear(hub);
    memcpy(room->id, id, UUID_SIZE);
    room->node.key = room->id;
    room->loaded_ms = clock_boot_ms();
    if (fill(hub, room) == 0 && map_add(&hub->rooms, &room->node) == 0) {
        hub->room_members += room->count;
        return room;
    }
    saved = errno;
    free(room->members);
    free(room->names);
    free(room);
    errno = saved;
    return NULL;
}

/* Mark the member if held, and in the thread; -1: errno. */
static int consider(struct hub *hub, const struct room *room, struct room_member *member,
                    const struct concern *concern,
                    void (*mark)(struct hub *hub, struct holder *holder))
{
    const char *dir = room->names + member->dir;
    struct holder *holder = (struct holder *)map_find(&hub->holders, dir);
    char path[PATH_SIZE];
    struct user user;

    if (holder == NULL)
        return 0;
    if (!member->asked) {
        if (user_of_dir(&user, dir) == -1)
            return 0;
        member->inside = user_entry(&hub->agent->spool, &user, room->id, &member->entry) == 0;
        if (!member->inside && errno != ENOENT) {
            path_user_thread(path, dir, room->id);
            if (hub_fault_passes(hub, "users", path))
                return -1;
            holder_misses(hub, holder); /* whether it was theirs cannot be known */
        }
        member->asked = true;
    }
    if (member->inside && concern_member(concern, &member->entry))
        mark(hub, holder);
    return 0;
}

int rooms_mark(struct hub *hub, const struct concern *concern,
               void (*mark)(struct hub *hub, struct holder *holder))
{
    struct room *room = (struct room *)map_find(&hub->rooms, concern->thread);
    bool settled = room != NULL || concern->seq != 0;
    int result = 0;

    if (room != NULL && clock_boot_ms() > room->loaded_ms + REMEMBER_MSEC) {
        settled = concern->seq != 0;
        drop(hub, room);
        room = NULL;
    }
    if (room == NULL)
        room = load(hub, concern->thread);
    if (room == NULL)
        return -1;
    for (size_t i = 0; i < room->count && result == 0; i++)
        result = consider(hub, room, &room->members[i], concern, mark);
    if (!settled)
        drop(hub, room);
    return result;
}
