/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* daemon/item.c: what may be signed and, mostly, what may not. The certificate is that of the fuzz target; attributes are built here. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "../fuzz/item-certificate.h"
#include "crypto/digest.h"
#include "daemon/item.h"

#define PKCS9 "\x2a\x86\x48\x86\xf7\x0d\x01\x09"
#define OID_CONTENT_TYPE VIEW_LITERAL(PKCS9 "\x03")
#define OID_MESSAGE_DIGEST VIEW_LITERAL(PKCS9 "\x04")
#define OID_SIGNING_TIME VIEW_LITERAL(PKCS9 "\x05")
#define OID_COUNTER_SIGNATURE VIEW_LITERAL(PKCS9 "\x06")
#define OID_ALGORITHM_PROTECTION VIEW_LITERAL(PKCS9 "\x34")
#define OID_SIGNING_CERTIFICATE VIEW_LITERAL(PKCS9 "\x10\x02\x0c")
#define OID_SIGNING_CERTIFICATE_V2 VIEW_LITERAL(PKCS9 "\x10\x02\x2f")
#define OID_SIGNER_ATTRIBUTES VIEW_LITERAL(PKCS9 "\x10\x02\x12")
#define OID_POLICY VIEW_LITERAL(PKCS9 "\x10\x02\x0f")
#define OID_TST_INFO VIEW_LITERAL(PKCS9 "\x10\x01\x04")
#define OID_DATA VIEW_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")
#define OID_MIME_TYPE VIEW_LITERAL("\x04\x00\x8d\x45\x02\x01")
#define OID_SHA256 VIEW_LITERAL("\x60\x86\x48\x01\x65\x03\x04\x02\x01")
#define OID_SHA512 VIEW_LITERAL("\x60\x86\x48\x01\x65\x03\x04\x02\x03")
#define OID_SHA1 VIEW_LITERAL("\x2b\x0e\x03\x02\x1a")
#define OID_ECDSA_SHA256 VIEW_LITERAL("\x2a\x86\x48\xce\x3d\x04\x03\x02")
#define OID_ECDSA_SHA384 VIEW_LITERAL("\x2a\x86\x48\xce\x3d\x04\x03\x03")

static ItemRules *rules;

static void put(Bytes *b, uint8_t tag, View content) {
        assert_int_equal(bytes_append_byte(b, tag), 0);
        if (content.len >= 0x100) {
                assert_int_equal(bytes_append_byte(b, 0x82), 0);
                assert_int_equal(bytes_append_byte(b, (uint8_t) (content.len >> 8)), 0);
        } else if (content.len >= 0x80)
                assert_int_equal(bytes_append_byte(b, 0x81), 0);
        assert_int_equal(bytes_append_byte(b, (uint8_t) content.len), 0);
        assert_int_equal(bytes_append_view(b, content), 0);
}

/* Puts what `b` holds into an element. */
static void wrap(Bytes *b, uint8_t tag) {
        _cleanup_bytes_ Bytes inner = bytes_take(b);

        put(b, tag, bytes_view(&inner));
}

/* A list of attributes, each kept apart so that they can be sorted as DER has them. */
typedef struct Attributes {
        Bytes each[12];
        size_t n;
} Attributes;

static void add(Attributes *a, View oid, View value) {
        _cleanup_bytes_ Bytes values = BYTES_NULL;
        Bytes *b = &a->each[a->n++];

        put(&values, 0x31, value);
        put(b, 0x06, oid);
        assert_int_equal(bytes_append_view(b, bytes_view(&values)), 0);
        wrap(b, 0x30);
}

static void add_primitive(Attributes *a, View oid, uint8_t tag, View content) {
        _cleanup_bytes_ Bytes value = BYTES_NULL;

        put(&value, tag, content);
        add(a, oid, bytes_view(&value));
}

static int compare(const void *a, const void *b) {
        const Bytes *x = a, *y = b;

        return memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);
}

static Bytes finish(Attributes *a) {
        Bytes set = BYTES_NULL;

        qsort(a->each, a->n, sizeof(Bytes), compare);
        for (size_t i = 0; i < a->n; i++) {
                assert_int_equal(bytes_append_view(&set, bytes_view(&a->each[i])), 0);
                bytes_done(&a->each[i]);
        }
        a->n = 0;
        wrap(&set, 0x31);
        return set;
}

