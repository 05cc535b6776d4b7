/* SPDX-License-Identifier: MIT */
#include "reader-fixture.h"

#include "spool/move.h"
#include "spool/open.h"
#include "spool/role.h"
#include "spool/tidy.h"

/* ---- One change, and what is told of it  */

struct telling {
    struct fixture *f;
    const char *thread;
    int answer; /* of `may` */
    int fault;  /* errno for `announce` to fail with, 0 */
    char told[256];
};

static int may(void *context, struct role_change *change)
{
    struct telling *telling = context;

    (void)change;
    if (telling->answer == -1)
        errno = EPERM;
    return telling->answer;
}

static int announce(void *context, const struct user *whom, enum role role)
{
    struct telling *telling = context;
    size_t len = strlen(telling->told);
    char line[USER_NAME_MAX + UUID_SIZE + 32];

    if (telling->fault != 0) {
        errno = telling->fault;
        return -1;
    }
    snprintf(telling->told + len, sizeof telling->told - len, "%s %s;", whom->name,
             role_name(role));
    snprintf(line, sizeof line, "%s @%s %s\n", whom->dir, telling->thread, role_name(role));
    return presence_publish(&telling->f->spool, line, strlen(line));
}

static int change_with(struct telling *telling, const char *by, const char *whom, enum role role,
                       bool history)
{
    struct user users[] = {fixture_user(by), fixture_user(whom)};
    struct role_change change = {.by = &users[0],
                                 .whom = &users[1],
                                 .role = role,
                                 .history = history,
                                 .may = may,
                                 .announce = announce,
                                 .context = telling};
    struct thread thread;
    int result;

    telling->told[0] = '\0';
    assert_int_equal(thread_open(&telling->f->spool, &thread, telling->thread), 0);
    result = role_change(&telling->f->spool, &thread, &change);
    thread_close(&thread);
    return result;
}

static void change(struct fixture *f, const char *id, const char *by, const char *whom,
                   enum role role, const char *told)
{
    struct telling telling = {.f = f, .thread = id};

    if (change_with(&telling, by, whom, role, false) != 0)
        fail_msg("%s: %s", whom, strerror(errno));
    assert_string_equal(telling.told, told);
}

static int join_line(void *context, const struct member *member)
{
    char *text = context;
    size_t len = strlen(text);

    snprintf(text + len, 256 - len, "%s %llu %s;", member->role, (unsigned long long)member->joined,
             member->user.name);
    return 0;
}

static void expect_lines(struct fixture *f, const char *id, const char *expected)
{
    struct thread thread;
    char text[256] = "";

    assert_int_equal(thread_open(&f->spool, &thread, id), 0);
    assert_int_equal(thread_lines(&thread, join_line, text), 0);
    assert_string_equal(text, expected);
    thread_close(&thread);
}

static void expect_role(struct fixture *f, const char *id, const char *name, enum role expected)
{
    struct user user = fixture_user(name);
    struct thread thread;
    enum role role;

    assert_int_equal(thread_open(&f->spool, &thread, id), 0);
    assert_int_equal(role_of(&f->spool, &thread, &user, &role), 0);
    assert_int_equal(role, expected);
    thread_close(&thread);
}

/* ---- Names  */

static void roles_have_names(void **state)
{
    static const char *const wrong[] = {"", "Owner", "owner ", "admin", "member"};
    enum role role;

    (void)state;
    for (enum role i = ROLE_NONE; i <= ROLE_OWNER; i++) {
        assert_int_equal(role_named(&role, role_name(i)), 0);
        assert_int_equal(role, i);
    }
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_int_equal(role_named(&role, wrong[i]), -1);
}

static void rooms_by_their_ids(void **state)
{
    (void)state;
    assert_true(role_is_room("7d1f0a5e-1234-4abc-8def-0123456789ab"));
    assert_false(role_is_room("7d1f0a5e-1234-5abc-8def-0123456789ab"));
    assert_false(role_is_room("7d1f0a5e"));
    assert_false(role_is_room(""));
}

/* ---- Changes  */

