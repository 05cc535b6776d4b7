/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "spool/online.h"
#include "spool/told.h"

/*
 * ---- A mood as short as it can be: the text of presence.json; "-..." hides. A line is "<user>
 * <mood>\n" or "<user> gone\n".
 */

static int fault; /* errno for the next line to fail with */

static int compose(void *context, const struct user *user, bool available, const char **line,
                   size_t *len)
{
    static char text[USER_NAME_MAX + 80];
    char mood[64];

    if (fault != 0) {
        errno = fault;
        return -1;
    }
    if (user_text(context, user, "presence.json", mood, sizeof mood) == -1)
        return -1;
    *len = 0;
    if (!available || mood[0] != '-')
        *len =
            (size_t)snprintf(text, sizeof text, "%s %s\n", user->name, available ? mood : "gone");
    *line = text;
    return 0;
}

static struct online_compose by;

static int up(void **state)
{
    struct user alice;

    if (fixture_up(state) == -1 || user_named(&alice, "alice") == -1)
        return -1;
    fault = 0;
    by = (struct online_compose){compose, &((struct fixture *)*state)->spool};
    return user_make(&((struct fixture *)*state)->spool, &alice);
}

/* Everything that was published since the last time, in order, in one string. */
static const char *news(struct fixture *f)
{
    static char all[4096];
    struct journal_record records[64];
    size_t count = fixture_records(f, records, COUNT(records));

    assert_in_range(count, 0, COUNT(records));
    all[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        char line[256];
        if (presence_read(&f->spool, records[i].id, line, sizeof line) == -1)
            continue;
        strcat(all, line);
        assert_int_equal(unlinkat(f->spool.presence, records[i].id, 0), 0);
    }
    return all;
}

static void expect_news(struct fixture *f, const char *wanted)
{
    assert_string_equal(news(f), wanted);
}

static void touch(struct fixture *f, int expected)
{
    struct user alice = fixture_user("alice");

    assert_int_equal(online_touch(&f->spool, &alice, &by), expected);
}

static void set(struct fixture *f, const char *mood)
{
    struct user alice = fixture_user("alice");
    char text[64];

    assert_int_equal(online_set(&f->spool, &alice, mood, strlen(mood), &by), 0);
    assert_int_equal(user_text(&f->spool, &alice, "presence.json", text, sizeof text),
                     strlen(mood));
    assert_string_equal(text, mood);
}

static void sweep(struct fixture *f)
{
    assert_int_equal(online_sweep(&f->spool, &by, NULL), 0);
}

static void expect_told(struct fixture *f, const char *wanted)
{
    char text[64];

    assert_true(file_read(f->spool.online, "alice", text, sizeof text) >= 0);
    assert_string_equal(text, wanted);
}

/* ---- Rows of what happens to alice, and what the others hear  */

static void changes(void **state)
{
    static const struct {
        const char *does; /* "in": a sign of life; "out": her lease ends, swept; "late": and
                             nobody looks; else her mood */
        const char *heard;
    } rows[] = {
        {"busy", ""}, /* she is not there */
        {"in", "alice busy\n"},
        {"in", ""},
        {"calm", "alice calm\n"},
        {"in", ""},
        {"-hidden", "alice gone\n"},
        {"in", ""},
        {"-deeper", ""},
        {"out", ""}, /* they have been told */
        {"in", ""},
        {"-still", ""},
        {"calm", "alice calm\n"},
        {"out", "alice gone\n"},
        {"-hidden", ""},
        {"calm", ""},
        {"in", "alice calm\n"},
        {"late", ""},
        {"busy", ""},
        {"in", "alice busy\n"},
        {"late", ""},
        {"-hidden", ""},
        {"in", "alice gone\n"}, /* who listened had heard nothing */
        {"late", ""},
        {"in", ""},
        {"late", ""},
        {"calm", ""},
        {"in", "alice calm\n"},
        {"-hidden", "alice gone\n"},
        {"busy", "alice busy\n"},
    };
    struct fixture *f = *state;
    long now = 0;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct user alice = fixture_user("alice");
        const char *does = rows[i].does;
        const char *heard;
        if (strcmp(does, "out") == 0 || strcmp(does, "late") == 0)
            fixture_clock(f, now += 61);
        if (strcmp(does, "out") == 0)
            sweep(f);
        else if (strcmp(does, "in") == 0)
            assert_int_not_equal(online_touch(&f->spool, &alice, &by), -1);
        else if (strcmp(does, "late") != 0)
            set(f, does);
        heard = news(f);
        if (strcmp(heard, rows[i].heard) != 0)
            fail_msg("row %zu, %s: heard '%s' instead of '%s'", i, does, heard, rows[i].heard);
    }
}

