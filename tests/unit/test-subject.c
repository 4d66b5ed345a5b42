/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/crypto/subject.c: the rules of the profiles, and requests as OpenSSL reads and makes them. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/atomic-file.h"
#include "crypto/subject.h"

static const char *const seal[] = {
        "commonName", "Example sp. z o.o. \xe2\x80\x93 pieczęć", "organizationIdentifier", "VATPL-5250000000",
        "organizationName", "Example sp. z o.o.", "countryName", "PL", NULL,
};
static const char *const person[] = {
        "commonName", "Zażółć Gęślą", "givenName", "Zażółć", "surname", "Gęślą", "serialNumber", "PNOPL-90010112345",
        "countryName", "PL", NULL,
};

/* As KSeF hands them out, in the order of its own. */
static const char *const ksef_person[] = {
        "2.5.4.6", "PL", "2.5.4.3", "Zażółć Anna Gęślą", "2.5.4.42", "Zażółć", "2.5.4.42", "Anna", "2.5.4.4", "Gęślą", "2.5.4.5", "PNOPL-90010112345",
        "2.5.4.45", "3f1c-77", NULL,
};
static const char *const ksef_organization[] = {
        "commonName", "Example sp. z o.o.", "organizationIdentifier", "VATPL-5250000000", "countryName", "PL", "organizationName", "Example sp. z o.o.", NULL,
};

static Subject *make(const char *const *attributes) {
        Subject *s;

        assert_int_equal(subject_new(&s), 0);
        for (; *attributes; attributes += 2)
                assert_int_equal(subject_set(s, attributes[0], attributes[1]), 0);
        return s;
}

/* The subject with one attribute set otherwise; NULL leaves it out. */
static Subject *make_but(const char *const *attributes, const char *name, const char *value) {
        Subject *s;

        assert_int_equal(subject_new(&s), 0);
        for (; *attributes; attributes += 2)
                if (strcmp(attributes[0], name) != 0)
                        assert_int_equal(subject_set(s, attributes[0], attributes[1]), 0);
        if (value)
                assert_int_equal(subject_set(s, name, value), 0);
        return s;
}

static void test_values(void **state) {
        static const struct {
                const char *name, *value;
                int result;
        } cases[] = {
                { "countryName", "PL", 0 },
                { "countryName", "pl", -EINVAL },
                { "countryName", "POL", -EINVAL },
                { "countryName", "P", -EINVAL },
                { "commonName", "", -EINVAL },
                { "commonName", " a", -EINVAL },
                { "commonName", "a ", -EINVAL },
                { "commonName", "a\nb", -EINVAL },
                { "commonName", "a\xe2\x80\xae" "b", -EINVAL },
                { "commonName", "\xc3", -EINVAL },
                { "commonName", "1234567890123456789012345678901234567890123456789012345678901234", 0 },
                { "commonName", "12345678901234567890123456789012345678901234567890123456789012345", -EINVAL },
                { "commonName", "ąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąąą", 0 },
                { "serialNumber", "PNOPL-9001011234ą", -EINVAL },
                { "emailAddress", "a@example.org", -EINVAL },
                { "dnsName", "example.org", -EINVAL },
                { "2.5.4.6", "PL", 0 },
                { "2.5.4.45", "3f1c-77", 0 },
                { "2.5.4.7", "Warszawa", -EINVAL },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(subject_freep) Subject *s = NULL;

                assert_int_equal(subject_new(&s), 0);
                assert_int_equal(subject_set(s, cases[i].name, cases[i].value), cases[i].result);
                if (cases[i].result < 0) {
                        assert_null(subject_get(s, cases[i].name));
                        continue;
                }
                assert_string_equal(subject_get(s, cases[i].name), cases[i].value);
                assert_int_equal(subject_set(s, cases[i].name, cases[i].value), -EEXIST);
        }
}

