/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/store/recovery-key.c: what is typed wrongly is told, by the group where it is. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "store/recovery-key.h"

#define TEXT_LEN 77U

static void make(Secret **ret_key, char ret[static TEXT_LEN + 1]) {
        _cleanup_secret_ Secret *text = NULL;

        assert_int_equal(secret_random(RECOVERY_KEY_SIZE, ret_key), 0);
        assert_int_equal(recovery_key_format(secret_view(*ret_key), &text), 0);
        assert_int_equal(secret_len(text), TEXT_LEN);
        memcpy(ret, secret_data(text), TEXT_LEN + 1);
}

static int parse(const char *text, unsigned *ret_group) {
        _cleanup_secret_ Secret *key = NULL;

        return recovery_key_parse(view_string(text), &key, ret_group);
}

static void test_round_trip(void **state) {
        for (int i = 0; i < 200; i++) {
                _cleanup_secret_ Secret *key = NULL, *back = NULL;
                char text[TEXT_LEN + 1];
                unsigned group;

                make(&key, text);
                assert_int_equal(recovery_key_parse(view_string(text), &back, &group), 0);
                assert_true(secret_equal(secret_view(key), secret_view(back)));
        }
}

/* The format on paper must never change. */
static void test_fixed(void **state) {
        _cleanup_secret_ Secret *text = NULL, *none = NULL;
        uint8_t key[32];

        for (size_t i = 0; i < sizeof(key); i++)
                key[i] = (uint8_t) (i * 7);
        assert_int_equal(recovery_key_format(VIEW(key, sizeof(key)), &text), 0);
        assert_string_equal((char *) secret_data(text), "AADQJ-4FI4H-EMVD7-COB7G-IZGVR-IW3CX-NFYHE-O7UFP-RSJZH-VINIV-V63LD-3RGLV-2LMQS");
        assert_int_equal(recovery_key_format(VIEW(key, 31), &none), -EINVAL);
}

static void test_as_typed(void **state) {
        _cleanup_secret_ Secret *key = NULL, *back = NULL;
        char text[TEXT_LEN + 1], typed[3 * TEXT_LEN + 1];
        unsigned group;
        size_t n = 0;

        make(&key, text);
        for (size_t i = 0; i < TEXT_LEN; i++) {
                char c = text[i];

                if (c == '-' && i % 2 == 0)
                        continue;
                typed[n++] = c == '-' ? ' ' : c == 'O' ? '0' : c == 'I' ? '1' : c == 'B' ? '8' : c >= 'A' ? (char) (c - 'A' + 'a') : c;
                if (i % 11 == 0)
                        typed[n++] = '\n';
        }
        typed[n] = 0;
        assert_int_equal(recovery_key_parse(view_string(typed), &back, &group), 0);
        assert_true(secret_equal(secret_view(key), secret_view(back)));
}

/* Every single wrong character, at every place. */
static void test_wrong_character(void **state) {
        static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        _cleanup_secret_ Secret *key = NULL;
        char text[TEXT_LEN + 1];

        make(&key, text);
        for (size_t i = 0; i < TEXT_LEN; i++) {
                char right = text[i];
                unsigned group;

                if (right == '-')
                        continue;
                for (const char *c = alphabet; *c; c++) {
                        if (*c == right)
                                continue;
                        text[i] = *c;
                        assert_int_equal(parse(text, &group), -EINVAL);
                        assert_int_equal(group, i / 6 + 1);
                }
                text[i] = '!';
                assert_int_equal(parse(text, &group), -EINVAL);
                assert_int_equal(group, i / 6 + 1);
                text[i] = right;
        }
}

static void swap(char *text, size_t i, size_t j) {
        char c = text[i];

        text[i] = text[j];
        text[j] = c;
}

static void test_swapped(void **state) {
        _cleanup_secret_ Secret *key = NULL;
        char text[TEXT_LEN + 1];
        unsigned group;

        make(&key, text);
        for (size_t i = 0; i + 1 < TEXT_LEN; i++) {
                if (text[i] == '-' || text[i + 1] == '-' || text[i] == text[i + 1])
                        continue;
                swap(text, i, i + 1);
                assert_int_equal(parse(text, &group), -EINVAL);
                assert_int_equal(group, i / 6 + 1);
                swap(text, i, i + 1);
        }
        /* Two groups in each other's place, which are in order in themselves. */
        for (size_t i = 0; i < 5; i++)
                swap(text, i, 12 + i);
        assert_int_equal(parse(text, &group), -EINVAL);
        assert_int_equal(group, 1);
}

static void test_length(void **state) {
        _cleanup_secret_ Secret *key = NULL;
        char text[TEXT_LEN + 2];
        unsigned group = 7;

        make(&key, text);
        assert_int_equal(parse("", &group), -EINVAL);
        assert_int_equal(group, 0);
        strcat(text, "A");
        assert_int_equal(parse(text, &group), -EINVAL);
        assert_int_equal(group, 0);
        text[TEXT_LEN - 1] = 0;
        assert_int_equal(parse(text, &group), -EINVAL);
        assert_int_equal(group, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_round_trip), cmocka_unit_test(test_fixed),   cmocka_unit_test(test_as_typed),
                cmocka_unit_test(test_wrong_character), cmocka_unit_test(test_swapped), cmocka_unit_test(test_length),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
