/* SPDX-License-Identifier: MIT */
#include "accept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scratch.h"
#include "clock.h"
#include "file.h"
#include "id.h"
#include "journal.h"
#include "limit.h"
#include "user.h"

/*
 * Whether the thread has this line under that number, or had it: what retention took is older than
 * what there is. A power cut may have left only the sender's link to it, and then nobody has it.
 */
static int has_line(struct thread *thread, uint64_t seq, const char *line, size_t len)
{
    char wanted[DIGEST_SIZE];
    char found[DIGEST_SIZE];
    uint64_t tail;

    if (thread_digest(thread, seq, found) == 0) {
        id_digest(wanted, line, len);
        return strcmp(wanted, found) == 0;
    }
    if (errno != ENOENT || thread_tail(thread, &tail) == -1)
        return -1;
    return seq <= tail;
}

/* Step 2. 1: said before, the same; 0: new; -1: EEXIST, said before, another. */
static int check_sent(struct spool *spool, struct thread *thread, const struct post *post)
{
    SCRATCH static char old[SPOOL_STANZA_MAX + 1];
    char path[PATH_SIZE];
    uint64_t seq;
    ssize_t len;

    path_sent(path, post->user->dir, post->id);
    len = file_read(spool->users, path, old, sizeof old);
    if (len == -1)
        return errno == ENOENT ? 0 : -1;
    if (post->repeats(post->context, old, (size_t)len, &seq))
        return has_line(thread, seq, old, (size_t)len);
    errno = EEXIST;
    return -1;
}

/* Step 3: the place of the new stanza, and its line. */
static int prepare(struct thread *thread, const struct post *post, uint64_t *seq, const char **line,
                   size_t *len)
{
    char digest[DIGEST_SIZE];
    const char *prev = NULL;

    if (thread_tail(thread, seq) == -1)
        return -1;
    if (*seq > 0) {
        if (thread_digest(thread, *seq, digest) == -1)
            return -1;
        prev = digest;
    }
    ++*seq;
    if (*seq > SEQ_MAX) {
        errno = EOVERFLOW;
        return -1;
    }
    if (post->render(post->context, *seq, prev, clock_wall_us(), line, len) == -1)
        return -1;
    if (*len <= SPOOL_STANZA_MAX)
        return 0;
    errno = EMSGSIZE; /* nobody could read it back */
    return -1;
}

static bool same_file(int dir, const char *one, const char *other)
{
    struct stat a;
    struct stat b;

    return fstatat(dir, one, &a, AT_SYMLINK_NOFOLLOW) == 0 &&
           fstatat(dir, other, &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_ino == b.st_ino &&
           a.st_dev == b.st_dev;
}

/* Steps 4 and 5. Until the link nothing has happened; with it everything has. */
static int commit(struct spool *spool, struct thread *thread, const char *tmp, uint64_t seq,
                  const char *line, size_t len)
{
    char name[PATH_SIZE];

    if (file_create(thread->fd, tmp, line, len, spool->config.sync) == -1)
        return -1;
    path_new(name, seq);
    if (linkat(thread->fd, tmp, thread->fd, name, 0) == -1) {
        int saved = errno;
        if (saved == EEXIST && same_file(thread->fd, tmp, name))
            return 0; /* a network file system answered the second try, not the first */
        unlinkat(thread->fd, tmp, 0);
        errno = saved == EEXIST ? EIO : saved; /* EEXIST has another meaning here */
        return -1;
    }
    return 0;
}

/* Step 6. The hint first: it costs a search when it is wrong, and is nothing to fail for. */
static int announce(struct spool *spool, struct thread *thread, uint64_t seq)
{
    struct journal_record record = {.kind = JOURNAL_MESSAGE, .seq = seq};

    memcpy(record.id, thread->id, UUID_SIZE);
    (void)thread_set_tail(thread, seq);
    return journal_append(spool, &record, NULL);
}

/* Step 7. The user's folder may be missing when the site's owner made the user by hand. */
static int file_as_sent(struct spool *spool, struct thread *thread, const char *tmp,
                        const struct user *user, const char *id)
{
    char sent[PATH_SIZE];

    path_sent(sent, user->dir, id);
    if (renameat(thread->fd, tmp, spool->users, sent) == 0)
        return 0;
    if (errno != ENOENT || user_make(spool, user) == -1)
        return -1;
    return renameat(thread->fd, tmp, spool->users, sent);
}

static int accept_locked(struct spool *spool, struct thread *thread, const struct post *post)
{
    char tmp[PATH_SIZE];
    const char *line;
    uint64_t seq;
    size_t len;
    int said;

    if (thread_finish(spool, thread, post->grammar) == -1)
        return -1;
    said = check_sent(spool, thread, post);
    if (said != 0)
        return said;
    if (prepare(thread, post, &seq, &line, &len) == -1)
        return -1;
    path_tmp(tmp, post->id);
    if (limit_space(spool, len) == -1 || commit(spool, thread, tmp, seq, line, len) == -1)
        return -1;
    if (post->amends && thread_amend(spool, thread, post->grammar, line, len) == -1)
        return -1;
    if (announce(spool, thread, seq) == -1)
        return -1;
    return file_as_sent(spool, thread, tmp, post->user, post->id);
}

/* The names; the stanza's bytes have been synced before it had one. */
static int make_durable(struct spool *spool, struct thread *thread, const struct user *user)
{
    char sent[PATH_SIZE];

    path_user_file(sent, user->dir, "sent");
    if (file_sync_dir(thread->fd, "new") == -1)
        return -1;
    return file_sync_dir(spool->users, sent);
}

int thread_accept(struct spool *spool, struct thread *thread, const struct post *post)
{
    int result;

    if (thread_lock(thread) == -1)
        return -1;
    result = accept_locked(spool, thread, post);
    thread_unlock(thread);
    /* A repeated post, too: the first may have been killed before it came here. */
    if (result != -1 && spool->config.sync && make_durable(spool, thread, post->user) == -1)
        return -1;
    return result;
}
