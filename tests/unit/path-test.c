/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "spool/path.h"

#define TEN "aaaaaaaaaa"
#define FIFTY TEN TEN TEN TEN TEN
#define TWO_HUNDRED FIFTY FIFTY FIFTY FIFTY
#define TEN_UMLAUTS "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"
#define TEN_ENCODED "%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4%C3%A4"

static const struct name {
    const char *what;
    const char *name;
    const char *dir; /* NULL: refused */
} names[] = {
    {"plain", "alice", "alice"},
    {"one character", "a", "a"},
    {"all that stays", "AZaz09_@+,=.-", "AZaz09_@+,=.-"},
    {"mail address", "alice.b+c@example.org", "alice.b+c@example.org"},
    {"empty", "", NULL},
    {"200 bytes", TWO_HUNDRED, TWO_HUNDRED},
    {"201 bytes", TWO_HUNDRED "a", NULL},
    {"a dot", ".", "%2E"},
    {"two dots", "..", "%2E."},
    {"leading dot", ".alice", "%2Ealice"},
    {"dot inside", "a..", "a.."},
    {"per cent", "100%", "100%25"},
    {"looks encoded", "%61", "%2561"},
    {"slash", "a/b", "a%2Fb"},
    {"only a slash", "/", "%2F"},
    {"parent", "../x", "%2E.%2Fx"},
    {"backslash, space, colon", "D\\a b:c", "D%5Ca%20b%3Ac"},
    {"tilde, star, quotes", "~*\"'", "%7E%2A%22%27"},
    {"upper and lower differ", "Alice", "Alice"},
    {"tab", "a\tb", NULL},
    {"newline", "a\nb", NULL},
    {"trailing newline", "alice\n", NULL},
    {"unit separator", "\x1f", NULL},
    {"delete", "a\x7f", NULL},
    {"umlaut", "J\u00fcrgen", "J%C3%BCrgen"},
    {"three bytes", "\u20ac", "%E2%82%AC"},
    {"four bytes", "\U0001F600", "%F0%9F%98%80"},
    {"the last code point", "\xF4\x8F\xBF\xBF", "%F4%8F%BF%BF"},
    {"beyond the last", "\xF4\x90\x80\x80", NULL},
    {"continuation alone", "\x80", NULL},
    {"cut short", "a\xC3", NULL},
    {"cut short, three bytes", "\xE2\x82", NULL},
    {"cut short, four bytes", "\xF0\x9F\x98", NULL},
    {"no continuation", "\xC3(", NULL},
    {"overlong slash", "\xC0\xAF", NULL},
    {"overlong, C1", "\xC1\x81", NULL},
    {"overlong, three bytes", "\xE0\x80\xAF", NULL},
    {"overlong, four bytes", "\xF0\x80\x80\xAF", NULL},
    {"surrogate", "\xED\xA0\x80", NULL},
    {"before the surrogates", "\xED\x9F\xBF", "%ED%9F%BF"},
    {"after the surrogates", "\xEE\x80\x80", "%EE%80%80"},
    {"F5", "\xF5\x80\x80\x80", NULL},
    {"FF", "\xFF", NULL},
    {"Latin-1", "J\xFCrgen", NULL},
    {"240 encoded", TEN_UMLAUTS TEN_UMLAUTS TEN_UMLAUTS TEN_UMLAUTS,
     TEN_ENCODED TEN_ENCODED TEN_ENCODED TEN_ENCODED},
    {"241 encoded", TEN_UMLAUTS TEN_UMLAUTS TEN_UMLAUTS TEN_UMLAUTS "a", NULL},
    {"243 encoded", "/" TEN_UMLAUTS TEN_UMLAUTS TEN_UMLAUTS TEN_UMLAUTS, NULL},
};

static void user_becomes_directory(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct user user = {.dir = ""};
        int result = (errno = 0, user_named(&user, names[i].name));
        if (names[i].dir == NULL && (result != -1 || errno != EINVAL))
            fail_msg("%s: %d, errno %d", names[i].what, result, errno);
        if (names[i].dir == NULL)
            continue;
        if (result != 0 || strcmp(user.dir, names[i].dir) != 0)
            fail_msg("%s: %d, '%s' and not '%s'", names[i].what, result, user.dir, names[i].dir);
        assert_string_equal(user.name, names[i].name);
    }
}

static void directory_becomes_user(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct user user = {.name = ""};
        if (names[i].dir == NULL)
            continue;
        if (user_of_dir(&user, names[i].dir) == -1 || strcmp(user.name, names[i].name) != 0)
            fail_msg("%s: '%s' and not '%s'", names[i].what, user.name, names[i].name);
        assert_string_equal(user.dir, names[i].dir);
    }
}

