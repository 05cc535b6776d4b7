/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/authors.h"
#include "spool/friends.h"
#include "spool/map.h"
#include "spool/user.h"

/* One row: the `friends` files of alice and bob (NULL: none), and whether they are friends. */
static void friends(void **state)
{
    static const struct {
        const char *alices;
        const char *bobs;
        int friends;
    } rows[] = {
        {NULL, NULL, 1},
        {"bob\n", NULL, 1},
        {"bob", NULL, 1},
        {"carol\nbob\ndave\n", NULL, 1},
        {"\n\nbob\n", NULL, 1},
        {"bob\r\ncarol\r\n", NULL, 1}, /* the site's owner wrote it on Windows */
        {"carol\r\nbob\r\n", NULL, 1},
        {"", NULL, 0},
        {"carol\n", NULL, 0},
        {"bo\n", NULL, 0},
        {"bobby\n", NULL, 0},
        {"Bob\n", NULL, 0},
        {"xbob\n", NULL, 0},
        {NULL, "alice\n", 1},
        {NULL, "carol\n", 0},
        {"bob\n", "alice\n", 1},
        {"bob\n", "carol\n", 0},
        {"carol\n", "alice\n", 0},
        {"", "", 0},
    };
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    struct user bob = fixture_known(f, "bob");
    struct friends list;

    for (size_t i = 0; i < COUNT(rows); i++) {
        unlinkat(f->spool.users, "alice/friends", 0);
        unlinkat(f->spool.users, "bob/friends", 0);
        if (rows[i].alices != NULL)
            fixture_write(f->spool.users, "alice/friends", rows[i].alices);
        if (rows[i].bobs != NULL)
            fixture_write(f->spool.users, "bob/friends", rows[i].bobs);
        if (user_friends(&f->spool, &alice, &bob) != rows[i].friends ||
            user_friends(&f->spool, &bob, &alice) != rows[i].friends)
            fail_msg("row %zu", i);
        friends_recall(&list, &f->spool, &alice);
        if (list.all != (rows[i].alices == NULL) ||
            (rows[i].friends == 1 && !friends_perhaps(&list, map_hash(bob.name))))
            fail_msg("row %zu, in short", i);
    }
}

/* Names are listed as the web server gives them. */
static void friends_with_encoded_names(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    struct user other = fixture_known(f, "J\u00fcrgen M.");

    fixture_write(f->spool.users, "alice/friends", "bob\nJ\u00fcrgen M.\n");
    assert_int_equal(user_friends(&f->spool, &alice, &other), 1);
    fixture_write(f->spool.users, "alice/friends", "bob\nJ%C3%BCrgen%20M.\n");
    assert_int_equal(user_friends(&f->spool, &alice, &other), 0);
}

/* Whoever has many friends must not make everybody's reading fail. */
static void very_many_friends(void **state)
{
    enum { MANY = 20000 };
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    struct user bob = fixture_known(f, "bob");
    struct user carol = fixture_known(f, "carol");
    static char text[MANY * 12];
    size_t len = 0;

    for (int i = 0; i < MANY; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "user%d\n", i);
    snprintf(text + len, sizeof text - len, "bob\n");
    fixture_write(f->spool.users, "alice/friends", text);
    assert_int_equal(user_friends(&f->spool, &alice, &bob), 1);
    assert_int_equal(user_friends(&f->spool, &bob, &alice), 1);
    assert_int_equal(user_friends(&f->spool, &alice, &carol), 0);
}

/* Of a list of ordinary length few are mistaken for somebody in it, and nobody in it for a stranger. */
static void in_short(void **state)
{
    enum { IN_IT = 300, MANY = 3000 };
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    struct friends list;
    static char text[IN_IT * 12];
    size_t len = 0;
    int mistaken = 0;

    for (int i = 0; i < IN_IT; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "user%d\n", i);
    fixture_write(f->spool.users, "alice/friends", text);
    friends_recall(&list, &f->spool, &alice);
    for (int i = 0; i < MANY; i++) {
        char name[16];
        snprintf(name, sizeof name, "user%d", i);
        if (i < IN_IT)
            assert_true(friends_perhaps(&list, map_hash(name)));
        else
            mistaken += friends_perhaps(&list, map_hash(name));
    }
    assert_in_range(mistaken, 0, MANY / 20);
}

/* Of a list that cannot be read nothing is certain, but not that everybody is in it. */
static void unread_in_short(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    struct user bob = fixture_known(f, "bob");
    struct friends list;

    assert_int_equal(mkdirat(f->spool.users, "alice/friends", 0700), 0);
    friends_recall(&list, &f->spool, &alice);
    assert_false(list.all);
    assert_true(friends_perhaps(&list, map_hash(bob.name)));
    assert_int_equal(user_friends(&f->spool, &alice, &bob), -1);
}

/* Of more than there is room for some are forgotten, and none is mistaken. */
static void authors(void **state)
{
    static struct authors notes;
    static char ids[2 * AUTHORS][UUID_SIZE];
    uint64_t name = 0;
    int known = 0;

    (void)state;
    assert_false(authors_find(NULL, "4abb1696-d516-4645-9df6-25309b7b7a0b", &name));
    authors_note(NULL, "4abb1696-d516-4645-9df6-25309b7b7a0b", 1);
    for (uint64_t i = 0; i < COUNT(ids); i++) {
        id_random(ids[i]);
        assert_false(authors_find(&notes, ids[i], &name));
        authors_note(&notes, ids[i], i);
        assert_true(authors_find(&notes, ids[i], &name) && name == i);
    }
    for (uint64_t i = 0; i < COUNT(ids); i++)
        if (authors_find(&notes, ids[i], &name)) {
            assert_int_equal(name, i);
            known++;
        }
    assert_in_range(known, AUTHORS / 2, AUTHORS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(friends),           SPOOL_TEST(friends_with_encoded_names),
        SPOOL_TEST(very_many_friends), SPOOL_TEST(in_short),
        SPOOL_TEST(unread_in_short),   cmocka_unit_test(authors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
