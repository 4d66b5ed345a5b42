/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ca-key/judge.c and ca-key/settings.c. What sygnet-cad has signed is let through, as it makes it; each octet of it that is another is looked at, and what is
 * let through then is still a certificate or list of this root. tests/bus/test-ca-key.py has what must be refused by name. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "ca-key/judge.h"
#include "ca-key/settings.h"
#include "ca/certificate.h"
#include "ca/crl.h"
#include "der/der.h"

typedef struct Fixture {
        gnutls_privkey_t key, other;
        gnutls_pubkey_t public_key, other_public_key;
        gnutls_x509_crt_t root;
        Bytes spki, certificate;
        Judge judge;
} Fixture;

static Fixture f;
static Bytes last; /* what was to be signed last */

static int keep(View tbs, void *userdata, Bytes *ret) {
        bytes_done(&last);
        assert_int_equal(bytes_dup(tbs, &last), 0);
        return sign_by_key(tbs, userdata, ret);
}

static Subject *make_subject(const char *const *attributes) {
        Subject *s;

        assert_int_equal(subject_new(&s), 0);
        for (; *attributes; attributes += 2)
                assert_int_equal(subject_set(s, attributes[0], attributes[1]), 0);
        return s;
}

static int setup(void **state) {
        static const char *const attributes[] = { "countryName", "PL", "organizationName", "Example sp. z o.o.", "commonName", "Example CA", NULL };
        _cleanup_(subject_freep) Subject *s = make_subject(attributes);
        _cleanup_certificate_ Certificate root = { 0 };
        TbsKind kind;
        const char *problem;
        gnutls_datum_t der;

        assert_int_equal(key_generate(KEY_P384, &f.key), 0);
        assert_int_equal(key_generate(KEY_P256, &f.other), 0);
        assert_int_equal(key_to_public(f.key, &f.public_key), 0);
        assert_int_equal(key_to_public(f.other, &f.other_public_key), 0);
        assert_int_equal(pubkey_export(f.public_key, &f.spki), 0);
        f.judge.public_key = bytes_view(&f.spki);
        assert_int_equal(signed_algorithm(f.public_key, &f.judge.algorithm), 0);
        assert_int_equal(root_create(&(Signatory) { keep, f.key }, f.public_key, s, 1790000000, 3650, &root), 0);
        assert_int_equal(judge_tbs(&f.judge, bytes_view(&last), &kind, &problem), 0);
        assert_int_equal(kind, TBS_ROOT);
        f.certificate = bytes_take(&root.der);
        assert_int_equal(judge_set_root(&f.judge, bytes_view(&f.certificate)), 0);
        assert_memory_equal(f.judge.not_before, "20260921141320", JUDGE_TIME_SIZE);
        assert_int_equal(judge_tbs(&f.judge, bytes_view(&last), &kind, &problem), -EBADMSG);
        der = (gnutls_datum_t) { .data = f.certificate.data, .size = (unsigned) f.certificate.len };
        assert_int_equal(gnutls_x509_crt_init(&f.root), 0);
        return gnutls_x509_crt_import(f.root, &der, GNUTLS_X509_FMT_DER);
}

static int teardown(void **state) {
        gnutls_privkey_deinit(f.key);
        gnutls_privkey_deinit(f.other);
        gnutls_pubkey_deinit(f.public_key);
        gnutls_pubkey_deinit(f.other_public_key);
        gnutls_x509_crt_deinit(f.root);
        bytes_done(&f.spki);
        bytes_done(&f.certificate);
        bytes_done(&last);
        return 0;
}

/* --- What is signed ----------------------------------------------------------------------------------------------- */

static void make_certificate(Profile profile, const CertificateUrls *urls) {
        static const char *const attributes[] = { "countryName", "PL", "organizationName", "Example sp. z o.o.", "commonName", "Example seal", NULL };
        _cleanup_(subject_freep) Subject *s = make_subject(attributes);
        _cleanup_certificate_ Certificate c = { 0 };

        assert_int_equal(certificate_issue(&(Signatory) { keep, f.key }, f.root, s, f.other_public_key, profile, urls, 1790000001, 100, &c), 0);
}

