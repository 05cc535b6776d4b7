/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "spool/config.h"

/* Read the configuration of a directory with this `config`; NULL: without. */
static int read_text(struct fixture *f, const char *text, struct config *config,
                     char complaint[CONFIG_COMPLAINT_MAX])
{
    int root = file_open_dir(AT_FDCWD, f->base);
    int result;

    assert_int_not_equal(root, -1);
    unlinkat(root, "config", 0);
    if (text != NULL)
        fixture_write(root, "config", text);
    complaint[0] = '\0';
    errno = 0;
    result = config_read(config, root, complaint);
    close(root);
    return result;
}

static void defaults(void **state)
{
    struct fixture *f = *state;
    char complaint[CONFIG_COMPLAINT_MAX];
    struct config config;

    unsetenv("SPOOLCHAT_SYNC");
    assert_int_equal(read_text(f, NULL, &config, complaint), 0);
    assert_true(config.sync);
    assert_int_equal(config.wait, 25);
    assert_int_equal(config.max_body, 65536);
    assert_int_equal(config.max_attachment, 10485760);
    assert_int_equal(config.user_files, 1000);
    assert_int_equal(config.user_bytes, 104857600);
    assert_int_equal(config.messages_per_minute, 60);
    assert_int_equal(config.user_streams, 8);
    assert_int_equal(config.max_streams, 20);
    assert_int_equal(config.max_members, 1000);
    assert_int_equal(config.user_tokens, 50);
    assert_int_equal(config.token_ttl, 3600);
    assert_int_equal(config.lease, 60);
    assert_int_equal(config.retain_days, 0);
    assert_int_equal(config.spool_max, 0);
    assert_string_equal(config.allow_origin, "");
}

static const struct number {
    const char *key;
    const char *variable;
    size_t place;
    const char *least; /* but for 0 */
    const char *most;
    const char *below; /* the nearest that are refused; NULL: none */
    const char *above;
    const char *none; /* what 0, no limit, is read as */
} numbers[] = {
#define NUMBER(key, variable, least, most, below, above, none)                                     \
    {                                                                                              \
#key, "SPOOLCHAT_" #variable, offsetof(struct config, key), least, most, below, above,     \
            none                                                                                   \
    }
    NUMBER(wait, WAIT, "1", "3600", NULL, "3601", "3600"),
    NUMBER(max_body, MAX_BODY, "1", "262144", NULL, "262145", "262144"),
    NUMBER(max_attachment, MAX_ATTACHMENT, "1", "1000000000000000", NULL, "1000000000000001", "0"),
    NUMBER(user_files, USER_FILES, "1", "1000000", NULL, "1000001", "0"),
    NUMBER(user_bytes, USER_BYTES, "1", "1000000000000000", NULL, "1000000000000001", "0"),
    NUMBER(messages_per_minute, MESSAGES_PER_MINUTE, "1", "1000000", NULL, "1000001", "0"),
    NUMBER(user_streams, USER_STREAMS, "1", "10000", NULL, "10001", "0"),
    NUMBER(max_streams, MAX_STREAMS, "1", "100000", NULL, "100001", "0"),
    NUMBER(max_members, MAX_MEMBERS, "1", "1000", NULL, "1001", "1000"),
    NUMBER(user_tokens, USER_TOKENS, "1", "1000", NULL, "1001", "1000"),
    NUMBER(token_ttl, TOKEN_TTL, "1", "31536000", NULL, "31536001", "31536000"),
    NUMBER(lease, LEASE, "30", "86400", "29", "86401", "86400"),
    NUMBER(retain_days, RETAIN_DAYS, "1", "1000000", NULL, "1000001", "0"),
    NUMBER(spool_max, SPOOL_MAX, "1", "1000000000000000", NULL, "1000000000000001", "0"),
};

static uint64_t value_of(const struct config *config, const struct number *number)
{
    uint64_t value;

    memcpy(&value, (const char *)config + number->place, sizeof value);
    return value;
}

/* The same value by the file, and by the environment over another in the file. */
static void expect_number(struct fixture *f, const struct number *number, const char *value,
                          const char *expected)
{
    char complaint[CONFIG_COMPLAINT_MAX];
    char text[128];
    struct config config;

    snprintf(text, sizeof text, "%s = %s\n", number->key, value);
    if (read_text(f, text, &config, complaint) == -1)
        fail_msg("%s%s", text, complaint);
    assert_int_equal(value_of(&config, number), strtoull(expected, NULL, 10));
    snprintf(text, sizeof text, "%s = 33\n", number->key);
    setenv(number->variable, value, 1);
    if (read_text(f, text, &config, complaint) == -1)
        fail_msg("%s=%s: %s", number->variable, value, complaint);
    assert_int_equal(value_of(&config, number), strtoull(expected, NULL, 10));
    unsetenv(number->variable);
}

