/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signatures of files beside them (lib/sign/xml/xml-coverage.c, xml-reference.c, and lib/sign/asic/asic-verify.c, which has the files of a container): what is left out
 * of a file is not said to be signed, and a file that is there and cannot be read is not one that nobody has. The signatures are of other programs' forms, which we
 * read and do not write. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/codec.h"
#include "crypto/digest.h"
#include "sign/asic/asic-verify.h"
#include "sign/asic/asic.h"
#include "sign/asic/zip-write.h"
#include "sign/xml/xades-verify.h"
#include "signer-fixture.h"

#define DSIG "http://www.w3.org/2000/09/xmldsig#"
#define C14N "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
#define EXCLUSIVE "http://www.w3.org/2001/10/xml-exc-c14n#"

/* Elements are written in canonical form: with this where they are digested by themselves. */
#define NS " xmlns:ds=\"" DSIG "\""

static void append_base64(Bytes *b, View octets) {
        _cleanup_free_ char *text = base64_encode(octets);

        assert_non_null(text);
        assert_int_equal(bytes_printf(b, "%s", text), 0);
}

/* `transform`: NULL for none. */
static void append_reference(Bytes *b, const char *uri, const char *transform, View canonical) {
        Digest d;

        assert_int_equal(bytes_printf(b, "<ds:Reference URI=\"%s\">", uri), 0);
        if (transform)
                assert_int_equal(bytes_printf(b, "<ds:Transforms><ds:Transform Algorithm=\"%s\"></ds:Transform></ds:Transforms>", transform), 0);
        assert_int_equal(bytes_printf(b, "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod><ds:DigestValue>"), 0);
        assert_int_equal(digest_of(GNUTLS_DIG_SHA256, canonical, &d), 0);
        append_base64(b, digest_view(&d));
        assert_int_equal(bytes_printf(b, "</ds:DigestValue></ds:Reference>"), 0);
}

/* A ds:Signature of these references, with an object where there is one. */
static Bytes sign(const Bytes *references, const char *object) {
        _cleanup_bytes_ Bytes info = BYTES_NULL, tbs = BYTES_NULL, value = BYTES_NULL;
        gnutls_datum_t der;
        SignerItem item;
        Bytes xml = BYTES_NULL;

        assert_int_equal(bytes_printf(&info,
                                      "<ds:CanonicalizationMethod Algorithm=\"" EXCLUSIVE "\"></ds:CanonicalizationMethod>"
                                      "<ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256\"></ds:SignatureMethod>%.*s</ds:SignedInfo>",
                                      (int) references->len, (const char *) references->data), 0);
        assert_int_equal(bytes_printf(&tbs, "<ds:SignedInfo" NS ">%.*s", (int) info.len, (const char *) info.data), 0);
        item = (SignerItem) { .type = SIGNER_ITEM_XML_SIGNEDINFO, .tbs = bytes_view(&tbs) };
        assert_int_equal(f.signer.sign(&f.signer, &item, 1, &value), 0);
        assert_int_equal(bytes_printf(&xml, "<ds:Signature" NS "><ds:SignedInfo>%.*s<ds:SignatureValue>", (int) info.len, (const char *) info.data), 0);
        append_base64(&xml, bytes_view(&value));
        assert_int_equal(bytes_printf(&xml, "</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>"), 0);
        assert_int_equal(gnutls_x509_crt_export2(f.crt, GNUTLS_X509_FMT_DER, &der), 0);
        append_base64(&xml, VIEW(der.data, der.size));
        gnutls_free(der.data);
        assert_int_equal(bytes_printf(&xml, "</ds:X509Certificate></ds:X509Data></ds:KeyInfo>%s</ds:Signature>", object), 0);
        return xml;
}

static Bytes sign_file(const char *uri, const char *transform, const char *canonical) {
        _cleanup_bytes_ Bytes reference = BYTES_NULL;

        append_reference(&reference, uri, transform, view_string(canonical));
        return sign(&reference, "");
}

/* --- What is left out -------------------------------------------------------------------------------------------------- */

static void verify_beside(const char *transform, const char *canonical, const char *text, VerifyReport *ret) {
        _cleanup_bytes_ Bytes xml = sign_file("a.xml", transform, canonical);
        _cleanup_close_ int in = memory_file(view_string(text)), out = memory_file(bytes_view(&xml));

        assert_int_equal(xades_verify_fd(out, &(VerifyParams) { .now = WHEN + 60, .content_fd = in }, NULL, ret), 0);
        assert_int_equal(ret->n_signatures, 1);
        assert_int_equal(ret->signatures[0].n_covered, 1);
        if (!ret->signatures[0].integrity)
                print_message("%s\n", ret->signatures[0].reason);
        assert_true(ret->signatures[0].integrity);
}

static void test_comments(void **state) {
        static const struct {
                const char *transform, *canonical, *text;
                bool whole;
        } cases[] = {
                { NULL, "<a><!-- 1 --></a>", "<a><!-- 1 --></a>", true },
                { C14N, "<a>1</a>", "<a >1</a>\n", true },
                { C14N, "<a>1</a>", "<a><!-- 2 -->1</a>", false },
                { C14N, "<a>1</a>", "<!-- 2 --><a>1</a>", false },
                { C14N, "<a>1</a>", "<a>1</a><!-- 2 -->", false },
                { EXCLUSIVE, "<a><b><c></c></b></a>", "<a><b><c/><!----></b></a>", false },
                { EXCLUSIVE, "<a>&lt;!-- 2 --&gt;</a>", "<a><![CDATA[<!-- 2 -->]]></a>", true },
                { C14N "#WithComments", "<a><!-- 1 --></a>", "<a  ><!-- 1 --></a>", true },
        };

        (void) state;
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(verify_report_done) VerifyReport report = { 0 };

                verify_beside(cases[i].transform, cases[i].canonical, cases[i].text, &report);
                if (report.signatures[0].covers_whole_document != cases[i].whole)
                        fail_msg("%s", cases[i].text);
        }
}

