/* SPDX-License-Identifier: MIT */
#include "protocol/media.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/attachment.h"

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define TEN "aaaaaaaaaa"
#define SIXTY TEN TEN TEN TEN TEN TEN

static void types(void **state)
{
    static const struct {
        const char *header;
        const char *kept; /* NULL: refused */
    } rows[] = {
        {"", "application/octet-stream"},
        {"text/plain", "text/plain"},
        {"Image/PNG", "image/png"},
        {" text/plain ", "text/plain"},
        {"text/plain;", "text/plain"},
        {"text/plain; ;", "text/plain"},
        {"text/plain;charset=UTF-8", "text/plain; charset=utf-8"},
        {"text/plain ; Charset=\"utf-8\" ; x=y", "text/plain; charset=utf-8"},
        {"text/html; x=\"a;charset=b\\\"\"", "text/html"},
        {"text/x; a=b;charset=c", "text/x; charset=c"},
        {"application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"},
        {"application/ld+json", "application/ld+json"},
        {"x/" SIXTY "aaaa", "x/" SIXTY "aaaa"},
        {"x/" SIXTY "aaaaa", NULL},
        {SIXTY "aaaaa/x", NULL},
        {"text", NULL},
        {"text/", NULL},
        {"/plain", NULL},
        {"/", NULL},
        {" ", NULL},
        {"text/plain/x", NULL},
        {"text plain", NULL},
        {"text/pl ain", NULL},
        {"text /plain", NULL},
        {"text/plain, image/png", NULL},
        {"text/plain\r\nX: y", NULL},
        {"text/plain\n", NULL},
        {"text/pl\xC3\xA4in", NULL},
        {"text/plain; charset", NULL},
        {"text/plain; charset=", NULL},
        {"text/plain; charset=\"\"", NULL},
        {"text/plain; charset=\"a b\"", NULL},
        {"text/plain; charset=\"a", NULL},
        {"text/plain; charset=\"a\\", NULL},
        {"text/plain; charset=a; charset=b", NULL},
        {"text/plain; charset =a", NULL},
        {"text/plain; =a", NULL},
        {"text/plain; a=\"\n\"", NULL},
        {"text/plain; charset=" SIXTY "aaaaa", NULL},
        {"*/*(", NULL},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char out[MEDIA_TYPE_SIZE] = "";
        int result = media_type(out, rows[i].header);
        if ((result == 0) != (rows[i].kept != NULL) ||
            (result == 0 && strcmp(out, rows[i].kept) != 0))
            fail_msg("'%s': %d '%s'", rows[i].header, result, out);
    }
}

static void kinds(void **state)
{
    static const struct {
        const char *type;
        const char *kind;
        bool is_inline;
    } rows[] = {
        {"image/png", "image", true},
        {"image/jpeg", "image", true},
        {"image/gif", "image", true},
        {"image/webp", "image", true},
        {"image/png; charset=x", "image", true},
        {"image/svg+xml", "image", false},
        {"image/pngx", "image", false},
        {"image/pn", "image", false},
        {"audio/ogg", "audio", false},
        {"video/mp4", "video", false},
        {"text/html", "file", false},
        {"application/pdf", "file", false},
        {"imagery/x", "file", false},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        assert_string_equal(media_kind(rows[i].type), rows[i].kind);
        assert_int_equal(media_is_inline(rows[i].type), rows[i].is_inline);
    }
}

