/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A signer over a private key in this process; see signer.h. */

#include "sign/signer.h"

static int privkey_sign(Signer *s, const SignerItem *items, size_t n, Bytes *ret) {
        int r;

        for (size_t i = 0; i < n; i++) {
                r = key_sign(*(gnutls_privkey_t *) s->userdata, &s->scheme, items[i].tbs, &ret[i]);
                if (r >= 0)
                        continue;
                while (i-- > 0)
                        bytes_done(&ret[i]);
                return r;
        }
        return 0;
}

void signer_init_privkey(Signer *s, gnutls_privkey_t *key, const SignatureScheme *scheme, gnutls_x509_crt_t *chain, size_t n_chain) {
        *s = (Signer) {
                .scheme = *scheme,
                .chain = chain,
                .n_chain = n_chain,
                .sign = privkey_sign,
                .userdata = key,
        };
}
