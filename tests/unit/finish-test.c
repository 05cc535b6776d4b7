/* SPDX-License-Identifier: MIT */
#include "fixture.h"

/*
 * What writers leave who die between two steps, and what the next one makes of it. Each test makes
 * such a state by hand from stanzas that were accepted as usual.
 */

#define MESSAGE "11111111-1111-4111-8111-111111111111"
#define TMP "tmp/" MESSAGE
#define SENT "alice/sent/" MESSAGE

struct place {
    struct fixture *f;
    struct thread thread;
    char id[UUID_SIZE];
};

/* A room in which bob has said `before`, alice MESSAGE, and bob `after` things. */
static void set_up(struct place *place, struct fixture *f, int before, bool message, int after)
{
    struct user alice = fixture_user("alice");
    struct note note = {.text = "hello"};

    place->f = f;
    fixture_room(f, "alice bob", place->id);
    for (int i = 0; i < before; i++)
        fixture_say(f, place->id, "bob", "before");
    if (message)
        assert_int_equal(note_post(&f->spool, place->id, MESSAGE, &alice, &note), 0);
    free(note.line);
    for (int i = 0; i < after; i++)
        fixture_say(f, place->id, "bob", "after");
    assert_int_equal(thread_open(&f->spool, &place->thread, place->id), 0);
}

static void finish(struct place *place)
{
    assert_int_equal(thread_lock(&place->thread), 0);
    assert_int_equal(thread_finish(&place->f->spool, &place->thread, &note_grammar), 0);
    thread_unlock(&place->thread);
}

/* Forget the journal's newest `count` records. */
static void unjournal(struct place *place, size_t count)
{
    size_t have = fixture_records(place->f, NULL, 0);
    char path[FIXTURE_PATH];

    fixture_path(place->f, "spool/journal/0000000000", path);
    assert_int_equal(truncate(path, (off_t)((have - count) * JOURNAL_RECORD)), 0);
}

/* How often the thread's stanza `seq` stands in the journal. */
static int journaled(struct place *place, uint64_t seq)
{
    struct journal_record records[64];
    size_t count = fixture_records(place->f, records, COUNT(records));
    int times = 0;

    assert_in_range(count, 0, COUNT(records));
    for (size_t i = 0; i < count; i++)
        times += strcmp(records[i].id, place->id) == 0 && records[i].seq == seq;
    return times;
}

static bool same(int one_dir, const char *one, int other_dir, const char *other)
{
    struct stat a;
    struct stat b;

    return fstatat(one_dir, one, &a, 0) == 0 && fstatat(other_dir, other, &b, 0) == 0 &&
           a.st_ino == b.st_ino;
}

/* Stanza `seq` is in new/, once in the journal, in sent/ when `sent`, and tmp/ is clean. */
static void expect(struct place *place, uint64_t seq, bool sent)
{
    int users = place->f->spool.users;
    char path[PATH_SIZE];

    path_new(path, seq);
    assert_true(fixture_exists(place->thread.fd, path));
    assert_int_equal(journaled(place, seq), 1);
    assert_int_equal(fixture_exists(users, SENT), sent);
    if (sent)
        assert_true(same(place->thread.fd, path, users, SENT));
    assert_int_equal(fixture_entries(place->thread.fd, "tmp"), 0);
    thread_close(&place->thread);
}

/* ---- One state a test  */

/* Died before the commit: nothing has happened. */
static void uncommitted(void **state)
{
    static const char *const texts[] = {"", "alice 3 - 0 hal", "alice 3 - 0 half a line\n"};
    struct place place;

    set_up(&place, *state, 2, false, 0);
    for (size_t i = 0; i < COUNT(texts); i++) {
        fixture_write(place.thread.fd, TMP, texts[i]);
        finish(&place);
        assert_false(fixture_exists(place.thread.fd, TMP));
        assert_int_equal(fixture_entries(place.thread.fd, "new"), 2);
        assert_int_equal(journaled(&place, 3), 0);
    }
    expect(&place, 2, false);
}

/* Put MESSAGE, which is stanza 3, back to where it was between two steps. */
static void take_back(struct place *place, bool journal, const char *hint)
{
    if (journal)
        unjournal(place, 1);
    assert_int_equal(renameat(place->f->spool.users, SENT, place->thread.fd, TMP), 0);
    if (hint == NULL)
        unlinkat(place->thread.fd, "tail", 0);
    else
        fixture_write(place->thread.fd, "tail", hint);
}

