/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Answers of polkit; see answers.h. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "bus/answers.h"

#define SECONDS 5
#define ANSWERS_MAX 128U

struct Answer {
        Answer *next;
        char *sender, *action;
        int64_t until;
};

/* In nanoseconds: a clock that nobody sets. */
static int64_t now(void) {
        struct timespec t;

        clock_gettime(CLOCK_BOOTTIME, &t);
        return (int64_t) t.tv_sec * 1000000000 + t.tv_nsec;
}

static Answer *answer_free(Answer *a) {
        if (!a)
                return NULL;
        free(a->sender);
        free(a->action);
        free(a);
        return NULL;
}

DEFINE_CLEANUP(Answer *, answer_free);

/* Drops what is remembered no longer than until `time`, and what belongs to `sender`, which may be NULL. */
static void drop(AnswerMemory *m, int64_t time, const char *sender) {
        for (Answer **i = &m->first; *i;) {
                Answer *a = *i;

                if (a->until > time && (!sender || strcmp(a->sender, sender) != 0)) {
                        i = &a->next;
                        continue;
                }
                *i = a->next;
                answer_free(a);
        }
}

bool answers_have(AnswerMemory *m, const char *sender, const char *action) {
        drop(m, now(), NULL);
        for (const Answer *a = m->first; a; a = a->next)
                if (strcmp(a->sender, sender) == 0 && strcmp(a->action, action) == 0)
                        return true;
        return false;
}

void answers_add(AnswerMemory *m, const char *sender, const char *action) {
        _cleanup_(answer_freep) Answer *a = NULL;
        unsigned n = 0;

        if (answers_have(m, sender, action))
                return;
        for (const Answer *i = m->first; i; i = i->next)
                n++;
        a = calloc(1, sizeof(*a));
        if (!a || n >= ANSWERS_MAX)
                return;
        a->sender = strdup(sender);
        a->action = strdup(action);
        if (!a->sender || !a->action)
                return;
        a->until = now() + INT64_C(1000000000) * SECONDS;
        a->next = m->first;
        m->first = TAKE_PTR(a);
}

void answers_forget(AnswerMemory *m, const char *sender) {
        drop(m, sender ? now() : INT64_MAX, sender);
}
