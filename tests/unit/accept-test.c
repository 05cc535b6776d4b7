/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "spool/clock.h"

#define MESSAGE "11111111-1111-4111-8111-111111111111"
#define OTHER "22222222-2222-4222-8222-222222222222"

static void read_stanza(struct fixture *f, const char *thread_id, uint64_t seq, char *out,
                        size_t size)
{
    struct thread thread;

    assert_int_equal(thread_open(&f->spool, &thread, thread_id), 0);
    if (thread_read(&thread, seq, out, size) == -1)
        fail_msg("stanza %llu: %s", (unsigned long long)seq, strerror(errno));
    thread_close(&thread);
}

static int entries_of(struct fixture *f, const char *thread, const char *folder)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof path, "%s/%s", thread, folder);
    return fixture_entries(f->spool.threads, path);
}

static void first_and_second(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct journal_record records[3];
    int64_t before = clock_wall_us();
    struct note note = {.text = "hello"};
    char id[UUID_SIZE];
    char text[512];
    char path[PATH_SIZE];

    fixture_room(f, "alice bob", id);
    assert_int_equal(note_post(&f->spool, id, MESSAGE, &alice, &note), 0);
    read_stanza(f, id, 1, text, sizeof text);
    assert_memory_equal(text, "alice 1 - ", 10);
    assert_in_range(strtoll(text + 10, NULL, 10), before, clock_wall_us());
    assert_string_equal(note_text(text), "hello\n");
    note.text = "again";
    assert_int_equal(note_post(&f->spool, id, OTHER, &alice, &note), 0);
    read_stanza(f, id, 2, text, sizeof text);
    assert_memory_equal(text, "alice 2 ", 8);

    assert_int_equal(fixture_records(f, records, COUNT(records)), 2);
    for (uint64_t i = 0; i < 2; i++) {
        assert_int_equal(records[i].kind, JOURNAL_MESSAGE);
        assert_string_equal(records[i].id, id);
        assert_int_equal(records[i].seq, i + 1);
    }
    assert_int_equal(entries_of(f, id, "tmp"), 0);
    assert_int_equal(entries_of(f, id, "new"), 2);
    path_sent(path, "alice", MESSAGE);
    assert_true(fixture_exists(f->spool.users, path));
    path_sent(path, "alice", OTHER);
    assert_true(fixture_exists(f->spool.users, path));
    free(note.line);
}

static void digests_form_a_chain(void **state)
{
    enum { STANZAS = 12 };
    struct fixture *f = *state;
    char id[UUID_SIZE];
    char prev[DIGEST_SIZE] = "-";
    struct thread thread;

    fixture_room(f, "alice bob", id);
    assert_int_equal(thread_open(&f->spool, &thread, id), 0);
    for (uint64_t seq = 1; seq <= STANZAS; seq++) {
        char text[512];
        char expected[128];
        fixture_say(f, id, seq % 2 == 0 ? "alice" : "bob", "one\\ntwo");
        read_stanza(f, id, seq, text, sizeof text);
        snprintf(expected, sizeof expected, "%s %d %s ", seq % 2 == 0 ? "alice" : "bob", (int)seq,
                 prev);
        assert_memory_equal(text, expected, strlen(expected));
        id_digest(prev, text, strlen(text));
        if (seq == 5) /* the agent moves: the chain goes on from cur/ */
            for (uint64_t moved = 1; moved <= 5; moved++) {
                char from[PATH_SIZE];
                char to[PATH_SIZE];
                path_new(from, moved);
                path_cur(to, moved);
                assert_int_equal(renameat(thread.fd, from, thread.fd, to), 0);
            }
    }
    thread_close(&thread);
}

/* One row: what is posted under an id that was used for "hello" before. */
static void repeated(void **state)
{
    static const struct {
        const char *text;
        int result;
    } rows[] = {{"hello", 1}, {"hello", 1}, {"hello there", -1}, {"hell", -1}, {"hello", 1}};
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct note note = {.text = "hello"};
    char id[UUID_SIZE];

    fixture_room(f, "alice bob", id);
    assert_int_equal(note_post(&f->spool, id, MESSAGE, &alice, &note), 0);
    fixture_say(f, id, "bob", "in between");
    for (size_t i = 0; i < COUNT(rows); i++) {
        note.text = rows[i].text;
        assert_int_equal(note_post(&f->spool, id, MESSAGE, &alice, &note), rows[i].result);
        if (rows[i].result == -1)
            assert_int_equal(errno, EEXIST);
        assert_int_equal(fixture_records(f, NULL, 0), 2);
        assert_int_equal(entries_of(f, id, "new"), 2);
        assert_int_equal(entries_of(f, id, "tmp"), 0);
    }
    free(note.line);
}