static void coming_and_going(void **state)
{
    struct fixture *f = *state;
    char id[UUID_SIZE];

    fixture_room(f, "alice bob", id);
    fixture_say(f, id, "alice", "one");
    change(f, id, "alice", "carol", ROLE_GUEST, "carol guest;");
    expect_lines(f, id, "owner 0 alice;guest 0 bob;guest 1 carol;");
    change(f, id, "alice", "bob", ROLE_MODERATOR, "bob moderator;");
    change(f, id, "bob", "carol", ROLE_BANNED, "carol banned;");
    expect_lines(f, id, "owner 0 alice;moderator 0 bob;banned 1 carol;");
    expect_role(f, id, "carol", ROLE_BANNED);
    change(f, id, "bob", "carol", ROLE_GUEST, "carol guest;");
    expect_role(f, id, "carol", ROLE_GUEST);
    change(f, id, "bob", "carol", ROLE_NONE, "carol none;");
    expect_lines(f, id, "owner 0 alice;moderator 0 bob;");
    expect_role(f, id, "carol", ROLE_NONE);
    change(f, id, "bob", "carol", ROLE_BANNED, "carol banned;");
    change(f, id, "bob", "carol", ROLE_NONE, "carol none;");
    expect_lines(f, id, "owner 0 alice;moderator 0 bob;");
}

static void durable_changes(void **state)
{
    struct fixture *f = *state;
    char id[UUID_SIZE];

    f->spool.config.sync = true;
    fixture_room(f, "alice", id);
    change(f, id, "alice", "bob", ROLE_GUEST, "bob guest;");
    change(f, id, "alice", "bob", ROLE_NONE, "bob none;");
    expect_lines(f, id, "owner 0 alice;");
}

/* The last owner goes: who follows. */
static void heirs(void **state)
{
    struct fixture *f = *state;
    char id[UUID_SIZE];

    fixture_room(f, "alice bob carol dave", id);
    change(f, id, "alice", "carol", ROLE_MODERATOR, "carol moderator;");
    change(f, id, "alice", "dave", ROLE_OWNER, "dave owner;");
    change(f, id, "alice", "alice", ROLE_NONE, "alice none;");
    change(f, id, "dave", "dave", ROLE_NONE, "dave none;carol owner;");
    change(f, id, "carol", "carol", ROLE_NONE, "carol none;bob owner;");
    change(f, id, "bob", "bob", ROLE_NONE, "bob none;");
    expect_lines(f, id, "");
    change(f, id, "alice", "alice", ROLE_GUEST, "alice owner;");
    expect_lines(f, id, "owner 0 alice;");
}

static void refused_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct telling telling = {.f = f, .answer = -1};
    char id[UUID_SIZE];

    fixture_room(f, "alice", id);
    telling.thread = id;
    assert_int_equal(change_with(&telling, "bob", "bob", ROLE_GUEST, false), -1);
    assert_int_equal(errno, EPERM);
    telling.answer = 1;
    assert_int_equal(change_with(&telling, "bob", "bob", ROLE_GUEST, false), 1);
    assert_string_equal(telling.told, "");
    expect_lines(f, id, "owner 0 alice;");
    assert_int_equal(fixture_records(f, NULL, 0), 0);
}

static void untold_is_undone(void **state)
{
    struct fixture *f = *state;
    struct telling telling = {.f = f, .fault = ENOSPC};
    char id[UUID_SIZE];

    fixture_room(f, "alice", id);
    telling.thread = id;
    assert_int_equal(change_with(&telling, "bob", "bob", ROLE_GUEST, false), -1);
    assert_int_equal(errno, ENOSPC);
    expect_lines(f, id, "owner 0 alice;");
    expect_role(f, id, "bob", ROLE_NONE);
    change(f, id, "bob", "bob", ROLE_GUEST, "bob guest;");
}

/* ---- What killed changes have left  */

static void lost_lines_go(void **state)
{
    struct fixture *f = *state;
    struct telling telling = {.f = f, .answer = 1};
    struct thread thread;
    char id[UUID_SIZE];
    char text[512];

    fixture_room(f, "alice", id);
    telling.thread = id;
    assert_int_equal(thread_open(&f->spool, &thread, id), 0);
    fixture_write(thread.fd, "members",
                  "owner 0000000000 zoe\nowner 0000000000 alice\n"
                  "guest 0000000000 bob\n");
    expect_role(f, id, "bob", ROLE_NONE);
    assert_int_equal(change_with(&telling, "alice", "bob", ROLE_NONE, false), 1);
    expect_lines(f, id, "owner 0 alice;");
    /* The last owner's going was cut off. */
    change(f, id, "alice", "bob", ROLE_GUEST, "bob guest;");
    fixture_write(thread.fd, "members", "owner 0000000000 zoe\nguest 0000000000 bob\n");
    change(f, id, "carol", "carol", ROLE_GUEST, "carol guest;bob owner;");
    expect_lines(f, id, "owner 0 bob;guest 0 carol;");
    assert_true(file_read(thread.fd, "changes", text, sizeof text) > 0);
    assert_non_null(strstr(text, " carol zoe none\n"));
    thread_close(&thread);
}

