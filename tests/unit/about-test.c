/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "protocol/about.h"

#define NOTHING "\"subject\":null,\"open\":null,\"created\":null"
#define DEEP "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"

static void what_it_says(void **state)
{
    static const struct {
        const char *text;
        int result;
        const char *expected;
    } rows[] = {
        {"{\"created\":\"T\",\"subject\":\"S\",\"open\":true,\"by\":\"a\"}\n", 0,
         "\"subject\":\"S\",\"open\":true,\"created\":\"T\""},
        {"{\"subject\":null,\"open\":false}", 0,
         "\"subject\":null,\"open\":false,\"created\":null"},
        {" { \"subject\" : \"\\u0041\\/\" , \"x\" : [ 1 ] } ", 0,
         "\"subject\":\"A/\",\"open\":null,\"created\":null"},
        {"{}\n", 0, NOTHING},
        {"{\"subject\":7,\"open\":\"no\",\"created\":[]}", -1, NOTHING},
        {"{\"subject\":\"S\",\"open\":0}", -1, "\"subject\":\"S\",\"open\":null,\"created\":null"},
        {"{\"created\":true,\"open\":false}", -1,
         "\"subject\":null,\"open\":false,\"created\":null"},
        {"", -1, NOTHING},
        {"\n", -1, NOTHING},
        {"[]", -1, NOTHING},
        {"\"subject\"", -1, NOTHING},
        {"null", -1, NOTHING},
        {"{\"subject\":\"S\"", -1, NOTHING},
        {"{\"subject\":\"S\",\"subject\":\"S\"}", -1, NOTHING},
        {"{\"subject\":\"\xff\"}", -1, NOTHING},
        {"{\"subject\":\"S\"}x", -1, NOTHING},
        {DEEP, -1, NOTHING},
    };

    (void)state;
    /* Over and over: no row may keep the pool of another. */
    for (int round = 0; round < 2000; round++)
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            char text[256];
            struct buf out = buf_over(text, sizeof text);
            if (about_put(&out, rows[i].text, strlen(rows[i].text)) != rows[i].result ||
                out.len != strlen(rows[i].expected) || out.full ||
                memcmp(text, rows[i].expected, out.len) != 0)
                fail_msg("row %zu: %.*s", i, (int)out.len, text);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