static void refuse_number(struct fixture *f, const struct number *number, const char *value)
{
    char complaint[CONFIG_COMPLAINT_MAX];
    char text[128];
    struct config config;

    snprintf(text, sizeof text, "\n%s = %s\n", number->key, value);
    if (read_text(f, text, &config, complaint) != -1 || errno != EINVAL)
        fail_msg("%s was taken", text);
    assert_non_null(strstr(complaint, "line 2"));
    setenv(number->variable, value, 1);
    if (read_text(f, NULL, &config, complaint) != -1 || errno != EINVAL)
        fail_msg("%s=%s was taken", number->variable, value);
    assert_non_null(strstr(complaint, number->variable));
    unsetenv(number->variable);
}

static void every_number(void **state)
{
    static const char *const bad[] = {"",
                                      "-1",
                                      "+50",
                                      "0x32",
                                      "5e1",
                                      "50s",
                                      "50 60",
                                      "fifty",
                                      "50.0",
                                      "٥٠",
                                      "50,0",
                                      "50;",
                                      "yes",
                                      "-0",
                                      "18446744073709551666",
                                      "99999999999999999999999999999999999999999999999999"};
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(numbers); i++) {
        expect_number(f, &numbers[i], numbers[i].least, numbers[i].least);
        expect_number(f, &numbers[i], numbers[i].most, numbers[i].most);
        expect_number(f, &numbers[i], "0", numbers[i].none);
        expect_number(f, &numbers[i], "000", numbers[i].none);
        if (numbers[i].below != NULL)
            refuse_number(f, &numbers[i], numbers[i].below);
        refuse_number(f, &numbers[i], numbers[i].above);
        for (size_t j = 0; j < COUNT(bad); j++)
            refuse_number(f, &numbers[i], bad[j]);
    }
}

/* One row: a file; `wait` and `lease` afterwards, or what is complained of. */
static void lines(void **state)
{
    static const struct {
        const char *text;
        uint64_t wait;
        uint64_t lease;
        const char *complaint;
    } rows[] = {
        {"", 25, 60, NULL},
        {"\n\n\n", 25, 60, NULL},
        {"wait=5", 5, 60, NULL},
        {"wait=5\nlease=99", 5, 99, NULL},
        {"  wait \t=\t 5  \n", 5, 60, NULL},
        {"wait = 5\r\nlease = 99\r\n", 5, 99, NULL},
        {"\r\n# comment\r\n\r\nwait = 5\r\n", 5, 60, NULL},
        {"# wait = 5\n", 25, 60, NULL},
        {"   # wait = 5\nlease = 99\n", 25, 99, NULL},
        {"wait = 5 # seconds\n", 5, 60, NULL},
        {"wait = 5# seconds", 5, 60, NULL},
        {"wait = 0005\n", 5, 60, NULL},
        {"wait = 5\nwait = 6\n", 6, 60, NULL},
        {"wait\n", 0, 0, "line 1"},
        {"wait 5\n", 0, 0, "line 1"},
        {"wait = \n", 0, 0, "line 1"},
        {"wait = # 5\n", 0, 0, "line 1"},
        {"= 5\n", 0, 0, "line 1"},
        {"=\n", 0, 0, "line 1"},
        {"wait == 5\n", 0, 0, "line 1"},
        {"Wait = 5\n", 0, 0, "line 1: no such setting"},
        {"wait = 5\nwiat = 5\n", 0, 0, "line 2: no such setting"},
        {"\n\n\n\n\n\n\n\n\nwait = x\n", 0, 0, "line 10: not a value"},
        {"wait = 3601\n", 0, 0, "line 1: not a value that this setting can have: 1 to 3600, or 0"},
        {"lease = 20\n", 0, 0, "have: 30 to 86400, or 0 for no limit"},
        {"retain_days", 0, 0, "line 1: not key = value"},
        {"wait = 5; lease = 60\n", 0, 0, "line 1"},
        {"spool = /tmp\n", 0, 0, "line 1: no such setting"},
        {"SPOOLCHAT_WAIT = 5\n", 0, 0, "line 1: no such setting"},
        {"sync = maybe\n", 0, 0, "line 1: not a value"},
        {"wait = 5\xC2\xA0\n", 0, 0, "line 1: not a value"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        char complaint[CONFIG_COMPLAINT_MAX];
        struct config config;
        int result = read_text(f, rows[i].text, &config, complaint);
        if (rows[i].complaint != NULL) {
            if (result != -1 || errno != EINVAL || strstr(complaint, rows[i].complaint) == NULL)
                fail_msg("row %zu: %d '%s'", i, result, complaint);
        } else if (result == -1 || config.wait != rows[i].wait || config.lease != rows[i].lease)
            fail_msg("row %zu: %d '%s'", i, result, complaint);
    }
}

static void sync_is_yes_or_no(void **state)
{
    static const struct {
        const char *value;
        int result; /* 1 yes, 0 no, -1 */
    } rows[] = {{"yes", 1}, {"no", 0}, {"", -1}, {"YES", -1}, {"true", -1}, {"1", -1}, {"0", -1}};
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        char complaint[CONFIG_COMPLAINT_MAX];
        struct config config;
        int result;
        setenv("SPOOLCHAT_SYNC", rows[i].value, 1);
        result = read_text(f, NULL, &config, complaint);
        if (rows[i].result == -1 ? result != -1 : result != 0 || config.sync != rows[i].result)
            fail_msg("sync = %s: %d, %d", rows[i].value, result, config.sync);
    }
}