static void make_list(size_t n) {
        CrlEntry *entries = calloc(n + 1, sizeof(*entries));
        _cleanup_bytes_ Bytes crl = BYTES_NULL;

        assert_non_null(entries);
        for (size_t i = 0; i < n; i++) {
                entries[i] = (CrlEntry) { .serial = { 0x40 }, .reason = i % 2 ? REASON_KEY_COMPROMISE : REASON_UNSPECIFIED, .date = 1790000005, .invalid_since = i % 3 ? 0 : 1790000004 };
                memcpy(entries[i].serial + 8, &i, sizeof(i));
        }
        assert_int_equal(crl_create(f.root, keep, f.key, entries, n, 7, 1790000005, 1790600000, &crl), 0);
        free(entries);
}

static void expect(TbsKind wanted) {
        const char *problem = "";
        TbsKind kind;

        if (judge_tbs(&f.judge, bytes_view(&last), &kind, &problem) < 0)
                fail_msg("%s", problem);
        assert_int_equal(kind, wanted);
}

static void test_profiles(void **state) {
        static const Profile profiles[] = { PROFILE_SEAL,           PROFILE_CUSTOMS, PROFILE_PERSONAL, PROFILE_AUTHENTICATION, PROFILE_KSEF_AUTHENTICATION,
                                            PROFILE_KSEF_OFFLINE, PROFILE_OCSP_RESPONDER };
        const CertificateUrls urls = { "http://example.com/ca.crl", "http://example.com/ocsp", "http://example.com/ca.crt" };

        for (size_t i = 0; i < ELEMENTSOF(profiles); i++) {
                make_certificate(profiles[i], NULL);
                expect(TBS_CERTIFICATE);
                make_certificate(profiles[i], &urls);
                expect(TBS_CERTIFICATE);
        }
}

static void test_serial(void **state) {
        View serial;

        make_certificate(PROFILE_SEAL, NULL);
        assert_int_equal(judge_serial(bytes_view(&last), &serial), 0);
        assert_int_equal(serial.len, SERIAL_SIZE);
        make_list(1);
        assert_int_equal(judge_serial(bytes_view(&last), &serial), -EBADMSG);
}

static void test_lists(void **state) {
        static const size_t sizes[] = { 0, 1, 7, 5000 };

        for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
                make_list(sizes[i]);
                expect(TBS_REVOCATIONS);
        }
}

/* --- What is not -------------------------------------------------------------------------------------------------- */

/* Each cut, and each octet as each other one: what passes has the root's name and key id where they were, and is no CA's. */
static void change_octets(TbsKind wanted) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        const char *problem;
        TbsKind kind;
        size_t passed = 0;

        assert_int_equal(bytes_dup(bytes_view(&last), &b), 0);
        for (size_t i = 0; i < b.len; i++)
                assert_int_equal(judge_tbs(&f.judge, VIEW(b.data, i), &kind, &problem), -EBADMSG);
        for (size_t i = 0; i < b.len; i++) {
                uint8_t was = b.data[i];

                for (unsigned v = 0; v < 256; v++) {
                        b.data[i] = (uint8_t) v;
                        if (v == was || judge_tbs(&f.judge, bytes_view(&b), &kind, &problem) < 0)
                                continue;
                        passed++;
                        assert_int_equal(kind, wanted);
                        assert_non_null(memmem(b.data, b.len, f.judge.name.data, f.judge.name.len));
                        assert_non_null(memmem(b.data, b.len, f.judge.key_id.data, f.judge.key_id.len));
                        assert_null(memmem(b.data, b.len, "\x30\x03\x01\x01\xff", 5));
                }
                b.data[i] = was;
        }
        assert_true(passed > 0);
}

