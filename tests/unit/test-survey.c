/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* installer/trust/survey.c: certificates found in bundles and key stores, whole ones and torn ones. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/codec.h"
#include "installer/trust/record.h"
#include "installer/trust/store.h"

/* Of the form of a certificate: SEQUENCE { SEQUENCE { [0] { INTEGER 2 }, … } }, `n` bytes of filling. */
static Bytes form(uint8_t filling, size_t n) {
        Bytes b = BYTES_NULL;
        size_t inner = 5 + n;
        const uint8_t head[] = { 0x30, 0x82, (uint8_t) ((inner + 4) >> 8), (uint8_t) (inner + 4), 0x30, 0x82, (uint8_t) (inner >> 8), (uint8_t) inner,
                                 0xa0, 0x03, 0x02, 0x01, 0x02 };

        assert_int_equal(bytes_append(&b, head, sizeof(head)), 0);
        for (size_t i = 0; i < n; i++)
                assert_int_equal(bytes_append_byte(&b, filling), 0);
        return b;
}

static unsigned look_up(const Survey *s, const Bytes *der) {
        char fingerprint[FINGERPRINT_TEXT_SIZE];

        assert_int_equal(fingerprint_take(bytes_view(der), fingerprint), 0);
        return survey_find(s, fingerprint);
}

static void test_pem(void **state) {
        _cleanup_bytes_ Bytes a = form(1, 300), b = form(2, 400), text = BYTES_NULL, pem = BYTES_NULL, more = BYTES_NULL;
        _cleanup_survey_ Survey s = { 0 };

        assert_int_equal(certificate_to_pem(bytes_view(&a), &pem), 0);
        assert_int_equal(certificate_to_pem(bytes_view(&b), &more), 0);
        /* The first is cut off in the middle, as a disk that was full leaves it; the second is whole. */
        assert_int_equal(bytes_append(&text, pem.data, pem.len / 2), 0);
        assert_int_equal(bytes_append_view(&text, bytes_view(&more)), 0);
        assert_int_equal(survey_add_pem(&s, bytes_view(&text), PURPOSE_TLS), 0);
        assert_int_equal(look_up(&s, &a), 0);
        assert_int_equal(look_up(&s, &b), PURPOSE_TLS);
        assert_int_equal(survey_add_pem(&s, bytes_view(&more), PURPOSE_EMAIL), 0);
        assert_int_equal(s.n, 1);
        assert_int_equal(look_up(&s, &b), PURPOSE_TLS | PURPOSE_EMAIL);
        for (size_t n = 0; n < text.len; n++)
                assert_int_equal(survey_add_pem(&s, VIEW(text.data, n), PURPOSE_ALL), 0);
        assert_int_equal(survey_add_pem(&s, VIEW(NULL, 0), PURPOSE_ALL), 0);
        assert_int_equal(survey_add_pem_file(&s, "/nonexistent", PURPOSE_ALL), 0);
        assert_int_equal(survey_find(&s, "x"), 0);
}

static void test_binary(void **state) {
        _cleanup_bytes_ Bytes a = form(1, 300), b = form(2, 40000), all = BYTES_NULL;
        _cleanup_survey_ Survey s = { 0 }, other = { 0 };

        assert_int_equal(bytes_append(&all, "\xfe\xed\xfe\xed junk 0\x82", 12), 0);
        assert_int_equal(bytes_append_view(&all, bytes_view(&a)), 0);
        assert_int_equal(bytes_append(&all, "0\x82\0", 3), 0);
        assert_int_equal(bytes_append_view(&all, bytes_view(&b)), 0);
        assert_int_equal(survey_add_binary(&s, bytes_view(&all), PURPOSE_ALL), 0);
        assert_int_equal(s.n, 2);
        assert_int_equal(look_up(&s, &a), PURPOSE_ALL);
        assert_int_equal(look_up(&s, &b), PURPOSE_ALL);
        assert_int_equal(survey_add_binary(&other, VIEW(all.data, all.len - 1), PURPOSE_TLS), 0);
        assert_int_equal(other.n, 1);
        survey_intersect(&s, &other);
        assert_int_equal(look_up(&s, &a), PURPOSE_TLS);
        assert_int_equal(look_up(&s, &b), 0);
}

/* Each within the one before: the work stays in proportion. */
static void test_nested(void **state) {
        _cleanup_bytes_ Bytes all = BYTES_NULL;
        _cleanup_survey_ Survey s = { 0 };

        for (size_t i = 0; i < 5000; i++) {
                const uint8_t head[] = { 0x30, 0x82, 0xf0, 0x00, 0x30, 0x82, 0xe0, 0x00, 0xa0, 0x03, 0x02, 0x01, 0x02 };

                assert_int_equal(bytes_append(&all, head, sizeof(head)), 0);
        }
        assert_int_equal(survey_add_binary(&s, bytes_view(&all), PURPOSE_ALL), 0);
        assert_true(s.n <= 9);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_pem),
                cmocka_unit_test(test_binary),
                cmocka_unit_test(test_nested),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
