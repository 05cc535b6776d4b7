/* SPDX-License-Identifier: MIT */
#ifndef BASE_PEER_H
#define BASE_PEER_H

/* What whoever reads our output, a pipe or a socket, has done with it. */

#include <stdbool.h>
#include <stdint.h>

/* Whether there is something in it that was not taken yet. */
bool peer_unread(int fd);

/* Whether the other end is closed, or will be before `msec` are over; and, now, without having taken all.
 * `*reset`, false at first, is the caller's memory of what a socket says only once. */
bool peer_goes(int fd, int64_t msec);
bool peer_gone(int fd);
bool peer_lost(int fd, bool *reset);

#endif
