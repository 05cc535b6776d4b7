/* SPDX-License-Identifier: MIT */
#include "online.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "dir.h"
#include "file.h"
#include "id.h"
#include "journal.h"
#include "map.h"
#include "told.h"
#include "walk.h"

ssize_t presence_read(struct spool *spool, const char *id, char *out, size_t size)
{
    return file_read(spool->presence, id, out, size);
}

/* The file first: a record never points to something half-written. Not synced: it lives an hour. */
int presence_publish(struct spool *spool, const char *line, size_t len)
{
    struct journal_record record = {.kind = JOURNAL_PRESENCE};

    id_random(record.id);
    if (file_create(spool->presence, record.id, line, len, false) == -1)
        return -1;
    if (journal_append(spool, &record, NULL) == 0)
        return 0;
    int saved = errno;
    unlinkat(spool->presence, record.id, 0);
    errno = saved;
    return -1;
}

/*
 * Tell the others what is true now, unless they have been told so: what they know, `*told`, is
 * that afterwards. Killed before this is written down, it is told again; the other way never.
 */
static int tell(struct spool *spool, const struct user *user, enum told *told,
                const struct online_compose *by)
{
    enum told now = TOLD_SEEN;
    const char *line;
    size_t len;

    if (by->compose(by->context, user, true, &line, &len) == -1)
        return -1;
    if (len == 0) {
        now = TOLD_HIDDEN;
        if (*told != now && by->compose(by->context, user, false, &line, &len) == -1)
            return -1;
    }
    if (*told == now)
        return 0;
    /* Killed from here on, and never back, they are taken off with a departure like everybody. */
    if (*told == TOLD_HIDDEN && told_write(spool, user, TOLD_UNSURE) == -1)
        return -1;
    if (presence_publish(spool, line, len) == -1)
        return -1;
    *told = now;
    return 0;
}

/* The same for whose entry is there. */
static int settle(struct spool *spool, const struct user *user, const struct online_compose *by)
{
    enum told before;
    enum told told;

    if (told_read(spool, user, &before) == -1)
        return -1;
    told = before;
    if (before == TOLD_SEEN)
        return 0;
    if (tell(spool, user, &told, by) == -1)
        return -1;
    return told == before ? 0 : told_write(spool, user, told);
}

/*
 * How many ms of the lease are left, by the entry's mtime; <= 0: none. `*plain`, when not NULL:
 * the others know the user as available, and all else. -1 when there is no entry.
 */
static int lease_left(struct spool *spool, const char *dir, int64_t *left_ms, bool *plain)
{
    struct stat info;
    int64_t age;
    int64_t lease = (int64_t)spool->config.lease * 1000;

    if (fstatat(spool->online, dir, &info, AT_SYMLINK_NOFOLLOW) == -1)
        return -1;
    age = clock_wall_us() / 1000 -
          ((int64_t)info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1000000);
    /*
     * A sign of life from the future: the clock has gone back; within a lease it is as good as now.
     */
    *left_ms = age < -lease ? 0 : lease - age;
    if (plain != NULL)
        *plain = info.st_size == 0;
    return 0;
}

static int touch(struct spool *spool, const char *dir)
{
    int64_t now = clock_wall_us();
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                {.tv_sec = now / 1000000, .tv_nsec = now % 1000000 * 1000}};

    return utimensat(spool->online, dir, times, AT_SYMLINK_NOFOLLOW);
}

/*
 * Who arrives is told of before the entry says so: killed in between, the arrival is published
 * again; the other way never.
 */
static int arrive(struct spool *spool, const struct user *user, bool there,
                  const struct online_compose *by)
{
    enum told told = TOLD_HIDDEN; /* so everybody takes who is not there */

    /* An entry whose lease has run out and that nobody has swept is no life: who looked since was
     * told so, and must be told of this. */
    if (there && told_read(spool, user, &told) == -1)
        return -1;
    if (told == TOLD_SEEN)
        told = TOLD_UNSURE;
    if (tell(spool, user, &told, by) == -1 || told_write(spool, user, told) == -1)
        return -1;
    return touch(spool, user->dir) == 0 ? 1 : -1;
}

static int touch_or_arrive(struct spool *spool, const struct user *user,
                           const struct online_compose *by)
{
    int64_t left = 0;
    bool plain = true;
    bool there = lease_left(spool, user->dir, &left, &plain) == 0;

    if (!there && errno != ENOENT)
        return -1;
    if (left <= 0)
        return arrive(spool, user, there, by);
    if (!plain && settle(spool, user, by) == -1)
        return -1;
    return touch(spool, user->dir);
}

/* Whether there was a sign of life just now, and nothing is to be settled: for who polls, no work at all. */
static bool is_fresh(struct spool *spool, const struct user *user)
{
    int64_t lease = (int64_t)spool->config.lease * 1000;
    int64_t left = 0;
    bool plain = false;

    return lease_left(spool, user->dir, &left, &plain) == 0 && plain && left <= lease &&
           left > lease - lease / ONLINE_FRESH_PART;
}

/* Coming and going hold the lock of online/, so that the journal has them in the order they
 * happened. */
int online_touch(struct spool *spool, const struct user *user, const struct online_compose *by)
{
    int result;
    int saved;

    if (is_fresh(spool, user))
        return 0;
    if (spool_lock(spool, spool->online) == -1)
        return -1;
    result = touch_or_arrive(spool, user, by);
    saved = errno;
    flock(spool->online, LOCK_UN);
    errno = saved;
    return result;
}

bool online_is(struct spool *spool, const struct user *user)
{
    int64_t left;

    return lease_left(spool, user->dir, &left, NULL) == 0 && left > 0;
}

