/* SPDX-License-Identifier: MIT */
#include "samples.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LABELS_MAX 16

int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void samples_add(struct samples *samples, int64_t ns)
{
    if (samples->count == samples->room) {
        size_t room = samples->room == 0 ? 1024 : 2 * samples->room;
        int64_t *more = realloc(samples->ns, room * sizeof *more);
        if (more == NULL)
            give_up("samples", ENOMEM);
        samples->ns = more;
        samples->room = room;
    }
    samples->ns[samples->count++] = ns;
}

void samples_join(struct samples *all, const struct samples *some)
{
    for (size_t i = 0; i < some->count; i++)
        samples_add(all, some->ns[i]);
}

static int compare(const void *one, const void *other)
{
    int64_t a = *(const int64_t *)one;
    int64_t b = *(const int64_t *)other;

    return (a > b) - (a < b);
}

void samples_sort(struct samples *samples)
{
    if (samples->count > 0)
        qsort(samples->ns, samples->count, sizeof *samples->ns, compare);
}

int64_t samples_at(const struct samples *samples, double share)
{
    size_t at = (size_t)(share * (double)samples->count);

    if (samples->count == 0)
        return 0;
    return samples->ns[at < samples->count ? at : samples->count - 1];
}

static const char *labels[LABELS_MAX];
static size_t label_count;

void label_add(const char *label)
{
    if (label_count == LABELS_MAX || strchr(label, '=') == NULL)
        give_up("a label is NAME=VALUE, and there are only so many", 0);
    labels[label_count++] = label;
}

void labels_print(void)
{
    printf("{");
    for (size_t i = 0; i < label_count; i++)
        printf("\"%.*s\":\"%s\",", (int)strcspn(labels[i], "="), labels[i],
               strchr(labels[i], '=') + 1);
}

void give_up(const char *what, int error)
{
    fprintf(stderr, "%s%s%s\n", what, error != 0 ? ": " : "", error != 0 ? strerror(error) : "");
    exit(1);
}
