/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rules for passwords; see password-rule.h. Reads the password where it lies and keeps nothing of it. */

#include <string.h>

#include "base/password-rule.h"
#include "base/utf8.h"

/* Marks a sentence for xgettext; the client passes it through gettext(). */
#define N_(s) s

const PasswordRule password_rule_key = { .length = 12, .upper = true, .lower = true, .digit = true, .special = true };
const PasswordRule password_rule_account = { .length = 8, .upper = true, .lower = true, .digit = true, .special = true, .repeat = 2 };

const char password_rule_account_sentence[] =
        N_("The password needs at least 8 characters, with an upper-case letter, a lower-case letter, a digit and a special character, and no more "
           "than 2 identical characters in a row.");

static const char *const problems[] = {
        [PASSWORD_NOT_TEXT] = N_("The password has characters that cannot be typed."),
        [PASSWORD_TOO_SHORT] = N_("The password needs at least 12 characters."),
        [PASSWORD_NO_UPPER] = N_("The password needs an upper-case letter."),
        [PASSWORD_NO_LOWER] = N_("The password needs a lower-case letter."),
        [PASSWORD_NO_DIGIT] = N_("The password needs a digit."),
        [PASSWORD_NO_SPECIAL] = N_("The password needs a special character."),
        [PASSWORD_REPEATED] = N_("The password has too many identical characters in a row."),
};

/* What the password consists of. */
typedef struct Content {
        size_t characters, in_row; /* in_row: the longest run of one character */
        bool upper, lower, digit, special;
} Content;

static void note_class(Content *c, uint8_t byte) {
        if (byte >= 'A' && byte <= 'Z')
                c->upper = true;
        else if (byte >= 'a' && byte <= 'z')
                c->lower = true;
        else if (byte >= '0' && byte <= '9')
                c->digit = true;
        else if (byte < 0x80)
                c->special = true;
}

/* -1 when it cannot be typed. */
static int look_at(View password, Content *c) {
        const uint8_t *before = NULL;
        size_t length_before = 0, run = 0;

        if (!utf8_is_valid(password))
                return -1;
        for (size_t i = 0, n; i < password.len; i += n) {
                const uint8_t *p = password.data + i;

                if (*p < 0x20 || *p == 0x7f)
                        return -1;
                for (n = 1; i + n < password.len && (p[n] & 0xc0) == 0x80;)
                        n++;
                note_class(c, *p);
                run = n == length_before && memcmp(p, before, n) == 0 ? run + 1 : 1;
                if (run > c->in_row)
                        c->in_row = run;
                c->characters++;
                before = p;
                length_before = n;
        }
        return 0;
}

bool password_rule_gaps(const PasswordRule *rule, View password, PasswordGaps *ret) {
        Content c = { 0 };
        PasswordGaps g;

        if (look_at(password, &c) < 0) {
                *ret = (PasswordGaps) { .not_text = true };
                return false;
        }
        g = (PasswordGaps) {
                .characters = c.characters < rule->length ? rule->length - c.characters : 0,
                .upper = rule->upper && !c.upper,
                .lower = rule->lower && !c.lower,
                .digit = rule->digit && !c.digit,
                .special = rule->special && !c.special,
                .repeated = rule->repeat > 0 && c.in_row > rule->repeat,
        };
        *ret = g;
        return g.characters == 0 && !g.upper && !g.lower && !g.digit && !g.special && !g.repeated;
}

PasswordProblem password_rule_check(const PasswordRule *rule, View password) {
        PasswordGaps g;

        if (password_rule_gaps(rule, password, &g))
                return PASSWORD_GOOD;
        return g.not_text         ? PASSWORD_NOT_TEXT
               : g.characters > 0 ? PASSWORD_TOO_SHORT
               : g.upper          ? PASSWORD_NO_UPPER
               : g.lower          ? PASSWORD_NO_LOWER
               : g.digit          ? PASSWORD_NO_DIGIT
               : g.special        ? PASSWORD_NO_SPECIAL
                                  : PASSWORD_REPEATED;
}

const char *password_problem_to_string(PasswordProblem p) {
        return (size_t) p < ELEMENTSOF(problems) ? problems[p] : NULL;
}

/* ", with an upper-case letter, a digit and a special character" */
static int append_classes(Bytes *b, const PasswordRule *rule) {
        const struct {
                bool wanted;
                const char *name;
        } classes[] = {
                { rule->upper, "an upper-case letter" },
                { rule->lower, "a lower-case letter" },
                { rule->digit, "a digit" },
                { rule->special, "a special character" },
        };
        unsigned left = 0, told = 0;

        for (size_t i = 0; i < ELEMENTSOF(classes); i++)
                left += classes[i].wanted;
        for (size_t i = 0; i < ELEMENTSOF(classes); i++) {
                int r;

                if (!classes[i].wanted)
                        continue;
                r = bytes_printf(b, "%s%s", told == 0 ? ", with " : left == 1 ? " and " : ", ", classes[i].name);
                if (r < 0)
                        return r;
                told++;
                left--;
        }
        return 0;
}

char *password_rule_to_string(const PasswordRule *rule) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        int r;

        r = bytes_printf(&b, "The password needs at least %u characters", rule->length);
        if (r >= 0)
                r = append_classes(&b, rule);
        if (r >= 0 && rule->repeat > 0)
                r = bytes_printf(&b, ", and no more than %u identical characters in a row", rule->repeat);
        if (r >= 0)
                r = bytes_append(&b, ".", 2);
        return r < 0 ? NULL : (char *) bytes_take(&b).data;
}