/* signing-certificate-v2 over `certificate`; `hash_oid` of length 0 leaves the algorithm out. */
static void add_certificate(Attributes *a, View certificate, gnutls_digest_algorithm_t algorithm, View hash_oid) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        Digest d;

        assert_int_equal(digest_of(algorithm, certificate, &d), 0);
        if (hash_oid.len > 0) {
                put(&b, 0x06, hash_oid);
                wrap(&b, 0x30);
        }
        put(&b, 0x04, digest_view(&d));
        wrap(&b, 0x30);
        wrap(&b, 0x30);
        wrap(&b, 0x30);
        add(a, OID_SIGNING_CERTIFICATE_V2, bytes_view(&b));
}

static View own(void) {
        return VIEW(item_certificate, sizeof(item_certificate));
}

static const uint8_t digest[32] = { 1, 2, 3 };

static void add_needed(Attributes *a) {
        add_primitive(a, OID_CONTENT_TYPE, 0x06, OID_DATA);
        add_primitive(a, OID_MESSAGE_DIGEST, 0x04, VIEW(digest, sizeof(digest)));
        add_certificate(a, own(), GNUTLS_DIG_SHA256, VIEW(NULL, 0));
}

static const char *verdict(ItemType type, View bytes) {
        const char *reason = NULL;
        View d = { 0 };
        int r = item_check(rules, type, bytes, ITEM_PREPARED, &d, &reason);

        if (r == ITEM_ACCEPTED) {
                if (type == ITEM_CMS_ATTRIBUTES)
                        assert_int_equal(d.len, 32);
                return NULL;
        }
        assert_int_equal(r, ITEM_E_REFUSED);
        assert_non_null(reason);
        return reason;
}

static void accept_set(Attributes *a) {
        _cleanup_bytes_ Bytes b = finish(a);

        assert_null(verdict(ITEM_CMS_ATTRIBUTES, bytes_view(&b)));
}

static void refuse_set(Attributes *a, const char *reason) {
        _cleanup_bytes_ Bytes b = finish(a);

        assert_string_equal(verdict(ITEM_CMS_ATTRIBUTES, bytes_view(&b)), reason);
}

/* RFC 5652 section 11.4: it has no content, and so no type of one. */
static void test_countersignature(void **state) {
        Attributes a = { 0 };

        add_primitive(&a, OID_MESSAGE_DIGEST, 0x04, VIEW(digest, 32));
        add_certificate(&a, own(), GNUTLS_DIG_SHA256, VIEW(NULL, 0));
        accept_set(&a);
}

static void test_minimal(void **state) {
        Attributes a = { 0 };
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        const char *reason;
        View d = { 0 };

        add_needed(&a);
        b = finish(&a);
        assert_int_equal(item_check(rules, ITEM_CMS_ATTRIBUTES, bytes_view(&b), ITEM_PREPARED, &d, &reason), ITEM_ACCEPTED);
        assert_true(view_equal(d, VIEW(digest, sizeof(digest))));
        /* The same bytes are nothing else. */
        assert_non_null(verdict(ITEM_XML_SIGNEDINFO, bytes_view(&b)));
        assert_string_equal(verdict(ITEM_TYPE_INVALID, bytes_view(&b)), "the type of the item is not known");
}

static void test_every_byte_counts(void **state) {
        Attributes a = { 0 };
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        size_t accepted = 0;

        add_needed(&a);
        b = finish(&a);
        for (size_t i = 0; i < b.len; i++) {
                assert_non_null(verdict(ITEM_CMS_ATTRIBUTES, VIEW(b.data, i)));
                b.data[i] ^= 1;
                if (!verdict(ITEM_CMS_ATTRIBUTES, bytes_view(&b)))
                        accepted++;
                b.data[i] ^= 1;
        }
        assert_int_equal(accepted, sizeof(digest)); /* the message digest alone is free */
        assert_int_equal(bytes_append_byte(&b, 0), 0);
        assert_non_null(verdict(ITEM_CMS_ATTRIBUTES, bytes_view(&b)));
}

static void test_missing(void **state) {
        Attributes a = { 0 };

        add_primitive(&a, OID_CONTENT_TYPE, 0x06, OID_DATA);
        add_certificate(&a, own(), GNUTLS_DIG_SHA256, VIEW(NULL, 0));
        refuse_set(&a, "message-digest is missing");
        add_primitive(&a, OID_CONTENT_TYPE, 0x06, OID_DATA);
        add_primitive(&a, OID_MESSAGE_DIGEST, 0x04, VIEW(digest, 32));
        refuse_set(&a, "signing-certificate-v2 is missing");
        refuse_set(&a, "message-digest is missing"); /* the empty set */
}