static void test_profiles(void **state) {
        static const struct {
                const char *const *base;
                const char *name, *value;
                Profile profile;
                int result;
        } cases[] = {
                { seal, "-", NULL, PROFILE_SEAL, 0 },
                { seal, "-", NULL, PROFILE_CUSTOMS, -EINVAL },
                { seal, "-", NULL, PROFILE_INVALID, -EINVAL },
                { seal, "countryName", NULL, PROFILE_SEAL, -EINVAL },
                { seal, "organizationName", NULL, PROFILE_SEAL, -EINVAL },
                { seal, "organizationIdentifier", NULL, PROFILE_SEAL, -EINVAL },
                { seal, "commonName", NULL, PROFILE_SEAL, -EINVAL },
                { seal, "givenName", "Jan", PROFILE_SEAL, -EINVAL },
                { seal, "surname", "Nowak", PROFILE_SEAL, -EINVAL },
                { seal, "organizationIdentifier", "NTRPL-0000123456", PROFILE_SEAL, 0 },
                { seal, "organizationIdentifier", "VATDE-123456789", PROFILE_SEAL, 0 },
                { seal, "organizationIdentifier", "LEIXG-529900T8BM49AURSDO55", PROFILE_SEAL, 0 },
                { seal, "organizationIdentifier", "PL:PL-REGON123", PROFILE_SEAL, 0 },
                { seal, "organizationIdentifier", "5250000000", PROFILE_SEAL, -EINVAL },
                { seal, "organizationIdentifier", "VATPL5250000000", PROFILE_SEAL, -EINVAL },
                { seal, "organizationIdentifier", "VATPL-525000000", PROFILE_SEAL, -EINVAL },
                { seal, "organizationIdentifier", "VATPL-525-000-00-00", PROFILE_SEAL, -EINVAL },
                { seal, "organizationIdentifier", "vatPL-5250000000", PROFILE_SEAL, -EINVAL },
                { seal, "organizationIdentifier", "PNOPL-90010112345", PROFILE_SEAL, -EINVAL },
                { seal, "organizationIdentifier", "ATVPL-5250000000", PROFILE_SEAL, -EINVAL },
                { person, "-", NULL, PROFILE_CUSTOMS, 0 },
                { person, "-", NULL, PROFILE_PERSONAL, 0 },
                { person, "-", NULL, PROFILE_SEAL, -EINVAL },
                { person, "givenName", NULL, PROFILE_CUSTOMS, -EINVAL },
                { person, "surname", NULL, PROFILE_PERSONAL, -EINVAL },
                { person, "serialNumber", NULL, PROFILE_PERSONAL, -EINVAL },
                { person, "serialNumber", "TINPL-5250000000", PROFILE_CUSTOMS, 0 },
                { person, "serialNumber", "IDCPL-ABC123456", PROFILE_CUSTOMS, 0 },
                { person, "serialNumber", "PNOPL-9001011234", PROFILE_CUSTOMS, -EINVAL },
                { person, "serialNumber", "PNOPL-", PROFILE_CUSTOMS, -EINVAL },
                { person, "serialNumber", "VATPL-5250000000", PROFILE_CUSTOMS, -EINVAL },
                { person, "organizationName", "Example sp. z o.o.", PROFILE_CUSTOMS, -EINVAL },
                { person, "uniqueIdentifier", "1", PROFILE_PERSONAL, -EINVAL },
                { person, "-", NULL, PROFILE_AUTHENTICATION, 0 },
                { seal, "-", NULL, PROFILE_AUTHENTICATION, -EINVAL },
                { person, "-", NULL, PROFILE_KSEF_OFFLINE, 0 },
                { seal, "-", NULL, PROFILE_KSEF_AUTHENTICATION, 0 },
                { seal, "surname", "Nowak", PROFILE_KSEF_AUTHENTICATION, -EINVAL },
                { seal, "commonName", NULL, PROFILE_KSEF_AUTHENTICATION, -EINVAL },
                { seal, "uniqueIdentifier", "1", PROFILE_KSEF_OFFLINE, 0 },
                { ksef_person, "-", NULL, PROFILE_KSEF_AUTHENTICATION, 0 },
                { ksef_person, "-", NULL, PROFILE_PERSONAL, -EINVAL },
                { seal, "organizationIdentifier", NULL, PROFILE_OCSP_RESPONDER, 0 },
                { seal, "-", NULL, PROFILE_OCSP_RESPONDER, -EINVAL },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(subject_freep) Subject *s = make_but(cases[i].base, cases[i].name, cases[i].value);
                const char *problem = NULL;

                assert_int_equal(subject_check(s, cases[i].profile, &problem), cases[i].result);
                assert_int_equal(problem != NULL, cases[i].result < 0);
        }
}