/* Every byte that may stand in a name, one at a time, there and back. */
static void every_byte(void **state)
{
    (void)state;
    for (int c = 1; c < 256; c++) {
        char name[] = {'a', (char)c, '\0'};
        struct user user;
        struct user back;
        int expected = c >= 0x20 && c < 0x7F ? 0 : -1;
        assert_int_equal(user_named(&user, name), expected);
        if (expected == -1)
            continue;
        assert_null(strchr(user.dir, '/'));
        assert_int_equal(user_of_dir(&back, user.dir), 0);
        assert_string_equal(back.name, name);
    }
}

static void other_spellings_are_nobody(void **state)
{
    static const char *const dirs[] = {
        "",
        ".",
        "..",
        ".alice",
        "alice ",
        "a b",
        "%61lice",
        "alice%",
        "alice%2",
        "%2ealice",
        "a%2fb",
        "a%2Eb",
        "a%00b",
        "%00",
        "a%0Ab",
        "a%7F",
        "%C3",
        "%C3%28",
        "%C0%AF",
        "%c3%bc",
        "J\u00fcrgen",
        "a/b",
        "%GG",
        "%+1",
        "% 1",
        "a~b",
        "alice\n",
        TWO_HUNDRED "a",
        TEN_ENCODED TEN_ENCODED TEN_ENCODED TEN_ENCODED "a",
        TEN_ENCODED TEN_ENCODED TEN_ENCODED TEN_ENCODED TEN_ENCODED TEN_ENCODED TEN_ENCODED
            TEN_ENCODED TEN_ENCODED TEN_ENCODED TEN_ENCODED,
    };

    (void)state;
    for (size_t i = 0; i < COUNT(dirs); i++) {
        struct user user;
        errno = 0;
        if (user_of_dir(&user, dirs[i]) != -1 || errno != EINVAL)
            fail_msg("row %zu '%s' is somebody: %s (errno %d)", i, dirs[i], user.name, errno);
    }
}

