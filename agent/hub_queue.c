/* SPDX-License-Identifier: MIT */
#include "hub.h"

void queue_open(struct queue *queue)
{
    queue->head.next = queue->head.previous = &queue->head;
}

void queue_drop(struct duty *duty)
{
    if (duty->next == NULL)
        return;
    duty->next->previous = duty->previous;
    duty->previous->next = duty->next;
    duty->next = duty->previous = NULL;
}

void queue_put(struct queue *queue, struct duty *duty, int64_t due_ms)
{
    struct duty *before;

    queue_drop(duty);
    before = queue->head.previous;
    while (before != &queue->head && before->due_ms > due_ms)
        before = before->previous;
    duty->due_ms = due_ms;
    duty->previous = before;
    duty->next = before->next;
    duty->next->previous = before->next = duty;
}

struct duty *queue_due(const struct queue *queue, int64_t now_ms)
{
    struct duty *first = queue->head.next;

    return first != &queue->head && first->due_ms <= now_ms ? first : NULL;
}

int64_t queue_next(const struct queue *queue, int64_t otherwise)
{
    const struct duty *first = queue->head.next;

    return first != &queue->head && first->due_ms < otherwise ? first->due_ms : otherwise;
}
