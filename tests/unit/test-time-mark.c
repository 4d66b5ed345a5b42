/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/trust/time-mark.c, and what lib/sign/trust/revocation.c makes of old answers, against those of openssl ocsp: about "Example leaf", of the first of March of 2014 or
 * 2018 at noon, with the digest of "value" as the nonce. "Example responder" is not under the leaf's issuer. The answers about "Example signer" are all of 2018, by its issuer or
 * by responders under that. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/key.h"
#include "sign/trust/anchors.h"
#include "sign/trust/revocation.h"
#include "sign/trust/signer-trust.h"
#include "sign/trust/time-mark.h"
#include "revocation-fixture.h"

#define IN_2014 INT64_C(1393675200)
#define IN_2018 INT64_C(1519905600)
#define VALUE VIEW_LITERAL("value")

static gnutls_x509_trust_list_t chosen_responder(void) {
        _cleanup_bytes_ Bytes der = fixture("responder.der");
        gnutls_x509_trust_list_t list;

        assert_int_equal(verify_anchors_new(&list), 0);
        assert_int_equal(verify_anchors_load(list, bytes_view(&der), NULL), 0);
        return list;
}

static void add(RevocationPool *pool, const char *name) {
        _cleanup_bytes_ Bytes der = fixture(name);

        assert_int_equal(revocation_pool_add(pool, REVOCATION_OCSP, REVOCATION_FROM_SIGNATURE, bytes_view(&der)), 0);
}

static int trust(void *userdata, int64_t proven, int64_t time) {
        const bool *trusted = userdata;

        assert_int_equal(proven, -1);
        return *trusted ? 0 : -EKEYREJECTED;
}

/* The time that these answers prove; -1 when they prove none. A responder that was chosen needs no path. */
static int64_t proven_with_path(const char *first, const char *second, gnutls_x509_trust_list_t authorities, View value, bool trusted) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t leaf = certificate("leaf.der"), root = certificate("root.der");
        _cleanup_revocation_pool_ RevocationPool pool = { .authorities = authorities };
        _cleanup_free_ char *authority = NULL;
        int64_t time = -1;
        int r;

        add(&pool, first);
        if (second)
                add(&pool, second);
        r = time_mark_verify(&(TimeMarkQuestion) { .pool = &pool, .value = value, .certificate = leaf, .issuer = root, .now = MADE, .trust = trust, .userdata = &trusted }, &time,
                             &authority);
        assert_true(r == 0 || r == -ENOENT);
        if (r == 0)
                assert_string_equal(authority, strcmp(first, "issuer.ocsp") == 0 ? "CN=Example root" : "CN=Example responder");
        return time;
}

static int64_t proven_by(const char *first, const char *second, gnutls_x509_trust_list_t authorities, View value) {
        return proven_with_path(first, second, authorities, value, strcmp(first, "issuer.ocsp") == 0);
}

static void test_marks(void **state) {
        _cleanup_(verify_anchors_freep) gnutls_x509_trust_list_t list = chosen_responder();

        assert_int_equal(proven_by("2014.ocsp", NULL, list, VALUE), IN_2014);
        assert_int_equal(proven_by("wrapped.ocsp", NULL, list, VALUE), IN_2018);
        assert_int_equal(proven_by("wrapped.ocsp", "2014.ocsp", list, VALUE), IN_2014);
        assert_int_equal(proven_by("2014.ocsp", "wrapped.ocsp", list, VALUE), IN_2014);
        assert_int_equal(proven_by("issuer.ocsp", NULL, NULL, VALUE), IN_2014);
}

static void test_refusals(void **state) {
        _cleanup_(verify_anchors_freep) gnutls_x509_trust_list_t list = chosen_responder();

        assert_int_equal(proven_by("2014.ocsp", NULL, list, VIEW_LITERAL("other")), -1);
        assert_int_equal(proven_by("issuer.ocsp", NULL, NULL, VIEW_LITERAL("other")), -1);
        assert_int_equal(proven_with_path("issuer.ocsp", NULL, NULL, VALUE, false), -1);
        /* Whom nobody chose speaks for nobody. */
        assert_int_equal(proven_by("2014.ocsp", NULL, NULL, VALUE), -1);
        assert_int_equal(proven_by("wrapped.ocsp", NULL, NULL, VALUE), -1);
        /* SHA-1: of the answer after 2016, of the nonce after 2012; and a nonce that is no DigestInfo. */
        assert_int_equal(proven_by("2018.ocsp", NULL, list, VALUE), -1);
        assert_int_equal(proven_by("sha1.ocsp", NULL, list, VALUE), -1);
        assert_int_equal(proven_by("bare.ocsp", NULL, list, VALUE), -1);
}