static void the_entry_says_what_they_know(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    enum told told;

    assert_int_equal(told_read(&f->spool, &alice, &told), -1);
    assert_int_equal(errno, ENOENT);
    touch(f, 1);
    expect_told(f, "");
    set(f, "-");
    expect_told(f, "hidden\n");
    assert_true(online_is(&f->spool, &alice));
    set(f, "busy");
    expect_told(f, "");
    fixture_write(f->spool.online, "alice", "something else\n");
    assert_int_equal(told_read(&f->spool, &alice, &told), 0);
    assert_int_equal(told, TOLD_UNSURE);
    assert_int_equal(fixture_entries(f->spool.online, "."), 1);
}

/* What others are told about her is no sign of life. */
static void changes_do_not_prolong_the_lease(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");

    touch(f, 1);
    fixture_clock(f, 50);
    set(f, "busy");
    set(f, "-");
    fixture_clock(f, 61);
    assert_false(online_is(&f->spool, &alice));
}

/* Stored, but not told: the next who comes by tells. */
static void what_could_not_be_told(void **state)
{
    static const char *const moods[][2] = {
        {"busy", "alice busy\n"}, {"-", "alice gone\n"}, {"calm", "alice calm\n"}};
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");

    touch(f, 1);
    news(f);
    for (int by_touch = 0; by_touch < 2; by_touch++)
        for (size_t i = 0; i < COUNT(moods); i++) {
            fault = ENOSPC;
            assert_int_equal(online_set(&f->spool, &alice, moods[i][0], strlen(moods[i][0]), &by),
                             -1);
            assert_int_equal(errno, ENOSPC);
            fault = 0;
            expect_news(f, "");
            if (by_touch)
                touch(f, 0);
            else
                assert_int_equal(online_tell(&f->spool, &alice, &by), 0);
            expect_news(f, moods[i][1]);
            assert_int_equal(online_tell(&f->spool, &alice, &by), 0);
            touch(f, 0);
            expect_news(f, "");
        }
    assert_int_equal(fixture_entries(f->spool.users, "alice"), 4); /* no drafts */
}

/* Killed with the mark set, and gone: they may have seen her. */
static void gone_before_they_were_told(void **state)
{
    struct fixture *f = *state;

    touch(f, 1);
    set(f, "-");
    news(f);
    fixture_write(f->spool.online, "alice", "untold\n");
    fixture_clock(f, 3600);
    sweep(f);
    expect_news(f, "alice gone\n");
    assert_int_equal(fixture_entries(f->spool.online, "."), 0);
}

/* What cannot be stored changes nothing. */
static void not_stored(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct user nobody = fixture_user("nobody");

    touch(f, 1);
    news(f);
    assert_int_equal(mkdirat(f->spool.users, "alice/presence.json", 0700), 0);
    assert_int_equal(online_set(&f->spool, &alice, "busy", 4, &by), -1);
    assert_int_equal(fixture_entries(f->spool.users, "alice"), 4);
    expect_news(f, "");
    assert_int_equal(online_set(&f->spool, &nobody, "busy", 4, &by), -1);
    assert_int_equal(errno, ENOENT);
}

/* ---- Many at once  */

#define LONG_AGO 1000000000

