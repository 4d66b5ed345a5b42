/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a password must have, in one place: the daemon enforces it, the client tells before it asks twice. */

#include "base/bytes.h"

typedef struct PasswordRule {
        unsigned length;                     /* characters, at least */
        bool upper, lower, digit, special;   /* one of these, at least */
        unsigned repeat;                     /* identical characters in a row, at most; 0: as many as one likes */
} PasswordRule;

extern const PasswordRule password_rule_key;     /* of keys: requirement C2 */
extern const PasswordRule password_rule_account; /* of accounts, unless configured otherwise: requirement M1 */

typedef enum PasswordProblem {
        PASSWORD_GOOD = 0,
        PASSWORD_NOT_TEXT,   /* not UTF-8, or with control characters */
        PASSWORD_TOO_SHORT,
        PASSWORD_NO_UPPER,
        PASSWORD_NO_LOWER,
        PASSWORD_NO_DIGIT,
        PASSWORD_NO_SPECIAL, /* a character that is neither letter (A to Z, any beyond ASCII) nor digit */
        PASSWORD_REPEATED,   /* more identical characters in a row than there may be */
} PasswordProblem;

/* The first part of the rule that is not met. Upper and lower case are told apart within ASCII, so that the answer does not hang on a locale; a
 * letter beyond ASCII counts towards the length only. */
PasswordProblem password_rule_check(const PasswordRule *rule, View password);

/* All of what is missing, for who is told while typing. */
typedef struct PasswordGaps {
        bool not_text;
        size_t characters; /* so many more */
        bool upper, lower, digit, special;
        bool repeated;
} PasswordGaps;

/* True when nothing is missing. */
bool password_rule_gaps(const PasswordRule *rule, View password, PasswordGaps *ret);

/* An English sentence for each problem with the password of a key; a constant, also gettext's message id. NULL for PASSWORD_GOOD. */
const char *password_problem_to_string(PasswordProblem p);

/* A whole rule as an English sentence, which the caller frees. NULL when out of memory. */
char *password_rule_to_string(const PasswordRule *rule);

/* What that gives for password_rule_account: gettext's message id. */
extern const char password_rule_account_sentence[];
