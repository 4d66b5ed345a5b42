/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/base/password-rule.c against requirement C2. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/password-rule.h"

static void test_rule(void **state) {
        static const struct {
                const char *password;
                PasswordProblem problem;
        } cases[] = {
                { "Abcdefghij1!", PASSWORD_GOOD },
                { "Zażółć gęślą 1", PASSWORD_GOOD },
                { "Abcdefghi1!", PASSWORD_TOO_SHORT },
                { "Aó1!ąęłżźćń", PASSWORD_TOO_SHORT }, /* characters, not bytes */
                { "", PASSWORD_TOO_SHORT },
                { "abcdefghij1!", PASSWORD_NO_UPPER },
                { "ABCDEFGHIJ1!", PASSWORD_NO_LOWER },
                { "Abcdefghijk!", PASSWORD_NO_DIGIT },
                { "Abcdefghij12", PASSWORD_NO_SPECIAL },
                { "Abcdefghij1\xc3", PASSWORD_NOT_TEXT },
                { "Abcdefghij1!\n", PASSWORD_NOT_TEXT },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                PasswordProblem p = password_rule_check(view_string(cases[i].password));

                assert_int_equal(p, cases[i].problem);
                if (p == PASSWORD_GOOD)
                        assert_null(password_problem_to_string(p));
                else
                        assert_non_null(password_problem_to_string(p));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rule),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
