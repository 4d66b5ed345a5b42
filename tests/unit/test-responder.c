/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ocsp/responder.c and what it is made of, over files in a folder: the answers as GnuTLS reads and verifies them, that they follow the files at once, and all
 * that makes it refuse to answer. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>
#include <gnutls/ocsp.h>
#include <pthread.h>

#include "base/atomic-file.h"
#include "crypto/init.h"
#include "crypto/status-list.h"
#include "ocsp/response.h"
#include "ocsp/responder.h"
#include "certificate-fixture.h"

#define NOW INT64_C(1800000000)
#define DAY INT64_C(86400)

DEFINE_CLEANUP(gnutls_ocsp_req_t, gnutls_ocsp_req_deinit);
DEFINE_CLEANUP(gnutls_ocsp_resp_t, gnutls_ocsp_resp_deinit);

/* --- A CA ---------------------------------------------------------------------------------------------------------- */

typedef struct Ca {
        gnutls_privkey_t key;
        gnutls_x509_crt_t crt;
        Bytes der;
} Ca;

typedef struct World {
        char folder[32];
        char issuer_path[64], list_path[64];
        Ca ca, other;
} World;

static Bytes der_of(gnutls_x509_crt_t crt) {
        Bytes b = BYTES_NULL;
        gnutls_datum_t d;

        assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &d), 0);
        assert_int_equal(bytes_dup(VIEW(d.data, d.size), &b), 0);
        gnutls_free(d.data);
        return b;
}

static gnutls_x509_crt_t make_certificate(gnutls_privkey_t key, const char *name, int64_t from, int64_t to) {
        return certificate_draft(key, name, VIEW_LITERAL("\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05"), from, to);
}

static void make_ca(Ca *ca, const char *name) {
        assert_int_equal(key_generate(KEY_P384, &ca->key), 0);
        ca->crt = make_certificate(ca->key, name, NOW - 1000 * DAY, NOW + 1000 * DAY);
        assert_int_equal(gnutls_x509_crt_set_basic_constraints(ca->crt, 1, 0), 0);
        assert_int_equal(gnutls_x509_crt_set_key_usage(ca->crt, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN), 0);
        assert_int_equal(gnutls_x509_crt_privkey_sign(ca->crt, ca->crt, ca->key, GNUTLS_DIG_SHA384, 0), 0);
        ca->der = der_of(ca->crt);
        /* GnuTLS knows the names of certificates that it has read. */
        gnutls_x509_crt_deinit(ca->crt);
        assert_int_equal(certificate_import(bytes_view(&ca->der), &ca->crt), 0);
}

static void ca_done(Ca *ca) {
        gnutls_privkey_deinit(ca->key);
        gnutls_x509_crt_deinit(ca->crt);
        bytes_done(&ca->der);
}

static Delegate *certify(const Ca *ca, KeyAlgorithm algorithm, const char *purpose, int64_t from, int64_t to, int wanted) {
        gnutls_privkey_t key;
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        _cleanup_bytes_ Bytes der = BYTES_NULL;
        Delegate *d = NULL;

        assert_int_equal(key_generate(algorithm, &key), 0);
        crt = make_certificate(key, "C=PL,O=Example,CN=OCSP responder", from, to);
        if (purpose)
                assert_int_equal(gnutls_x509_crt_set_key_purpose_oid(crt, purpose, 0), 0);
        assert_int_equal(gnutls_x509_crt_privkey_sign(crt, ca->crt, ca->key, GNUTLS_DIG_SHA384, 0), 0);
        der = der_of(crt);
        assert_int_equal(delegate_new(key, bytes_view(&der), &d), wanted);
        if (wanted < 0)
                gnutls_privkey_deinit(key);
        return d;
}

static Delegate *delegate_of(const Ca *ca) {
        return certify(ca, KEY_P256, GNUTLS_KP_OCSP_SIGNING, NOW - DAY, NOW + 30 * DAY, 0);
}

