/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Algorithms of CMS; see cms-algorithms.h. GnuTLS has the table of object identifiers; what CMS does differently is here. */

#include <errno.h>
#include <string.h>

#include "crypto/key.h"
#include "der/oids.h"
#include "sign/cms/cms-algorithms.h"
#include "sign/cms/cms-brainpool.h"

#define OID_RSA "1.2.840.113549.1.1.1"
#define OID_DSA "1.2.840.10040.4.1"

/* Of a key that came along, and may be anybody's: beyond what anybody uses, verifying takes minutes. */
#define KEY_BITS_MAX 16384U
#define EXPONENT_MAX 9U /* bytes, with the one that says that it is positive */
#define ORDER_MAX 65U   /* of DSA's subgroup, likewise */

DEFINE_CLEANUP(gnutls_x509_spki_t, gnutls_x509_spki_deinit);

gnutls_digest_algorithm_t cms_digest_of_oid(const char *oid) {
        return gnutls_oid_to_digest(oid);
}

/* saltLength; 20 when it is absent (RFC 4055 §3.1). */
static int read_salt(const Der *params, unsigned *ret) {
        View v;
        int r;

        r = der_value(params, "saltLength", &v);
        if (r == -ENOENT) {
                *ret = 20;
                return 0;
        }
        /* [2] EXPLICIT: the value is the INTEGER element. */
        if (r < 0 || v.len < 3 || v.len > 4 || v.data[0] != 0x02 || v.data[1] != v.len - 2 || (v.data[2] & 0x80))
                return -EBADMSG;
        *ret = v.len == 3 ? v.data[2] : (unsigned) v.data[2] << 8 | v.data[3];
        return 0;
}

/* The digest under maskGenAlgorithm, which has to be MGF1. */
static gnutls_digest_algorithm_t mgf_digest(const Der *params) {
        _cleanup_der_ Der *inner = NULL;
        char oid[DER_OID_MAX];
        View v;

        if (!der_has(params, "maskGenAlgorithm"))
                return GNUTLS_DIG_SHA1;
        if (der_oid(params, "maskGenAlgorithm.algorithm", oid) < 0 || strcmp(oid, OID_MGF1) != 0 ||
            der_element(params, "maskGenAlgorithm.parameters", &v) < 0 || der_decode("CMS.AlgorithmIdentifier", v, &inner) < 0 ||
            der_oid(inner, "algorithm", oid) < 0)
                return GNUTLS_DIG_UNKNOWN;
        return cms_digest_of_oid(oid);
}

/* RFC 4056 §3: hashAlgorithm is that of the SignerInfo, where there is one; MGF1 over another digest is allowed by nobody we know. */
static int read_pss(View v, CmsAlgorithms *a) {
        _cleanup_der_ Der *params = NULL;
        gnutls_digest_algorithm_t digest = GNUTLS_DIG_SHA1;
        char oid[DER_OID_MAX];
        int r;

        /* An empty SEQUENCE is all defaults. */
        if (v.len == 2) {
                a->salt = 20;
        } else {
                r = der_decode("CMS.RSASSA-PSS-params", v, &params);
                if (r < 0)
                        return r == -ENOMEM ? r : -EBADMSG;
                if (der_has(params, "hashAlgorithm")) {
                        if (der_oid(params, "hashAlgorithm.algorithm", oid) < 0)
                                return -EBADMSG;
                        digest = cms_digest_of_oid(oid);
                }
                if (digest != mgf_digest(params))
                        return CMS_ALGORITHM_E_UNSUPPORTED;
                r = read_salt(params, &a->salt);
                if (r < 0)
                        return r;
        }
        if (a->digest == GNUTLS_DIG_UNKNOWN)
                a->digest = digest;
        if (digest != a->digest)
                return CMS_ALGORITHM_E_MISMATCH;
        a->sign = gnutls_pk_to_sign(GNUTLS_PK_RSA_PSS, digest);
        return a->sign == GNUTLS_SIGN_UNKNOWN ? CMS_ALGORITHM_E_UNSUPPORTED : 0;
}

/* Identifiers that name a key only: the digest is digestAlgorithm. */
static gnutls_pk_algorithm_t plain_pk(const char *oid) {
        return strcmp(oid, OID_RSA) == 0             ? GNUTLS_PK_RSA
               : strcmp(oid, OID_EC_PUBLIC_KEY) == 0 ? GNUTLS_PK_ECDSA
               : strcmp(oid, OID_DSA) == 0           ? GNUTLS_PK_DSA
                                                     : GNUTLS_PK_UNKNOWN;
}

