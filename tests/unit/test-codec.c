/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/base/codec.c against the vectors of RFC 4648 §10; PEM. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/codec.h"

static const struct {
        const char *plain, *base64, *base32;
} vectors[] = {
        { "", "", "" },
        { "f", "Zg==", "MY" },
        { "fo", "Zm8=", "MZXQ" },
        { "foo", "Zm9v", "MZXW6" },
        { "foob", "Zm9vYg==", "MZXW6YQ" },
        { "fooba", "Zm9vYmE=", "MZXW6YTB" },
        { "foobar", "Zm9vYmFy", "MZXW6YTBOI" },
};

static void test_base64(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(vectors); i++) {
                _cleanup_free_ char *text = base64_encode(view_string(vectors[i].plain));
                _cleanup_bytes_ Bytes back = BYTES_NULL;

                assert_string_equal(text, vectors[i].base64);
                assert_int_equal(base64_decode(view_string(text), &back), 0);
                assert_true(view_equal(bytes_view(&back), view_string(vectors[i].plain)));
        }
}

static void test_base64_refuses(void **state) {
        static const char *const bad[] = { "Z", "Zg=", "Zg", "Zm9v=", "Zg==Zg==", "Zm9v!", "====", "Zg===" };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                Bytes back = BYTES_NULL;

                assert_int_equal(base64_decode(view_string(bad[i]), &back), -EINVAL);
                assert_null(back.data);
        }
}

static void test_base32(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(vectors); i++) {
                _cleanup_secret_ Secret *text = NULL, *back = NULL;

                assert_int_equal(base32_encode_secret(view_string(vectors[i].plain), &text), 0);
                assert_true(view_equal(secret_view(text), view_string(vectors[i].base32)));
                assert_int_equal(base32_decode_secret(secret_view(text), &back), 0);
                assert_true(view_equal(secret_view(back), view_string(vectors[i].plain)));
        }
}

static void test_base32_as_typed(void **state) {
        _cleanup_secret_ Secret *back = NULL, *none = NULL;

        assert_int_equal(base32_decode_secret(view_string("mzxw 6ytb-oi======"), &back), 0);
        assert_true(view_equal(secret_view(back), view_string("foobar")));
        assert_int_equal(base32_decode_secret(view_string("MZXW0"), &none), -EINVAL);
        /* No bytes have 1, 3 or 6 digits, and the bits beyond the last byte are zero (RFC 4648 §3.5). */
        assert_int_equal(base32_decode_secret(view_string("M"), &none), -EINVAL);
        assert_int_equal(base32_decode_secret(view_string("MZX"), &none), -EINVAL);
        assert_int_equal(base32_decode_secret(view_string("MZXW6Y"), &none), -EINVAL);
        assert_int_equal(base32_decode_secret(view_string("MZ"), &none), -EINVAL);
        assert_null(none);
}

static void test_hex(void **state) {
        _cleanup_free_ char *text = hex_encode(view_string("\x01\xfe"));
        _cleanup_bytes_ Bytes back = BYTES_NULL;
        Bytes none = BYTES_NULL;

        assert_string_equal(text, "01fe");
        assert_int_equal(hex_decode("01FE", &back), 0);
        assert_true(view_equal(bytes_view(&back), view_string("\x01\xfe")));
        assert_int_equal(hex_decode("01f", &none), -EINVAL);
        assert_int_equal(hex_decode("0g", &none), -EINVAL);
}

/* 48 bytes fill a line of 64 letters. */
static void test_pem(void **state) {
        static const char full[] = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh\n";
        uint8_t a[49];
        _cleanup_bytes_ Bytes one = BYTES_NULL, expected = BYTES_NULL;

        memset(a, 'a', sizeof(a));
        assert_int_equal(pem_append(&one, "X509 CRL", VIEW(a, 48)), 0);
        assert_int_equal(pem_append(&one, "CERTIFICATE", VIEW(a, 49)), 0);
        assert_int_equal(bytes_printf(&expected, "-----BEGIN X509 CRL-----\n%s-----END X509 CRL-----\n-----BEGIN CERTIFICATE-----\n%sYQ==\n-----END CERTIFICATE-----\n",
                                      full, full), 0);
        assert_true(view_equal(bytes_view(&one), bytes_view(&expected)));
}

static void test_pem_read(void **state) {
        View text = VIEW_LITERAL("words\n-----BEGIN A-----\nYQ==\n-----END A-----\n-----BEGIN B-----\nYg==\n-----END B-----\nx-----BEGIN A-----\n-----END A----------BEGIN A-----\nYQ==\n"
                                 "-----END B-----");
        View all = text, body;

        assert_int_equal(pem_next(&text, "A", &body), 1);
        assert_true(view_equal(body, VIEW_LITERAL("\nYQ==\n")));
        assert_int_equal(pem_next(&text, "A", &body), 1);
        assert_true(view_equal(body, VIEW_LITERAL("\n")));
        assert_int_equal(pem_next(&text, "A", &body), -EBADMSG);
        text = all;
        assert_int_equal(pem_next(&text, "B", &body), 1);
        assert_true(view_equal(body, VIEW_LITERAL("\nYg==\n")));
        assert_int_equal(pem_next(&text, "B", &body), 0);
        assert_int_equal(pem_next(&text, "C", &body), 0);
        text = VIEW(NULL, 0);
        assert_int_equal(pem_next(&text, "A", &body), 0);
        text = VIEW_LITERAL("-----BEGIN A-----");
        assert_int_equal(pem_next(&text, "A", &body), -EBADMSG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_base64),
                cmocka_unit_test(test_base64_refuses),
                cmocka_unit_test(test_base32),
                cmocka_unit_test(test_base32_as_typed),
                cmocka_unit_test(test_hex),
                cmocka_unit_test(test_pem),
                cmocka_unit_test(test_pem_read),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
