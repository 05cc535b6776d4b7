/* SPDX-License-Identifier: MIT */
#include "upload.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "files.h"
#include "limit.h"

/* Apache ends us (SIGTERM) when its client breaks off, and an upload that is begun over and over would fill
 * the disk with drafts that count for nobody. */
static int guarded_thread;
static char guarded_draft[PATH_SIZE];

static void on_term(int number)
{
    (void)unlinkat(guarded_thread, guarded_draft, 0);
    signal(number, SIG_DFL);
    raise(number);
}

static void guard(const struct upload *upload)
{
    guarded_thread = upload->thread->fd;
    path_file_draft(guarded_draft, upload->id);
    signal(SIGTERM, on_term);
}

static int open_draft(struct upload *upload)
{
    char path[PATH_SIZE];

    path_file_draft(path, upload->id);
    return file_open(upload->thread->fd, path, O_WRONLY | O_CREAT | O_EXCL);
}

int upload_begin(struct upload *upload, struct spool *spool, struct thread *thread,
                 const struct user *user)
{
    *upload = (struct upload){.spool = spool, .thread = thread, .user = user, .fd = -1};
    id_random(upload->id);
    id_hash_start(&upload->hash);
    guard(upload);
    upload->fd = open_draft(upload);
    /* A copy of a spool may have come without its empty folders. */
    if (upload->fd == -1 && errno == ENOENT && mkdirat(thread->fd, "files", 0700) == 0)
        upload->fd = open_draft(upload);
    return upload->fd == -1 ? -1 : 0;
}

int upload_write(struct upload *upload, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len > 0) {
        ssize_t done = write(upload->fd, at, len);
        if (done == -1) {
            upload_abandon(upload);
            return -1;
        }
        id_hash_add(&upload->hash, at, (size_t)done);
        upload->size += (uint64_t)done;
        at += done;
        len -= (size_t)done;
    }
    return 0;
}

int upload_end(struct upload *upload, char digest[DIGEST_SIZE])
{
    int failed = upload->spool->config.sync && fsync(upload->fd) == -1;

    if (!failed) {
        failed = close(upload->fd) == -1; /* NFS and quotas may tell only now */
        upload->fd = -1;
    }
    if (failed) {
        upload_abandon(upload);
        return -1;
    }
    id_hash_end(&upload->hash, digest);
    return 0;
}

static int make_folder(struct upload *upload)
{
    struct spool *spool = upload->spool;
    char path[PATH_SIZE];

    path_user_file(path, upload->user->dir, "files");
    if (mkdirat(spool->users, path, 0700) == -1)
        return errno == EEXIST ? 0 : -1;
    return spool->config.sync ? file_sync_dir(spool->users, upload->user->dir) : 0;
}

/* The entry by which it counts, under the lock of all the user's: two at once do not both take the
 * last room. 1: none. */
static int enter(struct upload *upload, int folder)
{
    char draft[PATH_SIZE];
    int result;

    if (flock(folder, LOCK_EX) == -1)
        return -1;
    result = files_room(upload->spool, folder, upload->size);
    path_file_draft(draft, upload->id);
    if (result == 0)
        result = linkat(upload->thread->fd, draft, folder, upload->id, 0);
    flock(folder, LOCK_UN);
    return result == 0 && upload->spool->config.sync ? fsync(folder) : result;
}

static int count_in(struct upload *upload)
{
    char path[PATH_SIZE];
    int result;
    int fd;

    path_user_file(path, upload->user->dir, "files");
    if (make_folder(upload) == -1)
        return -1;
    fd = file_open_dir(upload->spool->users, path);
    result = fd == -1 ? -1 : enter(upload, fd);
    file_close(fd);
    return result;
}

/* The bytes get their name, then the object does, and with it all of it is there. */
static int publish(struct upload *upload, const char *object, size_t len)
{
    int thread = upload->thread->fd;
    bool sync = upload->spool->config.sync;
    char draft[PATH_SIZE];
    char path[PATH_SIZE];

    path_file_draft(draft, upload->id);
    path_file(path, upload->id);
    if (renameat(thread, draft, thread, path) == -1)
        return -1;
    path_file_object(path, upload->id);
    if (file_publish(thread, draft, path, object, len, sync) == -1)
        return -1;
    return sync ? file_sync_dir(thread, "files") : 0;
}

int upload_commit(struct upload *upload, const char *object, size_t len)
{
    int result;

    /* It takes a moment: whoever waits for our end no longer than that sees all of it or nothing. */
    signal(SIGTERM, SIG_IGN);
    result = count_in(upload);
    if (result == 0)
        result = limit_space(upload->spool, (size_t)upload->size + len);
    if (result == 0)
        result = publish(upload, object, len);
    if (result != 0)
        upload_abandon(upload);
    signal(SIGTERM, SIG_DFL);
    return result;
}

/* In the reverse order: the object first, so that it never promises bytes that are not there. */
void upload_abandon(struct upload *upload)
{
    int thread = upload->thread->fd;
    int saved = errno;
    char path[PATH_SIZE];

    file_close(upload->fd);
    upload->fd = -1;
    path_file_object(path, upload->id);
    unlinkat(thread, path, 0);
    path_file(path, upload->id);
    unlinkat(thread, path, 0);
    path_user_owned(path, upload->user->dir, upload->id);
    unlinkat(upload->spool->users, path, 0);
    path_file_draft(path, upload->id);
    unlinkat(thread, path, 0);
    signal(SIGTERM, SIG_DFL);
    errno = saved;
}
