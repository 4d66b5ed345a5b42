/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/cms/timestamp.c against a token of openssl ts over "stamped". Its time is that of the fixtures. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/atomic-file.h"
#include "crypto/key.h"
#include "sign/trust/anchors.h"
#include "sign/cms/timestamp.h"

#define MADE INT64_C(1795283567) /* when the fixtures were made */
#define DAY (24 * 3600)
#define STAMPED VIEW_LITERAL("stamped")

static const char *folder;

static Bytes fixture(const char *name) {
        _cleanup_free_ char *path = NULL;
        Bytes b;

        assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
        assert_int_equal(read_file(path, 65536, &b), 0);
        return b;
}

static int verify(View token, View stamped, const char *anchor, int64_t now) {
        _cleanup_(verify_anchors_freep) gnutls_x509_trust_list_t anchors = NULL;
        _cleanup_bytes_ Bytes root = fixture(anchor);
        _cleanup_free_ char *authority = NULL;
        VerifyParams params = { .now = now, .content_fd = -1 };
        Timestamp t;
        int r;

        assert_int_equal(verify_anchors_new(&anchors), 0);
        assert_int_equal(verify_anchors_load(anchors, bytes_view(&root), NULL), 0);
        params.anchors = anchors;
        assert_int_equal(timestamp_read_over(TIMESTAMP_SIGNATURE, token, stamped, &t), 0);
        r = timestamp_verify(&t, &params, &authority);
        if (r == 0) {
                assert_in_range(t.time, MADE, MADE + 120);
                assert_string_equal(authority, "CN=Example tsa");
        } else
                assert_null(authority);
        return r;
}

static void test_openssl(void **state) {
        _cleanup_bytes_ Bytes token = fixture("token.tst"), leaf = fixture("leaf.der");
        View v = bytes_view(&token);

        assert_int_equal(verify(v, STAMPED, "root.der", MADE + DAY), 0);
        assert_int_equal(verify(v, VIEW_LITERAL("else"), "root.der", MADE + DAY), TIMESTAMP_E_DIFFERENT);
        assert_int_equal(verify(v, STAMPED, "issuing.der", MADE + DAY), TIMESTAMP_E_UNTRUSTED);
        assert_int_equal(verify(v, STAMPED, "root.der", MADE + 301 * DAY), TIMESTAMP_E_EXPIRED);
        /* Of the future. */
        assert_int_equal(verify(v, STAMPED, "root.der", MADE - DAY / 2), TIMESTAMP_E_UNTRUSTED);
        assert_int_equal(verify(bytes_view(&leaf), STAMPED, "root.der", MADE + DAY), TIMESTAMP_E_MALFORMED);
        assert_int_equal(verify((View) { 0 }, STAMPED, "root.der", MADE + DAY), TIMESTAMP_E_MALFORMED);
}

/* Tokens of the days of the fixtures, whose authority, or its root, has certificates of 15 December 2026 only. */
static void test_too_early(void **state) {
        static const char *const names[][2] = { { "before-authority.tst", "before-authority.der" }, { "before-root.tst", "before-root.der" } };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                _cleanup_bytes_ Bytes token = fixture(names[i][0]);

                assert_int_equal(verify(bytes_view(&token), STAMPED, names[i][1], MADE + 100 * DAY), TIMESTAMP_E_EXPIRED);
        }
}

/* A token whose bits were altered proves nothing, unless what was altered says nothing: the version of SignedData (3 to 1, ...) and the unsigned places
 * of certificates that are not the authority's. */
static void test_octets(void **state) {
        _cleanup_bytes_ Bytes token = fixture("token.tst");
        unsigned passed = 0;

        for (size_t i = 0; i < token.len; i++) {
                assert_true(verify(VIEW(token.data, i), STAMPED, "root.der", MADE + DAY) > 0);
                token.data[i] ^= 1;
                passed += verify(bytes_view(&token), STAMPED, "root.der", MADE + DAY) == 0;
                token.data[i] ^= 1;
        }
        assert_in_range(passed, 0, token.len / 3); /* the root's certificate, which came along and is not needed */
        token.data[token.len - 1] ^= 1;            /* the value's last octet */
        assert_int_equal(verify(bytes_view(&token), STAMPED, "root.der", MADE + DAY), TIMESTAMP_E_DIFFERENT);
}

#define IMPRINT "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20" "0123456789abcdef0123456789abcdef"
#define HEAD "\x02\x01\x01\x06\x02\x2a\x03" IMPRINT "\x02\x01\x05"

static int read_info(const char *tail, size_t len, int64_t *ret_time) {
        _cleanup_bytes_ Bytes info = BYTES_NULL;
        TimestampInfo t;
        int r;

        assert_int_equal(bytes_append_byte(&info, 0x30), 0);
        assert_int_equal(bytes_append_byte(&info, (uint8_t) (sizeof(HEAD) - 1 + len)), 0);
        assert_int_equal(bytes_append(&info, HEAD, sizeof(HEAD) - 1), 0);
        assert_int_equal(bytes_append(&info, tail, len), 0);
        r = timestamp_info_read(bytes_view(&info), &t);
        if (r == 0)
                *ret_time = t.time;
        return r;
}
#define READ(tail, time) read_info(tail, sizeof(tail) - 1, time)

static void test_info(void **state) {
        int64_t time = 0;

        assert_int_equal(READ("\x18\x0f" "20260131120000Z", &time), 0);
        assert_int_equal(time, 1769860800);
        assert_int_equal(READ("\x18\x13" "20260131120000.999Z", &time), 0);
        assert_int_equal(time, 1769860800);
        assert_int_equal(READ("\x18\x0f" "20260131120000Z\x30\x03\x02\x01\x01\x01\x01\xff\x02\x01\x07", &time), 0);
        assert_int_equal(READ("\x18\x10" "20260131120000.Z", &time), -EBADMSG);
        assert_int_equal(READ("\x18\x11" "20260131120000+1Z", &time), -EBADMSG);
        assert_int_equal(READ("\x18\x0e" "20260131120000", &time), -EBADMSG);
        assert_int_equal(READ("\x18\x0f" "20261331120000Z", &time), -EBADMSG);
        assert_int_equal(READ("\x18\x0f" "20260131120000Z\x05\x00", &time), -EBADMSG);
        /* An extension that must be understood. */
        assert_int_equal(READ("\x18\x0f" "20260131120000Z\xa1\x0c\x30\x0a\x06\x02\x2a\x03\x01\x01\xff\x04\x01\0", &time), -EOPNOTSUPP);
        assert_int_equal(READ("\x18\x0f" "20260131120000Z\xa1\x09\x30\x07\x06\x02\x2a\x03\x04\x01\0", &time), 0);
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_openssl),
                cmocka_unit_test(test_too_early),
                cmocka_unit_test(test_octets),
                cmocka_unit_test(test_info),
        };

        folder = argv[1];
        return cmocka_run_group_tests(tests, NULL, NULL);
}
