/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/crypto/key.c: each algorithm from generation to a signature that GnuTLS verifies, and what is refused. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "crypto/init.h"
#include "crypto/key.h"

DEFINE_CLEANUP(gnutls_x509_privkey_t, gnutls_x509_privkey_deinit);

static gnutls_privkey_t keys[KEY_RSA2048 + 1];

static const KeyAlgorithm all[] = { KEY_P256, KEY_P384, KEY_RSA3072, KEY_RSA4096, KEY_ED25519, KEY_RSA2048 };

static int make_keys(void **state) {
        int r = crypto_init();

        for (size_t i = 0; r == 0 && i < ELEMENTSOF(all); i++)
                r = key_generate(all[i], &keys[all[i]]);
        return r;
}

static int free_keys(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                gnutls_privkey_deinit(keys[all[i]]);
        return 0;
}

static gnutls_pubkey_t pubkey_of(View spki) {
        gnutls_datum_t d = { .data = (unsigned char *) spki.data, .size = (unsigned) spki.len };
        gnutls_pubkey_t pubkey;

        assert_int_equal(gnutls_pubkey_init(&pubkey), 0);
        assert_int_equal(gnutls_pubkey_import(pubkey, &d, GNUTLS_X509_FMT_DER), 0);
        return pubkey;
}

static int verify(View spki, const SignatureScheme *scheme, View data, View signature) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = pubkey_of(spki);
        gnutls_datum_t d = { .data = (unsigned char *) data.data, .size = (unsigned) data.len };
        gnutls_datum_t s = { .data = (unsigned char *) signature.data, .size = (unsigned) signature.len };

        return gnutls_pubkey_verify_data2(pubkey, scheme->sign, 0, &d, &s);
}

static void test_names(void **state) {
        static const char *const names[] = { "p256", "p384", "rsa3072", "rsa4096", "ed25519", "rsa2048" };

        for (size_t i = 0; i < ELEMENTSOF(all); i++) {
                assert_string_equal(key_algorithm_to_string(all[i]), names[i]);
                assert_int_equal(key_algorithm_from_string(names[i]), all[i]);
        }
        assert_null(key_algorithm_to_string(KEY_ALGORITHM_INVALID));
        assert_int_equal(key_algorithm_from_string("rsa1024"), KEY_ALGORITHM_INVALID);
        assert_int_equal(key_algorithm_from_string(""), KEY_ALGORITHM_INVALID);
        assert_int_equal(key_algorithm_from_string(NULL), KEY_ALGORITHM_INVALID);
}

/* Generate, export, import, sign with the imported key, verify with the public key of the first. */
static void test_round_trip(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(all); i++) {
                _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t back = NULL;
                _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
                _cleanup_bytes_ Bytes spki = BYTES_NULL, spki_back = BYTES_NULL, signature = BYTES_NULL;
                _cleanup_secret_ Secret *pkcs8 = NULL;
                SignatureScheme scheme;

                assert_int_equal(key_export(keys[all[i]], &pkcs8), 0);
                assert_int_equal(key_import(secret_view(pkcs8), &back), 0);
                assert_int_equal(key_public(keys[all[i]], &spki), 0);
                assert_int_equal(key_public(back, &spki_back), 0);
                assert_true(view_equal(bytes_view(&spki), bytes_view(&spki_back)));
                pubkey = pubkey_of(bytes_view(&spki));
                assert_int_equal(key_algorithm_of_pubkey(pubkey), all[i]);

                assert_int_equal(signature_scheme_of(all[i], &scheme), 0);
                assert_int_equal(scheme.algorithm, all[i]);
                assert_int_equal(key_sign(back, &scheme, view_string("to be signed"), &signature), 0);
                assert_true(verify(bytes_view(&spki), &scheme, view_string("to be signed"), bytes_view(&signature)) >= 0);
                assert_true(verify(bytes_view(&spki), &scheme, view_string("to be signee"), bytes_view(&signature)) < 0);
                signature.data[signature.len - 1] ^= 1;
                assert_true(verify(bytes_view(&spki), &scheme, view_string("to be signed"), bytes_view(&signature)) < 0);
        }
}

