/* SPDX-License-Identifier: MIT */
#include "suspect.h"

#include <stdlib.h>
#include <string.h>

struct suspect *suspect_make(const char *id, uint64_t tail)
{
    struct suspect *suspect = calloc(1, sizeof *suspect);

    if (suspect == NULL)
        return NULL;
    memcpy(suspect->id, id, UUID_SIZE);
    suspect->node.key = suspect->id;
    suspect->next = tail;
    return suspect;
}

void suspect_free(struct suspect *suspect)
{
    free(suspect->seen);
    free(suspect);
}

static int remember(struct suspect *suspect, uint64_t seq)
{
    if (suspect->count == suspect->size) {
        size_t size = suspect->size == 0 ? 16 : suspect->size * 2;
        uint64_t *seen = realloc(suspect->seen, size * sizeof *seen);
        if (seen == NULL)
            return -1;
        suspect->seen = seen;
        suspect->size = size;
    }
    suspect->seen[suspect->count++] = seq;
    return 0;
}

static bool is_among(const struct suspect *suspect, uint64_t seq)
{
    for (size_t i = suspect->count; i-- > 0;)
        if (suspect->seen[i] == seq)
            return true;
    return false;
}

int suspect_see(struct suspect *suspect, uint64_t seq)
{
    if (seq > suspect->next)
        return 0;
    if (seq < suspect->next)
        return remember(suspect, seq);
    /* Those that an earlier mending has appended come before their turn: few. */
    do
        suspect->next--;
    while (suspect->next > 0 && is_among(suspect, suspect->next));
    return 0;
}

static int compare(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one;
    uint64_t b = *(const uint64_t *)other;

    return (a > b) - (a < b);
}

void suspect_sort(struct suspect *suspect)
{
    if (suspect->count > 0)
        qsort(suspect->seen, suspect->count, sizeof *suspect->seen, compare);
}

bool suspect_saw(const struct suspect *suspect, uint64_t seq)
{
    if (seq > suspect->next)
        return true;
    return suspect->count > 0 &&
           bsearch(&seq, suspect->seen, suspect->count, sizeof *suspect->seen, compare) != NULL;
}
