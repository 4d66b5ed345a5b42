/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/document.c: every format signs through the one interface, and what is made verifies; the same draft twice has the same
 * to-be-signed bytes; names, endings and sentences are there for each. What the formats write their own tests say. */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "sign/document.h"
#include "sign/verify.h"
#include "signer-fixture.h"

/* One empty page, the xref table counted by hand. */
#define PDF "%PDF-1.4\n" \
            "1 0 obj\n<</Type /Catalog /Pages 2 0 R>>\nendobj\n" \
            "2 0 obj\n<</Type /Pages /Kids [3 0 R] /Count 1>>\nendobj\n" \
            "3 0 obj\n<</Type /Page /Parent 2 0 R /MediaBox [0 0 9 9]>>\nendobj\n" \
            "xref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000056 00000 n \n0000000111 00000 n \n" \
            "trailer\n<</Size 4 /Root 1 0 R /ID [<00> <00>]>>\nstartxref\n176\n%%EOF\n"

static DocumentDraft *draft(Fixture *f, SignatureFormat format, int in, int out) {
        const DocumentParams params = { .format = format, .signing_time = WHEN, .nonce = VIEW_LITERAL("0123456789abcdef"), .pades = { .reason = "Zażółć" } };
        DocumentDraft *d = NULL;

        assert_int_equal(document_draft_new(&f->signer, &params, &(DocumentFile) { .fd = in, .name = "a.csv" }, 1, out, &d), 0);
        return d;
}

/* The example that suits a format. */
static int example(SignatureFormat format) {
        return memory_file(format == FORMAT_PADES ? VIEW_LITERAL(PDF) : format == FORMAT_XADES ? VIEW_LITERAL("<a/>") : VIEW_LITERAL("a,b\n"));
}

static void assert_verifies(int fd, int content_fd) {
        _cleanup_(verify_report_done) VerifyReport report = { 0 };

        assert_int_equal(verify_fd(fd, &(VerifyParams) { .now = WHEN + 60, .content_fd = content_fd }, &report), 0);
        assert_int_equal(report.n_signatures, 1);
        assert_true(report.signatures[0].integrity);
        assert_true(report.signatures[0].covers_whole_document);
        assert_string_equal(report.signatures[0].level, "B-B");
}

static void test_each(void **state) {
        Fixture *f = *state;

        for (SignatureFormat format = FORMAT_AUTOMATIC + 1; format < FORMAT_MAX; format++) {
                _cleanup_close_ int in = example(format), out = memory_file(VIEW(NULL, 0));
                _cleanup_(document_draft_freep) DocumentDraft *d = draft(f, format, in, out);
                _cleanup_bytes_ Bytes signature = BYTES_NULL;
                SignerItem item;

                document_draft_item(d, &item);
                assert_int_equal(f->signer.sign(&f->signer, &item, 1, &signature), 0);
                assert_int_equal(document_draft_complete(d, bytes_view(&signature), VIEW(NULL, 0)), 0);
                assert_verifies(out, format == FORMAT_CADES || format == FORMAT_XADES_DETACHED ? in : -1);
        }
}

/* A draft that is made once more, when the first could not be kept, is the same. */
static void test_twice(void **state) {
        for (SignatureFormat format = FORMAT_AUTOMATIC + 1; format < FORMAT_MAX; format++) {
                _cleanup_close_ int in = example(format), first = memory_file(VIEW(NULL, 0)), second = memory_file(VIEW(NULL, 0));
                _cleanup_(document_draft_freep) DocumentDraft *a = draft(*state, format, in, first), *b = draft(*state, format, in, second);
                SignerItem x, y;

                document_draft_item(a, &x);
                document_draft_item(b, &y);
                assert_true(view_equal(x.tbs, y.tbs));
        }
}

static void test_names(void **state) {
        SignatureFormat format = FORMAT_MAX;
        bool inside;

        for (SignatureFormat i = FORMAT_AUTOMATIC + 1; i < FORMAT_MAX; i++) {
                assert_int_equal(document_format_from_string(document_format_to_string(i), &format), 0);
                assert_int_equal(format, i);
                assert_int_equal(document_format_ending(i, &inside)[0], '.');
        }
        assert_int_equal(document_format_from_string("automatic", &format), -EINVAL);
        assert_null(document_format_to_string(FORMAT_AUTOMATIC));
        assert_string_equal(document_format_ending(FORMAT_PADES, &inside), ".pdf");
        assert_true(inside);
        assert_string_equal(document_format_ending(FORMAT_CADES_ENVELOPING, &inside), ".p7m");
        assert_false(inside);
}

static void test_recognized(void **state) {
        _cleanup_close_ int pdf = memory_file(VIEW_LITERAL("junk\n" PDF)), other = memory_file(VIEW_LITERAL("%PD")), none = memory_file(VIEW(NULL, 0));

        assert_int_equal(document_format_recognize(pdf), FORMAT_PADES);
        assert_int_equal(document_format_recognize(other), FORMAT_CADES);
        assert_int_equal(document_format_recognize(none), FORMAT_CADES);
}

static void test_refused(void **state) {
        Fixture *f = *state;
        _cleanup_close_ int in = memory_file(VIEW_LITERAL("no PDF")), out = memory_file(VIEW(NULL, 0));
        const DocumentFile files[] = { { .fd = in }, { .fd = in } };
        DocumentParams params = { .format = FORMAT_PADES, .signing_time = WHEN };
        DocumentDraft *d = NULL;
        int r;

        r = document_draft_new(&f->signer, &params, files, 1, out, &d);
        assert_int_equal(r, PADES_E_NOT_PDF);
        assert_string_equal(document_strerror(r), pades_strerror(r));
        assert_string_equal(document_strerror(99999), "The document cannot be signed.");
        params.format = FORMAT_CADES;
        assert_int_equal(document_draft_new(&f->signer, &params, files, 2, out, &d), -EINVAL);
        assert_int_equal(document_draft_new(&f->signer, &params, files, 0, out, &d), -EINVAL);
        params.format = FORMAT_AUTOMATIC;
        assert_int_equal(document_draft_new(&f->signer, &params, files, 1, out, &d), -EINVAL);
        assert_null(d);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_each),
                cmocka_unit_test(test_twice),
                cmocka_unit_test(test_names),
                cmocka_unit_test(test_recognized),
                cmocka_unit_test(test_refused),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