static void test_stored_form(void **state) {
        _cleanup_(subject_freep) Subject *s = make(person), *back = NULL, *none = NULL;
        _cleanup_bytes_ Bytes b = BYTES_NULL, twice = BYTES_NULL, again = BYTES_NULL;

        assert_int_equal(subject_write(s, &b), 0);
        assert_int_equal(subject_read(bytes_view(&b), &back), 0);
        assert_int_equal(subject_write(back, &again), 0);
        assert_true(view_equal(bytes_view(&b), bytes_view(&again)));
        for (const char *const *a = person; *a; a += 2)
                assert_string_equal(subject_get(back, a[0]), a[1]);

        assert_int_equal(subject_read(VIEW(NULL, 0), &none), -EBADMSG);
        for (size_t n = 2; n < b.len; n++) {
                _cleanup_(subject_freep) Subject *part = NULL;
                int r = subject_read(VIEW(b.data, n), &part);

                /* Cut between two attributes it is a smaller subject; anywhere else it is none. */
                assert_true(r == 0 || r == -EBADMSG);
        }
        assert_int_equal(bytes_dup(bytes_view(&b), &twice), 0);
        assert_int_equal(bytes_append(&twice, b.data + 1, b.len - 1), 0);
        assert_int_equal(subject_read(bytes_view(&twice), &none), -EBADMSG);
        b.data[0] = 3;
        assert_int_equal(subject_read(bytes_view(&b), &none), -EPROTONOSUPPORT);
        assert_null(none);
}

/* Several first names are attributes of their own, and stay in place. */
static void test_order(void **state) {
        static const char *const sorted[] = { "countryName", "surname", "givenName", "givenName", "serialNumber", "uniqueIdentifier", "commonName" };
        static const char *const given[] = { "countryName", "commonName", "givenName", "givenName", "surname", "serialNumber", "uniqueIdentifier" };
        _cleanup_(subject_freep) Subject *s = make(ksef_person), *back = NULL;
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        assert_int_equal(subject_count(s), ELEMENTSOF(given));
        for (size_t i = 0; i < ELEMENTSOF(sorted); i++)
                assert_string_equal(subject_name_at(s, i), sorted[i]);
        assert_string_equal(subject_value_at(s, 2), "Zażółć");
        assert_string_equal(subject_value_at(s, 3), "Anna");
        assert_null(subject_name_at(s, ELEMENTSOF(sorted)));
        assert_null(subject_value_at(s, ELEMENTSOF(sorted)));

        subject_keep_order(s);
        assert_int_equal(subject_write(s, &b), 0);
        assert_int_equal(subject_read(bytes_view(&b), &back), 0);
        for (size_t i = 0; i < ELEMENTSOF(given); i++) {
                assert_string_equal(subject_name_at(back, i), given[i]);
                assert_string_equal(subject_value_at(back, i), ksef_person[2 * i + 1]);
        }
        while (subject_count(s) < SUBJECT_ATTRIBUTES_MAX)
                assert_int_equal(subject_set(s, "givenName", "Jan"), 0);
        assert_int_equal(subject_set(s, "givenName", "Jan"), -E2BIG);
}