static int read_sign(const char *oid, CmsAlgorithms *a) {
        gnutls_pk_algorithm_t pk = plain_pk(oid);

        if (pk != GNUTLS_PK_UNKNOWN) {
                a->sign = gnutls_pk_to_sign(pk, a->digest);
                return a->sign == GNUTLS_SIGN_UNKNOWN ? CMS_ALGORITHM_E_UNSUPPORTED : 0;
        }
        a->sign = gnutls_oid_to_sign(oid);
        if (a->sign == GNUTLS_SIGN_UNKNOWN)
                return CMS_ALGORITHM_E_UNSUPPORTED;
        /* RFC 8419 §3.1: Ed25519 goes with SHA-512. */
        if (a->sign == GNUTLS_SIGN_EDDSA_ED25519)
                return a->digest == GNUTLS_DIG_SHA512 ? 0 : CMS_ALGORITHM_E_MISMATCH;
        return gnutls_sign_get_hash_algorithm(a->sign) == a->digest ? 0 : CMS_ALGORITHM_E_MISMATCH;
}

/* The parameters of RSASSA-PSS, which must be there. */
static int read_pss_of(const Der *d, const char *path, CmsAlgorithms *a) {
        View v;

        return der_element(d, path, &v) < 0 ? -EBADMSG : read_pss(v, a);
}

int cms_algorithms_read(const Der *signer_info, CmsAlgorithms *ret) {
        CmsAlgorithms a = { 0 };
        char oid[DER_OID_MAX];
        int r;

        if (der_oid(signer_info, "digestAlgorithm.algorithm", oid) < 0)
                return -EBADMSG;
        a.digest = cms_digest_of_oid(oid);
        if (a.digest == GNUTLS_DIG_UNKNOWN)
                return CMS_ALGORITHM_E_UNSUPPORTED;
        if (der_oid(signer_info, "signatureAlgorithm.algorithm", oid) < 0)
                return -EBADMSG;
        r = strcmp(oid, OID_RSASSA_PSS) == 0 ? read_pss_of(signer_info, "signatureAlgorithm.parameters", &a) : read_sign(oid, &a);
        if (r == 0)
                *ret = a;
        return r;
}

/* Takes an AlgorithmIdentifier's contents apart; NULL is the same as no parameters (RFC 5754 §2). */
static int split_identifier(View contents, View *ret_oid, View *ret_parameters) {
        int r = der_next(&contents, ret_oid, NULL);

        if (r < 0)
                return r;
        if (contents.len == 2 && contents.data[0] == 0x05)
                contents.len = 0;
        *ret_parameters = contents;
        return 0;
}

/* `path` names the SignerInfo's, `contents` is the other's. */
static int compare_identifier(const Der *info, const char *path, View contents) {
        View element, own, a_oid, a_parameters, b_oid, b_parameters;
        int r;

        r = der_element(info, path, &element);
        if (r >= 0)
                r = der_expect(&element, 0x30, &own);
        if (r >= 0)
                r = split_identifier(own, &a_oid, &a_parameters);
        if (r >= 0)
                r = split_identifier(contents, &b_oid, &b_parameters);
        if (r < 0)
                return -EBADMSG;
        return view_equal(a_oid, b_oid) && view_equal(a_parameters, b_parameters) ? 0 : CMS_ALGORITHM_E_MISMATCH;
}

int cms_algorithms_compare_protection(const Der *signer_info, View protection) {
        View contents, digest, signature;
        int r;

        r = der_expect(&protection, 0x30, &contents);
        if (r >= 0)
                r = der_expect(&contents, 0x30, &digest);
        /* That of a MAC stands in nothing that is signed. */
        if (r >= 0)
                r = der_expect(&contents, 0xa1, &signature);
        if (r < 0 || contents.len > 0 || protection.len > 0)
                return -EBADMSG;
        r = compare_identifier(signer_info, "digestAlgorithm", digest);
        return r != 0 ? r : compare_identifier(signer_info, "signatureAlgorithm", signature);
}

