/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* lib/sign/xml/xades.c and its parts: what was signed is, byte for byte, what libxml2 makes of the finished document, whatever stands around the signature and
 * whichever canonicalization was chosen; the service's rule for items (daemon/item-xml.c) lets it through; documents keep their bytes; and what cannot be signed is told by name. What other programs say stands in
 * tests/interop/xades.py. */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/item-rules.h"
#include "sign/xml/xades-extend.h"
#include "sign/xml/xades.h"
#include "sign/xml/xml-transform.h"
#include "signer-fixture.h"

#define DSIG "http://www.w3.org/2000/09/xmldsig#"

static ItemRules rules;

static int setup_rules(void **state) {
        int r = setup(state);

        rules.scheme = f.signer.scheme;
        return r;
}

/* --- Checking ----------------------------------------------------------------------------------------------------- */

static xmlNode *nth_signature(XmlDocument *d, size_t n) {
        for (xmlNode *node = xml_document_root(d); node; node = xml_walk(node, NULL))
                if (xml_is(node, DSIG, "Signature") && n-- == 0)
                        return node;
        fail();
        return NULL;
}

static void assert_signed_info(XmlDocument *d, xmlNode *info, View tbs) {
        _cleanup_xml_canonical_ XmlCanonical c = { 0 };
        _cleanup_bytes_ Bytes canonical = BYTES_NULL;

        assert_int_equal(xml_canonical_of_element(xml_child(info, DSIG, "CanonicalizationMethod"), &c), 0);
        assert_int_equal(xml_canonical_bytes(&(XmlSelection) { .document = d, .apex = info }, &c, 1024 * 1024, &canonical), 0);
        assert_int_equal(bytes_append_byte(&canonical, 0), 0);
        canonical.len--;
        if (!view_equal(bytes_view(&canonical), tbs))
                print_message("canonical: %s\n", canonical.data);
        assert_true(view_equal(bytes_view(&canonical), tbs));
        assert_null(item_xml_check(&rules, tbs));
}

static void assert_reference(XmlDocument *d, const xmlNode *signature, const xmlNode *reference, View octets) {
        _cleanup_xml_transforms_ XmlTransforms t = { 0 };
        _cleanup_bytes_ Bytes expected = BYTES_NULL;
        const char *uri = xml_attribute(reference, "URI");
        XmlInput input = { .selection = { .document = d, .without_comments = true } };
        XmlLoss loss = XML_LOSS_ALL;
        Digest digest;

        assert_int_equal(xml_transforms_read(xml_child(reference, DSIG, "Transforms"), &t), 0);
        if (uri[0] == '#')
                assert_int_equal(xml_document_find_id(d, uri + 1, &input.selection.apex), 0);
        else if (uri[0] != '\0')
                input = (XmlInput) { .octets = octets };
        assert_int_equal(xml_transforms_digest(&t, &input, signature, GNUTLS_DIG_SHA256, &digest, &loss), 0);
        assert_int_equal(loss, XML_LOSS_NONE);
        assert_int_equal(xml_base64(xml_child(reference, DSIG, "DigestValue"), 64, &expected), 0);
        if (!view_equal(bytes_view(&expected), digest_view(&digest)))
                print_message("reference to \"%s\"\n", uri);
        assert_true(view_equal(bytes_view(&expected), digest_view(&digest)));
}

static size_t assert_references(XmlDocument *d, xmlNode *signature, View octets) {
        const xmlNode *info = xml_child(signature, DSIG, "SignedInfo");
        size_t n = 0;

        for (const xmlNode *r = xml_child(info, DSIG, "Reference"); r; r = xml_next(r), n++)
                assert_reference(d, signature, r, octets);
        return n;
}

/* --- Making ------------------------------------------------------------------------------------------------------- */

static int try_draft(const XadesParams *params, int in, int out, XadesDraft **ret) {
        XadesParams p = *params;

        p.signing_time = WHEN;
        return xades_draft_new(&f.signer, &p, in, out, ret);
}

