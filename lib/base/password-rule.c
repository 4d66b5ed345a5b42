/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The rule for passwords of keys; see password-rule.h. Reads the password where it lies and keeps nothing of it. */

#include "base/password-rule.h"
#include "base/utf8.h"

/* Marks a sentence for xgettext; the client passes it through gettext(). */
#define N_(s) s

static const char *const problems[] = {
        [PASSWORD_NOT_TEXT] = N_("The password has characters that cannot be typed."),
        [PASSWORD_TOO_SHORT] = N_("The password needs at least 12 characters."),
        [PASSWORD_NO_UPPER] = N_("The password needs an upper-case letter."),
        [PASSWORD_NO_LOWER] = N_("The password needs a lower-case letter."),
        [PASSWORD_NO_DIGIT] = N_("The password needs a digit."),
        [PASSWORD_NO_SPECIAL] = N_("The password needs a special character."),
};

PasswordProblem password_rule_check(View password) {
        bool upper = false, lower = false, digit = false, special = false;
        size_t characters = 0;

        if (!utf8_is_valid(password))
                return PASSWORD_NOT_TEXT;
        for (size_t i = 0; i < password.len; i++) {
                uint8_t c = password.data[i];

                if (c < 0x20 || c == 0x7f)
                        return PASSWORD_NOT_TEXT;
                if ((c & 0xc0) != 0x80)
                        characters++;
                if (c >= 'A' && c <= 'Z')
                        upper = true;
                else if (c >= 'a' && c <= 'z')
                        lower = true;
                else if (c >= '0' && c <= '9')
                        digit = true;
                else if (c < 0x80)
                        special = true;
        }
        if (characters < PASSWORD_RULE_LENGTH)
                return PASSWORD_TOO_SHORT;
        if (!upper)
                return PASSWORD_NO_UPPER;
        if (!lower)
                return PASSWORD_NO_LOWER;
        if (!digit)
                return PASSWORD_NO_DIGIT;
        return special ? PASSWORD_GOOD : PASSWORD_NO_SPECIAL;
}

const char *password_problem_to_string(PasswordProblem p) {
        return (size_t) p < ELEMENTSOF(problems) ? problems[p] : NULL;
}