static void test_changed_certificates(void **state) {
        make_certificate(PROFILE_SEAL, NULL);
        change_octets(TBS_CERTIFICATE);
        make_certificate(PROFILE_OCSP_RESPONDER, NULL);
        change_octets(TBS_CERTIFICATE);
}

/* Names the purpose (id-kp of this last octet) in place of the first that stands there. */
static void set_purpose(uint8_t purpose) {
        uint8_t *found = memmem(last.data, last.len, "\x2b\x06\x01\x05\x05\x07\x03", 7);

        assert_non_null(found);
        found[7] = purpose;
}

static void test_responders_are_no_others(void **state) {
        const char *problem;
        TbsKind kind;

        /* Whoever has it could answer for the CA. */
        make_certificate(PROFILE_SEAL, NULL);
        set_purpose(0x09);
        assert_int_equal(judge_tbs(&f.judge, bytes_view(&last), &kind, &problem), -EBADMSG);
        /* Nobody would ask what became of it. */
        make_certificate(PROFILE_OCSP_RESPONDER, NULL);
        set_purpose(0x24);
        assert_int_equal(judge_tbs(&f.judge, bytes_view(&last), &kind, &problem), -EBADMSG);
}

static void test_changed_lists(void **state) {
        make_list(3);
        change_octets(TBS_REVOCATIONS);
}

static void test_root_of_another(void **state) {
        Judge j = { .algorithm = f.judge.algorithm, .public_key = bytes_view(&f.spki) };
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        assert_int_equal(judge_set_root(&j, VIEW("", 0)), -EBADMSG);
        assert_int_equal(bytes_dup(bytes_view(&f.certificate), &b), 0);
        j.public_key = VIEW("0", 1);
        assert_int_equal(judge_set_root(&j, bytes_view(&b)), -EBADMSG);
        assert_false(j.has_root);
        for (size_t i = 0; i < b.len; i++)
                assert_int_equal(judge_set_root(&j, VIEW(b.data, i)), -EBADMSG);
}

/* --- Configuration ------------------------------------------------------------------------------------------------ */

static void test_settings(void **state) {
        static const char *const good[] = {
                "[Key]\nUri=pkcs11:token=Example%20CA;object=ca\n",
                "[Key]\nUri=pkcs11:serial=12;id=%01%02\nModule=/usr/lib/x.so\n",
        };
        static const char *const bad[] = {
                "",
                "[Key]\n",
                "[Key]\nUri=\n",
                "[Key]\nUri=pkcs11:object=ca\n",
                "[Key]\nUri=pkcs11:token=;object=ca\n",
                "[Key]\nUri=pkcs11:token=a\n",
                "[Key]\nUri=pkcs11:token=a;object=b?pin-source=/x\n",
                "[Key]\nUri=http://example.com\n",
                "[Key]\nUri=pkcs11:token=a;object=b\nModule=x.so\n",
                "[Key]\nPin=1234\n",
        };

        for (size_t i = 0; i < ELEMENTSOF(good); i++) {
                _cleanup_key_settings_ KeySettings s = { 0 };
                _cleanup_free_ char *problem = NULL;

                assert_int_equal(key_settings_parse("conf", view_string(good[i]), &s, &problem), 0);
                assert_non_null(s.uri);
        }
        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                _cleanup_key_settings_ KeySettings s = { 0 };
                _cleanup_free_ char *problem = NULL;

                if (key_settings_parse("conf", view_string(bad[i]), &s, &problem) != -EINVAL)
                        fail_msg("%s", bad[i]);
                assert_non_null(strstr(problem, "conf"));
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_profiles),
                cmocka_unit_test(test_serial),
                cmocka_unit_test(test_lists),
                cmocka_unit_test(test_changed_certificates),
                cmocka_unit_test(test_responders_are_no_others),
                cmocka_unit_test(test_changed_lists),
                cmocka_unit_test(test_root_of_another),
                cmocka_unit_test(test_settings),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
