/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/cms/tsp.c against answers of openssl ts over SHA-256 of "stamped", with the nonce "ABCDEFGH". Its time is that of the fixtures. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/atomic-file.h"
#include "crypto/key.h"
#include "sign/trust/anchors.h"
#include "sign/cms/tsp.h"

#define MADE INT64_C(1795293078) /* when the fixtures were made */
#define DAY (24 * 3600)

static const char *folder;
static gnutls_x509_trust_list_t anchors;

static Bytes fixture(const char *name) {
        _cleanup_free_ char *path = NULL;
        Bytes b;

        assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
        assert_int_equal(read_file(path, 65536, &b), 0);
        return b;
}

static TspRequest request(const char *policy) {
        TspRequest q;
        Digest digest;

        assert_int_equal(digest_of(GNUTLS_DIG_SHA256, VIEW_LITERAL("stamped"), &digest), 0);
        assert_int_equal(tsp_request_init(&q, GNUTLS_DIG_SHA256, digest_view(&digest), policy), 0);
        memcpy(q.nonce, "ABCDEFGH", sizeof(q.nonce));
        return q;
}

static int read_at(View response, const TspRequest *q, int64_t now) {
        VerifyParams params = { .anchors = anchors, .now = now, .content_fd = -1 };
        _cleanup_tsp_answer_ TspAnswer answer;
        int r;

        r = tsp_response_read(response, q, &params, &answer);
        if (r == 0) {
                assert_in_range(answer.time, MADE - 5, MADE + 5);
                assert_string_equal(answer.authority, "CN=Example tsa");
                assert_true(answer.token.len > 0);
        } else
                assert_true(answer.token.len == 0 && !answer.authority);
        return r;
}

static void test_request(void **state) {
        TspRequest q = request("1.2.3.4"), other = request(NULL);
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        uint8_t expected[] = "\x30\x48\x02\x01\x01\x30\x2f\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x04\x20................................"
                             "\x06\x03\x2a\x03\x04\x02\x08" "ABCDEFGH" "\x01\x01\xff";

        memcpy(expected + 22, q.imprint.data, 32);
        expected[1] = sizeof(expected) - 1 - 2;
        assert_int_equal(tsp_request_encode(&q, &der), 0);
        assert_true(view_equal(bytes_view(&der), VIEW(expected, sizeof(expected) - 1)));
        assert_int_equal(tsp_request_init(&other, GNUTLS_DIG_SHA256, VIEW_LITERAL("short"), NULL), -EINVAL);
        assert_int_equal(tsp_request_init(&other, GNUTLS_DIG_SHA256, digest_view(&q.imprint), "no policy"), -EINVAL);
        for (int i = 0; i < 64; i++) {
                assert_int_equal(tsp_request_init(&other, GNUTLS_DIG_SHA256, digest_view(&q.imprint), NULL), 0);
                assert_in_range(other.nonce[0], 0x40, 0x7f);
                assert_memory_not_equal(other.nonce, q.nonce, sizeof(q.nonce));
        }
}

static void test_granted(void **state) {
        _cleanup_bytes_ Bytes granted = fixture("granted.tsr"), under = fixture("policy.tsr");
        TspRequest q = request(NULL), policy = request("1.2.3.5");
        View v = bytes_view(&granted);

        assert_int_equal(read_at(v, &q, MADE), 0);
        assert_int_equal(read_at(bytes_view(&under), &policy, MADE), 0);
        assert_int_equal(read_at(v, &policy, MADE), TSP_E_POLICY);
        assert_int_equal(read_at(v, &q, MADE + DAY), TSP_E_TIME);
        assert_int_equal(read_at(v, &q, MADE - DAY), TSP_E_TIME);
        q.nonce[7]++;
        assert_int_equal(read_at(v, &q, MADE), TSP_E_NONCE);
        q = request(NULL);
        q.imprint.data[0] ^= 1;
        assert_int_equal(read_at(v, &q, MADE), TSP_E_DIFFERENT);
}

