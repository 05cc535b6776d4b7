/* SPDX-License-Identifier: MIT */
#include "reader-fixture.h"

/* ---- Messages  */

static void members_only(void **state)
{
    struct fixture *f = *state;
    char both[UUID_SIZE];
    char alices[UUID_SIZE];
    char bobs[UUID_SIZE];

    fixture_known(f, "carol");
    fixture_room(f, "alice bob", both);
    fixture_room(f, "alice", alices);
    fixture_room(f, "bob", bobs);
    for (int i = 0; i < 3; i++) {
        fixture_say(f, both, "alice", "both");
        fixture_say(f, alices, "alice", "own");
        fixture_say(f, bobs, "bob", "his");
    }
    expect(f, "alice", &beginning, "both;own;both;own;both;own;", false);
    expect(f, "bob", &beginning, "both;his;both;his;both;his;", false);
    expect(f, "carol", &beginning, "", false);
}

/* More threads than are remembered at a time. */
static void members_of_many_threads(void **state)
{
    enum { THREADS = READER_THREADS + 32 };
    static char ids[THREADS][UUID_SIZE];
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    struct reader reader;
    const char *line;
    size_t len;

    for (int i = 0; i < THREADS; i++)
        fixture_room(f, i % 3 == 0 ? "alice bob" : "bob", ids[i]);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < THREADS; i++)
            fixture_say(f, ids[i], "bob", i % 3 == 0 ? "hers" : "not hers");
    open_reader(f, &reader, &alice, &beginning);
    for (int i = 0; i < 2 * THREADS / 3; i++) {
        assert_int_equal(reader_next(&reader, &line, &len), 1);
        assert_string_equal(note_text(line), "hers\n");
    }
    assert_int_equal(reader_next(&reader, &line, &len), 0);
    reader_close(&reader);
}

static void only_what_came_after_joining(void **state)
{
    struct fixture *f = *state;
    struct user carol = fixture_known(f, "carol");
    char id[UUID_SIZE];

    fixture_room(f, "alice", id);
    fixture_say(f, id, "alice", "one");
    fixture_say(f, id, "alice", "two");
    assert_int_equal(user_join(&f->spool, &carol, id, 2), 0);
    fixture_say(f, id, "alice", "three");
    expect(f, "carol", &beginning, "three;", false);
    expect(f, "alice", &beginning, "one;two;three;", false);
}

/* While somebody reads, they become a member. */
static void joining_while_reading(void **state)
{
    struct fixture *f = *state;
    struct user bob = fixture_known(f, "bob");
    struct reader reader;
    char id[UUID_SIZE];

    fixture_room(f, "alice", id);
    open_reader(f, &reader, &bob, &beginning);
    fixture_say(f, id, "alice", "one");
    assert_string_equal(read_all(&reader), "");
    assert_int_equal(user_join(&f->spool, &bob, id, 1), 0);
    fixture_say(f, id, "alice", "two");
    assert_string_equal(read_all(&reader), "two;");
    assert_false(reader.limited);
    reader_close(&reader);
}

static void delivered_stanzas_are_in_cur(void **state)
{
    struct fixture *f = *state;
    struct thread thread;
    char id[UUID_SIZE];

    fixture_room(f, "alice", id);
    fixture_say(f, id, "alice", "one");
    fixture_say(f, id, "alice", "two");
    assert_int_equal(thread_open(&f->spool, &thread, id), 0);
    assert_int_equal(renameat(thread.fd, "new/0000000001", thread.fd, "cur/0000000001"), 0);
    thread_close(&thread);
    expect(f, "alice", &beginning, "one;two;", false);
}

/* ---- Presence  */

/* One row: `friends` of the reader, alice, and of bob, who is online now; what alice sees. */
static void presence_of_friends(void **state)
{
    static const struct {
        const char *alices; /* NULL: no list, everybody */
        const char *bobs;
        const char *sees;
    } rows[] = {
        {NULL, NULL, "bob +;"},         {"bob\n", NULL, "bob +;"},  {NULL, "alice\n", "bob +;"},
        {"bob\n", "alice\n", "bob +;"}, {"carol\n", NULL, ""},      {NULL, "carol\n", ""},
        {"bob\n", "carol\n", ""},       {"carol\n", "alice\n", ""}, {"", NULL, ""},
    };
    struct fixture *f = *state;

    fixture_known(f, "alice");
    fixture_known(f, "bob");
    publish(f, "bob +\n");
    for (size_t i = 0; i < COUNT(rows); i++) {
        unlinkat(f->spool.users, "alice/friends", 0);
        unlinkat(f->spool.users, "bob/friends", 0);
        if (rows[i].alices != NULL)
            fixture_write(f->spool.users, "alice/friends", rows[i].alices);
        if (rows[i].bobs != NULL)
            fixture_write(f->spool.users, "bob/friends", rows[i].bobs);
        expect(f, "alice", &beginning, rows[i].sees, false);
    }
}

static void ones_own_presence_is_not_shown(void **state)
{
    struct fixture *f = *state;

    fixture_known(f, "alice");
    fixture_known(f, "bob");
    publish(f, "alice +\n");
    publish(f, "bob +\n");
    publish(f, "alice -\n");
    expect(f, "alice", &beginning, "bob +;", false);
    expect(f, "bob", &beginning, "alice +;alice -;", false);
}

