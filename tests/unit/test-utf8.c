/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/base/utf8.c: every boundary of RFC 3629 §3 and §4, and what must not reach a terminal. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static const char *const good[] = {
        "\x01", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
};

static const char *const bad[] = {
        "\x80",             /* a continuation alone */
        "\xbf",
        "\xc0\x80",         /* overlong */
        "\xc1\xbf",
        "\xe0\x9f\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xed\xa0\x80",     /* surrogates */
        "\xed\xbf\xbf",
        "\xf4\x90\x80\x80", /* beyond U+10FFFF */
        "\xf5\x80\x80\x80",
        "\xf8\x88\x80\x80\x80",
        "\xfe",
        "\xff",
        "\xc2",             /* cut short */
        "\xe0\xa0",
        "\xf0\x90\x80",
        "\xc2\x41",
        "\xe1\x80\x41",
};

static void test_well_formed(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(good); i++) {
                assert_int_equal(utf8_char_length(good[i]), strlen(good[i]));
                assert_true(utf8_is_valid(view_string(good[i])));
        }
        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                assert_int_equal(utf8_char_length(bad[i]), 0);
                assert_false(utf8_is_valid(view_string(bad[i])));
                assert_false(utf8_is_printable(bad[i]));
        }
        assert_true(utf8_is_valid(VIEW(NULL, 0)));
        assert_false(utf8_is_valid(VIEW("a\0b", 3)));
        assert_false(utf8_is_valid(VIEW("\xc2\x80", 1)));
}

static void test_printable(void **state) {
        static const char *const hidden[] = {
                "\n", "\t", "\x1b[31m", "\x7f", "\xc2\x9b", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xae", "\xe2\x81\xa6", "\xd8\x9c", "\xe2\x80\x8f",
        };

        for (size_t i = 0; i < ELEMENTSOF(hidden); i++)
                assert_false(utf8_is_printable(hidden[i]));
        assert_true(utf8_is_printable(""));
        assert_true(utf8_is_printable("Zażółć gęślą jaźń — 日本語 😀"));
}

static void test_sanitize(void **state) {
        static const struct {
                View from;
                const char *to;
        } cases[] = {
                { { NULL, 0 }, "" },
                { { (const uint8_t *) "ż\n\xff", 4 }, "ż\xef\xbf\xbd\xef\xbf\xbd" },
                { { (const uint8_t *) "a\0b", 3 }, "a\xef\xbf\xbd" "b" },
                { { (const uint8_t *) "\xe2\x80\xae" "fdp", 6 }, "\xef\xbf\xbd" "fdp" },
                { { (const uint8_t *) "\xf0\x90\x80", 3 }, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *s = utf8_sanitize(cases[i].from);

                assert_string_equal(s, cases[i].to);
                assert_true(utf8_is_printable(s));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_well_formed),
                cmocka_unit_test(test_printable),
                cmocka_unit_test(test_sanitize),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
