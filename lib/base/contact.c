/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* E-mail addresses and phone numbers; see contact.h. */

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/contact.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define LOCAL_MAX 64U
#define LABEL_MAX 63U
#define PHONE_DIGITS_MIN 7U

/* Atoms of `allowed` with single dots between, up to `end`. */
static bool is_dotted(const char *s, const char *end, const char *allowed, size_t atom_max) {
        for (;; s++) {
                size_t n = strspn(s, allowed);

                if (n == 0 || n > atom_max)
                        return false;
                s += n;
                if (s >= end)
                        return s == end;
                if (*s != '.')
                        return false;
        }
}

static bool is_host(const char *s) {
        const char *end = s + strlen(s);

        if (!is_dotted(s, end, LETTERS DIGITS "-", LABEL_MAX) || *s == '-' || end[-1] == '-')
                return false;
        return !strstr(s, ".-") && !strstr(s, "-.");
}

bool email_is_valid(const char *email) {
        const char *at = strchr(email, '@');

        if (!at || strlen(email) > EMAIL_MAX || (size_t) (at - email) > LOCAL_MAX)
                return false;
        return is_dotted(email, at, LETTERS DIGITS "!#$%&'*+-/=?^_`{|}~", LOCAL_MAX) && is_host(at + 1);
}

bool email_equal(const char *a, const char *b) {
        size_t local;

        if (!email_is_valid(a) || !email_is_valid(b))
                return false;
        local = (size_t) (strchr(a, '@') - a);
        return strncmp(a, b, local + 1) == 0 && strcasecmp(a + local + 1, b + local + 1) == 0;
}

int email_normalize(const char *email, char ret[static EMAIL_MAX + 1]) {
        size_t i = 0;

        if (!email_is_valid(email))
                return -EINVAL;
        for (bool host = false; email[i]; i++) {
                ret[i] = host && email[i] >= 'A' && email[i] <= 'Z' ? (char) (email[i] + ('a' - 'A')) : email[i];
                host = host || email[i] == '@';
        }
        ret[i] = '\0';
        return 0;
}

int phone_normalize(const char *text, char ret[static PHONE_MAX + 1]) {
        char number[PHONE_MAX + 1];
        size_t n = 0;

        for (const char *p = text; *p; p++) {
                if (n > 0 && strchr(" -.()", *p))
                        continue;
                if (n == 0 ? *p != '+' : !strchr(DIGITS, *p))
                        return -EINVAL;
                if (n == PHONE_MAX)
                        return -EINVAL;
                number[n++] = *p;
        }
        if (n < 1 + PHONE_DIGITS_MIN || number[1] == '0')
                return -EINVAL;
        number[n] = '\0';
        strcpy(ret, number);
        return 0;
}
