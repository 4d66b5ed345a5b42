/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Answers of polkit that were given without a challenge, each remembered for 5 s at most, for one sender and action. */

#include <stdbool.h>

typedef struct Answer Answer;

typedef struct AnswerMemory {
        Answer *first;
} AnswerMemory;

bool answers_have(AnswerMemory *m, const char *sender, const char *action);

/* Without memory or room nothing is remembered, and polkit is asked again: no failure. */
void answers_add(AnswerMemory *m, const char *sender, const char *action);

/* Forgets what was answered to `sender`; NULL: everything. */
void answers_forget(AnswerMemory *m, const char *sender);
