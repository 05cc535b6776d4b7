/* SPDX-License-Identifier: MIT */
#include "place_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "dir.h"
#include "file.h"
#include "id.h"
#include "user.h"

static void let_go(struct place *place)
{
    file_close(place->fd);
    place->fd = -1;
}

static void token_mark(char mark[PLACE_TOKEN_SIZE], const char *token)
{
    char digest[DIGEST_SIZE] = "-";

    if (token != NULL)
        id_digest(digest, token, strlen(token));
    digest[PLACE_TOKEN_SIZE - 1] = '\0';
    memcpy(mark, digest, strlen(digest) + 1);
}

/* ---- All places of a user, under the lock of their directory ---- */

/* -1 (ENOENT): there are none. */
static int open_places(struct spool *spool, const struct user *user)
{
    char path[PATH_SIZE];
    int fd;

    path_user_file(path, user->dir, "streams");
    fd = file_open_dir(spool->users, path);
    if (fd == -1 || spool_lock(spool, fd) == 0)
        return fd;
    file_close(fd);
    return -1;
}

static int make_places(struct spool *spool, const struct user *user)
{
    char path[PATH_SIZE];
    int fd = open_places(spool, user);

    if (fd != -1 || errno != ENOENT)
        return fd;
    path_user_file(path, user->dir, "streams");
    if (mkdirat(spool->users, path, 0700) == -1 && errno != EEXIST)
        return -1;
    return open_places(spool, user);
}

/* In both directions: after a step of the clock nothing stays for ever. */
static bool within(int64_t ms, int64_t sec)
{
    int64_t age = clock_wall_us() / 1000 - ms;

    return age <= sec * 1000 && age >= -sec * 1000;
}

/* Look at one: 1: free, and held by us now; 0: its stream lives (place->token may be ""), or it was
 * of no use and is gone. */
static int look(struct place *place, int dir, const char *name)
{
    *place = (struct place){.fd = -1};
    if (!path_uuid_ok(name))
        return 0;
    place->fd = file_open(dir, name, O_RDWR);
    if (place->fd == -1)
        return 0;
    bool free = flock(place->fd, LOCK_EX | LOCK_NB) == 0;
    bool good = place_line_read(place) == 0;
    if (free && good && within(place->alive_ms, PLACE_LIFE_SEC))
        return 1;
    if (free)
        unlinkat(dir, name, 0);
    if (free || !good)
        place->token[0] = '\0';
    let_go(place);
    return 0;
}

/* By the time first, as `delivered` goes. */
static bool is_before(struct cursor one, struct cursor other)
{
    return one.ms < other.ms || (one.ms == other.ms && one.next < other.next);
}

static bool is_same(struct cursor one, struct cursor other)
{
    return one.ms == other.ms && one.next == other.next;
}

static bool is_better(const struct place *one, const struct place *other, const char *mark)
{
    bool same = strcmp(one->token, mark) == 0;

    if (other->fd == -1 || same != (strcmp(other->token, mark) == 0))
        return other->fd == -1 || same;
    return is_before(other->at, one->at);
}

/* The best of those that are free in *best; the earliest recent beginning of the others, 1 if any. */
static int survey(int dir, struct place *best, struct cursor *began)
{
    struct dir list;
    struct place place;
    const char *name;
    char mark[PLACE_TOKEN_SIZE];
    int recent = 0;

    memcpy(mark, best->token, sizeof mark);
    if (dir_over(&list, dir) == -1)
        return -1;
    while ((name = dir_next(&list)) != NULL) {
        if (look(&place, dir, name) == 1 && is_better(&place, best, mark)) {
            let_go(best);
            *best = place;
            continue;
        }
        let_go(&place);
        if (place.token[0] == '\0' || !within(place.began_ms, PLACE_RECENT_SEC) ||
            (recent == 1 && !is_before(place.began, *began)))
            continue;
        *began = place.began;
        recent = 1;
    }
    return list.error == 0 ? recent : -1;
}