/*
 * What has become of the three stanzas of a thread when the second, alice's last, is said again. Only
 * a power cut takes a name that has not been synced yet, and leaves her link to it.
 */
static void repeated_after_a_loss(void **state)
{
    static const struct {
        const char *what;
        const char *gone[3]; /* from new/ */
        const char *instead; /* somebody said it meanwhile, NULL: nobody did */
        bool in_cur;         /* the agent has moved it */
        int result;
        uint64_t seq; /* where it is then, 0: nowhere */
    } rows[] = {
        {"nothing is missing", {NULL}, NULL, false, 1, 2},
        {"it has reached everybody", {"new/0000000002"}, NULL, true, 1, 2},
        {"retention took it", {"new/0000000001", "new/0000000002"}, NULL, false, 1, 0},
        {"its name is lost", {"new/0000000002", "new/0000000003"}, NULL, false, 0, 2},
        {"and another has its number",
         {"new/0000000002", "new/0000000003"},
         "instead",
         false,
         0,
         3},
        {"all names are lost",
         {"new/0000000001", "new/0000000002", "new/0000000003"},
         NULL,
         false,
         0,
         1},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture *f = *state;
        struct user alice = fixture_user("alice");
        struct note note = {.text = "hello"};
        struct thread thread;
        char id[UUID_SIZE];
        char message[UUID_SIZE];
        char text[512];
        fixture_room(f, "alice bob", id);
        id_random(message);
        fixture_say(f, id, "bob", "first");
        assert_int_equal(note_post(&f->spool, id, message, &alice, &note), 0);
        fixture_say(f, id, "bob", "last");
        assert_int_equal(thread_open(&f->spool, &thread, id), 0);
        if (rows[i].in_cur)
            assert_int_equal(linkat(thread.fd, "new/0000000002", thread.fd, "cur/0000000002", 0),
                             0);
        for (size_t j = 0; j < COUNT(rows[i].gone) && rows[i].gone[j] != NULL; j++)
            assert_int_equal(unlinkat(thread.fd, rows[i].gone[j], 0), 0);
        if (rows[i].instead != NULL)
            fixture_say(f, id, "bob", rows[i].instead);
        for (int again = 0; again < 2; again++)
            if (note_post(&f->spool, id, message, &alice, &note) != (again ? 1 : rows[i].result))
                fail_msg("%s, said again %d: %s", rows[i].what, again, strerror(errno));
        if (rows[i].seq != 0 && (thread_read(&thread, rows[i].seq, text, sizeof text) == -1 ||
                                 strcmp(note_text(text), "hello\n") != 0))
            fail_msg("%s: it is not %d", rows[i].what, (int)rows[i].seq);
        thread_close(&thread);
        free(note.line);
    }
}

/* An id is its sender's: another's is another message. */
static void the_same_id_from_another(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct user bob = fixture_user("bob");
    struct note note = {.text = "hello"};
    char id[UUID_SIZE];

    fixture_room(f, "alice bob", id);
    assert_int_equal(note_post(&f->spool, id, MESSAGE, &alice, &note), 0);
    assert_int_equal(note_post(&f->spool, id, MESSAGE, &bob, &note), 0);
    assert_int_equal(note_post(&f->spool, id, MESSAGE, &alice, &note), 1);
    assert_int_equal(note_post(&f->spool, id, MESSAGE, &bob, &note), 1);
    assert_int_equal(fixture_records(f, NULL, 0), 2);
    free(note.line);
}

static void expect_untouched(struct fixture *f, const char *id, int stanzas)
{
    assert_int_equal(entries_of(f, id, "tmp"), 0);
    assert_int_equal(entries_of(f, id, "new"), stanzas);
    assert_int_equal(fixture_entries(f->spool.users, "alice/sent"), stanzas);
    assert_int_equal(fixture_records(f, NULL, 0), stanzas);
}

