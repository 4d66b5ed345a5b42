/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Algorithms of XML signatures; see xml-algorithms.h. */

#include <errno.h>
#include <gnutls/crypto.h>
#include <string.h>

#include "crypto/key.h"
#include "sign/xml/xml-algorithms.h"

#define MORE "http://www.w3.org/2001/04/xmldsig-more#"
#define MORE_2007 "http://www.w3.org/2007/05/xmldsig-more#"
#define MORE_2021 "http://www.w3.org/2021/04/xmldsig-more#"
#define XMLENC "http://www.w3.org/2001/04/xmlenc#"
#define XMLDSIG11 "http://www.w3.org/2009/xmldsig11#"

static const struct {
        const char *uri;
        gnutls_digest_algorithm_t digest;
} digests[] = {
        { XML_NS_DSIG "sha1", GNUTLS_DIG_SHA1 },
        { MORE "md5", GNUTLS_DIG_MD5 },
        { MORE "sha224", GNUTLS_DIG_SHA224 },
        { XMLENC "sha256", GNUTLS_DIG_SHA256 },
        { MORE "sha384", GNUTLS_DIG_SHA384 },
        { XMLENC "sha512", GNUTLS_DIG_SHA512 },
        { XMLENC "ripemd160", GNUTLS_DIG_RMD160 },
        { MORE_2007 "sha3-224", GNUTLS_DIG_SHA3_224 },
        { MORE_2007 "sha3-256", GNUTLS_DIG_SHA3_256 },
        { MORE_2007 "sha3-384", GNUTLS_DIG_SHA3_384 },
        { MORE_2007 "sha3-512", GNUTLS_DIG_SHA3_512 },
};

static const struct {
        const char *uri;
        gnutls_pk_algorithm_t pk;
        gnutls_digest_algorithm_t digest;
} methods[] = {
        { XML_NS_DSIG "rsa-sha1", GNUTLS_PK_RSA, GNUTLS_DIG_SHA1 },
        { MORE "rsa-sha224", GNUTLS_PK_RSA, GNUTLS_DIG_SHA224 },
        { MORE "rsa-sha256", GNUTLS_PK_RSA, GNUTLS_DIG_SHA256 },
        { MORE "rsa-sha384", GNUTLS_PK_RSA, GNUTLS_DIG_SHA384 },
        { MORE "rsa-sha512", GNUTLS_PK_RSA, GNUTLS_DIG_SHA512 },
        { MORE_2007 "sha256-rsa-MGF1", GNUTLS_PK_RSA_PSS, GNUTLS_DIG_SHA256 },
        { MORE_2007 "sha384-rsa-MGF1", GNUTLS_PK_RSA_PSS, GNUTLS_DIG_SHA384 },
        { MORE_2007 "sha512-rsa-MGF1", GNUTLS_PK_RSA_PSS, GNUTLS_DIG_SHA512 },
        { XML_NS_DSIG "dsa-sha1", GNUTLS_PK_DSA, GNUTLS_DIG_SHA1 },
        { XMLDSIG11 "dsa-sha256", GNUTLS_PK_DSA, GNUTLS_DIG_SHA256 },
        { MORE "ecdsa-sha1", GNUTLS_PK_ECDSA, GNUTLS_DIG_SHA1 },
        { MORE "ecdsa-sha224", GNUTLS_PK_ECDSA, GNUTLS_DIG_SHA224 },
        { MORE "ecdsa-sha256", GNUTLS_PK_ECDSA, GNUTLS_DIG_SHA256 },
        { MORE "ecdsa-sha384", GNUTLS_PK_ECDSA, GNUTLS_DIG_SHA384 },
        { MORE "ecdsa-sha512", GNUTLS_PK_ECDSA, GNUTLS_DIG_SHA512 },
        { MORE_2021 "eddsa-ed25519", GNUTLS_PK_EDDSA_ED25519, GNUTLS_DIG_SHA512 },
        { MORE_2021 "eddsa-ed448", GNUTLS_PK_EDDSA_ED448, GNUTLS_DIG_SHA512 }, /* no weaker: it has SHAKE256 in itself */
        { MORE_2021 "ecdsa-sha3-224", GNUTLS_PK_ECDSA, GNUTLS_DIG_SHA3_224 },
        { MORE_2021 "ecdsa-sha3-256", GNUTLS_PK_ECDSA, GNUTLS_DIG_SHA3_256 },
        { MORE_2021 "ecdsa-sha3-384", GNUTLS_PK_ECDSA, GNUTLS_DIG_SHA3_384 },
        { MORE_2021 "ecdsa-sha3-512", GNUTLS_PK_ECDSA, GNUTLS_DIG_SHA3_512 },
        { MORE "rsa-md5", GNUTLS_PK_RSA, GNUTLS_DIG_MD5 },
};