static void committed(void **state)
{
    static const struct {
        const char *what;
        bool unjournaled;
        const char *hint;
    } rows[] = {
        {"died before the hint", true, "0000000002\n"},
        {"died before the journal", true, "0000000003\n"},
        {"lost the hint", true, NULL},
        {"died before the journal, damaged hint", true, "000000"},
        {"died before the rename", false, "0000000003\n"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct place place;
        set_up(&place, *state, 2, true, 0);
        take_back(&place, rows[i].unjournaled, rows[i].hint);
        assert_int_equal(journaled(&place, 3), rows[i].unjournaled ? 0 : 1);
        finish(&place);
        expect(&place, 3, true);
        assert_int_equal(unlinkat(((struct fixture *)*state)->spool.users, SENT, 0), 0);
    }
}

/* The journal's end shows others' stanzas, and this thread's former ones. */
static void committed_while_others_went_on(void **state)
{
    struct place place;
    char other[UUID_SIZE];

    set_up(&place, *state, 2, true, 0);
    take_back(&place, true, "0000000002\n");
    fixture_room(place.f, "bob carol", other);
    for (int i = 0; i < 5; i++)
        fixture_say(place.f, other, "bob", "elsewhere");
    finish(&place);
    expect(&place, 3, true);
}

/* The very first stanza of a thread: the journal knows nothing of it. */
static void committed_first(void **state)
{
    struct place place;

    set_up(&place, *state, 0, true, 0);
    take_back(&place, true, NULL);
    finish(&place);
    expect(&place, 1, true);
}

/* The rename was done, and undone by a power cut: both names are there. */
static void already_sent(void **state)
{
    struct place place;
    struct fixture *f = *state;

    set_up(&place, f, 2, true, 0);
    assert_int_equal(linkat(f->spool.users, SENT, place.thread.fd, TMP, 0), 0);
    finish(&place);
    expect(&place, 3, true);
}

/* The same, long after: others have been accepted since, the agent has moved it. */
static void resurrected(void **state)
{
    struct place place;
    struct fixture *f = *state;

    set_up(&place, f, 2, true, 4);
    assert_int_equal(linkat(f->spool.users, SENT, place.thread.fd, TMP, 0), 0);
    finish(&place);
    expect(&place, 3, true);
}

static void resurrected_and_delivered(void **state)
{
    static const bool sents[] = {true, false};
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(sents); i++) {
        struct place place;
        set_up(&place, f, 2, true, 4);
        assert_int_equal(linkat(f->spool.users, SENT, place.thread.fd, TMP, 0), 0);
        assert_int_equal(
            renameat(place.thread.fd, "new/0000000003", place.thread.fd, "cur/0000000003"), 0);
        if (!sents[i]) /* it has been trimmed since */
            assert_int_equal(unlinkat(f->spool.users, SENT, 0), 0);
        finish(&place);
        assert_true(same(place.thread.fd, "cur/0000000003", f->spool.users, SENT));
        assert_int_equal(journaled(&place, 3), 1);
        assert_int_equal(fixture_entries(place.thread.fd, "tmp"), 0);
        assert_int_equal(unlinkat(f->spool.users, SENT, 0), 0);
        thread_close(&place.thread);
    }
}

/* Two links, but neither in new/ nor in cur/: retention has removed it. */
static void removed_by_retention(void **state)
{
    struct place place;
    struct fixture *f = *state;

    set_up(&place, f, 2, true, 2);
    assert_int_equal(linkat(f->spool.users, SENT, place.thread.fd, TMP, 0), 0);
    assert_int_equal(unlinkat(place.thread.fd, "new/0000000003", 0), 0);
    finish(&place);
    assert_int_equal(fixture_entries(place.thread.fd, "tmp"), 0);
    assert_int_equal(journaled(&place, 3), 1);
    thread_close(&place.thread);
}

static void foreign_names(void **state)
{
    static const char *const names[] = {"tmp/notes.txt", "tmp/0000000001",
                                        "tmp/11111111-1111-4111-8111-11111111111Z"};
    struct place place;

    set_up(&place, *state, 1, false, 0);
    for (size_t i = 0; i < COUNT(names); i++)
        fixture_write(place.thread.fd, names[i], "x");
    /* Even when they have two links, even of a stanza. */
    assert_int_equal(linkat(place.thread.fd, "tmp/notes.txt", place.thread.fd, "tmp/notes", 0), 0);
    assert_int_equal(linkat(place.thread.fd, "new/0000000001", place.thread.fd, "tmp/copy", 0), 0);
    finish(&place);
    assert_false(fixture_exists(place.f->spool.users, "bob/sent/copy"));
    assert_int_equal(fixture_entries(place.thread.fd, "tmp"), 0);
    expect(&place, 1, false);
}