static bool is_good(const char *name, gnutls_x509_trust_list_t authorities, int64_t proven) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t leaf = certificate("leaf.der"), root = certificate("root.der");
        _cleanup_revocation_pool_ RevocationPool pool = { .authorities = authorities };
        CertificateStatus status;

        add(&pool, name);
        assert_int_equal(revocation_check(&pool, leaf, root, MADE, proven, &status), 0);
        return status.checked && status.state == CERTIFICATE_GOOD;
}

/* An answer with SHA-1 is of the day that it says, if who verifies has chosen who gave it, and the signature is proven to be of that day. */
static void test_old_answers(void **state) {
        _cleanup_(verify_anchors_freep) gnutls_x509_trust_list_t list = chosen_responder();

        assert_true(is_good("2014.ocsp", list, IN_2014));
        assert_true(is_good("2014.ocsp", list, IN_2014 - DAY));
        assert_false(is_good("2014.ocsp", list, IN_2014 - DAY - 1));
        assert_false(is_good("2014.ocsp", list, IN_2014 + 1));
        assert_false(is_good("2014.ocsp", list, -1));
        assert_false(is_good("2014.ocsp", NULL, IN_2014));
        assert_false(is_good("2018.ocsp", list, IN_2018));
}

/* --- Whom a mark is by ------------------------------------------------------------------------------------------------ */

#define IN_2019 (IN_2018 + 365 * DAY)
#define IN_2021 (IN_2018 + 3 * 365 * DAY)
#define IN_2032 (IN_2018 + 14 * 365 * DAY)
#define IN_2034 (IN_2018 + 16 * 365 * DAY)

typedef struct Mark {
        const char *answer, *list, *other_list;
        int64_t now;
        int64_t answer_proven; /* by something else; 0: not */
} Mark;

static gnutls_x509_trust_list_t top(void) {
        _cleanup_bytes_ Bytes der = fixture("top.der");
        gnutls_x509_trust_list_t list;

        assert_int_equal(verify_anchors_new(&list), 0);
        assert_int_equal(verify_anchors_load(list, bytes_view(&der), NULL), 0);
        return list;
}

static void add_list(RevocationPool *pool, const char *name) {
        _cleanup_bytes_ Bytes der = fixture(name);

        assert_int_equal(revocation_pool_add(pool, REVOCATION_CRL, REVOCATION_FROM_FILE, bytes_view(&der)), 0);
}

/* What is found against a signature with that mark. Its signer was revoked three months after the mark. */
static SubIndication judge(Mark m) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t signer = certificate("signer.der"), issuing = certificate("issuing.der");
        _cleanup_(verify_anchors_freep) gnutls_x509_trust_list_t anchors = top();
        _cleanup_revocation_pool_ RevocationPool pool = { 0 };
        _cleanup_(signature_report_done) SignatureReport report = { .proven_time = -1, .not_before = -1, .signing_time = -1 };
        const CmsAlgorithms algorithms = { .digest = GNUTLS_DIG_SHA256, .sign = GNUTLS_SIGN_ECDSA_SHA256 };
        const SignerEvidence evidence = { .certificate = signer, .others = &issuing, .n_others = 1, .algorithms = &algorithms, .value = VALUE, .time_marked = true };
        const VerifyParams params = { .anchors = anchors, .now = m.now, .content_fd = -1, .revocation = &pool };

        add(&pool, m.answer);
        pool.items[0].proven = m.answer_proven;
        add_list(&pool, m.list);
        if (m.other_list)
                add_list(&pool, m.other_list);
        assert_int_equal(signer_trust_judge(&evidence, &params, &report), 0);
        assert_int_equal(report.proven_time, report.subindication == SUB_NONE ? IN_2018 : -1);
        return report.subindication;
}

