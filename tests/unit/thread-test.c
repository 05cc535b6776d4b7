/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#define ID "7d1f0a5e-1234-4abc-8def-0123456789ab"

/* ---- Making one  */

static int join_line(void *context, const struct member *member)
{
    char *text = context;
    size_t len = strlen(text);

    snprintf(text + len, 256 - len, "%s %llu %s;", member->role, (unsigned long long)member->joined,
             member->user.name);
    return 0;
}

static void expect_members(struct fixture *f, const char *id, const char *expected)
{
    struct thread thread;
    char text[256] = "";

    assert_int_equal(thread_open(&f->spool, &thread, id), 0);
    assert_int_equal(thread_members(&thread, join_line, text), 0);
    assert_string_equal(text, expected);
    thread_close(&thread);
}

static void made_complete(void **state)
{
    static const char *const folders[] = {"tmp", "new", "cur", "files"};
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct thread thread;
    char id[UUID_SIZE];
    char text[64];
    uint64_t seq = 7;

    fixture_room(f, "alice bob .c/d", id);
    expect_members(f, id, "owner 0 alice;guest 0 bob;guest 0 .c/d;");
    assert_int_equal(thread_open(&f->spool, &thread, id), 0);
    assert_string_equal(thread.id, id);
    for (size_t i = 0; i < COUNT(folders); i++)
        assert_int_equal(fixture_entries(thread.fd, folders[i]), 0);
    assert_int_equal(file_read(thread.fd, "thread.json", text, sizeof text), 3);
    assert_string_equal(text, "{}\n");
    assert_int_equal(thread_tail(&thread, &seq), 0);
    assert_int_equal(seq, 0);
    thread_close(&thread);
    assert_int_equal(user_joined(&f->spool, &alice, id, &seq), 0);
    assert_int_equal(seq, 0);
    assert_int_equal(fixture_entries(f->spool.threads, "."), 1);
}

static void made_twice(void **state)
{
    struct fixture *f = *state;
    struct user users[] = {fixture_user("alice"), fixture_user("bob")};

    assert_int_equal(thread_make(&f->spool, ID, false, users, 2, "{\"n\":1}\n", 8), 0);
    expect_members(f, ID, "guest 0 alice;guest 0 bob;");
    assert_int_equal(thread_make(&f->spool, ID, true, users, 1, "{}\n", 3), 0);
    expect_members(f, ID, "guest 0 alice;guest 0 bob;");
    assert_int_equal(fixture_entries(f->spool.threads, "."), 1);
}

/* Syncing must not change what comes out. */
static void made_durable(void **state)
{
    struct fixture *f = *state;
    char id[UUID_SIZE];

    f->spool.config.sync = true;
    fixture_room(f, "alice bob", id);
    expect_members(f, id, "owner 0 alice;guest 0 bob;");
}

static int make(void *context, int index)
{
    struct user users[3];
    struct spool spool;
    char id[UUID_SIZE];
    size_t count = 3;

    (void)context;
    if (spool_open(&spool) == -1 || user_named(&users[index % 3], "alice") == -1 ||
        user_named(&users[(index + 1) % 3], "bob") == -1 ||
        user_named(&users[(index + 2) % 3], "carol") == -1 ||
        thread_of_set(&spool, users, &count, id) == -1 ||
        thread_make(&spool, id, false, users, count, "{}\n", 3) == -1)
        return 1;
    return 0;
}

static void made_by_many_at_once(void **state)
{
    static const char *const names[] = {"alice", "bob", "carol"};
    struct fixture *f = *state;
    struct dir dir;
    const char *id;

    assert_int_equal(fixture_fork(16, make, NULL), 16);
    assert_int_equal(fixture_entries(f->spool.threads, "."), 1); /* no drafts either */
    assert_int_equal(dir_open(&dir, f->spool.threads, "."), 0);
    id = dir_next(&dir);
    assert_non_null(id);
    assert_true(path_uuid_ok(id));
    expect_members(f, id, "guest 0 alice;guest 0 bob;guest 0 carol;");
    for (size_t i = 0; i < COUNT(names); i++) {
        struct user user = fixture_user(names[i]);
        uint64_t seq;
        assert_int_equal(user_joined(&f->spool, &user, id, &seq), 0);
    }
    fixture_say(f, id, "alice", "hello");
    dir_close(&dir);
}

/* A member list has room for so many; who did not fit would be no member. */
static void too_many_members(void **state)
{
    struct fixture *f = *state;
    static struct user users[THREAD_MEMBERS_MAX + 1];
    struct thread thread;

    for (int i = 0; i <= THREAD_MEMBERS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "user%d", i);
        users[i] = fixture_user(name);
    }
    assert_int_equal(thread_make(&f->spool, ID, true, users, THREAD_MEMBERS_MAX + 1, "{}\n", 3),
                     -1);
    assert_int_equal(thread_open(&f->spool, &thread, ID), -1);
    assert_int_equal(fixture_entries(f->spool.threads, "."), 0);
}

static void opened_by_its_id_only(void **state)
{
    static const char *const ids[] = {"",
                                      ".",
                                      "..",
                                      "../users",
                                      "7d1f0a5e",
                                      "7D1F0A5E-1234-4ABC-8DEF-0123456789AB",
                                      "7d1f0a5e-1234-4abc-8def-0123456789ac"};
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");

    assert_int_equal(thread_make(&f->spool, ID, true, &alice, 1, "{}\n", 3), 0);
    for (size_t i = 0; i < COUNT(ids); i++) {
        struct thread thread = {.fd = 7};
        assert_int_equal(thread_open(&f->spool, &thread, ids[i]), -1);
        assert_int_equal(errno, ENOENT);
        assert_int_equal(thread.fd, -1);
        thread_close(&thread);
    }
}