/* A new file, ours before anybody can look: the directory is locked. */
static int make_place(struct place *place, int dir)
{
    char name[UUID_SIZE];

    id_random(name);
    place->fd = file_open(dir, name, O_RDWR | O_CREAT | O_EXCL);
    if (place->fd == -1 || flock(place->fd, LOCK_EX | LOCK_NB) == 0)
        return place->fd == -1 ? -1 : 0;
    let_go(place);
    return -1;
}

static int take(struct place *place, int dir)
{
    struct cursor began;
    int recent = survey(dir, place, &began);

    if (recent == -1)
        return -1;
    place->found = place->fd != -1;
    if (place->found)
        return 1;
    if (recent == 1)
        place->at = began;
    return make_place(place, dir) == -1 ? -1 : recent;
}

int place_take(struct place *place, struct spool *spool, const struct user *user, const char *token)
{
    char mark[PLACE_TOKEN_SIZE];
    int dir = make_places(spool, user);
    int result = -1;

    *place = (struct place){.fd = -1};
    token_mark(mark, token);
    memcpy(place->token, mark, sizeof mark);
    if (dir != -1)
        result = take(place, dir);
    memcpy(place->token, mark, sizeof mark);
    if (result == -1)
        let_go(place);
    file_close(dir);
    return result;
}

int place_begin(struct place *place, struct cursor at)
{
    int result;

    place->began = at;
    place->began_ms = place->found ? clock_wall_us() / 1000 : 0;
    result = place_move(place, at);
    place->before = place->between = place->line; /* nothing is said yet that could be in doubt */
    return result;
}

int place_move(struct place *place, struct cursor at)
{
    place->at = at;
    return place->fd == -1 ? 0 : place_line_write(place);
}

void place_leave(struct place *place)
{
    if (place->fd != -1)
        (void)place_line_write(place); /* its hour begins now; at worst it began a little earlier */
    let_go(place);
}

void place_doubt(struct place *place, struct cursor taken)
{
    if (place_line_doubt(place) && is_before(place->lines[place->before].at, taken)) {
        if (place->fd != -1)
            place_line_back(place);
    } else if (is_before(taken, place->at)) {
        (void)place_move(place, taken);
    }
    let_go(place);
}

void place_offer(struct place *place, struct cursor at)
{
    (void)place_move(place, at);
    if (place->fd != -1)
        flock(place->fd, LOCK_UN);
}

void place_withdraw(struct place *place, struct cursor before)
{
    struct cursor offered = place->at;

    if (place->fd != -1 && flock(place->fd, LOCK_EX | LOCK_NB) == 0 &&
        place_line_read(place) == 0 && is_same(place->at, offered))
        (void)place_move(place, before);
    let_go(place);
}

/* ---- Places that nobody takes ---- */

/* Each free one in turn, held while it is looked at; its name, or NULL. */
static const char *next_free(struct dir *list, struct place *place)
{
    const char *name;

    while ((name = dir_next(list)) != NULL && look(place, list->fd, name) == 0)
        continue;
    return name;
}

/* 1: the user's places can be listed; 0: there are none; -1. */
static int list_places(struct dir *list, struct spool *spool, const struct user *user)
{
    int dir = open_places(spool, user);

    if (dir == -1)
        return errno == ENOENT ? 0 : -1;
    if (dir_over(list, dir) == 0)
        return 1;
    file_close(dir);
    return -1;
}

int place_spend(struct spool *spool, const struct user *user, const char *token,
                struct cursor cursor)
{
    char mark[PLACE_TOKEN_SIZE];
    struct dir list;
    struct place place;
    const char *name;
    bool spent = false;
    int found = list_places(&list, spool, user);

    if (found != 1)
        return found;
    token_mark(mark, token);
    while (!spent && (name = next_free(&list, &place)) != NULL) {
        spent = strcmp(place.token, mark) == 0 && is_same(place.at, cursor);
        if (spent)
            unlinkat(list.fd, name, 0);
        let_go(&place);
    }
    return dir_close(&list);
}

int place_tidy(struct spool *spool, const struct user *user)
{
    struct dir list;
    struct place place;
    int found = list_places(&list, spool, user);

    if (found != 1)
        return found;
    while (next_free(&list, &place) != NULL) /* which removes what is too old */
        let_go(&place);
    return dir_close(&list);
}
