/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/asic/asic.c, asic-manifest.c, asic-make.c, asic-verify.c: what is in a container, manifests, what is refused, and what a signature is said to be of. What peers
 * make of our containers says tests/interop/asic.py. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "sign/asic/asic-make.h"
#include "sign/asic/asic-manifest.h"
#include "sign/asic/asic-verify.h"
#include "sign/asic/asic.h"
#include "sign/asic/zip-write.h"
#include "signer-fixture.h"

/* Entries in turn: name, content, NULL at the end. */
static int container_of(const char *const *entries) {
        _cleanup_(zip_writer_freep) ZipWriter *w = NULL;
        int fd = memory_file(VIEW(NULL, 0));

        assert_int_equal(zip_writer_new(fd, WHEN, &w), 0);
        for (; entries[0]; entries += 2)
                assert_int_equal(zip_writer_add(w, entries[0], view_string(entries[1])), 0);
        assert_int_equal(zip_writer_finish(w), 0);
        return fd;
}

static void test_roles(void **state) {
        static const struct {
                const char *name;
                AsicRole role;
        } names[] = {
                { "mimetype", ASIC_ROLE_MIMETYPE }, { "mimetype ", ASIC_ROLE_DATA }, { "a.txt", ASIC_ROLE_DATA }, { "meta-inf/signature.p7s", ASIC_ROLE_DATA },
                { "META-INF/signature.p7s", ASIC_ROLE_CADES }, { "META-INF/signatures.xml", ASIC_ROLE_XADES }, { "META-INF/signatures0.xml", ASIC_ROLE_XADES },
                { "META-INF/documentsignatures.xml", ASIC_ROLE_XADES }, { "META-INF/timestamp.tst", ASIC_ROLE_TIMESTAMP }, { "META-INF/manifest.xml", ASIC_ROLE_PACKAGE_MANIFEST },
                { "META-INF/ASiCManifest001.xml", ASIC_ROLE_MANIFEST }, { "META-INF/ASiCArchiveManifest.xml", ASIC_ROLE_ARCHIVE_MANIFEST },
                { "META-INF/evidencerecord.xml", ASIC_ROLE_EVIDENCE }, { "META-INF/a.txt", ASIC_ROLE_OTHER },
        };
        const char *entries[2 * ELEMENTSOF(names) + 1] = { 0 };
        _cleanup_asic_ AsicContainer c = { .zip.fd = -1 };
        _cleanup_close_ int fd = -1;

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                entries[2 * i] = names[i].name;
                entries[2 * i + 1] = "";
        }
        fd = container_of(entries);
        assert_int_equal(asic_open(fd, &c), 0);
        assert_int_equal(c.kind, ASIC_E);
        assert_null(asic_single(&c));
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                assert_int_equal(c.roles[asic_index(&c, zip_find(&c.zip, names[i].name))], names[i].role);
}

static void test_uris(void **state) {
        static const char *const entries[] = { "a b.txt", "1", "a%20b.txt", "2", "ż", "3", "a%2", "4", NULL };
        _cleanup_close_ int fd = container_of(entries);
        _cleanup_asic_ AsicContainer c = { .zip.fd = -1 };

        assert_int_equal(asic_open(fd, &c), 0);
        assert_int_equal(c.kind, ASIC_UNKNOWN);
        assert_string_equal(asic_find_uri(&c, "a%20b.txt")->name, "a b.txt");
        assert_string_equal(asic_find_uri(&c, "a%2520b.txt")->name, "a%20b.txt");
        assert_string_equal(asic_find_uri(&c, "a b.txt")->name, "a b.txt");
        assert_string_equal(asic_find_uri(&c, "%c5%bC")->name, "ż");
        assert_string_equal(asic_find_uri(&c, "a%2")->name, "a%2");
        assert_null(asic_find_uri(&c, "A%20b.txt"));
        assert_null(asic_find_uri(&c, "ż%00"));
        assert_null(asic_find_uri(&c, ""));
}

#define MANIFEST(body) "<a:ASiCManifest xmlns:a=\"http://uri.etsi.org/02918/v1.2.1#\" xmlns:d=\"http://www.w3.org/2000/09/xmldsig#\">" body "</a:ASiCManifest>"
#define SIGREF "<a:SigReference URI=\"META-INF/signature.p7s\"/>"
#define REFERENCE "<a:DataObjectReference URI=\"a.txt\"><d:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>" \
                  "<d:DigestValue>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=</d:DigestValue></a:DataObjectReference>"

