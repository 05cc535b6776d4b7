/* SPDX-License-Identifier: MIT */

/*
 * A power cut takes from the journal what it likes of its last minutes; mending puts back what is
 * missing, each stanza once. Losses are drawn at random, the seed is printed with a failure.
 */

#include "fixture.h"

#include "spool/clock.h"
#include "spool/mend.h"
#include "spool/online.h"

#define THREADS 3
#define ROUNDS 120
#define RECORDS_MAX 2048

static void failed(void *context, const char *object, int error)
{
    (void)context;
    fail_msg("%s: %s", object, strerror(error));
}

static const struct report report = {failed, NULL};

static size_t mend(struct fixture *f)
{
    size_t count;

    assert_int_equal(mend_journal(&f->spool, &note_grammar, &report, &count), 0);
    return count;
}

/* ---- What may have happened  */

struct site {
    struct fixture *f;
    unsigned seed;
    uint64_t safe; /* records before are older than what a power cut can take */
    char threads[THREADS][UUID_SIZE];
    uint64_t tails[THREADS];
};

static unsigned draw(struct site *site, unsigned below)
{
    site->seed = site->seed * 1103515245u + 12345u;
    return (site->seed >> 16) % below;
}

static void say_some(struct site *site, unsigned most)
{
    for (unsigned i = draw(site, most + 1); i > 0; i--) {
        unsigned which = draw(site, THREADS);
        if (draw(site, 4) == 0) {
            assert_int_equal(presence_publish(&site->f->spool, "{}\n", 3), 0);
            continue;
        }
        fixture_say(site->f, site->threads[which], "alice", "x");
        site->tails[which]++;
    }
}

/* A sender killed between accepting and journaling. */
static void leave_unfinished(struct site *site)
{
    unsigned which = draw(site, THREADS);
    char from[FIXTURE_PATH];
    char to[FIXTURE_PATH];
    char id[UUID_SIZE];

    if (draw(site, 3) != 0)
        return;
    id_random(id);
    snprintf(from, sizeof from, "%s/tmp/%s", site->threads[which], id);
    snprintf(to, sizeof to, "%s/new/%010llu", site->threads[which],
             (unsigned long long)++site->tails[which]);
    fixture_write(site->f->spool.threads, from, "alice 1 - 1 x\n");
    assert_int_equal(linkat(site->f->spool.threads, from, site->f->spool.threads, to, 0), 0);
}

/* Cut the tail off, fill it with zeros, or only a part in it. */
static void lose_some(struct site *site)
{
    struct cursor end;
    unsigned lost;
    char zeros[32 * JOURNAL_RECORD] = {0};

    assert_int_equal(journal_end(&site->f->spool, &end), 0);
    lost = draw(site, 32);
    if (lost > end.next - site->safe)
        lost = (unsigned)(end.next - site->safe);
    if (draw(site, 2) == 0) {
        int fd = openat(site->f->spool.journal, "0000000000", O_WRONLY);
        off_t len = (off_t)(end.next - lost) * JOURNAL_RECORD + (off_t)draw(site, JOURNAL_RECORD);
        assert_int_not_equal(fd, -1);
        assert_int_equal(ftruncate(fd, lost == 0 ? (off_t)end.next * JOURNAL_RECORD : len), 0);
        close(fd);
        return;
    }
    fixture_plant_bytes(site->f, end.next - lost, zeros,
                        (size_t)(lost - draw(site, lost + 1)) * JOURNAL_RECORD);
}

static void check_once(struct site *site, unsigned seed)
{
    static struct journal_record records[RECORDS_MAX];
    static unsigned char seen[THREADS][RECORDS_MAX];
    size_t count = fixture_records(site->f, records, RECORDS_MAX);

    memset(seen, 0, sizeof seen);
    assert_in_range(count, 0, RECORDS_MAX);
    for (size_t i = 0; i < count; i++)
        for (size_t which = 0; which < THREADS; which++)
            if (strcmp(records[i].id, site->threads[which]) == 0)
                seen[which][records[i].seq]++;
    for (size_t which = 0; which < THREADS; which++)
        for (uint64_t seq = 1; seq <= site->tails[which]; seq++)
            if (seen[which][seq] != 1)
                fail_msg("seed %u: stanza %llu is journaled %u times", seed,
                         (unsigned long long)seq, seen[which][seq]);
}

