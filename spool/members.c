/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scratch.h"
#include "changes.h"
#include "file.h"
#include "id.h"
#include "role.h"
#include "thread.h"
#include "user.h"

#define TEXT_MAX ((THREAD_MEMBERS_MAX + ROLE_BANNED_MAX) * THREAD_LINE_MAX)

/* One member list at a time is enough for every program; untouched pages of it cost nothing. */
SCRATCH static char text[TEXT_MAX + 1];

static int parse_line(struct member *member, char *line)
{
    char *joined = strchr(line, ' ');
    char *dir = joined == NULL ? NULL : strchr(joined + 1, ' ');

    errno = EBADMSG;
    if (dir == NULL || joined - line >= THREAD_ROLE_MAX)
        return -1;
    *joined++ = '\0';
    *dir++ = '\0';
    memcpy(member->role, line, strlen(line) + 1);
    if (!path_seq_ok(joined, &member->joined) || user_of_dir(&member->user, dir) == -1) {
        errno = EBADMSG;
        return -1;
    }
    return 0;
}

int thread_lines(struct thread *thread, int (*each)(void *context, const struct member *member),
                 void *context)
{
    char few[512]; /* most threads' fit */
    char *line = few;
    int result = 0;

    if (file_read(thread->fd, "members", few, sizeof few) == -1) {
        line = text;
        if (errno != EFBIG || file_read(thread->fd, "members", text, sizeof text) == -1)
            return -1;
    }
    while (result == 0 && *line != '\0') {
        struct member member;
        char *next = line + strcspn(line, "\n");
        if (*next != '\0')
            *next++ = '\0';
        if (parse_line(&member, line) == -1)
            return -1;
        result = each(context, &member);
        line = next;
    }
    return result;
}

struct choosing {
    int (*each)(void *context, const struct member *member);
    void *context;
};

static int unless_banned(void *context, const struct member *member)
{
    struct choosing *choosing = context;

    if (strcmp(member->role, THREAD_BANNED) == 0)
        return 0;
    return choosing->each(choosing->context, member);
}

int thread_members(struct thread *thread, int (*each)(void *context, const struct member *member),
                   void *context)
{
    struct choosing choosing = {each, context};

    return thread_lines(thread, unless_banned, &choosing);
}

static int compare(const void *one, const void *other)
{
    return strcmp(((const struct user *)one)->dir, ((const struct user *)other)->dir);
}

int thread_of_set(struct spool *spool, struct user *users, size_t *count, char id[UUID_SIZE])
{
    size_t kept = 0;
    size_t len = 0;

    qsort(users, *count, sizeof *users, compare);
    for (size_t i = 0; i < *count; i++)
        if (kept == 0 || strcmp(users[kept - 1].dir, users[i].dir) != 0)
            users[kept++] = users[i];
    *count = kept;
    for (size_t i = 0; i < kept; i++) {
        size_t dir_len = strlen(users[i].dir);
        if (len + dir_len + 1 > TEXT_MAX) {
            errno = E2BIG;
            return -1;
        }
        memcpy(text + len, users[i].dir, dir_len);
        len += dir_len;
        text[len++] = '\n';
    }
    return id_of_name(id, spool->site, text, len);
}

/* Who was in a room from the beginning stands in its log like all that follows. */
static int log_members(int fd, const struct user *users, size_t count, bool sync)
{
    struct changes log;

    if (changes_open(&log, fd, 0) == -1)
        return -1;
    for (size_t i = 0; i < count; i++)
        changes_put(&log, &users[0], &users[i], i == 0 ? THREAD_OWNER : THREAD_GUEST);
    return changes_close(&log, sync);
}

static size_t print_members(bool room, const struct user *users, size_t count)
{
    size_t len = 0;

    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s %010d %s\n",
                                room && i == 0 ? THREAD_OWNER : THREAD_GUEST, 0, users[i].dir);
    return len;
}

/* The thread under the name it has before anybody can see it. */
static int fill(struct spool *spool, int fd, size_t members_len, const char *json, size_t json_len)
{
    static const char *const folders[] = {"tmp", "new", "cur", "files"};

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if (mkdirat(fd, folders[i], 0700) == -1)
            return -1;
    if (file_create(fd, "members", text, members_len, spool->config.sync) == -1 ||
        file_create(fd, "thread.json", json, json_len, spool->config.sync) == -1)
        return -1;
    return spool->config.sync ? fsync(fd) : 0;
}

static void remove_draft(struct spool *spool, const char *draft)
{
    static const char *const folders[] = {"tmp", "new", "cur", "files"};
    int saved = errno;
    int fd = file_open_dir(spool->threads, draft);

    for (size_t i = 0; fd != -1 && i < sizeof folders / sizeof folders[0]; i++)
        unlinkat(fd, folders[i], AT_REMOVEDIR);
    if (fd != -1) {
        unlinkat(fd, "members", 0);
        unlinkat(fd, "changes", 0);
        unlinkat(fd, "thread.json", 0);
    }
    file_close(fd);
    unlinkat(spool->threads, draft, AT_REMOVEDIR);
    errno = saved;
}

/* Members' own entries come before the thread: they lead nowhere until it is there, and it is never
 * without them. */
static int publish(struct spool *spool, const char *draft, const char *id, const struct user *users,
                   size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (user_make(spool, &users[i]) == -1 || user_join(spool, &users[i], id, 0) == -1)
            return -1;
    for (size_t i = 0; spool->config.sync && i < count; i++) {
        char path[PATH_SIZE];
        path_user_file(path, users[i].dir, "threads");
        if (file_sync_dir(spool->users, path) == -1)
            return -1;
    }
    return renameat(spool->threads, draft, spool->threads, id);
}

/* Whoever is told of a thread, its maker or who finds it a moment later, finds it again after a
 * power cut. */
static int settle(struct spool *spool)
{
    return spool->config.sync ? fsync(spool->threads) : 0;
}

int thread_make(struct spool *spool, const char *id, bool room, const struct user *users,
                size_t count, const char *json, size_t json_len)
{
    char draft[UUID_SIZE + 1] = ".";
    int fd;
    int result;

    if (faccessat(spool->threads, id, F_OK, 0) == 0)
        return settle(spool);
    if (count > THREAD_MEMBERS_MAX) {
        errno = E2BIG;
        return -1;
    }
    id_random(draft + 1);
    if (mkdirat(spool->threads, draft, 0700) == -1)
        return -1;
    fd = file_open_dir(spool->threads, draft);
    result = fd == -1 ? -1 : 0;
    if (result == 0 && room)
        result = log_members(fd, users, count, spool->config.sync);
    if (result == 0)
        result = fill(spool, fd, print_members(room, users, count), json, json_len);
    file_close(fd);
    if (result == 0)
        result = publish(spool, draft, id, users, count);
    if (result == -1) {
        remove_draft(spool, draft);
        if (errno != EEXIST && errno != ENOTEMPTY) /* else somebody has made it meanwhile */
            return -1;
    }
    return settle(spool);
}
