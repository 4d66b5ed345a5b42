/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The CA as requests name it; see issuer.h. */

#include <errno.h>
#include <gnutls/abstract.h>

#include "base/der-tag.h"
#include "crypto/key.h"
#include "der/der.h"
#include "ocsp/issuer.h"

int certificate_import(View der, gnutls_x509_crt_t *ret) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        gnutls_datum_t d = { .data = (unsigned char *) der.data, .size = (unsigned) der.len };

        if (der.len == 0 || der.len > UINT32_MAX)
                return -EBADMSG;
        if (gnutls_x509_crt_init(&crt) < 0)
                return -ENOMEM;
        if (gnutls_x509_crt_import(crt, &d, GNUTLS_X509_FMT_DER) < 0)
                return -EBADMSG;
        *ret = TAKE_PTR(crt);
        return 0;
}

/* SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING } */
static int key_octets_of(View spki, Bytes *ret) {
        View whole, contents, algorithm, bits;

        if (der_next(&spki, &whole, &contents) < 0 || der_next(&contents, &algorithm, NULL) < 0 || der_next(&contents, &whole, &bits) < 0)
                return -EBADMSG;
        if (whole.data[0] != TAG_BIT_STRING || bits.len < 2 || bits.data[0] != 0)
                return -EBADMSG;
        return bytes_dup(VIEW(bits.data + 1, bits.len - 1), ret);
}

int certificate_key_octets(gnutls_x509_crt_t certificate, Bytes *ret) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t key = NULL;
        gnutls_datum_t spki = { 0 };
        int r;

        if (gnutls_pubkey_init(&key) < 0)
                return -ENOMEM;
        if (gnutls_pubkey_import_x509(key, certificate, 0) < 0)
                return -EBADMSG;
        if (gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &spki) < 0)
                return -EIO;
        r = key_octets_of(VIEW(spki.data, spki.size), ret);
        gnutls_free(spki.data);
        return r;
}

static int compute_digests(Issuer *i, View name, View key) {
        static const gnutls_digest_algorithm_t algorithms[ISSUER_DIGESTS] = { GNUTLS_DIG_SHA1, GNUTLS_DIG_SHA256, GNUTLS_DIG_SHA384, GNUTLS_DIG_SHA512 };
        int r = sha256(bytes_view(&i->certificate), i->fingerprint);

        for (size_t n = 0; r >= 0 && n < ELEMENTSOF(algorithms); n++) {
                i->digests[n].algorithm = algorithms[n];
                r = digest_of(algorithms[n], name, &i->digests[n].name);
                if (r >= 0)
                        r = digest_of(algorithms[n], key, &i->digests[n].key);
        }
        return r;
}

int issuer_read(View certificate, Issuer *ret) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        _cleanup_bytes_ Bytes key = BYTES_NULL;
        _cleanup_issuer_ Issuer i = { 0 };
        gnutls_datum_t name = { 0 };
        int r;

        r = certificate_import(certificate, &crt);
        if (r >= 0)
                r = bytes_dup(certificate, &i.certificate);
        if (r >= 0)
                r = certificate_key_octets(crt, &key);
        if (r < 0)
                return r;
        if (gnutls_x509_crt_get_raw_dn(crt, &name) < 0)
                return -EBADMSG;
        r = compute_digests(&i, VIEW(name.data, name.size), bytes_view(&key));
        gnutls_free(name.data);
        if (r < 0)
                return r;
        *ret = i;
        i = (Issuer) { 0 };
        return 0;
}

void issuer_done(Issuer *i) {
        bytes_done(&i->certificate);
}

bool issuer_is_meant(const Issuer *i, const OcspCertificateId *id) {
        for (size_t n = 0; n < ELEMENTSOF(i->digests); n++)
                if (i->digests[n].algorithm == id->digest)
                        return view_equal(digest_view(&i->digests[n].name), id->name_hash) && view_equal(digest_view(&i->digests[n].key), id->key_hash);
        return false;
}
