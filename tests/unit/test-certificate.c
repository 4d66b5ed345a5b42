/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ca/certificate.c, judged by OpenSSL and certtool: what the root is, what it can never be used for, and what is issued under it. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <cmocka.h>

#include "base/atomic-file.h"
#include "ca/certificate.h"

static char directory[] = "/tmp/test-certificate-XXXXXX";
static gnutls_privkey_t root_key;
static gnutls_pubkey_t root_pubkey;
static Signatory by;
static Certificate root;
static gnutls_x509_crt_t root_crt;
static int64_t now;

static int run(const char *command, char *output, size_t size) {
        char line[2048];
        FILE *f;
        size_t n;

        snprintf(line, sizeof(line), "cd %s && { %s; } 2>&1", directory, command);
        f = popen(line, "r");
        assert_non_null(f);
        n = fread(output, 1, size - 1, f);
        output[n] = 0;
        return pclose(f);
}

static void expect(const char *command, bool success, const char *text) {
        char output[16384];
        int r = run(command, output, sizeof(output));

        if ((r == 0) != success || (text && !strstr(output, text)))
                fail_msg("%s: %d\n%s", command, r, output);
}

static void put(const char *name, View content) {
        char path[128];

        snprintf(path, sizeof(path), "%s/%s", directory, name);
        assert_int_equal(atomic_file_write(path, content, 0600, true), 0);
}

static Subject *make(const char *const *attributes) {
        Subject *s;

        assert_int_equal(subject_new(&s), 0);
        for (; *attributes; attributes += 2)
                assert_int_equal(subject_set(s, attributes[0], attributes[1]), 0);
        return s;
}

static Subject *make_seal(const char *common_name) {
        const char *const attributes[] = { "countryName", "PL", "organizationName", "Example sp. z o.o.", "organizationIdentifier", "VATPL-5250000000",
                                           "commonName", common_name, NULL };

        return make(attributes);
}

static void generate(KeyAlgorithm a, gnutls_privkey_t *ret, gnutls_pubkey_t *ret_public) {
        assert_int_equal(key_generate(a, ret), 0);
        assert_int_equal(gnutls_pubkey_init(ret_public), 0);
        assert_int_equal(gnutls_pubkey_import_privkey(*ret_public, *ret, 0, 0), 0);
}

static void put_key(const char *name, gnutls_privkey_t key) {
        _cleanup_secret_ Secret *pkcs8 = NULL;

        assert_int_equal(key_export(key, &pkcs8), 0);
        put(name, secret_view(pkcs8));
}

static int setup(void **state) {
        static const char *const attributes[] = { "countryName", "PL", "organizationName", "Example sp. z o.o.", "commonName", "Example CA", NULL };
        _cleanup_(subject_freep) Subject *s = make(attributes);
        gnutls_datum_t der;

        now = time(NULL);
        if (!mkdtemp(directory) || key_generate(KEY_P384, &root_key) < 0 || key_to_public(root_key, &root_pubkey) < 0)
                return -1;
        by = (Signatory) { sign_by_key, root_key };
        if (root_create(&by, root_pubkey, s, now, 3650, &root) < 0)
                return -1;
        der = (gnutls_datum_t) { .data = root.der.data, .size = (unsigned) root.der.len };
        if (gnutls_x509_crt_init(&root_crt) < 0 || gnutls_x509_crt_import(root_crt, &der, GNUTLS_X509_FMT_DER) < 0)
                return -1;
        put("root.der", bytes_view(&root.der));
        put_key("root.key.der", root_key);
        expect("openssl x509 -inform DER -in root.der -out root.pem && openssl pkey -inform DER -in root.key.der -out root.key", true, NULL);
        return 0;
}

static int teardown(void **state) {
        char output[64];

        gnutls_privkey_deinit(root_key);
        gnutls_pubkey_deinit(root_pubkey);
        gnutls_x509_crt_deinit(root_crt);
        certificate_done(&root);
        return run("rm -rf \"$PWD\"", output, sizeof(output));
}

