/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Secrets that wipe themselves; see secret.h. */

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/secret.h"

struct Secret {
        size_t len;
        size_t allocated;
        uint8_t data[];
};

int secret_new(size_t len, Secret **ret) {
        Secret *s;

        if (len > SIZE_MAX - sizeof(*s) - 1)
                return -EOVERFLOW;
        s = calloc(1, sizeof(*s) + len + 1);
        if (!s)
                return -ENOMEM;
        s->len = s->allocated = len;
        *ret = s;
        return 0;
}

int secret_dup(View v, Secret **ret) {
        int r;

        r = secret_new(v.len, ret);
        if (r < 0)
                return r;
        if (v.len > 0)
                memcpy((*ret)->data, v.data, v.len);
        return 0;
}

int secret_random(size_t len, Secret **ret) {
        _cleanup_secret_ Secret *s = NULL;
        size_t done = 0;
        int r;

        r = secret_new(len, &s);
        if (r < 0)
                return r;
        while (done < len) {
                ssize_t n = getrandom(s->data + done, len - done, 0);

                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n > 0)
                        done += (size_t) n;
        }
        *ret = TAKE_PTR(s);
        return 0;
}

int secret_read_fd(int fd, size_t max, bool chomp, Secret **ret) {
        _cleanup_secret_ Secret *s = NULL;
        size_t done = 0;
        int r;

        if (max > SECRET_MAX)
                return -EINVAL;
        /* Room for a newline and for one byte that tells that there is more. */
        r = secret_new(max + 2, &s);
        if (r < 0)
                return r;
        while (done < max + 2) {
                ssize_t n = read(fd, s->data + done, max + 2 - done);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                done += (size_t) n;
        }
        if (chomp && done > 0 && s->data[done - 1] == '\n')
                done--;
        if (done > max)
                return -E2BIG;
        secret_truncate(s, done);
        *ret = TAKE_PTR(s);
        return 0;
}

Secret *secret_free(Secret *s) {
        if (!s)
                return NULL;
        secret_wipe(s->data, s->allocated);
        free(s);
        return NULL;
}

uint8_t *secret_data(Secret *s) {
        return s->data;
}

size_t secret_len(const Secret *s) {
        return s->len;
}

View secret_view(const Secret *s) {
        return s ? VIEW(s->data, s->len) : VIEW(NULL, 0);
}

void secret_truncate(Secret *s, size_t len) {
        if (len >= s->len)
                return;
        secret_wipe(s->data + len, s->len - len);
        s->len = len;
}

bool secret_equal(View a, View b) {
        uint8_t diff = 0;

        if (a.len != b.len)
                return false;
        for (size_t i = 0; i < a.len; i++)
                diff |= (uint8_t) (a.data[i] ^ b.data[i]);
        /* The barrier keeps the compiler from leaving the loop at the first difference. */
        __asm__ volatile("" : "+r"(diff));
        return diff == 0;
}

void secret_wipe(void *p, size_t len) {
        if (len > 0)
                explicit_bzero(p, len);
}
