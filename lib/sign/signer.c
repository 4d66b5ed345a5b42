/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A signer over a private key in this process, and what formats want of any; see signer.h. */

#include <errno.h>

#include "sign/signer.h"

int signer_sign_item(gnutls_privkey_t key, const SignatureScheme *scheme, const SignerItem *item, Bytes *ret) {
        _cleanup_bytes_ Bytes value = BYTES_NULL;
        int r;

        r = key_sign(key, scheme, item->tbs, &value);
        if (r < 0)
                return r;
        if (item->type == SIGNER_ITEM_XML_SIGNEDINFO)
                return signature_value_to_xml(scheme, bytes_view(&value), ret);
        *ret = bytes_take(&value);
        return 0;
}

void signer_tell(const Signer *s, size_t n) {
        if (s->signed_so_far)
                s->signed_so_far(s->signed_userdata, n);
}

static int privkey_sign(Signer *s, const SignerItem *items, size_t n, Bytes *ret) {
        int r;

        for (size_t i = 0; i < n; i++) {
                r = signer_sign_item(*(gnutls_privkey_t *) s->userdata, &s->scheme, &items[i], &ret[i]);
                if (r < 0)
                        return r;
                signer_tell(s, i + 1);
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

static bool is_self_issued(gnutls_x509_crt_t crt) {
        _cleanup_(datum_done) gnutls_datum_t subject = { 0 }, issuer = { 0 };

        return gnutls_x509_crt_get_raw_dn(crt, &subject) >= 0 && gnutls_x509_crt_get_raw_issuer_dn(crt, &issuer) >= 0 &&
               view_equal(VIEW(subject.data, subject.size), VIEW(issuer.data, issuer.size));
}

int signer_copy_chain(const Signer *s, Bytes ret[static SIGNER_CHAIN_MAX], size_t *ret_n) {
        size_t n = 0;

        if (s->n_chain == 0 || s->n_chain > SIGNER_CHAIN_MAX)
                return -EINVAL;
        for (size_t i = 0; i < s->n_chain; i++) {
                _cleanup_(datum_done) gnutls_datum_t der = { 0 };
                int r;

                if (i > 0 && is_self_issued(s->chain[i]))
                        continue;
                if (gnutls_x509_crt_export2(s->chain[i], GNUTLS_X509_FMT_DER, &der) < 0)
                        return -ENOMEM;
                r = bytes_dup(VIEW(der.data, der.size), &ret[n]);
                if (r < 0)
                        return r;
                n++;
        }
        *ret_n = n;
        return 0;
}
