/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "hub.h"

static void put(struct hub *hub, size_t at, struct stream *stream)
{
    hub->heap[at] = stream;
    stream->heap_at = at;
}

static void sink(struct hub *hub, size_t at, struct stream *stream)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < hub->streams &&
            hub->heap[child + 1]->deadline_ms < hub->heap[child]->deadline_ms)
            child++;
        if (child >= hub->streams || hub->heap[child]->deadline_ms >= stream->deadline_ms)
            break;
        put(hub, at, hub->heap[child]);
        at = child;
    }
    put(hub, at, stream);
}

static void rise(struct hub *hub, size_t at, struct stream *stream)
{
    while (at > 0 && hub->heap[(at - 1) / 2]->deadline_ms > stream->deadline_ms) {
        put(hub, at, hub->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put(hub, at, stream);
}

int heap_add(struct hub *hub, struct stream *stream)
{
    if (hub->streams == hub->heap_size) {
        size_t size = hub->heap_size == 0 ? 64 : 2 * hub->heap_size;
        struct stream **bigger = realloc(hub->heap, size * sizeof(struct stream *));
        if (bigger == NULL)
            return -1;
        hub->heap = bigger;
        hub->heap_size = size;
    }
    rise(hub, hub->streams++, stream);
    return 0;
}

void heap_remove(struct hub *hub, struct stream *stream)
{
    size_t at = stream->heap_at;
    struct stream *last = hub->heap[--hub->streams];

    if (last == stream)
        return;
    if (at > 0 && hub->heap[(at - 1) / 2]->deadline_ms > last->deadline_ms)
        rise(hub, at, last);
    else
        sink(hub, at, last);
}
