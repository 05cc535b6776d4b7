/* SPDX-License-Identifier: MIT */
#include "readmark.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"

#define TEXT_SIZE (SEQ_DIGITS + 1) /* with its newline */

/* Under the file's lock. An empty one is what a writer left who did not come to write. */
static int read_mark(int fd, uint64_t *seq)
{
    char text[TEXT_SIZE + 2];
    ssize_t len = pread(fd, text, sizeof text - 1, 0);

    *seq = 0;
    if (len <= 0)
        return (int)len;
    text[len] = '\0';
    text[strcspn(text, "\n")] = '\0';
    if (len <= TEXT_SIZE && path_seq_ok(text, seq))
        return 0;
    *seq = 0;
    errno = len > TEXT_SIZE ? EFBIG : EBADMSG;
    return -1;
}

/* Changed in place: a number that took its new name by rename could overtake a greater one. */
static int write_mark(int fd, uint64_t seq)
{
    char text[PATH_SIZE];
    ssize_t len;

    path_segment(text, seq);
    text[SEQ_DIGITS] = '\n';
    len = pwrite(fd, text, TEXT_SIZE, 0);
    if (len != -1 && len != TEXT_SIZE)
        errno = ENOSPC;
    return len == TEXT_SIZE ? 0 : -1;
}

static int move_forward(int fd, uint64_t seq)
{
    uint64_t before;
    int result = read_mark(fd, &before);

    if (result == -1 && !file_is_damage(errno))
        return -1;
    if (result == -1 && ftruncate(fd, 0) == -1)
        return -1;
    if (before >= seq)
        return 0;
    return write_mark(fd, seq) == -1 ? -1 : 1;
}

static int open_mark(struct spool *spool, const struct user *user, const char *thread, int flags)
{
    char path[PATH_SIZE];

    path_user_read(path, user->dir, thread);
    return file_open(spool->users, path, flags);
}

/* The folder is there from the first mark on. */
static int make_mark(struct spool *spool, const struct user *user, const char *thread)
{
    int fd = open_mark(spool, user, thread, O_RDWR | O_CREAT);
    char path[PATH_SIZE];

    if (fd != -1 || errno != ENOENT)
        return fd;
    path_user_file(path, user->dir, "read");
    if (mkdirat(spool->users, path, 0700) == -1 && errno != EEXIST)
        return -1;
    return open_mark(spool, user, thread, O_RDWR | O_CREAT);
}

int readmark_get(struct spool *spool, const struct user *user, const char *thread, uint64_t *seq)
{
    int result = -1;
    int fd;

    *seq = 0;
    errno = EINVAL;
    if (!path_uuid_ok(thread))
        return -1;
    fd = open_mark(spool, user, thread, O_RDONLY);
    if (fd == -1)
        return errno == ENOENT ? 0 : -1;
    if (flock(fd, LOCK_SH) == 0) /* or half of one number and half of another could be read */
        result = read_mark(fd, seq);
    file_close(fd);
    return result;
}

int readmark_set(struct spool *spool, const struct user *user, const char *thread, uint64_t seq)
{
    int result = -1;
    int fd;

    errno = EINVAL;
    if (!path_uuid_ok(thread) || seq > SEQ_MAX)
        return -1;
    if (seq == 0)
        return 0;
    fd = make_mark(spool, user, thread);
    if (fd == -1)
        return -1;
    if (flock(fd, LOCK_EX) == 0)
        result = move_forward(fd, seq);
    file_close(fd);
    return result;
}
