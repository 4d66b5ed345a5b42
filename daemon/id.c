/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Random names; see id.h. */

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/id.h"

int id_random(size_t n, char *ret) {
        static const char digits[] = "0123456789abcdef";
        unsigned char bytes[ID_SECRET];

        if (n > sizeof(bytes))
                return -EINVAL;
        if (getrandom(bytes, n, 0) != (ssize_t) n)
                return -EIO;
        for (size_t i = 0; i < n; i++) {
                ret[2 * i] = digits[bytes[i] >> 4];
                ret[2 * i + 1] = digits[bytes[i] & 15];
        }
        ret[2 * n] = 0;
        return 0;
}

bool id_is_valid(size_t n, const char *s) {
        return strlen(s) == 2 * n && strspn(s, "0123456789abcdef") == 2 * n;
}
