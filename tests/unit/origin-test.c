/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "protocol/cgi_private.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))

static void hosts(void **state)
{
    static const struct {
        const char *origin;
        const char *host;
        bool same;
    } rows[] = {
        {"http://chat.example", "chat.example", true},
        {"https://chat.example", "chat.example", true},
        {"HTTPS://Chat.Example", "chat.EXAMPLE", true},
        {"http://chat.example", "chat.example:80", true},
        {"http://chat.example:80", "chat.example", true},
        {"https://chat.example", "chat.example:443", true},
        {"https://chat.example:443", "chat.example", true},
        {"http://chat.example:8080", "chat.example:8080", true},
        {"http://127.0.0.1:8080", "127.0.0.1:8080", true},
        {"http://[::1]", "[::1]", true},
        {"http://[::1]:8080", "[::1]:8080", true},
        {"https://[::1]", "[::1]:443", true},
        {"https://chat.example", "chat.example:", true},
        {"http://chat.example", "chat.example:443", false},
        {"https://chat.example", "chat.example:80", false},
        {"http://chat.example:8080", "chat.example", false},
        {"http://chat.example", "chat.example:8080", false},
        {"http://chat.example:8080", "chat.example:8081", false},
        {"http://[::1]:1", "[::1]:2", false},
        {"http://[::1]", "[::2]", false},
        {"http://[::1", "[::1", true}, /* no browser says so, and no site is called so */
        {"http://evil.example", "chat.example", false},
        {"http://a.chat.example", "chat.example", false},
        {"http://chat.example.evil", "chat.example", false},
        {"http://chat.exampl", "chat.example", false},
        {"http://chat.example/", "chat.example", false},
        {"http://chat.example@evil", "chat.example", false},
        {"ftp://chat.example", "chat.example", false},
        {"file://", "", false},
        {"http://", "", false},
        {"https://", "chat.example", false},
        {"http://chat.example", "", false},
        {"chat.example", "chat.example", false},
        {"null", "null", false},
        {"null", "chat.example", false},
        {"", "", false},
        {"http:", "", false},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        if (origin_is_host(rows[i].origin, rows[i].host) != rows[i].same)
            fail_msg("%s at %s", rows[i].origin, rows[i].host);
}

static void listed(void **state)
{
    static const struct {
        const char *origin;
        const char *list;
        bool listed;
    } rows[] = {
        {"https://a.example", "https://a.example", true},
        {"https://a.example", "https://b.example https://a.example", true},
        {"https://a.example", "  https://b.example\thttps://a.example  ", true},
        {"HTTPS://A.example", "https://a.Example", true},
        {"https://a.example", "", false},
        {"https://a.example", " ", false},
        {"https://a.example", "http://a.example", false},
        {"https://a.example", "https://a.example:443", false},
        {"https://a.example", "https://a.example.org", false},
        {"https://a.example.org", "https://a.example", false},
        {"https://a.example", "*", false},
        {"null", "null", false},
        {"NULL", "NULL", false},
        {"", "https://a.example", false},
        {"", "", false},
        {"https://b.example https://a.example", "https://b.example https://a.example", false},
    };
    char endless[ORIGIN_MAX + 2];

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        if (origin_listed(rows[i].origin, rows[i].list) != rows[i].listed)
            fail_msg("%s in %s", rows[i].origin, rows[i].list);
    memset(endless, 'a', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    assert_false(origin_listed(endless, endless));
    endless[ORIGIN_MAX] = '\0';
    assert_true(origin_listed(endless, endless));
}

/* May a POST with cookies to chat.example come with these headers? */
static void changes(void **state)
{
    static const char list[] = "https://friend.example";
    static const struct {
        const char *origin;
        const char *site;
        bool may;
    } rows[] = {
        {"", "", true}, /* curl */
        {"https://chat.example", "", true},
        {"https://chat.example", "same-origin", true},
        {"", "same-origin", true},
        {"", "none", true},
        {"https://friend.example", "", true},
        {"https://friend.example", "cross-site", true},
        {"https://chat.example", "cross-site", false},
        {"", "cross-site", false},
        {"", "Cross-Site", false},
        {"https://evil.example", "", false},
        {"https://evil.example", "cross-site", false},
        {"https://evil.example", "none", false},
        {"https://other.chat.example", "same-site", false},
        {"https://chat.example", "same-site", true},
        {"", "same-site", false},
        {"", "Same-Site", false},
        {"https://friend.example", "same-site", true},
        {"null", "same-site", false},
        {"", "", true},
        {"", "a new word", true},
        {"null", "", false},
        {"null", "same-origin", false},
        {"nonsense", "", false},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct origin origin = {
            .origin = rows[i].origin, .site = rows[i].site, .host = "chat.example"};
        if (origin_may_change(&origin, list) != rows[i].may)
            fail_msg("Origin %s, Sec-Fetch-Site %s", rows[i].origin, rows[i].site);
    }
}

static void lists(void **state)
{
    static const struct {
        const char *list;
        const char *word;
        bool has;
    } rows[] = {
        {"GET, POST", "GET", true},
        {"GET, POST", "POST", true},
        {"GET,POST", "POST", true},
        {"GET", "GET", true},
        {"GET, POST", "get", false},
        {"GET, POST", "GE", false},
        {"GET, POST", "GETS", false},
        {"GET, POST", "", false},
        {"GET, POST", "GET, POST", false},
        {"", "GET", false},
        {", ,", "", false},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        if (list_has(rows[i].list, ", ", rows[i].word, strncmp) != rows[i].has)
            fail_msg("%s in %s", rows[i].word, rows[i].list);
    assert_true(
        list_has("text/html, Text/Event-Stream;q=0.9", ",; \t", "text/event-stream", strncasecmp));
    assert_false(list_has("*/*", ",; \t", "text/event-stream", strncasecmp));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts),
        cmocka_unit_test(listed),
        cmocka_unit_test(changes),
        cmocka_unit_test(lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
