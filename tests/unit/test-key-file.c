/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/crypto/key-file.c: what is written is read again, files of openssl, certtool and Java's keytool are read, and what cannot or must not be opened is told apart. The
 * fixtures all have the password "secret"; tests/cli/test-key-file.py has the same programs read ours. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/atomic-file.h"
#include "crypto/init.h"
#include "crypto/key-file.h"
#include "crypto/tlv.h"
#include "certificate-fixture.h"

static const char *fixtures;

static Bytes fixture(const char *name) {
        _cleanup_free_ char *path = NULL;
        Bytes b = BYTES_NULL;

        assert_true(asprintf(&path, "%s/%s", fixtures, name) > 0);
        assert_int_equal(read_file(path, KEY_FILE_SIZE_MAX, &b), 0);
        return b;
}

static gnutls_x509_crt_t certificate_for(gnutls_privkey_t key) {
        gnutls_x509_crt_t crt = certificate_draft(key, "CN=Example", VIEW_LITERAL("\x01"), 0, 4000000000);

        certificate_sign_itself(crt, key);
        return crt;
}

static void assert_same_key(gnutls_privkey_t key, const KeyFile *f) {
        _cleanup_bytes_ Bytes spki = BYTES_NULL, signature = BYTES_NULL;

        assert_int_equal(key_public(key, &spki), 0);
        assert_true(view_equal(bytes_view(&spki), bytes_view(&f->public_key)));
        assert_int_equal(key_sign(f->key, &f->scheme, view_string("to be signed"), &signature), 0);
}

/* Letters beyond ASCII and beyond the first plane: passwords go into PKCS#12 as UTF-16. */
static const char password[] = "Zażółć-Gęślą-7 \xf0\x9f\x94\x91";

static void test_pkcs12(void **state) {
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL, other = NULL;
        _cleanup_key_file_ KeyFile f = { 0 }, g = { 0 };
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        gnutls_x509_crt_t chain[2];

        assert_int_equal(key_generate(KEY_P256, &key), 0);
        assert_int_equal(key_generate(KEY_P384, &other), 0);
        chain[0] = certificate_for(key);
        chain[1] = certificate_for(other);
        assert_int_equal(key_file_write_pkcs12(key, chain, 2, "Klucz celny", view_string(password), &content), 0);
        assert_int_equal(key_file_read(bytes_view(&content), view_string(password), &f), 0);
        assert_int_equal(f.format, KEY_FILE_PKCS12);
        assert_int_equal(f.n_certificates, 2);
        assert_string_equal(f.label, "Klucz celny");
        assert_same_key(key, &f);
        assert_int_equal(key_file_read(bytes_view(&content), view_string("Zażółć-Gęślą-7"), &g), KEY_FILE_E_PASSWORD);
        assert_int_equal(key_file_read(bytes_view(&content), view_string(""), &g), KEY_FILE_E_PASSWORD);
        assert_null(g.key);
        gnutls_x509_crt_deinit(chain[0]);
        gnutls_x509_crt_deinit(chain[1]);
}

static void test_pkcs8(void **state) {
        static const KeyAlgorithm all[] = { KEY_P256, KEY_RSA3072, KEY_ED25519 };

        for (size_t i = 0; i < ELEMENTSOF(all); i++) {
                _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
                _cleanup_key_file_ KeyFile f = { 0 }, g = { 0 };
                _cleanup_bytes_ Bytes content = BYTES_NULL;

                assert_int_equal(key_generate(all[i], &key), 0);
                assert_int_equal(key_file_write_pkcs8(key, view_string(password), &content), 0);
                assert_int_equal(key_file_read(bytes_view(&content), view_string(password), &f), 0);
                assert_int_equal(f.format, KEY_FILE_PKCS8);
                assert_int_equal(f.n_certificates, 0);
                assert_same_key(key, &f);
                assert_int_equal(key_file_read(bytes_view(&content), view_string("secret"), &g), KEY_FILE_E_PASSWORD);
        }
}

/* Nothing of the key in clear, and all three parts that a guesser could try cost the same. */
static void test_parameters(void **state) {
        static const uint8_t rounds[] = { 0x02, 0x03, 0x09, 0x27, 0xc0 }, mac_rounds[] = { 0x02, 0x03, 0x12, 0x4f, 0x80 };
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        _cleanup_bytes_ Bytes content = BYTES_NULL;
        _cleanup_secret_ Secret *plain = NULL;
        gnutls_x509_crt_t crt;
        size_t n = 0;

        assert_int_equal(key_generate(KEY_P256, &key), 0);
        crt = certificate_for(key);
        assert_int_equal(key_file_write_pkcs12(key, &crt, 1, "x", view_string(password), &content), 0);
        assert_int_equal(key_export(key, &plain), 0);
        for (size_t i = 0; i + 16 <= secret_len(plain); i++)
                assert_null(memmem(content.data, content.len, secret_data(plain) + i, 16));
        for (size_t i = 0; i + sizeof(rounds) <= content.len; i++)
                n += memcmp(content.data + i, rounds, sizeof(rounds)) == 0;
        assert_int_equal(n, 2);
        assert_non_null(memmem(content.data, content.len, mac_rounds, sizeof(mac_rounds)));
        assert_null(memmem(content.data, content.len, "Example", 7));
        gnutls_x509_crt_deinit(crt);
}

