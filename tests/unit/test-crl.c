/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ca/crl.c, judged by OpenSSL and certtool: they verify the list, and read in it what was put in. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/atomic-file.h"
#include "ca/crl.h"

#define THIS_UPDATE INT64_C(1795262400) /* 2026-11-21 12:00:00 UTC */
#define NEXT_UPDATE (THIS_UPDATE + 7 * 86400)

static char directory[] = "/tmp/test-crl-XXXXXX";

typedef struct Issuer {
        gnutls_privkey_t key;
        SignatureScheme scheme;
        gnutls_x509_crt_t crt;
} Issuer;

static void expect(const char *command, bool success, const char *text) {
        char line[2048], output[16384];
        FILE *f;
        size_t n;
        int r;

        snprintf(line, sizeof(line), "cd %s && { %s; } 2>&1", directory, command);
        f = popen(line, "r");
        assert_non_null(f);
        n = fread(output, 1, sizeof(output) - 1, f);
        output[n] = 0;
        r = pclose(f);
        if ((r == 0) != success || (text && !strstr(output, text)))
                fail_msg("%s: %d, wanted “%s”\n%s", command, r, text ? text : "", output);
}

static void put(const char *name, View content) {
        char path[128];

        snprintf(path, sizeof(path), "%s/%s", directory, name);
        assert_int_equal(atomic_file_write(path, content, 0600, true), 0);
}

static Issuer make_issuer(KeyAlgorithm a) {
        static const char *const names[] = { "countryName", "PL", "organizationName", "Example sp. z o.o.", "commonName", "Example CA" };
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
        _cleanup_certificate_ Certificate root = { 0 };
        _cleanup_(subject_freep) Subject *s = NULL;
        gnutls_datum_t der;
        Issuer i = { 0 };

        assert_int_equal(subject_new(&s), 0);
        for (size_t n = 0; n < ELEMENTSOF(names); n += 2)
                assert_int_equal(subject_set(s, names[n], names[n + 1]), 0);
        assert_int_equal(key_generate(a, &i.key), 0);
        assert_int_equal(signature_scheme_of(a, &i.scheme), 0);
        assert_int_equal(key_to_public(i.key, &pubkey), 0);
        assert_int_equal(root_create(&(Signatory) { sign_by_key, i.key }, pubkey, s, THIS_UPDATE - 86400, 3650, &root), 0);
        der = (gnutls_datum_t) { .data = root.der.data, .size = (unsigned) root.der.len };
        assert_int_equal(gnutls_x509_crt_init(&i.crt), 0);
        assert_int_equal(gnutls_x509_crt_import(i.crt, &der, GNUTLS_X509_FMT_DER), 0);
        put("root.der", bytes_view(&root.der));
        expect("openssl x509 -inform DER -in root.der -out root.pem", true, NULL);
        return i;
}

static void issuer_done(Issuer *i) {
        gnutls_privkey_deinit(i->key);
        gnutls_x509_crt_deinit(i->crt);
}

static int sign(View tbs, void *userdata, Bytes *ret) {
        const Issuer *i = userdata;

        return key_sign(i->key, &i->scheme, tbs, ret);
}

static int setup(void **state) {
        return mkdtemp(directory) ? 0 : -1;
}

static int teardown(void **state) {
        char command[64];

        snprintf(command, sizeof(command), "rm -rf %s", directory);
        return system(command);
}

static void make(Issuer *i, const CrlEntry *entries, size_t n, uint64_t number) {
        _cleanup_bytes_ Bytes crl = BYTES_NULL;

        assert_int_equal(crl_create(i->crt, sign, i, entries, n, number, THIS_UPDATE, NEXT_UPDATE, &crl), 0);
        put("ca.crl", bytes_view(&crl));
}

