/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/crypto/certificate-state.c: the names and numbers of RFC 5280 §5.3.1, and which go together. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "crypto/certificate-state.h"

static void test_reasons(void **state) {
        static const struct {
                int number;
                const char *name;
        } rfc5280[] = {
                { 0, "unspecified" }, { 1, "keyCompromise" }, { 2, "cACompromise" }, { 3, "affiliationChanged" }, { 4, "superseded" },
                { 5, "cessationOfOperation" }, { 6, "certificateHold" }, { 8, "removeFromCRL" }, { 9, "privilegeWithdrawn" }, { 10, "aACompromise" },
        };

        CertificateReason reason = REASON_SUPERSEDED;

        assert_int_equal(certificate_reason_from_string("keycompromise", &reason), -EINVAL);
        assert_int_equal(certificate_reason_from_string("", &reason), -EINVAL);
        assert_int_equal(certificate_reason_from_string(NULL, &reason), -EINVAL);
        assert_int_equal(reason, REASON_SUPERSEDED);
        for (size_t i = 0; i < ELEMENTSOF(rfc5280); i++) {
                assert_string_equal(certificate_reason_to_string((CertificateReason) rfc5280[i].number), rfc5280[i].name);
                assert_int_equal(certificate_reason_from_string(rfc5280[i].name, &reason), 0);
                assert_int_equal(reason, rfc5280[i].number);
        }
        assert_null(certificate_reason_to_string((CertificateReason) 7));
        assert_null(certificate_reason_to_string((CertificateReason) 11));
        assert_null(certificate_reason_to_string((CertificateReason) 255));
}

static void test_states(void **state) {
        CertificateState back = CERTIFICATE_UNKNOWN;

        assert_int_equal(certificate_state_from_string("Good", &back), -EINVAL);
        assert_int_equal(certificate_state_from_string(NULL, &back), -EINVAL);
        assert_int_equal(back, CERTIFICATE_UNKNOWN);
        for (int s = 0; s < _CERTIFICATE_STATE_MAX; s++) {
                assert_int_equal(certificate_state_from_string(certificate_state_to_string((CertificateState) s), &back), 0);
                assert_int_equal(back, s);
        }
        assert_string_equal(certificate_state_to_string(CERTIFICATE_SUSPENDED), "suspended");
        assert_null(certificate_state_to_string(_CERTIFICATE_STATE_MAX));
}

static void test_fits(void **state) {
        assert_true(certificate_state_fits(CERTIFICATE_GOOD, REASON_UNSPECIFIED));
        assert_false(certificate_state_fits(CERTIFICATE_GOOD, REASON_SUPERSEDED));
        assert_true(certificate_state_fits(CERTIFICATE_UNKNOWN, REASON_UNSPECIFIED));
        assert_true(certificate_state_fits(CERTIFICATE_SUSPENDED, REASON_CERTIFICATE_HOLD));
        assert_false(certificate_state_fits(CERTIFICATE_SUSPENDED, REASON_KEY_COMPROMISE));
        assert_true(certificate_state_fits(CERTIFICATE_REVOKED, REASON_UNSPECIFIED));
        assert_true(certificate_state_fits(CERTIFICATE_REVOKED, REASON_KEY_COMPROMISE));
        assert_false(certificate_state_fits(CERTIFICATE_REVOKED, REASON_CERTIFICATE_HOLD));
        assert_false(certificate_state_fits(CERTIFICATE_REVOKED, REASON_REMOVE_FROM_CRL));
        assert_false(certificate_state_fits(CERTIFICATE_REVOKED, (CertificateReason) 7));
        assert_false(certificate_state_fits(_CERTIFICATE_STATE_MAX, REASON_UNSPECIFIED));
        assert_false(certificate_state_fits((CertificateState) 255, REASON_UNSPECIFIED));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_reasons),
                cmocka_unit_test(test_states),
                cmocka_unit_test(test_fits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