static void test_passwords_that_are_none(void **state) {
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        Bytes none = BYTES_NULL;

        assert_int_equal(key_generate(KEY_P256, &key), 0);
        assert_int_equal(key_file_write_pkcs8(key, view_string(""), &none), -EINVAL);
        assert_int_equal(key_file_write_pkcs8(key, view_string("\xff"), &none), -EINVAL);
        assert_int_equal(key_file_write_pkcs12(key, NULL, 0, "x", VIEW("a\0b", 3), &none), -EINVAL);
        assert_int_equal(key_file_write_pkcs12(key, NULL, 0, "\xff", view_string("secret"), &none), -EINVAL);
        assert_null(none.data);
}

static void test_others(void **state) {
        static const struct {
                const char *name;
                int outcome;
                KeyFileFormat format;
                size_t certificates;
                const char *label;
        } files[] = {
                { "openssl.p12", 0, KEY_FILE_PKCS12, 1, "jan" },
                { "openssl-legacy.p12", 0, KEY_FILE_PKCS12, 1, NULL },
                { "openssl-nocert.p12", 0, KEY_FILE_PKCS12, 0, NULL },
                { "openssl-rsa.p12", 0, KEY_FILE_PKCS12, 1, NULL },
                { "openssl.p8", 0, KEY_FILE_PKCS8, 0, NULL },
                { "openssl-p8.der", 0, KEY_FILE_PKCS8, 0, NULL },
                { "certtool.p12", 0, KEY_FILE_PKCS12, 1, "jan" },
                { "certtool.p8", 0, KEY_FILE_PKCS8, 0, NULL },
                { "java.p12", 0, KEY_FILE_PKCS12, 1, "jan" },
                { "costly-mac.p12", KEY_FILE_E_COSTLY, 0, 0, NULL }, /* a hundred million rounds */
                { "costly-p8.der", KEY_FILE_E_COSTLY, 0, 0, NULL },
                { "openssl-nomac.p12", KEY_FILE_E_UNSUPPORTED, 0, 0, NULL },
                { "openssl-clear.p12", KEY_FILE_E_CLEAR, 0, 0, NULL },
                { "openssl-nokey.p12", KEY_FILE_E_NO_KEY, 0, 0, NULL },
                { "openssl-rsa1024.p12", KEY_FILE_E_UNSUPPORTED, 0, 0, NULL },
        };

        for (size_t i = 0; i < ELEMENTSOF(files); i++) {
                _cleanup_key_file_ KeyFile f = { 0 }, g = { 0 };
                _cleanup_bytes_ Bytes content = fixture(files[i].name);

                print_message("%s\n", files[i].name);
                assert_int_equal(key_file_read(bytes_view(&content), view_string("secret"), &f), files[i].outcome);
                if (files[i].outcome != 0)
                        continue;
                assert_int_equal(f.format, files[i].format);
                assert_int_equal(f.n_certificates, files[i].certificates);
                if (files[i].label)
                        assert_string_equal(f.label, files[i].label);
                assert_int_equal(key_file_read(bytes_view(&content), view_string("Secret"), &g), KEY_FILE_E_PASSWORD);
        }
}

/* Whatever is altered, there is no key, or the same. */
static void test_altered(void **state) {
        _cleanup_bytes_ Bytes content = fixture("openssl.p12");
        _cleanup_key_file_ KeyFile f = { 0 };

        assert_int_equal(key_file_read(bytes_view(&content), view_string("secret"), &f), 0);
        for (size_t i = 0; i < content.len; i += 7) {
                _cleanup_key_file_ KeyFile g = { 0 };
                int r;

                content.data[i] ^= 0x10;
                r = key_file_read_within(bytes_view(&content), view_string("secret"), 100000, &g);
                assert_true(r > 0 || (r == 0 && view_equal(bytes_view(&f.public_key), bytes_view(&g.public_key))));
                content.data[i] ^= 0x10;
        }
        for (size_t n = 0; n < content.len; n += 13) {
                KeyFile g = { 0 };

                assert_int_equal(key_file_read(VIEW(content.data, n), view_string("secret"), &g), KEY_FILE_E_FORMAT);
        }
}

