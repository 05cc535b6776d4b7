/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "dir.h"
#include "file.h"
#include "user.h"
#include "walk.h"

#define DAY_MSEC (INT64_C(24) * 3600 * 1000)
#define SUFFIX ".json"

int files_open(struct thread *thread, const char *id, char object[FILES_OBJECT_MAX],
               size_t *object_len, uint64_t *size)
{
    char path[PATH_SIZE];
    struct stat info;
    ssize_t len;
    int fd;

    errno = ENOENT;
    if (!path_uuid_ok(id))
        return -1;
    path_file_object(path, id);
    len = file_read(thread->fd, path, object, FILES_OBJECT_MAX);
    if (len == -1)
        return -1;
    path_file(path, id);
    fd = file_open(thread->fd, path, O_RDONLY);
    if (fd != -1 && fstat(fd, &info) == -1) {
        file_close(fd);
        return -1;
    }
    if (fd != -1) {
        *object_len = (size_t)len;
        *size = (uint64_t)info.st_size;
    }
    return fd;
}

/* ---- Whose ---- */

int files_room(struct spool *spool, int folder, uint64_t bytes)
{
    uint64_t most_files = spool->config.user_files;
    uint64_t most_bytes = spool->config.user_bytes;
    uint64_t count = 0;
    uint64_t sum = 0;
    struct dir dir;
    struct stat info;
    const char *name;

    if (most_files == 0 && most_bytes == 0)
        return 0;
    if (dir_over(&dir, folder) == -1)
        return -1;
    while ((name = dir_next(&dir)) != NULL)
        if (path_uuid_ok(name) && fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0) {
            sum += (uint64_t)info.st_size;
            count++;
        }
    if (dir.error != 0) {
        errno = dir.error;
        return -1;
    }
    return (most_files != 0 && count >= most_files) ||
           (most_bytes != 0 && (sum > most_bytes || bytes > most_bytes - sum));
}

int files_room_of(struct spool *spool, const struct user *user, uint64_t bytes)
{
    char path[PATH_SIZE];
    int result;
    int fd;

    path_user_file(path, user->dir, "files");
    fd = file_open_dir(spool->users, path);
    if (fd == -1 && errno == ENOENT)
        return spool->config.user_bytes != 0 && bytes > spool->config.user_bytes;
    result = fd == -1 ? -1 : files_room(spool, fd, bytes);
    file_close(fd);
    return result;
}

/* ---- All of a thread ---- */

/* Whether the name is "<id>", or with `suffix` "<id>.json". */
static bool is_named(const char *name, const char *suffix, char id[UUID_SIZE])
{
    size_t len = strnlen(name, UUID_SIZE);

    if (len < UUID_SIZE - 1)
        return false;
    memcpy(id, name, UUID_SIZE - 1);
    id[UUID_SIZE - 1] = '\0';
    return path_uuid_ok(id) && strcmp(name + UUID_SIZE - 1, suffix) == 0;
}

int files_count(struct thread *thread, uint64_t *count, uint64_t *bytes)
{
    char id[UUID_SIZE];
    struct dir dir;
    struct stat info;
    const char *name;

    if (dir_open(&dir, thread->fd, "files") == -1)
        return errno == ENOENT ? 0 : -1;
    while ((name = dir_next(&dir)) != NULL)
        if (fstatat(dir.fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode)) {
            *bytes += (uint64_t)info.st_size;
            *count += is_named(name, SUFFIX, id);
        }
    return dir_close(&dir);
}

struct sweep {
    struct spool *spool;
    const struct report *report;
    const char *suffix;
    int64_t before_ms;
    /* What to do with one that is older. -1: errno. */
    int (*drop)(struct thread *thread, const char *id);
};

static int unlink_file(struct thread *thread, const char *path)
{
    return unlinkat(thread->fd, path, 0) == 0 || errno == ENOENT ? 0 : -1;
}

static int drop_whole(struct thread *thread, const char *id)
{
    char path[PATH_SIZE];

    path_file_object(path, id);
    if (unlink_file(thread, path) == -1)
        return -1;
    path_file(path, id);
    return unlink_file(thread, path);
}

static int drop_orphan(struct thread *thread, const char *id)
{
    char path[PATH_SIZE];

    path_file_object(path, id);
    if (faccessat(thread->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return 0;
    if (errno != ENOENT)
        return -1;
    path_file(path, id);
    return unlink_file(thread, path);
}

static int sweep_folder(const struct sweep *sweep, struct thread *thread)
{
    char id[UUID_SIZE];
    struct dir dir;
    const char *name;
    int result = 0;

    if (dir_open(&dir, thread->fd, "files") == -1)
        return errno == ENOENT ? 0 : -1;
    while (result == 0 && (name = walk_next(sweep->spool, &dir)) != NULL) {
        int64_t ms = is_named(name, sweep->suffix, id) ? path_mtime_ms(dir.fd, name) : -1;
        if (ms != -1 && ms < sweep->before_ms)
            result = sweep->drop(thread, id);
    }
    return dir_close(&dir) == -1 ? -1 : result;
}

static int sweep_thread(void *context, const char *id)
{
    const struct sweep *sweep = context;
    struct thread thread;

    if (thread_open(sweep->spool, &thread, id) == -1) {
        if (errno != ENOENT)
            report_failed(sweep->report, "threads", id);
        return 0;
    }
    if (sweep_folder(sweep, &thread) == -1)
        report_failed(sweep->report, "threads", id);
    thread_close(&thread);
    return 0;
}

void files_trim(struct spool *spool, const struct report *report)
{
    int64_t age_ms = (int64_t)spool->config.retain_days * DAY_MSEC;
    struct sweep sweep = {spool, report, SUFFIX, clock_wall_us() / 1000 - age_ms, drop_whole};

    if (spool->config.retain_days != 0 && thread_each(spool, sweep_thread, &sweep) == -1)
        report_failed(report, "threads", NULL);
}

/* ---- What is left over ---- */

/*
 * An entry is a link to the bytes, and is made while these have another name: the only one left
 * leads to nothing that anybody can get.
 */
static int drop_entries(struct spool *spool, const struct user *user)
{
    char path[PATH_SIZE];
    struct dir dir;
    struct stat info;
    const char *name;
    int result = 0;

    path_user_file(path, user->dir, "files");
    if (dir_open(&dir, spool->users, path) == -1)
        return errno == ENOENT ? 0 : -1;
    while (result == 0 && (name = walk_next(spool, &dir)) != NULL)
        if (path_uuid_ok(name) && fstatat(dir.fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
            info.st_nlink == 1 && unlinkat(dir.fd, name, 0) == -1 && errno != ENOENT)
            result = -1;
    return dir_close(&dir) == -1 ? -1 : result;
}

static int tidy_user(void *context, const struct user *user)
{
    const struct sweep *sweep = context;

    if (drop_entries(sweep->spool, user) == -1)
        report_failed(sweep->report, "users", user->dir);
    return 0;
}

void files_tidy(struct spool *spool, const struct report *report)
{
    struct sweep sweep = {spool, report, "",
                          clock_wall_us() / 1000 - (int64_t)FILES_ORPHAN_SEC * 1000, drop_orphan};

    if (thread_each(spool, sweep_thread, &sweep) == -1)
        report_failed(report, "threads", NULL);
    if (user_each(spool, tidy_user, &sweep) == -1)
        report_failed(report, "users", NULL);
}
