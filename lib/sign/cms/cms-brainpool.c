/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Keys on Brainpool curves; see cms-brainpool.h. */

#include <errno.h>
#include <string.h>

#include "base/der-tag.h"
#include "crypto/digest.h"
#include "crypto/key.h"
#include "der/oids.h"
#include "sign/cms/cms-brainpool.h"

#define TAG_VERSION 0xa0 /* [0] */

/* subjectPublicKeyInfo (RFC 5280 section 4.1): behind version, serialNumber, signature, issuer, validity and subject. */
static int find_key_info(View certificate, View *ret) {
        View whole, tbs, skipped;
        int r;

        r = der_expect(&certificate, TAG_SEQUENCE, &whole);
        if (r >= 0)
                r = der_expect(&whole, TAG_SEQUENCE, &tbs);
        if (r >= 0)
                r = der_optional(&tbs, TAG_VERSION, &skipped);
        if (r >= 0)
                r = der_expect(&tbs, TAG_INTEGER, &skipped);
        for (unsigned i = 0; r >= 0 && i < 4; i++)
                r = der_expect(&tbs, TAG_SEQUENCE, &skipped);
        return r < 0 ? r : der_expect(&tbs, TAG_SEQUENCE, ret);
}

/* RFC 5480 section 2.1: id-ecPublicKey with a named curve. Curves that are written out are no names, whatever their numbers. */
static int read_key(View info, BrainpoolKey *ret) {
        View algorithm, element, bits;
        char oid[DER_OID_MAX];
        BrainpoolCurve curve;

        if (der_expect(&info, TAG_SEQUENCE, &algorithm) < 0 || der_expect(&info, TAG_BIT_STRING, &bits) < 0 || der_next(&algorithm, &element, NULL) < 0 ||
            der_read_oid(element, oid) < 0)
                return -EBADMSG;
        if (strcmp(oid, OID_EC_PUBLIC_KEY) != 0 || der_next(&algorithm, &element, NULL) < 0 || der_read_oid(element, oid) < 0)
                return 0;
        curve = brainpool_curve_of_oid(oid);
        if (curve == BRAINPOOL_NONE)
                return 0;
        if (bits.len < 1 || bits.data[0] != 0)
                return -EBADMSG;
        return brainpool_key_set(curve, VIEW(bits.data + 1, bits.len - 1), ret) < 0 ? -EBADMSG : 1;
}

int cms_brainpool_key(gnutls_x509_crt_t crt, BrainpoolKey *ret) {
        _cleanup_(datum_done) gnutls_datum_t der = { 0 };
        unsigned bits = 0;
        View info;

        if (gnutls_x509_crt_get_pk_algorithm(crt, &bits) >= 0 && bits > 0)
                return 0;
        if (gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der) < 0)
                return -ENOMEM;
        return find_key_info(VIEW(der.data, der.size), &info) < 0 ? -EBADMSG : read_key(info, ret);
}

static int verify(const CmsAlgorithms *a, const BrainpoolKey *key, const View *data, View digest, View r, View s) {
        Digest d;
        int q;

        if (gnutls_sign_get_pk_algorithm(a->sign) != GNUTLS_PK_ECDSA)
                return -EKEYREJECTED;
        if (!data)
                return brainpool_verify(key, digest, r, s);
        q = digest_of(a->digest, *data, &d);
        return q < 0 ? q : brainpool_verify(key, digest_view(&d), r, s);
}

int cms_brainpool_verify(const CmsAlgorithms *a, const BrainpoolKey *key, const View *data, View digest, View value) {
        View numbers, r, s;

        if (!ecdsa_value_is_der(value) || der_expect(&value, TAG_SEQUENCE, &numbers) < 0 || der_expect(&numbers, TAG_INTEGER, &r) < 0 ||
            der_expect(&numbers, TAG_INTEGER, &s) < 0)
                return -EKEYREJECTED;
        return verify(a, key, data, digest, r, s);
}

int cms_brainpool_verify_numbers(const CmsAlgorithms *a, const BrainpoolKey *key, View data, View value) {
        size_t size = brainpool_size(key->curve);

        if (value.len != 2 * size)
                return -EKEYREJECTED;
        return verify(a, key, &data, (View) { 0 }, VIEW(value.data, size), VIEW(value.data + size, size));
}