/* In the order in which TS 119 312 gives them up. */
static const gnutls_digest_algorithm_t by_end[] = { GNUTLS_DIG_MD5, GNUTLS_DIG_SHA1, GNUTLS_DIG_RMD160, GNUTLS_DIG_SHA224 };

const char *xml_digest_to_uri(gnutls_digest_algorithm_t digest) {
        for (size_t i = 0; i < ELEMENTSOF(digests); i++)
                if (digests[i].digest == digest)
                        return digests[i].uri;
        return NULL;
}

const char *xml_method_of_scheme(const SignatureScheme *scheme) {
        bool pss = scheme->salt > 0;
        gnutls_pk_algorithm_t pk = pss ? GNUTLS_PK_RSA_PSS : gnutls_sign_get_pk_algorithm(scheme->sign);

        if (pss && scheme->salt != (unsigned) gnutls_hash_get_len(scheme->message_digest))
                return NULL;
        for (size_t i = 0; i < ELEMENTSOF(methods); i++)
                if (methods[i].pk == pk && methods[i].digest == scheme->message_digest)
                        return methods[i].uri;
        return NULL;
}

gnutls_digest_algorithm_t xml_digest_of_uri(const char *uri) {
        for (size_t i = 0; uri && i < ELEMENTSOF(digests); i++)
                if (strcmp(uri, digests[i].uri) == 0)
                        return digests[i].digest;
        return GNUTLS_DIG_UNKNOWN;
}

gnutls_digest_algorithm_t xml_digest_of(const xmlNode *element) {
        const xmlNode *method = xml_child(element, element->ns ? (const char *) element->ns->href : "", "DigestMethod");

        /* In XAdES it is ds:DigestMethod inside an element of its own namespace. */
        if (!method)
                method = xml_child(element, XML_NS_DSIG, "DigestMethod");
        return method ? xml_digest_of_uri(xml_attribute(method, "Algorithm")) : GNUTLS_DIG_UNKNOWN;
}

gnutls_digest_algorithm_t xml_digest_weaker(gnutls_digest_algorithm_t a, gnutls_digest_algorithm_t b) {
        for (size_t i = 0; i < ELEMENTSOF(by_end); i++)
                if (a == by_end[i] || b == by_end[i])
                        return by_end[i];
        return a;
}

static int set_method(gnutls_pk_algorithm_t pk, gnutls_digest_algorithm_t digest, unsigned salt, CmsAlgorithms *ret) {
        gnutls_sign_algorithm_t sign = pk == GNUTLS_PK_EDDSA_ED25519 ? GNUTLS_SIGN_EDDSA_ED25519 :
                pk == GNUTLS_PK_EDDSA_ED448                          ? GNUTLS_SIGN_EDDSA_ED448
                                                                     : gnutls_pk_to_sign(pk, digest);

        if (sign == GNUTLS_SIGN_UNKNOWN)
                return XML_ALGORITHM_E_UNSUPPORTED;
        *ret = (CmsAlgorithms) { .digest = digest, .sign = sign, .salt = salt };
        return 0;
}

static bool is_trailer_one(const xmlNode *trailer) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;

        return !trailer || (xml_text(trailer, 16, &text) == 0 && view_equal(bytes_view(&text), VIEW_LITERAL("1")));
}

static int read_salt(const xmlNode *salt, unsigned *ret) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        char *end;
        unsigned long n;

        if (!salt)
                return 0;
        if (xml_text(salt, 8, &text) < 0 || text.len == 0 || text.data[0] < '0' || text.data[0] > '9')
                return XML_ALGORITHM_E_UNSUPPORTED;
        n = strtoul((char *) text.data, &end, 10);
        if (*end != '\0' || n > 1024)
                return XML_ALGORITHM_E_UNSUPPORTED;
        *ret = (unsigned) n;
        return 0;
}

