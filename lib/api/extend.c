/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Timestamps for what is signed already. */

#include <errno.h>

#include "api/api.h"
#include "sign/extend.h"

/* Tokens with the certificates of an authority of three levels have 6 KiB. */
#define TOKEN_MAX 65536U

typedef struct Stamping {
        sygnet_stamp_func *stamp;
        void *userdata;
} Stamping;

static int stamp(void *userdata, gnutls_digest_algorithm_t algorithm, View digest, Bytes *ret_token) {
        const Stamping *s = userdata;
        _cleanup_bytes_ Bytes token = BYTES_NULL;
        size_t len = TOKEN_MAX;
        int r;

        r = bytes_reserve(&token, TOKEN_MAX);
        if (r < 0)
                return r;
        r = s->stamp(s->userdata, gnutls_digest_get_name(algorithm), digest.data, digest.len, token.data, &len);
        if (r != 0)
                return r < 0 ? r : -EIO;
        if (len == 0 || len > TOKEN_MAX)
                return -EMSGSIZE;
        token.len = len;
        *ret_token = bytes_take(&token);
        return 0;
}

PUBLIC int sygnet_extend_fd(int in_fd, int out_fd, const char *document_password, sygnet_stamp_func *func, void *userdata) {
        Stamping s = { .stamp = func, .userdata = userdata };
        size_t n;

        return document_extend(in_fd, out_fd, view_string(document_password), stamp, &s, &n);
}