static void complete(XadesDraft *d) {
        const SignerItem item = { .type = SIGNER_ITEM_XML_SIGNEDINFO, .tbs = xades_draft_tbs(d) };
        _cleanup_bytes_ Bytes value = BYTES_NULL;

        assert_int_equal(f.signer.sign(&f.signer, &item, 1, &value), 0);
        assert_int_equal(value.len, 64);
        assert_int_equal(xades_draft_complete(d, bytes_view(&value), VIEW(NULL, 0)), 0);
}

/* Signs, and holds signature number `n` of what came out against a tree of it. */
static void sign_and_check(View text, const XadesParams *params, size_t n, Bytes *ret) {
        _cleanup_close_ int in = memory_file(text), out = memory_file(VIEW(NULL, 0));
        _cleanup_(xades_draft_freep) XadesDraft *d = NULL;
        _cleanup_xml_document_ XmlDocument *document = NULL;
        xmlNode *signature;

        assert_int_equal(try_draft(params, in, out, &d), 0);
        complete(d);
        assert_int_equal(xml_document_open(out, &document), 0);
        signature = nth_signature(document, n);
        assert_signed_info(document, xml_child(signature, DSIG, "SignedInfo"), xades_draft_tbs(d));
        assert_int_equal(assert_references(document, signature, text), 2);
        assert_int_equal(lseek(out, 0, SEEK_SET), 0);
        if (ret)
                assert_int_equal(read_fd(out, 1 << 20, ret), 0);
}

static const char *const documents[] = {
        "<a/>",
        "<a></a>",
        "<a\n/>\n",
        "<?xml version=\"1.0\"?>\n<!-- > --><?p <a> ?>\n<a b='\"' c=\"/\">\r\n<b x='>'/><![CDATA[</a>]]><!-- </a> --></a >\n<!-- -->",
        "<x:a xmlns:x=\"urn:x\" xmlns=\"urn:d\" xmlns:xml=\"http://www.w3.org/XML/1998/namespace\"><b xmlns=\"\"><c/></b></x:a>",
        "<ds:a xmlns:ds=\"urn:not-dsig\" xmlns:xades=\"urn:not-xades\" xmlns:dsig-filter2=\"urn:x\" xmlns:A=\"urn:A\"><A:b/></ds:a>",
        "<a xmlns:ds=\"" DSIG "\" xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\"><b/></a>",
        "<a xml:lang=\"pl\" xml:space=\"preserve\" Id=\"one\"><b>zażółć &amp; &lt; &#13; \t</b></a>",
        "<?xml version=\"1.0\" encoding=\"ISO-8859-2\"?><a b=\"\xbf\">\xb1<b/></a>",
        "\xef\xbb\xbf<a><b/></a>",
};

static void test_enveloped(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(documents); i++)
                for (XadesCanonicalization c = XADES_C14N_EXCLUSIVE; c <= XADES_C14N_INCLUSIVE_11; c++)
                        for (int parallel = 0; parallel < 2; parallel++) {
                                const XadesParams params = { .options = { .canonicalization = c, .parallel = parallel } };

                                sign_and_check(view_string(documents[i]), &params, 0, NULL);
                        }
}

/* All of the document's bytes are there, before and behind the signature. */
static void test_bytes_stay(void **state) {
        for (size_t i = 3; i < ELEMENTSOF(documents); i++) {
                View text = view_string(documents[i]);
                _cleanup_bytes_ Bytes out = BYTES_NULL;
                const uint8_t *start, *end;
                size_t before;

                sign_and_check(text, &(XadesParams) { 0 }, 0, &out);
                start = memmem(out.data, out.len, "<ds:Signature ", 14);
                end = memmem(out.data, out.len, "</ds:Signature>", 15);
                assert_true(start && end);
                before = (size_t) (start - out.data);
                assert_memory_equal(out.data, text.data, before);
                assert_int_equal((size_t) (out.data + out.len - end) - 15, text.len - before);
                assert_memory_equal(end + 15, text.data + before, text.len - before);
        }
}