/* --- Containers --------------------------------------------------------------------------------------------------------- */

/* `other`: what is in b.txt, NULL for none. `damaged`: one octet of the file is another than its checksum was made of. */
static void verify_container(const Bytes *xml, const char *text, const char *other, bool damaged, VerifyReport *ret) {
        _cleanup_(zip_writer_freep) ZipWriter *w = NULL;
        _cleanup_close_ int fd = memory_file(VIEW(NULL, 0));
        _cleanup_bytes_ Bytes signatures = BYTES_NULL;
        uint8_t zip[65536], *name;
        ssize_t n;

        assert_int_equal(bytes_printf(&signatures, "<a:XAdESSignatures xmlns:a=\"http://uri.etsi.org/02918/v1.2.1#\">%.*s</a:XAdESSignatures>", (int) xml->len,
                                      (const char *) xml->data), 0);
        assert_int_equal(zip_writer_new(fd, WHEN, &w), 0);
        assert_int_equal(zip_writer_add(w, "mimetype", VIEW_LITERAL("application/vnd.etsi.asic-e+zip")), 0);
        assert_int_equal(zip_writer_add(w, "a.xml", view_string(text)), 0);
        if (other)
                assert_int_equal(zip_writer_add(w, "b.txt", view_string(other)), 0);
        assert_int_equal(zip_writer_add(w, "META-INF/signatures.xml", bytes_view(&signatures)), 0);
        assert_int_equal(zip_writer_finish(w), 0);
        if (damaged) {
                n = pread(fd, zip, sizeof(zip), 0);
                name = memmem(zip, (size_t) n, "a.xml", 5);
                assert_non_null(name);
                name[5] ^= 0xff;
                assert_int_equal(pwrite(fd, name + 5, 1, name + 5 - zip), 1);
        }
        assert_int_equal(asic_verify(fd, &(VerifyParams) { .now = WHEN + 60, .content_fd = -1 }, ret), 0);
        assert_int_equal(ret->n_signatures, 1);
}

/* The file is signed, and nothing but its comments is not. */
static void test_comments_in_container(void **state) {
        for (unsigned commented = 0; commented < 2; commented++) {
                _cleanup_bytes_ Bytes xml = sign_file("a.xml", C14N, "<a>1</a>");
                _cleanup_(verify_report_done) VerifyReport report = { 0 };
                const SignatureReport *s;

                verify_container(&xml, commented ? "<a>1<!-- 2 --></a>" : "<a>1</a>\n", NULL, false, &report);
                s = &report.signatures[0];
                assert_true(s->integrity);
                assert_int_equal(s->n_covered, 1);
                assert_int_equal(report.n_unsigned_files, 0);
                assert_int_equal(s->covers_whole_document, !commented);
        }
        (void) state;
}

/* A ds:Manifest with that file in it, with another one, and with one that is not in the container. */
static Bytes sign_manifest(const char *transform, const char *canonical) {
        _cleanup_bytes_ Bytes list = BYTES_NULL, manifest = BYTES_NULL, object = BYTES_NULL, references = BYTES_NULL;

        append_reference(&list, "a.xml", transform, view_string(canonical));
        append_reference(&list, "b.txt", NULL, VIEW_LITERAL("b"));
        append_reference(&list, "elsewhere.xml", NULL, VIEW_LITERAL("x"));
        assert_int_equal(bytes_printf(&manifest, "<ds:Manifest" NS " Id=\"m\">%.*s</ds:Manifest>", (int) list.len, (const char *) list.data), 0);
        assert_int_equal(bytes_printf(&object, "<ds:Object>%.*s</ds:Object>", (int) manifest.len, (const char *) manifest.data), 0);
        append_reference(&references, "#m", EXCLUSIVE, bytes_view(&manifest));
        assert_int_equal(bytes_append_byte(&object, 0), 0);
        return sign(&references, (const char *) object.data);
}

static void test_damaged(void **state) {
        static const char text[] = "<a>1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1</a>";
        static const char *const transforms[] = { NULL, C14N };

        (void) state;
        for (size_t i = 0; i < ELEMENTSOF(transforms); i++) {
                _cleanup_bytes_ Bytes xml = sign_manifest(transforms[i], text);
                _cleanup_(verify_report_done) VerifyReport good = { 0 }, bad = { 0 };

                verify_container(&xml, text, "b", false, &good);
                if (!good.signatures[0].integrity)
                        print_message("%s\n", good.signatures[0].reason);
                assert_true(good.signatures[0].integrity);
                assert_int_equal(good.signatures[0].n_covered, 2);
                verify_container(&xml, text, "b", true, &bad);
                assert_false(bad.signatures[0].integrity);
                assert_int_equal(bad.indication, transforms[i] ? INDICATION_INDETERMINATE : INDICATION_TOTAL_FAILED);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_comments),
                cmocka_unit_test(test_comments_in_container),
                cmocka_unit_test(test_damaged),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
