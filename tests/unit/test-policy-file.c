/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* installer/trust/policy-file.c: what goes in comes out again and leaves the text as it was, in whatever order; hostile and cut texts. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "installer/trust/policy-file.h"

static const char *const paths[] = { "/etc/a.pem", "/etc/b.pem", "/etc/c.pem" };

static const char *const texts[] = {
        "",
        "{}",
        " {\n}\n",
        "{\"policies\":{}}",
        "{\"policies\" : { \"A\" : [ { } , [ ] ] } }",
        "{\"x\": {\"policies\": 1}, \"policies\": {\"Certificates\": {}}}",
        "{\"policies\": {\"Certificates\": {\"B\": 1}}}",
        "{\"policies\": {\"Certificates\": {\"Install\": []}}}",
        "{\"policies\": {\"Certificates\": {\"Install\": [\n\t]}}}",
        "{\"policies\": {\"Certificates\": {\"Install\": [\"/etc/other.pem\"]}}}",
        "{\"policies\": {\"Certificates\": {\"Install\":[ \"x\" , \"y\\\"]\" , 3 ],\"B\":null}}}",
        "{\"policies\": {\"Certificates\": {\"\\u0041\": \"\\\\\", \"Install\": [\"\xc5\xbc\"]}}, \"z\": -1.5e+3}",
};

static void change(Bytes *text, int (*edit)(View text, const char *path, Bytes *ret), const char *path) {
        Bytes next = BYTES_NULL;

        assert_int_equal(edit(bytes_view(text), path, &next), 0);
        bytes_done(text);
        *text = next;
}

static int count(void *userdata, View path) {
        for (size_t i = 0; i < ELEMENTSOF(paths); i++)
                *(unsigned *) userdata += view_equal(path, view_string(paths[i]));
        return 0;
}

static void test_there_and_back(void **state) {
        static const unsigned orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                for (size_t k = 0; k < ELEMENTSOF(orders); k++) {
                        _cleanup_bytes_ Bytes text = BYTES_NULL, again = BYTES_NULL;
                        unsigned found = 0;

                        assert_int_equal(bytes_append_view(&text, view_string(texts[i])), 0);
                        for (size_t n = 0; n < ELEMENTSOF(paths); n++)
                                change(&text, policy_add, paths[n]);
                        assert_int_equal(policy_walk(bytes_view(&text), count, &found), 0);
                        assert_int_equal(found, ELEMENTSOF(paths));
                        assert_int_equal(policy_add(bytes_view(&text), paths[0], &again), -EEXIST);
                        for (size_t n = 0; n < ELEMENTSOF(paths); n++)
                                change(&text, policy_remove, paths[orders[k][n]]);
                        if (!view_equal(bytes_view(&text), view_string(texts[i])))
                                fail_msg("%s became %.*s", texts[i], (int) text.len, (const char *) text.data);
                        assert_int_equal(policy_remove(bytes_view(&text), paths[0], &again), -ENOENT);
                }
}

static void test_refused(void **state) {
        static const char *const bad[] = {
                "[]", "{", "}", "x", "\"\"", "{} {}", "{\"policies\": []}", "{\"policies\": {\"Certificates\": 1}}", "{\"policies\": {\"Certificates\": {\"Install\": {}}}}",
                "{\"policies\": {}, \"policies\": {}}", "{\"a\" 1}", "{\"a\": }", "{\"a\": 1,}", "{a: 1}", "{\"a\": [1,]}", "{\"a\": \"\n\"}", "{\"a\": \"\\x\"}",
                "{\"a\": tru}", "\xef\xbb\xbf{}", "{\"\xff\": 1}", "{} // no", "{\"policies\": {\"Certificates\": {\"Install\": [], \"Install\": []}}}",
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                _cleanup_bytes_ Bytes out = BYTES_NULL;

                if (policy_add(view_string(bad[i]), paths[0], &out) != -EBADMSG)
                        fail_msg("taken: %s", bad[i]);
        }
}

static void test_depth(void **state) {
        _cleanup_bytes_ Bytes deep = BYTES_NULL, out = BYTES_NULL;

        for (size_t i = 0; i < 100000; i++)
                assert_int_equal(bytes_append(&deep, "{\"a\":", 5), 0);
        assert_int_equal(policy_add(bytes_view(&deep), paths[0], &out), -EBADMSG);
}

/* Each prefix of a text, and each byte of it changed: an answer, and what was taken can be taken back. */
static void test_damaged(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                _cleanup_bytes_ Bytes copy = BYTES_NULL;

                assert_int_equal(bytes_append_view(&copy, view_string(texts[i])), 0);
                for (size_t n = 0; n < copy.len * 256; n++) {
                        _cleanup_bytes_ Bytes out = BYTES_NULL, back = BYTES_NULL;
                        View cut = n % 256 == 0 ? VIEW(copy.data, n / 256) : bytes_view(&copy);

                        copy.data[n / 256] ^= (uint8_t) n;
                        if (policy_add(cut, paths[0], &out) >= 0) {
                                assert_int_equal(policy_remove(bytes_view(&out), paths[0], &back), 0);
                                assert_true(view_equal(bytes_view(&back), cut));
                        }
                        copy.data[n / 256] ^= (uint8_t) n;
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_there_and_back),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_depth),
                cmocka_unit_test(test_damaged),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