static void test_manifest(void **state) {
        static const char *const malformed[] = {
                "", "<a/>", MANIFEST(""), MANIFEST(SIGREF), MANIFEST(REFERENCE), MANIFEST(SIGREF SIGREF REFERENCE), "<!DOCTYPE x>" MANIFEST(SIGREF REFERENCE),
                MANIFEST(SIGREF "<a:DataObjectReference URI=\"a\"/>"), "<ASiCManifest/>",
                MANIFEST(SIGREF "<a:DataObjectReference><d:DigestMethod Algorithm=\"x\"/><d:DigestValue>AA==</d:DigestValue></a:DataObjectReference>"),
        };
        AsicFile file = { .name = (char *) "ż & \"b\"/c.txt", .media_type = (char *) "text/plain; a=\"<&>\"" };
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        AsicManifest m = { 0 };

        assert_int_equal(asic_manifest_read(view_string(MANIFEST(SIGREF REFERENCE)), &m), 0);
        assert_string_equal(m.signature, "META-INF/signature.p7s");
        assert_int_equal(m.n, 1);
        assert_int_equal(m.references[0].algorithm, GNUTLS_DIG_SHA256);
        assert_int_equal(m.references[0].digest.len, 32);
        asic_manifest_done(&m);
        for (size_t i = 0; i < ELEMENTSOF(malformed); i++)
                assert_int_equal(asic_manifest_read(view_string(malformed[i]), &m), -EBADMSG);
        /* A digest of another length than its algorithm's is none. */
        assert_int_equal(asic_manifest_read(view_string(MANIFEST(SIGREF "<a:DataObjectReference URI=\"a\"><d:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>"
                                                                "<d:DigestValue>AA==</d:DigestValue></a:DataObjectReference>")), &m), 0);
        assert_int_equal(m.references[0].digest.len, 0);
        asic_manifest_done(&m);
        assert_int_equal(digest_of(GNUTLS_DIG_SHA384, VIEW_LITERAL("x"), &file.digest), 0);
        assert_int_equal(asic_manifest_write("META-INF/s", "a/b", &file, 1, GNUTLS_DIG_SHA384, &text), 0);
        assert_int_equal(asic_manifest_read(bytes_view(&text), &m), 0);
        assert_string_equal(m.references[0].uri, "%C5%BC%20%26%20%22b%22/c.txt");
        assert_true(view_equal(digest_view(&m.references[0].digest), digest_view(&file.digest)));
        asic_manifest_done(&m);
        assert_int_equal(asic_manifest_write("META-INF/s", "a/b", &file, 1, GNUTLS_DIG_MD2, &text), -EOPNOTSUPP);
}

static int note_path(void *userdata, const char *path) {
        assert_string_equal(path, "a & b.txt");
        (*(unsigned *) userdata)++;
        return 0;
}

static void test_package(void **state) {
        AsicFile file = { .name = (char *) "a & b.txt", .media_type = (char *) "text/plain" };
        _cleanup_bytes_ Bytes text = BYTES_NULL;
        unsigned n = 0;

        assert_int_equal(asic_package_write("application/vnd.etsi.asic-e+zip", &file, 1, &text), 0);
        assert_int_equal(asic_package_paths(bytes_view(&text), note_path, &n), 0);
        assert_int_equal(n, 1);
        assert_int_equal(asic_package_paths(VIEW_LITERAL("<manifest/>"), note_path, &n), -EBADMSG);
}

static int draft(Fixture *f, const AsicParams *params, const char *const *names, size_t n, int out, AsicDraft **ret) {
        _cleanup_close_ int in = memory_file(VIEW_LITERAL("text"));
        AsicSource files[4] = { 0 };

        for (size_t i = 0; i < n; i++)
                files[i] = (AsicSource) { .fd = in, .name = names[i] };
        return asic_draft_new(&f->signer, params, files, n, out, ret);
}

static void test_refused(void **state) {
        static const char *const own[] = { "mimetype", "META-INF/a", "meta-inf/a", "MimeType", "../a", "/a", "a/", "" };
        _cleanup_close_ int out = memory_file(VIEW(NULL, 0));
        Fixture *f = *state;
        AsicDraft *d = NULL;

        for (size_t i = 0; i < ELEMENTSOF(own); i++)
                assert_int_equal(draft(f, &(AsicParams) { .signing_time = WHEN }, &own[i], 1, out, &d), ASIC_E_NAME);
        assert_int_equal(draft(f, &(AsicParams) { .simple = true, .signing_time = WHEN }, (const char *const[]) { "a/b" }, 1, out, &d), ASIC_E_NAME);
        assert_int_equal(draft(f, &(AsicParams) { .simple = true, .signing_time = WHEN }, (const char *const[]) { "a", "b" }, 2, out, &d), ASIC_E_ONE_FILE);
        assert_int_equal(draft(f, &(AsicParams) { .signing_time = WHEN }, (const char *const[]) { "a", "b", "a" }, 3, out, &d), ASIC_E_SAME_NAME);
        assert_int_equal(draft(f, &(AsicParams) { .add = true, .signing_time = WHEN }, (const char *const[]) { "a" }, 1, out, &d), ZIP_E_NOT_ZIP);
        assert_null(d);
        for (int i = ASIC_E_ONE_FILE; i <= ASIC_E_BROKEN; i++)
                assert_non_null(asic_strerror(i));
        assert_null(asic_strerror(ASIC_E_BROKEN + 1));
}

