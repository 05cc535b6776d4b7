/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <sys/resource.h>

static int open_base(struct fixture *f)
{
    int dir = file_open_dir(AT_FDCWD, f->base);

    assert_int_not_equal(dir, -1);
    return dir;
}

/* ---- Files  */

static void read_sizes(void **state)
{
    static const struct {
        const char *text;
        size_t size;
        ssize_t result;
    } rows[] = {
        {"", 1, 0},       {"", 100, 0},     {"hello", 100, 5}, {"hello", 6, 5},
        {"hello", 5, -1}, {"hello", 1, -1}, {"x", 1, -1},
    };
    struct fixture *f = *state;
    int dir = open_base(f);

    for (size_t i = 0; i < COUNT(rows); i++) {
        char out[100];
        memset(out, '#', sizeof out);
        fixture_write(dir, "file", rows[i].text);
        errno = 0;
        if (file_read(dir, "file", out, rows[i].size) != rows[i].result)
            fail_msg("row %zu", i);
        if (rows[i].result == -1)
            assert_int_equal(errno, EFBIG);
        else
            assert_string_equal(out, rows[i].text);
        for (size_t j = rows[i].size; j < sizeof out; j++)
            assert_int_equal(out[j], '#');
    }
    close(dir);
}

/* Who reads leaves no trace, and what belongs to somebody else can be read all the same. */
static void reading_is_not_noted(void **state)
{
    static const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 2}};
    struct fixture *f = *state;
    int dir = open_base(f);
    struct stat info;
    char out[100];

    fixture_write(dir, "file", "hello");
    assert_int_equal(utimensat(dir, "file", times, 0), 0);
    assert_int_equal(file_read(dir, "file", out, sizeof out), 5);
    assert_int_equal(fstatat(dir, "file", &info, 0), 0);
    assert_int_equal(info.st_atim.tv_sec, 1);
    close(dir);
}

/* 0 when it is as it should be. */
static int read_as_nobody(void *context, int index)
{
    int dir = *(int *)context;
    char out[100];

    (void)index;
    if (setuid(65534) == -1)
        return 2;
    return file_read(dir, "file", out, sizeof out) == 5 ? 0 : 1;
}

static void another_users_file(void **state)
{
    struct fixture *f = *state;
    int dir = open_base(f);

    if (geteuid() != 0)
        skip();
    fixture_write(dir, "file", "hello");
    assert_int_equal(fchmodat(dir, "file", 0644, 0), 0);
    assert_int_equal(fchmod(dir, 0711), 0);
    assert_int_equal(fixture_fork(1, read_as_nobody, &dir), 1);
    close(dir);
}

static void heads(void **state)
{
    static const struct {
        const char *text;
        size_t size;
        const char *head;
    } rows[] = {
        {"", 1, ""},          {"hello", 100, "hello"}, {"hello", 6, "hello"},
        {"hello", 5, "hell"}, {"hello", 1, ""},
    };
    struct fixture *f = *state;
    int dir = open_base(f);
    char out[101];

    for (size_t i = 0; i < COUNT(rows); i++) {
        memset(out, '#', sizeof out);
        fixture_write(dir, "file", rows[i].text);
        assert_int_equal(file_head(dir, "file", out, rows[i].size), strlen(rows[i].head));
        assert_string_equal(out, rows[i].head);
        assert_int_equal(out[rows[i].size], '#');
    }
    assert_int_equal(file_head(dir, "missing", out, sizeof out), -1);
    assert_int_equal(errno, ENOENT);
    close(dir);
}

