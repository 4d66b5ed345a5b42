/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/verify.c, chain.c, cms-*.c: every octet of a signature matters, and each lack of trust has its word of EN 319 102-1. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#include "base/atomic-file.h"
#include "crypto/digest.h"
#include "crypto/key.h"
#include "sign/trust/anchors.h"
#include "sign/cms/cades.h"
#include "sign/verify-json.h"
#include "sign/verify.h"
#include "certificate-fixture.h"

#define WHEN INT64_C(1769860800) /* 2026-01-31T12:00:00Z */
#define DAY (24 * 3600)
#define DOCUMENT VIEW_LITERAL("<declaration/>")

typedef struct Entity {
        gnutls_privkey_t key;
        gnutls_x509_crt_t crt;
} Entity;

typedef struct Traits {
        const char *dn;
        unsigned usage;
        bool authority;
        int path_length;      /* -1: none */
        bool no_names;        /* excludes all DNS names and IP addresses, as the local CA does */
        int64_t from, until;  /* relative to WHEN, in seconds */
} Traits;

static const Traits root_traits = { "CN=Root", GNUTLS_KEY_KEY_CERT_SIGN, true, 1, true, -100 * DAY, 1000 * DAY };
static const Traits middle_traits = { "CN=Middle", GNUTLS_KEY_KEY_CERT_SIGN, true, 0, false, -50 * DAY, 500 * DAY };
static const Traits seal_traits = { "CN=Example sp. z o.o.,O=Example sp. z o.o.,C=PL", GNUTLS_KEY_NON_REPUDIATION, false, -1, false, -10 * DAY, 100 * DAY };

static void constrain(gnutls_x509_crt_t crt) {
        static const uint8_t zeros[32];
        gnutls_x509_name_constraints_t names;

        assert_int_equal(gnutls_x509_name_constraints_init(&names), 0);
        assert_int_equal(gnutls_x509_name_constraints_add_excluded(names, GNUTLS_SAN_DNSNAME, &(gnutls_datum_t) { NULL, 0 }), 0);
        assert_int_equal(gnutls_x509_name_constraints_add_excluded(names, GNUTLS_SAN_IPADDRESS, &(gnutls_datum_t) { (uint8_t *) zeros, 8 }), 0);
        assert_int_equal(gnutls_x509_name_constraints_add_excluded(names, GNUTLS_SAN_IPADDRESS, &(gnutls_datum_t) { (uint8_t *) zeros, 32 }), 0);
        assert_int_equal(gnutls_x509_crt_set_name_constraints(crt, names, 1), 0);
        gnutls_x509_name_constraints_deinit(names);
}

static Entity entity(const Traits *t, const Entity *issuer, KeyAlgorithm algorithm) {
        static uint8_t serial = 1;
        Entity e;

        assert_int_equal(key_generate(algorithm, &e.key), 0);
        e.crt = certificate_draft(e.key, t->dn, VIEW(&serial, 1), WHEN + t->from, WHEN + t->until);
        serial++;
        assert_int_equal(gnutls_x509_crt_set_key_usage(e.crt, t->usage), 0);
        assert_int_equal(gnutls_x509_crt_set_basic_constraints(e.crt, t->authority, t->path_length), 0);
        if (t->no_names)
                constrain(e.crt);
        /* Without a purpose GnuTLS takes it for a TLS server's, and its common name for a DNS name. */
        if (!t->authority)
                assert_int_equal(gnutls_x509_crt_set_key_purpose_oid(e.crt, "1.3.6.1.5.5.7.3.36", 0), 0);
        if (!issuer)
                issuer = &e;
        assert_int_equal(gnutls_x509_crt_privkey_sign(e.crt, issuer->crt, issuer->key, algorithm == KEY_ED25519 ? GNUTLS_DIG_SHA512 : GNUTLS_DIG_SHA256, 0), 0);
        return e;
}

static void entity_done(Entity *e) {
        gnutls_privkey_deinit(e->key);
        gnutls_x509_crt_deinit(e->crt);
}
#define _cleanup_entity_ _cleanup_(entity_done)

