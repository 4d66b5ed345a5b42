/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* daemon/certificate-reader.c against GnuTLS, and what it must not take. The certificate is that of the fuzz target. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include <gnutls/x509.h>

#include "../fuzz/item-certificate.h"
#include "daemon/certificate-reader.h"
#include "daemon/der-reader.h"

static const View certificate = VIEW(item_certificate, sizeof(item_certificate));

static void test_as_gnutls(void **state) {
        const gnutls_datum_t der = { (unsigned char *) certificate.data, (unsigned) certificate.len };
        int64_t not_before, not_after;
        CertificateParts parts;
        gnutls_datum_t issuer;
        gnutls_x509_crt_t crt;
        uint8_t serial[64];
        size_t n = sizeof(serial);

        assert_int_equal(gnutls_x509_crt_init(&crt), 0);
        assert_int_equal(gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER), 0);
        assert_int_equal(gnutls_x509_crt_get_serial(crt, serial, &n), 0);
        assert_int_equal(gnutls_x509_crt_get_raw_issuer_dn(crt, &issuer), 0);

        assert_int_equal(certificate_read_parts(certificate, &parts), 0);
        assert_int_equal(certificate_read_validity(&parts, &not_before, &not_after), 0);
        assert_int_equal(not_before, gnutls_x509_crt_get_activation_time(crt));
        assert_int_equal(not_after, gnutls_x509_crt_get_expiration_time(crt));
        assert_true(view_equal(parts.serial, VIEW(serial, n)));
        assert_true(view_equal(parts.issuer, VIEW(issuer.data, issuer.size)));
        gnutls_free(issuer.data);
        gnutls_x509_crt_deinit(crt);
}

static void test_cut_short(void **state) {
        CertificateParts parts;

        for (size_t n = 0; n < certificate.len; n++)
                assert_int_equal(certificate_read_parts(VIEW(certificate.data, n), &parts), -EBADMSG);
}

static void test_times(void **state) {
        static const struct {
                uint8_t tag;
                const char *text;
                int64_t expected; /* -1: refused */
        } cases[] = {
                { DER_UTC_TIME, "700101000001Z", 1 },
                { DER_UTC_TIME, "491231235959Z", 2524607999 },
                { DER_GENERALIZED_TIME, "20500101000000Z", 2524608000 },
                { DER_GENERALIZED_TIME, "99991231235959Z", 253402300799 },
                { DER_GENERALIZED_TIME, "20491231235959Z", -1 },
                { DER_GENERALIZED_TIME, "20500101000000.5Z", -1 },
                { DER_UTC_TIME, "7001010000Z", -1 },
                { DER_UTC_TIME, "700101000001+0000", -1 },
                { DER_UTC_TIME, "700230000000Z", -1 },
                { DER_UTC_TIME, "70010100000aZ", -1 },
                { DER_SEQUENCE, "700101000001Z", -1 },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const DerElement e = { .tag = cases[i].tag, .content = view_string(cases[i].text) };
                int64_t t = -1;

                assert_int_equal(der_time(&e, &t), cases[i].expected < 0 ? -EBADMSG : 0);
                assert_int_equal(t, cases[i].expected);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_as_gnutls),
                cmocka_unit_test(test_cut_short),
                cmocka_unit_test(test_times),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
