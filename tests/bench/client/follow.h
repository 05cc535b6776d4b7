/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CLIENT_FOLLOW_H
#define BENCH_CLIENT_FOLLOW_H

/*
 * Somebody who waits for messages, by long polls one after the other or on one event stream, and
 * knows them by their ids: work_id(0), work_id(1) and so on, in this order.
 */

#include <stdbool.h>
#include <stdint.h>

#include "http.h"
#include "work.h"

struct follow {
    const struct http_target *base; /* of the programs */
    const struct work_user *user;
    bool events; /* else long polls, each on a connection of its own */
    uint64_t count;
    void (*listening)(void);     /* called once: what is said from now on will arrive */
    void (*arrived)(int64_t ns); /* the next message has come, at this time */
};

/* Until `count` messages have come. Whatever goes wrong ends the program. */
void follow(const struct follow *how);

#endif