static StatusRecord record_of(uint8_t number, CertificateState state, CertificateReason reason) {
        return (StatusRecord) { .serial = { 0x40, [15] = number }, .state = state, .reason = reason, .time = state ? NOW - number * DAY : 0,
                                .not_after = NOW + 100 * DAY };
}

/* The first certificate's state is told; number 5 is the delegates'. */
static void publish(const World *w, const Ca *ca, int64_t this_update, int64_t next_update, CertificateState first, CertificateReason reason) {
        StatusRecord records[] = {
                record_of(1, first, reason),
                record_of(2, CERTIFICATE_REVOKED, REASON_KEY_COMPROMISE),
                record_of(3, CERTIFICATE_REVOKED, REASON_UNSPECIFIED),
                record_of(4, CERTIFICATE_GOOD, REASON_UNSPECIFIED),
        };
        uint8_t root[SHA256_SIZE];

        assert_int_equal(sha256(bytes_view(&ca->der), root), 0);
        assert_int_equal(atomic_file_write(w->issuer_path, bytes_view(&ca->der), 0644, true), 0);
        assert_int_equal(status_list_write(w->list_path, root, this_update, next_update, records, ELEMENTSOF(records)), 0);
}

static void publish_good(const World *w) {
        publish(w, &w->ca, NOW, NOW + 7 * DAY, CERTIFICATE_GOOD, REASON_UNSPECIFIED);
}

static Responder *responder_of(const World *w) {
        Responder *r = NULL;

        publish_good(w);
        assert_int_equal(responder_new(w->folder, &r), 0);
        responder_set_delegate(r, delegate_of(&w->ca));
        assert_null(responder_problem(r, NOW));
        return r;
}

/* --- Questions ---------------------------------------------------------------------------------------------------- */

static gnutls_datum_t datum(View v) {
        return (gnutls_datum_t) { .data = (unsigned char *) v.data, .size = (unsigned) v.len };
}

static void add_question(gnutls_ocsp_req_t req, const Ca *ca, uint8_t number) {
        _cleanup_issuer_ Issuer issuer = { 0 };
        uint8_t serial[16] = { 0x40, [15] = number };
        gnutls_datum_t name, key, s = { serial, sizeof(serial) };

        assert_int_equal(issuer_read(bytes_view(&ca->der), &issuer), 0);
        /* Each digest has its turn. */
        name = datum(digest_view(&issuer.digests[number % ISSUER_DIGESTS].name));
        key = datum(digest_view(&issuer.digests[number % ISSUER_DIGESTS].key));
        assert_int_equal(gnutls_ocsp_req_add_cert_id(req, issuer.digests[number % ISSUER_DIGESTS].algorithm, &name, &key, &s), 0);
}

static void finish_question(gnutls_ocsp_req_t req, const char *nonce, Bytes *ret) {
        gnutls_datum_t der;

        if (nonce) {
                gnutls_datum_t n = datum(view_string(nonce));

                assert_int_equal(gnutls_ocsp_req_set_nonce(req, 0, &n), 0);
        }
        assert_int_equal(gnutls_ocsp_req_export(req, &der), 0);
        assert_int_equal(bytes_dup(VIEW(der.data, der.size), ret), 0);
        gnutls_free(der.data);
}

static void question(const Ca *ca, uint8_t number, const char *nonce, Bytes *ret) {
        _cleanup_(gnutls_ocsp_req_deinitp) gnutls_ocsp_req_t req = NULL;

        assert_int_equal(gnutls_ocsp_req_init(&req), 0);
        add_question(req, ca, number);
        finish_question(req, nonce, ret);
}

/* --- Answers ------------------------------------------------------------------------------------------------------ */

static gnutls_ocsp_resp_t read_answer(View der) {
        gnutls_ocsp_resp_t resp;
        gnutls_datum_t d = datum(der);

        assert_int_equal(gnutls_ocsp_resp_init(&resp), 0);
        assert_int_equal(gnutls_ocsp_resp_import(resp, &d), 0);
        return resp;
}

