/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/crypto/name.c: organizationIdentifier by its name, and no value that can pretend to be one. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/key.h"
#include "crypto/name.h"
#include "certificate-fixture.h"

#define ORGANIZATION_IDENTIFIER "2.5.4.97"

static void check(const char *common_name, const char *identifier, const char *expected) {
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        _cleanup_free_ char *subject = NULL, *issuer = NULL;

        assert_int_equal(key_generate(KEY_P256, &key), 0);
        crt = certificate_draft(key, NULL, VIEW_LITERAL("\x01"), 1000000000, 2000000000);
        if (identifier) {
                /* GnuTLS has no name for it, and wants the DER. */
                uint8_t der[64] = { 0x0c, (uint8_t) strlen(identifier) };

                memcpy(der + 2, identifier, strlen(identifier));
                assert_int_equal(gnutls_x509_crt_set_dn_by_oid(crt, ORGANIZATION_IDENTIFIER, 1, der, 2 + der[1]), 0);
        }
        assert_int_equal(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, common_name, (unsigned) strlen(common_name)), 0);
        certificate_sign_itself(crt, key);
        subject = certificate_subject(crt);
        issuer = certificate_issuer(crt);
        assert_string_equal(subject, expected);
        assert_string_equal(issuer, expected);
}

static void test_by_name(void **state) {
        check("Seal", "VATPL-5250000000", "CN=Seal,organizationIdentifier=VATPL-5250000000");
        check("Seal", "a,b+c", "CN=Seal,organizationIdentifier=a\\,b\\+c");
        check("Seal", NULL, "CN=Seal");
}

static void test_no_pretence(void **state) {
        check("x,2.5.4.97=#0c0141", NULL, "CN=x\\,2.5.4.97=#0c0141");
        check("x\\,2.5.4.97=#0c0141", NULL, "CN=x\\\\\\,2.5.4.97=#0c0141");
}

static void assert_attribute(const char *oid, const char *value, const char *expected) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        _cleanup_free_ char *subject = NULL, *issuer = NULL;

        assert_int_equal(gnutls_x509_crt_init(&crt), 0);
        assert_int_equal(gnutls_x509_crt_set_dn_by_oid(crt, oid, 0, value, (unsigned) strlen(value)), 0);
        assert_int_equal(gnutls_x509_crt_set_issuer_dn_by_oid(crt, oid, 0, value, (unsigned) strlen(value)), 0);
        subject = certificate_subject_attribute(crt, oid);
        issuer = certificate_issuer_attribute(crt, oid);
        assert_string_equal(subject, expected);
        assert_string_equal(issuer, expected);
        assert_null(certificate_subject_attribute(crt, GNUTLS_OID_X520_COUNTRY_NAME));
}

/* As it was put in: what RFC 4514 escapes is no part of it. */
static void test_attributes(void **state) {
        static const char *const values[] = { "Seal", "NOWAK,ANNA,1", "\"Zażółć\" sp. z o.o. + <syn>; =", "a\\b", "a\\\\,41", "#1 Ltd", " x ", "\\41" };

        for (size_t i = 0; i < ELEMENTSOF(values); i++)
                assert_attribute(GNUTLS_OID_X520_COMMON_NAME, values[i], values[i]);
        assert_attribute(GNUTLS_OID_X520_COMMON_NAME, "a\nb", "a\xef\xbf\xbd" "b");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_attributes),
                cmocka_unit_test(test_by_name),
                cmocka_unit_test(test_no_pretence),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
