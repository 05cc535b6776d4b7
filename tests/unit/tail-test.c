/* SPDX-License-Identifier: MIT */
#include "fixture.h"

/* Stanzas 3 to 12, the older in cur/: retention has removed two. */
static void lay_out(struct thread *thread)
{
    for (uint64_t seq = 3; seq <= 12; seq++) {
        char path[PATH_SIZE];
        char text[32];
        if (seq < 8)
            path_cur(path, seq);
        else
            path_new(path, seq);
        snprintf(text, sizeof text, "stanza %d\n", (int)seq);
        fixture_write(thread->fd, path, text);
    }
    fixture_write(thread->fd, "new/.draft", "");
    fixture_write(thread->fd, "new/99999999999", "");
    fixture_write(thread->fd, "cur/000000099x", "");
}

static void tail_whatever_the_hint(void **state)
{
    static const char *const hints[] = {
        NULL,
        "0000000012\n",
        "0000000011\n",
        "0000000003\n",
        "0000000007\n",
        "0000000008\n",
        "0000000013\n",
        "9999999999\n",
        "0000000000\n",
        "0000000001\n",
        "0000000002\n",
        "",
        "\n",
        "12\n",
        "garbage\n",
        "0000000012",
        "0000000012\n0000000013\n",
        "00000000120\n",
        "-000000001\n",
        "0000000012 \n",
    };
    struct fixture *f = *state;
    struct thread thread;
    char id[UUID_SIZE];

    fixture_room(f, "alice", id);
    assert_int_equal(thread_open(&f->spool, &thread, id), 0);
    lay_out(&thread);
    for (size_t i = 0; i < COUNT(hints); i++) {
        uint64_t seq = 99;
        unlinkat(thread.fd, "tail", 0);
        if (hints[i] != NULL)
            fixture_write(thread.fd, "tail", hints[i]);
        if (thread_tail(&thread, &seq) == -1 || seq != 12)
            fail_msg("row %zu: %llu", i, (unsigned long long)seq);
    }
    thread_close(&thread);
}

static void tail_set_and_read(void **state)
{
    struct fixture *f = *state;
    struct thread thread;
    char id[UUID_SIZE];
    char text[32];
    uint64_t seq;

    fixture_room(f, "alice", id);
    assert_int_equal(thread_open(&f->spool, &thread, id), 0);
    assert_int_equal(thread_tail(&thread, &seq), 0);
    assert_int_equal(seq, 0);
    for (int i = 1; i <= 3; i++)
        fixture_say(f, id, "alice", "hello");
    assert_int_equal(file_read(thread.fd, "tail", text, sizeof text), SEQ_DIGITS + 1);
    assert_string_equal(text, "0000000003\n");
    fixture_write(thread.fd, "tail", "0000000000\n"); /* the writer of the first one died */
    assert_int_equal(thread_tail(&thread, &seq), 0);
    assert_int_equal(seq, 3);
    assert_int_equal(thread_set_tail(&thread, 2), 0);
    assert_int_equal(thread_tail(&thread, &seq), 0);
    assert_int_equal(seq, 3);
    assert_int_equal(file_read(thread.fd, "tail", text, sizeof text), SEQ_DIGITS + 1);
    thread_close(&thread);
}

static void read_from_new_and_cur(void **state)
{
    static const struct {
        uint64_t seq;
        size_t size;
        const char *text;
        int error;
    } rows[] = {
        {3, 32, "stanza 3\n", 0},   {7, 32, "stanza 7\n", 0},    {8, 32, "stanza 8\n", 0},
        {12, 32, "stanza 12\n", 0}, {2, 32, NULL, ENOENT},       {13, 32, NULL, ENOENT},
        {0, 32, NULL, ENOENT},      {SEQ_MAX, 32, NULL, ENOENT}, {12, 11, "stanza 12\n", 0},
        {12, 10, NULL, EFBIG},      {7, 9, NULL, EFBIG},
    };
    struct fixture *f = *state;
    struct thread thread;
    char id[UUID_SIZE];

    fixture_room(f, "alice", id);
    assert_int_equal(thread_open(&f->spool, &thread, id), 0);
    lay_out(&thread);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[32];
        ssize_t len = thread_read(&thread, rows[i].seq, text, rows[i].size);
        if (rows[i].text == NULL ? len != -1 || errno != rows[i].error
                                 : len != (ssize_t)strlen(rows[i].text))
            fail_msg("row %zu: %zd, %s", i, len, strerror(errno));
        if (rows[i].text != NULL)
            assert_string_equal(text, rows[i].text);
    }
    thread_close(&thread);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(tail_whatever_the_hint),
        SPOOL_TEST(tail_set_and_read),
        SPOOL_TEST(read_from_new_and_cur),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
