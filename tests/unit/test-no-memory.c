/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Verification while memory runs out: documents of every format, good, altered, revoked, or of nobody who is trusted, with one allocation after the other failing, alone
 * and with all that follow. What comes of it is -ENOMEM or a verdict, and never a better one than with enough memory; nothing is lost
 * (the sanitizer sees to that). */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "sign/document.h"
#include "sign/trust/anchors.h"
#include "sign/verify.h"
#include "signer-fixture.h"
#include "tests/fuzz/allocations.h"

/* At most so many of a document's allocations are tried, spread over all of them. */
#define TRIED_MAX 400U

/* One empty page, the xref table counted by hand. */
#define PDF "%PDF-1.4\n" \
            "1 0 obj\n<</Type /Catalog /Pages 2 0 R>>\nendobj\n" \
            "2 0 obj\n<</Type /Pages /Kids [3 0 R] /Count 1>>\nendobj\n" \
            "3 0 obj\n<</Type /Page /Parent 2 0 R /MediaBox [0 0 9 9]>>\nendobj\n" \
            "xref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000056 00000 n \n0000000111 00000 n \n" \
            "trailer\n<</Size 4 /Root 1 0 R /ID [<00> <00>]>>\nstartxref\n176\n%%EOF\n"

/* The authority that certified the fixture's signer, and what it says of him. */
static gnutls_privkey_t root_key;
static gnutls_x509_crt_t root;
static gnutls_x509_trust_list_t anchors;
static Bytes good_list, revoked_list;

static void set_key(gnutls_x509_crt_t crt, gnutls_privkey_t key) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t pubkey = NULL;

        assert_int_equal(gnutls_pubkey_init(&pubkey), 0);
        assert_int_equal(gnutls_pubkey_import_privkey(pubkey, key, 0, 0), 0);
        assert_int_equal(gnutls_x509_crt_set_pubkey(crt, pubkey), 0);
}

static gnutls_x509_crt_t certificate_of(const char *dn, const char *serial, gnutls_privkey_t key) {
        gnutls_x509_crt_t crt;

        assert_int_equal(gnutls_x509_crt_init(&crt), 0);
        assert_int_equal(gnutls_x509_crt_set_version(crt, 3), 0);
        assert_int_equal(gnutls_x509_crt_set_dn(crt, dn, NULL), 0);
        assert_int_equal(gnutls_x509_crt_set_serial(crt, serial, 1), 0);
        assert_int_equal(gnutls_x509_crt_set_activation_time(crt, WHEN - 3600), 0);
        assert_int_equal(gnutls_x509_crt_set_expiration_time(crt, WHEN + 7200), 0);
        set_key(crt, key);
        return crt;
}

static void make_root(void) {
        gnutls_datum_t pem;

        assert_int_equal(key_generate(KEY_P256, &root_key), 0);
        root = certificate_of("CN=Root", "\x01", root_key);
        assert_int_equal(gnutls_x509_crt_set_basic_constraints(root, 1, 0), 0);
        assert_int_equal(gnutls_x509_crt_set_key_usage(root, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN), 0);
        assert_int_equal(gnutls_x509_crt_privkey_sign(root, root, root_key, GNUTLS_DIG_SHA256, 0), 0);
        assert_int_equal(gnutls_x509_crt_export2(root, GNUTLS_X509_FMT_PEM, &pem), 0);
        assert_int_equal(verify_anchors_new(&anchors), 0);
        assert_int_equal(verify_anchors_load(anchors, VIEW(pem.data, pem.size), NULL), 0);
        gnutls_free(pem.data);
}

/* The fixture certified itself. */
static void certify_fixture(void) {
        gnutls_x509_crt_deinit(f.crt);
        f.crt = certificate_of("CN=Example", "\x02", f.key);
        assert_int_equal(gnutls_x509_crt_set_key_usage(f.crt, GNUTLS_KEY_NON_REPUDIATION), 0);
        assert_int_equal(gnutls_x509_crt_set_basic_constraints(f.crt, 0, -1), 0);
        assert_int_equal(gnutls_x509_crt_set_key_purpose_oid(f.crt, "1.3.6.1.5.5.7.3.36", 0), 0);
        assert_int_equal(gnutls_x509_crt_set_crl_dist_points(f.crt, GNUTLS_SAN_URI, "http://crl.example/root.crl", 0), 0);
        assert_int_equal(gnutls_x509_crt_privkey_sign(f.crt, root, root_key, GNUTLS_DIG_SHA256, 0), 0);
}