/* --- The root ----------------------------------------------------------------------------------------------------- */

static void test_root(void **state) {
        static const char text[] = "openssl x509 -in root.pem -noout -text -nameopt multiline,show_type,utf8,-esc_msb";

        expect(text, true, "X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0\n");
        expect(text, true, "X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign\n");
        expect(text, true,
               "X509v3 Name Constraints: critical\n                Excluded:\n                  DNS:\n"
               "                  IP:0.0.0.0/0.0.0.0\n                  IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0\n");
        expect(text, true, "X509v3 Subject Key Identifier:");
        expect(text, true, "Signature Algorithm: ecdsa-with-SHA384");
        expect(text, true, "countryName               = PRINTABLESTRING:PL");
        expect("openssl verify -x509_strict -check_ss_sig -CAfile root.pem root.pem", true, "root.pem: OK");
        assert_int_equal(root.not_before, now);
        assert_int_equal(root.not_after, now + 3650 * INT64_C(86400));
        assert_non_null(strstr(root.subject, "CN=Example CA"));
}

static void test_root_subject(void **state) {
        static const struct {
                const char *attributes[9];
                int result;
        } cases[] = {
                { { "countryName", "PL", "organizationName", "Example", "commonName", "CA" }, 0 },
                { { "organizationName", "Example", "commonName", "CA" }, -EINVAL },
                { { "countryName", "PL", "commonName", "CA" }, -EINVAL },
                { { "countryName", "PL", "organizationName", "Example" }, -EINVAL },
                { { "countryName", "PL", "organizationName", "Example", "commonName", "CA", "givenName", "Jan" }, -EINVAL },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(subject_freep) Subject *s = make(cases[i].attributes);
                const char *problem;

                assert_int_equal(root_subject_check(s, &problem), cases[i].result);
                assert_int_equal(problem != NULL, cases[i].result < 0);
        }
}