static void read_faults(void **state)
{
    struct fixture *f = *state;
    int dir = open_base(f);
    char out[100];

    assert_int_equal(file_read(dir, "missing", out, sizeof out), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(mkdirat(dir, "folder", 0700), 0);
    assert_int_equal(file_read(dir, "folder", out, sizeof out), -1);
    assert_int_equal(errno, EISDIR);
    fixture_write(dir, "target", "secret");
    assert_int_equal(symlinkat("target", dir, "link"), 0);
    assert_int_equal(file_read(dir, "link", out, sizeof out), -1);
    assert_int_equal(errno, ELOOP);
    close(dir);
}

static void create(void **state)
{
    struct fixture *f = *state;
    int dir = open_base(f);
    char out[100];
    struct stat info;

    assert_int_equal(file_create(dir, "file", "one", 3, true), 0);
    assert_int_equal(fstatat(dir, "file", &info, 0), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(file_create(dir, "file", "two", 3, false), -1);
    assert_int_equal(errno, EEXIST);
    assert_int_equal(file_read(dir, "file", out, sizeof out), 3);
    assert_string_equal(out, "one");
    assert_int_equal(symlinkat("elsewhere", dir, "link"), 0);
    assert_int_equal(file_create(dir, "link", "two", 3, false), -1);
    assert_false(fixture_exists(dir, "elsewhere"));
    close(dir);
}

static int fill_the_disk(void *context, int index)
{
    const struct rlimit limit = {8192, 8192};
    int dir = *(int *)context;
    static char bytes[16384];

    (void)index;
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) == -1)
        return 1;
    if (file_create(dir, "large", bytes, sizeof bytes, true) != -1 || errno != EFBIG)
        return 2;
    if (file_replace(dir, "tmp", "file", bytes, sizeof bytes, false) != -1 || errno != EFBIG)
        return 3;
    return 0;
}

/* A write that fails half way leaves nothing, and what was there before. */
static void create_on_a_full_disk(void **state)
{
    struct fixture *f = *state;
    int dir = open_base(f);
    char out[100];

    fixture_write(dir, "file", "old");
    assert_int_equal(fixture_fork(1, fill_the_disk, &dir), 1);
    assert_false(fixture_exists(dir, "large"));
    assert_false(fixture_exists(dir, "tmp"));
    assert_int_equal(file_read(dir, "file", out, sizeof out), 3);
    assert_string_equal(out, "old");
    close(dir);
}

static void replace(void **state)
{
    struct fixture *f = *state;
    int dir = open_base(f);
    char out[100];

    assert_int_equal(file_replace(dir, "tmp", "file", "one", 3, true), 0);
    fixture_write(dir, "tmp", "left by a dead writer");
    assert_int_equal(file_replace(dir, "tmp", "file", "second", 6, false), 0);
    assert_int_equal(file_read(dir, "file", out, sizeof out), 6);
    assert_string_equal(out, "second");
    assert_false(fixture_exists(dir, "tmp"));
    assert_int_equal(mkdirat(dir, "folder", 0700), 0);
    assert_int_equal(file_replace(dir, "tmp", "folder", "x", 1, false), -1);
    assert_false(fixture_exists(dir, "tmp"));
    close(dir);
}

static void close_keeps_errno(void **state)
{
    (void)state;
    errno = EXDEV;
    file_close(-1);
    assert_int_equal(errno, EXDEV);
    file_close(12345);
    assert_int_equal(errno, EXDEV);
}