static void origins(void **state)
{
    static const struct {
        const char *value;
        const char *origins; /* NULL: refused */
    } rows[] = {
        {"", ""},
        {"none", ""},
        {"https://a.example", "https://a.example"},
        {"https://a.example https://b.example:8443", "https://a.example https://b.example:8443"},
        {"https://a.example\thttps://b.example", NULL},
        {"https://a.example\rX-Evil: 1", NULL},
        {"https://a.example\nX-Evil: 1", NULL},
        {"https://a.example\x01", NULL},
        {" http://[::1]:8080  http://localhost ", " http://[::1]:8080  http://localhost "},
        {"*", NULL},
        {"null", NULL},
        {"https://a.example none", NULL},
        {"https://*.example", NULL},
        {"https://a.example/", NULL},
        {"https://a.example/chat", NULL},
        {"https://a.example, https://b.example", NULL},
        {"https://a.example,https://b.example", NULL},
        {"a.example", NULL},
        {"https://a.example b.example", NULL},
        {"https://", NULL},
        {"://a.example", NULL},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        char complaint[CONFIG_COMPLAINT_MAX];
        struct config config;
        int result;
        setenv("SPOOLCHAT_ALLOW_ORIGIN", rows[i].value, 1);
        result = read_text(f, NULL, &config, complaint);
        if ((result == 0) != (rows[i].origins != NULL))
            fail_msg("row %zu: %d", i, result);
        if (rows[i].origins != NULL)
            assert_string_equal(config.allow_origin, rows[i].origins);
    }
}

static void origins_of_every_length(void **state)
{
    struct fixture *f = *state;

    for (size_t len = CONFIG_ORIGINS_MAX - 2; len <= CONFIG_ORIGINS_MAX + 1; len++) {
        char text[CONFIG_ORIGINS_MAX + 32] = "allow_origin = https://";
        char complaint[CONFIG_COMPLAINT_MAX];
        struct config config;
        size_t at = strlen("allow_origin = ");
        memset(text + strlen(text), 'a', len - strlen("https://"));
        memcpy(text + at + len, "\n", 2);
        assert_int_equal(read_text(f, text, &config, complaint), len < CONFIG_ORIGINS_MAX ? 0 : -1);
        if (len < CONFIG_ORIGINS_MAX)
            assert_int_equal(strlen(config.allow_origin), len);
    }
}