static Bytes make_list(bool revoked) {
        gnutls_datum_t der;
        gnutls_x509_crl_t crl;
        Bytes b;

        assert_int_equal(gnutls_x509_crl_init(&crl), 0);
        assert_int_equal(gnutls_x509_crl_set_version(crl, 2), 0);
        assert_int_equal(gnutls_x509_crl_set_this_update(crl, WHEN), 0);
        assert_int_equal(gnutls_x509_crl_set_next_update(crl, WHEN + 7200), 0);
        assert_int_equal(gnutls_x509_crl_set_number(crl, "\x01", 1), 0);
        if (revoked)
                assert_int_equal(gnutls_x509_crl_set_crt(crl, f.crt, WHEN - 60), 0);
        assert_int_equal(gnutls_x509_crl_privkey_sign(crl, root, root_key, GNUTLS_DIG_SHA256, 0), 0);
        assert_int_equal(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_DER, &der), 0);
        assert_int_equal(bytes_dup(VIEW(der.data, der.size), &b), 0);
        gnutls_free(der.data);
        gnutls_x509_crl_deinit(crl);
        return b;
}

static int start(void **state) {
        if (setup(state) != 0)
                return -1;
        make_root();
        certify_fixture();
        good_list = make_list(false);
        revoked_list = make_list(true);
        return 0;
}

static int finish(void **state) {
        bytes_done(&good_list);
        bytes_done(&revoked_list);
        verify_anchors_free(anchors);
        gnutls_x509_crt_deinit(root);
        gnutls_privkey_deinit(root_key);
        return teardown(state);
}

/* --- Documents ------------------------------------------------------------------------------------------------------- */

static View example(SignatureFormat format) {
        return format == FORMAT_PADES ? VIEW_LITERAL(PDF) : format == FORMAT_XADES ? VIEW_LITERAL("<a>text</a>") : VIEW_LITERAL("text\n");
}

static bool is_detached(SignatureFormat format) {
        return format == FORMAT_CADES || format == FORMAT_XADES_DETACHED;
}

static int sign(SignatureFormat format, int in) {
        const DocumentParams params = { .format = format, .signing_time = WHEN };
        _cleanup_(document_draft_freep) DocumentDraft *d = NULL;
        _cleanup_bytes_ Bytes signature = BYTES_NULL;
        int out = memory_file(VIEW(NULL, 0));
        SignerItem item;

        assert_int_equal(document_draft_new(&f.signer, &params, &(DocumentFile) { .fd = in, .name = "a.txt" }, 1, out, &d), 0);
        document_draft_item(d, &item);
        assert_int_equal(f.signer.sign(&f.signer, &item, 1, &signature), 0);
        assert_int_equal(document_draft_complete(d, bytes_view(&signature), VIEW(NULL, 0)), 0);
        return out;
}

/* Changes what is signed: the document, the one beside the signature, or the signature itself where the content is packed. */
static void alter(SignatureFormat format, int in, int out) {
        bool detached = is_detached(format);
        View needle = format == FORMAT_PADES ? VIEW_LITERAL("[0 0 9 9]") : VIEW_LITERAL("text");
        uint8_t text[65536];
        const uint8_t *at;
        ssize_t n = pread(detached ? in : out, text, sizeof(text), 0);

        assert_true(n > 0);
        at = memmem(text, (size_t) n, needle.data, needle.len);
        if (!at) /* in base64 */
                at = memmem(text, (size_t) n, "dGV4dA", 6);
        assert_non_null(at);
        assert_int_equal(pwrite(detached ? in : out, "1", 1, at - text + 1), 1);
}

/* --- Verdicts -------------------------------------------------------------------------------------------------------- */

typedef struct Case {
        SignatureFormat format;
        bool altered, trusted;
        const Bytes *list;
        Indication expected;
} Case;

static unsigned problems; /* they are all told before the test fails */

static int verify(const Case *c, int in, int out, VerifyReport *ret) {
        _cleanup_revocation_pool_ RevocationPool pool = { 0 };
        const VerifyParams params = {
                .anchors = c->trusted ? anchors : NULL,
                .now = WHEN + 60,
                .content_fd = is_detached(c->format) ? in : -1,
                .revocation = c->list ? &pool : NULL,
        };
        int r = c->list ? revocation_pool_add(&pool, REVOCATION_CRL, REVOCATION_FROM_SIGNATURE, bytes_view(c->list)) : 0;

        return r < 0 ? r : verify_fd(out, &params, ret);
}

/* Why a report is better in something that somebody could rely on; NULL where it is not. */
static const char *why_better(const VerifyReport *r, const VerifyReport *than) {
        if (r->indication < than->indication)
                return "a better indication";
        if (r->n_signatures > than->n_signatures)
                return "more signatures";
        if (r->indication != INDICATION_TOTAL_PASSED && !r->reason)
                return "no reason";
        for (size_t i = 0; i < r->n_signatures; i++) {
                const SignatureReport *a = &r->signatures[i], *b = &than->signatures[i];

                if (a->indication < b->indication || a->integrity > b->integrity)
                        return "a better signature";
                if (a->covers_whole_document > b->covers_whole_document || a->n_covered > b->n_covered)
                        return "a signature of more";
                if ((a->status.checked && a->status.state != b->status.state) || a->proven_time != -1)
                        return "another state of the certificate";
                if (b->status.checked && a->looked_up && !a->status.checked)
                        return "a state of the certificate that was not seen";
                if (a->indication == INDICATION_TOTAL_PASSED && (!a->signer || !a->issuer || !a->serial || a->certificate.len == 0))
                        return "nobody's signature";
        }
        return NULL;
}