static void open_directories(void **state)
{
    struct fixture *f = *state;
    int dir = open_base(f);
    int fd;

    assert_int_not_equal(fcntl(dir, F_GETFD) & FD_CLOEXEC, 0);
    fixture_write(dir, "file", "x");
    assert_int_equal(file_open_dir(dir, "file"), -1);
    assert_int_equal(errno, ENOTDIR);
    assert_int_equal(symlinkat(".", dir, "link"), 0);
    assert_int_equal(file_open_dir(dir, "link"), -1);
    assert_int_equal(file_sync_dir(dir, "link"), -1);
    assert_int_equal(file_sync_dir(dir, "missing"), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(file_sync_dir(dir, "."), 0);
    fd = file_open_dir(dir, ".");
    assert_int_not_equal(fd, -1);
    close(fd);
    close(dir);
}

/* ---- Directories  */

#define NAMES 400 /* many times what one look at the kernel's list gives */

static void list_many(void **state)
{
    struct fixture *f = *state;
    int parent = open_base(f);
    bool seen[NAMES] = {false};
    struct dir dir;
    const char *name;
    size_t count = 0;

    assert_int_equal(mkdirat(parent, "many", 0700), 0);
    for (int i = 0; i < NAMES; i++) {
        char path[64];
        snprintf(path, sizeof path, "many/%s%d", i % 7 == 0 ? "." : "", i);
        fixture_write(parent, path, "");
    }
    assert_int_equal(dir_open(&dir, parent, "many"), 0);
    while ((name = dir_next(&dir)) != NULL) {
        long number = strtol(name, NULL, 10);
        assert_in_range(number, 1, NAMES - 1);
        assert_false(seen[number]);
        seen[number] = true;
        count++;
    }
    assert_null(dir_next(&dir));
    assert_int_equal(dir_close(&dir), 0);
    assert_int_equal(count, NAMES - (NAMES + 6) / 7);
    close(parent);
}

/* dir_over begins at the beginning each time, and leaves the descriptor open. */
static void list_over_and_over(void **state)
{
    struct fixture *f = *state;
    int fd = open_base(f);
    struct dir dir;

    fixture_write(fd, "a", "");
    fixture_write(fd, "b", "");
    for (int round = 0; round < 3; round++) {
        int count = 0;
        fixture_clock(f, round);
        assert_int_equal(dir_over(&dir, fd), 0);
        while (dir_next(&dir) != NULL)
            count++;
        assert_int_equal(dir.error, 0);
        assert_int_equal(count, 4); /* and `spool` */
    }
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close(fd);
}

static void list_while_removing(void **state)
{
    struct fixture *f = *state;
    int parent = open_base(f);
    struct dir dir;
    const char *name;

    assert_int_equal(mkdirat(parent, "many", 0700), 0);
    for (int i = 0; i < NAMES; i++) {
        char path[64];
        snprintf(path, sizeof path, "many/%d", i);
        fixture_write(parent, path, "");
    }
    assert_int_equal(dir_open(&dir, parent, "many"), 0);
    while ((name = dir_next(&dir)) != NULL)
        assert_int_equal(unlinkat(dir.fd, name, 0), 0);
    assert_int_equal(dir_close(&dir), 0);
    assert_int_equal(fixture_entries(parent, "many"), 0);
    close(parent);
}

static void list_faults(void **state)
{
    struct fixture *f = *state;
    int parent = open_base(f);
    struct dir dir;
    int fd;

    assert_int_equal(dir_open(&dir, parent, "missing"), -1);
    assert_int_equal(errno, ENOENT);
    fixture_write(parent, "file", "x");
    assert_int_equal(dir_open(&dir, parent, "file"), -1);
    assert_int_equal(errno, ENOTDIR);

    fd = openat(parent, "file", O_RDONLY | O_CLOEXEC);
    assert_int_equal(dir_over(&dir, fd), 0);
    assert_null(dir_next(&dir));
    assert_int_equal(dir.error, ENOTDIR);
    assert_int_equal(dir_close(&dir), -1);
    assert_int_equal(errno, ENOTDIR);
    assert_int_equal(dir_over(&dir, -1), -1);
    close(parent);
}

/* On the way out of another error, closing does not hide it. */
static void close_dir_keeps_errno(void **state)
{
    struct fixture *f = *state;
    int parent = open_base(f);
    struct dir dir;

    assert_int_equal(dir_open(&dir, parent, "."), 0);
    assert_non_null(dir_next(&dir));
    errno = EXDEV;
    assert_int_equal(dir_close(&dir), 0);
    assert_int_equal(errno, EXDEV);
    close(parent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(read_sizes),
        SPOOL_TEST(reading_is_not_noted),
        SPOOL_TEST(another_users_file),
        SPOOL_TEST(heads),
        SPOOL_TEST(read_faults),
        SPOOL_TEST(create),
        SPOOL_TEST(create_on_a_full_disk),
        SPOOL_TEST(replace),
        SPOOL_TEST(close_keeps_errno),
        SPOOL_TEST(open_directories),
        SPOOL_TEST(list_many),
        SPOOL_TEST(list_over_and_over),
        SPOOL_TEST(list_while_removing),
        SPOOL_TEST(list_faults),
        SPOOL_TEST(close_dir_keeps_errno),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
