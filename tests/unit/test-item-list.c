/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* daemon/item-list.c against values worked out by Python's hashlib from the words of the contract. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/codec.h"
#include "daemon/item-list.h"

static const char *const item_hashes[] = {
        "5617ee5327d7436cd0163c9be6b4df190f4691cfb2dbfb7c29ec3460c9898fb4",
        "9e20e8b4a80dc204fa28c1bb3fc52445e05bb46ed01575c63e9ab82b12721319",
        "b621aef141b5a11bf6e4bbcc4598836bf9fac521f34de1bcd59c1d6e001c007e",
};
static const char *const rests[] = {
        "f9f4c5443f05f5b7ee7c0dac46f94f481d39de9f23afe98e3b6cb2479f62e4fb",
        "f7b613a11ee0ce724431e8537d95fd154d1394d191e07cea13704d8a1164579d",
        "cd364cc994f9ced963edd4ea62cd4b706dda5b343d5fc2a7747e59a648000247",
        "0000000000000000000000000000000000000000000000000000000000000000",
};

static void expect_hex(const uint8_t *hash, const char *hex) {
        _cleanup_free_ char *text = hex_encode(VIEW(hash, SHA256_SIZE));

        assert_string_equal(text, hex);
}

static void hash_items(uint8_t hashes[static 3][SHA256_SIZE]) {
        assert_int_equal(item_hash(ITEM_CMS_ATTRIBUTES, view_string("a"), hashes[0]), 0);
        assert_int_equal(item_hash(ITEM_CMS_ATTRIBUTES, VIEW(NULL, 0), hashes[1]), 0);
        assert_int_equal(item_hash(ITEM_XML_SIGNEDINFO, view_string("<x>"), hashes[2]), 0);
}

static void test_item_hash(void **state) {
        uint8_t hashes[3][SHA256_SIZE];

        hash_items(hashes);
        for (size_t i = 0; i < 3; i++)
                expect_hex(hashes[i], item_hashes[i]);
        assert_int_equal(item_hash(ITEM_TYPE_INVALID, view_string("a"), hashes[0]), -EINVAL);
}

static void test_chain(void **state) {
        uint8_t hashes[3][SHA256_SIZE], rest[SHA256_SIZE] = { 0 }, list[SHA256_SIZE];

        hash_items(hashes);
        assert_int_equal(item_list_hash(hashes, 3, rest, list), 0);
        expect_hex(list, rests[0]);
        /* One at a time from the end comes to the same. */
        for (size_t i = 3; i-- > 0;) {
                assert_int_equal(item_list_hash(hashes + i, 1, rest, rest), 0);
                expect_hex(rest, rests[i]);
        }
        /* No items: the rest itself. */
        assert_int_equal(item_list_hash(hashes, 0, rest, list), 0);
        assert_memory_equal(list, rest, SHA256_SIZE);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_item_hash),
                cmocka_unit_test(test_chain),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