/* The same order, for the same reason. Nobody takes leave who was not seen. */
static int leave(struct spool *spool, const struct user *user, const struct online_compose *by)
{
    const char *line;
    enum told told;
    size_t len;

    if (told_read(spool, user, &told) == -1)
        return -1;
    if (told != TOLD_HIDDEN && (by->compose(by->context, user, false, &line, &len) == -1 ||
                                presence_publish(spool, line, len) == -1))
        return -1;
    return unlinkat(spool->online, user->dir, 0);
}

static int depart(struct spool *spool, const struct user *user, const struct online_compose *by)
{
    int64_t left;
    int result = 0;
    int saved;

    if (spool_lock(spool, spool->online) == -1)
        return -1;
    if (lease_left(spool, user->dir, &left, NULL) == 0 && left <= 0)
        result = leave(spool, user, by);
    saved = errno;
    flock(spool->online, LOCK_UN);
    errno = saved;
    return result;
}

/* Replace presence.json; before it changes, `online/` says that the others do not know. */
static int change(struct spool *spool, const struct user *user, const char *draft,
                  const struct online_compose *by)
{
    char path[PATH_SIZE];
    int64_t left = 0;
    bool plain = false;
    bool alive = lease_left(spool, user->dir, &left, &plain) == 0 && left > 0;

    path_user_file(path, user->dir, "presence.json");
    if (alive && plain && draft != NULL && told_write(spool, user, TOLD_UNSURE) == -1)
        return -1;
    if (draft != NULL && renameat(spool->users, draft, spool->users, path) == -1)
        return -1;
    return alive ? settle(spool, user, by) : 0;
}

static int change_locked(struct spool *spool, const struct user *user, const char *draft,
                         const struct online_compose *by)
{
    int result;
    int saved;

    if (spool_lock(spool, spool->online) == -1)
        return -1;
    result = change(spool, user, draft, by);
    saved = errno;
    flock(spool->online, LOCK_UN);
    errno = saved;
    return result;
}

int online_tell(struct spool *spool, const struct user *user, const struct online_compose *by)
{
    return change_locked(spool, user, NULL, by);
}

/* Written and synced before the lock, which everybody who comes or goes waits for. */
int online_set(struct spool *spool, const struct user *user, const char *text, size_t len,
               const struct online_compose *by)
{
    char name[UUID_SIZE + 1] = ".";
    char draft[PATH_SIZE];
    int result;
    int saved;

    id_random(name + 1);
    path_user_file(draft, user->dir, name);
    if (file_create(spool->users, draft, text, len, spool->config.sync) == -1)
        return -1;
    result = change_locked(spool, user, draft, by);
    if (result == 0)
        return spool->config.sync ? file_sync_dir(spool->users, user->dir) : 0;
    saved = errno;
    unlinkat(spool->users, draft, 0);
    errno = saved;
    return result;
}

/* Each entry of online/, alive or not. */
static int each_entry(struct spool *spool,
                      int (*each)(void *context, const struct user *user, int64_t left_ms),
                      void *context)
{
    struct dir dir;
    const char *name;
    int result = 0;

    if (dir_open(&dir, spool->online, ".") == -1)
        return -1;
    while (result == 0 && (name = walk_next(spool, &dir)) != NULL) {
        struct user user;
        int64_t left;
        if (user_of_dir(&user, name) == 0 && lease_left(spool, user.dir, &left, NULL) == 0)
            result = each(context, &user, left);
    }
    return dir_close(&dir) == -1 ? -1 : result;
}

int online_open(struct online_list *list, struct spool *spool, const struct user *user)
{
    list->spool = spool;
    if (user != NULL)
        friends_recall(&list->friends, spool, user);
    else
        list->friends = (struct friends){.unread = true};
    return dir_open(&list->dir, spool->online, ".");
}

bool online_next(struct online_list *list, struct user *user)
{
    const char *name;
    int64_t left;

    while ((name = dir_next(&list->dir)) != NULL)
        if (user_of_dir(user, name) == 0 && friends_perhaps(&list->friends, map_hash(user->name)) &&
            lease_left(list->spool, user->dir, &left, NULL) == 0 && left > 0)
            return true;
    return false;
}

int online_close(struct online_list *list)
{
    return dir_close(&list->dir);
}

int online_each(struct spool *spool, int (*each)(void *context, const struct user *user),
                void *context)
{
    struct online_list list;
    struct user user;
    int result = 0;

    if (online_open(&list, spool, NULL) == -1)
        return -1;
    while (result == 0 && online_next(&list, &user))
        result = each(context, &user);
    return online_close(&list) == -1 ? -1 : result;
}

struct sweeping {
    struct spool *spool;
    const struct online_compose *by;
    int64_t next_ms;
    int error;
};

static int if_gone(void *context, const struct user *user, int64_t left_ms)
{
    struct sweeping *sweeping = context;

    if (left_ms <= 0) {
        if (depart(sweeping->spool, user, sweeping->by) == -1)
            sweeping->error = errno;
        /* The others can go all the same, but not without the lock. */
        return sweeping->error == EWOULDBLOCK;
    }
    if (sweeping->next_ms == -1 || left_ms < sweeping->next_ms)
        sweeping->next_ms = left_ms;
    return 0;
}

int online_sweep(struct spool *spool, const struct online_compose *by, int64_t *next_ms)
{
    struct sweeping sweeping = {spool, by, -1, 0};
    int result = each_entry(spool, if_gone, &sweeping);

    if (result != -1 && sweeping.error != 0) {
        errno = sweeping.error;
        result = -1;
    }
    if (next_ms != NULL)
        *next_ms = sweeping.next_ms;
    return result;
}
