/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CLIENT_WORK_H
#define BENCH_CLIENT_WORK_H

/* Who asks, and what: users out of a file, and texts that differ from request to request. */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define WORK_USERS 1024
#define WORK_ID_SIZE 37

struct work_user {
    char name[64];
    char password[64];
    char room[64]; /* a thread that the user is in */
};

struct work_users {
    struct work_user user[WORK_USERS];
    size_t count;
};

/* Lines "name password room", or "- token room". Ends the program when there is none. */
void work_read_users(struct work_users *users, const char *path);

/* Message number `n` of this run: a UUID that no other run has. */
void work_id(char id[WORK_ID_SIZE], uint64_t n);

/*
 * A template, with @id@ (of message n), @n@, @user@ and @room@ replaced, into `out`; its length, or
 * -1 when there is no room.
 */
ssize_t work_expand(char *out, size_t size, const char *template, const struct work_user *user,
                    uint64_t n);

#endif