int cms_algorithms_read_identifier(View identifier, CmsAlgorithms *ret) {
        _cleanup_der_ Der *d = NULL;
        CmsAlgorithms a = { 0 };
        char oid[DER_OID_MAX];
        int r;

        r = der_decode("CMS.AlgorithmIdentifier", identifier, &d);
        if (r < 0 || der_oid(d, "algorithm", oid) < 0)
                return r == -ENOMEM ? r : -EBADMSG;
        if (strcmp(oid, OID_RSASSA_PSS) == 0) {
                r = read_pss_of(d, "parameters", &a);
                if (r != 0)
                        return r;
        } else {
                a.sign = gnutls_oid_to_sign(oid);
                if (a.sign == GNUTLS_SIGN_UNKNOWN)
                        return CMS_ALGORITHM_E_UNSUPPORTED;
                a.digest = a.sign == GNUTLS_SIGN_EDDSA_ED25519 ? GNUTLS_DIG_SHA512 : gnutls_sign_get_hash_algorithm(a.sign);
        }
        *ret = a;
        return 0;
}

/* A plain RSA key may sign with PSS; GnuTLS has to be told the salt's length, which it takes from the key's parameters. */
static int set_pss(gnutls_pubkey_t key, const CmsAlgorithms *a) {
        _cleanup_(gnutls_x509_spki_deinitp) gnutls_x509_spki_t spki = NULL;

        if (gnutls_sign_get_pk_algorithm(a->sign) != GNUTLS_PK_RSA_PSS)
                return 0;
        if (gnutls_x509_spki_init(&spki) < 0)
                return -ENOMEM;
        gnutls_x509_spki_set_rsa_pss_params(spki, a->digest, a->salt);
        return gnutls_pubkey_set_spki(key, spki, 0) < 0 ? -EKEYREJECTED : 0;
}

/* What a key that is not understood has signed cannot be told. */
static int public_key(gnutls_x509_crt_t crt, gnutls_pubkey_t *ret) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t key = NULL;
        int r;

        if (gnutls_pubkey_init(&key) < 0)
                return -ENOMEM;
        r = gnutls_pubkey_import_x509(key, crt, 0);
        if (r < 0)
                return r == GNUTLS_E_MEMORY_ERROR ? -ENOMEM : -EOPNOTSUPP;
        *ret = TAKE_PTR(key);
        return 0;
}

static bool is_affordable(gnutls_pubkey_t key) {
        _cleanup_(datum_done) gnutls_datum_t number = { 0 };
        unsigned bits = 0;

        switch (gnutls_pubkey_get_pk_algorithm(key, &bits)) {
        case GNUTLS_PK_RSA:
        case GNUTLS_PK_RSA_PSS:
                return bits <= KEY_BITS_MAX && gnutls_pubkey_export_rsa_raw2(key, NULL, &number, 0) >= 0 && number.size <= EXPONENT_MAX;
        case GNUTLS_PK_DSA:
                return bits <= KEY_BITS_MAX && gnutls_pubkey_export_dsa_raw2(key, NULL, &number, NULL, NULL, 0) >= 0 && number.size <= ORDER_MAX;
        default:
                return true;
        }
}

int cms_signature_verify_key(const CmsAlgorithms *a, gnutls_pubkey_t key, const View *data, View digest, View signature) {
        /* Whether an algorithm is still good is another question than whether the value fits. */
        const unsigned flags = GNUTLS_VERIFY_ALLOW_BROKEN | GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1;
        gnutls_datum_t value = { (unsigned char *) signature.data, (unsigned) signature.len }, d;
        int r;

        if ((!data && a->sign == GNUTLS_SIGN_EDDSA_ED25519) || !is_affordable(key))
                return -EOPNOTSUPP;
        if (gnutls_sign_get_pk_algorithm(a->sign) == GNUTLS_PK_ECDSA && !ecdsa_value_is_der(signature))
                return -EKEYREJECTED;
        r = set_pss(key, a);
        if (r < 0)
                return r;
        if (data) {
                d = (gnutls_datum_t) { (unsigned char *) data->data, (unsigned) data->len };
                r = gnutls_pubkey_verify_data2(key, a->sign, flags, &d, &value);
        } else {
                d = (gnutls_datum_t) { (unsigned char *) digest.data, (unsigned) digest.len };
                r = gnutls_pubkey_verify_hash2(key, a->sign, flags, &d, &value);
        }
        if (r == GNUTLS_E_MEMORY_ERROR)
                return -ENOMEM;
        return r < 0 ? -EKEYREJECTED : 0;
}

int cms_signature_verify(const CmsAlgorithms *a, gnutls_x509_crt_t signer, const View *data, View digest, View signature) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t key = NULL;
        BrainpoolKey brainpool;
        int r;

        r = cms_brainpool_key(signer, &brainpool);
        if (r > 0)
                return cms_brainpool_verify(a, &brainpool, data, digest, signature);
        r = public_key(signer, &key);
        return r < 0 ? r : cms_signature_verify_key(a, key, data, digest, signature);
}

