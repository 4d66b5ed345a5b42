/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/crypto/signed.c, against what GnuTLS makes and takes apart. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/signed.h"
#include "certificate-fixture.h"

static void make(KeyAlgorithm a, gnutls_privkey_t *ret, gnutls_pubkey_t *ret_public) {
        assert_int_equal(key_generate(a, ret), 0);
        assert_int_equal(key_to_public(*ret, ret_public), 0);
}

/* A certificate of GnuTLS's, as its three parts. */
static void test_assemble(void **state) {
        static const struct {
                KeyAlgorithm algorithm;
                gnutls_digest_algorithm_t digest;
        } kinds[] = { { KEY_P256, GNUTLS_DIG_SHA256 }, { KEY_P384, GNUTLS_DIG_SHA384 }, { KEY_RSA3072, GNUTLS_DIG_SHA256 }, { KEY_ED25519, GNUTLS_DIG_SHA512 } };

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
                _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
                _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
                _cleanup_bytes_ Bytes whole = BYTES_NULL;
                uint8_t value[1024];
                size_t size = sizeof(value), header;
                gnutls_datum_t der;
                View algorithm, tbs;

                make(kinds[i].algorithm, &key, &pubkey);
                crt = certificate_draft(key, "CN=Example", VIEW_LITERAL("\x01"), 1000000000, 2000000000);
                assert_int_equal(gnutls_x509_crt_privkey_sign(crt, crt, key, kinds[i].digest, 0), 0);
                assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der), 0);
                assert_int_equal(gnutls_x509_crt_get_signature(crt, (char *) value, &size), 0);
                assert_int_equal(signed_algorithm(pubkey, &algorithm), 0);
                header = der.data[1] == 0x82 ? 4 : der.data[1] == 0x81 ? 3 : 2;
                tbs = VIEW(der.data + header, 0);
                tbs.len = (size_t) (tbs.data[1] == 0x82 ? 4 + tbs.data[2] * 256 + tbs.data[3] : tbs.data[1] == 0x81 ? 3 + tbs.data[2] : 2 + tbs.data[1]);
                assert_int_equal(signed_verify(pubkey, tbs, VIEW(value, size)), 0);
                assert_int_equal(signed_assemble(tbs, algorithm, VIEW(value, size), &whole), 0);
                assert_true(view_equal(bytes_view(&whole), VIEW(der.data, der.size)));
                value[size - 1] ^= 1;
                assert_int_equal(signed_verify(pubkey, tbs, VIEW(value, size)), -EKEYREJECTED);
                gnutls_free(der.data);
        }
}

static void test_another_key(void **state) {
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL, other = NULL;
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL, other_pubkey = NULL;
        _cleanup_bytes_ Bytes value = BYTES_NULL;

        make(KEY_P256, &key, &pubkey);
        make(KEY_P256, &other, &other_pubkey);
        assert_int_equal(sign_by_key(VIEW_LITERAL("what is signed"), key, &value), 0);
        assert_int_equal(signed_verify(pubkey, VIEW_LITERAL("what is signed"), bytes_view(&value)), 0);
        assert_int_equal(signed_verify(other_pubkey, VIEW_LITERAL("what is signed"), bytes_view(&value)), -EKEYREJECTED);
        assert_int_equal(signed_verify(pubkey, VIEW_LITERAL("what is Signed"), bytes_view(&value)), -EKEYREJECTED);
        assert_int_equal(signed_verify(pubkey, VIEW_LITERAL("what is signed"), VIEW("", 0)), -EKEYREJECTED);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_assemble),
                cmocka_unit_test(test_another_key),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
