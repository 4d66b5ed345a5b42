/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/trust/ocsp.c against answers of openssl ocsp: what they say, and who may say it. Their times are those of the fixtures. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include <gnutls/ocsp.h>

#include "crypto/key.h"
#include "der/der.h"
#include "sign/trust/anchors.h"
#include "sign/trust/ocsp.h"
#include "revocation-fixture.h"

static void test_answers(void **state) {
        static const struct {
                const char *name;
                CertificateState state;
                CertificateReason reason;
        } answers[] = {
                { "good.ocsp", CERTIFICATE_GOOD, REASON_UNSPECIFIED },       { "revoked.ocsp", CERTIFICATE_REVOKED, REASON_KEY_COMPROMISE },
                { "hold.ocsp", CERTIFICATE_SUSPENDED, REASON_CERTIFICATE_HOLD }, { "unknown.ocsp", CERTIFICATE_UNKNOWN, REASON_UNSPECIFIED },
                { "sha256.ocsp", CERTIFICATE_GOOD, REASON_UNSPECIFIED },
        };
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t leaf = certificate("leaf.der"), issuing = certificate("issuing.der"), root = certificate("root.der");

        for (size_t i = 0; i < ELEMENTSOF(answers); i++) {
                _cleanup_bytes_ Bytes der = fixture(answers[i].name);
                gnutls_x509_crt_t responder = NULL;
                OcspResponse o;
                OcspAnswer a;

                assert_int_equal(ocsp_read(bytes_view(&der), &o), 0);
                assert_int_equal(ocsp_find(&o, leaf, issuing, &a), OCSP_FOUND);
                assert_int_equal(a.state, answers[i].state);
                assert_int_equal(a.reason, answers[i].reason);
                assert_in_range(a.this_update, MADE, MADE + 120);
                assert_int_equal(a.next_update, a.this_update + DAY);
                assert_int_equal(a.since, a.state == CERTIFICATE_REVOKED || a.state == CERTIFICATE_SUSPENDED ? MADE - 3600 : -1);
                /* About others it says nothing. */
                assert_int_equal(ocsp_find(&o, issuing, root, &a), 0);
                assert_int_equal(ocsp_find(&o, leaf, root, &a), 0);
                assert_int_equal(ocsp_verify(&o, issuing, NULL, MADE, MADE, &responder), 0);
                assert_null(responder);
                assert_int_equal(ocsp_verify(&o, root, NULL, MADE, MADE, &responder), -EKEYREJECTED);
        }
}

static void test_delegates(void **state) {
        static const char *const names[] = { "delegated.ocsp", "by-key.ocsp" };
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t issuing = certificate("issuing.der"), root = certificate("root.der");

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                _cleanup_bytes_ Bytes der = fixture(names[i]);
                gnutls_x509_crt_t responder = NULL;
                OcspResponse o;

                assert_int_equal(ocsp_read(bytes_view(&der), &o), 0);
                assert_int_equal(ocsp_verify(&o, issuing, NULL, MADE, MADE, &responder), 0);
                assert_null(responder); /* nocheck */
                assert_int_equal(ocsp_verify(&o, root, NULL, MADE, MADE, &responder), -EKEYREJECTED);
                /* Only while its certificate is valid. */
                assert_int_equal(ocsp_verify(&o, issuing, NULL, MADE - 2 * DAY, MADE, &responder), -EKEYREJECTED);
                assert_int_equal(ocsp_verify(&o, issuing, NULL, MADE + 301 * DAY, MADE, &responder), -EKEYREJECTED);
                /* Without its certificate nobody knows who answered. */
                o.certificates = (View) { 0 };
                assert_int_equal(ocsp_verify(&o, issuing, NULL, MADE, MADE, &responder), -EKEYREJECTED);
        }
}