static void test_other_content(void **state) {
        Attributes a = { 0 };

        add_primitive(&a, OID_CONTENT_TYPE, 0x06, OID_TST_INFO);
        add_primitive(&a, OID_MESSAGE_DIGEST, 0x04, VIEW(digest, 32));
        add_certificate(&a, own(), GNUTLS_DIG_SHA256, VIEW(NULL, 0));
        refuse_set(&a, "content-type is not id-data");
        add_primitive(&a, OID_CONTENT_TYPE, 0x06, OID_DATA);
        add_primitive(&a, OID_MESSAGE_DIGEST, 0x04, VIEW(digest, 20));
        add_certificate(&a, own(), GNUTLS_DIG_SHA256, VIEW(NULL, 0));
        refuse_set(&a, "message-digest is not a digest of the credential's algorithm");
}

static void test_other_certificate(void **state) {
        static const uint8_t other[] = { 0x30, 0x00 };
        Attributes a = { 0 };

        add_primitive(&a, OID_CONTENT_TYPE, 0x06, OID_DATA);
        add_primitive(&a, OID_MESSAGE_DIGEST, 0x04, VIEW(digest, 32));
        add_certificate(&a, VIEW(other, sizeof(other)), GNUTLS_DIG_SHA256, VIEW(NULL, 0));
        refuse_set(&a, "signing-certificate-v2 does not name the credential's certificate");
}

static void test_certificate_algorithms(void **state) {
        static const char reason[] = "signing-certificate-v2 has a digest other than SHA-256 (left out), SHA-384 or SHA-512";
        Attributes a = { 0 };
        struct {
                gnutls_digest_algorithm_t algorithm;
                View oid;
                bool good;
        } cases[] = {
                { GNUTLS_DIG_SHA512, OID_SHA512, true },
                { GNUTLS_DIG_SHA256, OID_SHA256, false }, /* DER leaves the default out */
                { GNUTLS_DIG_SHA1, OID_SHA1, false },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                add_primitive(&a, OID_CONTENT_TYPE, 0x06, OID_DATA);
                add_primitive(&a, OID_MESSAGE_DIGEST, 0x04, VIEW(digest, 32));
                add_certificate(&a, own(), cases[i].algorithm, cases[i].oid);
                if (cases[i].good)
                        accept_set(&a);
                else
                        refuse_set(&a, reason);
        }
}

static void test_signing_time(void **state) {
        static const struct {
                const char *text;
                uint8_t tag;
                bool good;
        } cases[] = {
                { "260601120000Z", 0x17, true },
                { "260601115500Z", 0x17, true },
                { "260601120500Z", 0x17, true },
                { "260601115459Z", 0x17, false },
                { "260601120501Z", 0x17, false },
                { "260601120000+0000", 0x17, false },
                { "2606011200Z", 0x17, false },
                { "260601120000z", 0x17, false },
                { "2606011200 0Z", 0x17, false },
                { "260532120000Z", 0x17, false },
                { "20260601120000Z", 0x18, false }, /* GeneralizedTime begins with 2050 */
                { "20260601120000.5Z", 0x18, false },
                { "20600601120000Z", 0x18, false },
                { "260601120000Z", 0x0c, false },
                { "", 0x17, false },
        };
        Attributes a = { 0 };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_bytes_ Bytes b = BYTES_NULL;

                add_needed(&a);
                add_primitive(&a, OID_SIGNING_TIME, cases[i].tag, view_string(cases[i].text));
                b = finish(&a);
                if (cases[i].good)
                        assert_null(verdict(ITEM_CMS_ATTRIBUTES, bytes_view(&b)));
                else
                        assert_non_null(verdict(ITEM_CMS_ATTRIBUTES, bytes_view(&b)));
        }
}

