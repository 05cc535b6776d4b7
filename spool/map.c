/* SPDX-License-Identifier: MIT */
#include "map.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 64 /* slots; always a power of two */

uint64_t map_hash(const char *key)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (; *key != '\0'; key++)
        hash = (hash ^ (unsigned char)*key) * UINT64_C(1099511628211);
    return hash;
}

static size_t slot_of(const struct map *map, const char *key)
{
    uint64_t hash = map_hash(key);

    return (size_t)(hash ^ hash >> 32) & (map->size - 1);
}

struct map_node *map_find(const struct map *map, const char *key)
{
    struct map_node *node = map->size == 0 ? NULL : map->slots[slot_of(map, key)];

    while (node != NULL && strcmp(node->key, key) != 0)
        node = node->next;
    return node;
}

static void put(struct map *map, struct map_node *node)
{
    struct map_node **slot = &map->slots[slot_of(map, node->key)];

    node->next = *slot;
    *slot = node;
}

static int grow(struct map *map)
{
    struct map bigger = {.size = map->size == 0 ? FIRST_SIZE : map->size * 2, .count = map->count};

    bigger.slots = calloc(bigger.size, sizeof *bigger.slots);
    if (bigger.slots == NULL)
        return -1;
    for (size_t i = 0; i < map->size; i++)
        for (struct map_node *node = map->slots[i]; node != NULL;) {
            struct map_node *next = node->next;
            put(&bigger, node);
            node = next;
        }
    free(map->slots);
    *map = bigger;
    return 0;
}

int map_add(struct map *map, struct map_node *node)
{
    if (map->count >= map->size && grow(map) == -1)
        return -1;
    put(map, node);
    map->count++;
    return 0;
}

void map_remove(struct map *map, const struct map_node *node)
{
    struct map_node **link = &map->slots[slot_of(map, node->key)];

    while (*link != node)
        link = &(*link)->next;
    *link = node->next;
    map->count--;
}

int map_each(struct map *map, int (*each)(void *context, struct map_node *node), void *context)
{
    for (size_t i = 0; i < map->size; i++)
        for (struct map_node *node = map->slots[i]; node != NULL;) {
            struct map_node *next = node->next;
            int result = each(context, node);
            if (result != 0)
                return result;
            node = next;
        }
    return 0;
}

static int drop(void *context, struct map_node *node)
{
    (void)context;
    free(node);
    return 0;
}

void map_clear(struct map *map)
{
    map_each(map, drop, NULL);
    free(map->slots);
    *map = (struct map){.slots = NULL};
}