static void test_key_usage(void **state) {
        static const unsigned commits = GNUTLS_KEY_NON_REPUDIATION, proves = GNUTLS_KEY_DIGITAL_SIGNATURE;
        static const struct {
                Profile profile;
                unsigned own;
                bool takes_other, takes_both, takes_rsa2048;
        } cases[] = {
                { PROFILE_SEAL, commits, true, true, false },
                { PROFILE_CUSTOMS, commits, true, true, false },
                { PROFILE_PERSONAL, commits, false, true, false },
                { PROFILE_AUTHENTICATION, proves, false, false, false },
                { PROFILE_KSEF_AUTHENTICATION, proves, false, false, true },
                { PROFILE_KSEF_OFFLINE, commits, false, false, true },
                { PROFILE_OCSP_RESPONDER, proves, false, false, false },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Profile p = cases[i].profile;

                assert_int_equal(profile_from_string(profile_to_string(p)), p);
                assert_int_equal(profile_key_usage(p), cases[i].own);
                assert_null(profile_key_usage_problem(p, cases[i].own));
                assert_int_equal(profile_key_usage_problem(p, (commits | proves) & ~cases[i].own) == NULL, cases[i].takes_other);
                assert_int_equal(profile_key_usage_problem(p, commits | proves) == NULL, cases[i].takes_both);
                assert_non_null(profile_key_usage_problem(p, 0));
                assert_non_null(profile_key_usage_problem(p, GNUTLS_KEY_KEY_AGREEMENT));
                assert_true(profile_allows_key(p, KEY_P256));
                assert_int_equal(profile_allows_key(p, KEY_RSA2048), cases[i].takes_rsa2048);
                assert_int_equal(profile_allows_key(p, KEY_RSA3072), !cases[i].takes_rsa2048);
                assert_int_equal(profile_allows_key(p, KEY_ED25519), !cases[i].takes_rsa2048);
                assert_int_equal(profile_keeps_order(p), cases[i].takes_rsa2048);
                assert_int_equal(profile_is_internal(p), p == PROFILE_OCSP_RESPONDER);
        }
        assert_int_equal(profile_from_string("qualified"), PROFILE_INVALID);
        assert_false(profile_allows_key(PROFILE_INVALID, KEY_P256));
        assert_false(profile_allows_key(PROFILE_SEAL, KEY_ALGORITHM_INVALID));
}

/* --- Against OpenSSL ---------------------------------------------------------------------------------------------- */

static char directory[] = "/tmp/test-subject-XXXXXX";

static int run(const char *command, char *output, size_t size) {
        char line[1024];
        FILE *f;
        size_t n;

        snprintf(line, sizeof(line), "cd %s && %s", directory, command);
        f = popen(line, "r");
        assert_non_null(f);
        n = fread(output, 1, size - 1, f);
        output[n] = 0;
        return pclose(f);
}

static void in_directory(const char *name, char path[static 128]) {
        snprintf(path, 128, "%s/%s", directory, name);
}