/* RFC 3279 §2.2.3: SEQUENCE of two INTEGERs; RFC 8032: 64 bytes. */
static void test_value_forms(void **state) {
        _cleanup_bytes_ Bytes ecdsa = BYTES_NULL, ed25519 = BYTES_NULL, rsa = BYTES_NULL;
        SignatureScheme scheme;

        assert_int_equal(signature_scheme_of(KEY_P256, &scheme), 0);
        assert_int_equal(key_sign(keys[KEY_P256], &scheme, view_string("x"), &ecdsa), 0);
        assert_int_equal(ecdsa.data[0], 0x30);
        assert_int_equal(ecdsa.data[1], ecdsa.len - 2);
        assert_int_equal(ecdsa.data[2], 0x02);
        assert_int_equal(signature_scheme_of(KEY_ED25519, &scheme), 0);
        assert_int_equal(scheme.message_digest, GNUTLS_DIG_SHA512);
        assert_int_equal(key_sign(keys[KEY_ED25519], &scheme, VIEW(NULL, 0), &ed25519), 0);
        assert_int_equal(ed25519.len, 64);
        assert_int_equal(signature_scheme_of(KEY_RSA4096, &scheme), 0);
        assert_int_equal(key_sign(keys[KEY_RSA4096], &scheme, view_string("x"), &rsa), 0);
        assert_int_equal(rsa.len, 512);
        assert_int_equal(signature_scheme_of(KEY_ALGORITHM_INVALID, &scheme), -EINVAL);
        assert_int_equal(key_generate(KEY_ALGORITHM_INVALID, &(gnutls_privkey_t) { NULL }), -EINVAL);
}

/* A scheme that is not the key's own never makes a signature. */
static void test_scheme_of_another_key(void **state) {
        Bytes none = BYTES_NULL;
        SignatureScheme scheme;

        assert_int_equal(signature_scheme_of(KEY_RSA3072, &scheme), 0);
        assert_int_equal(key_sign(keys[KEY_P256], &scheme, view_string("x"), &none), -EIO);
        assert_int_equal(key_sign(keys[KEY_ED25519], &scheme, view_string("x"), &none), -EIO);
        assert_null(none.data);
}

static void test_import_refuses(void **state) {
        _cleanup_(gnutls_x509_privkey_deinitp) gnutls_x509_privkey_t other = NULL;
        gnutls_privkey_t none = NULL;
        _cleanup_secret_ Secret *pkcs8 = NULL;
        gnutls_datum_t der = { 0 };

        assert_int_equal(key_export(keys[KEY_P256], &pkcs8), 0);
        assert_int_equal(key_import(VIEW(NULL, 0), &none), -EBADMSG);
        assert_int_equal(key_import(view_string("no key at all"), &none), -EBADMSG);
        for (size_t n = 1; n < secret_len(pkcs8); n++)
                assert_int_equal(key_import(VIEW(secret_data(pkcs8), n), &none), -EBADMSG);
        assert_int_equal(gnutls_x509_privkey_init(&other), 0);
        assert_int_equal(gnutls_x509_privkey_generate(other, GNUTLS_PK_RSA, 2560, 0), 0);
        assert_int_equal(gnutls_x509_privkey_export2_pkcs8(other, GNUTLS_X509_FMT_DER, NULL, GNUTLS_PKCS_PLAIN, &der), 0);
        assert_int_equal(key_import(VIEW(der.data, der.size), &none), -EOPNOTSUPP);
        assert_null(none);
        gnutls_free(der.data);
}

#define PER_THREAD 200

static void *sign_many(void *userdata) {
        View *spki = userdata;
        SignatureScheme scheme;

        if (signature_scheme_of(KEY_P256, &scheme) < 0)
                return (void *) 1;
        for (unsigned i = 0; i < PER_THREAD; i++) {
                _cleanup_bytes_ Bytes signature = BYTES_NULL;

                if (key_sign(keys[KEY_P256], &scheme, VIEW(&i, sizeof(i)), &signature) < 0 ||
                    verify(*spki, &scheme, VIEW(&i, sizeof(i)), bytes_view(&signature)) < 0)
                        return (void *) 1;
        }
        return NULL;
}

static void test_threads(void **state) {
        _cleanup_bytes_ Bytes spki = BYTES_NULL;
        pthread_t threads[4];
        View v;

        assert_int_equal(key_public(keys[KEY_P256], &spki), 0);
        v = bytes_view(&spki);
        for (size_t i = 0; i < ELEMENTSOF(threads); i++)
                assert_int_equal(pthread_create(&threads[i], NULL, sign_many, &v), 0);
        for (size_t i = 0; i < ELEMENTSOF(threads); i++) {
                void *result;

                assert_int_equal(pthread_join(threads[i], &result), 0);
                assert_null(result);
        }
}