/* An entry that is there without its line: a backup, or somebody's hand. */
static void entry_without_a_line(void **state)
{
    struct fixture *f = *state;
    struct user bob = fixture_known(f, "bob");
    char id[UUID_SIZE];

    fixture_room(f, "alice", id);
    assert_int_equal(user_join(&f->spool, &bob, id, 0), 0);
    expect_role(f, id, "bob", ROLE_GUEST);
    change(f, id, "bob", "bob", ROLE_GUEST, "bob guest;");
    expect_lines(f, id, "owner 0 alice;guest 0 bob;");
}

/* ---- The log  */

static void every_change_is_logged(void **state)
{
    static const char *const wanted[] = {
        "0000000000 alice alice owner", "0000000000 alice %2Ebob guest",
        "0000000001 alice carol guest", "0000000001 alice alice none",
        "0000000001 alice %2Ebob owner"};
    struct fixture *f = *state;
    struct thread thread;
    char id[UUID_SIZE];
    char text[1024];
    char *rest = text;
    int fd;

    fixture_room(f, "alice .bob", id);
    fixture_say(f, id, "alice", "one");
    assert_int_equal(thread_open(&f->spool, &thread, id), 0);
    /* A writer without space has left half a line. */
    fd = openat(thread.fd, "changes", O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_int_equal(write(fd, "17638", 5), 5);
    close(fd);
    change(f, id, "alice", "carol", ROLE_GUEST, "carol guest;");
    change(f, id, "alice", "alice", ROLE_NONE, "alice none;.bob owner;");
    assert_true(file_read(thread.fd, "changes", text, sizeof text) > 0);
    for (size_t i = 0; i < COUNT(wanted); i++) {
        char *line = strsep(&rest, "\n");
        assert_int_equal(strspn(line, "0123456789"), 13);
        assert_string_equal(line + 14, wanted[i]);
    }
    assert_string_equal(rest, "");
    thread_close(&thread);
}

/* ---- What they read  */

static void nothing_from_before(void **state)
{
    struct fixture *f = *state;
    char id[UUID_SIZE];
    char line[UUID_SIZE + 16];

    fixture_known(f, "bob");
    fixture_room(f, "alice", id);
    fixture_say(f, id, "alice", "first");
    snprintf(line, sizeof line, "alice @%s x\n", id);
    publish(f, line);
    change(f, id, "alice", "bob", ROLE_GUEST, "bob guest;");
    fixture_say(f, id, "alice", "two");
    snprintf(line, sizeof line, "bob @%s guest;two;", id);
    expect(f, "bob", &beginning, line, false);
    /* Gone, and come again: what was said meanwhile is not theirs. */
    change(f, id, "alice", "bob", ROLE_NONE, "bob none;");
    fixture_say(f, id, "alice", "three");
    change(f, id, "alice", "bob", ROLE_GUEST, "bob guest;");
    fixture_say(f, id, "alice", "four");
    snprintf(line, sizeof line, "alice @%s x\n", id);
    publish(f, line);
    {
        struct user bob = fixture_user("bob");
        struct reader reader;
        const char *all;

        open_reader(f, &reader, &bob, &beginning);
        all = read_all(&reader);
        assert_null(strstr(all, "first"));
        assert_null(strstr(all, "three"));
        assert_non_null(strstr(all, "four;alice @"));
        reader_close(&reader);
    }
}

/* Nothing old is pushed where the history is open, either; but it may be asked for. */
static void open_history(void **state)
{
    struct fixture *f = *state;
    struct telling telling = {.f = f};
    struct user bob = fixture_known(f, "bob");
    char id[UUID_SIZE];
    char all[128];
    uint64_t joined = 7;

    fixture_room(f, "alice", id);
    telling.thread = id;
    fixture_say(f, id, "alice", "one");
    assert_int_equal(change_with(&telling, "bob", "bob", ROLE_GUEST, true), 0);
    fixture_say(f, id, "alice", "two");
    assert_int_equal(user_joined(&f->spool, &bob, id, &joined), 0);
    assert_int_equal(joined, 0);
    expect_lines(f, id, "owner 0 alice;guest 1 bob;");
    snprintf(all, sizeof all, "bob @%s guest;two;", id);
    expect(f, "bob", &beginning, all, false);
}

/* After a loss records have the numbers of those before the joining, but later times. */
static void place_after_a_loss(void **state)
{
    static const struct {
        uint64_t number;
        int64_t ms;
        bool before;
    } rows[] = {{0, 1, true},    {4, 100, true},   {4, 101, false}, {5, 100, false},
                {5, 101, false}, {400, 99, false}, {0, 0, true}};
    const struct user_entry entry = {.seq = 0, .place = {5, 100}};
    const struct user_entry old = {.seq = 3, .place = {0, 0}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(user_entry_is_before(&entry, rows[i].number, rows[i].ms), rows[i].before);
        assert_false(user_entry_is_before(&old, rows[i].number, rows[i].ms));
    }
}

static void entries_of_both_kinds(void **state)
{
    static const struct {
        const char *text;
        int64_t seq; /* -1: damaged */
        uint64_t next;
        int64_t ms;
    } rows[] = {{"0000000042\n", 42, 0, 0},
                {"0000000042 0-0\n", 42, 0, 0},
                {"0000000042 6-1763817600123\n", 42, 7, 1763817600123},
                {"0000000042 \n", -1, 0, 0},
                {"0000000042 7\n", -1, 0, 0},
                {"42\n", -1, 0, 0},
                {"", -1, 0, 0}};
    struct fixture *f = *state;
    struct user bob = fixture_known(f, "bob");
    char id[UUID_SIZE];
    char path[PATH_SIZE];

    fixture_room(f, "alice", id);
    path_user_thread(path, bob.dir, id);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct user_entry entry;
        fixture_write(f->spool.users, path, rows[i].text);
        if ((user_entry(&f->spool, &bob, id, &entry) == 0) != (rows[i].seq != -1))
            fail_msg("row %zu", i);
        if (rows[i].seq == -1)
            continue;
        assert_int_equal(entry.seq, rows[i].seq);
        assert_int_equal(entry.place.next, rows[i].next);
        assert_int_equal(entry.place.ms, rows[i].ms);
    }
}