static void test_claims(void **state) {
        const XadesParams params = {
                .options = { .canonicalization = XADES_C14N_INCLUSIVE, .city = "Łódź <&>\"", .postal_code = "90-001", .country = "PL", .role = "Główna\tksięgowa 😀" },
        };
        _cleanup_bytes_ Bytes out = BYTES_NULL;

        /* In an encoding that has none of these letters. */
        sign_and_check(view_string("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>"), &params, 0, &out);
        assert_non_null(memmem(out.data, out.len, "&#x141;&#xF3;d&#x17A; &lt;&amp;&gt;\"", 34));
        assert_non_null(memmem(out.data, out.len, "&#x1F600;", 9));
}

static void test_chosen(void **state) {
        static const struct {
                const char *document, *element, *place, *uri;
        } cases[] = {
                { "<a><b Id=\"i\"/><c/></a>", "/a/b", NULL, "URI=\"#i\"" },
                { "<a><b Id=\"i\"/><c/></a>", "/a/b", "/a/c", "URI=\"#i\"" },
                { "<a><b id=\"i\">x</b><c/></a>", "//b", "/a", "URI=\"#i\"" },
                { "<a><b/><b>x</b><c/></a>", "/a/b[2]", "/a/c", "/*/*[2]</dsig-filter2:XPath>" },
                { "<a><b/><b>x</b><c/></a>", "/a/b[2]", NULL, "/*/*[2]</dsig-filter2:XPath>" },
                { "<a><b Id=\"i\"/><c Id=\"i\"/></a>", "/a/b", "/a/c", "/*/*[1]</dsig-filter2:XPath>" },
                { "<a xmlns=\"urn:d\" xmlns:p=\"urn:p\"><p:b/><c/></a>", "/default:a/p:b", NULL, "/*/*[1]</dsig-filter2:XPath>" },
                { "<a xml:lang=\"pl\"><b xml:space=\"preserve\"> <c/></b></a>", "//c", "//c", "/*/*[1]/*[1]</dsig-filter2:XPath>" },
                { "<a><b/></a>", "/a", "/a/b", "URI=\"\"" },
                { "<a><b/></a>", NULL, "/a/b", "URI=\"\"" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                for (XadesCanonicalization c = XADES_C14N_EXCLUSIVE; c <= XADES_C14N_INCLUSIVE_11; c++) {
                        const XadesParams params = { .options = { .canonicalization = c, .element = cases[i].element, .place = cases[i].place } };
                        _cleanup_bytes_ Bytes out = BYTES_NULL;

                        sign_and_check(view_string(cases[i].document), &params, 0, &out);
                        assert_non_null(memmem(out.data, out.len, cases[i].uri, strlen(cases[i].uri)));
                }
}

/* xml: attributes of what is around: the nearest counts, and the two inclusive canonicalizations inherit different ones. */
static void test_inherited(void **state) {
        const View text = VIEW_LITERAL("<a xml:base='http://example/' xml:lang='pl' xml:id='q' xml:space='default'><b xml:lang='en'><c xml:space='preserve'/></b></a>");
        const View no_base = VIEW_LITERAL("<a xml:lang='pl' xml:id='q' xml:other='&lt;ż'><b xml:lang=''><c/></b></a>");
        const XadesParams inclusive = { .options = { .canonicalization = XADES_C14N_INCLUSIVE, .place = "//c" } };
        const XadesParams inclusive_11 = { .options = { .canonicalization = XADES_C14N_INCLUSIVE_11, .place = "//c" } };
        const XadesParams exclusive = { .options = { .place = "//c" } };

        sign_and_check(text, &inclusive, 0, NULL);
        sign_and_check(text, &exclusive, 0, NULL);
        sign_and_check(no_base, &inclusive, 0, NULL);
        sign_and_check(no_base, &inclusive_11, 0, NULL);
}

static void test_around_and_beside(void **state) {
        static const uint8_t octets[] = { 0, 0xff, '<', 1, 2 };
        static const View contents[] = { { octets, sizeof(octets) }, { octets, 4 }, { octets, 3 } };

        for (size_t i = 0; i < ELEMENTSOF(contents); i++) {
                sign_and_check(contents[i], &(XadesParams) { .packing = XADES_ENVELOPING, .media_type = "application/pdf" }, 0, NULL);
                sign_and_check(contents[i], &(XadesParams) { .packing = XADES_DETACHED, .name = "faktura żółta.pdf" }, 0, NULL);
        }
        sign_and_check(VIEW(NULL, 0), &(XadesParams) { .packing = XADES_DETACHED, .name = "empty" }, 0, NULL);
}

static void test_large_base64(void **state) {
        _cleanup_bytes_ Bytes large = BYTES_NULL;

        for (unsigned i = 0; i < 250000; i++)
                assert_int_equal(bytes_append_u32be(&large, i * 2654435761U), 0);
        assert_int_equal(bytes_append_byte(&large, 1), 0);
        sign_and_check(bytes_view(&large), &(XadesParams) { .packing = XADES_ENVELOPING }, 0, NULL);
}

/* Nine files in one signature, as ASiC has them. */
static void test_manifest(void **state) {
        static const char name[] = "folder/żółty & <1>.txt";
        _cleanup_(xades_draft_freep) XadesDraft *d = NULL;
        _cleanup_bytes_ Bytes out = BYTES_NULL, value = BYTES_NULL;
        _cleanup_xml_document_ XmlDocument *document = NULL;
        XadesFile files[9] = { 0 };
        xmlNode *signature;
        SignerItem item;

        for (size_t i = 0; i < ELEMENTSOF(files); i++) {
                files[i] = (XadesFile) { .name = name };
                assert_int_equal(digest_of(GNUTLS_DIG_SHA256, VIEW_LITERAL("content"), &files[i].digest), 0);
        }
        for (XadesCanonicalization c = XADES_C14N_EXCLUSIVE; c <= XADES_C14N_INCLUSIVE_11; c++) {
                const XadesParams params = { .signing_time = WHEN, .options.canonicalization = c };

                d = xades_draft_free(d);
                bytes_done(&value);
                bytes_done(&out);
                document = xml_document_free(document);
                assert_int_equal(xades_draft_new_manifest(&f.signer, &params, files, ELEMENTSOF(files), &d), 0);
                item = (SignerItem) { .type = SIGNER_ITEM_XML_SIGNEDINFO, .tbs = xades_draft_tbs(d) };
                assert_int_equal(f.signer.sign(&f.signer, &item, 1, &value), 0);
                assert_int_equal(xades_draft_complete_bytes(d, bytes_view(&value), VIEW(NULL, 0), &out), 0);
                assert_int_equal(xml_document_read(bytes_view(&out), &document), 0);
                assert_true(xml_is(xml_document_root(document), "http://uri.etsi.org/02918/v1.2.1#", "XAdESSignatures"));
                signature = nth_signature(document, 0);
                assert_signed_info(document, xml_child(signature, DSIG, "SignedInfo"), xades_draft_tbs(d));
                assert_int_equal(assert_references(document, signature, VIEW_LITERAL("content")), 10);
                assert_non_null(memmem(out.data, out.len, "URI=\"folder/%C5%BC%C3%B3%C5%82ty%20%26%20%3C1%3E.txt\"", 53));
        }
}

static void test_too_many(void **state) {
        enum { N = 6000 };
        XadesFile *files = calloc(N, sizeof(*files));
        XadesDraft *d = NULL;

        assert_non_null(files);
        for (size_t i = 0; i < N; i++)
                files[i] = (XadesFile) { .name = "x", .digest.len = 32 };
        assert_int_equal(xades_draft_new_manifest(&f.signer, &(XadesParams) { .signing_time = WHEN }, files, N, &d), XADES_E_TOO_MANY);
        assert_int_equal(xades_draft_new_manifest(&f.signer, &(XadesParams) { .signing_time = WHEN }, files, 0, &d), -EINVAL);
        assert_null(d);
        free(files);
}

/* A second signature leaves the first intact, or is not made. */
static void test_second(void **state) {
        const XadesParams simple = { 0 }, parallel = { .options.parallel = true };
        const XadesParams left = { .options.element = "/a/b" }, right = { .options.element = "/a/c" };
        const View text = VIEW_LITERAL("<a><b/><c/></a>");
        _cleanup_bytes_ Bytes one = BYTES_NULL, two = BYTES_NULL;
        _cleanup_close_ int in = -1, out = memory_file(VIEW(NULL, 0));
        _cleanup_xml_document_ XmlDocument *document = NULL;
        XadesDraft *d = NULL;

        sign_and_check(text, &simple, 0, &one);
        in = memory_file(bytes_view(&one));
        assert_int_equal(try_draft(&simple, in, out, &d), XADES_E_BREAKS);
        assert_int_equal(try_draft(&parallel, in, out, &d), XADES_E_BREAKS);
        bytes_done(&one);

        sign_and_check(text, &parallel, 0, &one);
        sign_and_check(bytes_view(&one), &parallel, 1, &two);
        assert_int_equal(xml_document_read(bytes_view(&two), &document), 0);
        assert_int_equal(assert_references(document, nth_signature(document, 0), text), 2);
        document = xml_document_free(document);
        bytes_done(&one);
        bytes_done(&two);

        sign_and_check(text, &left, 0, &one);
        sign_and_check(bytes_view(&one), &right, 1, &two);
        assert_int_equal(xml_document_read(bytes_view(&two), &document), 0);
        assert_int_equal(assert_references(document, nth_signature(document, 0), text), 2);
        close(in);
        in = memory_file(bytes_view(&two));
        assert_int_equal(try_draft(&left, in, out, &d), XADES_E_BREAKS);
        /* Nor is one put into another one. */
        assert_int_equal(try_draft(&(XadesParams) { .options = { .parallel = true, .place = "//*[local-name() = 'Object'][1]" } }, in, out, &d), XADES_E_NO_ELEMENT);
        assert_int_equal(try_draft(&(XadesParams) { .options = { .parallel = true, .place = "(//*[local-name() = 'Object'])[1]" } }, in, out, &d), XADES_E_BREAKS);
        assert_int_equal(try_draft(&(XadesParams) { .options = { .parallel = true, .place = "/a/b/*[1]" } }, in, out, &d), XADES_E_BREAKS);
        assert_null(d);
}

static const xmlNode *timestamp_of(const xmlNode *signature) {
        static const char xades[] = "http://uri.etsi.org/01903/v1.3.2#";
        const xmlNode *n = xml_child(signature, DSIG, "Object");

        n = n ? xml_child(n, xades, "QualifyingProperties") : NULL;
        n = n ? xml_child(n, xades, "UnsignedProperties") : NULL;
        n = n ? xml_child(n, xades, "UnsignedSignatureProperties") : NULL;
        n = n ? xml_child(n, xades, "SignatureTimeStamp") : NULL;
        return n ? xml_child(n, xades, "EncapsulatedTimeStamp") : NULL;
}

static void assert_token(const xmlNode *signature, const char *expected) {
        const xmlNode *element = timestamp_of(signature);
        _cleanup_bytes_ Bytes token = BYTES_NULL;

        assert_non_null(element);
        assert_int_equal(xml_base64(element, 64, &token), 0);
        assert_true(view_equal(bytes_view(&token), view_string(expected)));
}

/* A token that comes with the signature, and what it is over. */
static void test_timestamped(void **state) {
        _cleanup_close_ int in = memory_file(VIEW_LITERAL("<a/>")), out = memory_file(VIEW(NULL, 0));
        _cleanup_bytes_ Bytes stamped = BYTES_NULL, canonical = BYTES_NULL;
        _cleanup_(xades_draft_freep) XadesDraft *d = NULL;
        _cleanup_xml_document_ XmlDocument *document = NULL;
        _cleanup_xml_canonical_ XmlCanonical c = { 0 };
        xmlNode *signature;

        assert_int_equal(try_draft(&(XadesParams) { 0 }, in, out, &d), 0);
        assert_int_equal(xades_draft_stamped(d, VIEW_LITERAL("value"), &stamped), 0);
        assert_int_equal(xades_draft_complete(d, VIEW_LITERAL("value"), VIEW_LITERAL("token")), 0);
        assert_int_equal(xml_document_open(out, &document), 0);
        signature = nth_signature(document, 0);
        assert_token(signature, "token");
        assert_int_equal(assert_references(document, signature, VIEW(NULL, 0)), 2);
        assert_int_equal(xml_canonical_of_uri("http://www.w3.org/2001/10/xml-exc-c14n#", &c), 0);
        assert_int_equal(xml_canonical_bytes(&(XmlSelection) { .document = document, .apex = xml_child(signature, DSIG, "SignatureValue") }, &c, 4096,
                                             &canonical), 0);
        assert_true(view_equal(bytes_view(&canonical), bytes_view(&stamped)));
}

/* Extends all but the first signature, which breaks none of them; then the first. */
static void test_extended(void **state) {
        const XadesParams parallel = { .options.parallel = true };
        _cleanup_bytes_ Bytes one = BYTES_NULL, two = BYTES_NULL, three = BYTES_NULL, four = BYTES_NULL, stamped = BYTES_NULL;
        _cleanup_xml_document_ XmlDocument *document = NULL;
        XadesExtension *e = NULL;

        sign_and_check(VIEW_LITERAL("<a>\n</a>"), &parallel, 0, &one);
        sign_and_check(bytes_view(&one), &parallel, 1, &two);
        assert_int_equal(xades_extension_new(bytes_view(&two), &e), 0);
        assert_int_equal(xades_extension_count(e), 2);
        assert_int_equal(xades_extension_stamped(e, 1, &stamped), 0);
        assert_memory_equal(stamped.data, "<ds:SignatureValue xmlns:ds=\"" DSIG "\" Id=\"", 69);
        assert_int_equal(xades_extension_complete(e, (const View[]) { { 0 }, VIEW_LITERAL("second") }, &three), 0);
        xades_extension_free(e);

        assert_int_equal(xades_extension_new(bytes_view(&three), &e), 0);
        assert_int_equal(xades_extension_count(e), 1);
        assert_int_equal(xades_extension_complete(e, (const View[]) { VIEW_LITERAL("first") }, &four), 0);
        xades_extension_free(e);
        assert_int_equal(xml_document_read(bytes_view(&four), &document), 0);
        assert_token(nth_signature(document, 0), "first");
        assert_token(nth_signature(document, 1), "second");
        for (size_t i = 0; i < 2; i++)
                assert_int_equal(assert_references(document, nth_signature(document, i), VIEW(NULL, 0)), 2);
        assert_int_equal(xades_extension_new(bytes_view(&four), &e), XADES_E_STAMPED);
}

#define OTHERS(unsigned, more) \
        "<s:Signature xmlns:s='" DSIG "'><s:SignatureValue >YQ==</s:SignatureValue><s:Object><QualifyingProperties " \
        "xmlns='http://uri.etsi.org/01903/v1.3.2#'><SignedProperties/>" unsigned "</QualifyingProperties></s:Object></s:Signature>" more

/* Signatures of others, with what they have of unsigned properties. */
static void test_extended_others(void **state) {
        static const struct {
                const char *document, *expected;
        } cases[] = {
                { OTHERS("", ""), "<SignedProperties/><xades:UnsignedProperties xmlns:xades=\"" },
                { OTHERS("<UnsignedProperties/>", ""), "<UnsignedProperties><xades:UnsignedSignatureProperties xmlns:xades=\"" },
                { OTHERS("<UnsignedProperties></UnsignedProperties>", ""), "<UnsignedProperties><xades:UnsignedSignatureProperties xmlns:xades=\"" },
                { OTHERS("<UnsignedProperties><UnsignedSignatureProperties /></UnsignedProperties>", ""),
                  "<UnsignedSignatureProperties ><xades:SignatureTimeStamp xmlns:xades=\"" },
                { OTHERS("<UnsignedProperties><UnsignedSignatureProperties><CounterSignature/></UnsignedSignatureProperties></UnsignedProperties>", ""),
                  "<CounterSignature/><xades:SignatureTimeStamp xmlns:xades=\"" },
        };
        static const char *const refused[] = {
                "<a/>",
                "<s:Signature xmlns:s='" DSIG "'><s:SignatureValue>YQ==</s:SignatureValue></s:Signature>",
                OTHERS("<UnsignedProperties><UnsignedSignatureProperties><SignatureTimeStamp/></UnsignedSignatureProperties></UnsignedProperties>", ""),
                OTHERS("<UnsignedProperties><UnsignedSignatureProperties><CertificateValues/></UnsignedSignatureProperties></UnsignedProperties>", ""),
        };
        XadesExtension *e = NULL;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_xml_document_ XmlDocument *document = NULL;
                _cleanup_bytes_ Bytes out = BYTES_NULL, stamped = BYTES_NULL;

                assert_int_equal(xades_extension_new(view_string(cases[i].document), &e), 0);
                assert_int_equal(xades_extension_stamped(e, 0, &stamped), 0);
                assert_true(view_equal(bytes_view(&stamped), VIEW_LITERAL("<s:SignatureValue xmlns:s=\"" DSIG "\">YQ==</s:SignatureValue>")));
                assert_int_equal(xades_extension_complete(e, (const View[]) { VIEW_LITERAL("token") }, &out), 0);
                e = xades_extension_free(e);
                assert_non_null(memmem(out.data, out.len, cases[i].expected, strlen(cases[i].expected)));
                assert_int_equal(xml_document_read(bytes_view(&out), &document), 0);
                assert_token(xml_document_root(document), "token");
        }
        for (size_t i = 0; i < ELEMENTSOF(refused); i++)
                assert_int_equal(xades_extension_new(view_string(refused[i]), &e), i < 2 ? XADES_E_SIGNED : XADES_E_STAMPED);
        assert_int_equal(xades_extension_new(VIEW_LITERAL("<a>" OTHERS("", "<s:Signature xmlns:s='" DSIG "'><s:SignedInfo><s:Reference URI=''/></s:SignedInfo>"
                                                                                   "</s:Signature></a>")), &e), XADES_E_BREAKS);
}

#define LOGIN(ns) "<AuthTokenRequest xmlns=\"" ns "\"><Challenge>x</Challenge></AuthTokenRequest>"
#define KSEF "http://ksef.mf.gov.pl/auth/token/2.0"

static void test_ksef(void **state) {
        const XadesParams within = { .options.profile = XADES_PROFILE_KSEF };
        _cleanup_bytes_ Bytes out = BYTES_NULL;

        sign_and_check(VIEW_LITERAL(LOGIN(KSEF)), &within, 0, NULL);
        for (XadesCanonicalization c = XADES_C14N_EXCLUSIVE; c <= XADES_C14N_INCLUSIVE_11; c++) {
                const XadesParams around = { .packing = XADES_ENVELOPING, .options = { .profile = XADES_PROFILE_KSEF, .canonicalization = c } };

                bytes_done(&out);
                sign_and_check(VIEW_LITERAL("<?xml version=\"1.0\"?>\n<!-- -->" LOGIN(KSEF) "\n"), &around, 0, &out);
                assert_non_null(memmem(out.data, out.len, LOGIN(KSEF), sizeof(LOGIN(KSEF)) - 1));
        }
}

static void test_refused(void **state) {
        static const struct {
                const char *document;
                XadesParams params;
                int outcome;
        } cases[] = {
                { "", { 0 }, XADES_E_NOT_XML },
                { "text", { 0 }, XADES_E_NOT_XML },
                { "<a><b></a>", { 0 }, XADES_E_NOT_XML },
                { "<p:a/>", { 0 }, XADES_E_NOT_XML },
                { "<a xmlns='relative'/>", { 0 }, XADES_E_CANONICAL },
                { "<!DOCTYPE a><a/>", { 0 }, XADES_E_DOCTYPE },
                { "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", { 0 }, XADES_E_DOCTYPE },
                { "<a/>", { .options.element = "/a[" }, XADES_E_XPATH },
                { "<a/>", { .options.element = "/p:a" }, XADES_E_XPATH },
                { "<a/>", { .options.element = "/b" }, XADES_E_NO_ELEMENT },
                { "<a><b/><b/></a>", { .options.element = "//b" }, XADES_E_NO_ELEMENT },
                { "<a b='c'/>", { .options.element = "/a/@b" }, XADES_E_NO_ELEMENT },
                { "<a/>", { .options.place = "count(/a)" }, XADES_E_NO_ELEMENT },
                { "<a xml:base='x'/>", { .options.canonicalization = XADES_C14N_INCLUSIVE_11 }, XADES_E_XML_BASE },
                { "<a/>", { .options.profile = XADES_PROFILE_KSEF }, XADES_E_KSEF },
                { LOGIN("urn:x"), { .options.profile = XADES_PROFILE_KSEF }, XADES_E_KSEF },
                { "<a/>", { .packing = XADES_ENVELOPING, .options.profile = XADES_PROFILE_KSEF }, XADES_E_KSEF },
                { LOGIN(KSEF), { .packing = XADES_DETACHED, .name = "x", .options.profile = XADES_PROFILE_KSEF }, XADES_E_PROFILE },
                { LOGIN(KSEF), { .options = { .profile = XADES_PROFILE_KSEF, .element = "/*" } }, XADES_E_PROFILE },
                { "<a/>", { .packing = XADES_ENVELOPING, .options.profile = XADES_PROFILE_CUSTOMS }, XADES_E_PROFILE },
                { "", { .packing = XADES_ENVELOPING }, XADES_E_EMPTY },
                { "<a/>", { .packing = XADES_DETACHED }, -EINVAL },
                { "<a/>", { .options.city = "a\x01" }, -EILSEQ },
                { "<a/>", { .options.role = "\xff" }, -EILSEQ },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_close_ int in = memory_file(view_string(cases[i].document)), out = memory_file(VIEW(NULL, 0));
                XadesDraft *d = NULL;
                int r = try_draft(&cases[i].params, in, out, &d);

                if (r != cases[i].outcome)
                        print_message("%s\n", cases[i].document);
                assert_int_equal(r, cases[i].outcome);
                assert_null(d);
        }
        for (int i = XADES_E_NOT_XML; i < XADES_E_STAMPED; i++)
                assert_string_not_equal(xades_strerror(i), xades_strerror(i + 1));
}

static void test_utf16(void **state) {
        static const char text[] = "\xff\xfe<\0a\0/\0>\0";
        _cleanup_close_ int in = memory_file(VIEW(text, sizeof(text) - 1)), out = memory_file(VIEW(NULL, 0));
        XadesDraft *d = NULL;

        assert_int_equal(try_draft(&(XadesParams) { 0 }, in, out, &d), XADES_E_ENCODING);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_enveloped),
                cmocka_unit_test(test_bytes_stay),
                cmocka_unit_test(test_claims),
                cmocka_unit_test(test_chosen),
                cmocka_unit_test(test_inherited),
                cmocka_unit_test(test_around_and_beside),
                cmocka_unit_test(test_large_base64),
                cmocka_unit_test(test_manifest),
                cmocka_unit_test(test_too_many),
                cmocka_unit_test(test_second),
                cmocka_unit_test(test_timestamped),
                cmocka_unit_test(test_extended),
                cmocka_unit_test(test_extended_others),
                cmocka_unit_test(test_ksef),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_utf16),
        };

        return cmocka_run_group_tests(tests, setup_rules, teardown);
}