/* Whose stanza it is cannot be read: it stays accepted, and blocks nobody. */
static void unreadable_author(void **state)
{
    static const char *const texts[] = {"", "%zz 3 - 0 hello\n", ".x 3 - 0 hello\n"};
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct place place;
        set_up(&place, f, 2, false, 0);
        fixture_write(place.thread.fd, TMP, texts[i]);
        assert_int_equal(linkat(place.thread.fd, TMP, place.thread.fd, "new/0000000003", 0), 0);
        finish(&place);
        expect(&place, 3, false);
    }
}

/* The author has no directory any more, or not all of it. */
static void author_without_directory(void **state)
{
    static const bool wholes[] = {false, true};
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(wholes); i++) {
        struct place place;
        char path[FIXTURE_PATH];
        set_up(&place, f, 2, true, 0);
        take_back(&place, true, NULL);
        if (wholes[i]) {
            fixture_path(f, "spool/users/alice", path);
            assert_int_equal(nftw(path, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
        } else
            assert_int_equal(unlinkat(f->spool.users, "alice/sent", AT_REMOVEDIR), 0);
        finish(&place);
        expect(&place, 3, true);
        assert_int_equal(unlinkat(f->spool.users, SENT, 0), 0);
    }
}

/* A name that is encoded on the disk. */
static void encoded_author(void **state)
{
    struct fixture *f = *state;
    struct user user = fixture_user("J\u00fcrgen M.");
    struct note note = {.text = "hello"};
    struct place place;
    char sent[PATH_SIZE];

    set_up(&place, f, 0, false, 0);
    assert_int_equal(note_post(&f->spool, place.id, MESSAGE, &user, &note), 0);
    free(note.line);
    path_sent(sent, "J%C3%BCrgen%20M.", MESSAGE);
    assert_int_equal(renameat(f->spool.users, sent, place.thread.fd, TMP), 0);
    finish(&place);
    assert_true(same(place.thread.fd, "new/0000000001", f->spool.users, sent));
    thread_close(&place.thread);
}

/* ---- The next writer  */

/* The sender comes back with the message that was interrupted: it has been sent. */
static void retried_by_its_sender(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct note note = {.text = "hello"};
    struct place place;

    set_up(&place, f, 2, true, 0);
    take_back(&place, true, "0000000002\n");
    assert_int_equal(note_post(&f->spool, place.id, MESSAGE, &alice, &note), 1);
    assert_int_equal(fixture_entries(place.thread.fd, "new"), 3);
    expect(&place, 3, true);
    free(note.line);
}

static void retried_before_the_commit(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct note note = {.text = "hello"};
    struct place place;

    set_up(&place, f, 2, false, 0);
    fixture_write(place.thread.fd, TMP, "alice 3 - 0 hel");
    assert_int_equal(note_post(&f->spool, place.id, MESSAGE, &alice, &note), 0);
    expect(&place, 3, true);
    free(note.line);
}

/* Somebody else posts: the interrupted one comes before theirs, in the journal, too. */
static void order_is_kept(void **state)
{
    struct fixture *f = *state;
    struct journal_record records[8];
    struct place place;

    set_up(&place, f, 2, true, 0);
    take_back(&place, true, "0000000002\n");
    fixture_say(f, place.id, "bob", "after");
    assert_int_equal(fixture_records(f, records, COUNT(records)), 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(records[i].seq, i + 1);
    expect(&place, 3, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(uncommitted),
        SPOOL_TEST(committed),
        SPOOL_TEST(committed_while_others_went_on),
        SPOOL_TEST(committed_first),
        SPOOL_TEST(already_sent),
        SPOOL_TEST(resurrected),
        SPOOL_TEST(resurrected_and_delivered),
        SPOOL_TEST(removed_by_retention),
        SPOOL_TEST(foreign_names),
        SPOOL_TEST(unreadable_author),
        SPOOL_TEST(author_without_directory),
        SPOOL_TEST(encoded_author),
        SPOOL_TEST(retried_by_its_sender),
        SPOOL_TEST(retried_before_the_commit),
        SPOOL_TEST(order_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