/* ---- new/ -> cur/  */

static void complain(void *context, const char *object, int error)
{
    (void)context;
    fail_msg("%s: %s", object, strerror(error));
}

static int moved_after(struct fixture *f, const char *id)
{
    const struct report report = {complain, NULL};
    struct mover mover;
    char path[PATH_SIZE];

    mover_open(&mover, &f->spool, &report);
    assert_int_equal(mover_pass(&mover, true), 0);
    mover_close(&mover);
    snprintf(path, sizeof path, "%s/cur", id);
    return fixture_entries(f->spool.threads, path);
}

static void deliver(struct fixture *f, const char *name)
{
    struct user user = fixture_user(name);
    struct cursor end;

    assert_int_equal(journal_end(&f->spool, &end), 0);
    assert_int_equal(user_deliver(&f->spool, &user, end), 0);
}

/* Those who are in it, and for whom a stanza is, are waited for; nobody else. */
static void only_members_are_waited_for(void **state)
{
    struct fixture *f = *state;
    struct telling telling = {.f = f};
    char id[UUID_SIZE];

    fixture_known(f, "carol");
    fixture_room(f, "alice bob", id);
    telling.thread = id;
    fixture_say(f, id, "alice", "one");
    deliver(f, "alice");
    assert_int_equal(moved_after(f, id), 0);
    assert_int_equal(change_with(&telling, "alice", "carol", ROLE_GUEST, true), 0);
    change(f, id, "alice", "bob", ROLE_BANNED, "bob banned;");
    assert_int_equal(moved_after(f, id), 1);
    fixture_say(f, id, "alice", "two");
    deliver(f, "alice");
    assert_int_equal(moved_after(f, id), 1);
    change(f, id, "carol", "carol", ROLE_NONE, "carol none;");
    assert_int_equal(moved_after(f, id), 2);
    /* Nobody is left: nobody is waited for. */
    fixture_say(f, id, "alice", "three");
    change(f, id, "alice", "alice", ROLE_NONE, "alice none;");
    assert_int_equal(moved_after(f, id), 3);
}

/* ---- Many at once  */