/* One writes the entry again and again, the other looks whether it ever seems a sign of life. */
static int write_or_look(void *context, int index)
{
    struct spool spool;
    struct user alice;
    struct stat info;

    (void)context;
    if (spool_open(&spool) == -1 || user_named(&alice, "alice") == -1)
        return 2;
    for (int i = 0; i < 2000 && index == 0; i++)
        if (told_write(&spool, &alice, TOLD_SEEN) == -1)
            return 1;
    if (index == 0)
        return told_write(&spool, &alice, TOLD_HIDDEN) == -1;
    do
        if (fstatat(spool.online, "alice", &info, 0) == -1 || info.st_mtim.tv_sec != LONG_AGO)
            return 1;
    while (info.st_size == 0);
    return 0;
}

static void what_they_know_is_no_sign_of_life(void **state)
{
    const struct timespec times[2] = {{.tv_sec = LONG_AGO}, {.tv_sec = LONG_AGO}};
    struct fixture *f = *state;

    touch(f, 1);
    assert_int_equal(utimensat(f->spool.online, "alice", times, 0), 0);
    assert_int_equal(fixture_fork(2, write_or_look, NULL), 2);
}

static int change_often(void *context, int index)
{
    struct spool spool;
    struct online_compose mine = {compose, &spool};
    struct user alice;
    char mood[16];

    (void)context;
    if (spool_open(&spool) == -1 || user_named(&alice, "alice") == -1)
        return 2;
    for (int i = 0; i < 3; i++) {
        snprintf(mood, sizeof mood, "%d.%d", index, i);
        if (online_set(&spool, &alice, mood, strlen(mood), &mine) == -1 ||
            online_touch(&spool, &alice, &mine) == -1)
            return 1;
    }
    return 0;
}

/* Each once, and the last one is the one that is stored. */
static void many_changes_at_once(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    char text[64];
    char line[80];
    const char *all;

    touch(f, 1);
    news(f);
    assert_int_equal(fixture_fork(8, change_often, NULL), 8);
    all = news(f);
    for (int index = 0; index < 8; index++)
        for (int i = 0; i < 3; i++) {
            const char *at;
            snprintf(line, sizeof line, "alice %d.%d\n", index, i);
            at = strstr(all, line);
            assert_non_null(at);
            assert_null(strstr(at + 1, line));
        }
    assert_true(user_text(&f->spool, &alice, "presence.json", text, sizeof text) > 0);
    snprintf(line, sizeof line, "alice %s\n", text);
    assert_string_equal(all + strlen(all) - strlen(line), line);
    expect_told(f, "");
}

static int lock_and_count(void *context, int index)
{
    struct spool spool;
    struct user alice;
    char text[32];
    int fd;

    (void)context;
    (void)index;
    if (spool_open(&spool) == -1 || user_named(&alice, "alice") == -1)
        return 2;
    fd = user_lock(&spool, &alice);
    if (fd == -1 || user_text(&spool, &alice, "count", text, sizeof text) == -1)
        return 1;
    snprintf(text, sizeof text, "%ld", strtol(text, NULL, 10) + 1);
    return file_replace(fd, ".count", "count", text, strlen(text), false);
}

static void one_user_at_a_time(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct user nobody = fixture_user("nobody");
    char text[16];

    fixture_write(f->spool.users, "alice/count", "0");
    assert_int_equal(fixture_fork(16, lock_and_count, NULL), 16);
    assert_true(user_text(&f->spool, &alice, "count", text, sizeof text) > 0);
    assert_string_equal(text, "16");
    assert_int_equal(user_lock(&f->spool, &nobody), -1);
    assert_int_equal(errno, ENOENT);
}

#define TOLD_TEST(name) cmocka_unit_test_setup_teardown(name, up, fixture_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TOLD_TEST(changes),
        TOLD_TEST(the_entry_says_what_they_know),
        TOLD_TEST(changes_do_not_prolong_the_lease),
        TOLD_TEST(what_could_not_be_told),
        TOLD_TEST(gone_before_they_were_told),
        TOLD_TEST(not_stored),
        TOLD_TEST(what_they_know_is_no_sign_of_life),
        TOLD_TEST(many_changes_at_once),
        TOLD_TEST(one_user_at_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
