/* SPDX-License-Identifier: MIT */
#include "tidy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "place.h"
#include "token.h"
#include "upload.h"
#include "user.h"
#include "walk.h"

/* A draft may be removed because whoever wrote it has ended. */
_Static_assert(TMP_REAP_SEC >= 2 * SPOOL_WRITER_SEC, "a draft outlives its writer");
_Static_assert(TMP_REAP_SEC >= 2 * UPLOAD_IDLE_SEC, "nor is one removed that is being written");

struct tidying {
    struct spool *spool;
    const struct report *report;
};

/* Whether the entry has not been written for so long. */
static bool is_old(int dir, const char *name, int64_t age_sec)
{
    int64_t ms = path_mtime_ms(dir, name);

    return ms != -1 && ms + age_sec * 1000 < clock_wall_us() / 1000;
}

/* Every file of a directory that is older; `folder` is what to call it. */
static int remove_old(const struct tidying *tidying, int parent, const char *path,
                      const char *folder, int64_t age_sec)
{
    struct dir dir;
    const char *name;

    if (dir_open(&dir, parent, path) == -1)
        return -1;
    while ((name = walk_next(tidying->spool, &dir)) != NULL)
        if (is_old(dir.fd, name, age_sec) && unlinkat(dir.fd, name, 0) == -1 && errno != ENOENT)
            report_failed(tidying->report, folder, name);
    return dir_close(&dir);
}

void tidy_presence(struct spool *spool, const struct report *report)
{
    struct tidying tidying = {spool, report};

    if (remove_old(&tidying, spool->presence, ".", "presence", PRESENCE_LIFE_SEC) == -1)
        report_failed(report, "presence", NULL);
}

static int tidy_user(void *context, const struct user *user)
{
    struct tidying *tidying = context;
    char folder[PATH_SIZE] = "users/";
    char *path = folder + strlen(folder);

    snprintf(path, PATH_SIZE - strlen(folder), "%s/sent", user->dir);
    if (remove_old(tidying, tidying->spool->users, path, folder, SENT_LIFE_SEC) == -1 &&
        errno != ENOENT)
        report_failed(tidying->report, folder, NULL);
    return 0;
}

void tidy_sent(struct spool *spool, const struct report *report)
{
    struct tidying tidying = {spool, report};

    if (user_each(spool, tidy_user, &tidying) == -1)
        report_failed(report, "users", NULL);
}

static int tidy_user_streams(void *context, const struct user *user)
{
    struct tidying *tidying = context;

    if (place_tidy(tidying->spool, user) == -1)
        report_failed(tidying->report, "users", user->dir);
    return 0;
}

void tidy_streams(struct spool *spool, const struct report *report)
{
    struct tidying tidying = {spool, report};

    if (user_each(spool, tidy_user_streams, &tidying) == -1)
        report_failed(report, "users", NULL);
}

/* ---- Drafts ---- */

/*
 * What thread_make may have made. Whatever else is in there keeps the directory, and is reported.
 */
static int remove_thread_draft(int threads, const char *name)
{
    static const char *const folders[] = {"tmp", "new", "cur", "files"};
    int fd = file_open_dir(threads, name);

    if (fd == -1)
        return errno == ENOENT ? 0 : -1;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        unlinkat(fd, folders[i], AT_REMOVEDIR);
    unlinkat(fd, "members", 0);
    unlinkat(fd, "changes", 0);
    unlinkat(fd, "thread.json", 0);
    file_close(fd);
    return unlinkat(threads, name, AT_REMOVEDIR);
}

static int remove_file_draft(int root, const char *name)
{
    return unlinkat(root, name, 0);
}

/* Names that begin with a dot are passed over by dir.h, which is why this reads by itself. */
static int each_draft(const struct tidying *tidying, int parent,
                      int (*drop)(int parent, const char *name), const char *folder)
{
    int fd = file_open_dir(parent, ".");
    DIR *dir = fd == -1 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (dir == NULL) {
        file_close(fd);
        return -1;
    }
    while (walk_turn(tidying->spool) == 0 && (entry = readdir(dir)) != NULL)
        if (entry->d_name[0] == '.' && path_uuid_ok(entry->d_name + 1) &&
            is_old(parent, entry->d_name, TMP_REAP_SEC) && drop(parent, entry->d_name) == -1 &&
            errno != ENOENT)
            report_failed(tidying->report, folder, entry->d_name);
    closedir(dir);
    return 0;
}

static int tidy_user_drafts(void *context, const struct user *user)
{
    static const char *const folders[] = {"", "threads"};
    struct tidying *tidying = context;

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char path[PATH_SIZE];
        int fd;
        path_user_file(path, user->dir, folders[i]);
        fd = file_open_dir(tidying->spool->users, path);
        if (fd != -1 && each_draft(tidying, fd, remove_file_draft, "users") == -1)
            report_failed(tidying->report, "users", user->dir);
        file_close(fd);
    }
    return 0;
}

/* Attachments that never got their name. */
static int tidy_file_drafts(void *context, const char *id)
{
    struct tidying *tidying = context;
    struct thread thread;
    int fd;

    if (thread_open(tidying->spool, &thread, id) == -1)
        return 0; /* trimming looks there, too, and tells */
    fd = file_open_dir(thread.fd, "files");
    if (fd != -1 && each_draft(tidying, fd, remove_file_draft, "files") == -1)
        report_failed(tidying->report, "threads", id);
    file_close(fd);
    thread_close(&thread);
    return 0;
}

void tidy_drafts(struct spool *spool, const struct report *report)
{
    struct tidying tidying = {spool, report};

    if (user_each(spool, tidy_user_drafts, &tidying) == -1)
        report_failed(report, "users", NULL);
    if (thread_each(spool, tidy_file_drafts, &tidying) == -1)
        report_failed(report, "threads", NULL);
    if (each_draft(&tidying, spool->threads, remove_thread_draft, "threads") == -1)
        report_failed(report, "threads", NULL);
    if (each_draft(&tidying, spool->root, remove_file_draft, ".") == -1)
        report_failed(report, ".", NULL);
}

/* ---- Tokens ---- */

void tidy_tokens(struct spool *spool, const struct report *report)
{
    struct dir dir;
    struct user user;
    const char *name;
    int64_t left_ms;

    if (dir_open(&dir, spool->tokens, ".") == -1) {
        report_failed(report, "tokens", NULL);
        return;
    }
    while ((name = walk_next(spool, &dir)) != NULL)
        if (is_old(dir.fd, name, (int64_t)spool->config.token_ttl) &&
            token_left(spool, name, &user, &left_ms) == -1 &&
            (errno == EBADMSG || errno == EFBIG) && unlinkat(dir.fd, name, 0) == -1)
            report_failed(report, "tokens", name);
    if (dir_close(&dir) == -1)
        report_failed(report, "tokens", NULL);
}
