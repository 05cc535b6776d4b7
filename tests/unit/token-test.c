/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "spool/clock.h"
#include "spool/token.h"

#define OTHER_BOOT "7d1f0a5e-1234-4abc-8def-0123456789ab"
#define NO_BOOT "00000000-0000-0000-0000-000000000000"
#define HOUR 3600

static void name_of(const char *token, char name[DIGEST_SIZE])
{
    id_digest(name, token, UUID_SIZE - 1);
}

/* Issue one and rewrite its file; the format is the spool's, see its README. */
static void rewrite(struct fixture *f, const char *token, const char *text)
{
    char name[DIGEST_SIZE];

    name_of(token, name);
    fixture_write(f->spool.tokens, name, text);
}

static void expect_none(struct fixture *f, const char *what, const char *token)
{
    struct user user;
    int64_t left = 0;
    int result = (errno = 0, token_holder(&f->spool, token, &user, &left));

    if (result != -1 || errno != ENOENT)
        fail_msg("%s: %d, %s, %lld ms", what, result, strerror(errno), (long long)left);
}

static void issued(void **state)
{
    struct fixture *f = *state;
    struct user jurgen = fixture_user("J\u00fcrgen M.");
    struct user holder;
    int64_t left;
    char token[UUID_SIZE];
    char name[DIGEST_SIZE];
    char text[512];
    struct stat info;

    assert_int_equal(token_issue(&f->spool, &jurgen, token), 0);
    assert_true(path_uuid_ok(token));
    assert_int_equal(token_holder(&f->spool, token, &holder, &left), 0);
    assert_string_equal(holder.name, jurgen.name);
    assert_string_equal(holder.dir, jurgen.dir);
    assert_in_range(left, HOUR * 1000 - 30000, HOUR * 1000);
    /* The disk has its digest, not the token. */
    name_of(token, name);
    assert_int_equal(fixture_entries(f->spool.tokens, "."), 1);
    assert_int_equal(fstatat(f->spool.tokens, name, &info, 0), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_true(file_read(f->spool.tokens, name, text, sizeof text) > 0);
    assert_null(strstr(text, token));
}

static void every_token_is_new(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    char one[UUID_SIZE];
    char other[UUID_SIZE];

    assert_int_equal(token_issue(&f->spool, &alice, one), 0);
    assert_int_equal(token_issue(&f->spool, &alice, other), 0);
    assert_string_not_equal(one, other);
    assert_int_equal(fixture_entries(f->spool.tokens, "."), 2);
}

static void no_tokens(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    char token[UUID_SIZE];
    char name[DIGEST_SIZE];
    char upper[UUID_SIZE];

    assert_int_equal(token_issue(&f->spool, &alice, token), 0);
    expect_none(f, "empty", "");
    expect_none(f, "unknown", "7d1f0a5e-1234-4abc-8def-0123456789ab");
    expect_none(f, "a path", "../users/alice");
    name_of(token, name);
    expect_none(f, "its digest", name);
    for (int i = 0; i < UUID_SIZE; i++)
        upper[i] = token[i] >= 'a' && token[i] <= 'f' ? (char)(token[i] - 'a' + 'A') : token[i];
    if (strcmp(upper, token) != 0)
        expect_none(f, "upper case", upper);
    token[35] = token[35] == '0' ? '1' : '0';
    expect_none(f, "one digit off", token);
}

static void revoked(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct user bob = fixture_user("bob");
    char token[UUID_SIZE];
    char other[UUID_SIZE];
    struct user holder;
    int64_t left;

    assert_int_equal(token_issue(&f->spool, &alice, token), 0);
    assert_int_equal(token_issue(&f->spool, &alice, other), 0);
    assert_int_equal(token_revoke(&f->spool, token, &bob), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(token_holder(&f->spool, token, &holder, &left), 0);
    assert_int_equal(token_revoke(&f->spool, token, &alice), 0);
    expect_none(f, "revoked", token);
    assert_int_equal(token_revoke(&f->spool, token, &alice), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(token_holder(&f->spool, other, &holder, &left), 0);
    assert_int_equal(token_revoke(&f->spool, "../format", &alice), -1);
    assert_int_equal(errno, ENOENT);
}

/* The user's live tokens, as token_list has them. */
static size_t listed(struct fixture *f, const struct user *user)
{
    static struct token_entry entries[1200];
    size_t count;

    assert_int_equal(token_list(&f->spool, user, entries, COUNT(entries), &count), 0);
    for (size_t i = 0; i < count; i++) {
        struct user holder;
        int64_t left;
        assert_int_equal(token_left(&f->spool, entries[i].id, &holder, &left), 0);
        assert_string_equal(holder.dir, user->dir);
        assert_true(entries[i].left_ms > 0);
        assert_true(i == 0 || entries[i].left_ms >= entries[i - 1].left_ms);
    }
    return count;
}

static void list_of_ones_own(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct user bob = fixture_user("J\u00fcrgen M.");
    struct token_entry two[2];
    char token[5][UUID_SIZE];
    char name[DIGEST_SIZE];
    size_t count;

    assert_int_equal(listed(f, &alice), 0);
    for (int i = 0; i < 4; i++) {
        fixture_clock(f, i * 60L);
        assert_int_equal(token_issue(&f->spool, i == 2 ? &bob : &alice, token[i]), 0);
    }
    assert_int_equal(listed(f, &alice), 3);
    assert_int_equal(listed(f, &bob), 1);
    /* Without room for all, those that end last. */
    assert_int_equal(token_list(&f->spool, &alice, two, 2, &count), 0);
    assert_int_equal(count, 2);
    name_of(token[1], name);
    assert_string_equal(two[0].id, name);
    assert_in_range(two[0].issued_ms, clock_wall_us() / 1000 - 150000,
                    clock_wall_us() / 1000 - 120000);
    name_of(token[3], name);
    assert_string_equal(two[1].id, name);
    assert_in_range(two[1].left_ms, HOUR * 1000 - 30000, HOUR * 1000);
    fixture_clock(f, HOUR + 30);
    assert_int_equal(listed(f, &alice), 2);
    assert_int_equal(token_revoke(&f->spool, token[1], &alice), 0);
    assert_int_equal(listed(f, &alice), 1);
    assert_int_equal(fixture_entries(f->spool.users, "alice/tokens"), 2); /* the expired one's */
}

/* A link counts for nothing by itself, whatever it is a link to. */
static void links_open_nothing(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct user bob = fixture_user("bob");
    char token[UUID_SIZE];
    char others[UUID_SIZE];
    char name[DIGEST_SIZE];
    char path[PATH_SIZE];

    assert_int_equal(token_issue(&f->spool, &alice, token), 0);
    assert_int_equal(token_issue(&f->spool, &bob, others), 0);
    name_of(others, name);
    path_user_token(path, alice.dir, name);
    fixture_write(f->spool.users, path, "x");
    fixture_write(f->spool.users, "alice/tokens/README", "x");
    assert_int_equal(listed(f, &alice), 1);
    assert_int_equal(token_revoke_id(&f->spool, name, &alice), -1);
    assert_int_equal(errno, ENOENT);
    name_of(token, name);
    assert_int_equal(unlinkat(f->spool.tokens, name, 0), 0);
    expect_none(f, "its link alone", token);
    assert_int_equal(listed(f, &alice), 0);
    assert_int_equal(listed(f, &bob), 1);
    /* What is left over goes when there is too much; another's token stays. */
    f->spool.config.user_tokens = 1;
    assert_int_equal(token_issue(&f->spool, &alice, token), 0);
    assert_int_equal(fixture_entries(f->spool.users, "alice/tokens"), 2); /* README */
    assert_int_equal(listed(f, &alice), 1);
    assert_int_equal(listed(f, &bob), 1);
}

static void revoked_by_id(void **state)
{
    static const char *const bad[] = {"", "x", "..", "../format", "../users/alice"};
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct user bob = fixture_user("bob");
    char token[UUID_SIZE];
    char name[DIGEST_SIZE];

    assert_int_equal(token_issue(&f->spool, &alice, token), 0);
    name_of(token, name);
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(token_revoke_id(&f->spool, bad[i], &alice), -1);
        assert_int_equal(errno, ENOENT);
    }
    assert_int_equal(token_revoke_id(&f->spool, token, &alice), -1); /* no id */
    assert_int_equal(token_revoke_id(&f->spool, name, &bob), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(token_revoke_id(&f->spool, name, &alice), 0);
    expect_none(f, "revoked by its id", token);
    assert_int_equal(fixture_entries(f->spool.users, "alice/tokens"), 0);
    assert_int_equal(token_revoke_id(&f->spool, name, &alice), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(token_issue(&f->spool, &alice, token), 0);
    name_of(token, name);
    fixture_clock(f, HOUR + 1);
    assert_int_equal(token_revoke_id(&f->spool, name, &alice), -1);
    assert_int_equal(errno, ENOENT);
}

/* The newest opens, whatever was before; nobody is ever refused one. */
static void oldest_go(void **state)
{
    static const uint64_t rows[] = {1, 2, 7, 50};
    struct fixture *f = *state;
    struct user bob = fixture_user("bob");
    struct user holder;
    char others[UUID_SIZE];
    int64_t left;

    assert_int_equal(token_issue(&f->spool, &bob, others), 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char name[16];
        char token[120][UUID_SIZE];
        struct user user;
        snprintf(name, sizeof name, "user%zu", i);
        user = fixture_user(name);
        f->spool.config.user_tokens = rows[i];
        for (size_t n = 0; n < COUNT(token); n++) {
            fixture_clock(f, (long)n * 2);
            assert_int_equal(token_issue(&f->spool, &user, token[n]), 0);
            assert_int_equal(token_holder(&f->spool, token[n], &holder, &left), 0);
            assert_in_range(listed(f, &user), 1, rows[i]);
        }
        for (size_t n = 0; n < COUNT(token); n++)
            if (n + rows[i] < COUNT(token))
                expect_none(f, "one too many", token[n]);
            else
                assert_int_equal(token_holder(&f->spool, token[n], &holder, &left), 0);
        fixture_clock(f, 0);
    }
    assert_int_equal(token_holder(&f->spool, others, &holder, &left), 0);
}

/* So fast that none is older than the other. */
static void newest_stays(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct user holder;
    char token[UUID_SIZE];
    int64_t left;

    f->spool.config.user_tokens = 1;
    for (int i = 0; i < 300; i++) {
        assert_int_equal(token_issue(&f->spool, &alice, token), 0);
        assert_int_equal(token_holder(&f->spool, token, &holder, &left), 0);
        assert_int_equal(listed(f, &alice), 1);
    }
    /* A smaller setting ends many at once. */
    f->spool.config.user_tokens = 1000;
    for (int i = 0; i < 300; i++)
        assert_int_equal(token_issue(&f->spool, &alice, token), 0);
    assert_int_equal(listed(f, &alice), 301);
    f->spool.config.user_tokens = 3;
    assert_int_equal(token_issue(&f->spool, &alice, token), 0);
    assert_int_equal(listed(f, &alice), 3);
    assert_int_equal(fixture_entries(f->spool.tokens, "."), 3);
}

static void damaged_files(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    char boot[UUID_SIZE];
    char token[UUID_SIZE];
    char rows[10][600] = {"", "\n", "alice\n", "alice 1763817600123\n"};
    char large[400];
    int64_t wall = clock_wall_us() / 1000;
    int64_t since = clock_boot_ms();

    clock_boot_id(boot);
    memset(large, 'a', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    snprintf(rows[4], sizeof rows[4], "alice %lld %s\n", (long long)wall, boot);
    snprintf(rows[5], sizeof rows[5], "alice %lld boot %lld\n", (long long)wall, (long long)since);
    snprintf(rows[6], sizeof rows[6], "%%61lice %lld %s %lld\n", (long long)wall, boot,
             (long long)since);
    snprintf(rows[7], sizeof rows[7], " %lld %s %lld\n", (long long)wall, boot, (long long)since);
    snprintf(rows[8], sizeof rows[8], "%s %lld %s %lld\n", large, (long long)wall, boot,
             (long long)since);
    snprintf(rows[9], sizeof rows[9], "..  %lld %s %lld\n", (long long)wall, boot,
             (long long)since);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(token_issue(&f->spool, &alice, token), 0);
        rewrite(f, token, rows[i]);
        expect_none(f, rows[i], token);
        assert_int_equal(token_revoke(&f->spool, token, &alice), -1);
    }
}

/* A number that is none must not be taken for 0: soon after the machine's start that is recent. */
static void damaged_numbers(void **state)
{
    static const char *const numbers[] = {"x", "-", "1x", "+", "1e3", "0x1"};
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    char boot[UUID_SIZE];
    char token[UUID_SIZE];
    char text[256];

    clock_boot_id(boot);
    fixture_clock(f, (long)(HOUR / 2 - clock_boot_ms() / 1000)); /* half an hour after it */
    for (size_t i = 0; i < COUNT(numbers); i++) {
        assert_int_equal(token_issue(&f->spool, &alice, token), 0);
        snprintf(text, sizeof text, "alice 1763817600123 %s %s\n", boot, numbers[i]);
        rewrite(f, token, text);
        expect_none(f, numbers[i], token);
    }
}

/* One row: when it was issued by either clock, and in which boot; how long it is still valid. */
static void ages(void **state)
{
    static const struct {
        const char *what;
        const char *boot; /* NULL: this one */
        long wall;        /* seconds ago; below zero: in the future */
        long since;
        long left; /* seconds; 0: not valid */
    } rows[] = {
        {"now", NULL, 0, 0, HOUR},
        {"half an hour ago", NULL, 1800, 1800, 1800},
        {"an hour ago", NULL, HOUR, HOUR, 0},
        {"this boot: only the boot clock counts", NULL, 99999, 1800, 1800},
        {"this boot, the wall clock put back", NULL, -99999, 1800, 1800},
        {"this boot, too old, the wall clock put back", NULL, 0, HOUR, 0},
        {"this boot, from the future", NULL, 0, -100, 0},
        {"other boot", OTHER_BOOT, 1800, 0, 1800},
        {"other boot: only the wall clock counts", OTHER_BOOT, 1800, 99999, 1800},
        {"other boot, too old, the boot clock says now", OTHER_BOOT, HOUR, 0, 0},
        {"other boot, from the future", OTHER_BOOT, -100, 0, 0},
        {"other boot, from the future by both", OTHER_BOOT, -100, -100, 0},
        {"issued where no boot has an id", NO_BOOT, 1800, 0, 1800},
        {"issued there, too old", NO_BOOT, HOUR, 0, 0},
    };
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");

    for (size_t i = 0; i < COUNT(rows); i++) {
        char token[UUID_SIZE];
        char boot[UUID_SIZE];
        char text[256];
        struct user holder;
        int64_t left = -1;
        int result;
        clock_boot_id(boot);
        assert_int_equal(token_issue(&f->spool, &alice, token), 0);
        snprintf(text, sizeof text, "alice %lld %s %lld\n",
                 (long long)(clock_wall_us() / 1000 - rows[i].wall * 1000),
                 rows[i].boot == NULL ? boot : rows[i].boot,
                 (long long)(clock_boot_ms() - rows[i].since * 1000));
        rewrite(f, token, text);
        result = token_holder(&f->spool, token, &holder, &left);
        if (rows[i].left == 0
                ? result != -1 || errno != ENOENT
                : result != 0 || left > rows[i].left * 1000 || left < rows[i].left * 1000 - 30000)
            fail_msg("%s: %d, %lld ms", rows[i].what, result, (long long)left);
    }
}

/*
 * Where /proc cannot be seen (a jail, a sandbox) no boot has an id, and the boot clock of the one
 * before is worth nothing: 0 when a token of yesterday's boot is refused.
 */
static int use_old_token_without_proc(void *context, int index)
{
    struct fixture *f = context;
    struct user alice = fixture_user("alice");
    char token[UUID_SIZE];
    char name[DIGEST_SIZE];
    char text[256];
    struct user holder;
    int64_t left;
    char boot[UUID_SIZE];

    (void)index;
    if (chroot(f->base) == -1)
        return 2;
    setenv("SPOOLCHAT_TEST_CLOCK", "/clock", 1);
    clock_start();
    clock_boot_id(boot);
    if (strcmp(boot, NO_BOOT) != 0 || token_issue(&f->spool, &alice, token) == -1 ||
        token_holder(&f->spool, token, &holder, &left) == -1)
        return 3;
    id_digest(name, token, UUID_SIZE - 1);
    snprintf(text, sizeof text, "alice %lld %s %lld\n",
             (long long)(clock_wall_us() / 1000 - 86400 * 1000), NO_BOOT,
             (long long)clock_boot_ms());
    if (unlinkat(f->spool.tokens, name, 0) == -1 ||
        file_create(f->spool.tokens, name, text, strlen(text), false) == -1)
        return 4;
    return token_holder(&f->spool, token, &holder, &left) == -1 ? 0 : 1;
}

static void boots_without_id_are_not_one(void **state)
{
    struct fixture *f = *state;

    if (geteuid() != 0)
        skip();
    assert_int_equal(fixture_fork(1, use_old_token_without_proc, f), 1);
}

static void expires(void **state)
{
    static const struct {
        long sec;
        bool valid;
    } rows[] = {{0, true}, {60, true}, {HOUR - 30, true}, {HOUR + 1, false}, {2 * HOUR, false}};
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct user holder;
    char token[UUID_SIZE];
    char name[DIGEST_SIZE];
    int64_t left;

    assert_int_equal(token_issue(&f->spool, &alice, token), 0);
    name_of(token, name);
    for (size_t i = 0; i < COUNT(rows); i++) {
        fixture_clock(f, rows[i].sec);
        if (!rows[i].valid)
            expect_none(f, "expired", token);
        else
            assert_int_equal(token_holder(&f->spool, token, &holder, &left), 0);
        /* Nor is it touched back to life. */
        assert_int_equal(utimensat(f->spool.tokens, name, NULL, 0), 0);
    }
    assert_int_equal(token_left(&f->spool, name, &holder, &left), 0);
    assert_true(left <= 0);
    assert_int_equal(token_revoke(&f->spool, token, &alice), -1);
}

static void lives_as_long_as_configured(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct user holder;
    char token[UUID_SIZE];
    int64_t left;

    f->spool.config.token_ttl = 10;
    assert_int_equal(token_issue(&f->spool, &alice, token), 0);
    assert_int_equal(token_holder(&f->spool, token, &holder, &left), 0);
    assert_in_range(left, 1, 10000);
    fixture_clock(f, 11);
    expect_none(f, "expired", token);
}

struct seen {
    int valid;
    int expired;
};

static int count_token(void *context, const char *name, const struct user *user, int64_t left_ms)
{
    struct seen *seen = context;

    assert_int_equal(strlen(name), DIGEST_SIZE - 1);
    if (left_ms > 0)
        seen->valid++;
    else
        seen->expired++;
    return strcmp(user->name, "stop") == 0 ? 42 : 0;
}

static void each_token(void **state)
{
    struct fixture *f = *state;
    struct user alice = fixture_user("alice");
    struct user stop = fixture_user("stop");
    char token[UUID_SIZE];
    struct seen seen = {0, 0};

    assert_int_equal(token_each(&f->spool, count_token, &seen), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(token_issue(&f->spool, &alice, token), 0);
    fixture_clock(f, HOUR + 1);
    for (int i = 0; i < 2; i++)
        assert_int_equal(token_issue(&f->spool, &alice, token), 0);
    fixture_write(f->spool.tokens, "README", "x");
    assert_int_equal(token_each(&f->spool, count_token, &seen), 0);
    assert_int_equal(seen.valid, 2);
    assert_int_equal(seen.expired, 3);
    assert_int_equal(token_issue(&f->spool, &stop, token), 0);
    assert_int_equal(token_each(&f->spool, count_token, &seen), 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPOOL_TEST(issued),        SPOOL_TEST(every_token_is_new),
        SPOOL_TEST(no_tokens),     SPOOL_TEST(revoked),
        SPOOL_TEST(damaged_files), SPOOL_TEST(damaged_numbers),
        SPOOL_TEST(ages),          SPOOL_TEST(boots_without_id_are_not_one),
        SPOOL_TEST(expires),       SPOOL_TEST(lives_as_long_as_configured),
        SPOOL_TEST(each_token),    SPOOL_TEST(list_of_ones_own),
        SPOOL_TEST(revoked_by_id), SPOOL_TEST(links_open_nothing),
        SPOOL_TEST(oldest_go),     SPOOL_TEST(newest_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