/* ---- The thread of a set of people  */

static void set_of(struct fixture *f, const char *names, char id[UUID_SIZE], size_t *count)
{
    struct user users[8];
    char text[128];
    char *rest = text;
    char *name;

    *count = 0;
    snprintf(text, sizeof text, "%s", names);
    while ((name = strsep(&rest, " ")) != NULL)
        users[(*count)++] = fixture_user(name);
    assert_int_equal(thread_of_set(&f->spool, users, count, id), 0);
    for (size_t i = 1; i < *count; i++)
        assert_true(strcmp(users[i - 1].dir, users[i].dir) < 0);
}

static void id_of_a_set(void **state)
{
    static const struct {
        const char *names;
        size_t count;
        bool same; /* as alice's and bob's */
    } rows[] = {
        {"alice bob", 2, true},         {"bob alice", 2, true},   {"alice bob alice", 2, true},
        {"bob bob bob alice", 2, true}, {"alice", 1, false},      {"bob", 1, false},
        {"alice bob carol", 3, false},  {"alicebob", 1, false},   {"alic ebob", 2, false},
        {"Alice bob", 2, false},        {"alice bo", 2, false},   {"alice bob %61", 3, false},
        {"alice%0Abob", 1, false},      {".alice bob", 2, false},
    };
    struct fixture *f = *state;
    char reference[UUID_SIZE];
    size_t count;

    set_of(f, "alice bob", reference, &count);
    assert_int_equal(reference[14], '5');
    for (size_t i = 0; i < COUNT(rows); i++) {
        char id[UUID_SIZE];
        set_of(f, rows[i].names, id, &count);
        assert_int_equal(count, rows[i].count);
        if ((strcmp(id, reference) == 0) != rows[i].same)
            fail_msg("%s: %s and %s", rows[i].names, id, reference);
    }
}

static void id_of_a_set_differs_between_sites(void **state)
{
    struct fixture *f = *state;
    char here[UUID_SIZE];
    char there[UUID_SIZE];
    size_t count;

    set_of(f, "alice bob", here, &count);
    memcpy(f->spool.site, ID, UUID_SIZE);
    set_of(f, "alice bob", there, &count);
    assert_string_not_equal(here, there);
}

/* ---- Members  */

static int stop_at_second(void *context, const struct member *member)
{
    (void)member;
    return ++*(int *)context == 2 ? 42 : 0;
}

static void member_lists(void **state)
{
    static const struct {
        const char *text;
        const char *members; /* NULL: damaged */
    } rows[] = {
        {"", ""},
        {"owner 0000000000 alice\n", "owner 0 alice;"},
        {"owner 0000000000 alice", "owner 0 alice;"},
        {"moderator 0000000042 %2Ebob\nbanned 9999999999 c\n", "moderator 42 .bob;"},
        {"guest 0000000000 alice\n\n", NULL},
        {"guest\n", NULL},
        {"guest 0000000000\n", NULL},
        {"guest 0000000000 \n", NULL},
        {"guest 0 alice\n", NULL},
        {"guest  0000000000 alice\n", NULL},
        {"guest 0000000000 %61lice\n", NULL},
        {"guest 0000000000 alice \n", NULL},
        {"twelve-chars 0000000000 alice\n", NULL},
    };
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct thread thread;

    assert_int_equal(thread_make(&f->spool, ID, true, &alice, 1, "{}\n", 3), 0);
    assert_int_equal(thread_open(&f->spool, &thread, ID), 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[256] = "";
        fixture_write(thread.fd, "members", rows[i].text);
        errno = 0;
        if ((thread_members(&thread, join_line, text) == 0) != (rows[i].members != NULL))
            fail_msg("row %zu: %s", i, text);
        if (rows[i].members == NULL)
            assert_int_equal(errno, EBADMSG);
        else
            assert_string_equal(text, rows[i].members);
    }
    thread_close(&thread);
}

static void members_until_told_to_stop(void **state)
{
    struct fixture *f = *state;
    struct thread thread;
    char id[UUID_SIZE];
    int seen = 0;

    fixture_room(f, "alice bob carol dave", id);
    assert_int_equal(thread_open(&f->spool, &thread, id), 0);
    assert_int_equal(thread_members(&thread, stop_at_second, &seen), 42);
    assert_int_equal(seen, 2);
    thread_close(&thread);
}

/* ---- The lock  */

static void one_lock(void **state)
{
    struct fixture *f = *state;
    struct thread one;
    struct thread other;
    char id[UUID_SIZE];

    fixture_room(f, "alice", id);
    assert_int_equal(thread_open(&f->spool, &one, id), 0);
    assert_int_equal(thread_open(&f->spool, &other, id), 0);
    assert_int_equal(thread_lock(&one), 0);
    assert_int_equal(thread_try_lock(&other), -1);
    assert_int_equal(errno, EWOULDBLOCK);
    errno = EXDEV;
    thread_unlock(&one);
    assert_int_equal(errno, EXDEV);
    assert_int_equal(thread_try_lock(&other), 0);
    assert_int_equal(thread_try_lock(&one), -1);
    thread_close(&other); /* as when its process dies */
    assert_int_equal(thread_try_lock(&one), 0);
    thread_close(&one);
    assert_int_equal(one.fd, -1);
    thread_close(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(made_complete),    SPOOL_TEST(made_twice),
        SPOOL_TEST(made_durable),     SPOOL_TEST(made_by_many_at_once),
        SPOOL_TEST(too_many_members), SPOOL_TEST(opened_by_its_id_only),
        SPOOL_TEST(id_of_a_set),      SPOOL_TEST(id_of_a_set_differs_between_sites),
        SPOOL_TEST(member_lists),     SPOOL_TEST(members_until_told_to_stop),
        SPOOL_TEST(one_lock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