/* TS 119 312 with the dates at which earlier editions let algorithms go; no entry, no end known today. */
static const struct {
        gnutls_digest_algorithm_t digest;
        int64_t until;
} digests[] = {
        { GNUTLS_DIG_MD2, 1091318400 },    /* 2004-08-01 */
        { GNUTLS_DIG_MD5, 1091318400 },    /* 2004-08-01 */
        { GNUTLS_DIG_RMD160, 1406851200 }, /* 2014-08-01 */
        { GNUTLS_DIG_SHA1, 1343779200 },   /* 2012-08-01 */
        { GNUTLS_DIG_SHA224, 1861920000 }, /* 2029-01-01 */
};

static const struct {
        gnutls_pk_algorithm_t pk;
        unsigned below; /* bits */
        int64_t until;
} keys[] = {
        { GNUTLS_PK_RSA, 1024, 1280620800 },   /* 2010-08-01 */
        { GNUTLS_PK_RSA, 1900, 1569888000 },   /* 2019-10-01 */
        { GNUTLS_PK_RSA, 3000, 1861920000 },   /* 2029-01-01 */
        { GNUTLS_PK_DSA, 2048, 1380585600 },   /* 2013-10-01 */
        { GNUTLS_PK_DSA, 3072, 1861920000 },   /* 2029-01-01 */
        { GNUTLS_PK_ECDSA, 224, 1380585600 },  /* 2013-10-01 */
        { GNUTLS_PK_ECDSA, 256, 1633046400 },  /* 2021-10-01 */
};

bool cms_digest_is_secure(gnutls_digest_algorithm_t digest, int64_t now) {
        if (digest == GNUTLS_DIG_UNKNOWN || digest == GNUTLS_DIG_NULL)
                return false;
        for (size_t i = 0; i < ELEMENTSOF(digests); i++)
                if (digests[i].digest == digest && now >= digests[i].until)
                        return false;
        return true;
}

/* What makes SHA-1 useless there is that somebody has an authority sign one of two texts that collide. Authorities gave it up by 2016, programs with the beginning of
 * 2017, and the first collision was shown in February of that year: what is proven to be older is no such text. */
#define SHA1_OF_AUTHORITIES_UNTIL INT64_C(1483228800) /* 2017-01-01 */

bool cms_digest_is_secure_for_authorities(gnutls_digest_algorithm_t digest, int64_t now) {
        return digest == GNUTLS_DIG_SHA1 ? now < SHA1_OF_AUTHORITIES_UNTIL : cms_digest_is_secure(digest, now);
}

bool cms_key_is_secure(gnutls_x509_crt_t crt, int64_t now) {
        unsigned bits = 0;
        int pk = gnutls_x509_crt_get_pk_algorithm(crt, &bits);

        if (pk == GNUTLS_PK_RSA_PSS)
                pk = GNUTLS_PK_RSA;
        for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                if ((int) keys[i].pk == pk && bits < keys[i].below && now >= keys[i].until)
                        return false;
        return true;
}

int cms_algorithms_check(const CmsAlgorithms *a, gnutls_x509_crt_t signer, int64_t now) {
        return cms_digest_is_secure(a->digest, now) && cms_key_is_secure(signer, now) ? 0 : -EKEYREJECTED;
}

int cms_bit_string_check(View identifier, gnutls_x509_crt_t signer, int64_t now) {
        CmsAlgorithms a;
        int r;

        r = cms_algorithms_read_identifier(identifier, &a);
        if (r == -ENOMEM)
                return r;
        return r == 0 && cms_digest_is_secure_for_authorities(a.digest, now) && cms_key_is_secure(signer, now) ? 0 : -EKEYREJECTED;
}

int cms_bit_string_verify_value(View identifier, gnutls_x509_crt_t signer, View data, View signature) {
        CmsAlgorithms a;
        int r;

        r = cms_algorithms_read_identifier(identifier, &a);
        if (r == -ENOMEM)
                return r;
        /* The first octet counts the bits that are not used. */
        if (r != 0 || signature.len < 2 || signature.data[0] != 0)
                return -EKEYREJECTED;
        r = cms_signature_verify(&a, signer, &data, (View) { 0 }, VIEW(signature.data + 1, signature.len - 1));
        return r == -EOPNOTSUPP ? -EKEYREJECTED : r;
}

int cms_bit_string_verify(View identifier, gnutls_x509_crt_t signer, View data, View signature, int64_t now) {
        int r = cms_bit_string_check(identifier, signer, now);

        return r < 0 ? r : cms_bit_string_verify_value(identifier, signer, data, signature);
}
