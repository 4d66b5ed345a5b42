/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* courier/sms-text.c: what fits into an SMS (3GPP TS 23.038). */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "courier/sms-text.h"
static char *repeat(const char *s, unsigned n) {
        char *out = calloc(n, strlen(s) + 1);

        while (n-- > 0)
                strcat(out, s);
        return out;
}

static void check_parts(const char *unit, unsigned n, unsigned parts, bool ucs2) {
        _cleanup_free_ char *text = repeat(unit, n);
        bool got;

        assert_int_equal(sms_parts(view_string(text), &got), parts);
        assert_int_equal(got, ucs2);
}

static void test_parts(void **state) {
        check_parts("a", 160, 1, false);
        check_parts("a", 161, 2, false);
        check_parts("a", 306, 2, false);
        check_parts("a", 307, 3, false);
        check_parts("€", 80, 1, false); /* two places each */
        check_parts("€", 81, 2, false);
        check_parts("ò", 160, 1, false);
        check_parts("ą", 70, 1, true);
        check_parts("ą", 71, 2, true);
        check_parts("ą", 134, 2, true);
        check_parts("ą", 135, 3, true);
        check_parts("😀", 35, 1, true);
        check_parts("😀", 36, 2, true);
        check_parts("`", 1, 1, true);
        check_parts("\t", 1, 1, true);
}

static void check_fit(const char *text, const char *wanted) {
        _cleanup_text_ Text t = { 0 };

        assert_int_equal(sms_fit(view_string(text), &t), 0);
        assert_true(view_equal(text_view(&t), view_string(wanted)));
}

static void test_fit(void **state) {
        Text t = { 0 };
        _cleanup_free_ char *much = repeat("a", 153 * 3), *more = repeat("a", 153 * 3 + 1), *letters = repeat("€", 200), *chinese = repeat("字", 202);

        check_fit("Zażółć gęślą jaźń", "Zażółć gęślą jaźń");
        check_fit("Zażółć gęślą jaźń – „Zażółć gęślą jaźń”, ZAŻÓŁĆ GĘŚLĄ JAŹŃ… To jest dłuższe niż siedemdziesiąt znaków.",
                  "Zazolc gesla jazn - \"Zazolc gesla jazn\", ZAZOLC GESLA JAZN... To jest dluzsze niz siedemdziesiat znakow.");
        check_fit(much, much);
        assert_int_equal(sms_fit(view_string(more), &t), -E2BIG);
        check_fit(letters, letters);
        assert_int_equal(sms_fit(view_string(chinese), &t), -E2BIG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parts),
                cmocka_unit_test(test_fit),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
