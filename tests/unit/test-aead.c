/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/crypto/aead.c: a published vector of AES-256-GCM, round trips, and every byte altered. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "base/codec.h"
#include "crypto/aead.h"

static AeadKey key_of(const char *hex) {
        _cleanup_bytes_ Bytes raw = BYTES_NULL;
        Secret *secret = NULL;
        AeadKey k = { 0 };

        assert_int_equal(hex_decode(hex, &raw), 0);
        assert_int_equal(secret_dup(bytes_view(&raw), &secret), 0);
        assert_int_equal(aead_key_init(&k, secret), 0);
        return k;
}

static AeadKey random_key(void) {
        Secret *secret = NULL;
        AeadKey k = { 0 };

        assert_int_equal(secret_random(AEAD_KEY_SIZE, &secret), 0);
        assert_int_equal(aead_key_init(&k, secret), 0);
        return k;
}

/* A blob made by another implementation of AES-256-GCM (OpenSSL's): key 00…1f, nonce a0…ab, plain text "the
 * plain text", associated data header ‖ "place". It fixes the stored format. */
static void test_known_blob(void **state) {
        _cleanup_(aead_key_done) AeadKey k = key_of("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
        _cleanup_bytes_ Bytes blob = BYTES_NULL;
        _cleanup_secret_ Secret *plain = NULL;

        assert_int_equal(hex_decode("018ef425aea0a1a2a3a4a5a6a7a8a9aaab9270190d35a763d60c45f3b67f0e42a37cd51215c391bb0f76db6b0b90bf", &blob), 0);
        assert_int_equal(aead_open(&k, view_string("place"), bytes_view(&blob), &plain), 0);
        assert_true(view_equal(secret_view(plain), view_string("the plain text")));
}

static void test_round_trip(void **state) {
        _cleanup_(aead_key_done) AeadKey k = random_key();
        static const size_t lengths[] = { 0, 1, 15, 16, 17, 4096, 100000 };

        for (size_t i = 0; i < ELEMENTSOF(lengths); i++) {
                _cleanup_secret_ Secret *plain = NULL, *back = NULL;
                _cleanup_bytes_ Bytes a = BYTES_NULL, b = BYTES_NULL;

                assert_int_equal(secret_random(lengths[i], &plain), 0);
                assert_int_equal(aead_seal(&k, view_string("place"), secret_view(plain), &a), 0);
                assert_int_equal(aead_seal(&k, view_string("place"), secret_view(plain), &b), 0);
                assert_int_equal(a.len, lengths[i] + AEAD_OVERHEAD);
                assert_false(view_equal(bytes_view(&a), bytes_view(&b)));
                assert_int_equal(aead_open(&k, view_string("place"), bytes_view(&a), &back), 0);
                assert_true(view_equal(secret_view(plain), secret_view(back)));
        }
}

static void test_altered(void **state) {
        _cleanup_(aead_key_done) AeadKey k = random_key();
        _cleanup_bytes_ Bytes blob = BYTES_NULL;
        Secret *none = NULL;

        assert_int_equal(aead_seal(&k, view_string("place"), view_string("a private key"), &blob), 0);
        for (size_t i = 0; i < blob.len; i++) {
                for (unsigned bit = 0; bit < 8; bit++) {
                        int expected = i == 0 ? -EPROTONOSUPPORT : i < 5 ? -ENOKEY : -EBADMSG;

                        blob.data[i] ^= (uint8_t) (1U << bit);
                        assert_int_equal(aead_open(&k, view_string("place"), bytes_view(&blob), &none), expected);
                        blob.data[i] ^= (uint8_t) (1U << bit);
                }
        }
        for (size_t n = 0; n < blob.len; n++)
                assert_int_equal(aead_open(&k, view_string("place"), VIEW(blob.data, n), &none), -EBADMSG);
        assert_int_equal(aead_open(&k, view_string("Place"), bytes_view(&blob), &none), -EBADMSG);
        assert_int_equal(aead_open(&k, VIEW(NULL, 0), bytes_view(&blob), &none), -EBADMSG);
        assert_null(none);
}

static void test_other_key(void **state) {
        _cleanup_(aead_key_done) AeadKey k = random_key();
        _cleanup_(aead_key_done) AeadKey other = random_key();
        _cleanup_bytes_ Bytes blob = BYTES_NULL;
        Secret *none = NULL, *shorter = NULL;
        AeadKey bad = { 0 };

        assert_int_equal(aead_seal(&k, VIEW(NULL, 0), view_string("x"), &blob), 0);
        assert_int_equal(aead_open(&other, VIEW(NULL, 0), bytes_view(&blob), &none), -ENOKEY);
        memcpy(blob.data + 1, other.id, sizeof(other.id));
        assert_int_equal(aead_open(&other, VIEW(NULL, 0), bytes_view(&blob), &none), -EBADMSG);
        assert_int_equal(secret_new(31, &shorter), 0);
        assert_int_equal(aead_key_init(&bad, shorter), -EINVAL);
        assert_null(bad.key);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_known_blob),
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_altered),
                cmocka_unit_test(test_other_key),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