static void test_rejected(void **state) {
        static const char bits[] = "\x30\x0c\x30\x0a\x02\x01\x02\x03\x05\x06\x00\x00\x00\x40", plain[] = "\x30\x05\x30\x03\x02\x01\x04";
        static const char hidden[] = "\x30\x0e\x30\x0c\x02\x01\x02\x30\x07\x0c\x05" "a\x1b[2J";
        VerifyParams params = { .anchors = anchors, .now = MADE, .content_fd = -1 };
        _cleanup_bytes_ Bytes rejected = fixture("rejected.tsr");
        TspRequest q = request(NULL);
        TspAnswer answer;

        assert_int_equal(tsp_response_read(bytes_view(&rejected), &q, &params, &answer), TSP_E_REJECTED);
        assert_string_equal(answer.text, "Message digest algorithm is not supported.");
        tsp_answer_done(&answer);
        assert_int_equal(tsp_response_read(VIEW(bits, sizeof(bits) - 1), &q, &params, &answer), TSP_E_REJECTED);
        assert_string_equal(answer.text, "systemFailure");
        tsp_answer_done(&answer);
        assert_int_equal(tsp_response_read(VIEW(plain, sizeof(plain) - 1), &q, &params, &answer), TSP_E_REJECTED);
        assert_null(answer.text);
        /* Its words go to a terminal. */
        assert_int_equal(tsp_response_read(VIEW(hidden, sizeof(hidden) - 1), &q, &params, &answer), TSP_E_REJECTED);
        assert_string_equal(answer.text, "a\xef\xbf\xbd[2J");
        tsp_answer_done(&answer);
}

/* Nothing of an answer may be cut off, and what is altered is refused unless it says nothing: how it is granted, the version of SignedData, and unsigned places of
 * certificates. */
static void test_octets(void **state) {
        _cleanup_bytes_ Bytes granted = fixture("granted.tsr"), garbage = BYTES_NULL;
        TspRequest q = request(NULL);
        unsigned passed = 0;

        for (size_t i = 0; i < granted.len; i++) {
                assert_true(read_at(VIEW(granted.data, i), &q, MADE) > 0);
                granted.data[i] ^= 1;
                passed += read_at(bytes_view(&granted), &q, MADE) == 0;
                granted.data[i] ^= 1;
        }
        assert_in_range(passed, 0, 8);
        granted.data[granted.len - 1] ^= 1;
        assert_int_equal(read_at(bytes_view(&granted), &q, MADE), TSP_E_ALTERED);
        granted.data[granted.len - 1] ^= 1;
        assert_int_equal(bytes_append_byte(&granted, 0), 0);
        assert_int_equal(read_at(bytes_view(&granted), &q, MADE), TSP_E_MALFORMED);
        assert_int_equal(read_at(VIEW_LITERAL("<html>"), &q, MADE), TSP_E_MALFORMED);
        assert_int_equal(bytes_reserve(&garbage, TSP_RESPONSE_MAX + 1), 0);
        memset(garbage.data, 0x30, TSP_RESPONSE_MAX + 1);
        assert_int_equal(read_at(VIEW(garbage.data, TSP_RESPONSE_MAX + 1), &q, MADE), TSP_E_MALFORMED);
        assert_int_equal(read_at(VIEW(garbage.data, TSP_RESPONSE_MAX), &q, MADE), TSP_E_MALFORMED);
}

static void test_trust(void **state) {
        _cleanup_(verify_anchors_freep) gnutls_x509_trust_list_t none = NULL;
        _cleanup_bytes_ Bytes granted = fixture("granted.tsr");
        TspRequest q = request(NULL);
        gnutls_x509_trust_list_t all = anchors;

        assert_int_equal(verify_anchors_new(&none), 0);
        anchors = none;
        assert_int_equal(read_at(bytes_view(&granted), &q, MADE), TSP_E_UNTRUSTED);
        anchors = all;
        for (int i = 1; i < TSP_E_MAX; i++)
                assert_true(strlen(tsp_strerror(i)) > 10);
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_request),
                cmocka_unit_test(test_granted),
                cmocka_unit_test(test_rejected),
                cmocka_unit_test(test_octets),
                cmocka_unit_test(test_trust),
        };
        Bytes root;
        int r;

        folder = argv[1];
        root = fixture("root.der");
        if (verify_anchors_new(&anchors) < 0 || verify_anchors_load(anchors, bytes_view(&root), NULL) < 0)
                return 1;
        bytes_done(&root);
        r = cmocka_run_group_tests(tests, NULL, NULL);
        verify_anchors_free(anchors);
        return r;
}