static void failing_render_leaves_nothing(void **state)
{
    static const int errors[] = {EIO, EMSGSIZE, ENOMEM, EINVAL};
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct note note = {.text = "hello"};
    char id[UUID_SIZE];

    fixture_room(f, "alice", id);
    for (size_t i = 0; i < COUNT(errors); i++) {
        note.fault = errors[i];
        assert_int_equal(note_post(&f->spool, id, MESSAGE, &alice, &note), -1);
        assert_int_equal(errno, errors[i]);
        expect_untouched(f, id, 0);
    }
    note.fault = 0;
    assert_int_equal(note_post(&f->spool, id, MESSAGE, &alice, &note), 0);
    expect_untouched(f, id, 1);
    free(note.line);
}

/* A stanza that could not be read back would be the last of its thread. */
static void longest_stanza(void **state)
{
    static const struct {
        size_t len;
        int result;
    } rows[] = {{SPOOL_STANZA_MAX, 0}, {SPOOL_STANZA_MAX + 1, -1}, {SPOOL_STANZA_MAX + 4096, -1}};
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    char id[UUID_SIZE];
    struct note note = {.text = "x"};

    fixture_room(f, "alice", id);
    fixture_say(f, id, "alice", "first");
    for (size_t i = 0; i < COUNT(rows); i++) {
        char message[UUID_SIZE];
        const char *line;
        size_t len = 0;
        char prev[DIGEST_SIZE];
        /* As long as the row says: the line without padding has a length of its own. */
        id_random(message);
        id_digest(prev, "", 0);
        note.user = &alice;
        note.pad = 0;
        assert_int_equal(note_render(&note, 2, prev, clock_wall_us(), &line, &len), 0);
        note.pad = rows[i].len - len;
        if (note_post(&f->spool, id, message, &alice, &note) != rows[i].result)
            fail_msg("%zu bytes", rows[i].len);
    }
    fixture_say(f, id, "alice", "last");
    assert_int_equal(fixture_records(f, NULL, 0), 3);
    free(note.line);
}

static void no_more_space(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct note note = {.text = "hello"};
    char id[UUID_SIZE];
    char text[512];

    fixture_room(f, "alice", id);
    fixture_say(f, id, "alice", "before there was a limit");
    read_stanza(f, id, 1, text, sizeof text);
    f->spool.config.spool_max = strlen(text) + 10;
    assert_int_equal(note_post(&f->spool, id, MESSAGE, &alice, &note), -1);
    assert_int_equal(errno, EDQUOT);
    expect_untouched(f, id, 1);
    f->spool.config.spool_max += 1000;
    assert_int_equal(note_post(&f->spool, id, MESSAGE, &alice, &note), 0);
    f->spool.config.spool_max = 1;
    assert_int_equal(note_post(&f->spool, id, MESSAGE, &alice, &note), 1); /* takes no space */
    expect_untouched(f, id, 2);
    free(note.line);
}

/* The site's owner has made the user by hand, or a backup has left out what was empty. */
static void sender_without_sent_folder(void **state)
{
    static const struct {
        const char *what;
        const char *gone; /* a folder, removed first */
        bool made;        /* the user was made as usual */
    } rows[] = {
        {"nothing but the directory", NULL, false},
        {"sent/ is gone", "alice/sent", true},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct user alice = fixture_user("alice");
        struct note note = {.text = rows[i].what};
        char id[UUID_SIZE];
        char message[UUID_SIZE];
        id_random(message);
        fixture_room(f, "bob", id);
        if (rows[i].made)
            assert_int_equal(user_make(&f->spool, &alice), 0);
        else
            assert_int_equal(mkdirat(f->spool.users, "alice", 0700), 0);
        if (rows[i].gone != NULL) {
            assert_int_equal(unlinkat(f->spool.users, "alice/sent/" MESSAGE, 0), 0);
            assert_int_equal(unlinkat(f->spool.users, rows[i].gone, AT_REMOVEDIR), 0);
        }
        if (note_post(&f->spool, id, MESSAGE, &alice, &note) != 0)
            fail_msg("%s: %s", rows[i].what, strerror(errno));
        assert_int_equal(note_post(&f->spool, id, MESSAGE, &alice, &note), 1);
        fixture_say(f, id, "bob", "the others can still post");
        assert_int_equal(entries_of(f, id, "tmp"), 0);
        free(note.line);
    }
}