static void test_allow_list(void **state) {
        static const char reason[] = "an attribute is not among those that may be signed";
        Attributes a = { 0 };
        View refused[] = { OID_COUNTER_SIGNATURE, OID_SIGNING_CERTIFICATE, OID_SIGNER_ATTRIBUTES, OID_POLICY, VIEW_LITERAL("\x55\x1d\x0f") };

        for (size_t i = 0; i < ELEMENTSOF(refused); i++) {
                add_needed(&a);
                add_primitive(&a, refused[i], 0x30, VIEW("", 0));
                refuse_set(&a, reason);
        }
        add_needed(&a);
        add_primitive(&a, OID_MIME_TYPE, 0x0c, view_string("application/pdf"));
        accept_set(&a);
        add_needed(&a);
        add_primitive(&a, OID_MIME_TYPE, 0x0c, VIEW("\xc0\x80", 2));
        refuse_set(&a, "the item is not a DER SET OF Attribute");
}

static void add_protection(Attributes *a, View digest_oid, View signature_oid, uint8_t signature_tag) {
        _cleanup_bytes_ Bytes first = BYTES_NULL, second = BYTES_NULL;

        put(&first, 0x06, digest_oid);
        wrap(&first, 0x30);
        put(&second, 0x06, signature_oid);
        wrap(&second, signature_tag);
        assert_int_equal(bytes_append_view(&first, bytes_view(&second)), 0);
        wrap(&first, 0x30);
        add(a, OID_ALGORITHM_PROTECTION, bytes_view(&first));
}

static void test_algorithm_protection(void **state) {
        Attributes a = { 0 };

        add_needed(&a);
        add_protection(&a, OID_SHA256, OID_ECDSA_SHA256, 0xa1);
        accept_set(&a);
        add_needed(&a);
        add_protection(&a, OID_SHA256, OID_ECDSA_SHA384, 0xa1);
        refuse_set(&a, "cms-algorithm-protection does not fit the key");
        add_needed(&a);
        add_protection(&a, OID_SHA256, OID_ECDSA_SHA256, 0xa2);
        refuse_set(&a, "cms-algorithm-protection is malformed");
}

static void test_shape(void **state) {
        static const char not_set[] = "the item is not a DER SET OF Attribute";
        Attributes a = { 0 };
        _cleanup_bytes_ Bytes good = BYTES_NULL, indefinite = BYTES_NULL, deep = BYTES_NULL, large = BYTES_NULL;

        add_needed(&a);
        add_needed(&a);
        refuse_set(&a, not_set); /* twice the same: not in order */
        add_needed(&a);
        add_primitive(&a, OID_MESSAGE_DIGEST, 0x04, VIEW(item_certificate, 32));
        refuse_set(&a, "an attribute occurs twice");

        add_needed(&a);
        good = finish(&a);
        assert_int_equal(bytes_append_byte(&indefinite, 0x31), 0);
        assert_int_equal(bytes_append_byte(&indefinite, 0x80), 0);
        assert_int_equal(bytes_append(&indefinite, good.data + 3, good.len - 3), 0);
        assert_int_equal(bytes_append(&indefinite, "\0\0", 2), 0);
        assert_string_equal(verdict(ITEM_CMS_ATTRIBUTES, bytes_view(&indefinite)), not_set);

        for (unsigned i = 0; i < 1000; i++)
                wrap(&deep, 0x31);
        assert_string_equal(verdict(ITEM_CMS_ATTRIBUTES, bytes_view(&deep)), not_set);

        add_needed(&a);
        assert_int_equal(bytes_reserve(&large, ITEM_CMS_ATTRIBUTES_MAX), 0);
        memset(large.data, 'x', ITEM_CMS_ATTRIBUTES_MAX);
        add_primitive(&a, OID_MIME_TYPE, 0x0c, VIEW(large.data, ITEM_CMS_ATTRIBUTES_MAX));
        refuse_set(&a, "the attributes are larger than 16 KiB");
}

static void test_other_protocols(void **state) {
        static const char tls[] = "                                                                TLS 1.3, client CertificateVerify";
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        /* A certificate, a request's CertificationRequestInfo and a TBSCertificate are SEQUENCEs; one is enough to stand for them, whole and within. */
        assert_non_null(verdict(ITEM_CMS_ATTRIBUTES, own()));
        assert_non_null(verdict(ITEM_CMS_ATTRIBUTES, VIEW(item_certificate + 4, sizeof(item_certificate) - 4)));
        assert_int_equal(bytes_append(&b, tls, sizeof(tls)), 0);
        assert_int_equal(bytes_append(&b, digest, sizeof(digest)), 0);
        assert_non_null(verdict(ITEM_CMS_ATTRIBUTES, bytes_view(&b)));
        assert_non_null(verdict(ITEM_XML_SIGNEDINFO, bytes_view(&b)));
        assert_non_null(verdict(ITEM_CMS_ATTRIBUTES, VIEW(digest, sizeof(digest))));
        assert_non_null(verdict(ITEM_CMS_ATTRIBUTES, VIEW(NULL, 0)));
        assert_non_null(verdict(ITEM_XML_SIGNEDINFO, VIEW(NULL, 0)));
}