static void test_ecdsa_value(void **state) {
        static const struct {
                const char *value;
                size_t len;
                bool good;
        } cases[] = {
                { "\x30\x06\x02\x01\x01\x02\x01\x7f", 8, true },
                { "\x30\x07\x02\x02\x00\x80\x02\x01\x01", 9, true },
                { "", 0, false },
                { "\x30", 1, false },
                { "\x30\x00", 2, false },
                { "\x30\x81", 2, false },
                { "\x31\x06\x02\x01\x01\x02\x01\x7f", 8, false },
                { "\x30\x81\x06\x02\x01\x01\x02\x01\x7f", 9, false },         /* a length in the long form that the short one holds */
                { "\x30\x80\x02\x01\x01\x02\x01\x7f\x00\x00", 10, false },    /* indefinite */
                { "\x30\x06\x02\x01\x01\x02\x01\x80", 8, false },             /* negative */
                { "\x30\x06\x02\x01\x00\x02\x01\x01", 8, false },             /* zero */
                { "\x30\x07\x02\x02\x00\x01\x02\x01\x01", 9, false },         /* an octet too many */
                { "\x30\x07\x02\x01\x01\x02\x01\x01\x00", 9, false },         /* something behind s */
                { "\x30\x06\x02\x01\x01\x02\x01\x7f\x00", 9, false },         /* something behind all */
                { "\x30\x03\x02\x01\x01", 5, false },                         /* no s */
                { "\x30\x06\x02\x01\x01\x02\x02\x7f", 8, false },             /* s cut short */
                { "\x30\x06\x02\x01\x01\x04\x01\x7f", 8, false },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                assert_int_equal(ecdsa_value_is_der(VIEW(cases[i].value, cases[i].len)), cases[i].good);
}

static void test_value_for_xml(void **state) {
        /* r = 1, s = 0x80: the one is padded with zeros, the other loses DER's. */
        static const uint8_t der[] = { 0x30, 7, 2, 1, 1, 2, 2, 0, 0x80 };
        static const struct {
                KeyAlgorithm algorithm;
                size_t width;
        } cases[] = { { KEY_P256, 32 }, { KEY_P384, 48 } };
        SignatureScheme scheme;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_bytes_ Bytes value = BYTES_NULL, none = BYTES_NULL;
                uint8_t expected[96] = { 0 };

                expected[cases[i].width - 1] = 1;
                expected[2 * cases[i].width - 1] = 0x80;
                assert_int_equal(signature_scheme_of(cases[i].algorithm, &scheme), 0);
                assert_int_equal(signature_value_to_xml(&scheme, VIEW(der, sizeof(der)), &value), 0);
                assert_true(view_equal(bytes_view(&value), VIEW(expected, 2 * cases[i].width)));
                assert_int_equal(signature_value_to_xml(&scheme, VIEW(der, sizeof(der) - 1), &none), -EBADMSG);
                assert_int_equal(signature_value_to_xml(&scheme, bytes_view(&value), &none), -EBADMSG);
        }
        for (KeyAlgorithm a = KEY_RSA3072; a <= KEY_ED25519; a++) {
                _cleanup_bytes_ Bytes value = BYTES_NULL;

                assert_int_equal(signature_scheme_of(a, &scheme), 0);
                assert_int_equal(signature_value_to_xml(&scheme, VIEW(der, sizeof(der)), &value), 0);
                assert_true(view_equal(bytes_view(&value), VIEW(der, sizeof(der))));
        }
}

static void test_certificate(void **state) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t certificate = NULL;
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
        _cleanup_bytes_ Bytes spki = BYTES_NULL, other = BYTES_NULL;

        assert_int_equal(key_public(keys[KEY_P384], &spki), 0);
        assert_int_equal(key_public(keys[KEY_P256], &other), 0);
        pubkey = pubkey_of(bytes_view(&spki));
        assert_int_equal(gnutls_x509_crt_init(&certificate), 0);
        assert_int_equal(key_matches_certificate(bytes_view(&spki), certificate), -EKEYREJECTED);
        assert_int_equal(gnutls_x509_crt_set_pubkey(certificate, pubkey), 0);
        assert_int_equal(key_matches_certificate(bytes_view(&spki), certificate), 0);
        assert_int_equal(key_matches_certificate(bytes_view(&other), certificate), -EKEYREJECTED);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_value_forms),
                cmocka_unit_test(test_scheme_of_another_key),
                cmocka_unit_test(test_import_refuses),
                cmocka_unit_test(test_threads),
                cmocka_unit_test(test_ecdsa_value),
                cmocka_unit_test(test_value_for_xml),
                cmocka_unit_test(test_certificate),
        };

        return cmocka_run_group_tests(tests, make_keys, free_keys);
}
