/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/der/der.c, attributes.c: structures of RFC 5652 and RFC 5035, DER's rules. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/codec.h"
#include "der/attributes.h"

static Bytes hex(const char *text) {
        Bytes b = BYTES_NULL;

        assert_int_equal(hex_decode(text, &b), 0);
        return b;
}

static void assert_hex(View v, const char *expected) {
        _cleanup_free_ char *text = hex_encode(v);

        assert_string_equal(text, expected);
}

static void test_lengths(void **state) {
        static const struct {
                uint64_t length;
                const char *header;
        } vectors[] = { { 0, "3000" }, { 127, "307f" }, { 128, "308180" }, { 256, "30820100" }, { UINT64_C(1) << 32, "30850100000000" } };

        for (size_t i = 0; i < ELEMENTSOF(vectors); i++) {
                _cleanup_bytes_ Bytes b = BYTES_NULL;

                assert_int_equal(der_append_header(&b, 0x30, vectors[i].length), 0);
                assert_hex(bytes_view(&b), vectors[i].header);
        }
}

static void test_next_refuses(void **state) {
        /* Empty, no length, beyond the end, indefinite, not minimal twice, long tag, length of nine octets. */
        static const char *const bad[] = { "", "04", "0402ff", "24800000", "04817f", "0482000400000000", "1f8101", "0489010000000000000000" };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                _cleanup_bytes_ Bytes b = hex(bad[i]);
                View v = bytes_view(&b), element;

                assert_int_equal(der_next(&v, &element, NULL), -EBADMSG);
        }
}

static void test_decode(void **state) {
        /* SignerInfo with subjectKeyIdentifier, SHA-256, no attributes, Ed25519 and a signature of two octets. */
        _cleanup_bytes_ Bytes b = hex("301f0201038002aabb300b0609608648016503040201300506032b65700402cafe");
        _cleanup_der_ Der *d = NULL;
        char oid[DER_OID_MAX];
        View v;

        assert_int_equal(der_decode("CMS.SignerInfo", bytes_view(&b), &d), 0);
        assert_int_equal(der_value(d, "sid.subjectKeyIdentifier", &v), 0);
        assert_hex(v, "aabb");
        assert_false(der_has(d, "sid.issuerAndSerialNumber"));
        assert_false(der_has(d, "signedAttrs"));
        assert_false(der_has(d, "unsignedAttrs"));
        assert_false(der_has(d, "digestAlgorithm.parameters"));
        assert_int_equal(der_oid(d, "digestAlgorithm.algorithm", oid), 0);
        assert_string_equal(oid, OID_SHA256);
        assert_int_equal(der_oid(d, "signatureAlgorithm.algorithm", oid), 0);
        assert_string_equal(oid, "1.3.101.112");
        assert_int_equal(der_element(d, "signature", &v), 0);
        assert_hex(v, "0402cafe");
}

static void test_decode_refuses(void **state) {
        static const char *const bad[] = {
                "",
                "3000",
                /* the one of above, cut and with an octet after it */
                "301f0201038002aabb300b0609608648016503040201300506032b65700402ca",
                "301f0201038002aabb300b0609608648016503040201300506032b65700402cafe00",
                "301f0201038002aabb300b0609608648016503040201300506032b65700602cafe",
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                _cleanup_bytes_ Bytes b = hex(bad[i]);
                Der *d = NULL;

                assert_int_equal(der_decode("CMS.SignerInfo", bytes_view(&b), &d), -EBADMSG);
                assert_null(d);
        }
}

static void test_set_of(void **state) {
        _cleanup_bytes_ Bytes in = hex("0402000104010104010004020000"), out = BYTES_NULL;

        assert_int_equal(der_append_set_of(&out, 0x31, bytes_view(&in)), 0);
        assert_hex(bytes_view(&out), "310e0401000401010402000004020001");
}

#define CONTENT_TYPE_DATA "301806092a864886f70d010903310b06092a864886f70d010701"