/* One row: a variable, and whether it is complained of. */
static void environment(void **state)
{
    static const struct {
        const char *name;
        const char *value;
        bool ok;
    } rows[] = {
        {"SPOOLCHAT_SPOOL", "/nowhere", true},
        {"SPOOLCHAT", "5", true},
        {"SPOOLCHATWAIT", "x", true},
        {"XSPOOLCHAT_WAIT", "x", true},
        {"HTTP_SPOOLCHAT_WAIT", "x", true},
        {"spoolchat_wait", "x", true},
        {"WAIT", "x", true},
        {"LEASE", "x", true},
        {"SPOOLCHAT_WIAT", "5", false},
        {"SPOOLCHAT_", "5", false},
        {"SPOOLCHAT_WAIT ", "5", false},
        {"SPOOLCHAT_WAIT", "x", false},
        {"SPOOLCHAT_WAIT", "5 # seconds", false},
        {"SPOOLCHAT_A_NAME_LONGER_THAN_ANY_KEY_COULD_EVER_BE_IN_THIS_PROGRAM", "5", false},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *before = getenv(rows[i].name);
        char *saved = before == NULL ? NULL : strdup(before);
        char begin[32]; /* of the name: enough to find it by */
        char complaint[CONFIG_COMPLAINT_MAX];
        struct config config;
        int result;
        setenv(rows[i].name, rows[i].value, 1);
        result = read_text(f, NULL, &config, complaint);
        if ((result == 0) != rows[i].ok)
            fail_msg("%s=%s: %d '%s'", rows[i].name, rows[i].value, result, complaint);
        snprintf(begin, sizeof begin, "%s", rows[i].name);
        if (!rows[i].ok)
            assert_non_null(strstr(complaint, begin));
        unsetenv(rows[i].name);
        if (saved != NULL)
            setenv(rows[i].name, saved, 1);
        free(saved);
    }
}

static void environment_wins(void **state)
{
    struct fixture *f = *state;
    char complaint[CONFIG_COMPLAINT_MAX];
    struct config config;

    setenv("SPOOLCHAT_WAIT", "7", 1);
    setenv("SPOOLCHAT_SYNC", "no", 1);
    setenv("SPOOLCHAT_ALLOW_ORIGIN", "https://b.example", 1);
    assert_int_equal(read_text(f,
                               "wait = 5\nlease = 99\nsync = yes\n"
                               "allow_origin = https://a.example\n",
                               &config, complaint),
                     0);
    assert_int_equal(config.wait, 7);
    assert_int_equal(config.lease, 99);
    assert_false(config.sync);
    assert_string_equal(config.allow_origin, "https://b.example");
    /* It does not make a bad file good. */
    assert_int_equal(read_text(f, "wait = x\n", &config, complaint), -1);
}

static void no_config_file_but_something_else(void **state)
{
    struct fixture *f = *state;
    char complaint[CONFIG_COMPLAINT_MAX] = "";
    struct config config;
    char *large = calloc(1, 65536);
    int root = file_open_dir(AT_FDCWD, f->base);

    assert_non_null(large);
    memset(large, '#', 65535);
    assert_int_equal(read_text(f, large, &config, complaint), -1);
    assert_non_null(strstr(complaint, "config"));
    free(large);

    unlinkat(root, "config", 0);
    assert_int_equal(file_create(root, "config", "wait = 5\0\nx", 11, false), 0);
    assert_int_equal(config_read(&config, root, complaint), -1);

    unlinkat(root, "config", 0);
    assert_int_equal(symlinkat("/dev/null", root, "config"), 0);
    assert_int_equal(config_read(&config, root, complaint), -1);
    close(root);
}

/* For who runs for long. */
static void what_changes_is_read_again(void **state)
{
    static const struct {
        const char *text; /* NULL: no file */
        int result;
        uint64_t wait;
    } rows[] = {{NULL, 1, 25},         {NULL, 0, 25},         {"wait = 5\n", 1, 5},
                {"wait = x\n", -1, 5}, {"wait = x\n", -1, 5}, {"wait = 6\n", 1, 6},
                {NULL, 1, 25}};
    struct fixture *f = *state;
    struct config_file file = {.read = false};
    struct config config;
    char complaint[CONFIG_COMPLAINT_MAX];
    int root = file_open_dir(AT_FDCWD, f->base);
    int fd;

    for (size_t i = 0; i < COUNT(rows); i++) {
        unlinkat(root, "config", 0);
        if (rows[i].text != NULL)
            fixture_write(root, "config", rows[i].text);
        if (config_renew(&config, &file, root, complaint) != rows[i].result ||
            config.wait != rows[i].wait)
            fail_msg("row %zu", i);
    }
    /* Written twice so fast that the file's times may not show it. */
    fixture_write(root, "config", "wait = 7\n");
    assert_int_equal(config_renew(&config, &file, root, complaint), 1);
    fd = openat(root, "config", O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "wait = 8\n", 9, 0), 9);
    close(fd);
    assert_int_not_equal(config_renew(&config, &file, root, complaint), -1);
    assert_int_equal(config.wait, 8);
    close(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_up_empty, fixture_down)
        TEST(defaults),
        TEST(every_number),
        TEST(lines),
        TEST(sync_is_yes_or_no),
        TEST(origins),
        TEST(origins_of_every_length),
        TEST(environment),
        TEST(environment_wins),
        TEST(no_config_file_but_something_else),
        TEST(what_changes_is_read_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
