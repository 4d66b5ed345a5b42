/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/extend.c: documents of every format get a timestamp that is of what was signed, once, and their signatures stay good. What peers make of them, tests/interop says. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "der/der.h"
#include "sign/document.h"
#include "sign/extend.h"
#include "sign/verify.h"
#include "signer-fixture.h"

/* One empty page, the xref table counted by hand. */
#define PDF "%PDF-1.4\n" \
            "1 0 obj\n<</Type /Catalog /Pages 2 0 R>>\nendobj\n" \
            "2 0 obj\n<</Type /Pages /Kids [3 0 R] /Count 1>>\nendobj\n" \
            "3 0 obj\n<</Type /Page /Parent 2 0 R /MediaBox [0 0 9 9]>>\nendobj\n" \
            "xref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000056 00000 n \n0000000111 00000 n \n" \
            "trailer\n<</Size 4 /Root 1 0 R /ID [<00> <00>]>>\nstartxref\n176\n%%EOF\n"

/* Nothing is verified when a document is extended: any token will do, here one that has the digest in it. */
typedef struct Stamper {
        unsigned n;
        size_t padding;
        int error;
} Stamper;

static int stamp(void *userdata, gnutls_digest_algorithm_t algorithm, View digest, Bytes *ret) {
        _cleanup_bytes_ Bytes contents = BYTES_NULL, padding = BYTES_NULL;
        Stamper *s = userdata;

        assert_int_equal(algorithm, GNUTLS_DIG_SHA256);
        assert_int_equal(digest.len, 32);
        s->n++;
        if (s->error < 0)
                return s->error;
        for (size_t i = 0; i < s->padding; i++)
                assert_int_equal(bytes_append_byte(&padding, 0), 0);
        assert_int_equal(der_append_element(&contents, 0x04, digest), 0);
        assert_int_equal(der_append_element(&contents, 0x04, bytes_view(&padding)), 0);
        return der_append_element(ret, 0x30, bytes_view(&contents));
}

static int sign(SignatureFormat format, View content) {
        const DocumentParams params = { .format = format, .signing_time = WHEN };
        _cleanup_close_ int in = memory_file(content);
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

static View example(SignatureFormat format) {
        return format == FORMAT_PADES ? VIEW_LITERAL(PDF) : format == FORMAT_XADES ? VIEW_LITERAL("<a>text</a>") : VIEW_LITERAL("text\n");
}

/* The signature is as good as it was; of those that do not have it the content is here. */
static void assert_intact(SignatureFormat format, int fd) {
        bool detached = format == FORMAT_CADES || format == FORMAT_XADES_DETACHED;
        _cleanup_close_ int content = detached ? memory_file(example(format)) : -1;
        _cleanup_(verify_report_done) VerifyReport report = { 0 };

        assert_int_equal(verify_fd(fd, &(VerifyParams) { .now = WHEN + 60, .content_fd = content, .no_timestamps = true }, &report), 0);
        assert_true(report.n_signatures >= 1);
        assert_true(report.signatures[0].integrity);
}

static Bytes content_of(int fd) {
        Bytes b;

        assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
        assert_int_equal(read_fd(fd, 1 << 20, &b), 0);
        return b;
}

static int extend(int in, int out, Stamper *s, size_t *ret_n) {
        return document_extend(in, out, VIEW(NULL, 0), stamp, s, ret_n);
}

static void test_each(void **state) {
        for (SignatureFormat format = FORMAT_AUTOMATIC + 1; format < FORMAT_MAX; format++) {
                _cleanup_close_ int in = sign(format, example(format)), out = memory_file(VIEW(NULL, 0)), again = memory_file(VIEW(NULL, 0));
                _cleanup_bytes_ Bytes before = content_of(in), after = BYTES_NULL;
                Stamper s = { .padding = 500 };
                size_t n = 0;

                assert_int_equal(extend(in, out, &s, &n), 0);
                assert_int_equal(n, 1);
                assert_int_equal(s.n, 1);
                after = content_of(out);
                assert_true(after.len > before.len + 500);
                /* A PDF grows at its end; and it may have any number of timestamps over all of it. */
                if (format == FORMAT_PADES)
                        assert_memory_equal(after.data, before.data, before.len);
                else
                        assert_int_equal(extend(out, again, &s, &n), EXTEND_E_HAS_ALL);
                assert_intact(format, out);
        }
}

/* A token that does not fit is asked for again, with room enough for it. */
static void test_room(void **state) {
        _cleanup_close_ int in = memory_file(VIEW_LITERAL(PDF)), out = memory_file(VIEW(NULL, 0));
        Stamper s = { .padding = 40000 };
        size_t n = 0;

        assert_int_equal(extend(in, out, &s, &n), 0);
        assert_int_equal(s.n, 2);
        assert_int_equal(n, 1);
}

/* An authority that has none ends the work, and says why. */
static void test_no_token(void **state) {
        for (SignatureFormat format = FORMAT_AUTOMATIC + 1; format < FORMAT_MAX; format++) {
                _cleanup_close_ int in = sign(format, example(format)), out = memory_file(VIEW(NULL, 0));
                Stamper s = { .error = -EHOSTUNREACH };
                size_t n = 7;

                assert_int_equal(extend(in, out, &s, &n), -EHOSTUNREACH);
                assert_int_equal(n, 7);
        }
}

static void test_not_signed(void **state) {
        static const char *const documents[] = { "", "text\n", "<a/>", "\x30\x03\x02\x01\x01", "-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n" };
        Stamper s = { 0 };
        size_t n = 7;

        for (size_t i = 0; i < ELEMENTSOF(documents); i++) {
                _cleanup_close_ int in = memory_file(view_string(documents[i])), out = memory_file(VIEW(NULL, 0));

                assert_int_equal(extend(in, out, &s, &n), EXTEND_E_NOT_SIGNED);
        }
        assert_int_equal(s.n, 0);
        assert_int_equal(n, 7);
}

static void test_sentences(void **state) {
        for (int outcome = EXTEND_E_NOT_SIGNED; outcome <= EXTEND_E_COVERED; outcome++) {
                assert_non_null(extend_strerror(outcome));
                for (int other = EXTEND_E_NOT_SIGNED; other < outcome; other++)
                        assert_string_not_equal(extend_strerror(outcome), extend_strerror(other));
        }
        assert_string_equal(extend_strerror(PADES_E_DAMAGED), document_strerror(PADES_E_DAMAGED));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_each), cmocka_unit_test(test_room), cmocka_unit_test(test_no_token), cmocka_unit_test(test_not_signed), cmocka_unit_test(test_sentences),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