static Bytes sign(const Entity *seal, const Entity *middle, bool enveloping) {
        _cleanup_(cades_draft_freep) CadesDraft *draft = NULL;
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;
        _cleanup_bytes_ Bytes value = BYTES_NULL;
        _cleanup_close_ int in = memfd_create("in", MFD_CLOEXEC), out = memfd_create("out", MFD_CLOEXEC);
        gnutls_x509_crt_t chain[] = { seal->crt, middle ? middle->crt : NULL };
        CadesParams params = { .signing_time = WHEN };
        SignatureScheme scheme;
        Bytes cms = BYTES_NULL;
        Signer signer;
        Digest digest;

        assert_int_equal(gnutls_pubkey_init(&pubkey), 0);
        assert_int_equal(gnutls_pubkey_import_privkey(pubkey, seal->key, 0, 0), 0);
        assert_int_equal(signature_scheme_of(key_algorithm_of_pubkey(pubkey), &scheme), 0);
        signer_init_privkey(&signer, (gnutls_privkey_t *) &seal->key, &scheme, chain, middle ? 2 : 1);
        assert_int_equal(digest_of(scheme.message_digest, DOCUMENT, &digest), 0);
        assert_int_equal(cades_draft_new(&signer, &params, digest_view(&digest), &draft), 0);
        assert_int_equal(signer.sign(&signer, &(SignerItem) { SIGNER_ITEM_CMS_ATTRIBUTES, cades_draft_tbs(draft), NULL }, 1, &value), 0);
        if (!enveloping) {
                assert_int_equal(cades_draft_complete(draft, bytes_view(&value), (View) { 0 }, &cms), 0);
                return cms;
        }
        assert_int_equal(write_all(in, DOCUMENT), 0);
        assert_int_equal(cades_draft_complete_enveloping(draft, bytes_view(&value), (View) { 0 }, in, DOCUMENT.len, out), 0);
        assert_int_equal(lseek(out, 0, SEEK_SET), 0);
        assert_int_equal(read_fd(out, 65536, &cms), 0);
        return cms;
}

static gnutls_x509_trust_list_t anchors_of(const Entity *e) {
        gnutls_x509_trust_list_t list;
        gnutls_datum_t pem;

        assert_int_equal(verify_anchors_new(&list), 0);
        assert_int_equal(gnutls_x509_crt_export2(e->crt, GNUTLS_X509_FMT_PEM, &pem), 0);
        assert_int_equal(verify_anchors_load(list, VIEW(pem.data, pem.size), NULL), 0);
        gnutls_free(pem.data);
        return list;
}

static VerifyReport verify(View cms, gnutls_x509_trust_list_t anchors, int64_t now, bool with_document) {
        _cleanup_close_ int fd = memfd_create("cms", MFD_CLOEXEC), content = memfd_create("content", MFD_CLOEXEC);
        VerifyParams params = { .anchors = anchors, .now = now, .content_fd = with_document ? content : -1 };
        VerifyReport report;

        assert_int_equal(write_all(fd, cms), 0);
        assert_int_equal(write_all(content, DOCUMENT), 0);
        assert_int_equal(verify_fd(fd, &params, &report), 0);
        return report;
}

static void expect(View cms, const Entity *anchor, int64_t now, Indication indication, SubIndication sub, bool integrity) {
        _cleanup_(verify_anchors_freep) gnutls_x509_trust_list_t anchors = anchor ? anchors_of(anchor) : NULL;
        _cleanup_(verify_report_done) VerifyReport report = verify(cms, anchors, now, true);

        assert_string_equal(indication_to_string(report.indication), indication_to_string(indication));
        if (sub == SUB_NONE)
                assert_null(subindication_to_string(report.subindication));
        else
                assert_string_equal(subindication_to_string(report.subindication), subindication_to_string(sub));
        assert_int_equal(report.n_signatures, 1);
        assert_int_equal(report.signatures[0].integrity, integrity);
        assert_true((indication == INDICATION_TOTAL_PASSED) == !report.signatures[0].reason);
}

static void test_chain(void **state) {
        _cleanup_entity_ Entity root = entity(&root_traits, NULL, KEY_P256), middle = entity(&middle_traits, &root, KEY_P256);
        _cleanup_entity_ Entity seal = entity(&seal_traits, &middle, KEY_P256), stranger = entity(&root_traits, NULL, KEY_P256);
        _cleanup_bytes_ Bytes cms = sign(&seal, &middle, false), without = sign(&seal, NULL, false);
        View v = bytes_view(&cms);

        expect(v, &root, WHEN, INDICATION_TOTAL_PASSED, SUB_NONE, true);
        expect(v, &middle, WHEN, INDICATION_TOTAL_PASSED, SUB_NONE, true);
        expect(v, &seal, WHEN, INDICATION_TOTAL_PASSED, SUB_NONE, true);
        expect(v, NULL, WHEN, INDICATION_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND, true);
        expect(bytes_view(&without), &root, WHEN, INDICATION_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND, true);
        /* One that bears the root's name with another key vouches for nothing. */
        expect(v, &stranger, WHEN, INDICATION_INDETERMINATE, SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE, true);
}