static void test_good_responders(void **state) {
        static const char *const answers[] = { "lasting.ocsp", "looked-up.ocsp", "by-issuer.ocsp" };

        for (size_t i = 0; i < ELEMENTSOF(answers); i++) {
                assert_int_equal(judge((Mark) { answers[i], "signer-revoked.crl", NULL, MADE, 0 }), SUB_NONE);
                assert_int_equal(judge((Mark) { answers[i], "signer-revoked.crl", NULL, MADE, IN_2019 }), SUB_NONE);
        }
}

/* That it says to be of then is nothing to believe a responder for that has ended. */
static void test_ended_responder(void **state) {
        assert_int_equal(judge((Mark) { "ended.ocsp", "signer-revoked.crl", NULL, MADE, 0 }), SUB_REVOKED_NO_POE);
        assert_int_equal(judge((Mark) { "ended.ocsp", "signer-revoked.crl", NULL, MADE, IN_2021 }), SUB_REVOKED_NO_POE);
        assert_int_equal(judge((Mark) { "ended.ocsp", "signer-revoked.crl", NULL, MADE, IN_2019 }), SUB_NONE);
}

static void test_later_responder(void **state) {
        assert_int_equal(judge((Mark) { "later.ocsp", "signer-revoked.crl", NULL, MADE, 0 }), SUB_REVOKED_NO_POE);
        assert_int_equal(judge((Mark) { "later.ocsp", "signer-revoked.crl", NULL, MADE, IN_2021 }), SUB_REVOKED_NO_POE);
}

/* In 2020, with nocheck or without it. */
static void test_revoked_responder(void **state) {
        static const char *const answers[] = { "lasting.ocsp", "looked-up.ocsp" };

        for (size_t i = 0; i < ELEMENTSOF(answers); i++) {
                assert_int_equal(judge((Mark) { answers[i], "responders-revoked.crl", NULL, MADE, 0 }), SUB_REVOKED_NO_POE);
                assert_int_equal(judge((Mark) { answers[i], "responders-revoked.crl", NULL, MADE, IN_2021 }), SUB_REVOKED_NO_POE);
                assert_int_equal(judge((Mark) { answers[i], "responders-revoked.crl", NULL, MADE, IN_2019 }), SUB_NONE);
        }
}

/* In 2020, too; who has its key answers for any time. */
static void test_revoked_issuer(void **state) {
        static const char *const answers[] = { "lasting.ocsp", "looked-up.ocsp", "by-issuer.ocsp" };

        for (size_t i = 0; i < ELEMENTSOF(answers); i++) {
                assert_int_equal(judge((Mark) { answers[i], "signer-revoked.crl", "issuing-revoked.crl", MADE, 0 }), SUB_REVOKED_NO_POE);
                assert_int_equal(judge((Mark) { answers[i], "signer-revoked.crl", "issuing-revoked.crl", MADE, IN_2021 }), SUB_REVOKED_NO_POE);
                assert_int_equal(judge((Mark) { answers[i], "signer-revoked.crl", "issuing-revoked.crl", MADE, IN_2019 }), SUB_NONE);
        }
}

/* The issuer ends with 2031, the root a year later. */
static void test_ended_issuer(void **state) {
        static const char *const answers[] = { "lasting.ocsp", "looked-up.ocsp", "by-issuer.ocsp" };

        for (size_t i = 0; i < ELEMENTSOF(answers); i++) {
                assert_int_equal(judge((Mark) { answers[i], "signer-revoked.crl", NULL, IN_2032, 0 }), SUB_OUT_OF_BOUNDS_NO_POE);
                assert_int_equal(judge((Mark) { answers[i], "signer-revoked.crl", NULL, IN_2034, 0 }), SUB_OUT_OF_BOUNDS_NO_POE);
                assert_int_equal(judge((Mark) { answers[i], "signer-revoked.crl", NULL, IN_2034, IN_2019 }), SUB_NONE);
        }
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_marks),
                cmocka_unit_test(test_refusals),
                cmocka_unit_test(test_old_answers),
                cmocka_unit_test(test_good_responders),
                cmocka_unit_test(test_ended_responder),
                cmocka_unit_test(test_later_responder),
                cmocka_unit_test(test_revoked_responder),
                cmocka_unit_test(test_revoked_issuer),
                cmocka_unit_test(test_ended_issuer),
        };

        assert_int_equal(argc, 2);
        folder = argv[1];
        return cmocka_run_group_tests(tests, NULL, NULL);
}
