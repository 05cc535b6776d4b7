/* SPDX-License-Identifier: MIT */
#include "protocol/language.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A tag and how it is kept; NULL: it is none. */
static const struct {
    const char *tag;
    const char *kept;
} tags_rows[] = {
    {"en", "en"},
    {"EN", "en"},
    {"en-US", "en-US"},
    {"en_US", "en-US"},
    {"EN_us", "en-US"},
    {"ast", "ast"},
    {"mn-cYRL-mn", "mn-Cyrl-MN"},
    {"zh-hant-tw", "zh-Hant-TW"},
    {"ZH_HANS_CN", "zh-Hans-CN"},
    {"es-419", "es-419"},
    {"sl-rozaj-biske", "sl-rozaj-biske"},
    {"de-CH-1901", "de-CH-1901"},
    {"de-DE-1996-Sutterlin-x-A", NULL},
    {"hy-Latn-IT-arevela", "hy-Latn-IT-arevela"},
    {"zh-cmn-Hans-CN", "zh-cmn-Hans-CN"},
    {"zh-yue-abc-def-HK", "zh-yue-abc-def-HK"},
    {"zh-yue-abc-def-ghi", NULL},
    {"sgn-ase", "sgn-ase"},
    {"abcd", "abcd"},
    {"abcdefgh", "abcdefgh"},
    {"abcdefghi", NULL},
    {"abcd-efg", NULL},
    {"de-DE-u-co-PHONEBK-ca-buddhist", "de-DE-u-co-phonebk-ca-buddhist"},
    {"en-a-bbb-x-a-ccc", "en-a-bbb-x-a-ccc"},
    {"en-Latn-GB-boont-r-extended-sequence-x-private",
     "en-Latn-GB-boont-r-extended-sequence-x-private"},
    {"en-US-x-TWAIN-TW", "en-US-x-twain-tw"},
    {"en-0-abc", "en-0-abc"},
    {"x-whatever", "x-whatever"},
    {"X-AB-Latn", "x-ab-latn"},
    {"x-1-2", "x-1-2"},
    {"i-klingon", "i-klingon"},
    {"I-Default", "i-default"},
    {"EN-gb-OED", "en-GB-oed"},
    {"sgn_be_fr", "sgn-BE-FR"},
    {"de-CH-1996", "de-CH-1996"},
    {"de-ch_1996-X-Foo", "de-CH-1996-x-foo"},
    {"x-foo", "x-foo"},
    {"de-1996-1901", "de-1996-1901"},
    {"de-1996-1996", NULL},
    {"sl-rozaj-biske-ROZAJ", NULL},
    {"de-DE-1901-u-co-phonebk-1901", "de-DE-1901-u-co-phonebk-1901"},
    {"en-a-bbb-b-ccc", "en-a-bbb-b-ccc"},
    {"en-a-bbb-a-ccc", NULL},
    {"en-A-bbb-b-ccc-a-ddd", NULL},
    {"en-u-aa-u-bb", NULL},
    {"en-a-bbb-bbb", "en-a-bbb-bbb"},
    {"en-x-a-b-a", "en-x-a-b-a"},
    {"x-1996-1996", "x-1996-1996"},
    {"i-enochian", "i-enochian"},
    {"i_HAK", "i-hak"},
    {"sgn-CH-DE", "sgn-CH-DE"},
    {"zh-xiang", "zh-xiang"},
    {"i-klingon-x-a", NULL},
    {"en-GB-oed-x-a", NULL},
    {"art-lojban", "art-lojban"},
    {"cel-gaulish", "cel-gaulish"},
    {"no-bok", "no-bok"},
    {"zh-min-nan", "zh-min-nan"},
    {"i-unknown", NULL},
    {"en-GB-oe", NULL},
    {"", NULL},
    {"e", NULL},
    {"a-DE", NULL},
    {"x", NULL},
    {"x-", NULL},
    {"-", NULL},
    {"-en", NULL},
    {"en-", NULL},
    {"en--US", NULL},
    {"en_", NULL},
    {"en-u", NULL},
    {"en-u-", NULL},
    {"en-u-a", NULL},
    {"en-x", NULL},
    {"en-a-x-b", NULL},
    {"en-US-GB", NULL},
    {"en-US-Latn", NULL},
    {"en-12", NULL},
    {"en-1234", "en-1234"},
    {"en-a123", NULL},
    {"12", NULL},
    {"e1", NULL},
    {"en-US.UTF-8", NULL},
    {"en US", NULL},
    {"en@x", NULL},
    {"\xc3\xa4\xc3\xa4", NULL},
    {"*", NULL},
    {"en-x-abcdefghi", NULL},
    {"en-x-abcdefgh-abcdefgh-abcdefgh-abcdefgh-abcdefgh-abcdefgh-abcd",
     "en-x-abcdefgh-abcdefgh-abcdefgh-abcdefgh-abcdefgh-abcdefgh-abcd"},
    {"en-x-abcdefgh-abcdefgh-abcdefgh-abcdefgh-abcdefgh-abcdefgh-abcde", NULL},
    {"en-x-0-1-2-3-4-5-6-7-8-9-0-1-2-3-4-5-6-7-8-9-0-1-2-3-4-5-6-7-8",
     "en-x-0-1-2-3-4-5-6-7-8-9-0-1-2-3-4-5-6-7-8-9-0-1-2-3-4-5-6-7-8"},
};

static void tags(void **state)
{
    int wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof tags_rows / sizeof *tags_rows; i++) {
        char out[LANGUAGE_MAX];
        const char *got = NULL;
        errno = 0;
        if (language_tag(out, tags_rows[i].tag, strlen(tags_rows[i].tag)) == 0)
            got = out;
        else
            assert_int_equal(errno, EINVAL);
        if (got == NULL ? tags_rows[i].kept == NULL
                        : tags_rows[i].kept != NULL && strcmp(got, tags_rows[i].kept) == 0)
            continue;
        print_error("%s: got %s\n", tags_rows[i].tag, got != NULL ? got : "an error");
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void length_counts(void **state)
{
    char out[LANGUAGE_MAX];

    (void)state;
    assert_int_equal(language_tag(out, "en-US-rubbish!", 5), 0);
    assert_string_equal(out, "en-US");
    assert_int_equal(language_tag(out, "en\0US", 5), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags),
        cmocka_unit_test(length_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
