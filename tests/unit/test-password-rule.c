/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/base/password-rule.c against the requirements C2 (keys) and M1 (accounts). */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
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
                PasswordProblem p = password_rule_check(&password_rule_key, view_string(cases[i].password));

                assert_int_equal(p, cases[i].problem);
                if (p == PASSWORD_GOOD)
                        assert_null(password_problem_to_string(p));
                else
                        assert_non_null(password_problem_to_string(p));
        }
}

/* M1: at least eight characters, upper and lower case, digit, special, no more than two identical ones in a row. */
static void test_account_rule(void **state) {
        static const struct {
                const char *password;
                PasswordProblem problem;
        } cases[] = {
                { "Abcdef1!", PASSWORD_GOOD },
                { "AAbb11!!", PASSWORD_GOOD },
                { "Abababa1!a", PASSWORD_GOOD },
                { "Abcde1!", PASSWORD_TOO_SHORT },
                { "abcdef1!", PASSWORD_NO_UPPER },
                { "ABCDEF1!", PASSWORD_NO_LOWER },
                { "Abcdefg!", PASSWORD_NO_DIGIT },
                { "Abcdefg1", PASSWORD_NO_SPECIAL },
                { "Abbb111!", PASSWORD_REPEATED },
                { "Abcdef1!!!", PASSWORD_REPEATED },
                { "AAAbcdef1!", PASSWORD_REPEATED },
                { "Abcdef1!żżż", PASSWORD_REPEATED }, /* characters, not bytes */
                { "Abcdef1!żż\xc5\xbc", PASSWORD_REPEATED },
                { "Abcdef1!żźż", PASSWORD_GOOD },
        };
        _cleanup_free_ char *sentence = password_rule_to_string(&password_rule_account);

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                assert_int_equal(password_rule_check(&password_rule_account, view_string(cases[i].password)), cases[i].problem);
        assert_string_equal(sentence, password_rule_account_sentence);
}

static void test_other_rules(void **state) {
        static const PasswordRule loose = { .length = 10 }, digits = { .length = 9, .digit = true, .repeat = 1 };
        _cleanup_free_ char *of_loose = password_rule_to_string(&loose), *of_digits = password_rule_to_string(&digits);

        assert_int_equal(password_rule_check(&loose, view_string("aaaaaaaaaa")), PASSWORD_GOOD);
        assert_int_equal(password_rule_check(&digits, view_string("abcdefgh1")), PASSWORD_GOOD);
        assert_int_equal(password_rule_check(&digits, view_string("abcdeffg1")), PASSWORD_REPEATED);
        assert_string_equal(of_loose, "The password needs at least 10 characters.");
        assert_string_equal(of_digits, "The password needs at least 9 characters, with a digit, and no more than 1 identical characters in a row.");
}

/* What is missing, all at once and in characters, not bytes. */
static void test_gaps(void **state) {
        PasswordGaps g;

        assert_false(password_rule_gaps(&password_rule_key, view_string(""), &g));
        assert_true(g.characters == 12 && g.upper && g.lower && g.digit && g.special && !g.repeated && !g.not_text);
        assert_false(password_rule_gaps(&password_rule_key, view_string("aŻ1"), &g));
        assert_true(g.characters == 9 && g.upper && !g.lower && !g.digit && g.special);
        assert_false(password_rule_gaps(&password_rule_account, view_string("Abcde1!!!"), &g));
        assert_true(g.characters == 0 && g.repeated && !g.upper && !g.special);
        assert_false(password_rule_gaps(&password_rule_key, view_string("\xff"), &g));
        assert_true(g.not_text && g.characters == 0);
        assert_true(password_rule_gaps(&password_rule_key, view_string("Correct-Horse7"), &g));
        assert_true(g.characters == 0 && !g.upper && !g.lower && !g.digit && !g.special && !g.repeated && !g.not_text);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rule),
                cmocka_unit_test(test_account_rule),
                cmocka_unit_test(test_other_rules),
                cmocka_unit_test(test_gaps),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
