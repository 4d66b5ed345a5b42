/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is told about a person, to make an account of or to change in one. Addresses are brought into their one form, so that codes go where they
 * were meant to and an invitation is compared with what it was sent to. */

#include "daemon/account.h"

typedef struct Person {
        char *name, *given_name, *surname, *email, *phone; /* NULL: not told; email and phone may be empty: there is none */
        const char *language;                              /* static; NULL: not told */
} Person;

void person_done(Person *p);

/* What may be told, each a copy. A language that there is not is a problem of its own. */
typedef struct PersonTold {
        const char *name, *given_name, *surname, *email, *phone, *language;
} PersonTold;

/* -EINVAL with *ret_problem, a sentence. */
int person_new(const PersonTold *told, Person *ret, const char **ret_problem);

/* Puts what was told in its place; where first and last name were told and `name` was not, it is made of them. Leaves `p` empty. */
int person_apply(Person *p, Account *a);