static void test_times(void **state) {
        _cleanup_entity_ Entity root = entity(&root_traits, NULL, KEY_P256), middle = entity(&middle_traits, &root, KEY_P256);
        Traits long_lived = seal_traits;
        long_lived.from = -200 * DAY;
        long_lived.until = 2000 * DAY;
        _cleanup_entity_ Entity seal = entity(&seal_traits, &middle, KEY_P256), old = entity(&long_lived, &middle, KEY_P256);
        _cleanup_bytes_ Bytes cms = sign(&seal, &middle, false), of_old = sign(&old, &middle, false);

        expect(bytes_view(&cms), &root, WHEN - 10 * DAY, INDICATION_TOTAL_PASSED, SUB_NONE, true);
        expect(bytes_view(&cms), &root, WHEN - 10 * DAY - 1, INDICATION_TOTAL_FAILED, SUB_NOT_YET_VALID, true);
        expect(bytes_view(&cms), &root, WHEN + 100 * DAY, INDICATION_TOTAL_PASSED, SUB_NONE, true);
        expect(bytes_view(&cms), &root, WHEN + 100 * DAY + 1, INDICATION_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, true);
        /* The authorities' dates count as well, the anchor's too. */
        expect(bytes_view(&of_old), &root, WHEN - 60 * DAY, INDICATION_INDETERMINATE, SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE, true);
        expect(bytes_view(&of_old), &root, WHEN + 501 * DAY, INDICATION_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, true);
        expect(bytes_view(&of_old), &middle, WHEN + 501 * DAY, INDICATION_INDETERMINATE, SUB_OUT_OF_BOUNDS_NO_POE, true);
}

static void test_constraints(void **state) {
        Traits authentication = seal_traits, leaf_as_authority = seal_traits, second_middle = middle_traits;

        authentication.usage = GNUTLS_KEY_KEY_AGREEMENT;
        leaf_as_authority.dn = "CN=No authority";
        second_middle.dn = "CN=Second";
        _cleanup_entity_ Entity root = entity(&root_traits, NULL, KEY_P256), middle = entity(&middle_traits, &root, KEY_P256);
        _cleanup_entity_ Entity wrong_use = entity(&authentication, &root, KEY_P256), leaf = entity(&leaf_as_authority, &root, KEY_P256);
        _cleanup_entity_ Entity under_leaf = entity(&seal_traits, &leaf, KEY_P256), second = entity(&second_middle, &middle, KEY_P256);
        _cleanup_entity_ Entity too_deep = entity(&seal_traits, &second, KEY_P256), alone = entity(&seal_traits, NULL, KEY_P256);
        _cleanup_bytes_ Bytes a = sign(&wrong_use, NULL, false), b = sign(&under_leaf, &leaf, false), c = sign(&too_deep, &second, false);
        _cleanup_bytes_ Bytes d = sign(&alone, NULL, false);

        expect(bytes_view(&a), &root, WHEN, INDICATION_INDETERMINATE, SUB_CHAIN_CONSTRAINTS_FAILURE, true);
        expect(bytes_view(&b), &root, WHEN, INDICATION_INDETERMINATE, SUB_CHAIN_CONSTRAINTS_FAILURE, true);
        expect(bytes_view(&c), &middle, WHEN, INDICATION_INDETERMINATE, SUB_CHAIN_CONSTRAINTS_FAILURE, true);
        expect(bytes_view(&d), &root, WHEN, INDICATION_INDETERMINATE, SUB_NO_CERTIFICATE_CHAIN_FOUND, true);
}

