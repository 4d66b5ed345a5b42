/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/crypto/kdf.c: RFC 5869 appendix A, RFC 9106 §5.3, and the stored forms. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <argon2.h>
#include <string.h>

#include "base/codec.h"
#include "crypto/kdf.h"

static const struct {
        const char *ikm, *salt, *info, *okm;
} hkdf_vectors[] = {
        /* A.1 */
        { "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
          "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865" },
        /* A.2 */
        { "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
          "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
          "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f"
          "909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
          "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
          "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
          "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
          "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87" },
        /* A.3 */
        { "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
          "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8" },
};

static void test_hkdf(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(hkdf_vectors); i++) {
                _cleanup_bytes_ Bytes ikm = BYTES_NULL, salt = BYTES_NULL, info = BYTES_NULL, okm = BYTES_NULL;
                _cleanup_secret_ Secret *out = NULL;

                assert_int_equal(hex_decode(hkdf_vectors[i].ikm, &ikm), 0);
                assert_int_equal(hex_decode(hkdf_vectors[i].salt, &salt), 0);
                assert_int_equal(hex_decode(hkdf_vectors[i].info, &info), 0);
                assert_int_equal(hex_decode(hkdf_vectors[i].okm, &okm), 0);
                assert_int_equal(hkdf_sha256(bytes_view(&ikm), bytes_view(&salt), bytes_view(&info), okm.len, &out), 0);
                assert_true(view_equal(secret_view(out), bytes_view(&okm)));
        }
}

static void test_hkdf_bounds(void **state) {
        _cleanup_secret_ Secret *out = NULL, *none = NULL;

        assert_int_equal(hkdf_sha256(view_string("k"), VIEW(NULL, 0), VIEW(NULL, 0), 255 * 32, &out), 0);
        assert_int_equal(secret_len(out), 255 * 32);
        assert_int_equal(hkdf_sha256(view_string("k"), VIEW(NULL, 0), VIEW(NULL, 0), 255 * 32 + 1, &none), -EINVAL);
        assert_int_equal(hkdf_sha256(view_string("k"), VIEW(NULL, 0), VIEW(NULL, 0), 0, &none), -EINVAL);
        assert_null(none);
}

/* RFC 9106 §5.3. Its secret and associated data are none of argon2id()'s, so this checks the library itself. */
static void test_argon2_library(void **state) {
        uint8_t out[32], password[32], salt[16], secret[8], associated[12];
        argon2_context c = {
                .out = out, .outlen = sizeof(out), .pwd = password, .pwdlen = sizeof(password), .salt = salt,
                .saltlen = sizeof(salt), .secret = secret, .secretlen = sizeof(secret), .ad = associated,
                .adlen = sizeof(associated), .t_cost = 3, .m_cost = 32, .lanes = 4, .threads = 4,
                .version = ARGON2_VERSION_13, .flags = ARGON2_DEFAULT_FLAGS,
        };
        _cleanup_free_ char *text = NULL;

        memset(password, 1, sizeof(password));
        memset(salt, 2, sizeof(salt));
        memset(secret, 3, sizeof(secret));
        memset(associated, 4, sizeof(associated));
        assert_int_equal(argon2_ctx(&c, Argon2_id), ARGON2_OK);
        text = hex_encode(VIEW(out, sizeof(out)));
        assert_string_equal(text, "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
}

/* And this that argon2id() asks the library for what its parameters say. */
static void test_argon2id(void **state) {
        Argon2Params p = { .memory_kib = 256, .passes = 2, .lanes = 3, .salt = "0123456789abcde" };
        _cleanup_secret_ Secret *out = NULL;
        uint8_t expected[48];

        assert_int_equal(argon2id(&p, view_string("password"), sizeof(expected), &out), 0);
        assert_int_equal(argon2id_hash_raw(2, 256, 3, "password", 8, p.salt, sizeof(p.salt), expected, sizeof(expected)), ARGON2_OK);
        assert_true(view_equal(secret_view(out), VIEW(expected, sizeof(expected))));
}

static void test_argon2_params(void **state) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        Argon2Params p, other, back;

        assert_int_equal(argon2_params_new(&p), 0);
        assert_int_equal(argon2_params_new(&other), 0);
        assert_int_equal(p.memory_kib, 65536);
        assert_int_equal(p.passes, 3);
        assert_int_equal(p.lanes, 4);
        assert_memory_not_equal(p.salt, other.salt, sizeof(p.salt));
        assert_int_equal(argon2_params_write(&p, &b), 0);
        assert_int_equal(b.len, ARGON2_PARAMS_SIZE);
        assert_int_equal(argon2_params_read(bytes_view(&b), &back), 0);
        assert_int_equal(back.memory_kib, p.memory_kib);
        assert_int_equal(back.passes, p.passes);
        assert_int_equal(back.lanes, p.lanes);
        assert_memory_equal(back.salt, p.salt, sizeof(p.salt));
}

static void test_argon2_params_bounds(void **state) {
        static const struct {
                uint32_t memory, passes, lanes;
                int result;
        } cases[] = {
                { 8, 1, 1, 0 },
                { 1024 * 1024, 16, 16, 0 },
                { 1024 * 1024 + 1, 1, 1, -EBADMSG },
                { 1024, 17, 1, -EBADMSG },
                { 1024, 1, 17, -EBADMSG },
                { 1024, 0, 1, -EBADMSG },
                { 1024, 1, 0, -EBADMSG },
                { 15, 1, 2, -EBADMSG },
                { UINT32_MAX, UINT32_MAX, UINT32_MAX, -EBADMSG },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Argon2Params p = { .memory_kib = cases[i].memory, .passes = cases[i].passes, .lanes = cases[i].lanes }, back;
                _cleanup_bytes_ Bytes b = BYTES_NULL;

                assert_int_equal(argon2_params_write(&p, &b), 0);
                assert_int_equal(argon2_params_read(bytes_view(&b), &back), cases[i].result);
                assert_int_equal(argon2_params_read(VIEW(b.data, b.len - 1), &back), -EBADMSG);
                b.data[0] = 2;
                assert_int_equal(argon2_params_read(bytes_view(&b), &back), -EBADMSG);
        }
}

static void test_password(void **state) {
        _cleanup_bytes_ Bytes record = BYTES_NULL;

        assert_int_equal(password_hash(view_string("correct horse"), &record), 0);
        assert_int_equal(password_verify(view_string("correct horse"), bytes_view(&record)), 0);
        assert_int_equal(password_verify(view_string("correct horsf"), bytes_view(&record)), -EKEYREJECTED);
        assert_int_equal(password_verify(VIEW(NULL, 0), bytes_view(&record)), -EKEYREJECTED);
        assert_int_equal(password_verify(view_string("correct horse"), VIEW(record.data, record.len - 1)), -EBADMSG);
        record.data[record.len - 1] ^= 1;
        assert_int_equal(password_verify(view_string("correct horse"), bytes_view(&record)), -EKEYREJECTED);
        record.data[1] = 0xff;
        assert_int_equal(password_verify(view_string("correct horse"), bytes_view(&record)), -EBADMSG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_hkdf),
                cmocka_unit_test(test_hkdf_bounds),
                cmocka_unit_test(test_argon2_library),
                cmocka_unit_test(test_argon2id),
                cmocka_unit_test(test_argon2_params),
                cmocka_unit_test(test_argon2_params_bounds),
                cmocka_unit_test(test_password),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
