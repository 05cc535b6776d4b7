/* SPDX-License-Identifier: MIT */
#ifndef BENCH_CLIENT_SAMPLES_H
#define BENCH_CLIENT_SAMPLES_H

/*
 * Measured times, and what a table says of them. Programs of the benchmark print one JSON object a
 * run; labels that the caller gave come first in it, so that whoever reads knows what was measured.
 */

#include <stddef.h>
#include <stdint.h>

struct samples {
    int64_t *ns;
    size_t count, room;
};

/* By the clock that never steps. */
int64_t now_ns(void);

/* Ends the program when there is no memory. */
void samples_add(struct samples *samples, int64_t ns);
void samples_join(struct samples *all, const struct samples *some);

/* Sort them; then the value below which `share` (0 to 1) of them lie, 0 when there are none. */
void samples_sort(struct samples *samples);
int64_t samples_at(const struct samples *samples, double share);

/*
 * Remember "NAME=VALUE"; then begin the object on stdout with all that are remembered:
 * `{"NAME":"VALUE",`. They are the calling script's own words: nothing to escape.
 */
void label_add(const char *label);
void labels_print(void);

/* A message on stderr and exit status 1; with strerror(error) unless that is 0. */
_Noreturn void give_up(const char *what, int error);

#endif