static void names(void **state)
{
    static const struct {
        const char *name;
        const char *kept; /* NULL: refused */
        const char *disposition;
    } rows[] = {
        {"a.txt", "a.txt", "filename=\"a.txt\"; filename*=UTF-8''a.txt"},
        {"/etc/passwd", "passwd", "filename=\"passwd\"; filename*=UTF-8''passwd"},
        {"..\\..\\x y", "x y", "filename=\"x y\"; filename*=UTF-8''x%20y"},
        {"C:\\a\\b/c.d", "c.d", "filename=\"c.d\"; filename*=UTF-8''c.d"},
        {".htaccess", ".htaccess", "filename=\".htaccess\"; filename*=UTF-8''.htaccess"},
        {"a\"b", "a\"b", "filename=\"a_b\"; filename*=UTF-8''a%22b"},
        {"50%25", "50%25", "filename=\"50_25\"; filename*=UTF-8''50%2525"},
        {"a'b(c)*;", "a'b(c)*;", "filename=\"a'b(c)*;\"; filename*=UTF-8''a%27b%28c%29%2A%3B"},
        {"\xC3\xBC.txt", "\xC3\xBC.txt", "filename=\"_.txt\"; filename*=UTF-8''%C3%BC.txt"},
        {"\xE2\x82\xAC", "\xE2\x82\xAC", "filename=\"_\"; filename*=UTF-8''%E2%82%AC"},
        {"\xF0\x9F\x99\x82!", "\xF0\x9F\x99\x82!",
         "filename=\"_!\"; filename*=UTF-8''%F0%9F%99%82!"},
        {"...", "...", "filename=\"...\"; filename*=UTF-8''..."},
        {"", NULL, NULL},
        {".", NULL, NULL},
        {"..", NULL, NULL},
        {"a/", NULL, NULL},
        {"a/..", NULL, NULL},
        {"\\", NULL, NULL},
        {"a\nb", NULL, NULL},
        {"a\r", NULL, NULL},
        {"\x1B[2J", NULL, NULL},
        {"\x7F", NULL, NULL},
        {"a\xC2\x85", NULL, NULL},
        {"a\xD8\x9C", NULL, NULL},
        {"a\xE2\x80\xAEgnp.exe", NULL, NULL},
        {"a\xE2\x80\x8F", NULL, NULL},
        {"a\xE2\x80\xA8", NULL, NULL},
        {"a\xE2\x81\xA6", NULL, NULL},
        {"\xFF", NULL, NULL},
        {"a\xC3", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        size_t len = strlen(rows[i].name);
        const char *why = NULL;
        const char *kept = media_name(rows[i].name, &len, &why);
        char text[1200] = "";
        struct buf out = buf_over(text, sizeof text - 1);
        if ((kept != NULL) != (rows[i].kept != NULL))
            fail_msg("'%s' was %s", rows[i].name, kept != NULL ? "taken" : why);
        if (kept == NULL)
            continue;
        if (len != strlen(rows[i].kept) || memcmp(kept, rows[i].kept, len) != 0)
            fail_msg("'%s' is kept as '%.*s'", rows[i].name, (int)len, kept);
        media_disposition_put(&out, false, rows[i].kept);
        assert_memory_equal(text, "attachment; ", 12);
        assert_string_equal(text + 12, rows[i].disposition);
        out = buf_over(text, sizeof text - 1);
        media_disposition_put(&out, true, rows[i].kept);
        assert_memory_equal(text, "inline; ", 8);
    }
}

static void lengths_of_names(void **state)
{
    char name[MEDIA_NAME_MAX + 3];
    const char *why;
    size_t len = MEDIA_NAME_MAX;

    (void)state;
    memset(name, 'a', sizeof name);
    assert_non_null(media_name(name, &len, &why));
    len = MEDIA_NAME_MAX + 1;
    assert_null(media_name(name, &len, &why));
    /* Folders do not count. */
    name[1] = '/';
    len = MEDIA_NAME_MAX + 2;
    assert_ptr_equal(media_name(name, &len, &why), name + 2);
    assert_int_equal(len, MEDIA_NAME_MAX);
}

static const struct attachment picture = {
    .id = "0b1e7c2a-8f0d-4c58-9d52-2f4c4b1f9a10",
    .thread = "7d1f0a5e-3c1b-4e0e-9f5e-0b9f6f1d2a3c",
    .name = "a \"b\".png",
    .type = "image/png",
    .digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    .author = "alice",
    .size = 12345,
    .seq = 7,
    .time_us = 1297350295123456,
};

static const char picture_text[] =
    "{\"objectType\":\"image\",\"id\":\"0b1e7c2a-8f0d-4c58-9d52-2f4c4b1f9a10\","
    "\"displayName\":\"a \\\"b\\\".png\",\"mimeType\":\"image/png\",\"fileSize\":12345,"
    "\"url\":\"attachment/7d1f0a5e-3c1b-4e0e-9f5e-0b9f6f1d2a3c/"
    "0b1e7c2a-8f0d-4c58-9d52-2f4c4b1f9a10\","
    "\"digest\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\","
    "\"author\":{\"objectType\":\"person\",\"id\":\"alice\"},"
    "\"published\":\"2011-02-10T15:04:55.123456Z\",\"seq\":7}";

static void objects(void **state)
{
    char text[1024];
    struct buf out = buf_over(text, sizeof text);
    struct attachment back = {.size = 0};

    (void)state;
    attachment_put(&out, &picture);
    assert_int_equal(out.len, strlen(picture_text));
    assert_memory_equal(text, picture_text, out.len);
    assert_int_equal(attachment_parse(&back, text, out.len), 0);
    assert_string_equal(back.id, picture.id);
    assert_string_equal(back.name, picture.name);
    assert_string_equal(back.type, picture.type);
    assert_string_equal(back.digest, picture.digest);
    assert_int_equal(back.size, picture.size);
    assert_int_equal(back.seq, picture.seq);
}

/* One change each that makes it no attachment. */
static void damaged_objects(void **state)
{
    static const struct {
        const char *old;
        const char *now;
    } rows[] = {
        {"{\"objectType", "[\"objectType"},
        {"\"id\":\"0b", "\"ix\":\"0b"},
        {"\"mimeType\":\"image/png\"", "\"mimeType\":null"},
        {"\"mimeType\":\"image/png\"", "\"mimeType\":\"image\""},
        {"\"mimeType\":\"image/png\"", "\"mimeType\":\"i/p\\r\\nX: y\""},
        {"\"mimeType\":\"image/png\"", "\"mimeType\":\"Image/Png\""},
        {"\"fileSize\":12345", "\"fileSize\":-1"},
        {"\"fileSize\":12345", "\"fileSize\":\"5\""},
        {"\"digest\":\"0", "\"digest\":\""},
        {"\"digest\":\"0", "\"digest\":\"X"},
        {"\"digest\":\"0", "\"digest\":\"00"},
        {"\"seq\":7", "\"seq\":null"},
        {",\"seq\":7", ""},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        char text[1024];
        const char *at = strstr(picture_text, rows[i].old);
        struct buf out = buf_over(text, sizeof text);
        struct attachment back;
        assert_non_null(at);
        buf_put(&out, picture_text, (size_t)(at - picture_text));
        buf_puts(&out, rows[i].now);
        buf_puts(&out, at + strlen(rows[i].old));
        if (attachment_parse(&back, text, out.len) == 0)
            fail_msg("taken: %.*s", (int)out.len, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types),   cmocka_unit_test(kinds),
        cmocka_unit_test(names),   cmocka_unit_test(lengths_of_names),
        cmocka_unit_test(objects), cmocka_unit_test(damaged_objects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
