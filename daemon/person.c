/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is told about a person; see person.h. */

#include <errno.h>
#include <string.h>

#include "base/contact.h"
#include "base/utf8.h"
#include "daemon/person.h"

void person_done(Person *p) {
        free(p->name);
        free(p->given_name);
        free(p->surname);
        free(p->email);
        free(p->phone);
        *p = (Person) { 0 };
}

static bool text_is_valid(const char *s) {
        return !s || (strlen(s) <= ACCOUNT_TEXT_MAX && utf8_is_printable(s));
}

static const char *find_problem(const PersonTold *t) {
        if (!text_is_valid(t->name) || !text_is_valid(t->given_name) || !text_is_valid(t->surname))
                return "Names are at most 256 bytes of printable text each.";
        if (t->name && !*t->name)
                return "The name is empty.";
        if (t->language && !account_language(t->language))
                return "Messages are written in “en” or “pl”.";
        return NULL;
}

/* In the form in which it is stored; `text` NULL or empty stays so. */
static int copy_email(const char *text, char **ret) {
        char email[EMAIL_MAX + 1] = "";
        int r;

        r = text && *text ? email_normalize(text, email) : 0;
        if (r < 0 || !text)
                return r;
        *ret = strdup(email);
        return *ret ? 0 : -ENOMEM;
}

static int copy_phone(const char *text, char **ret) {
        char phone[PHONE_MAX + 1] = "";
        int r;

        r = text && *text ? phone_normalize(text, phone) : 0;
        if (r < 0 || !text)
                return r;
        *ret = strdup(phone);
        return *ret ? 0 : -ENOMEM;
}

static int copy_text(const char *text, char **ret) {
        if (!text)
                return 0;
        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}

int person_new(const PersonTold *told, Person *ret, const char **ret_problem) {
        _cleanup_(person_done) Person p = { 0 };
        const char *problem = find_problem(told);
        int r = 0;

        if (!problem) {
                r = copy_email(told->email, &p.email);
                if (r == -EINVAL)
                        problem = "This is no e-mail address.";
        }
        if (!problem && r >= 0) {
                r = copy_phone(told->phone, &p.phone);
                if (r == -EINVAL)
                        problem = "A phone number begins with + and the country, as in +48 600 100 200.";
        }
        if (problem) {
                *ret_problem = problem;
                return -EINVAL;
        }
        if (r >= 0)
                r = copy_text(told->name, &p.name);
        if (r >= 0)
                r = copy_text(told->given_name, &p.given_name);
        if (r >= 0)
                r = copy_text(told->surname, &p.surname);
        if (r < 0)
                return r;
        p.language = told->language ? account_language(told->language) : NULL;
        *ret = p;
        p = (Person) { 0 };
        return 0;
}

static void put(char **from, char **to) {
        if (!*from)
                return;
        free(*to);
        *to = TAKE_PTR(*from);
}

static bool is_told(const char *s) {
        return s && *s;
}

int person_apply(Person *p, Account *a) {
        bool composed = !p->name && (is_told(p->given_name) || is_told(p->surname));

        put(&p->name, &a->name);
        put(&p->given_name, &a->given_name);
        put(&p->surname, &a->surname);
        put(&p->email, &a->email);
        put(&p->phone, &a->phone);
        if (p->language)
                a->language = p->language;
        if (composed) {
                char *name;

                if (asprintf(&name, "%s%s%s", a->given_name ?: "", is_told(a->given_name) && is_told(a->surname) ? " " : "", a->surname ?: "") < 0)
                        return -ENOMEM;
                put(&name, &a->name);
        }
        return 0;
}
