/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "spool/map.h"

#define MANY 1000

struct thing {
    struct map_node node;
    char name[16];
};

static struct thing *thing_add(struct map *map, int number)
{
    struct thing *thing = calloc(1, sizeof *thing);

    assert_non_null(thing);
    snprintf(thing->name, sizeof thing->name, "thing-%d", number);
    thing->node.key = thing->name;
    assert_int_equal(map_add(map, &thing->node), 0);
    return thing;
}

static struct map_node *thing_find(const struct map *map, int number)
{
    char name[16];

    snprintf(name, sizeof name, "thing-%d", number);
    return map_find(map, name);
}

static void test_finds_what_is_in(void **state)
{
    struct map map = {.slots = NULL};
    struct thing *things[MANY];

    (void)state;
    assert_null(thing_find(&map, 0));
    for (int i = 0; i < MANY; i++)
        things[i] = thing_add(&map, i);
    assert_int_equal(map.count, MANY);
    for (int i = 0; i < MANY; i++)
        assert_ptr_equal(thing_find(&map, i), things[i]);
    assert_null(thing_find(&map, MANY));
    assert_null(map_find(&map, ""));
    map_clear(&map);
    assert_null(thing_find(&map, 0));
    assert_int_equal(map.count, 0);
}

static void test_forgets_what_is_out(void **state)
{
    struct map map = {.slots = NULL};

    (void)state;
    for (int i = 0; i < MANY; i++)
        thing_add(&map, i);
    for (int i = 0; i < MANY; i += 2) {
        struct map_node *node = thing_find(&map, i);
        map_remove(&map, node);
        free(node);
    }
    assert_int_equal(map.count, MANY / 2);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(thing_find(&map, i) != NULL, i % 2);
    map_clear(&map);
}

struct removing {
    struct map *map;
    int seen;
    int stop_after; /* 0: never */
};

static int remove_each(void *context, struct map_node *node)
{
    struct removing *removing = context;

    map_remove(removing->map, node);
    free(node);
    return ++removing->seen == removing->stop_after ? 7 : 0;
}

static void test_goes_over_all(void **state)
{
    struct map map = {.slots = NULL};
    struct removing removing = {&map, 0, 10};

    (void)state;
    assert_int_equal(map_each(&map, remove_each, &removing), 0);
    for (int i = 0; i < MANY; i++)
        thing_add(&map, i);
    assert_int_equal(map_each(&map, remove_each, &removing), 7);
    assert_int_equal(map.count, MANY - 10);
    assert_int_equal(map_each(&map, remove_each, &removing), 0);
    assert_int_equal(removing.seen, MANY);
    assert_int_equal(map.count, 0);
    map_clear(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_what_is_in),
        cmocka_unit_test(test_forgets_what_is_out),
        cmocka_unit_test(test_goes_over_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