/* Each bit of a signature counts, but two: SignedData's version may be 3 or 5 as well as 1, which says nothing about a signature. */
static void test_every_octet(void **state) {
        _cleanup_entity_ Entity root = entity(&root_traits, NULL, KEY_ED25519), seal = entity(&seal_traits, &root, KEY_ED25519);
        _cleanup_(verify_anchors_freep) gnutls_x509_trust_list_t anchors = anchors_of(&root);

        for (unsigned enveloping = 0; enveloping < 2; enveloping++) {
                _cleanup_bytes_ Bytes cms = sign(&seal, NULL, enveloping);
                const uint8_t *version = memmem(cms.data, cms.len, "\x02\x01\x01\x31", 4);
                unsigned passed = 0;

                assert_non_null(version);
                for (size_t i = 0; i < cms.len; i++) {
                        for (unsigned bit = 0; bit < 8; bit++) {
                                _cleanup_(verify_report_done) VerifyReport report = { 0 };

                                cms.data[i] ^= (uint8_t) (1U << bit);
                                report = verify(bytes_view(&cms), anchors, WHEN, !enveloping);
                                if (report.indication != INDICATION_TOTAL_PASSED)
                                        ;
                                else if (cms.data + i == version + 2)
                                        passed++;
                                else
                                        fail_msg("octet %zu of %zu, bit %u, enveloping %u", i, cms.len, bit, enveloping);
                                cms.data[i] ^= (uint8_t) (1U << bit);
                        }
                }
                assert_int_equal(passed, 2);
                /* Cut short anywhere, it is none. */
                for (size_t n = 0; n < cms.len; n++) {
                        _cleanup_(verify_report_done) VerifyReport report = verify(VIEW(cms.data, n), anchors, WHEN, !enveloping);

                        assert_string_equal(subindication_to_string(report.subindication), "FORMAT_FAILURE");
                }
        }
}

static void test_trailing(void **state) {
        _cleanup_entity_ Entity root = entity(&root_traits, NULL, KEY_P256), seal = entity(&seal_traits, &root, KEY_P256);
        _cleanup_(verify_anchors_freep) gnutls_x509_trust_list_t anchors = anchors_of(&root);
        _cleanup_bytes_ Bytes cms = sign(&seal, NULL, true);
        _cleanup_(verify_report_done) VerifyReport whole = verify(bytes_view(&cms), anchors, WHEN, false), more = { 0 };

        assert_true(whole.signatures[0].covers_whole_document);
        assert_int_equal(whole.signatures[0].signing_time, WHEN);
        assert_string_equal(whole.signatures[0].signer, "CN=Example sp. z o.o.,O=Example sp. z o.o.,C=PL");
        assert_string_equal(whole.signatures[0].format, "CAdES");
        assert_string_equal(whole.signatures[0].level, "B-B");
        assert_int_equal(bytes_append_byte(&cms, 'x'), 0);
        more = verify(bytes_view(&cms), anchors, WHEN, false);
        assert_true(more.signatures[0].integrity);
        assert_false(more.signatures[0].covers_whole_document);
}

static void test_json(void **state) {
        SignatureReport signature = { .integrity = true, .indication = INDICATION_INDETERMINATE, .subindication = SUB_NO_POE,
                                      .reason = (char *) "Because.", .signer = (char *) "CN=\"A\"", .signing_time = WHEN, .format = "CAdES",
                                      .level = NULL, .covers_whole_document = false };
        VerifyReport report = { .indication = INDICATION_TOTAL_FAILED, .subindication = SUB_FORMAT_FAILURE, .signatures = &signature, .n_signatures = 1 };
        static const char *const expected[] = {
                "\"indication\": \"TOTAL-FAILED\"", "\"subindication\": \"FORMAT_FAILURE\"", "\"reason\": null", "\"signatures\": [",
                "\"integrity\": true", "\"indication\": \"INDETERMINATE\"", "\"subindication\": \"NO_POE\"", "\"reason\": \"Because.\"",
                "\"signer\": \"CN=\\\"A\\\"\"", "\"signing_time\": \"2026-01-31T12:00:00Z\"", "\"format\": \"CAdES\"", "\"level\": null",
                "\"covers_whole_document\": false",
        };
        char *text = NULL, *at;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);

        assert_non_null(f);
        assert_int_equal(verify_report_write_json(&report, f), 0);
        fclose(f);
        at = text;
        for (size_t i = 0; i < ELEMENTSOF(expected); i++) {
                at = strstr(at, expected[i]);
                assert_non_null(at);
                at += strlen(expected[i]);
        }
        free(text);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_chain),
                cmocka_unit_test(test_times),
                cmocka_unit_test(test_constraints),
                cmocka_unit_test(test_every_octet),
                cmocka_unit_test(test_trailing),
                cmocka_unit_test(test_json),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
