/* SPDX-License-Identifier: MIT */
#include "thread.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "dir.h"
#include "file.h"
#include "id.h"

#define TAIL "tail"

int thread_open(struct spool *spool, struct thread *thread, const char *id)
{
    thread->fd = -1;
    thread->tail = -1;
    errno = ENOENT;
    if (!path_uuid_ok(id))
        return -1;
    thread->fd = file_open_dir(spool->threads, id);
    memcpy(thread->id, id, UUID_SIZE);
    return thread->fd == -1 ? -1 : 0;
}

void thread_close(struct thread *thread)
{
    file_close(thread->fd);
    file_close(thread->tail);
    thread->fd = -1;
    thread->tail = -1;
}

int thread_lock(struct thread *thread)
{
    return flock(thread->fd, LOCK_EX);
}

int thread_try_lock(struct thread *thread)
{
    return flock(thread->fd, LOCK_EX | LOCK_NB);
}

void thread_unlock(struct thread *thread)
{
    int saved = errno;

    flock(thread->fd, LOCK_UN);
    errno = saved;
}

static bool exists(struct thread *thread, uint64_t seq)
{
    char path[PATH_SIZE];

    path_new(path, seq);
    if (faccessat(thread->fd, path, F_OK, 0) == 0)
        return true;
    path_cur(path, seq);
    return faccessat(thread->fd, path, F_OK, 0) == 0;
}

/* The greatest number in new/ or cur/: for when the hint is lost, as in a restored backup. */
static int greatest(struct thread *thread, const char *folder, uint64_t *seq)
{
    struct dir dir;
    const char *name;
    uint64_t number;

    if (dir_open(&dir, thread->fd, folder) == -1)
        return -1;
    while ((name = dir_next(&dir)) != NULL)
        if (path_seq_ok(name, &number) && number > *seq)
            *seq = number;
    return dir_close(&dir);
}

static int search_tail(struct thread *thread, uint64_t *seq)
{
    *seq = 0;
    /* new/ before cur/: a stanza that the agent moves meanwhile is seen in one of them at least. */
    if (greatest(thread, "new", seq) == -1 || greatest(thread, "cur", seq) == -1)
        return -1;
    return 0;
}

/* Open until the thread is closed: whoever reads the hint under the lock will write it. */
static int open_tail(struct thread *thread, int flags)
{
    if (thread->tail == -1)
        thread->tail = file_open(thread->fd, TAIL, O_RDWR | flags);
    return thread->tail == -1 ? -1 : 0;
}

static int read_hint(struct thread *thread, uint64_t *seq)
{
    char text[SEQ_DIGITS + 1];

    if (open_tail(thread, 0) == -1)
        return -1;
    if (pread(thread->tail, text, sizeof text, 0) == (ssize_t)sizeof text &&
        text[SEQ_DIGITS] == '\n') {
        text[SEQ_DIGITS] = '\0';
        if (path_seq_ok(text, seq))
            return 0;
    }
    errno = EBADMSG;
    return -1;
}

/*
 * The hint is written after the stanza has its name, so a writer who died in between leaves it one
 * too low; never too high, unless the thread was restored from a copy.
 */
int thread_tail(struct thread *thread, uint64_t *seq)
{
    if (read_hint(thread, seq) == -1 || !exists(thread, *seq))
        return search_tail(thread, seq);
    while (exists(thread, *seq + 1))
        ++*seq;
    return 0;
}

int thread_set_tail(struct thread *thread, uint64_t seq)
{
    char text[PATH_SIZE];

    if (open_tail(thread, O_CREAT) == -1)
        return -1;
    path_segment(text, seq);
    text[SEQ_DIGITS] = '\n';
    return pwrite(thread->tail, text, SEQ_DIGITS + 1, 0) == SEQ_DIGITS + 1 ? 0 : -1;
}

static ssize_t read_by(ssize_t (*by)(int dir, const char *path, char *out, size_t size),
                       struct thread *thread, uint64_t seq, char *out, size_t size)
{
    char path[PATH_SIZE];
    ssize_t len;

    path_new(path, seq);
    len = by(thread->fd, path, out, size);
    if (len != -1 || errno != ENOENT)
        return len;
    path_cur(path, seq); /* the agent moves from new/ to cur/, never back */
    return by(thread->fd, path, out, size);
}

ssize_t thread_read(struct thread *thread, uint64_t seq, char *out, size_t size)
{
    return read_by(file_read, thread, seq, out, size);
}

ssize_t thread_head(struct thread *thread, uint64_t seq, char *out, size_t size)
{
    return read_by(file_head, thread, seq, out, size);
}

static ssize_t digest_file(int dir, const char *path, char *out, size_t size)
{
    int fd = file_open(dir, path, O_RDONLY);
    char piece[1024];
    struct id_hash hash;
    ssize_t got;

    (void)size; /* it is DIGEST_SIZE */
    if (fd == -1)
        return -1;
    id_hash_start(&hash);
    while ((got = read(fd, piece, sizeof piece)) > 0)
        id_hash_add(&hash, piece, (size_t)got);
    file_close(fd);
    if (got == 0)
        id_hash_end(&hash, out);
    return got;
}

int thread_digest(struct thread *thread, uint64_t seq, char digest[DIGEST_SIZE])
{
    return (int)read_by(digest_file, thread, seq, digest, DIGEST_SIZE);
}