static void durable(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct note note = {.text = "hello"};
    char id[UUID_SIZE];

    f->spool.config.sync = true;
    fixture_room(f, "alice", id);
    assert_int_equal(note_post(&f->spool, id, MESSAGE, &alice, &note), 0);
    assert_int_equal(note_post(&f->spool, id, MESSAGE, &alice, &note), 1);
    expect_untouched(f, id, 1);
    free(note.line);
}

/* ---- Many at once  */

#define WRITERS 16
#define EACH 50

static int post_many(void *context, int index)
{
    const char *thread = context;
    struct spool spool;
    struct user user;
    char name[16];

    snprintf(name, sizeof name, "user%d", index % 4);
    if (spool_open(&spool) == -1 || user_named(&user, name) == -1)
        return 1;
    for (int i = 0; i < EACH; i++) {
        char text[32];
        char message[UUID_SIZE];
        struct note note = {.text = text};
        snprintf(text, sizeof text, "%d/%d", index, i);
        id_random(message);
        if (note_post(&spool, thread, message, &user, &note) != 0)
            return 1;
        free(note.line);
    }
    return 0;
}

static void many_writers(void **state)
{
    struct fixture *f = *state;
    static struct journal_record records[WRITERS * EACH];
    bool journaled[WRITERS * EACH] = {false};
    int next[WRITERS] = {0};
    char prev[DIGEST_SIZE] = "-";
    char id[UUID_SIZE];

    fixture_room(f, "user0 user1 user2 user3", id);
    assert_int_equal(fixture_fork(WRITERS, post_many, id), WRITERS);
    assert_int_equal(entries_of(f, id, "tmp"), 0);
    assert_int_equal(entries_of(f, id, "new"), WRITERS * EACH);
    for (uint64_t seq = 1; seq <= WRITERS * EACH; seq++) {
        char text[512];
        char found[DIGEST_SIZE];
        char *rest;
        long writer;
        read_stanza(f, id, seq, text, sizeof text);
        assert_int_equal(sscanf(text, "%*s %*d %64s", found), 1);
        assert_string_equal(found, prev);
        id_digest(prev, text, strlen(text));
        writer = strtol(note_text(text), &rest, 10);
        assert_in_range(writer, 0, WRITERS - 1);
        assert_int_equal(*rest, '/');
        assert_int_equal(strtol(rest + 1, NULL, 10), next[writer]++);
    }
    assert_int_equal(fixture_records(f, records, COUNT(records)), COUNT(records));
    for (size_t i = 0; i < COUNT(records); i++) {
        assert_int_equal(records[i].seq, i + 1);
        assert_false(journaled[i]);
        journaled[i] = true;
    }
}

/* All send the same message: one sends it, for the others it has been sent. */
static int post_the_same(void *context, int index)
{
    const char *thread = context;
    struct spool spool;
    struct user alice;
    struct note note = {.text = "hello"};

    (void)index;
    if (spool_open(&spool) == -1 || user_named(&alice, "alice") == -1)
        return 2;
    return note_post(&spool, thread, MESSAGE, &alice, &note);
}

static void one_message_many_times(void **state)
{
    struct fixture *f = *state;
    char id[UUID_SIZE];

    fixture_room(f, "alice", id);
    assert_int_equal(fixture_fork(WRITERS, post_the_same, id), 1);
    expect_untouched(f, id, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(first_and_second),
        SPOOL_TEST(digests_form_a_chain),
        SPOOL_TEST(repeated),
        SPOOL_TEST(repeated_after_a_loss),
        SPOOL_TEST(the_same_id_from_another),
        SPOOL_TEST(failing_render_leaves_nothing),
        SPOOL_TEST(longest_stanza),
        SPOOL_TEST(no_more_space),
        SPOOL_TEST(sender_without_sent_folder),
        SPOOL_TEST(durable),
        SPOOL_TEST(many_writers),
        SPOOL_TEST(one_message_many_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