static int come_and_go(void *context, int index)
{
    struct telling *telling = context;
    char name[16];
    struct spool spool;
    struct user user;
    struct thread thread;
    struct role_change change = {
        .by = &user, .whom = &user, .may = may, .announce = announce, .context = telling};

    snprintf(name, sizeof name, "u%d", index);
    if (spool_open(&spool) == -1 || user_named(&user, name) == -1)
        return 1;
    telling->f->spool = spool;
    for (int i = 0; i < 21; i++) {
        change.role = i % 2 == 0 ? ROLE_GUEST : ROLE_NONE;
        telling->told[0] = '\0';
        if (thread_open(&spool, &thread, telling->thread) == -1 ||
            role_change(&spool, &thread, &change) != 0)
            return 1;
        thread_close(&thread);
    }
    return 0;
}

static int count_line(void *context, const struct member *member)
{
    int *counts = context;

    counts[0]++;
    counts[1] += strcmp(member->role, THREAD_OWNER) == 0;
    return 0;
}

static void many_come_and_go(void **state)
{
    struct fixture *f = *state;
    struct telling telling = {.f = f};
    struct thread thread;
    char id[UUID_SIZE];
    int counts[2] = {0, 0};

    fixture_room(f, "alice", id);
    telling.thread = id;
    assert_int_equal(fixture_fork(6, come_and_go, &telling), 6);
    assert_int_equal(thread_open(&f->spool, &thread, id), 0);
    assert_int_equal(thread_lines(&thread, count_line, counts), 0);
    assert_int_equal(counts[0], 7);
    assert_int_equal(counts[1], 1);
    thread_close(&thread);
}

/* ---- The index of open rooms  */

static void open_rooms_in_order(void **state)
{
    static const char *const made[] = {
        "33333333-1234-4abc-8def-0123456789ab", "11111111-1234-4abc-8def-0123456789ab",
        "44444444-1234-4abc-8def-0123456789ab", "22222222-1234-4abc-8def-0123456789ab"};
    struct fixture *f = *state;
    char ids[3][UUID_SIZE];

    for (size_t i = 0; i < COUNT(made); i++)
        assert_int_equal(open_add(&f->spool, made[i]), 0);
    assert_int_equal(open_add(&f->spool, made[0]), 0);
    fixture_write(f->spool.open, "x", "");
    assert_int_equal(open_list(&f->spool, "", ids, 3), 3);
    assert_string_equal(ids[0], made[1]);
    assert_string_equal(ids[1], made[3]);
    assert_string_equal(ids[2], made[0]);
    assert_int_equal(open_list(&f->spool, ids[2], ids, 3), 1);
    assert_string_equal(ids[0], made[2]);
    assert_int_equal(open_list(&f->spool, made[2], ids, 3), 0);
}

static void open_rooms_that_never_came(void **state)
{
    const struct report report = {complain, NULL};
    struct fixture *f = *state;
    char ids[2][UUID_SIZE];
    char id[UUID_SIZE];

    fixture_room(f, "alice", id);
    assert_int_equal(open_add(&f->spool, id), 0);
    assert_int_equal(open_add(&f->spool, "7d1f0a5e-1234-4abc-8def-0123456789ab"), 0);
    open_tidy(&f->spool, &report);
    assert_int_equal(open_list(&f->spool, "", ids, 2), 2);
    fixture_clock(f, TMP_REAP_SEC + 5);
    open_tidy(&f->spool, &report);
    assert_int_equal(open_list(&f->spool, "", ids, 2), 1);
    assert_string_equal(ids[0], id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_have_names),
        cmocka_unit_test(rooms_by_their_ids),
        SPOOL_TEST(coming_and_going),
        SPOOL_TEST(durable_changes),
        SPOOL_TEST(heirs),
        SPOOL_TEST(refused_leaves_nothing),
        SPOOL_TEST(untold_is_undone),
        SPOOL_TEST(lost_lines_go),
        SPOOL_TEST(entry_without_a_line),
        SPOOL_TEST(every_change_is_logged),
        SPOOL_TEST(nothing_from_before),
        SPOOL_TEST(open_history),
        cmocka_unit_test(place_after_a_loss),
        SPOOL_TEST(entries_of_both_kinds),
        SPOOL_TEST(only_members_are_waited_for),
        SPOOL_TEST(many_come_and_go),
        SPOOL_TEST(open_rooms_in_order),
        SPOOL_TEST(open_rooms_that_never_came),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
