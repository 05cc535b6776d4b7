/* SPDX-License-Identifier: MIT */
#include "authors.h"

#include <string.h>

#include "map.h"

static size_t place_of(const char *id)
{
    uint64_t hash = map_hash(id);

    return (size_t)(hash ^ hash >> 32) % AUTHORS;
}

bool authors_find(const struct authors *authors, const char *id, uint64_t *name)
{
    size_t place;

    if (authors == NULL)
        return false;
    place = place_of(id);
    *name = authors->notes[place].name;
    return strcmp(authors->notes[place].id, id) == 0;
}

void authors_note(struct authors *authors, const char *id, uint64_t name)
{
    size_t place;

    if (authors == NULL)
        return;
    place = place_of(id);
    memcpy(authors->notes[place].id, id, UUID_SIZE);
    authors->notes[place].name = name;
}
