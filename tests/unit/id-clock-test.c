/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <time.h>

#include "spool/clock.h"

/* FIPS 180-4's examples, as sha256sum prints them. */
static void digests(void **state)
{
    static const struct {
        const char *text;
        const char *digest;
    } rows[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char digest[DIGEST_SIZE];
        id_digest(digest, rows[i].text, strlen(rows[i].text));
        assert_string_equal(digest, rows[i].digest);
    }
}

/* The names spaces and the example of RFC 9562, appendix A.4. */
static void names(void **state)
{
    static const struct {
        const char *site;
        const char *name;
        const char *id; /* NULL: refused */
    } rows[] = {
        {"6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com",
         "2ed6657d-e927-568b-95e1-2665a8aea6a2"},
        {"6ba7b810-9dad-11d1-80b4-00c04fd430c8", "python.org",
         "886313e1-3b8a-5372-9b90-0c9aee199e5d"},
        {"6ba7b811-9dad-11d1-80b4-00c04fd430c8", "", "1b4db7eb-4057-5ddf-91e0-36dec72071f5"},
        {"", "alice", NULL},
        {"6ba7b810", "alice", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char id[UUID_SIZE] = "";
        int result = id_of_name(id, rows[i].site, rows[i].name, strlen(rows[i].name));
        assert_int_equal(result, rows[i].id == NULL ? -1 : 0);
        if (rows[i].id != NULL)
            assert_string_equal(id, rows[i].id);
    }
}

static void random_ids(void **state)
{
    enum { IDS = 200 };
    char ids[IDS][UUID_SIZE];

    (void)state;
    for (int i = 0; i < IDS; i++) {
        id_random(ids[i]);
        assert_true(path_uuid_ok(ids[i]));
        assert_int_equal(ids[i][14], '4');
        assert_non_null(strchr("89ab", ids[i][19]));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(ids[i], ids[j]);
    }
}

static void boot_id(void **state)
{
    char one[UUID_SIZE];
    char other[UUID_SIZE];

    (void)state;
    clock_boot_id(one);
    clock_boot_id(other);
    assert_true(path_uuid_ok(one));
    assert_string_equal(one, other);
}

static void clocks(void **state)
{
    int64_t wall = clock_wall_us();
    int64_t boot = clock_boot_ms();
    struct fixture *f = *state;

    assert_true(llabs(wall / 1000000 - time(NULL)) <= 1);
    fixture_clock(f, 3600);
    assert_in_range(clock_wall_us() - wall, 3600 * 1000000LL, 3630 * 1000000LL);
    assert_in_range(clock_boot_ms() - boot, 3600 * 1000LL, 3630 * 1000LL);
    fixture_clock(f, -3600);
    assert_true(clock_wall_us() < wall);
    assert_true(clock_boot_ms() < boot);
}

static int64_t written_ms(const struct fixture *f, const char *name)
{
    char path[FIXTURE_PATH];
    struct stat info;

    fixture_path(f, name, path);
    assert_int_equal(stat(path, &info), 0);
    return clock_file_ms(&info.st_mtim);
}

static void write_it(const struct fixture *f, const char *name)
{
    char path[FIXTURE_PATH];
    int fd;

    fixture_path(f, name, path);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_not_equal(fd, -1);
    assert_int_equal(close(fd), 0);
}

/* A file that was there when the clock was put forward ages with it; a new one is new. */
static void files(void **state)
{
    struct fixture *f = *state;
    int64_t before = clock_wall_us() / 1000;

    write_it(f, "old");
    assert_in_range(written_ms(f, "old"), before - 1000, before + 30000);
    fixture_clock(f, 3600);
    assert_in_range(written_ms(f, "old"), before - 1000, before + 30000);
    do /* the kernel's clock for files moves by whole ticks */
        write_it(f, "new");
    while (written_ms(f, "new") <= written_ms(f, "old") + 1000);
    assert_in_range(clock_wall_us() / 1000 - written_ms(f, "new"), 0, 30000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests), cmocka_unit_test(names), cmocka_unit_test(random_ids),
        cmocka_unit_test(boot_id), SPOOL_TEST(clocks),      SPOOL_TEST(files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