static int status_of(Responder *r, View request, int64_t now) {
        _cleanup_(gnutls_ocsp_resp_deinitp) gnutls_ocsp_resp_t resp = NULL;
        _cleanup_bytes_ Bytes answer = BYTES_NULL;
        bool kept;

        assert_int_equal(responder_answer(r, request, now, &answer, &kept), 0);
        resp = read_answer(bytes_view(&answer));
        if (gnutls_ocsp_resp_get_status(resp) != GNUTLS_OCSP_RESP_SUCCESSFUL) {
                assert_false(kept);
                assert_int_equal(answer.len, OCSP_ERROR_SIZE);
        }
        return gnutls_ocsp_resp_get_status(resp);
}

static int status_now(const World *w, Responder *r, int64_t now) {
        _cleanup_bytes_ Bytes request = BYTES_NULL;

        question(&w->ca, 1, NULL, &request);
        return status_of(r, bytes_view(&request), now);
}

/* The signature is right and the delegate's; GnuTLS has its own clock, which the test's certificates need not please. */
static void require_signed(gnutls_ocsp_resp_t resp, const Ca *ca) {
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        _cleanup_(gnutls_ocsp_resp_deinitp) gnutls_ocsp_resp_t unused = NULL;
        gnutls_x509_crt_t *certificates = NULL;
        size_t n = 0;
        unsigned verdict = 1;

        assert_int_equal(gnutls_ocsp_resp_get_certs(resp, &certificates, &n), 0);
        assert_int_equal(n, 1);
        crt = certificates[0];
        gnutls_free(certificates);
        assert_true(gnutls_x509_crt_check_issuer(crt, ca->crt));
        assert_int_equal(gnutls_ocsp_resp_verify_direct(resp, crt, &verdict, 0), 0);
        assert_int_equal(verdict & ~(unsigned) (GNUTLS_OCSP_VERIFY_CERT_NOT_ACTIVATED | GNUTLS_OCSP_VERIFY_CERT_EXPIRED), 0);
}

static void require_single(gnutls_ocsp_resp_t resp, unsigned place, uint8_t number, unsigned status, int64_t revoked, unsigned reason) {
        gnutls_datum_t serial;
        unsigned got_status, got_reason;
        time_t this_update, next_update, got_revoked;

        assert_int_equal(gnutls_ocsp_resp_get_single(resp, place, NULL, NULL, NULL, &serial, &got_status, &this_update, &next_update, &got_revoked,
                                                     &got_reason), 0);
        assert_int_equal(serial.size, 16);
        assert_int_equal(serial.data[15], number);
        gnutls_free(serial.data);
        assert_int_equal(got_status, status);
        assert_int_equal(this_update, NOW);
        assert_int_equal(next_update, NOW + 7 * DAY);
        if (status == GNUTLS_OCSP_CERT_REVOKED) {
                assert_int_equal(got_revoked, revoked);
                assert_int_equal(got_reason, reason);
        }
}

/* Asks about one and gives the answer on. */
static void ask(const World *w, Responder *r, uint8_t number, const char *nonce, bool wanted_kept, Bytes *ret) {
        _cleanup_bytes_ Bytes request = BYTES_NULL;
        bool kept;

        question(&w->ca, number, nonce, &request);
        bytes_done(ret);
        assert_int_equal(responder_answer(r, bytes_view(&request), NOW, ret, &kept), 0);
        assert_int_equal(kept, wanted_kept);
}

/* --- Tests -------------------------------------------------------------------------------------------------------- */

