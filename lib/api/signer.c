/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signers: keys in files, and the caller's own. */

#include <errno.h>
#include <string.h>

#include "api/api.h"
#include "base/atomic-file.h"
#include "config.h"
#include "crypto/key-file.h"
#include "sign/extend.h"

#define CERTIFICATES_FILE_MAX (256U * 1024U)

PUBLIC const char *sygnet_version(void) {
        return SYGNET_VERSION;
}

PUBLIC const char *sygnet_strerror(int result) {
        const char *text = NULL;

        if (result > API_KEY_FILE)
                text = key_file_strerror(result - API_KEY_FILE);
        else if (result > 0)
                text = result >= EXTEND_E_NOT_SIGNED ? extend_strerror(result) : document_strerror(result);
        else
                text = result == 0 ? "It succeeded." : strerrordesc_np(-result);
        return text ?: "It failed.";
}

static int add_certificate(sygnet_signer *s, gnutls_x509_crt_t crt) {
        gnutls_x509_crt_t *grown = reallocarray(s->chain, s->n_chain + 1, sizeof(*grown));

        if (!grown) {
                gnutls_x509_crt_deinit(crt);
                return -ENOMEM;
        }
        s->chain = grown;
        s->chain[s->n_chain++] = crt;
        return 0;
}

/* PEM, in the order in which it stands there. */
static int add_certificates(sygnet_signer *s, View pem) {
        const gnutls_datum_t datum = { (unsigned char *) (uintptr_t) pem.data, (unsigned) pem.len };
        gnutls_x509_crt_t *list = NULL;
        unsigned n = 0;
        int r = 0;

        if (gnutls_x509_crt_list_import2(&list, &n, &datum, GNUTLS_X509_FMT_PEM, 0) < 0)
                return -EBADMSG;
        for (unsigned i = 0; i < n; i++)
                if (r == 0)
                        r = add_certificate(s, list[i]);
                else
                        gnutls_x509_crt_deinit(list[i]);
        gnutls_free(list);
        return r;
}

static int set_scheme(sygnet_signer *s) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
        SignatureScheme scheme;
        int r;

        if (s->n_chain == 0)
                return -ENODATA;
        if (gnutls_pubkey_init(&pubkey) < 0)
                return -ENOMEM;
        if (gnutls_pubkey_import_x509(pubkey, s->chain[0], 0) < 0)
                return -EBADMSG;
        r = signature_scheme_of_pubkey(pubkey, &scheme);
        if (r < 0)
                return r;
        signer_init_privkey(&s->signer, &s->key, &scheme, s->chain, s->n_chain);
        return 0;
}

/* Sets the certificate first that the key belongs to. */
static int put_own_first(sygnet_signer *s, View public_key) {
        for (size_t i = 0; i < s->n_chain; i++) {
                gnutls_x509_crt_t own = s->chain[i];

                if (key_matches_certificate(public_key, own) < 0)
                        continue;
                memmove(s->chain + 1, s->chain, i * sizeof(own));
                s->chain[0] = own;
                return 0;
        }
        return s->n_chain == 0 ? -ENODATA : API_KEY_FILE + KEY_FILE_E_MISMATCH;
}

/* Takes over what the file had. */
static int take_key_file(sygnet_signer *s, KeyFile *f, const char *certificates) {
        _cleanup_bytes_ Bytes pem = BYTES_NULL;
        int r = 0;

        s->key = TAKE_PTR(f->key);
        s->chain = TAKE_PTR(f->certificates);
        s->n_chain = f->n_certificates;
        f->n_certificates = 0;
        if (certificates)
                r = read_file(certificates, CERTIFICATES_FILE_MAX, &pem);
        if (r == 0 && certificates)
                r = add_certificates(s, bytes_view(&pem));
        if (r == 0)
                r = put_own_first(s, bytes_view(&f->public_key));
        return r == 0 ? set_scheme(s) : r;
}

PUBLIC int sygnet_signer_open(const char *path, const char *password, const char *certificates, sygnet_signer **ret) {
        _cleanup_bytes_ Bytes file = BYTES_NULL;
        _cleanup_key_file_ KeyFile key = { 0 };
        sygnet_signer *s;
        int r;

        r = read_file(path, KEY_FILE_SIZE_MAX, &file);
        if (r < 0)
                return r;
        r = key_file_read(bytes_view(&file), view_string(password), &key);
        if (r != 0)
                return r > 0 ? API_KEY_FILE + r : r;
        s = calloc(1, sizeof(*s));
        if (!s)
                return -ENOMEM;
        r = take_key_file(s, &key, certificates);
        if (r != 0) {
                sygnet_signer_free(s);
                return r;
        }
        *ret = s;
        return 0;
}

PUBLIC int sygnet_signer_new(const char *certificates, sygnet_sign_func *sign, void *userdata, sygnet_signer **ret) {
        sygnet_signer *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        s->sign = sign;
        s->userdata = userdata;
        r = add_certificates(s, view_string(certificates));
        if (r == 0)
                r = set_scheme(s);
        if (r != 0) {
                sygnet_signer_free(s);
                return r;
        }
        *ret = s;
        return 0;
}

PUBLIC int sygnet_signer_use_pss(sygnet_signer *s) {
        return signature_scheme_to_pss(&s->signer.scheme) < 0 ? -EINVAL : 0;
}

PUBLIC const char *sygnet_signer_scheme(const sygnet_signer *s) {
        /* Which of two kinds of key it is (RFC 4055 §1.2) does not matter to who signs. */
        switch (s->signer.scheme.sign) {
        case GNUTLS_SIGN_RSA_PSS_RSAE_SHA256:
                return "RSA-PSS-SHA256";
        case GNUTLS_SIGN_RSA_PSS_RSAE_SHA384:
                return "RSA-PSS-SHA384";
        case GNUTLS_SIGN_RSA_PSS_RSAE_SHA512:
                return "RSA-PSS-SHA512";
        default:
                return gnutls_sign_get_name(s->signer.scheme.sign) ?: "";
        }
}

PUBLIC void sygnet_signer_free(sygnet_signer *s) {
        if (!s)
                return;
        if (s->key)
                gnutls_privkey_deinit(s->key);
        for (size_t i = 0; i < s->n_chain; i++)
                gnutls_x509_crt_deinit(s->chain[i]);
        free(s->chain);
        free(s);
}

/* The caller's function, whose ECDSA values are CMS's. */
static int sign_by_caller(const sygnet_signer *s, const SignerItem *item, Bytes *ret) {
        uint8_t value[1024];
        size_t len = sizeof(value);
        int r;

        r = s->sign(s->userdata, item->tbs.data, item->tbs.len, value, &len);
        if (r != 0)
                return r < 0 ? r : -EIO;
        if (len == 0 || len > sizeof(value))
                return -EMSGSIZE;
        return bytes_dup(VIEW(value, len), ret);
}

int api_sign(const sygnet_signer *s, const SignerItem *item, Bytes *ret) {
        if (s->key)
                return key_sign(s->key, &s->signer.scheme, item->tbs, ret);
        return s->sign ? sign_by_caller(s, item, ret) : -ENOKEY;
}