/* RFC 9231 section 2.3.10: what is left out is SHA-256, MGF1 over the same, a salt as long as the digest, trailer 1. */
static int read_pss(const xmlNode *method, CmsAlgorithms *ret) {
        const xmlNode *params = xml_first_element(method), *mgf;
        gnutls_digest_algorithm_t digest = GNUTLS_DIG_SHA256, mask;
        unsigned salt;
        int r;

        if (params && (!xml_is(params, MORE_2007, "RSAPSSParams") || xml_next_element(params)))
                return XML_ALGORITHM_E_UNSUPPORTED;
        if (params && xml_child(params, XML_NS_DSIG, "DigestMethod"))
                digest = xml_digest_of(params);
        mgf = params ? xml_child(params, MORE_2007, "MaskGenerationFunction") : NULL;
        mask = mgf && xml_child(mgf, XML_NS_DSIG, "DigestMethod") ? xml_digest_of(mgf) : digest;
        salt = gnutls_hash_get_len(digest);
        r = read_salt(params ? xml_child(params, MORE_2007, "SaltLength") : NULL, &salt);
        if (r != 0 || digest == GNUTLS_DIG_UNKNOWN || mask != digest || !is_trailer_one(params ? xml_child(params, MORE_2007, "TrailerField") : NULL))
                return XML_ALGORITHM_E_UNSUPPORTED;
        return set_method(GNUTLS_PK_RSA_PSS, digest, salt, ret);
}

int xml_algorithms_read(const xmlNode *method, CmsAlgorithms *ret) {
        const char *uri = xml_attribute(method, "Algorithm");

        if (!uri)
                return XML_ALGORITHM_E_UNSUPPORTED;
        if (strstr(uri, "#hmac-") || xml_child(method, XML_NS_DSIG, "HMACOutputLength"))
                return XML_ALGORITHM_E_SECRET;
        if (strcmp(uri, MORE_2007 "rsa-pss") == 0)
                return read_pss(method, ret);
        for (size_t i = 0; i < ELEMENTSOF(methods) && !xml_first_element(method); i++)
                if (strcmp(uri, methods[i].uri) == 0)
                        return set_method(methods[i].pk, methods[i].digest, gnutls_hash_get_len(methods[i].digest), ret);
        return XML_ALGORITHM_E_UNSUPPORTED;
}

static bool has_two_numbers(const CmsAlgorithms *a) {
        gnutls_pk_algorithm_t pk = gnutls_sign_get_pk_algorithm(a->sign);

        return pk == GNUTLS_PK_ECDSA || pk == GNUTLS_PK_DSA;
}

/* r and s as DER. Of DSA the group's order is as wide as the digest that goes with it. */
static int to_der(const CmsAlgorithms *a, unsigned bits, View value, gnutls_datum_t *ret) {
        size_t width = gnutls_sign_get_pk_algorithm(a->sign) == GNUTLS_PK_DSA ? (size_t) gnutls_hash_get_len(a->digest) : (bits + 7) / 8;
        gnutls_datum_t r = { (unsigned char *) value.data, (unsigned) width }, s;

        if (width == 0 || value.len != 2 * width)
                return -EKEYREJECTED;
        s = (gnutls_datum_t) { (unsigned char *) value.data + width, (unsigned) width };
        return gnutls_encode_rs_value(ret, &r, &s) < 0 ? -ENOMEM : 0;
}

int xml_signature_value_verify(const CmsAlgorithms *a, gnutls_pubkey_t key, View data, View value) {
        gnutls_datum_t der = { 0 };
        unsigned bits = 0;
        int r;

        if (gnutls_pubkey_get_pk_algorithm(key, &bits) <= GNUTLS_PK_UNKNOWN)
                return -EOPNOTSUPP;
        if (!has_two_numbers(a))
                return cms_signature_verify_key(a, key, &data, (View) { 0 }, value);
        r = to_der(a, bits, value, &der);
        if (r >= 0)
                r = cms_signature_verify_key(a, key, &data, (View) { 0 }, VIEW(der.data, der.size));
        gnutls_free(der.data);
        return r;
}