/* A list of the responder's own certificate, taken from the answer, and of another one. */
static void test_local(void **state) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t root = certificate("root.der");
        _cleanup_bytes_ Bytes der = fixture("delegated.ocsp"), other = fixture("root.der");
        _cleanup_(verify_anchors_freep) gnutls_x509_trust_list_t list = NULL;
        gnutls_x509_crt_t responder = NULL;
        View certificates, element;
        OcspResponse o;

        assert_int_equal(ocsp_read(bytes_view(&der), &o), 0);
        certificates = o.certificates;
        assert_int_equal(der_next(&certificates, &element, NULL), 0);
        assert_int_equal(verify_anchors_new(&list), 0);
        assert_int_equal(verify_anchors_load(list, bytes_view(&other), NULL), 0);
        assert_int_equal(ocsp_verify(&o, root, list, MADE, MADE, &responder), -EKEYREJECTED);
        assert_int_equal(verify_anchors_load(list, element, NULL), 0);
        assert_int_equal(ocsp_verify(&o, root, list, MADE, MADE, &responder), 0);
        assert_null(responder);
        o.certificates = (View) { 0 }; /* it is known already */
        assert_int_equal(ocsp_verify(&o, root, list, MADE, MADE, &responder), 0);
        assert_int_equal(ocsp_verify(&o, root, list, MADE + 301 * DAY, MADE, &responder), -EKEYREJECTED);
}

/* Each bit of what is signed counts; cut short anywhere it is none. */
static void test_every_octet(void **state) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t issuing = certificate("issuing.der");
        _cleanup_bytes_ Bytes der = fixture("revoked.ocsp");
        OcspResponse whole, o;

        assert_int_equal(ocsp_read(bytes_view(&der), &whole), 0);
        for (size_t i = 0; i < der.len; i++)
                assert_int_equal(ocsp_read(VIEW(der.data, i), &o), -EBADMSG);
        for (size_t i = (size_t) (whole.tbs.data - der.data); i < (size_t) (whole.signature.data + whole.signature.len - der.data); i++) {
                for (unsigned bit = 0; bit < 8; bit++) {
                        gnutls_x509_crt_t responder = NULL;

                        der.data[i] ^= (uint8_t) (1U << bit);
                        assert_true(ocsp_read(bytes_view(&der), &o) != 0 || ocsp_verify(&o, issuing, NULL, MADE, MADE, &responder) < 0);
                        der.data[i] ^= (uint8_t) (1U << bit);
                }
        }
}

static void test_refusals(void **state) {
        _cleanup_free_ uint8_t *large = calloc(1, OCSP_SIZE_MAX + 1);
        OcspResponse o;

        assert_int_equal(ocsp_read(VIEW_LITERAL("\x30\x03\x0a\x01\x03"), &o), OCSP_E_UNSUCCESSFUL); /* tryLater */
        assert_int_equal(ocsp_read(VIEW_LITERAL("\x30\x03\x0a\x01\x00"), &o), -EBADMSG);
        assert_int_equal(ocsp_read(VIEW_LITERAL("\x30\x0d\x0a\x01\x00\xa0\x08\x30\x06\x06\x02\x2a\x03\x04\x00"), &o), OCSP_E_UNSUPPORTED);
        assert_int_equal(ocsp_read(VIEW_LITERAL("\x30\x00"), &o), -EBADMSG);
        assert_int_equal(ocsp_read(VIEW(large, OCSP_SIZE_MAX + 1), &o), -E2BIG);
}

static void test_request(void **state) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t leaf = certificate("leaf.der"), issuing = certificate("issuing.der");
        gnutls_datum_t name, key, serial;
        gnutls_digest_algorithm_t digest;
        gnutls_ocsp_req_t request;
        Bytes der;
        uint8_t own[64];
        size_t len = sizeof(own);

        assert_int_equal(ocsp_request(leaf, issuing, &der), 0);
        assert_int_equal(gnutls_ocsp_req_init(&request), 0);
        assert_int_equal(gnutls_ocsp_req_import(request, &(gnutls_datum_t) { der.data, (unsigned) der.len }), 0);
        assert_int_equal(gnutls_ocsp_req_get_cert_id(request, 0, &digest, &name, &key, &serial), 0);
        assert_int_equal(gnutls_x509_crt_get_serial(leaf, own, &len), 0);
        assert_true(view_equal(VIEW(serial.data, serial.size), VIEW(own, len)));
        gnutls_free(name.data);
        gnutls_free(key.data);
        gnutls_free(serial.data);
        gnutls_ocsp_req_deinit(request);
        bytes_done(&der);
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_answers),
                cmocka_unit_test(test_delegates),
                cmocka_unit_test(test_local),
                cmocka_unit_test(test_every_octet),
                cmocka_unit_test(test_refusals),
                cmocka_unit_test(test_request),
        };

        folder = argv[1];
        return cmocka_run_group_tests(tests, NULL, NULL);
}
