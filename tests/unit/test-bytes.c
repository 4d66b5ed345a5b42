/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/base/bytes.c: growth, numbers, errors that leave the buffer as it was. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "base/bytes.h"

static void test_append(void **state) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        assert_int_equal(bytes_append(&b, NULL, 0), 0);
        assert_null(b.data);
        assert_int_equal(bytes_append_byte(&b, 0xfe), 0);
        assert_int_equal(bytes_append_u32be(&b, 0x01020304), 0);
        assert_int_equal(bytes_append_u64be(&b, 0x05060708090a0b0cULL), 0);
        assert_int_equal(bytes_append_view(&b, VIEW_LITERAL("\0x")), 0);
        assert_true(view_equal(bytes_view(&b), VIEW("\xfe\1\2\3\4\5\6\7\10\11\12\13\14\0x", 15)));
}

static void test_growth(void **state) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        for (unsigned i = 0; i < 100000; i++)
                assert_int_equal(bytes_append_byte(&b, (uint8_t) i), 0);
        assert_int_equal(b.len, 100000);
        assert_true(b.allocated < 300000);
        for (unsigned i = 0; i < 100000; i++)
                assert_int_equal(b.data[i], (uint8_t) i);
}

static void test_overflow(void **state) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        assert_int_equal(bytes_append(&b, "abc", 3), 0);
        assert_int_equal(bytes_reserve(&b, SIZE_MAX), -EOVERFLOW);
        assert_int_equal(bytes_append(&b, "x", SIZE_MAX - 2), -EOVERFLOW);
        assert_true(view_equal(bytes_view(&b), view_string("abc")));
}

static void test_printf(void **state) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        assert_int_equal(bytes_printf(&b, "%s", ""), 0);
        assert_int_equal(b.len, 0);
        assert_int_equal(bytes_printf(&b, "%d-%s", 7, "x"), 0);
        assert_int_equal(bytes_printf(&b, "%0100d", 1), 0);
        assert_int_equal(b.len, 103);
        assert_memory_equal(b.data, "7-x000", 6);
}

static void test_views(void **state) {
        View text = VIEW("abc", 3);

        assert_true(view_equal(view_string(NULL), VIEW("x", 0)));
        assert_false(view_equal(view_string("ab"), view_string("abc")));
        assert_false(view_equal(view_string("abd"), view_string("abc")));
        assert_int_equal(VIEW_LITERAL("a\0b").len, 3);
        assert_ptr_equal(view_find(text, "bc"), text.data + 1);
        assert_null(view_find(text, "cd"));
        assert_null(view_find(VIEW(NULL, 0), "a"));
        assert_true(view_equal(view_from(text, text.data + 2), view_string("c")));
        assert_int_equal(view_from(text, text.data + 3).len, 0);
}

static void test_ownership(void **state) {
        Bytes a = BYTES_NULL, taken;

        assert_int_equal(bytes_dup(view_string("abc"), &a), 0);
        taken = bytes_take(&a);
        assert_null(a.data);
        assert_int_equal(a.len, 0);
        assert_true(view_equal(bytes_view(&taken), view_string("abc")));
        bytes_done(&taken);
        assert_null(taken.data);
        bytes_done(&taken);
        bytes_done(NULL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_append), cmocka_unit_test(test_growth), cmocka_unit_test(test_overflow),
                cmocka_unit_test(test_printf), cmocka_unit_test(test_views),  cmocka_unit_test(test_ownership),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
