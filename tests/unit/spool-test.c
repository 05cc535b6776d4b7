/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#define EMPTY_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_up_empty, fixture_down)
#define SITE "7d1f0a5e-1234-4abc-8def-0123456789ab"

static const char *const directories[] = {"journal", "threads",  "users", "tokens",
                                          "online",  "presence", "open"};

/* Open what SPOOLCHAT_SPOOL names, expecting errno (0: success) and a word in the complaint. */
static void expect(struct fixture *f, int error, const char *word)
{
    struct spool spool = f->spool;
    int result = (errno = 0, spool_open(&spool));

    if (error == 0 && result != 0)
        fail_msg("%s: %s", spool.complaint, strerror(errno));
    if (error != 0 && (result != -1 || errno != error || strstr(spool.complaint, word) == NULL))
        fail_msg("%d, '%s': %s", result, spool.complaint, strerror(errno));
    fixture_close_spool(&spool);
}

static mode_t mode_of(int dir, const char *path)
{
    struct stat info;

    assert_int_equal(fstatat(dir, path, &info, AT_SYMLINK_NOFOLLOW), 0);
    return info.st_mode & 07777;
}

static void missing_spool_is_made(void **state)
{
    struct fixture *f = *state;
    char text[128];

    assert_int_equal(spool_open(&f->spool), 0);
    assert_int_equal(mode_of(f->spool.root, "."), 0700);
    for (size_t i = 0; i < COUNT(directories); i++)
        assert_int_equal(mode_of(f->spool.root, directories[i]), 0700);
    assert_int_equal(mode_of(f->spool.root, "format"), 0600);
    assert_int_equal(file_read(f->spool.root, "format", text, sizeof text),
                     strlen("spoolchat 1 \n") + UUID_SIZE - 1);
    assert_memory_equal(text, "spoolchat 1 ", 12);
    assert_memory_equal(text + 12, f->spool.site, UUID_SIZE - 1);
    assert_true(path_uuid_ok(f->spool.site));
    assert_int_equal(fixture_entries(f->spool.root, "."), COUNT(directories) + 1);
}

static void opened_again_it_is_the_same(void **state)
{
    struct fixture *f = *state;
    struct spool again;

    assert_int_equal(spool_open(&f->spool), 0);
    assert_int_equal(unlinkat(f->spool.root, "presence", AT_REMOVEDIR), 0);
    assert_int_equal(spool_open(&again), 0);
    assert_string_equal(again.site, f->spool.site);
    assert_int_equal(mode_of(again.root, "presence"), 0700);
    fixture_close_spool(&again);
}

static void modes(void **state)
{
    static const struct {
        mode_t mode;
        bool ok;
    } rows[] = {{0700, true},   {01700, true}, {02700, true}, {0755, false}, {0750, false},
                {0701, false},  {0710, false}, {0770, false}, {0707, false}, {0777, false},
                {01777, false}, {0740, false}, {0500, false}};
    struct fixture *f = *state;
    char path[FIXTURE_PATH];

    fixture_path(f, "spool", path);
    assert_int_equal(mkdir(path, 0700), 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(chmod(path, rows[i].mode), 0);
        expect(f, rows[i].ok ? 0 : EPERM, "0700");
    }
    assert_int_equal(chmod(path, 0700), 0);
}

/* Nothing is put into a place that is not ours. */
static void refused_spool_is_left_alone(void **state)
{
    struct fixture *f = *state;
    char path[FIXTURE_PATH];

    fixture_path(f, "spool", path);
    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(chmod(path, 0755), 0);
    expect(f, EPERM, "0700");
    assert_int_equal(fixture_entries(AT_FDCWD, path), 0);
}