static void test_attributes(void **state) {
        _cleanup_bytes_ Bytes in = hex(CONTENT_TYPE_DATA "300f06092a864886f70d01090431020400"), twice = hex(CONTENT_TYPE_DATA CONTENT_TYPE_DATA);
        _cleanup_attributes_ Attributes *a = NULL, *b = NULL;
        View v;

        assert_int_equal(attributes_read(bytes_view(&in), &a), 0);
        assert_int_equal(a->n, 2);
        assert_int_equal(attributes_single(a, OID_CONTENT_TYPE, &v), 0);
        assert_hex(v, "06092a864886f70d010701");
        assert_int_equal(attributes_single(a, OID_SIGNING_TIME, &v), -ENOENT);
        assert_int_equal(attributes_read(bytes_view(&twice), &b), 0);
        assert_int_equal(attributes_single(b, OID_CONTENT_TYPE, &v), -EBADMSG);
}

static void test_attributes_refuse(void **state) {
        /* No values, no type, something after the values, no SEQUENCE, an unended value. */
        static const char *const bad[] = { "300d06092a864886f70d0109043100", "30023100", "300706012a31000500", "31043100", "300706012a3102ff05" };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                _cleanup_bytes_ Bytes b = hex(bad[i]);
                Attributes *a = NULL;

                assert_int_equal(attributes_read(bytes_view(&b), &a), -EBADMSG);
                assert_null(a);
        }
}

static int read_time(uint8_t tag, const char *text, int64_t *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        assert_int_equal(der_append_element(&b, tag, view_string(text)), 0);
        return attribute_time_read(bytes_view(&b), ret);
}

static void test_time(void **state) {
        int64_t t;

        assert_int_equal(read_time(0x17, "260131120000Z", &t), 0);
        assert_int_equal(t, 1769860800);
        assert_int_equal(read_time(0x18, "20260131120000Z", &t), 0);
        assert_int_equal(t, 1769860800);
        assert_int_equal(read_time(0x17, "500101000000Z", &t), 0);
        assert_int_equal(t, -631152000);
        assert_int_equal(read_time(0x18, "20500101000000Z", &t), 0);
        assert_int_equal(t, 2524608000);
}

static void test_time_refuses(void **state) {
        static const char *const bad[] = { "2601311200Z", "260131120000", "260231120000Z", "261301120000Z", "260131126000Z", "26013112000AZ",
                                           "260131120000+0100", "", "Z" };
        int64_t t;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(read_time(0x17, bad[i], &t), -EBADMSG);
        assert_int_equal(read_time(0x0c, "260131120000Z", &t), -EBADMSG);
}

static void test_ess(void **state) {
        /* One ESSCertIDv2 by default SHA-256 (a short hash), one with SHA-512 and issuerSerial, and one of SHA-1. */
        _cleanup_bytes_ Bytes plain = hex("300830063004" "0402abcd");
        _cleanup_bytes_ Bytes full = hex("3023" "3021" "301f" "300b0609608648016503040203" "0402abcd" "300c" "3006" "a404" "3002" "3100" "0202" "00ff");
        EssCertId id;

        assert_int_equal(attribute_ess_cert_id_read(bytes_view(&plain), true, &id), 0);
        assert_string_equal(id.hash_algorithm, OID_SHA256);
        assert_hex(id.hash, "abcd");
        assert_int_equal(id.serial.len, 0);
        assert_int_equal(attribute_ess_cert_id_read(bytes_view(&plain), false, &id), 0);
        assert_string_equal(id.hash_algorithm, "1.3.14.3.2.26");
        assert_int_equal(attribute_ess_cert_id_read(bytes_view(&full), true, &id), 0);
        assert_string_equal(id.hash_algorithm, OID_SHA512);
        assert_hex(id.issuer, "30023100");
        assert_hex(id.serial, "00ff");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_lengths),
                cmocka_unit_test(test_next_refuses),
                cmocka_unit_test(test_decode),
                cmocka_unit_test(test_decode_refuses),
                cmocka_unit_test(test_set_of),
                cmocka_unit_test(test_attributes),
                cmocka_unit_test(test_attributes_refuse),
                cmocka_unit_test(test_time),
                cmocka_unit_test(test_time_refuses),
                cmocka_unit_test(test_ess),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