/* What belongs to a thread is its members', friends or not, and one's own as well: of leaving it, too. */
static void what_belongs_to_a_thread(void **state)
{
    struct fixture *f = *state;
    char thread[UUID_SIZE];
    char line[64];
    char expected[64];

    fixture_room(f, "alice bob", thread);
    fixture_known(f, "carol");
    fixture_write(f->spool.users, "alice/friends", "");
    snprintf(line, sizeof line, "bob @%s\n", thread);
    snprintf(expected, sizeof expected, "bob @%s;", thread);
    publish(f, line);
    expect(f, "alice", &beginning, expected, false);
    expect(f, "bob", &beginning, expected, false);
    expect(f, "carol", &beginning, "", false);
    snprintf(line, sizeof line, "carol @%s\n", thread);
    snprintf(expected, sizeof expected, "carol @%s;", thread);
    publish(f, line);
    expect(f, "carol", &beginning, expected, false);
}

/* Presence lives an hour: what is over, or damaged, is nobody's loss. */
static void presence_that_is_gone(void **state)
{
    struct fixture *f = *state;
    struct journal_record records[4];

    fixture_known(f, "alice");
    for (int i = 0; i < 3; i++)
        publish(f, "bob +\n");
    publish(f, "no author at all\x01\n");
    assert_int_equal(fixture_records(f, records, COUNT(records)), 4);
    assert_int_equal(unlinkat(f->spool.presence, records[1].id, 0), 0);
    fixture_write(f->spool.presence, records[2].id, "");
    fixture_write(f->spool.presence, records[3].id, "%zz +\n");
    expect(f, "alice", &beginning, "bob +;", false);
}

/* ---- Where reading begins  */

static void resumes_exactly(void **state)
{
    enum { STANZAS = 150 };
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct cursor cursor = beginning;
    char id[UUID_SIZE];
    char others[UUID_SIZE];

    fixture_room(f, "alice", id);
    fixture_room(f, "bob", others);
    for (int i = 0; i < STANZAS; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        fixture_say(f, id, "alice", text);
        if (i % 4 == 0)
            fixture_say(f, others, "bob", "between");
    }
    /* A few at a time, each time by the cursor as text, as a client does. */
    for (int next = 0; next < STANZAS;) {
        struct reader reader;
        const char *line;
        size_t len;
        char text[CURSOR_SIZE];
        open_reader(f, &reader, &alice, &cursor);
        for (int i = 0; i <= next % 5 && next < STANZAS; i++) {
            assert_int_equal(reader_next(&reader, &line, &len), 1);
            assert_int_equal(strtol(note_text(line), NULL, 10), next++);
        }
        assert_false(reader.limited);
        cursor_print(text, reader.journal.at);
        assert_int_equal(cursor_parse(&cursor, text), 0);
        reader_close(&reader);
    }
    expect(f, "alice", &cursor, "", false);
}

/* What is not for the reader moves the cursor, too: it need not be looked at again. */
static void passes_what_is_not_for_the_reader(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    struct reader reader;
    struct cursor end;
    char id[UUID_SIZE];

    fixture_room(f, "bob", id);
    for (int i = 0; i < 100; i++)
        fixture_say(f, id, "bob", "his");
    open_reader(f, &reader, &alice, &beginning);
    assert_string_equal(read_all(&reader), "");
    assert_int_equal(journal_end(&f->spool, &end), 0);
    assert_int_equal(reader.journal.at.next, end.next);
    assert_int_equal(reader.journal.at.ms, end.ms);
    reader_close(&reader);
}

static void without_a_cursor_from_delivered(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_known(f, "alice");
    struct reader reader;
    const char *line;
    size_t len;
    char id[UUID_SIZE];

    fixture_room(f, "alice", id);
    fixture_say(f, id, "alice", "one");
    fixture_say(f, id, "alice", "two");
    expect(f, "alice", NULL, "one;two;", false);
    expect(f, "alice", NULL, "one;two;", false);
    open_reader(f, &reader, &alice, NULL);
    assert_int_equal(reader_next(&reader, &line, &len), 1);
    assert_int_equal(user_deliver(&f->spool, &alice, reader.journal.at), 0);
    reader_close(&reader);
    expect(f, "alice", NULL, "two;", false);
    expect(f, "alice", &beginning, "one;two;", false);
}

static void nobody(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user("nobody");
    struct reader reader;

    assert_int_equal(reader_open(&reader, &f->spool, &user, &note_grammar, NULL), -1);
    assert_int_equal(errno, ENOENT);
}

/*
 * `delivered` is made with the user and may be empty after a power cut: reading goes on, and says
 * that it does not know what it left out.
 */
static void damaged_delivered(void **state)
{
    static const char *const texts[] = {"", "\n", "garbage\n", "12\n"};
    struct fixture *f = *state;
    char id[UUID_SIZE];

    fixture_room(f, "alice", id);
    fixture_say(f, id, "alice", "one");
    for (size_t i = 0; i < COUNT(texts); i++) {
        fixture_write(f->spool.users, "alice/delivered", texts[i]);
        expect(f, "alice", NULL, "one;", true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(members_only),
        SPOOL_TEST(members_of_many_threads),
        SPOOL_TEST(only_what_came_after_joining),
        SPOOL_TEST(joining_while_reading),
        SPOOL_TEST(delivered_stanzas_are_in_cur),
        SPOOL_TEST(presence_of_friends),
        SPOOL_TEST(ones_own_presence_is_not_shown),
        SPOOL_TEST(what_belongs_to_a_thread),
        SPOOL_TEST(presence_that_is_gone),
        SPOOL_TEST(resumes_exactly),
        SPOOL_TEST(passes_what_is_not_for_the_reader),
        SPOOL_TEST(without_a_cursor_from_delivered),
        SPOOL_TEST(nobody),
        SPOOL_TEST(damaged_delivered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
