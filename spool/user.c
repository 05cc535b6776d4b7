/* SPDX-License-Identifier: MIT */
#include "user.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "id.h"
#include "walk.h"

int user_known(struct spool *spool, const struct user *user)
{
    if (faccessat(spool->users, user->dir, F_OK, 0) == 0)
        return 1;
    return file_is_damage(errno) ? 0 : -1;
}

static int make_dir(struct spool *spool, const struct user *user, const char *name)
{
    char path[PATH_SIZE];

    path_user_file(path, user->dir, name);
    return mkdirat(spool->users, path, 0700) == 0 || errno == EEXIST ? 0 : -1;
}

/* A small file of the user's; that it is there already is as good. `folder`: "" or "threads/". */
static int publish(struct spool *spool, const struct user *user, const char *folder,
                   const char *name, const char *text, size_t len)
{
    char file[UUID_SIZE + 16];
    char draft[PATH_SIZE];
    char path[PATH_SIZE];
    char id[UUID_SIZE];

    id_random(id);
    snprintf(file, sizeof file, "%s.%s", folder, id);
    path_user_file(draft, user->dir, file);
    snprintf(file, sizeof file, "%s%s", folder, name);
    path_user_file(path, user->dir, file);
    if (file_publish(spool->users, draft, path, text, len, spool->config.sync) == -1)
        return errno == EEXIST ? 0 : -1;
    return 0;
}

static int make_delivered(struct spool *spool, const struct user *user)
{
    char text[CURSOR_SIZE];
    struct cursor end;
    size_t len;

    if (journal_end(spool, &end) == -1)
        return -1;
    len = cursor_print(text, end);
    text[len++] = '\n';
    return publish(spool, user, "", "delivered", text, len);
}

static bool has(struct spool *spool, const struct user *user, const char *name)
{
    char path[PATH_SIZE];

    path_user_file(path, user->dir, name);
    return faccessat(spool->users, path, F_OK, 0) == 0;
}

int user_make(struct spool *spool, const struct user *user)
{
    if (has(spool, user, "threads") && has(spool, user, "sent") && has(spool, user, "delivered"))
        return 0;
    if (make_dir(spool, user, "") == -1 || make_dir(spool, user, "threads") == -1 ||
        make_dir(spool, user, "sent") == -1 || make_delivered(spool, user) == -1)
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

int user_lock(struct spool *spool, const struct user *user)
{
    int fd = file_open_dir(spool->users, user->dir);

    if (fd == -1 || flock(fd, LOCK_EX) == 0)
        return fd;
    file_close(fd);
    return -1;
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
    while (result == 0 && (name = walk_next(spool, &dir)) != NULL)
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
    if (cursor_parse(cursor, text) == 0)
        return 0;
    errno = EBADMSG;
    return -1;
}

static int open_delivered(struct spool *spool, const struct user *user, int flags)
{
    char path[PATH_SIZE];

    path_user_file(path, user->dir, "delivered");
    return file_open(spool->users, path, flags);
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

    /* By the time first: after a loss the numbers are used again. */
    if (read_delivered(fd, &before) == 0 &&
        (before.ms > cursor.ms || (before.ms == cursor.ms && before.next >= cursor.next)))
        return 0;
    len = cursor_print(text, cursor);
    text[len++] = '\n'; /* what was longer before is cut off by it */
    return pwrite(fd, text, len, 0) == (ssize_t)len ? 0 : -1;
}

int user_deliver(struct spool *spool, const struct user *user, struct cursor cursor)
{
    int fd = open_delivered(spool, user, O_RDWR);
    int result = -1;

    if (fd != -1 && spool_lock(spool, fd) == 0)
        result = move_forward(fd, cursor);
    file_close(fd);
    return result;
}

int user_entry(struct spool *spool, const struct user *user, const char *thread,
               struct user_entry *entry)
{
    char path[PATH_SIZE];
    char text[SEQ_DIGITS + CURSOR_SIZE + 2];
    char *place;

    path_user_thread(path, user->dir, thread);
    if (file_read(spool->users, path, text, sizeof text) == -1)
        return -1;
    text[strcspn(text, "\n")] = '\0';
    entry->place = (struct cursor){0, 0};
    place = strchr(text, ' ');
    if (place != NULL)
        *place++ = '\0';
    if (path_seq_ok(text, &entry->seq) &&
        (place == NULL || cursor_parse(&entry->place, place) == 0))
        return 0;
    errno = EBADMSG;
    return -1;
}

int user_joined(struct spool *spool, const struct user *user, const char *thread, uint64_t *seq)
{
    struct user_entry entry;

    if (user_entry(spool, user, thread, &entry) == -1)
        return -1;
    *seq = entry.seq;
    return 0;
}

int user_join(struct spool *spool, const struct user *user, const char *thread, uint64_t seq)
{
    char text[PATH_SIZE];

    path_segment(text, seq);
    text[SEQ_DIGITS] = '\n';
    return publish(spool, user, "threads/", thread, text, SEQ_DIGITS + 1);
}

int user_enter(struct spool *spool, const struct user *user, const char *thread,
               const struct user_entry *entry)
{
    char text[PATH_SIZE];
    size_t len = SEQ_DIGITS;

    path_segment(text, entry->seq);
    text[len++] = ' ';
    len += cursor_print(text + len, entry->place);
    text[len++] = '\n';
    return publish(spool, user, "threads/", thread, text, len);
}

int user_leave(struct spool *spool, const struct user *user, const char *thread)
{
    char path[PATH_SIZE];

    path_user_thread(path, user->dir, thread);
    return unlinkat(spool->users, path, 0) == 0 || errno == ENOENT ? 0 : -1;
}

/* The time as well: after a loss the numbers are used again. */
bool user_entry_is_before(const struct user_entry *entry, uint64_t number, int64_t ms)
{
    return number < entry->place.next && ms <= entry->place.ms;
}
