/* SPDX-License-Identifier: MIT */
/* Heads of SCGI requests, and requests to a program that goes on. */
#include "protocol/scgi.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/cgi.h"
#include "protocol/visit.h"

#define LINE(text) (text), sizeof(text) - 1
#define START "CONTENT_LENGTH\0000\0SCGI\0001\0"

/* A netstring of `len` bytes of head. */
static size_t netstring(char *out, size_t size, const char *head, size_t len)
{
    size_t at = (size_t)snprintf(out, size, "%zu:", len);

    assert_true(at + len + 1 <= size);
    memcpy(out + at, head, len);
    out[at + len] = ',';
    return at + len + 1;
}

static void test_whole_and_in_parts(void **state)
{
    char bytes[256];
    size_t len =
        netstring(bytes, sizeof bytes, LINE(START "HTTP_X\000first\000HTTP_X\000second\0Y\0\0"));
    struct scgi scgi;

    (void)state;
    for (size_t have = 0; have < len; have++)
        assert_int_equal(scgi_look(bytes, have, &scgi), 0);
    assert_int_equal(scgi_look(bytes, len, &scgi), 1);
    assert_int_equal(scgi.used, len);
    assert_memory_equal(bytes + scgi.start, "CONTENT_LENGTH", 15);
    bytes[len] = 'x';
    assert_int_equal(scgi_look(bytes, len + 1, &scgi), 1);
    assert_int_equal(scgi.used, len);
}

static void test_damaged(void **state)
{
    static const struct {
        const char *head;
        size_t len;
    } rows[] = {
        {LINE("CONTENT_LENGTH\0000\0")},
        {LINE("SCGI\0001\0CONTENT_LENGTH\0000\0")},
        {LINE("CONTENT_LENGTH\0\0SCGI\0001\0")},
        {LINE("CONTENT_LENGTH\000-1\0SCGI\0001\0")},
        {LINE("CONTENT_LENGTH\0000\0SCGI\0002\0")},
        {LINE(START "SCGI\0001\0")},
        {LINE(START "REMOTE_USER\0alice\0REMOTE_USER\0bob\0")},
        {LINE(START "CONTENT_LENGTH\0007\0")},
        {LINE(START "\0x\0")},
        {LINE(START "X\0")},
        {LINE(START "X")},
    };
    static const char *const starts[] = {
        "x", ":", "0:,", "00", "+1:", " 1:", "1 :", "1;", "3x", ","};
    static const char *const longs[] = {"65537:", "99999", "123456", "1234567"};
    char bytes[256];
    struct scgi scgi;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = netstring(bytes, sizeof bytes, rows[i].head, rows[i].len);
        assert_int_equal(scgi_look(bytes, len, &scgi), -1);
        assert_int_equal(errno, EBADMSG);
    }
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        assert_int_equal(scgi_look(starts[i], strlen(starts[i]), &scgi), -1);
        assert_int_equal(errno, EBADMSG);
    }
    for (size_t i = 0; i < sizeof longs / sizeof longs[0]; i++) {
        assert_int_equal(scgi_look(longs[i], strlen(longs[i]), &scgi), -1);
        assert_int_equal(errno, EMSGSIZE);
    }
    bytes[netstring(bytes, sizeof bytes, LINE(START)) - 1] = ';';
    assert_int_equal(scgi_look(bytes, sizeof bytes, &scgi), -1);
}

struct request {
    struct cgi cgi;
    int parts;
    bool refuse;
};

static void part(void *context)
{
    struct request *request = context;

    if (request->parts++ == 0)
        cgi_start(&request->cgi, "test", "GET", "https://page.example");
    if (request->refuse)
        cgi_die_field("since", "This is no cursor of ours.");
}

static void test_visits(void **state)
{
    char head[] = START "REQUEST_METHOD\0GET\0REMOTE_USER\0alice\0QUERY_STRING\0a=%41\0"
                        "HTTP_ORIGIN\0https://page.example\0HTTP_ORIGIN\0https://other.example";
    char bad[] = START "REQUEST_METHOD\0PUT";
    char room[4096];
    char other[4096];
    struct cgi_reader nobody = {NULL, false};
    struct buf reply = buf_over(room, sizeof room);
    struct buf between = buf_over(other, sizeof other);
    struct request request = {.parts = 0};

    (void)state;
    visit_begin(head, sizeof head, &reply);
    assert_true(visit_part(part, &request));
    assert_string_equal(request.cgi.user, "alice");
    assert_string_equal(request.cgi.length, "0");
    assert_string_equal(form_get(&request.cgi.query, "a")->value, "A");
    assert_int_equal(reply.len, 0);
    /* Who is answered in between is another. */
    cgi_compose(&between, &nobody, 200, "text/plain", "x", 1);
    assert_null(memmem(between.data, between.len, "page.example", 12));
    request.refuse = true;
    assert_false(visit_part(part, &request));
    assert_int_equal(request.parts, 2);
    assert_non_null(memmem(reply.data, reply.len, "Status: 400 ", 12));
    assert_non_null(memmem(reply.data, reply.len, "Origin: https://page.example\r\n", 30));
    visit_end();
    /* The next is new. */
    reply = buf_over(room, sizeof room);
    request = (struct request){.parts = 0};
    visit_begin(bad, sizeof bad, &reply);
    assert_false(visit_part(part, &request));
    assert_non_null(memmem(reply.data, reply.len, "Status: 405 ", 12));
    assert_null(memmem(reply.data, reply.len, "page.example", 12));
    visit_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_and_in_parts),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_visits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