static void test_request_for_openssl(void **state) {
        static const struct {
                KeyAlgorithm algorithm;
                const char *signature;
        } cases[] = {
                { KEY_P256, "ecdsa-with-SHA256" },
                { KEY_P384, "ecdsa-with-SHA384" },
                { KEY_RSA3072, "sha256WithRSAEncryption" },
                { KEY_ED25519, "ED25519" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
                _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
                _cleanup_(subject_freep) Subject *s = make(seal), *back = NULL;
                _cleanup_bytes_ Bytes der = BYTES_NULL;
                char text[16384], path[128];

                assert_int_equal(key_generate(cases[i].algorithm, &key), 0);
                assert_int_equal(request_create(key, s, &der), 0);
                in_directory("request.der", path);
                assert_int_equal(atomic_file_write(path, bytes_view(&der), 0600, true), 0);
                assert_int_equal(run("openssl req -inform DER -in request.der -noout -verify -text -nameopt multiline,show_type,utf8,-esc_msb 2>&1", text, sizeof(text)), 0);
                assert_non_null(strstr(text, "verify OK"));
                assert_non_null(strstr(text, cases[i].signature));
                assert_non_null(strstr(text,
                                       "            countryName               = PRINTABLESTRING:PL\n"
                                       "            organizationName          = UTF8STRING:Example sp. z o.o.\n"
                                       "            organizationIdentifier    = UTF8STRING:VATPL-5250000000\n"
                                       "            commonName                = UTF8STRING:Example sp. z o.o. \xe2\x80\x93 pieczęć\n"));

                assert_int_equal(request_read(bytes_view(&der), &back, &pubkey), 0);
                assert_string_equal(subject_get(back, "commonName"), subject_get(s, "commonName"));
                assert_int_equal(key_algorithm_of_pubkey(pubkey), cases[i].algorithm);
        }
}

static void test_ksef_request(void **state) {
        static const char show[] = "openssl req -inform DER -in request.der -noout -verify -subject -nameopt multiline,show_type,utf8,-esc_msb 2>&1";
        static const struct {
                const char *const *attributes;
                KeyAlgorithm algorithm;
                const char *text, *certtool;
        } cases[] = {
                { ksef_person, KEY_P256,
                  "    countryName               = PRINTABLESTRING:PL\n"
                  "    commonName                = UTF8STRING:Zażółć Anna Gęślą\n"
                  "    givenName                 = UTF8STRING:Zażółć\n"
                  "    givenName                 = UTF8STRING:Anna\n"
                  "    surname                   = UTF8STRING:Gęślą\n"
                  "    serialNumber              = PRINTABLESTRING:PNOPL-90010112345\n"
                  "    x500UniqueIdentifier      = UTF8STRING:3f1c-77\n", "givenName=Zażółć,CN=Zażółć Anna Gęślą,C=PL\n" },
                { ksef_organization, KEY_RSA2048,
                  "    commonName                = UTF8STRING:Example sp. z o.o.\n"
                  "    organizationIdentifier    = UTF8STRING:VATPL-5250000000\n"
                  "    countryName               = PRINTABLESTRING:PL\n"
                  "    organizationName          = UTF8STRING:Example sp. z o.o.\n", "CN=Example sp. z o.o.\n" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
                _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
                _cleanup_(subject_freep) Subject *s = make(cases[i].attributes), *back = NULL;
                _cleanup_bytes_ Bytes der = BYTES_NULL, before = BYTES_NULL, after = BYTES_NULL;
                char text[16384], path[128];

                subject_keep_order(s);
                assert_int_equal(key_generate(cases[i].algorithm, &key), 0);
                assert_int_equal(request_create(key, s, &der), 0);
                in_directory("request.der", path);
                assert_int_equal(atomic_file_write(path, bytes_view(&der), 0600, true), 0);
                assert_int_equal(run(show, text, sizeof(text)), 0);
                assert_non_null(strstr(text, "verify OK"));
                assert_non_null(strstr(text, cases[i].text));
                assert_int_equal(run("certtool --inder --crq-info --infile request.der 2>&1", text, sizeof(text)), 0);
                assert_non_null(strstr(text, cases[i].certtool));
                assert_non_null(strstr(text, "Self signature: verified"));

                assert_int_equal(request_read(bytes_view(&der), &back, &pubkey), 0);
                assert_int_equal(key_algorithm_of_pubkey(pubkey), cases[i].algorithm);
                subject_keep_order(back);
                assert_int_equal(subject_write(s, &before), 0);
                assert_int_equal(subject_write(back, &after), 0);
                assert_true(view_equal(bytes_view(&before), bytes_view(&after)));
        }
}

static int read_made(const char *command, Subject **ret) {
        gnutls_pubkey_t key = NULL;
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        char text[4096], path[128], line[900];
        int r;

        snprintf(line, sizeof(line), "openssl req -new -batch -config empty.cnf -utf8 -nodes -keyout key.pem -outform DER -out made.der %s 2>&1", command);
        assert_int_equal(run(line, text, sizeof(text)), 0);
        in_directory("made.der", path);
        assert_int_equal(read_file(path, 65536, &der), 0);
        r = request_read(bytes_view(&der), ret, &key);
        if (r >= 0)
                gnutls_pubkey_deinit(key);
        return r;
}

#define P256 "-newkey ec -pkeyopt ec_paramgen_curve:P-256 "
#define PERSON "-subj '/CN=Zażółć Gęślą/GN=Zażółć/SN=Gęślą/serialNumber=PNOPL-90010112345/C=PL'"

static void test_request_of_openssl(void **state) {
        static const struct {
                const char *command;
                int result;
        } cases[] = {
                { P256 PERSON, 0 },
                { "-newkey rsa:3072 " PERSON, 0 },
                { "-newkey ed25519 " PERSON, 0 },
                { P256 PERSON " -addext 'basicConstraints=CA:TRUE' -addext 'subjectAltName=DNS:example.org'", 0 },
                { P256 "-multivalue-rdn -subj '/C=PL/GN=A+SN=B/CN=A B'", 0 },
                { "-newkey rsa:2048 " PERSON, 0 }, /* the profile decides */
                { "-newkey rsa:2560 " PERSON, -EOPNOTSUPP },
                { P256 "-subj '/C=PL/CN=Jan Anna Nowak/GN=Jan/GN=Anna/SN=Nowak/x500UniqueIdentifier=3f1c-77'", 0 },
                { "-newkey rsa:3072 -sha1 " PERSON, -EOPNOTSUPP },
                { "-newkey ec -pkeyopt ec_paramgen_curve:secp256k1 " PERSON, -EOPNOTSUPP },
                { "-newkey ec -pkeyopt ec_paramgen_curve:P-521 " PERSON, -EOPNOTSUPP },
                { P256 "-subj '/CN=a/CN=b'", -EOPNOTSUPP },
                { P256 "-subj '/CN=a/emailAddress=a@example.org'", -EOPNOTSUPP },
                { P256 "-subj '/CN=a/DC=example'", -EOPNOTSUPP },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(subject_freep) Subject *s = NULL;
                int r = read_made(cases[i].command, &s);

                if (r != cases[i].result)
                        fail_msg("openssl req %s: %d", cases[i].command, r);
                if (i == 0) {
                        const char *problem;

                        assert_int_equal(subject_check(s, PROFILE_CUSTOMS, &problem), 0);
                        assert_string_equal(subject_get(s, "surname"), "Gęślą");
                }
        }
}

/* Any one altered byte makes it another request, or none: proof of possession covers all of it. */
static void test_request_altered(void **state) {
        _cleanup_(gnutls_privkey_deinitp) gnutls_privkey_t key = NULL;
        _cleanup_(subject_freep) Subject *s = make(person);
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        Subject *none = NULL;
        gnutls_pubkey_t nothing = NULL;

        assert_int_equal(key_generate(KEY_P256, &key), 0);
        assert_int_equal(request_create(key, s, &der), 0);
        for (size_t i = 0; i < der.len; i++) {
                der.data[i] ^= 1;
                assert_true(request_read(bytes_view(&der), &none, &nothing) < 0);
                assert_null(none);
                assert_null(nothing);
                der.data[i] ^= 1;
        }
        for (size_t n = 0; n < der.len; n++)
                assert_true(request_read(VIEW(der.data, n), &none, &nothing) < 0);
        assert_int_equal(bytes_append_byte(&der, 0), 0);
        assert_int_equal(request_read(bytes_view(&der), &none, &nothing), -EBADMSG);
}

static int setup(void **state) {
        char path[128];

        if (!mkdtemp(directory))
                return -1;
        in_directory("empty.cnf", path);
        return atomic_file_write(path, VIEW_LITERAL("[req]\ndistinguished_name=d\n[d]\n"), 0600, false);
}

static int teardown(void **state) {
        char text[64];

        return run("rm -rf \"$PWD\"", text, sizeof(text));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_values),
                cmocka_unit_test(test_profiles),
                cmocka_unit_test(test_stored_form),
                cmocka_unit_test(test_order),
                cmocka_unit_test(test_key_usage),
                cmocka_unit_test(test_request_for_openssl),
                cmocka_unit_test(test_ksef_request),
                cmocka_unit_test(test_request_of_openssl),
                cmocka_unit_test(test_request_altered),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