static void uuids(void **state)
{
    static const struct {
        const char *id;
        bool ok;
    } rows[] = {
        {"7d1f0a5e-1234-4abc-8def-0123456789ab", true},
        {"00000000-0000-0000-0000-000000000000", true},
        {"ffffffff-ffff-ffff-ffff-ffffffffffff", true},
        {"", false},
        {"7D1F0A5E-1234-4ABC-8DEF-0123456789AB", false},
        {"7d1f0a5e-1234-4abc-8def-0123456789aB", false},
        {"7d1f0a5e-1234-4abc-8def-0123456789a", false},
        {"7d1f0a5e-1234-4abc-8def-0123456789abc", false},
        {"7d1f0a5e-1234-4abc-8def-0123456789ab-0123456789ab", false},
        {"7d1f0a5e-1234-4abc-8def-0123456789ab\n", false},
        {"7d1f0a5e1-234-4abc-8def-0123456789ab", false},
        {"7d1f0a5e-12344abc-8def-0123456789abcd", false},
        {"7d1f0a5e12344abc8def0123456789ab", false},
        {"{7d1f0a5e-1234-4abc-8def-0123456789}", false},
        {"7d1f0a5g-1234-4abc-8def-0123456789ab", false},
        {"7d1f0a5/-1234-4abc-8def-0123456789ab", false},
        {"7d1f0a5:-1234-4abc-8def-0123456789ab", false},
        {"7d1f0a5`-1234-4abc-8def-0123456789ab", false},
        {"-------------------------------------", false},
        {"------------------------------------", false},
        {"../../../../../../../../../../../../", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (path_uuid_ok(rows[i].id) != rows[i].ok)
            fail_msg("'%s' should be %d", rows[i].id, rows[i].ok);
}

static void digests(void **state)
{
    static const char good[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    static const char *const bad[] = {"", "..", "../tokens", "0123456789abcdef"};
    char text[DIGEST_SIZE + 1];

    (void)state;
    assert_true(path_digest_ok(good));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(path_digest_ok(bad[i]));
    for (int c = 1; c < 256; c++) {
        memcpy(text, good, sizeof good);
        text[7] = (char)c;
        assert_int_equal(path_digest_ok(text), (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
        memcpy(text, good, sizeof good);
        text[DIGEST_SIZE - 1] = (char)c;
        text[DIGEST_SIZE] = '\0';
        assert_false(path_digest_ok(text));
    }
    memcpy(text, good, sizeof good);
    text[DIGEST_SIZE - 2] = '\0';
    assert_false(path_digest_ok(text));
}

static void sequence_names(void **state)
{
    static const struct {
        const char *name;
        bool ok;
        uint64_t seq;
    } rows[] = {
        {"0000000000", true, 0},
        {"0000000001", true, 1},
        {"0000065536", true, 65536},
        {"4294967296", true, 4294967296},
        {"9999999999", true, SEQ_MAX},
        {"", false, 0},
        {"1", false, 0},
        {"000000001", false, 0},
        {"00000000001", false, 0},
        {"0000000001 ", false, 0},
        {"0000000001\n", false, 0},
        {" 000000001", false, 0},
        {"+000000001", false, 0},
        {"-000000001", false, 0},
        {"000000000a", false, 0},
        {"0x00000001", false, 0},
        {".000000001", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t seq = 0;
        if (path_seq_ok(rows[i].name, &seq) != rows[i].ok || (rows[i].ok && seq != rows[i].seq))
            fail_msg("'%s': %llu", rows[i].name, (unsigned long long)seq);
    }
}

static void composers(void **state)
{
    static const char id[] = "7d1f0a5e-1234-4abc-8def-0123456789ab";
    char out[PATH_SIZE];

    (void)state;
    path_new(out, 42);
    assert_string_equal(out, "new/0000000042");
    path_cur(out, SEQ_MAX);
    assert_string_equal(out, "cur/9999999999");
    path_tmp(out, id);
    assert_string_equal(out, "tmp/7d1f0a5e-1234-4abc-8def-0123456789ab");
    path_segment(out, 65536);
    assert_string_equal(out, "0000065536");
    path_sent(out, "alice", id);
    assert_string_equal(out, "alice/sent/7d1f0a5e-1234-4abc-8def-0123456789ab");
    path_user_thread(out, "alice", id);
    assert_string_equal(out, "alice/threads/7d1f0a5e-1234-4abc-8def-0123456789ab");
    path_user_read(out, "alice", id);
    assert_string_equal(out, "alice/read/7d1f0a5e-1234-4abc-8def-0123456789ab");
    path_file(out, id);
    assert_string_equal(out, "files/7d1f0a5e-1234-4abc-8def-0123456789ab");
    path_file_draft(out, id);
    assert_string_equal(out, "files/.7d1f0a5e-1234-4abc-8def-0123456789ab");
    path_file_object(out, id);
    assert_string_equal(out, "files/7d1f0a5e-1234-4abc-8def-0123456789ab.json");
    path_user_owned(out, "alice", id);
    assert_string_equal(out, "alice/files/7d1f0a5e-1234-4abc-8def-0123456789ab");
    path_user_file(out, "%2Ealice", "profile.json");
    assert_string_equal(out, "%2Ealice/profile.json");
    path_user_token(out, "alice", "0123abcd");
    assert_string_equal(out, "alice/tokens/0123abcd");
}

/* The longest that can be composed has room. */
static void longest_fits(void **state)
{
    static const char id[] = "7d1f0a5e-1234-4abc-8def-0123456789ab";
    char digest[DIGEST_SIZE] = "";
    char out[PATH_SIZE];
    struct user user;

    (void)state;
    user = fixture_user(TEN_UMLAUTS TEN_UMLAUTS TEN_UMLAUTS TEN_UMLAUTS);
    path_sent(out, user.dir, id);
    assert_int_equal(strlen(out), USER_DIR_MAX + strlen("/sent/") + UUID_SIZE - 1);
    path_user_thread(out, user.dir, id);
    assert_int_equal(strlen(out), USER_DIR_MAX + strlen("/threads/") + UUID_SIZE - 1);
    path_user_file(out, user.dir, "presence.json");
    assert_int_equal(strlen(out), USER_DIR_MAX + strlen("/presence.json"));
    memset(digest, 'f', DIGEST_SIZE - 1);
    path_user_token(out, user.dir, digest);
    assert_int_equal(strlen(out), USER_DIR_MAX + strlen("/tokens/") + DIGEST_SIZE - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(user_becomes_directory),
        cmocka_unit_test(directory_becomes_user),
        cmocka_unit_test(every_byte),
        cmocka_unit_test(other_spellings_are_nobody),
        cmocka_unit_test(uuids),
        cmocka_unit_test(digests),
        cmocka_unit_test(sequence_names),
        cmocka_unit_test(composers),
        cmocka_unit_test(longest_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
