/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/crypto/totp.c: RFC 4226 appendix D, RFC 6238 appendix B, and each outcome of a verification (E5). */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "base/codec.h"
#include "crypto/totp.h"

static const View secret = { .data = (const uint8_t *) "12345678901234567890", .len = 20 };

static void test_rfc4226(void **state) {
        static const char *const expected[] = { "755224", "287082", "359152", "969429", "338314",
                                                "254676", "287922", "162583", "399871", "520489" };
        char code[9];

        for (size_t i = 0; i < ELEMENTSOF(expected); i++) {
                assert_int_equal(hotp_code(secret, i, 6, code), 0);
                assert_string_equal(code, expected[i]);
        }
        assert_int_equal(hotp_code(secret, 0, 5, code), -EINVAL);
        assert_int_equal(hotp_code(secret, 0, 9, code), -EINVAL);
}

static const struct {
        int64_t time;
        const char *code;
} rfc6238[] = {
        { 59, "94287082" },         { 1111111109, "07081804" }, { 1111111111, "14050471" },
        { 1234567890, "89005924" }, { 2000000000, "69279037" }, { 20000000000, "65353130" },
};

static void test_rfc6238(void **state) {
        char code[9];
        uint64_t step;

        for (size_t i = 0; i < ELEMENTSOF(rfc6238); i++) {
                assert_int_equal(totp_code(secret, (uint64_t) rfc6238[i].time / 30, 8, code), 0);
                assert_string_equal(code, rfc6238[i].code);
                assert_int_equal(totp_verify(secret, 8, 0, rfc6238[i].time, view_string(rfc6238[i].code), &step), TOTP_ACCEPTED);
                assert_int_equal(step, rfc6238[i].time / 30);
        }
}

static void test_window(void **state) {
        int64_t now = 1111111111; /* step 37037037 */
        uint64_t present = 37037037;

        for (uint64_t step = present - 3; step <= present + 3; step++) {
                uint64_t accepted = 7;
                char code[9];
                bool in = step >= present - 1 && step <= present + 1;

                assert_int_equal(totp_code(secret, step, 8, code), 0);
                assert_int_equal(totp_verify(secret, 8, 0, now, view_string(code), &accepted), in ? TOTP_ACCEPTED : TOTP_E_WRONG);
                assert_int_equal(accepted, in ? step : 7);
        }
}

static void test_once(void **state) {
        int64_t now = 1111111111;
        uint64_t present = 37037037, step = 7;
        char code[9], before[9];

        assert_int_equal(totp_code(secret, present, 8, code), 0);
        assert_int_equal(totp_code(secret, present - 1, 8, before), 0);
        assert_int_equal(totp_verify(secret, 8, present - 1, now, view_string(code), &step), TOTP_ACCEPTED);
        assert_int_equal(step, present);
        step = 7;
        assert_int_equal(totp_verify(secret, 8, present, now, view_string(code), &step), TOTP_E_REPLAYED);
        assert_int_equal(totp_verify(secret, 8, present, now, view_string(before), &step), TOTP_E_REPLAYED);
        assert_int_equal(totp_verify(secret, 8, present + 1, now, view_string(code), &step), TOTP_E_REPLAYED);
        assert_int_equal(totp_verify(secret, 8, present + 2, now, view_string(code), &step), TOTP_E_CLOCK);
        assert_int_equal(step, 7);
}

static void test_no_code(void **state) {
        static const char *const bad[] = { "", "1405047", "140504711", " 4050471", "1405047a", "+4050471", "14050472" };
        uint64_t step = 7;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(totp_verify(secret, 8, 0, 1111111111, view_string(bad[i]), &step), TOTP_E_WRONG);
        assert_int_equal(totp_verify(secret, 8, 0, 1111111111, VIEW("1405047\0", 8), &step), TOTP_E_WRONG);
        assert_int_equal(totp_verify(secret, 6, 0, 1111111111, view_string("050471"), &step), TOTP_ACCEPTED);
        assert_int_equal(totp_verify(secret, 8, 0, 29, view_string("14050471"), &step), -EINVAL);
        assert_int_equal(totp_verify(secret, 8, 0, -1, view_string("14050471"), &step), -EINVAL);
        assert_int_equal(totp_verify(secret, 8, 0, INT64_MAX, view_string("14050471"), &step), TOTP_E_WRONG);
}

static void test_uri(void **state) {
        _cleanup_secret_ Secret *uri = NULL;

        assert_int_equal(totp_uri(view_string("Hello!\xde\xad\xbe\xef"), 8, "Example: sp. z o.o.", "a b@\xc5\xbc", &uri), 0);
        assert_true(view_equal(secret_view(uri), view_string("otpauth://totp/Example%3A%20sp.%20z%20o.o.:a%20b%40%C5%BC?secret=JBSWY3DPEHPK3PXP"
                                                             "&issuer=Example%3A%20sp.%20z%20o.o.&algorithm=SHA1&digits=8&period=30")));
        assert_int_equal(secret_data(uri)[secret_len(uri)], 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rfc4226),
                cmocka_unit_test(test_rfc6238),
                cmocka_unit_test(test_window),
                cmocka_unit_test(test_once),
                cmocka_unit_test(test_no_code),
                cmocka_unit_test(test_uri),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