static void test_entries(void **state) {
        static const CrlEntry entries[] = {
                { .serial = { 0x41, 0x02 }, .reason = REASON_CERTIFICATE_HOLD, .date = THIS_UPDATE - 3600 },
                { .serial = { 0x42, 0xff }, .reason = REASON_KEY_COMPROMISE, .date = THIS_UPDATE - 60, .invalid_since = THIS_UPDATE - 7200 },
                { .serial = { 0x43 }, .reason = REASON_UNSPECIFIED, .date = THIS_UPDATE },
        };
        static const KeyAlgorithm algorithms[] = { KEY_P256, KEY_P384, KEY_RSA3072, KEY_ED25519 };
        static const char *const names[] = { "ecdsa-with-SHA256", "ecdsa-with-SHA384", "sha256WithRSAEncryption", "ED25519" };
        static const char text[] = "openssl crl -inform DER -in ca.crl -noout -text";

        for (size_t i = 0; i < ELEMENTSOF(algorithms); i++) {
                _cleanup_(issuer_done) Issuer issuer = make_issuer(algorithms[i]);

                make(&issuer, entries, ELEMENTSOF(entries), 4711);
                expect("openssl crl -inform DER -in ca.crl -noout -CAfile root.pem", true, "verify OK");
                expect(text, true, names[i]);
                expect(text, true, "Version 2 (0x1)");
                expect(text, true, "Issuer: C = PL, O = Example sp. z o.o., CN = Example CA");
                expect(text, true, "Last Update: Nov 21 12:00:00 2026 GMT\n        Next Update: Nov 28 12:00:00 2026 GMT");
                expect(text, true, "X509v3 CRL Number: \n                4711\n");
                expect(text, true, "X509v3 Authority Key Identifier:");
                expect(text, true, "2.5.29.60");
                expect(text, true,
                       "Serial Number: 41020000000000000000000000000000\n        Revocation Date: Nov 21 11:00:00 2026 GMT\n"
                       "        CRL entry extensions:\n            X509v3 CRL Reason Code: \n                Certificate Hold");
                expect(text, true, "Invalidity Date: \n                Nov 21 10:00:00 2026 GMT");
                expect(text, true, "Key Compromise");
                /* No reason where there is none to give. */
                expect(text, true, "Serial Number: 43000000000000000000000000000000\n        Revocation Date: Nov 21 12:00:00 2026 GMT\n    Signature Algorithm");
                expect("certtool --crl-info --inder --infile ca.crl", true, "Revoked certificates (3):");
        }
}

static void test_certtool_verifies(void **state) {
        _cleanup_(issuer_done) Issuer issuer = make_issuer(KEY_P384);
        static const CrlEntry entry = { .serial = { 0x41 }, .reason = REASON_SUPERSEDED, .date = THIS_UPDATE };

        make(&issuer, &entry, 1, 1);
        expect("openssl crl -inform DER -in ca.crl -out ca.crl.pem && certtool --verify-crl --load-ca-certificate root.pem --infile ca.crl.pem", true, "Verified");
}

/* revokedCertificates must not be there. */
static void test_empty(void **state) {
        _cleanup_(issuer_done) Issuer issuer = make_issuer(KEY_P256);

        make(&issuer, NULL, 0, 1);
        expect("openssl crl -inform DER -in ca.crl -noout -CAfile root.pem", true, "verify OK");
        expect("openssl crl -inform DER -in ca.crl -noout -text", true, "No Revoked Certificates.");
        expect("certtool --crl-info --inder --infile ca.crl", true, "No revoked certificates.");
}

static void test_large_number(void **state) {
        _cleanup_(issuer_done) Issuer issuer = make_issuer(KEY_P256);

        make(&issuer, NULL, 0, (UINT64_C(1) << 40) + 255);
        expect("openssl crl -inform DER -in ca.crl -noout -crlnumber", true, "crlNumber=0x0100000000FF");
        make(&issuer, NULL, 0, 128);
        expect("openssl crl -inform DER -in ca.crl -noout -crlnumber", true, "crlNumber=0x80");
}

/* From 2050 on times have four digits of the year. */
static void test_times(void **state) {
        _cleanup_(issuer_done) Issuer issuer = make_issuer(KEY_P256);
        _cleanup_bytes_ Bytes crl = BYTES_NULL;
        const CrlEntry ancient = { .serial = { 0x41 }, .date = INT64_C(-700000000) };
        const int64_t eve = INT64_C(2524607999); /* the last second of 2049 */

        assert_int_equal(crl_create(issuer.crt, sign, &issuer, NULL, 0, 1, eve, eve + 1, &crl), 0);
        put("ca.crl", bytes_view(&crl));
        expect("openssl asn1parse -inform DER -in ca.crl | grep -m1 UTCTIME", true, ":491231235959Z");
        expect("openssl asn1parse -inform DER -in ca.crl | grep -m1 GENERALIZEDTIME", true, ":20500101000000Z");
        assert_int_equal(crl_create(issuer.crt, sign, &issuer, &ancient, 1, 1, eve, eve + 1, &crl), -EINVAL);
}

static int refuse(View tbs, void *userdata, Bytes *ret) {
        return -ENODEV;
}

static void test_signer_fails(void **state) {
        _cleanup_(issuer_done) Issuer issuer = make_issuer(KEY_P256);
        Bytes crl = BYTES_NULL;

        assert_int_equal(crl_create(issuer.crt, refuse, NULL, NULL, 0, 1, THIS_UPDATE, NEXT_UPDATE, &crl), -ENODEV);
        assert_null(crl.data);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_entries),      cmocka_unit_test(test_certtool_verifies), cmocka_unit_test(test_empty),
                cmocka_unit_test(test_large_number), cmocka_unit_test(test_times),             cmocka_unit_test(test_signer_fails),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