static const char *judge(int r, const VerifyReport *report, const VerifyReport *whole, bool all) {
        if (r != 0)
                return r == -ENOMEM ? NULL : "another error";
        if (all && allocations_failed())
                return "a verdict without any memory";
        return why_better(report, whole);
}

static size_t try(const Case *c, int in, int out, const VerifyReport *whole, size_t n, bool all) {
        _cleanup_(verify_report_done) VerifyReport report = { 0 };
        const char *problem;
        size_t count;
        int r;

        allocations_start(n, all);
        r = verify(c, in, out, &report);
        count = allocations_stop();
        problem = judge(r, &report, whole, all);
        if (problem) {
                fprintf(stderr, "%s, allocation %zu%s: %s (%d)\n", document_format_to_string(c->format), n, all ? " and all after it" : "", problem, r);
                problems++;
        }
        return count;
}

static void run(const Case *c) {
        _cleanup_close_ int in = memory_file(example(c->format)), out = sign(c->format, in);
        _cleanup_(verify_report_done) VerifyReport whole = { 0 };
        size_t n, step;

        if (c->altered)
                alter(c->format, in, out);
        assert_int_equal(verify(c, in, out, &whole), 0);
        if (whole.indication != c->expected)
                fprintf(stderr, "%s: %s\n", document_format_to_string(c->format), whole.reason);
        assert_string_equal(indication_to_string(whole.indication), indication_to_string(c->expected));
        n = try(c, in, out, &whole, 0, false);
        assert_true(n > 0);
        step = 1 + n / TRIED_MAX;
        for (size_t i = 1; i <= n; i += step) {
                try(c, in, out, &whole, i, false);
                try(c, in, out, &whole, i, true);
        }
}

static void run_formats(bool altered, bool trusted, const Bytes *list, Indication expected) {
        problems = 0;
        for (SignatureFormat format = FORMAT_AUTOMATIC + 1; format < FORMAT_MAX; format++)
                run(&(Case) { format, altered, trusted, list, expected });
        assert_int_equal(problems, 0);
}

static void test_good(void **state) {
        run_formats(false, true, &good_list, INDICATION_TOTAL_PASSED);
}

static void test_altered(void **state) {
        run_formats(true, true, NULL, INDICATION_TOTAL_FAILED);
}

static void test_revoked(void **state) {
        run_formats(false, true, &revoked_list, INDICATION_INDETERMINATE);
}

static void test_untrusted(void **state) {
        run_formats(false, false, NULL, INDICATION_INDETERMINATE);
}

/* GnuTLS's own allocations, as far as it makes them by the function that a program may give it. */
static size_t gnutls_allocations, gnutls_failing;

static void *gnutls_allocate(size_t size) {
        return ++gnutls_allocations == gnutls_failing ? NULL : malloc(size);
}

/* Each of the look-up itself: a list that is at hand and cannot be held against the certificate is not one that has nothing on it.
 * Where GnuTLS verifies a signature, it does not tell a failed allocation from one that does not fit. */
static void test_state(void **state) {
        gnutls_alloc_function usual = gnutls_malloc;
        CertificateStatus status;
        size_t n = 0;
        int r;

        (void) state;
        for (size_t i = 0; i <= n; i++) {
                _cleanup_revocation_pool_ RevocationPool pool = { 0 };

                assert_int_equal(revocation_pool_add(&pool, REVOCATION_CRL, REVOCATION_FROM_SIGNATURE, bytes_view(&revoked_list)), 0);
                gnutls_allocations = 0;
                gnutls_failing = i;
                gnutls_malloc = gnutls_allocate;
                r = revocation_check(&pool, f.crt, root, WHEN + 60, -1, &status);
                gnutls_malloc = usual;
                n = i > 0 ? n : gnutls_allocations;
                if (r == 0 && !status.checked && strstr(status.problem, "is not signed by"))
                        continue;
                if (r != -ENOMEM && (r != 0 || !status.checked || status.state != CERTIFICATE_REVOKED))
                        fail_msg("allocation %zu: %d, %s", i, r, status.checked ? "another state" : status.problem);
        }
        assert_true(n > 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_good),
                cmocka_unit_test(test_altered),
                cmocka_unit_test(test_revoked),
                cmocka_unit_test(test_untrusted),
                cmocka_unit_test(test_state),
        };

        return cmocka_run_group_tests(tests, start, finish);
}
