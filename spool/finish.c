/* SPDX-License-Identifier: MIT */

/* What dead writers have left in a thread's tmp/. Whoever comes here holds the thread's lock. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accept.h"
#include "base/scratch.h"
#include "dir.h"
#include "file.h"
#include "journal.h"
#include "user.h"

SCRATCH static char line[SPOOL_STANZA_MAX + 1];

/* The number under which inode `ino` lies in new/ or cur/, 0 when in neither. */
static int number_in(struct thread *thread, const char *folder, ino_t ino, uint64_t *seq)
{
    struct dir dir;
    struct stat info;
    const char *name;
    uint64_t number;

    *seq = 0;
    if (dir_open(&dir, thread->fd, folder) == -1)
        return -1;
    while (*seq == 0 && (name = dir_next(&dir)) != NULL)
        if (path_seq_ok(name, &number) && fstatat(dir.fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
            info.st_ino == ino)
            *seq = number;
    return dir_close(&dir);
}

/* A dead writer's stanza is the newest of its thread, or (after a power cut) anywhere. */
static int number_of(struct thread *thread, const struct stat *info, uint64_t *seq)
{
    char path[PATH_SIZE];
    struct stat newest;

    if (thread_tail(thread, seq) == -1)
        return -1;
    path_new(path, *seq);
    if (fstatat(thread->fd, path, &newest, AT_SYMLINK_NOFOLLOW) == 0 &&
        newest.st_ino == info->st_ino)
        return 0;
    if (number_in(thread, "new", info->st_ino, seq) == -1)
        return -1;
    return *seq != 0 ? 0 : number_in(thread, "cur", info->st_ino, seq);
}

/*
 * Whether the journal's end shows stanza `seq`: a thread's records are in order, so the newest of
 * them tells. As far back as it takes, but only after a crash.
 */
static int is_journaled(struct spool *spool, struct thread *thread, uint64_t seq)
{
    struct journal_reader reader;
    struct journal_record record;
    struct cursor end;
    uint64_t next;
    int found;

    if (journal_end(spool, &end) == -1 || journal_seek(&reader, spool, end) == -1)
        return -1;
    next = end.next;
    while ((found = journal_previous(&reader, &next, &record)) == 1)
        if (record.kind == JOURNAL_MESSAGE && strcmp(record.id, thread->id) == 0)
            break;
    journal_close(&reader);
    return found == 1 ? record.seq >= seq : found;
}

static int announce(struct spool *spool, struct thread *thread, uint64_t seq)
{
    struct journal_record record = {.kind = JOURNAL_MESSAGE, .seq = seq};
    int journaled = is_journaled(spool, thread, seq);

    if (journaled != 0)
        return journaled == 1 ? 0 : -1;
    memcpy(record.id, thread->id, UUID_SIZE);
    return journal_append(spool, &record, NULL);
}

/* The rest of step 6, and step 7, for somebody else. A stanza whose sender cannot be read any more stays accepted, without a
 * sent entry. */
static int file_as_sent(struct spool *spool, struct thread *thread, const char *id,
                        const struct spool_grammar *grammar)
{
    char tmp[PATH_SIZE];
    char sent[PATH_SIZE];
    char name[USER_NAME_MAX + 1];
    struct user user;
    ssize_t len;

    path_tmp(tmp, id);
    len = file_read(thread->fd, tmp, line, sizeof line);
    if (len == -1 && errno != EFBIG)
        return -1;
    if (len != -1 && thread_amend(spool, thread, grammar, line, (size_t)len) == -1)
        return -1;
    if (len != -1 && grammar->author(line, (size_t)len, name, sizeof name) == 0 &&
        user_named(&user, name) == 0) {
        path_sent(sent, user.dir, id);
        if (user_make(spool, &user) == -1 || renameat(thread->fd, tmp, spool->users, sent) == -1)
            return -1;
    }
    /*
     * rename does nothing where both names are one file already, as they may be after a power cut
     */
    return unlinkat(thread->fd, tmp, 0) == 0 || errno == ENOENT ? 0 : -1;
}

/* Kept apart: a leftover is rare, and the stack that this takes would be taken each time. */
__attribute__((noinline)) static int finish_one(struct spool *spool, struct thread *thread,
                                                const char *name,
                                                const struct spool_grammar *grammar)
{
    char tmp[PATH_SIZE];
    struct stat info;
    uint64_t seq;

    path_tmp(tmp, name);
    if (fstatat(thread->fd, tmp, &info, AT_SYMLINK_NOFOLLOW) == -1)
        return errno == ENOENT ? 0 : -1;
    if (S_ISDIR(info.st_mode))
        return 0; /* nothing of ours, and in nobody's way */
    if (info.st_nlink == 1 || !path_uuid_ok(name))
        return unlinkat(thread->fd, tmp, 0);
    if (number_of(thread, &info, &seq) == -1)
        return -1;
    if (seq == 0)
        return unlinkat(thread->fd, tmp, 0); /* its thread has let go of it: retention */
    if (announce(spool, thread, seq) == -1)
        return -1;
    return file_as_sent(spool, thread, name, grammar);
}

int thread_finish(struct spool *spool, struct thread *thread, const struct spool_grammar *grammar)
{
    struct dir dir;
    const char *name;
    int result = 0;

    if (dir_open(&dir, thread->fd, "tmp") == -1)
        return -1;
    while (result == 0 && (name = dir_next(&dir)) != NULL)
        result = finish_one(spool, thread, name, grammar);
    return dir_close(&dir) == -1 ? -1 : result;
}