static void test_random_losses(void **state)
{
    struct site site = {.f = *state};

    for (int i = 0; i < THREADS; i++)
        fixture_room(site.f, "alice bob", site.threads[i]);
    fixture_clock(site.f, -3600);
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned seed = round;
        site.seed = seed;
        if (round == ROUNDS / 2) { /* an hour later */
            struct cursor end;
            assert_int_equal(journal_end(&site.f->spool, &end), 0);
            site.safe = end.next;
            fixture_clock(site.f, 0);
        }
        say_some(&site, 10);
        if (draw(&site, 3) == 0)
            assert_int_equal(mend_mark(&site.f->spool), 0);
        say_some(&site, 10);
        leave_unfinished(&site);
        lose_some(&site);
        if (draw(&site, 2) == 0)
            say_some(&site, 5); /* before the agent comes */
        if (draw(&site, 10) == 0)
            unlinkat(site.f->spool.root, "mended", 0);
        mend(site.f);
        check_once(&site, seed);
        assert_int_equal(mend(site.f), 0);
    }
}

/* ---- What is not looked for  */

static void wait_ms(int64_t ms)
{
    int64_t until = clock_wall_us() + ms * 1000;

    while (clock_wall_us() < until)
        continue;
}

/*
 * Nothing that was finished before the mark's margin can be lost: an unreadable record from then is
 * not taken for one, nor its thread read through.
 */
static void test_old_records_are_let_alone(void **state)
{
    struct fixture *f = *state;
    char thread[UUID_SIZE];
    char zeros[JOURNAL_RECORD] = {0};

    fixture_room(f, "alice bob", thread);
    fixture_say(f, thread, "alice", "one");
    assert_int_equal(presence_publish(&f->spool, "{}\n", 3), 0);
    fixture_plant_bytes(f, 0, zeros, sizeof zeros);
    wait_ms(20); /* file times are that coarse */
    fixture_clock(f, MEND_MARGIN_SEC);
    assert_int_equal(presence_publish(&f->spool, "{}\n", 3), 0);
    assert_int_equal(mend_mark(&f->spool), 0);
    wait_ms(20);
    fixture_say(f, thread, "alice", "two");
    assert_int_equal(mend(f), 0);
    /* Without the mark all is looked at. */
    assert_int_equal(unlinkat(f->spool.root, "mended", 0), 0);
    assert_int_equal(mend(f), 1);
    assert_int_equal(mend(f), 0);
}

static void test_a_damaged_mark_counts_for_none(void **state)
{
    struct fixture *f = *state;
    char thread[UUID_SIZE];

    fixture_room(f, "alice bob", thread);
    fixture_say(f, thread, "alice", "one");
    assert_int_equal(unlinkat(f->spool.journal, "0000000000", 0), 0);
    fixture_write(f->spool.root, "mended", "17-");
    assert_int_equal(mend(f), 1);
}

static void test_a_locked_thread_comes_later(void **state)
{
    struct fixture *f = *state;
    struct thread thread;
    char id[UUID_SIZE];
    size_t count;

    fixture_room(f, "alice bob", id);
    fixture_say(f, id, "alice", "one");
    assert_int_equal(unlinkat(f->spool.journal, "0000000000", 0), 0);
    assert_int_equal(thread_open(&f->spool, &thread, id), 0);
    assert_int_equal(thread_lock(&thread), 0);
    assert_int_equal(mend_journal(&f->spool, &note_grammar, &report, &count), 1);
    assert_int_equal(count, 0);
    assert_false(fixture_exists(f->spool.root, "mended"));
    thread_close(&thread);
    assert_int_equal(mend(f), 1);
    assert_true(fixture_exists(f->spool.root, "mended"));
}

static int end_after(void *context)
{
    int *turns = context;

    return *turns > 0 ? (--*turns, 0) : -1;
}

static void not_failed(void *context, const char *object, int error)
{
    if (error != ECANCELED)
        failed(context, object, error);
}

/* Wherever it is: nothing is marked as well, and the next one does the rest. */
static void test_told_to_end(void **state)
{
    const struct report silent = {not_failed, NULL};
    struct fixture *f = *state;
    struct journal_record records[16];
    char id[UUID_SIZE];
    int result = -1;
    int tries;

    for (int i = 0; i < 4; i++) {
        fixture_room(f, "alice bob", id);
        fixture_say(f, id, "alice", "one");
        fixture_say(f, id, "alice", "two");
    }
    for (tries = 0; result != 0; tries++) {
        int turns = tries;
        size_t count;
        unlinkat(f->spool.journal, "0000000000", 0);
        unlinkat(f->spool.root, "mended", 0);
        f->spool.meanwhile = end_after;
        f->spool.meanwhile_context = &turns;
        result = mend_journal(&f->spool, &note_grammar, &silent, &count);
        f->spool.meanwhile = NULL;
        assert_int_equal(fixture_exists(f->spool.root, "mended"), result == 0);
        assert_int_equal(count + mend(f), 8);
        assert_int_equal(fixture_records(f, records, COUNT(records)), 8);
    }
    assert_in_range(tries, 8, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(test_random_losses),
        SPOOL_TEST(test_old_records_are_let_alone),
        SPOOL_TEST(test_a_damaged_mark_counts_for_none),
        SPOOL_TEST(test_a_locked_thread_comes_later),
        SPOOL_TEST(test_told_to_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
