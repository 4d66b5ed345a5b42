/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/trust/time-mark.c, and what lib/sign/trust/revocation.c makes of old answers, against those of openssl ocsp: about "Example leaf", of the first of March of 2014 or
 * 2018 at noon, with the digest of "value" as the nonce. "Example responder" is not under the leaf's issuer. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/key.h"
#include "sign/trust/anchors.h"
#include "sign/trust/revocation.h"
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

/* The time that these answers prove; -1 when they prove none. */
static int64_t proven_by(const char *first, const char *second, gnutls_x509_trust_list_t authorities, View value) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t leaf = certificate("leaf.der"), root = certificate("root.der");
        _cleanup_revocation_pool_ RevocationPool pool = { .authorities = authorities };
        _cleanup_free_ char *authority = NULL;
        int64_t time = -1;
        int r;

        add(&pool, first);
        if (second)
                add(&pool, second);
        r = time_mark_verify(&pool, value, leaf, root, MADE, &time, &authority);
        assert_true(r == 0 || r == -ENOENT);
        if (r == 0)
                assert_string_equal(authority, strcmp(first, "issuer.ocsp") == 0 ? "CN=Example root" : "CN=Example responder");
        return time;
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

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_marks),
                cmocka_unit_test(test_refusals),
                cmocka_unit_test(test_old_answers),
        };

        assert_int_equal(argc, 2);
        folder = argv[1];
        return cmocka_run_group_tests(tests, NULL, NULL);
}
