/* SPDX-License-Identifier: MIT */
#include "reader-fixture.h"

#include <sys/resource.h>

/* What is missing, damaged or cannot be read just now. */

static void missing_stanza(void **state)
{
    struct fixture *f = *state;
    char id[UUID_SIZE];
    char path[PATH_SIZE];

    fixture_room(f, "alice", id);
    fixture_known(f, "bob");
    for (int i = 0; i < 3; i++)
        fixture_say(f, id, "alice", i == 0 ? "one" : i == 1 ? "two" : "three");
    snprintf(path, sizeof path, "%s/new/0000000002", id);
    assert_int_equal(unlinkat(f->spool.threads, path, 0), 0);
    expect(f, "alice", &beginning, "one;three;", true);
    expect(f, "bob", &beginning, "", false); /* nothing of his */
}

static void missing_thread(void **state)
{
    struct fixture *f = *state;
    char gone[UUID_SIZE];
    char id[UUID_SIZE];
    char path[FIXTURE_PATH];
    char name[128];

    fixture_room(f, "alice", gone);
    fixture_room(f, "alice", id);
    fixture_say(f, gone, "alice", "one");
    fixture_say(f, id, "alice", "two");
    snprintf(name, sizeof name, "spool/threads/%s", gone);
    fixture_path(f, name, path);
    assert_int_equal(nftw(path, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    expect(f, "alice", &beginning, "two;", true);
}

static void gap_in_the_journal(void **state)
{
    static const char zeros[JOURNAL_RECORD] = {0};
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct journal_record records[3];
    struct reader reader;
    char id[UUID_SIZE];
    const char *line;
    size_t len;

    fixture_room(f, "alice", id);
    fixture_say(f, id, "alice", "one");
    fixture_say(f, id, "alice", "two");
    fixture_say(f, id, "alice", "three");
    assert_int_equal(fixture_records(f, records, COUNT(records)), 3);
    expect(f, "alice", &(struct cursor){2, records[0].ms - 1}, "one;two;three;", true);
    expect(f, "alice", &(struct cursor){9, records[2].ms + 1}, "", true);
    expect(f, "alice", &(struct cursor){3, records[2].ms}, "", false);
    fixture_plant_bytes(f, 1, zeros, sizeof zeros);
    expect(f, "alice", &beginning, "one;three;", true);
    /* It is said where it is, and only once. */
    open_reader(f, &reader, &alice, &beginning);
    assert_int_equal(reader_next(&reader, &line, &len), 1);
    assert_false(reader.limited);
    assert_int_equal(reader_next(&reader, &line, &len), 1);
    assert_true(reader.limited);
    reader.limited = false;
    assert_int_equal(reader_next(&reader, &line, &len), 0);
    assert_false(reader.limited);
    reader_close(&reader);
}

/* A fault of the machine, here no free descriptor, passes: nothing is left out because of it. */
static void faults_lose_nothing(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct rlimit limit;
    char first[UUID_SIZE];
    char second[UUID_SIZE];

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    fixture_room(f, "alice", first);
    fixture_room(f, "alice", second);
    fixture_say(f, first, "alice", "one");
    fixture_say(f, second, "alice", "two");
    publish(f, "bob +\n");
    fixture_say(f, first, "alice", "three");
    for (int stanza = 1; stanza <= 4; stanza++) {
        static const char *const rest[] = {"", "two;bob +;three;", "bob +;three;", "three;", ""};
        struct rlimit none = {0, limit.rlim_max};
        struct reader reader;
        const char *line;
        size_t len;
        int found;
        open_reader(f, &reader, &alice, &beginning);
        for (int i = 0; i < stanza; i++)
            assert_int_equal(reader_next(&reader, &line, &len), 1);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
        found = reader_next(&reader, &line, &len);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
        if (found != (stanza == 4 ? 0 : -1))
            fail_msg("%d after stanza %d", found, stanza);
        assert_string_equal(read_all(&reader), rest[stanza]);
        assert_false(reader.limited);
        reader_close(&reader);
    }
}

/* What cannot be read at all, this time or ever, must not be where everybody stops. */
static void damage_stops_nobody(void **state)
{
    struct fixture *f = *state;
    char id[UUID_SIZE];
    char other[UUID_SIZE];
    char path[PATH_SIZE];

    fixture_room(f, "alice bob", id);
    fixture_room(f, "alice bob", other);
    fixture_say(f, other, "bob", "one");
    fixture_say(f, id, "bob", "two");
    path_user_thread(path, "alice", other);
    fixture_write(f->spool.users, path, ""); /* her membership, after a power cut */
    expect(f, "alice", &beginning, "two;", true);
    expect(f, "bob", &beginning, "one;two;", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(missing_stanza),      SPOOL_TEST(missing_thread),
        SPOOL_TEST(gap_in_the_journal),  SPOOL_TEST(faults_lose_nothing),
        SPOOL_TEST(damage_stops_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
