/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a password of a key must have (requirement C2), in one place: the daemon enforces it, the client tells before it asks twice. */

#include "base/bytes.h"

#define PASSWORD_RULE_LENGTH 12U /* characters */

typedef enum PasswordProblem {
        PASSWORD_GOOD = 0,
        PASSWORD_NOT_TEXT,   /* not UTF-8, or with control characters */
        PASSWORD_TOO_SHORT,
        PASSWORD_NO_UPPER,
        PASSWORD_NO_LOWER,
        PASSWORD_NO_DIGIT,
        PASSWORD_NO_SPECIAL, /* a character that is neither letter (A to Z, any beyond ASCII) nor digit */
} PasswordProblem;

/* The first rule that is not met. Upper and lower case are told apart within ASCII, so that the answer does not hang on a locale; a letter
 * beyond ASCII counts towards the length only. */
PasswordProblem password_rule_check(View password);

/* An English sentence for each problem; a constant, also gettext's message id. NULL for PASSWORD_GOOD. */
const char *password_problem_to_string(PasswordProblem p);