/* What would keep the machine busy is refused before a round of it is done. */
static void test_hostile(void **state) {
        static const uint8_t few[] = { 0x02, 0x01, 0x02 };
        _cleanup_bytes_ Bytes content = fixture("openssl-p8.der"), large = BYTES_NULL;
        KeyFileFormat format;
        KeyFile f = { 0 };
        uint8_t *at = memmem(content.data, content.len, few, sizeof(few));

        assert_non_null(at);
        at[2] = 0x7f; /* more than it was, and more than we allow here */
        assert_int_equal(key_file_read_within(bytes_view(&content), view_string("secret"), 100, &f), KEY_FILE_E_COSTLY);
        assert_int_equal(key_file_read_within(bytes_view(&content), view_string("secret"), 127, &f), KEY_FILE_E_PASSWORD);

        assert_int_equal(bytes_reserve(&large, KEY_FILE_SIZE_MAX + 1), 0);
        memset(large.data, 0x30, KEY_FILE_SIZE_MAX + 1);
        assert_int_equal(key_file_check(VIEW(large.data, KEY_FILE_SIZE_MAX + 1), &format), KEY_FILE_E_FORMAT);
        assert_int_equal(key_file_check(VIEW(NULL, 0), &format), KEY_FILE_E_FORMAT);
}

static void test_clear(void **state) {
        static const char pem[] = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
        static const char old[] = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        _cleanup_secret_ Secret *plain = NULL;
        KeyFileFormat format;

        assert_int_equal(key_file_check(view_string(pem), &format), KEY_FILE_E_CLEAR);
        assert_int_equal(key_file_check(view_string(old), &format), KEY_FILE_E_UNSUPPORTED);
        assert_int_equal(key_generate(KEY_P256, &key), 0);
        assert_int_equal(key_export(key, &plain), 0);
        assert_int_equal(key_file_check(secret_view(plain), &format), KEY_FILE_E_CLEAR);
        assert_int_equal(key_file_check(view_string("-----BEGIN ENCRYPTED PRIVATE KEY-----\n!\n-----END ENCRYPTED PRIVATE KEY-----\n"), &format), KEY_FILE_E_FORMAT);
}

/* The smallest lengths that need one octet more, and numbers around the sign. */
static void test_tlv(void **state) {
        static const struct {
                uint64_t value;
                size_t len;
                uint8_t der[12];
        } numbers[] = {
                { 0, 3, { 2, 1, 0 } },
                { 127, 3, { 2, 1, 127 } },
                { 128, 4, { 2, 2, 0, 128 } },
                { 255, 4, { 2, 2, 0, 255 } },
                { 256, 4, { 2, 2, 1, 0 } },
                { 600000, 5, { 2, 3, 9, 0x27, 0xc0 } },
                { UINT64_MAX, 11, { 2, 9, 0, 255, 255, 255, 255, 255, 255, 255, 255 } },
        };
        static const struct {
                size_t len, header;
        } lengths[] = { { 0, 2 }, { 127, 2 }, { 128, 3 }, { 255, 3 }, { 256, 4 }, { 65535, 4 }, { 65536, 5 } };
        static const uint8_t zeros[65536];

        for (size_t i = 0; i < ELEMENTSOF(numbers); i++) {
                _cleanup_bytes_ Bytes b = BYTES_NULL;

                assert_int_equal(tlv_append_unsigned(&b, numbers[i].value), 0);
                assert_int_equal(b.len, numbers[i].len);
                assert_memory_equal(b.data, numbers[i].der, b.len);
        }
        for (size_t i = 0; i < ELEMENTSOF(lengths); i++) {
                _cleanup_bytes_ Bytes b = BYTES_NULL;

                assert_int_equal(bytes_append(&b, zeros, lengths[i].len), 0);
                assert_int_equal(tlv_wrap(&b, TLV_SEQUENCE), 0);
                assert_int_equal(b.len, lengths[i].header + lengths[i].len);
                assert_int_equal(b.data[0], 0x30);
        }
}

static int start(void **state) {
        return crypto_init();
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_pkcs12),
                cmocka_unit_test(test_pkcs8),
                cmocka_unit_test(test_parameters),
                cmocka_unit_test(test_passwords_that_are_none),
                cmocka_unit_test(test_others),
                cmocka_unit_test(test_altered),
                cmocka_unit_test(test_hostile),
                cmocka_unit_test(test_clear),
                cmocka_unit_test(test_tlv),
        };

        fixtures = argc > 1 ? argv[1] : "tests/unit/fixtures/key-file";
        return cmocka_run_group_tests(tests, start, NULL);
}