/* --- XML ---------------------------------------------------------------------------------------------------------- */

#define XML_OPEN "<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">"
#define XML_C14N "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:CanonicalizationMethod>"
#define XML_METHOD_OF(a) "<ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#" a "\"></ds:SignatureMethod>"
#define XML_METHOD XML_METHOD_OF("ecdsa-sha256")
#define XML_REFERENCE "<ds:Reference URI=\"\"><ds:DigestValue>AAAA</ds:DigestValue></ds:Reference>"
#define XML_CLOSE "</ds:SignedInfo>"

#define XML_DIGEST(name, attributes) "<ds:Reference URI=\"\"><" name " " attributes "></" name "><ds:DigestValue>AAAA</ds:DigestValue></ds:Reference>"
#define XML_DIGESTED(a) XML_DIGEST("ds:DigestMethod", "Algorithm=\"" a "\"")
#define XML_SHA1 "http://www.w3.org/2000/09/xmldsig#sha1"

static void test_xml(void **state) {
        static const char *const good[] = {
                XML_OPEN XML_C14N XML_METHOD XML_REFERENCE XML_CLOSE,
                XML_OPEN "\n  " XML_C14N "\n" XML_METHOD "\n" XML_REFERENCE XML_REFERENCE "\n" XML_CLOSE,
                "<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Id=\"a\">" XML_C14N XML_METHOD XML_REFERENCE XML_CLOSE,
                "<SignedInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\">"
                "<CanonicalizationMethod Algorithm=\"http://www.w3.org/2006/12/xml-c14n11#WithComments\"></CanonicalizationMethod>"
                "<SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256\"></SignatureMethod>"
                "<Reference></Reference></SignedInfo>",
                /* Inclusive canonicalization: everything that is in scope. */
                "<ds:SignedInfo xmlns=\"urn:d\" xmlns:a=\"urn:a &amp; &lt;\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:z=\"urn:z\" Id=\"a\" xml:lang=\"pl\">"
                XML_C14N XML_METHOD XML_REFERENCE XML_CLOSE,
                "<SignedInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:ds=\"urn:x\">"
                "<CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"></CanonicalizationMethod>"
                "<SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256\"></SignatureMethod>"
                "<Reference></Reference></SignedInfo>",
                XML_OPEN XML_C14N XML_METHOD XML_DIGESTED("http://www.w3.org/2001/04/xmlenc#sha256") XML_DIGESTED("http://www.w3.org/2001/04/xmldsig-more#sha384")
                XML_DIGESTED("http://www.w3.org/2001/04/xmlenc#sha512") XML_CLOSE,
        };

        for (size_t i = 0; i < ELEMENTSOF(good); i++)
                assert_null(verdict(ITEM_XML_SIGNEDINFO, view_string(good[i])));
}

