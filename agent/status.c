/* SPDX-License-Identifier: MIT */

/*
 * spoolchat status: how the spool is, for people or, with --json, for programs. Reads only, beside
 * a running agent, too.
 */

#include "status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "command.h"
#include "lock.h"
#include "spool/clock.h"
#include "spool/files.h"
#include "spool/online.h"
#include "spool/token.h"
#include "spool/user.h"
#include "spool/walk.h"

struct counting {
    struct spool *spool;
    struct status *status;
};

static int count_user(void *context, const struct user *user)
{
    uint64_t *count = context;

    (void)user;
    ++*count;
    return 0;
}

static int count_token(void *context, const char *name, const struct user *user, int64_t left_ms)
{
    uint64_t *count = context;

    (void)name;
    (void)user;
    *count += left_ms > 0;
    return 0;
}

static void note_oldest(struct status *status, struct thread *thread, uint64_t seq)
{
    char path[PATH_SIZE];
    int64_t ms;

    path_new(path, seq);
    ms = path_mtime_ms(thread->fd, path);
    if (ms == -1 || (status->oldest_seq != 0 && ms >= status->oldest_ms))
        return; /* moved meanwhile, or younger */
    memcpy(status->oldest_thread, thread->id, UUID_SIZE);
    status->oldest_seq = seq;
    status->oldest_ms = ms;
}

static int count_thread(void *context, const char *id)
{
    struct counting *counting = context;
    struct thread thread;
    uint64_t least = UINT64_MAX;
    uint64_t most = 0;
    int64_t waiting;

    if (thread_open(counting->spool, &thread, id) == -1)
        return errno == ENOENT ? 0 : -1;
    waiting = thread_range(counting->spool, &thread, "new", &least, &most);
    if (waiting > 0)
        note_oldest(counting->status, &thread, least);
    if (waiting != -1 &&
        files_count(&thread, &counting->status->files, &counting->status->file_bytes) == -1)
        waiting = -1;
    thread_close(&thread);
    if (waiting == -1)
        return -1;
    counting->status->threads++;
    counting->status->waiting += (uint64_t)waiting;
    return 0;
}

/* Where the spool is, by the name it has now. */
static int find_path(struct spool *spool, struct status *status)
{
    char link[32];
    ssize_t len;

    snprintf(link, sizeof link, "/proc/self/fd/%d", spool->root);
    len = readlink(link, status->path, sizeof status->path - 1);
    if (len == -1)
        return -1;
    status->path[len] = '\0';
    return 0;
}

static int find_free(struct spool *spool, struct status *status)
{
    struct statvfs info;

    if (fstatvfs(spool->root, &info) == -1)
        return -1;
    status->free_bytes = (uint64_t)info.f_bavail * info.f_frsize;
    return 0;
}

/* NULL, or what could not be looked at. */
static const char *gather(struct spool *spool, struct status *status)
{
    struct counting counting = {spool, status};

    status->now_ms = clock_wall_us() / 1000;
    status->agent = lock_holder(spool, &status->agent_pid);
    if (status->agent == -1)
        return "agent.lock";
    if (user_each(spool, count_user, &status->users) == -1)
        return "users";
    if (online_each(spool, count_user, &status->online) == -1)
        return "online";
    if (token_each(spool, count_token, &status->tokens) == -1)
        return "tokens";
    if (thread_each(spool, count_thread, &counting) == -1)
        return "threads";
    if (journal_end(spool, &status->journal) == -1)
        return "journal";
    return find_path(spool, status) == -1 || find_free(spool, status) == -1 ? "spool" : NULL;
}

static int run(const struct command *command, bool json)
{
    static struct spool spool;
    struct status status = {.users = 0};
    const char *failed;

    if (command_open(command, &spool, false) == -1)
        return EXIT_FAILURE;
    failed = gather(&spool, &status);
    if (failed != NULL) {
        fprintf(stderr, "status: %s: %s\n", failed, strerror(errno));
        return EXIT_FAILURE;
    }
    if (json)
        status_print_json(&status);
    else
        status_print(&status);
    return command_flush(command);
}

const struct command command_status = {
    .name = "status",
    .summary = "who is online, what waits, how much room there is (--json)",
    .option = "--json",
    .manual = "usage: spoolchat status [--json]\n"
              "\n"
              "Says what is in the spool. Changes nothing; an agent may run meanwhile.\n"
              "\n"
              "  --json   one JSON object\n",
    .run = run,
};