static void foreign_owner(void **state)
{
    struct fixture *f = *state;
    char path[FIXTURE_PATH];

    if (geteuid() != 0)
        skip();
    fixture_path(f, "spool", path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
    expect(f, EPERM, "owned");
    assert_int_equal(fixture_entries(AT_FDCWD, path), 0);
}

static void formats(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {
        {"spoolchat 1 " SITE "\n", true},
        {"", false},
        {"\n", false},
        {"spoolchat 1 " SITE, false},
        {"spoolchat 1 " SITE "\n\n", false},
        {"spoolchat 1 " SITE "\nmore\n", false},
        {"spoolchat 1 " SITE "\r\n", false},
        {"spoolchat 2 " SITE "\n", false},
        {"spoolchat 11 " SITE "\n", false},
        {"Spoolchat 1 " SITE "\n", false},
        {"spoolchat 1  7d1f0a5e-1234-4abc-8def-0123456789a\n", false},
        {"spoolchat 1 7D1F0A5E-1234-4ABC-8DEF-0123456789AB\n", false},
        {"spoolchat 1 7d1f0a5e-1234-4abc-8def-0123456789ag\n", false},
        {"spoolchat 1\n", false},
    };
    struct fixture *f = *state;
    char path[FIXTURE_PATH];

    fixture_path(f, "spool", path);
    assert_int_equal(mkdir(path, 0700), 0);
    fixture_path(f, "spool/format", path);
    for (size_t i = 0; i < COUNT(rows); i++) {
        fixture_write(AT_FDCWD, path, rows[i].text);
        expect(f, rows[i].ok ? 0 : EPROTO, "format");
    }
    fixture_write(AT_FDCWD, path, rows[0].text);
    assert_int_equal(spool_open(&f->spool), 0);
    assert_string_equal(f->spool.site, SITE);
}

static void bad_config_is_complained_of(void **state)
{
    struct fixture *f = *state;
    char path[FIXTURE_PATH];

    fixture_path(f, "spool", path);
    assert_int_equal(mkdir(path, 0700), 0);
    fixture_path(f, "spool/config", path);
    fixture_write(AT_FDCWD, path, "wait = 5\nwiat = 5\n");
    expect(f, EINVAL, "line 2");
    fixture_write(AT_FDCWD, path, "wait = 5\n");
    assert_int_equal(spool_open(&f->spool), 0);
    assert_int_equal(f->spool.config.wait, 5);
    assert_false(f->spool.config.sync); /* by the environment */
}

/* What stands where the spool, or one of its directories, should be. */
static void no_directories(void **state)
{
    struct fixture *f = *state;
    char path[FIXTURE_PATH];
    char other[FIXTURE_PATH];

    fixture_path(f, "spool", path);
    fixture_path(f, "other", other);
    fixture_write(AT_FDCWD, path, "a file\n");
    expect(f, ENOTDIR, "spool");
    assert_int_equal(unlink(path), 0);

    assert_int_equal(mkdir(other, 0700), 0);
    assert_int_equal(symlink(other, path), 0);
    expect(f, ENOTDIR, "spool");
    assert_int_equal(fixture_entries(AT_FDCWD, other), 0);
    assert_int_equal(unlink(path), 0);

    assert_int_equal(mkdir(path, 0700), 0);
    fixture_path(f, "spool/threads", path);
    assert_int_equal(symlink(other, path), 0);
    expect(f, ENOTDIR, "threads");

    fixture_path(f, "missing/spool", path);
    setenv("SPOOLCHAT_SPOOL", path, 1);
    expect(f, ENOENT, "spool");
}

static int open_and_tell(void *context, int index)
{
    const struct fixture *f = context;
    struct spool spool;
    int base = file_open_dir(AT_FDCWD, f->base);
    char name[32];

    snprintf(name, sizeof name, "site-%d", index);
    if (base == -1 || spool_open(&spool) == -1)
        return 1;
    return file_create(base, name, spool.site, sizeof spool.site, false) == -1;
}

/* What each of `count` was told is what stands there, and no drafts are left. */
static void expect_one_site(struct fixture *f, int count)
{
    struct spool spool;

    assert_int_equal(spool_open(&spool), 0);
    for (int i = 0; i < count; i++) {
        char name[32];
        char path[FIXTURE_PATH];
        char site[UUID_SIZE + 1];
        snprintf(name, sizeof name, "site-%d", i);
        fixture_path(f, name, path);
        assert_int_equal(file_read(AT_FDCWD, path, site, sizeof site), UUID_SIZE);
        assert_string_equal(site, spool.site);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(fixture_entries(spool.root, "."), COUNT(directories) + 1);
    fixture_close_spool(&spool);
}

static void first_users_at_once(void **state)
{
    enum { FIRST = 8, ROUNDS = 20 };
    struct fixture *f = *state;

    for (int i = 0; i < ROUNDS; i++) {
        char name[32];
        char path[FIXTURE_PATH];
        snprintf(name, sizeof name, "spool-%d", i);
        fixture_path(f, name, path);
        setenv("SPOOLCHAT_SPOOL", path, 1);
        assert_int_equal(fixture_fork(FIRST, open_and_tell, f), FIRST);
        expect_one_site(f, FIRST);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EMPTY_TEST(missing_spool_is_made),
        EMPTY_TEST(opened_again_it_is_the_same),
        EMPTY_TEST(modes),
        EMPTY_TEST(refused_spool_is_left_alone),
        EMPTY_TEST(foreign_owner),
        EMPTY_TEST(formats),
        EMPTY_TEST(bad_config_is_complained_of),
        EMPTY_TEST(no_directories),
        EMPTY_TEST(first_users_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