static void test_xml_refuses(void **state) {
        static const char *const bad[] = {
                "<?xml version=\"1.0\"?>" XML_OPEN XML_C14N XML_METHOD XML_REFERENCE XML_CLOSE,
                "<!DOCTYPE a>" XML_OPEN XML_C14N XML_METHOD XML_REFERENCE XML_CLOSE,
                XML_OPEN "<!DOCTYPE a>" XML_C14N XML_METHOD XML_REFERENCE XML_CLOSE,
                XML_OPEN "<?a?>" XML_C14N XML_METHOD XML_REFERENCE XML_CLOSE,
                XML_OPEN XML_C14N XML_METHOD "<!-- a -->" XML_REFERENCE XML_CLOSE,
                XML_OPEN XML_C14N XML_METHOD XML_REFERENCE "<![CDATA[a]]>" XML_CLOSE,
                XML_OPEN XML_C14N XML_METHOD XML_REFERENCE XML_CLOSE "\n",
                XML_OPEN XML_C14N XML_METHOD XML_REFERENCE XML_CLOSE XML_OPEN XML_C14N XML_METHOD XML_REFERENCE XML_CLOSE,
                XML_OPEN XML_C14N XML_METHOD XML_REFERENCE,
                XML_OPEN XML_C14N XML_METHOD XML_CLOSE,
                XML_OPEN XML_METHOD XML_C14N XML_REFERENCE XML_CLOSE,
                XML_OPEN XML_C14N XML_METHOD XML_METHOD XML_REFERENCE XML_CLOSE,
                XML_OPEN XML_C14N XML_METHOD XML_REFERENCE XML_METHOD XML_CLOSE,
                XML_OPEN "text" XML_C14N XML_METHOD XML_REFERENCE XML_CLOSE,
                XML_OPEN XML_C14N XML_METHOD "<ds:Reference/>" XML_CLOSE,
                XML_OPEN XML_C14N XML_METHOD "<ds:Reference URI='a'></ds:Reference>" XML_CLOSE,
                XML_OPEN XML_C14N XML_METHOD "<ds:Reference></ds:Referenc>" XML_CLOSE,
                XML_OPEN XML_C14N XML_METHOD "<ds:Reference URI=\"<\"></ds:Reference>" XML_CLOSE,
                XML_OPEN XML_C14N XML_METHOD "<ds:Reference>\r\n</ds:Reference>" XML_CLOSE,
                XML_OPEN XML_C14N XML_METHOD "<ds:Reference>\xc3</ds:Reference>" XML_CLOSE,
                XML_OPEN XML_C14N XML_METHOD "<ds:Reference xmlns:ds=\"x\"></ds:Reference>" XML_CLOSE,
                XML_OPEN XML_C14N XML_METHOD "<Reference></Reference>" XML_CLOSE,
                XML_OPEN XML_C14N XML_METHOD_OF("rsa-sha256") XML_REFERENCE XML_CLOSE,
                XML_OPEN XML_C14N XML_METHOD_OF("ecdsa-sha384") XML_REFERENCE XML_CLOSE,
                XML_OPEN XML_C14N "<ds:SignatureMethod></ds:SignatureMethod>" XML_REFERENCE XML_CLOSE,
                "<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig\">" XML_C14N XML_METHOD XML_REFERENCE XML_CLOSE,
                "<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:ds=\"x\">" XML_C14N XML_METHOD XML_REFERENCE XML_CLOSE,
                "<SignedInfo>" XML_C14N XML_METHOD XML_REFERENCE "</SignedInfo>",
                /* What else could be meant by the root's name. */
                "<ds:SignedInfo xmlns:ds=\"urn:x\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">" XML_C14N XML_METHOD XML_REFERENCE XML_CLOSE,
                "<ds:SignedInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\">" XML_C14N XML_METHOD XML_REFERENCE XML_CLOSE,
                "<ds:SignedInfo xmlns:a=\"urn:x\" Id=\"x xmlns:ds=\">" XML_C14N XML_METHOD XML_REFERENCE XML_CLOSE,
                "<ds:SignedInfoX xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">" XML_C14N XML_METHOD XML_REFERENCE "</ds:SignedInfoX>",
                /* Not canonical forms that verifiers have, and digests that somebody can find a second document for. */
                XML_OPEN "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"></ds:CanonicalizationMethod>" XML_METHOD XML_REFERENCE
                XML_CLOSE,
                XML_OPEN "<ds:CanonicalizationMethod></ds:CanonicalizationMethod>" XML_METHOD XML_REFERENCE XML_CLOSE,
                XML_OPEN XML_C14N XML_METHOD XML_DIGESTED(XML_SHA1) XML_CLOSE,
                XML_OPEN XML_C14N XML_METHOD XML_REFERENCE XML_DIGESTED(XML_SHA1) XML_CLOSE,
                XML_OPEN XML_C14N XML_METHOD XML_DIGESTED("") XML_CLOSE,
                XML_OPEN XML_C14N XML_METHOD XML_DIGEST("DigestMethod", "Algorithm=\"" XML_SHA1 "\"") XML_CLOSE,
                XML_OPEN XML_C14N XML_METHOD XML_DIGEST("x:DigestMethod", "xmlns:x=\"http://www.w3.org/2000/09/xmldsig#\" Algorithm=\"" XML_SHA1 "\"") XML_CLOSE,
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_non_null(verdict(ITEM_XML_SIGNEDINFO, view_string(bad[i])));
        assert_non_null(verdict(ITEM_XML_SIGNEDINFO, VIEW(XML_OPEN XML_C14N XML_METHOD "<ds:Reference>\0</ds:Reference>" XML_CLOSE,
                                                          sizeof(XML_OPEN XML_C14N XML_METHOD "<ds:Reference>\0</ds:Reference>" XML_CLOSE) - 1)));
}

static void test_xml_limits(void **state) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        assert_int_equal(bytes_printf(&b, "%s", XML_OPEN XML_C14N XML_METHOD), 0);
        for (unsigned i = 0; i < 100; i++)
                assert_int_equal(bytes_printf(&b, "<ds:Reference>"), 0);
        for (unsigned i = 0; i < 100; i++)
                assert_int_equal(bytes_printf(&b, "</ds:Reference>"), 0);
        assert_int_equal(bytes_printf(&b, "%s", XML_CLOSE), 0);
        assert_string_equal(verdict(ITEM_XML_SIGNEDINFO, bytes_view(&b)), "the item is not one canonical ds:SignedInfo");

        b.len = 0;
        assert_int_equal(bytes_printf(&b, "%s", XML_OPEN XML_C14N XML_METHOD), 0);
        while (b.len <= ITEM_XML_SIGNEDINFO_MAX)
                assert_int_equal(bytes_printf(&b, "%s", XML_REFERENCE), 0);
        assert_int_equal(bytes_printf(&b, "%s", XML_CLOSE), 0);
        assert_string_equal(verdict(ITEM_XML_SIGNEDINFO, bytes_view(&b)), "the SignedInfo is larger than 1 MiB");
}

