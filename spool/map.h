/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_MAP_H
#define SPOOL_MAP_H

/*
 * A hash table of things that have a name: threads, users, tokens. A thing begins with its node,
 * which is all that the table knows of it. For the agent; programs that start for every request
 * remember nothing.
 */

#include <stddef.h>
#include <stdint.h>

struct map_node {
    struct map_node *next;
    const char *key; /* belongs to the thing, and does not change while it is in the table */
};

/* FNV-1a; also for who keeps a number instead of a name (friends.h, authors.h), in any program. */
uint64_t map_hash(const char *key);

/* Empty when all zero. */
struct map {
    struct map_node **slots;
    size_t size;
    size_t count;
};

/* The node of that name, or NULL. */
struct map_node *map_find(const struct map *map, const char *key);

/* Put in a node whose name is not there yet. -1: ENOMEM. */
int map_add(struct map *map, struct map_node *node);

/* Take out a node that is there. */
void map_remove(struct map *map, const struct map_node *node);

/*
 * Each node in turn, in no order, until `each` returns other than 0, which is returned. `each` may
 * take out, and free, the node it is given; nothing else.
 */
int map_each(struct map *map, int (*each)(void *context, struct map_node *node), void *context);

/* Take out all nodes, giving each to free(), and forget the table. */
void map_clear(struct map *map);

#endif
