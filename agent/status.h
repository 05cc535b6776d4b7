/* SPDX-License-Identifier: MIT */
#ifndef AGENT_STATUS_H
#define AGENT_STATUS_H

/* What `spoolchat status` has found, and how it is printed. */

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#include "spool/journal.h"

struct status {
    char path[PATH_MAX];
    int agent; /* 1: runs */
    pid_t agent_pid;
    uint64_t users;
    uint64_t online;
    uint64_t tokens;
    uint64_t threads;
    uint64_t files;                /* attachments */
    uint64_t file_bytes;           /* of these, and of what describes them */
    uint64_t waiting;              /* stanzas in new/ */
    char oldest_thread[UUID_SIZE]; /* of these */
    uint64_t oldest_seq;           /* 0: nothing waits */
    int64_t oldest_ms;             /* when it was accepted, about */
    int64_t now_ms;
    struct cursor journal;
    uint64_t free_bytes; /* for us, in the spool's file system */
};

/* To stdout. */
void status_print(const struct status *status);
void status_print_json(const struct status *status);

#endif
