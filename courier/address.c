/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Addresses; see address.h. */

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "courier/address.h"

#define ADDRESS_MAX 254U
#define LOCAL_MAX 64U

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* Labels or atoms of `letters`, joined by single dots. */
static bool is_dotted(const char *s, size_t n, const char *letters) {
        if (n == 0 || s[0] == '.' || s[n - 1] == '.')
                return false;
        for (size_t i = 0; i < n; i++)
                if (s[i] == '.' ? s[i + 1] == '.' : !strchr(letters, s[i]))
                        return false;
        return true;
}

bool mail_address_is_valid(const char *s) {
        const char *at = strchr(s, '@');
        size_t local = at ? (size_t) (at - s) : 0;

        /* A word that begins with a dash would be an option to sendmail(1). */
        return at && strlen(s) <= ADDRESS_MAX && local <= LOCAL_MAX && *s != '-' && is_dotted(s, local, LETTERS "!#$%&'*+-/=?^_`{|}~") &&
                is_dotted(at + 1, strlen(at + 1), LETTERS "-");
}

int mail_address_split(const char *s, char **ret_name, char **ret_address) {
        _cleanup_free_ char *name = NULL, *address = NULL;
        const char *open = strrchr(s, '<');
        size_t n;

        if (!open) {
                address = strdup(s);
        } else {
                n = strlen(open);
                if (open[n - 1] != '>')
                        return -EINVAL;
                address = strndup(open + 1, n - 2);
                n = (size_t) (open - s);
                while (n > 0 && s[n - 1] == ' ')
                        n--;
                if (n >= 2 && s[0] == '"' && s[n - 1] == '"') {
                        s++;
                        n -= 2;
                }
                if (n > 0 && !(name = strndup(s, n)))
                        return -ENOMEM;
        }
        if (!address)
                return -ENOMEM;
        if (!mail_address_is_valid(address) || (name && !utf8_is_printable(name)))
                return -EINVAL;
        *ret_name = TAKE_PTR(name);
        *ret_address = TAKE_PTR(address);
        return 0;
}

int phone_normalize(const char *s, char ret[static PHONE_MAX]) {
        char out[PHONE_MAX];
        size_t n = 0, digits = 0;

        for (; *s; s++) {
                if (strchr(" -.()/", *s))
                        continue;
                if (n + 1 >= PHONE_MAX || !(*s == '+' ? n == 0 : *s >= '0' && *s <= '9'))
                        return -EINVAL;
                digits += *s != '+';
                out[n++] = *s;
        }
        if (digits < 3 || digits > 15)
                return -EINVAL;
        out[n] = 0;
        memcpy(ret, out, n + 1);
        return 0;
}