static void test_states(void **state) {
        static const struct {
                uint8_t number;
                unsigned status, reason;
                bool kept;
        } cases[] = {
                { 4, GNUTLS_OCSP_CERT_GOOD, 0, true },
                { 2, GNUTLS_OCSP_CERT_REVOKED, GNUTLS_X509_CRLREASON_KEYCOMPROMISE, true },
                { 3, GNUTLS_OCSP_CERT_REVOKED, GNUTLS_X509_CRLREASON_UNSPECIFIED, true },
                { 9, GNUTLS_OCSP_CERT_UNKNOWN, 0, false },
        };
        World *w = *state;
        _cleanup_(responder_freep) Responder *r = responder_of(w);

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(gnutls_ocsp_resp_deinitp) gnutls_ocsp_resp_t resp = NULL;
                _cleanup_bytes_ Bytes answer = BYTES_NULL;

                ask(w, r, cases[i].number, NULL, cases[i].kept, &answer);
                resp = read_answer(bytes_view(&answer));
                assert_int_equal(gnutls_ocsp_resp_get_status(resp), GNUTLS_OCSP_RESP_SUCCESSFUL);
                assert_int_equal(gnutls_ocsp_resp_get_produced(resp), NOW);
                require_signed(resp, &w->ca);
                require_single(resp, 0, cases[i].number, cases[i].status, NOW - cases[i].number * DAY, cases[i].reason);
        }
}

static void test_named_by_key(void **state) {
        World *w = *state;
        _cleanup_(responder_freep) Responder *r = responder_of(w);
        _cleanup_(gnutls_ocsp_resp_deinitp) gnutls_ocsp_resp_t resp = NULL;
        _cleanup_(gnutls_x509_crt_deinitp) gnutls_x509_crt_t crt = NULL;
        _cleanup_bytes_ Bytes answer = BYTES_NULL, octets = BYTES_NULL;
        gnutls_x509_crt_t *certificates;
        gnutls_datum_t hash = { 0 };
        Digest digest;
        size_t n;

        ask(w, r, 1, NULL, true, &answer);
        resp = read_answer(bytes_view(&answer));
        assert_int_equal(gnutls_ocsp_resp_get_responder_raw_id(resp, GNUTLS_OCSP_RESP_ID_KEY, &hash), 0);
        assert_int_equal(gnutls_ocsp_resp_get_certs(resp, &certificates, &n), 0);
        crt = certificates[0];
        gnutls_free(certificates);
        assert_int_equal(certificate_key_octets(crt, &octets), 0);
        assert_int_equal(octets.len, 65); /* an uncompressed point */
        assert_int_equal(digest_of(GNUTLS_DIG_SHA1, bytes_view(&octets), &digest), 0);
        assert_true(view_equal(VIEW(hash.data, hash.size), digest_view(&digest)));
        gnutls_free(hash.data);
}