/* Whoever gets hold of the root's key and makes a server's certificate with it gets nowhere with clients that trust the root. */
static void test_root_is_no_tls_authority(void **state) {
        static const struct {
                const char *name, *alternative, *verify;
        } cases[] = {
                { "/CN=server", "DNS:www.example.org", "-verify_hostname www.example.org" },
                { "/CN=server", "DNS:*.example.org", "-verify_hostname www.example.org" },
                { "/CN=server", "IP:192.0.2.1", "-verify_ip 192.0.2.1" },
                { "/CN=server", "IP:2001:db8::1", "-verify_ip 2001:db8::1" },
                { "/CN=www.example.org", NULL, "-verify_hostname www.example.org" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char line[1024];

                snprintf(line, sizeof(line), "printf '%s%s\\n' > server.ext", cases[i].alternative ? "subjectAltName=" : "", cases[i].alternative ?: "");
                expect(line, true, NULL);
                snprintf(line, sizeof(line),
                         "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -subj '%s' -out server.csr && "
                         "openssl x509 -req -in server.csr -CA root.pem -CAkey root.key -extfile server.ext -days 30 -out server.pem",
                         cases[i].name);
                expect(line, true, NULL);
                snprintf(line, sizeof(line), "openssl verify -purpose sslserver -CAfile root.pem %s server.pem", cases[i].verify);
                expect(line, false, "excluded subtree violation");
                if (!cases[i].alternative)
                        continue;
                snprintf(line, sizeof(line), "certtool --verify --load-ca-certificate root.pem --infile server.pem --verify-hostname %s",
                         strrchr(cases[i].verify, ' ') + 1);
                expect(line, false, "constraints");
        }
}

static void test_root_has_no_path_below(void **state) {
        expect("printf 'basicConstraints=critical,CA:TRUE\\nkeyUsage=critical,keyCertSign\\n' > ca.ext && "
               "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout sub.key -subj '/CN=sub CA' -out sub.csr && "
               "openssl x509 -req -in sub.csr -CA root.pem -CAkey root.key -extfile ca.ext -out sub.pem && "
               "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout leaf.key -subj '/CN=leaf' -out leaf.csr && "
               "openssl x509 -req -in leaf.csr -CA sub.pem -CAkey sub.key -out leaf.pem", true, NULL);
        expect("openssl verify -CAfile root.pem -untrusted sub.pem leaf.pem", false, "path length constraint exceeded");
}

/* --- Certificates ------------------------------------------------------------------------------------------------- */

static void test_issue(void **state) {
        static const KeyAlgorithm algorithms[] = { KEY_P256, KEY_P384, KEY_RSA3072, KEY_ED25519 };

        for (size_t i = 0; i < ELEMENTSOF(algorithms); i++) {
                static const char text[] = "openssl x509 -in seal.pem -noout -text -nameopt multiline,show_type,utf8,-esc_msb";
                _cleanup_(subject_freep) Subject *s = make_seal("Pieczęć Example sp. z o.o.");
                _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
                _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
                _cleanup_certificate_ Certificate c = { 0 };
                const char *problem;

                generate(algorithms[i], &key, &pubkey);
                assert_int_equal(certificate_check(root_crt, s, pubkey, PROFILE_SEAL, &problem), 0);
                assert_int_equal(certificate_issue(&by, root_crt, s, pubkey, PROFILE_SEAL, NULL, now, 730, &c), 0);
                put("seal.der", bytes_view(&c.der));
                put_key("seal.key.der", key);
                expect("openssl x509 -inform DER -in seal.der -out seal.pem && openssl pkey -inform DER -in seal.key.der -out seal.key", true, NULL);
                expect(text, true, "X509v3 Basic Constraints: critical\n                CA:FALSE\n");
                expect(text, true, "X509v3 Key Usage: critical\n                Non Repudiation\n");
                expect(text, true, "X509v3 Extended Key Usage: \n                1.3.6.1.5.5.7.3.36, E-mail Protection\n");
                expect(text, true, "X509v3 Authority Key Identifier:");
                expect(text, true, "organizationIdentifier    = UTF8STRING:VATPL-5250000000");
                expect("openssl x509 -in seal.pem -noout -serial | tr A-F a-f | sed 's/serial=//'", true, c.serial);
                expect("openssl verify -x509_strict -CAfile root.pem seal.pem", true, "seal.pem: OK");
                expect("certtool --verify --load-ca-certificate root.pem --infile seal.pem", true, "Chain verification output: Verified. The certificate is trusted.");
                expect("openssl verify -x509_strict -purpose sslclient -CAfile root.pem seal.pem", false, "unsuitable certificate purpose");
                expect("openssl verify -x509_strict -purpose sslserver -CAfile root.pem seal.pem", false, "unsuitable certificate purpose");
                assert_int_equal(c.not_after, now + 730 * INT64_C(86400));
                if (algorithms[i] == KEY_ED25519)
                        continue; /* OpenSSL 3.0 makes no CMS with it */
                expect("echo document > d && openssl cms -sign -cades -binary -in d -signer seal.pem -inkey seal.key -outform DER -out d.p7s && "
                       "openssl cms -verify -cades -binary -content d -inform DER -in d.p7s -CAfile root.pem", true, "CAdES Verification successful");
        }
}

static void test_validity(void **state) {
        _cleanup_(subject_freep) Subject *s = make_seal("Example seal");
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
        _cleanup_certificate_ Certificate c = { 0 };

        generate(KEY_P256, &key, &pubkey);
        assert_int_equal(certificate_issue(&by, root_crt, s, pubkey, PROFILE_SEAL, NULL, root.not_after - 100, 730, &c), 0);
        assert_int_equal(c.not_after, root.not_after);
        assert_int_equal(certificate_issue(&by, root_crt, s, pubkey, PROFILE_SEAL, NULL, root.not_after, 730, &c), -EKEYEXPIRED);
        assert_int_equal(certificate_issue(&by, root_crt, s, pubkey, PROFILE_SEAL, NULL, root.not_before - 1, 730, &c), -EKEYEXPIRED);
}

static int refuse(View tbs, void *userdata, Bytes *ret) {
        return -ENODEV;
}

/* Whoever has the key is given all that is to be signed; the root is made so with each kind of key. */
static void test_signatory(void **state) {
        static const KeyAlgorithm algorithms[] = { KEY_P256, KEY_P384, KEY_RSA3072, KEY_ED25519 };
        const Signatory nobody = { refuse, NULL };
        _cleanup_(subject_freep) Subject *seal = make_seal("Example seal");
        static const char *const attributes[] = { "countryName", "PL", "organizationName", "Example sp. z o.o.", "commonName", "Other CA", NULL };
        _cleanup_(subject_freep) Subject *s = make(attributes);

        for (size_t i = 0; i < ELEMENTSOF(algorithms); i++) {
                _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
                _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
                _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
                _cleanup_certificate_ Certificate c = { 0 }, leaf = { 0 };
                gnutls_datum_t der;

                generate(algorithms[i], &key, &pubkey);
                assert_int_equal(root_create(&nobody, pubkey, s, now, 30, &c), -ENODEV);
                assert_int_equal(root_create(&(Signatory) { sign_by_key, key }, pubkey, s, now, 30, &c), 0);
                der = (gnutls_datum_t) { .data = c.der.data, .size = (unsigned) c.der.len };
                assert_int_equal(gnutls_x509_crt_init(&crt), 0);
                assert_int_equal(gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER), 0);
                assert_int_equal(certificate_issue(&nobody, crt, seal, root_pubkey, PROFILE_SEAL, NULL, now, 10, &leaf), -ENODEV);
                assert_int_equal(certificate_issue(&(Signatory) { sign_by_key, key }, crt, seal, root_pubkey, PROFILE_SEAL, NULL, now, 10, &leaf), 0);
                put("other.der", bytes_view(&c.der));
                put("leaf.der", bytes_view(&leaf.der));
                expect("for i in other leaf; do openssl x509 -inform DER -in $i.der -out $i.pem; done", true, NULL);
                expect("openssl verify -x509_strict -check_ss_sig -CAfile other.pem leaf.pem", true, "leaf.pem: OK");
        }
}

