/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ocsp/request.c: requests as GnuTLS writes them, requests by hand with everything that RFC 6960 §4.1 allows, and the limits. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include <gnutls/ocsp.h>

#include "crypto/digest.h"
#include "crypto/init.h"
#include "der/der.h"
#include "ocsp/request.h"

DEFINE_CLEANUP(gnutls_ocsp_req_t, gnutls_ocsp_req_deinit);

static const uint8_t serial[] = { 0x40, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

/* --- By GnuTLS ---------------------------------------------------------------------------------------------------- */

static gnutls_datum_t datum(const void *data, size_t size) {
        return (gnutls_datum_t) { .data = (unsigned char *) data, .size = (unsigned) size };
}

static void test_peer(void **state) {
        static const gnutls_digest_algorithm_t digests[] = { GNUTLS_DIG_SHA1, GNUTLS_DIG_SHA256, GNUTLS_DIG_SHA384, GNUTLS_DIG_SHA512 };
        _cleanup_(gnutls_ocsp_req_deinitp) gnutls_ocsp_req_t req = NULL;
        gnutls_datum_t number = datum(serial, sizeof(serial)), nonce = datum("nonce", 5), der;
        OcspRequest request;

        assert_int_equal(gnutls_ocsp_req_init(&req), 0);
        for (size_t i = 0; i < ELEMENTSOF(digests); i++) {
                Digest name, key;
                gnutls_datum_t n, k;

                assert_int_equal(digest_of(digests[i], view_string("name"), &name), 0);
                assert_int_equal(digest_of(digests[i], view_string("key"), &key), 0);
                n = datum(name.data, name.len);
                k = datum(key.data, key.len);
                assert_int_equal(gnutls_ocsp_req_add_cert_id(req, digests[i], &n, &k, &number), 0);
        }
        assert_int_equal(gnutls_ocsp_req_set_nonce(req, 0, &nonce), 0);
        assert_int_equal(gnutls_ocsp_req_export(req, &der), 0);
        assert_int_equal(ocsp_request_read(VIEW(der.data, der.size), &request), 0);
        assert_int_equal(request.n, ELEMENTSOF(digests));
        for (size_t i = 0; i < request.n; i++) {
                Digest name, key;

                assert_int_equal(digest_of(digests[i], view_string("name"), &name), 0);
                assert_int_equal(digest_of(digests[i], view_string("key"), &key), 0);
                assert_int_equal(request.certificates[i].digest, digests[i]);
                assert_true(view_equal(request.certificates[i].name_hash, digest_view(&name)));
                assert_true(view_equal(request.certificates[i].key_hash, digest_view(&key)));
                assert_true(view_equal(request.certificates[i].serial, VIEW(serial, sizeof(serial))));
                assert_int_equal(request.certificates[i].whole.data[0], 0x30);
        }
        assert_true(request.nonce.len == 7 && memcmp(request.nonce.data, "\4\5nonce", 7) == 0);
        for (size_t n = 0; n < der.size; n++)
                assert_int_equal(ocsp_request_read(VIEW(der.data, n), &request), -EBADMSG);
        gnutls_free(der.data);
}

/* --- By hand ------------------------------------------------------------------------------------------------------ */

static void add(Bytes *b, uint8_t tag, View contents) {
        assert_int_equal(der_append_element(b, tag, contents), 0);
}

/* Makes the whole of it the contents of an element. */
static void wrap(Bytes *b, uint8_t tag) {
        Bytes outer = BYTES_NULL;

        add(&outer, tag, bytes_view(b));
        bytes_done(b);
        *b = outer;
}

#define SHA1_WITH_NULL VIEW("\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00", 9)
#define SHA1_ALONE VIEW("\x06\x05\x2b\x0e\x03\x02\x1a", 7)
#define SHA1_WITH_MORE VIEW("\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x05\x00", 11)
#define MD5_WITH_TEXT VIEW("\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x05\x0c\x01x", 13)
#define NONCE_OID "\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x02"
#define OTHER_OID "\x06\x03\x2a\x03\x04"

static Bytes single(View algorithm, size_t hash_size, size_t serial_size) {
        static const uint8_t zeros[128];
        Bytes b = BYTES_NULL;

        add(&b, 0x30, algorithm);
        add(&b, 0x04, VIEW(zeros, hash_size));
        add(&b, 0x04, VIEW(zeros, 20));
        add(&b, 0x02, VIEW(zeros, serial_size));
        wrap(&b, 0x30); /* CertID */
        wrap(&b, 0x30); /* Request */
        return b;
}

static Bytes extension(View head, View value) {
        Bytes b = BYTES_NULL;

        assert_int_equal(bytes_append_view(&b, head), 0);
        add(&b, 0x04, value);
        wrap(&b, 0x30);
        return b;
}

static Bytes nonce_of(size_t size) {
        _cleanup_bytes_ Bytes octets = BYTES_NULL;
        static const uint8_t zeros[256];

        add(&octets, 0x04, VIEW(zeros, size));
        return extension(VIEW_LITERAL(NONCE_OID), bytes_view(&octets));
}

/* `before` stands before the list, `extensions` are those of the request, `after` stands behind the TBSRequest. All may be empty. */
static int read_request(View before, View singles, View extensions, View after) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        OcspRequest request;

        assert_int_equal(bytes_append_view(&b, before), 0);
        add(&b, 0x30, singles);
        if (extensions.len > 0) {
                _cleanup_bytes_ Bytes e = BYTES_NULL;

                add(&e, 0x30, extensions);
                add(&b, 0xa2, bytes_view(&e));
        }
        wrap(&b, 0x30);
        assert_int_equal(bytes_append_view(&b, after), 0);
        wrap(&b, 0x30);
        return ocsp_request_read(bytes_view(&b), &request);
}