static void test_nonce(void **state) {
        World *w = *state;
        _cleanup_(responder_freep) Responder *r = responder_of(w);
        _cleanup_bytes_ Bytes first = BYTES_NULL, second = BYTES_NULL;
        _cleanup_(gnutls_ocsp_resp_deinitp) gnutls_ocsp_resp_t resp = NULL;
        gnutls_datum_t nonce;
        unsigned critical;

        ask(w, r, 1, "0123456789abcdef0123456789abcdef", false, &first);
        ask(w, r, 1, "0123456789abcdef0123456789abcdef", false, &second);
        resp = read_answer(bytes_view(&first));
        require_signed(resp, &w->ca);
        require_single(resp, 0, 1, GNUTLS_OCSP_CERT_GOOD, 0, 0);
        assert_int_equal(gnutls_ocsp_resp_get_nonce(resp, &critical, &nonce), 0);
        assert_int_equal(critical, 0);
        assert_true(view_equal(VIEW(nonce.data, nonce.size), view_string("0123456789abcdef0123456789abcdef")));
        gnutls_free(nonce.data);
        gnutls_ocsp_resp_deinit(resp);
        ask(w, r, 1, NULL, true, &second);
        resp = read_answer(bytes_view(&second));
        assert_int_equal(gnutls_ocsp_resp_get_nonce(resp, &critical, &nonce), GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
}

static void test_several(void **state) {
        World *w = *state;
        _cleanup_(responder_freep) Responder *r = responder_of(w);
        _cleanup_(gnutls_ocsp_req_deinitp) gnutls_ocsp_req_t req = NULL;
        _cleanup_(gnutls_ocsp_resp_deinitp) gnutls_ocsp_resp_t resp = NULL;
        _cleanup_bytes_ Bytes request = BYTES_NULL, answer = BYTES_NULL;
        bool kept;

        assert_int_equal(gnutls_ocsp_req_init(&req), 0);
        add_question(req, &w->ca, 2);
        add_question(req, &w->other, 4);
        add_question(req, &w->ca, 4);
        finish_question(req, NULL, &request);
        assert_int_equal(responder_answer(r, bytes_view(&request), NOW, &answer, &kept), 0);
        assert_false(kept);
        resp = read_answer(bytes_view(&answer));
        require_signed(resp, &w->ca);
        require_single(resp, 0, 2, GNUTLS_OCSP_CERT_REVOKED, NOW - 2 * DAY, GNUTLS_X509_CRLREASON_KEYCOMPROMISE);
        require_single(resp, 1, 4, GNUTLS_OCSP_CERT_UNKNOWN, 0, 0);
        require_single(resp, 2, 4, GNUTLS_OCSP_CERT_GOOD, 0, 0);
}

static void test_refuses(void **state) {
        World *w = *state;
        _cleanup_(responder_freep) Responder *r = responder_of(w);
        _cleanup_bytes_ Bytes foreign = BYTES_NULL;

        question(&w->other, 1, NULL, &foreign);
        assert_int_equal(status_of(r, bytes_view(&foreign), NOW), GNUTLS_OCSP_RESP_UNAUTHORIZED);
        assert_int_equal(status_of(r, view_string("no request"), NOW), GNUTLS_OCSP_RESP_MALFORMEDREQUEST);
        assert_int_equal(status_of(r, VIEW(NULL, 0), NOW), GNUTLS_OCSP_RESP_MALFORMEDREQUEST);
}

/* The answer is the one that was signed before, and never again once the files are others. */
static void test_kept_answers(void **state) {
        World *w = *state;
        _cleanup_(responder_freep) Responder *r = responder_of(w);
        _cleanup_bytes_ Bytes first = BYTES_NULL, second = BYTES_NULL;
        gnutls_ocsp_resp_t resp;

        ask(w, r, 1, NULL, true, &first);
        ask(w, r, 1, NULL, true, &second);
        assert_true(view_equal(bytes_view(&first), bytes_view(&second)));
        publish(w, &w->ca, NOW, NOW + 7 * DAY, CERTIFICATE_SUSPENDED, REASON_CERTIFICATE_HOLD);
        ask(w, r, 1, NULL, true, &second);
        resp = read_answer(bytes_view(&second));
        require_single(resp, 0, 1, GNUTLS_OCSP_CERT_REVOKED, NOW - DAY, GNUTLS_X509_CRLREASON_CERTIFICATEHOLD);
        gnutls_ocsp_resp_deinit(resp);
        publish(w, &w->ca, NOW, NOW + 7 * DAY, CERTIFICATE_REVOKED, REASON_SUPERSEDED);
        ask(w, r, 1, NULL, true, &second);
        resp = read_answer(bytes_view(&second));
        require_single(resp, 0, 1, GNUTLS_OCSP_CERT_REVOKED, NOW - DAY, GNUTLS_X509_CRLREASON_SUPERSEDED);
        gnutls_ocsp_resp_deinit(resp);
        /* Another delegate: what the one before signed is gone. */
        publish_good(w);
        ask(w, r, 1, NULL, true, &first);
        responder_set_delegate(r, delegate_of(&w->ca));
        ask(w, r, 1, NULL, true, &second);
        assert_false(view_equal(bytes_view(&first), bytes_view(&second)));
}

static void test_files_that_are_not_right(void **state) {
        World *w = *state;
        _cleanup_(responder_freep) Responder *r = responder_of(w);
        _cleanup_bytes_ Bytes damaged = BYTES_NULL;

        assert_int_equal(status_now(w, r, NOW), GNUTLS_OCSP_RESP_SUCCESSFUL);
        /* It ran out, also for answers that are kept. */
        assert_int_equal(status_now(w, r, NOW + 7 * DAY - 1), GNUTLS_OCSP_RESP_SUCCESSFUL);
        assert_int_equal(status_now(w, r, NOW + 7 * DAY), GNUTLS_OCSP_RESP_TRYLATER);
        assert_non_null(responder_problem(r, NOW + 7 * DAY));
        assert_int_equal(status_now(w, r, NOW - 300), GNUTLS_OCSP_RESP_SUCCESSFUL);
        assert_int_equal(status_now(w, r, NOW - 301), GNUTLS_OCSP_RESP_TRYLATER);

        assert_int_equal(unlink(w->list_path), 0);
        assert_int_equal(status_now(w, r, NOW), GNUTLS_OCSP_RESP_TRYLATER);
        publish_good(w);
        assert_int_equal(status_now(w, r, NOW), GNUTLS_OCSP_RESP_SUCCESSFUL);

        assert_int_equal(read_file(w->list_path, 65536, &damaged), 0);
        damaged.data[100] ^= 1;
        assert_int_equal(atomic_file_write(w->list_path, bytes_view(&damaged), 0644, true), 0);
        assert_int_equal(status_now(w, r, NOW), GNUTLS_OCSP_RESP_TRYLATER);
        publish_good(w);

        assert_int_equal(unlink(w->issuer_path), 0);
        assert_int_equal(status_now(w, r, NOW), GNUTLS_OCSP_RESP_TRYLATER);
        assert_int_equal(atomic_file_write(w->issuer_path, view_string("no certificate"), 0644, true), 0);
        assert_int_equal(status_now(w, r, NOW), GNUTLS_OCSP_RESP_TRYLATER);
        /* A list of the one CA beside the certificate of the other. */
        assert_int_equal(atomic_file_write(w->issuer_path, bytes_view(&w->other.der), 0644, true), 0);
        assert_int_equal(status_now(w, r, NOW), GNUTLS_OCSP_RESP_TRYLATER);
        publish_good(w);
        assert_int_equal(status_now(w, r, NOW), GNUTLS_OCSP_RESP_SUCCESSFUL);
        /* Another CA altogether: it did not certify this delegate. */
        publish(w, &w->other, NOW, NOW + 7 * DAY, CERTIFICATE_GOOD, REASON_UNSPECIFIED);
        assert_int_equal(status_now(w, r, NOW), GNUTLS_OCSP_RESP_TRYLATER);
        assert_int_equal(responder_delegate_end(r), 0);
        responder_set_delegate(r, delegate_of(&w->other));
        assert_int_equal(status_now(w, r, NOW), GNUTLS_OCSP_RESP_UNAUTHORIZED);
}

static void test_delegates(void **state) {
        World *w = *state;
        _cleanup_(responder_freep) Responder *r = responder_of(w);
        _cleanup_bytes_ Bytes answer = BYTES_NULL;
        _cleanup_(gnutls_ocsp_resp_deinitp) gnutls_ocsp_resp_t resp = NULL;
        time_t next_update;

        assert_int_equal(responder_delegate_end(r), NOW + 30 * DAY);
        assert_int_equal(status_now(w, r, NOW + 6 * DAY), GNUTLS_OCSP_RESP_SUCCESSFUL);
        responder_set_delegate(r, NULL);
        assert_int_equal(status_now(w, r, NOW), GNUTLS_OCSP_RESP_TRYLATER);
        responder_set_delegate(r, certify(&w->ca, KEY_P256, GNUTLS_KP_EMAIL_PROTECTION, NOW - DAY, NOW + DAY, 0));
        assert_int_equal(status_now(w, r, NOW), GNUTLS_OCSP_RESP_TRYLATER);
        responder_set_delegate(r, certify(&w->ca, KEY_P256, NULL, NOW - DAY, NOW + DAY, 0));
        assert_int_equal(status_now(w, r, NOW), GNUTLS_OCSP_RESP_TRYLATER);
        responder_set_delegate(r, certify(&w->ca, KEY_P256, GNUTLS_KP_ANY, NOW - DAY, NOW + DAY, 0));
        assert_int_equal(status_now(w, r, NOW), GNUTLS_OCSP_RESP_TRYLATER);
        responder_set_delegate(r, delegate_of(&w->other));
        assert_int_equal(status_now(w, r, NOW), GNUTLS_OCSP_RESP_TRYLATER);
        assert_null(certify(&w->ca, KEY_ED25519, GNUTLS_KP_OCSP_SIGNING, NOW - DAY, NOW + DAY, -EOPNOTSUPP));
        /* It ends before the list does, and so does what it says. */
        responder_set_delegate(r, certify(&w->ca, KEY_P256, GNUTLS_KP_OCSP_SIGNING, NOW - DAY, NOW + DAY, 0));
        ask(w, r, 1, NULL, true, &answer);
        resp = read_answer(bytes_view(&answer));
        assert_int_equal(gnutls_ocsp_resp_get_single(resp, 0, NULL, NULL, NULL, NULL, NULL, NULL, &next_update, NULL, NULL), 0);
        assert_int_equal(next_update, NOW + DAY);
        assert_int_equal(status_now(w, r, NOW + DAY), GNUTLS_OCSP_RESP_TRYLATER);
}

static void publish_delegate(const World *w, CertificateState s, CertificateReason reason) {
        StatusRecord records[] = { record_of(5, s, reason), record_of(1, CERTIFICATE_GOOD, REASON_UNSPECIFIED) };
        uint8_t root[SHA256_SIZE];

        assert_int_equal(sha256(bytes_view(&w->ca.der), root), 0);
        assert_int_equal(status_list_write(w->list_path, root, NOW, NOW + 7 * DAY, records, ELEMENTSOF(records)), 0);
}

/* Nobody asks about a responder's certificate but itself. */
static void test_revoked_delegate(void **state) {
        World *w = *state;
        _cleanup_(responder_freep) Responder *r = responder_of(w);

        publish_delegate(w, CERTIFICATE_GOOD, REASON_UNSPECIFIED);
        assert_int_equal(status_now(w, r, NOW), GNUTLS_OCSP_RESP_SUCCESSFUL);
        publish_delegate(w, CERTIFICATE_SUSPENDED, REASON_CERTIFICATE_HOLD);
        assert_int_equal(status_now(w, r, NOW), GNUTLS_OCSP_RESP_TRYLATER);
        publish_delegate(w, CERTIFICATE_REVOKED, REASON_KEY_COMPROMISE);
        assert_int_equal(status_now(w, r, NOW), GNUTLS_OCSP_RESP_TRYLATER);
        assert_int_equal(responder_delegate_end(r), 0);
        publish_good(w);
        assert_int_equal(status_now(w, r, NOW), GNUTLS_OCSP_RESP_SUCCESSFUL);
}

/* What is kept is found again; what does not fit together counts as nothing. */
static void test_delegate_files(void **state) {
        World *w = *state;
        _cleanup_(delegate_freep) Delegate *first = delegate_of(&w->ca), *second = delegate_of(&w->ca), *back = NULL;
        char key_path[64], certificate_path[64];
        struct stat st;

        snprintf(key_path, sizeof(key_path), "%s/responder.key", w->folder);
        snprintf(certificate_path, sizeof(certificate_path), "%s/responder.crt", w->folder);
        assert_int_equal(delegate_load(w->folder, &back), -ENOENT);
        assert_int_equal(delegate_save(first, w->folder), 0);
        assert_int_equal(stat(key_path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(delegate_load(w->folder, &back), 0);
        assert_memory_equal(back->key_hash, first->key_hash, KEY_HASH_SIZE);
        assert_true(view_equal(bytes_view(&back->certificate), bytes_view(&first->certificate)));
        assert_int_equal(back->not_after, NOW + 30 * DAY);
        back = delegate_free(back);
        assert_int_equal(atomic_file_write(certificate_path, bytes_view(&second->certificate), 0644, true), 0);
        assert_int_equal(delegate_load(w->folder, &back), -EKEYREJECTED);
        assert_int_equal(atomic_file_write(certificate_path, view_string("none"), 0644, true), 0);
        assert_int_equal(delegate_load(w->folder, &back), -EBADMSG);
        assert_int_equal(atomic_file_write(key_path, view_string("none"), 0600, true), 0);
        assert_int_equal(delegate_load(w->folder, &back), -EBADMSG);
        unlink(key_path);
        unlink(certificate_path);
}

/* --- Threads ------------------------------------------------------------------------------------------------------ */

typedef struct Asker {
        Responder *responder;
        Bytes request;
        unsigned good, revoked;
} Asker;

static void *ask_often(void *userdata) {
        Asker *a = userdata;

        for (unsigned i = 0; i < 300; i++) {
                _cleanup_(gnutls_ocsp_resp_deinitp) gnutls_ocsp_resp_t resp = NULL;
                _cleanup_bytes_ Bytes answer = BYTES_NULL;
                unsigned status;
                bool kept;

                if (responder_answer(a->responder, bytes_view(&a->request), NOW, &answer, &kept) < 0)
                        break;
                resp = read_answer(bytes_view(&answer));
                assert_int_equal(gnutls_ocsp_resp_get_single(resp, 0, NULL, NULL, NULL, NULL, &status, NULL, NULL, NULL, NULL), 0);
                /* What was revoked is never good again. */
                if (status == GNUTLS_OCSP_CERT_REVOKED)
                        a->revoked++;
                else if (a->revoked == 0)
                        a->good++;
        }
        return NULL;
}

static void test_threads(void **state) {
        World *w = *state;
        _cleanup_(responder_freep) Responder *r = responder_of(w);
        Asker askers[4] = { 0 };
        pthread_t threads[4];

        for (size_t i = 0; i < 4; i++) {
                askers[i].responder = r;
                question(&w->ca, 1, i % 2 ? "a nonce" : NULL, &askers[i].request);
                assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &askers[i]), 0);
        }
        publish(w, &w->ca, NOW, NOW + 7 * DAY, CERTIFICATE_REVOKED, REASON_SUPERSEDED);
        for (size_t i = 0; i < 4; i++) {
                pthread_join(threads[i], NULL);
                assert_int_equal(askers[i].good + askers[i].revoked, 300);
                bytes_done(&askers[i].request);
        }
        assert_int_equal(status_now(w, r, NOW), GNUTLS_OCSP_RESP_SUCCESSFUL);
}

static int start(void **state) {
        World *w = calloc(1, sizeof(*w));

        if (!w || crypto_init() < 0)
                return -1;
        strcpy(w->folder, "/tmp/sygnet-test-XXXXXX");
        if (!mkdtemp(w->folder))
                return -1;
        snprintf(w->issuer_path, sizeof(w->issuer_path), "%s/ca.crt", w->folder);
        snprintf(w->list_path, sizeof(w->list_path), "%s/status", w->folder);
        make_ca(&w->ca, "C=PL,O=Example,CN=Example CA");
        make_ca(&w->other, "C=PL,O=Example,CN=Other CA");
        *state = w;
        return 0;
}

static int end(void **state) {
        World *w = *state;

        unlink(w->issuer_path);
        unlink(w->list_path);
        rmdir(w->folder);
        ca_done(&w->ca);
        ca_done(&w->other);
        free(w);
        return 0;
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_states),
                cmocka_unit_test(test_named_by_key),
                cmocka_unit_test(test_nonce),
                cmocka_unit_test(test_several),
                cmocka_unit_test(test_refuses),
                cmocka_unit_test(test_kept_answers),
                cmocka_unit_test(test_files_that_are_not_right),
                cmocka_unit_test(test_delegates),
                cmocka_unit_test(test_revoked_delegate),
                cmocka_unit_test(test_delegate_files),
                cmocka_unit_test(test_threads),
        };

        return cmocka_run_group_tests(tests, start, end);
}