static void test_refused(void **state) {
        static const char *const names[] = { "example.org", "www.example.org", "*.example.org", "jan.nowak", "a_b.c" };
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL, own = NULL;
        _cleanup_(subject_freep) Subject *good = make_seal("Example sp. z o.o.");
        const char *problem;

        generate(KEY_P256, &key, &pubkey);
        assert_int_equal(gnutls_pubkey_init(&own), 0);
        assert_int_equal(gnutls_pubkey_import_privkey(own, root_key, 0, 0), 0);
        assert_int_equal(certificate_check(root_crt, good, pubkey, PROFILE_SEAL, &problem), 0);
        assert_int_equal(certificate_check(root_crt, good, own, PROFILE_SEAL, &problem), -EINVAL);
        assert_int_equal(certificate_check(root_crt, good, pubkey, PROFILE_CUSTOMS, &problem), -EINVAL);
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                _cleanup_(subject_freep) Subject *s = make_seal(names[i]);

                assert_int_equal(certificate_check(root_crt, s, pubkey, PROFILE_SEAL, &problem), -EINVAL);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_root),
                cmocka_unit_test(test_root_subject),
                cmocka_unit_test(test_root_is_no_tls_authority),
                cmocka_unit_test(test_root_has_no_path_below),
                cmocka_unit_test(test_issue),
                cmocka_unit_test(test_signatory),
                cmocka_unit_test(test_validity),
                cmocka_unit_test(test_refused),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
