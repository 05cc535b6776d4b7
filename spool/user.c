/* SPDX-License-Identifier: MIT */
#include "user.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scratch.h"
#include "dir.h"
#include "file.h"

#define FRIENDS_MAX 65536 /* bytes of a `friends` file */

bool user_known(struct spool *spool, const struct user *user)
{
    return faccessat(spool->users, user->dir, F_OK, 0) == 0;
}

static int make_dir(struct spool *spool, const struct user *user, const char *name)
{
    char path[PATH_SIZE];

    path_user_file(path, user->dir, name);
    return mkdirat(spool->users, path, 0700) == 0 || errno == EEXIST ? 0 : -1;
}

static int make_delivered(struct spool *spool, const char *path)
{
    char text[CURSOR_SIZE];
    struct cursor end;
    size_t len;

    if (journal_end(spool, &end) == -1)
        return -1;
    len = cursor_print(text, end);
    text[len++] = '\n';
    return file_create(spool->users, path, text, len, false) == 0 || errno == EEXIST ? 0 : -1;
}

int user_make(struct spool *spool, const struct user *user)
{
    char path[PATH_SIZE];

    path_user_file(path, user->dir, "delivered");
    if (faccessat(spool->users, path, F_OK, 0) == 0)
        return 0; /* it is made last, so all is there */
    if (make_dir(spool, user, "") == -1 || make_dir(spool, user, "threads") == -1 ||
        make_dir(spool, user, "sent") == -1 || make_delivered(spool, path) == -1)
        return -1;
    if (!spool->config.sync)
        return 0;
    return file_sync_dir(spool->users, user->dir) == -1 ? -1 : fsync(spool->users);
}

ssize_t user_text(struct spool *spool, const struct user *user, const char *file, char *out,
                  size_t size)
{
    char path[PATH_SIZE];
    ssize_t len;

    path_user_file(path, user->dir, file);
    len = file_read(spool->users, path, out, size);
    return len == -1 && errno == ENOENT ? 0 : len;
}

/* Whether `friend` stands on a line of its own in the list. */
static bool lists(const char *list, const char *friend)
{
    size_t len = strlen(friend);

    for (const char *line = list; *line != '\0';) {
        size_t end = strcspn(line, "\n");
        if (end == len && memcmp(line, friend, len) == 0)
            return true;
        line += end + (line[end] != '\0');
    }
    return false;
}

static int has_friend(struct spool *spool, const struct user *user, const struct user *other)
{
    SCRATCH static char list[FRIENDS_MAX];
    char path[PATH_SIZE];

    path_user_file(path, user->dir, "friends");
    if (file_read(spool->users, path, list, sizeof list) == -1)
        return errno == ENOENT ? 1 : -1;
    return lists(list, other->name);
}

int user_friends(struct spool *spool, const struct user *one, const struct user *other)
{
    int result = has_friend(spool, one, other);

    return result == 1 ? has_friend(spool, other, one) : result;
}

int user_each(struct spool *spool, int (*each)(void *context, const struct user *user),
              void *context)
{
    struct dir dir;
    struct user user;
    const char *name;
    int result = 0;

    if (dir_open(&dir, spool->users, ".") == -1)
        return -1;
    while (result == 0 && (name = dir_next(&dir)) != NULL)
        if (user_of_dir(&user, name) == 0)
            result = each(context, &user);
    return dir_close(&dir) == -1 ? -1 : result;
}

/* `delivered` is one short line, changed in place under its own lock. */
static int read_delivered(int fd, struct cursor *cursor)
{
    char text[CURSOR_SIZE + 1];
    ssize_t len = pread(fd, text, sizeof text - 1, 0);

    if (len == -1)
        return -1;
    text[len] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return cursor_parse(cursor, text);
}

static int open_delivered(struct spool *spool, const struct user *user, int flags)
{
    char path[PATH_SIZE];

    path_user_file(path, user->dir, "delivered");
    return openat(spool->users, path, flags | O_NOFOLLOW | O_CLOEXEC);
}

int user_delivered(struct spool *spool, const struct user *user, struct cursor *cursor)
{
    int fd = open_delivered(spool, user, O_RDONLY);
    int result = fd == -1 ? -1 : read_delivered(fd, cursor);

    file_close(fd);
    return result;
}

static int move_forward(int fd, struct cursor cursor)
{
    char text[CURSOR_SIZE];
    struct cursor before;
    size_t len;

    if (read_delivered(fd, &before) == 0 && before.next >= cursor.next)
        return 0;
    len = cursor_print(text, cursor);
    text[len++] = '\n'; /* never shorter than before: both numbers grow */
    return pwrite(fd, text, len, 0) == (ssize_t)len ? 0 : -1;
}

int user_deliver(struct spool *spool, const struct user *user, struct cursor cursor)
{
    int fd = open_delivered(spool, user, O_RDWR);
    int result = -1;

    if (fd != -1 && flock(fd, LOCK_EX) == 0)
        result = move_forward(fd, cursor);
    file_close(fd);
    return result;
}

int user_joined(struct spool *spool, const struct user *user, const char *thread, uint64_t *seq)
{
    char path[PATH_SIZE];
    char text[SEQ_DIGITS + 2];

    path_user_thread(path, user->dir, thread);
    if (file_read(spool->users, path, text, sizeof text) == -1)
        return -1;
    text[strcspn(text, "\n")] = '\0';
    if (path_seq_ok(text, seq))
        return 0;
    errno = EBADMSG;
    return -1;
}

int user_join(struct spool *spool, const struct user *user, const char *thread, uint64_t seq)
{
    char path[PATH_SIZE];
    char text[PATH_SIZE];

    path_segment(text, seq);
    text[SEQ_DIGITS] = '\n';
    path_user_thread(path, user->dir, thread);
    if (file_create(spool->users, path, text, SEQ_DIGITS + 1, spool->config.sync) == -1)
        return errno == EEXIST ? 0 : -1;
    return 0;
}