#define NONE VIEW(NULL, 0)

static int read_single(View algorithm, size_t hash_size, size_t serial_size) {
        _cleanup_bytes_ Bytes one = single(algorithm, hash_size, serial_size);

        return read_request(NONE, bytes_view(&one), NONE, NONE);
}

static void test_certificate_ids(void **state) {
        assert_int_equal(read_single(SHA1_WITH_NULL, 20, 1), 0);
        assert_int_equal(read_single(SHA1_ALONE, 20, 21), 0);
        assert_int_equal(read_single(MD5_WITH_TEXT, 16, 16), 0); /* nobody's here, but a request */
        assert_int_equal(read_single(SHA1_WITH_MORE, 20, 16), -EBADMSG);
        assert_int_equal(read_single(NONE, 20, 16), -EBADMSG);
        assert_int_equal(read_single(SHA1_ALONE, 65, 16), -EBADMSG);
        assert_int_equal(read_single(SHA1_ALONE, 20, 0), -EBADMSG);
        assert_int_equal(read_single(SHA1_ALONE, 20, 22), -EBADMSG);
}

static void test_what_is_passed_over(void **state) {
        _cleanup_bytes_ Bytes one = single(SHA1_ALONE, 20, 16);
        View v = bytes_view(&one);

        assert_int_equal(read_request(VIEW("\xa0\x03\x02\x01\x00", 5), v, NONE, NONE), 0);  /* version 1, said */
        assert_int_equal(read_request(VIEW("\xa0\x03\x02\x01\x01", 5), v, NONE, NONE), -EBADMSG);
        assert_int_equal(read_request(VIEW("\xa1\x05\x82\x03" "abc", 7), v, NONE, NONE), 0); /* a name */
        assert_int_equal(read_request(VIEW("\xa0\x03\x02\x01\x00\xa1\x02\x82\x00", 9), v, NONE, NONE), 0);
        assert_int_equal(read_request(VIEW("\xa1\x02\x82\x00\xa0\x03\x02\x01\x00", 9), v, NONE, NONE), -EBADMSG);
        assert_int_equal(read_request(NONE, v, NONE, VIEW("\xa0\x02\x30\x00", 4)), 0);       /* a signature */
        assert_int_equal(read_request(NONE, v, NONE, VIEW("\xa1\x02\x30\x00", 4)), -EBADMSG);
        assert_int_equal(read_request(NONE, v, NONE, VIEW("\xa0\x02\x30\x00\x05\x00", 6)), -EBADMSG);
        assert_int_equal(read_request(NONE, NONE, NONE, NONE), -EBADMSG);                     /* about no certificate */
}

static void test_how_many(void **state) {
        _cleanup_bytes_ Bytes one = single(SHA1_ALONE, 20, 16), many = BYTES_NULL;

        for (unsigned i = 0; i < OCSP_CERTIFICATES_MAX; i++)
                assert_int_equal(bytes_append_view(&many, bytes_view(&one)), 0);
        assert_int_equal(read_request(NONE, bytes_view(&many), NONE, NONE), 0);
        assert_int_equal(bytes_append_view(&many, bytes_view(&one)), 0);
        assert_int_equal(read_request(NONE, bytes_view(&many), NONE, NONE), -EBADMSG);
}

static int read_with(Bytes e) {
        _cleanup_bytes_ Bytes one = single(SHA1_ALONE, 20, 16), extensions = e;

        return read_request(NONE, bytes_view(&one), bytes_view(&extensions), NONE);
}

static void test_extensions(void **state) {
        _cleanup_bytes_ Bytes first = nonce_of(32), second = nonce_of(16), many = BYTES_NULL, one = extension(VIEW_LITERAL(OTHER_OID), NONE);
        Bytes both = BYTES_NULL;

        assert_int_equal(read_with(nonce_of(1)), 0);
        assert_int_equal(read_with(nonce_of(128)), 0);
        assert_int_equal(read_with(nonce_of(0)), -EBADMSG);
        assert_int_equal(read_with(nonce_of(129)), -EBADMSG);
        assert_int_equal(read_with(extension(VIEW_LITERAL(NONCE_OID), view_string("no octet string"))), -EBADMSG);
        assert_int_equal(read_with(extension(VIEW(NONCE_OID "\x01\x01\xff", 14), VIEW("\4\1x", 3))), 0);
        assert_int_equal(read_with(extension(VIEW_LITERAL(OTHER_OID), NONE)), 0);
        assert_int_equal(read_with(extension(VIEW(OTHER_OID "\x01\x01\x00", 8), NONE)), 0);
        assert_int_equal(read_with(extension(VIEW(OTHER_OID "\x01\x01\xff", 8), NONE)), -EBADMSG);
        assert_int_equal(bytes_append_view(&both, bytes_view(&first)), 0);
        assert_int_equal(bytes_append_view(&both, bytes_view(&second)), 0);
        assert_int_equal(read_with(both), -EBADMSG);
        for (unsigned i = 0; i < 17; i++)
                assert_int_equal(bytes_append_view(&many, bytes_view(&one)), 0);
        assert_int_equal(read_with(bytes_take(&many)), -EBADMSG);
}

static int start(void **state) {
        return crypto_init();
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_peer),
                cmocka_unit_test(test_certificate_ids),
                cmocka_unit_test(test_what_is_passed_over),
                cmocka_unit_test(test_how_many),
                cmocka_unit_test(test_extensions),
        };

        return cmocka_run_group_tests(tests, start, NULL);
}