/* What authenticates signs no documents, and what is for the codes of invoices signs neither: whatever the item says. */
static void test_purposes(void **state) {
        static const struct {
                Profile profile;
                bool cms, xml;
        } cases[] = {
                { PROFILE_SEAL, true, true },
                { PROFILE_CUSTOMS, true, true },
                { PROFILE_PERSONAL, true, true },
                { PROFILE_AUTHENTICATION, false, true },
                { PROFILE_KSEF_AUTHENTICATION, false, true },
                { PROFILE_KSEF_OFFLINE, false, false },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(item_rules_unrefp) ItemRules *own_rules = NULL;
                const char *cms = NULL, *xml = NULL;

                assert_int_equal(item_rules_new(KEY_P256, own(), cases[i].profile, &own_rules), 0);
                assert_int_equal(item_check(own_rules, ITEM_CMS_ATTRIBUTES, VIEW_LITERAL("x"), 0, NULL, &cms), ITEM_E_REFUSED);
                assert_int_equal(item_check(own_rules, ITEM_XML_SIGNEDINFO, VIEW_LITERAL("x"), 0, NULL, &xml), ITEM_E_REFUSED);
                assert_int_equal(strcmp(cms, "the item is not a DER SET OF Attribute") == 0, cases[i].cms);
                assert_int_equal(strcmp(xml, "the item does not begin as a canonical ds:SignedInfo") == 0, cases[i].xml);
        }
}

static void test_names(void **state) {
        assert_int_equal(item_type_from_string("cms-attributes"), ITEM_CMS_ATTRIBUTES);
        assert_int_equal(item_type_from_string("xml-signedinfo"), ITEM_XML_SIGNEDINFO);
        assert_int_equal(item_type_from_string("device"), ITEM_TYPE_INVALID);
        assert_int_equal(item_type_from_string(""), ITEM_TYPE_INVALID);
        assert_null(item_type_to_string(ITEM_TYPE_INVALID));
}

static int setup(void **state) {
        return item_rules_new(KEY_P256, own(), PROFILE_SEAL, &rules);
}

static int teardown(void **state) {
        rules = item_rules_unref(rules);
        return 0;
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_minimal),
                cmocka_unit_test(test_every_byte_counts),
                cmocka_unit_test(test_countersignature),
                cmocka_unit_test(test_missing),
                cmocka_unit_test(test_other_content),
                cmocka_unit_test(test_other_certificate),
                cmocka_unit_test(test_certificate_algorithms),
                cmocka_unit_test(test_signing_time),
                cmocka_unit_test(test_allow_list),
                cmocka_unit_test(test_algorithm_protection),
                cmocka_unit_test(test_shape),
                cmocka_unit_test(test_other_protocols),
                cmocka_unit_test(test_xml),
                cmocka_unit_test(test_xml_refuses),
                cmocka_unit_test(test_xml_limits),
                cmocka_unit_test(test_purposes),
                cmocka_unit_test(test_names),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
