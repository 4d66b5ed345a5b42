/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/store/slots.c: wrapping, the stored form, and every byte of it altered. */

#include <unistd.h>

#include "store-fixture.h"
#include "store/slots.h"

static const View store_key = { .data = (const uint8_t *) "the store key, of 32 bytes.....", .len = 32 };

static Slots make(void) {
        Slots s;

        assert_int_equal(slots_new(TEST_APPLICATION, &s), 0);
        assert_int_equal(slots_add(&s, SLOT_HOST, host_key, store_key, "host-a"), 0);
        assert_int_equal(slots_add(&s, SLOT_RECOVERY, other_key, store_key, ""), 0);
        return s;
}

static void test_unwrap(void **state) {
        Slots s = make();
        _cleanup_secret_ Secret *by_host = NULL, *by_recovery = NULL;
        Secret *none = NULL;

        assert_int_equal(slots_unwrap(&s, SLOT_HOST, host_key, &by_host), 0);
        assert_true(view_equal(secret_view(by_host), store_key));
        assert_int_equal(slots_unwrap(&s, SLOT_RECOVERY, other_key, &by_recovery), 0);
        assert_true(view_equal(secret_view(by_recovery), store_key));
        assert_int_equal(slots_unwrap(&s, SLOT_RECOVERY, host_key, &none), -ENOKEY);
        assert_int_equal(slots_unwrap(&s, SLOT_HOST, other_key, &none), -ENOKEY);
        /* A slot is of its kind and of its file. */
        s.slot[0].kind = SLOT_RECOVERY;
        assert_int_equal(slots_unwrap(&s, SLOT_RECOVERY, host_key, &none), -ENOKEY);
        s.slot[0].kind = SLOT_HOST;
        s.application_id++;
        assert_int_equal(slots_unwrap(&s, SLOT_HOST, host_key, &none), -EBADMSG);
        s.application_id--;
        s.store_id[0] ^= 1;
        assert_int_equal(slots_unwrap(&s, SLOT_HOST, host_key, &none), -ENOKEY);
        s.store_id[0] ^= 1;
        s.slot[0].wrapped[40] ^= 1;
        assert_int_equal(slots_unwrap(&s, SLOT_HOST, host_key, &none), -EBADMSG);
        assert_null(none);
}

static void test_add_and_remove(void **state) {
        _cleanup_secret_ Secret *key = NULL;
        Slots s = make();
        Secret *none = NULL;

        assert_int_equal(slots_add(&s, SLOT_HOST, VIEW("short", 5), store_key, ""), -EINVAL);
        assert_int_equal(slots_add(&s, SLOT_HOST, other_key, store_key, "host-b"), 0);
        assert_int_equal(slots_count(&s, SLOT_HOST), 2);
        slots_remove(&s, SLOT_HOST, 1);
        assert_int_equal(slots_count(&s, SLOT_HOST), 1);
        assert_int_equal(slots_count(&s, SLOT_RECOVERY), 1);
        assert_int_equal(slots_unwrap(&s, SLOT_HOST, host_key, &none), -ENOKEY);
        assert_int_equal(slots_unwrap(&s, SLOT_HOST, other_key, &key), 0);
        while (s.n < SLOTS_MAX)
                assert_int_equal(slots_add(&s, SLOT_HOST, host_key, store_key, "x"), 0);
        assert_int_equal(slots_add(&s, SLOT_HOST, host_key, store_key, "x"), -ENOSPC);
}

static void test_label(void **state) {
        Slots s;

        assert_int_equal(slots_new(TEST_APPLICATION, &s), 0);
        assert_int_equal(slots_add(&s, SLOT_HOST, host_key, store_key, "a\x1b[31m"), 0);
        assert_string_equal(s.slot[0].label, "a\xef\xbf\xbd[31m");
        /* 63 bytes and a character of two: cut before it. */
        assert_int_equal(slots_add(&s, SLOT_HOST, host_key, store_key,
                                   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc5\xbc"), 0);
        assert_int_equal(strlen(s.slot[1].label), 63);
}

static void test_stored_form(void **state) {
        Slots s = make(), back;
        _cleanup_bytes_ Bytes b = BYTES_NULL, again = BYTES_NULL;

        assert_int_equal(slots_format(&s, &b), 0);
        assert_int_equal(slots_parse(bytes_view(&b), &back), 0);
        assert_int_equal(slots_format(&back, &again), 0);
        assert_true(view_equal(bytes_view(&b), bytes_view(&again)));
        assert_int_equal(back.n, 2);
        assert_string_equal(back.slot[0].label, "host-a");
        assert_true(back.slot[0].created == s.slot[0].created);
        assert_false(memmem(b.data, b.len, store_key.data, store_key.len));
}

static void test_damage(void **state) {
        Slots s = make(), back;
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        assert_int_equal(slots_format(&s, &b), 0);
        for (size_t i = 0; i < b.len; i++) {
                b.data[i] ^= 0x10;
                assert_int_equal(slots_parse(bytes_view(&b), &back), i == 8 ? -EPROTONOSUPPORT : -EBADMSG);
                b.data[i] ^= 0x10;
        }
        for (size_t n = 0; n < b.len; n++)
                assert_int_equal(slots_parse(VIEW(b.data, n), &back), -EBADMSG);
        assert_int_equal(bytes_append_byte(&b, 0), 0);
        assert_int_equal(slots_parse(bytes_view(&b), &back), -EBADMSG);
}

static void test_file(void **state) {
        _cleanup_free_ char *path = path_in(*state, "slots");
        _cleanup_free_ uint8_t *large = calloc(1, 20000);
        Slots s = make(), back;
        struct stat st;

        assert_int_equal(slots_read(path, &back), -ENOENT);
        assert_int_equal(slots_write(path, &s), 0);
        assert_int_equal(slots_read(path, &back), 0);
        assert_int_equal(slots_write(path, &s), 0);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(atomic_file_write(path, VIEW(large, 20000), 0600, true), 0);
        assert_int_equal(slots_read(path, &back), -EBADMSG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_unwrap),
                cmocka_unit_test(test_add_and_remove),
                cmocka_unit_test(test_label),
                cmocka_unit_test(test_stored_form),
                cmocka_unit_test(test_damage),
                cmocka_unit_test_setup_teardown(test_file, directory_setup, directory_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