static void complete(Fixture *f, AsicDraft *d) {
        _cleanup_bytes_ Bytes signature = BYTES_NULL;
        SignerItem item;

        asic_draft_item(d, &item);
        assert_int_equal(f->signer.sign(&f->signer, &item, 1, &signature), 0);
        assert_int_equal(asic_draft_complete(d, bytes_view(&signature), VIEW(NULL, 0)), 0);
}

/* Two signatures of two files, and then a third file that nobody signed. */
static void test_life(void **state) {
        for (unsigned xades = 0; xades < 2; xades++) {
                _cleanup_close_ int first = memory_file(VIEW(NULL, 0)), second = memory_file(VIEW(NULL, 0)), third = memory_file(VIEW(NULL, 0));
                _cleanup_(asic_draft_freep) AsicDraft *d = NULL, *e = NULL;
                _cleanup_(verify_report_done) VerifyReport good = { 0 }, bad = { 0 };
                _cleanup_(zip_writer_freep) ZipWriter *w = NULL;
                _cleanup_asic_ AsicContainer c = { .zip.fd = -1 };
                const AsicSource container = { .fd = first };

                assert_int_equal(draft(*state, &(AsicParams) { .xades = xades, .signing_time = WHEN }, (const char *const[]) { "a", "b/c" }, 2, first, &d), 0);
                complete(*state, d);
                assert_int_equal(asic_draft_new(&((Fixture *) *state)->signer, &(AsicParams) { .xades = !xades, .add = true, .signing_time = WHEN }, &container, 1, second, &e),
                                 ASIC_E_OTHER_KIND);
                assert_int_equal(asic_draft_new(&((Fixture *) *state)->signer, &(AsicParams) { .xades = xades, .add = true, .signing_time = WHEN }, &container, 1, second, &e), 0);
                complete(*state, e);
                assert_int_equal(asic_verify(second, &(VerifyParams) { .now = WHEN + 60, .content_fd = -1 }, &good), 0);
                assert_int_equal(good.n_signatures, 2);
                assert_int_equal(good.n_unsigned_files, 0);
                for (size_t i = 0; i < 2; i++) {
                        assert_true(good.signatures[i].integrity && good.signatures[i].covers_whole_document);
                        assert_int_equal(good.signatures[i].n_covered, 2);
                        assert_string_equal(good.signatures[i].covered[1], "b/c");
                }
                assert_int_equal(asic_open(second, &c), 0);
                assert_int_equal(zip_writer_new_from(third, WHEN, &c.zip, &w), 0);
                assert_int_equal(zip_writer_add(w, "d", VIEW_LITERAL("")), 0);
                assert_int_equal(zip_writer_finish(w), 0);
                assert_int_equal(asic_verify(third, &(VerifyParams) { .now = WHEN + 60, .content_fd = -1 }, &bad), 0);
                assert_int_equal(bad.n_unsigned_files, 1);
                assert_string_equal(bad.unsigned_files[0], "d");
                assert_true(bad.signatures[0].integrity && !bad.signatures[0].covers_whole_document);
        }
}

/* ASiC-S: one file, and two signers in one signature. */
static void test_simple(void **state) {
        _cleanup_close_ int out = memory_file(VIEW(NULL, 0)), more = memory_file(VIEW(NULL, 0));
        _cleanup_(asic_draft_freep) AsicDraft *d = NULL;
        _cleanup_(verify_report_done) VerifyReport report = { 0 };
        const AsicSource container = { .fd = out };
        bool simple = false, xades = true;
        Fixture *f = *state;

        assert_int_equal(draft(f, &(AsicParams) { .simple = true, .signing_time = WHEN }, (const char *const[]) { "a" }, 1, out, &d), 0);
        complete(f, d);
        assert_true(asic_recognize(out, &simple, &xades));
        assert_true(simple && !xades);
        assert_int_equal(asic_verify(out, &(VerifyParams) { .now = WHEN + 60, .content_fd = -1 }, &report), 0);
        assert_string_equal(report.container, "ASiC-S");
        assert_true(report.signatures[0].integrity && report.signatures[0].covers_whole_document);
        d = asic_draft_free(d);
        assert_int_equal(asic_draft_new(&f->signer, &(AsicParams) { .add = true, .signing_time = WHEN }, &container, 1, more, &d), ASIC_E_OTHER_KIND);
        assert_int_equal(asic_draft_new(&f->signer, &(AsicParams) { .simple = true, .xades = true, .add = true, .signing_time = WHEN }, &container, 1, more, &d), ASIC_E_FULL);
        assert_int_equal(asic_draft_new(&f->signer, &(AsicParams) { .simple = true, .add = true, .signing_time = WHEN }, &container, 1, more, &d), 0);
        complete(f, d);
        verify_report_done(&report);
        assert_int_equal(asic_verify(more, &(VerifyParams) { .now = WHEN + 60, .content_fd = -1 }, &report), 0);
        assert_int_equal(report.n_signatures, 2);
        assert_true(report.signatures[1].integrity && report.signatures[1].covers_whole_document);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_roles),
                cmocka_unit_test(test_uris),
                cmocka_unit_test(test_manifest),
                cmocka_unit_test(test_package),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_life),
                cmocka_unit_test(test_simple),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
