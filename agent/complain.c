/* SPDX-License-Identifier: MIT */
#include "complain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "spool/clock.h"

#define REPEAT_MSEC 60000
#define LINES_MAX 64 /* different ones a minute: a full disk fails in every thread */
#define LINE_SIZE 512

static struct {
    char line[LINE_SIZE];
    int64_t ms; /* when it was printed; 0: never */
} printed[LINES_MAX];
static unsigned long unsaid;

/* Where to remember the line; NULL: not to be printed now. */
static char *place_for(const char *line, int64_t now_ms)
{
    size_t place = LINES_MAX;

    for (size_t i = 0; i < LINES_MAX; i++) {
        bool recent = printed[i].ms != 0 && now_ms - printed[i].ms < REPEAT_MSEC;
        if (recent && strcmp(printed[i].line, line) == 0)
            return NULL;
        if (!recent)
            place = i;
    }
    if (place == LINES_MAX) {
        unsaid++;
        return NULL;
    }
    printed[place].ms = now_ms;
    return printed[place].line;
}

void complain(void *context, const char *object, int error)
{
    struct agent *agent = context;
    char line[LINE_SIZE];
    char *place;

    if (error == ECANCELED) /* SIGTERM: what was not done is for the next agent */
        return;
    agent->failures++;
    snprintf(line, sizeof line, "%.400s: %.100s", object, strerror(error));
    place = place_for(line, clock_boot_ms());
    if (place == NULL)
        return;
    memcpy(place, line, sizeof line);
    fprintf(stderr, "agent: %s\n", line);
    if (unsaid > 0)
        fprintf(stderr, "agent: and %lu failures more in the last minute\n", unsaid);
    unsaid = 0;
}
