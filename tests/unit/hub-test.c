/* SPDX-License-Identifier: MIT */
/* When something is due for the streams that the agent holds: the heap of deadlines, the queues of duties. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* The agent is a program, no library. */
#include "agent/hub_heap.c"  /* NOLINT(bugprone-suspicious-include) */
#include "agent/hub_queue.c" /* NOLINT(bugprone-suspicious-include) */

#define MANY 500

/* The same numbers each time. */
static unsigned draw(unsigned below)
{
    static uint64_t state = 1;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % below;
}

static void check_heap(const struct hub *hub)
{
    for (size_t i = 0; i < hub->streams; i++) {
        assert_int_equal(hub->heap[i]->heap_at, i);
        assert_true(hub->heap[(i - (i > 0)) / 2]->deadline_ms <= hub->heap[i]->deadline_ms);
    }
}

static void heap_has_the_earliest_first(void **state)
{
    static struct stream streams[MANY];
    static bool inside[MANY];
    struct hub hub = {0};
    size_t count = 0;

    (void)state;
    for (int step = 0; step < 20 * MANY; step++) {
        unsigned i = draw(MANY);
        if (inside[i]) {
            heap_remove(&hub, &streams[i]);
        } else {
            streams[i].deadline_ms = draw(100); /* many of them the same */
            assert_int_equal(heap_add(&hub, &streams[i]), 0);
        }
        inside[i] = !inside[i];
        count = inside[i] ? count + 1 : count - 1;
        assert_int_equal(hub.streams, count);
        check_heap(&hub);
    }
    while (hub.streams > 0) {
        int64_t first = hub.heap[0]->deadline_ms;
        heap_remove(&hub, hub.heap[0]);
        assert_true(hub.streams == 0 || hub.heap[0]->deadline_ms >= first);
        check_heap(&hub);
    }
    free(hub.heap);
}

static void queue_goes_by_turns(void **state)
{
    struct queue queue;
    struct duty duties[3] = {0};

    (void)state;
    queue_open(&queue);
    assert_null(queue_due(&queue, INT64_MAX));
    assert_int_equal(queue_next(&queue, 7), 7);
    for (int i = 0; i < 3; i++)
        queue_put(&queue, &duties[i], 10 + i);
    assert_null(queue_due(&queue, 9));
    assert_ptr_equal(queue_due(&queue, 10), &duties[0]);
    assert_int_equal(queue_next(&queue, 11), 10);
    assert_int_equal(queue_next(&queue, 7), 7);
    queue_put(&queue, &duties[0], 20); /* it has had its turn */
    assert_ptr_equal(queue_due(&queue, 20), &duties[1]);
    queue_drop(&duties[2]);
    queue_drop(&duties[2]); /* is in none any more */
    queue_drop(&duties[1]);
    assert_null(queue_due(&queue, 19));
    assert_ptr_equal(queue_due(&queue, 20), &duties[0]);
    /* One that begins late, as when its program has taken a while, is due before who came earlier. */
    queue_put(&queue, &duties[1], 19);
    assert_ptr_equal(queue_due(&queue, 19), &duties[1]);
    queue_put(&queue, &duties[2], 19);
    assert_ptr_equal(queue_due(&queue, 19), &duties[1]);
    queue_drop(&duties[1]);
    assert_ptr_equal(queue_due(&queue, 19), &duties[2]);
    queue_drop(&duties[2]);
    queue_drop(&duties[0]);
    assert_null(queue_due(&queue, INT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heap_has_the_earliest_first),
        cmocka_unit_test(queue_goes_by_turns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
