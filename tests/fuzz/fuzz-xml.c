/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fuzz target for XML signatures: verification as a whole, with nobody trusted, so that nothing may pass; and what stands behind the signature value, which hardly any
 * altered input comes to, by itself. Detached ones of the inputs are over "abc". */

#include <sys/mman.h>

#include "base/atomic-file.h"
#include "sign/xml/xades-timestamps.h"
#include "sign/xml/xades-verify.h"
#include "sign/xml/xml-algorithms.h"
#include "sign/xml/xml-coverage.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int digest_abc(void *userdata, const char *uri, gnutls_digest_algorithm_t algorithm, Digest *ret) {
        return digest_of(algorithm, VIEW_LITERAL("abc"), ret);
}

static int read_abc(void *userdata, const char *uri, Bytes *ret) {
        return bytes_dup(VIEW_LITERAL("<abc/>"), ret);
}

static const XmlResolver resolver = { .digest = digest_abc, .read = read_abc };

static void run_whole(XmlDocument *d) {
        _cleanup_(verify_report_done) VerifyReport report = { 0 };
        _cleanup_revocation_pool_ RevocationPool pool = { 0 };
        VerifyParams params = { .now = 1769860800, .content_fd = -1, .revocation = &pool };

        if (xades_verify_document(d, &params, &resolver, &report) < 0)
                return;
        require(verify_report_conclude(&report, "none") == 0);
        forbid(report.indication == INDICATION_TOTAL_PASSED);
        require(report.reason);
        for (size_t i = 0; i < report.n_signatures; i++) {
                const SignatureReport *s = &report.signatures[i];

                forbid(s->indication == INDICATION_TOTAL_PASSED);
                require(s->subindication != SUB_NONE && s->reason && s->format);
                require(s->integrity || !s->covers_whole_document);
        }
}

static void run_references(XmlDocument *d, const XmlSignature *s, const XadesProperties *p) {
        _cleanup_(signature_report_done) SignatureReport report = { 0 };
        uint64_t budget = xml_references_budget(xml_document_size(d));
        const XmlReferences references = { .document = d, .signature = s, .signed_properties = p->signed_properties, .resolver = &resolver, .report = &report, .budget = &budget };
        SubIndication sub = SUB_NONE;
        const char *reason = NULL;
        _cleanup_xades_timestamps_ XadesTimestamps timestamps = { .n = 0 };
        XmlCoverage coverage;
        int r;

        r = xml_references_verify(&references, &coverage, &sub, &reason);
        require(r <= 0 || (sub != SUB_NONE && reason));
        if (r == 0)
                xml_coverage_is_whole(&coverage, s, d);
        /* Whatever the references are worth. */
        xades_timestamps_read(&references, p, &timestamps);
}

static void run_parts(XmlDocument *d, xmlNode *element) {
        _cleanup_xades_properties_ XadesProperties p = { 0 };
        _cleanup_xml_certificates_ XmlCertificates certificates = { 0 };
        _cleanup_revocation_pool_ RevocationPool pool = { 0 };
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t key = NULL;
        const char *reason = NULL;
        CmsAlgorithms algorithms;
        XmlSignature s;
        int r;

        if (xml_signature_read(element, &s) < 0)
                return;
        xml_algorithms_read(s.method, &algorithms);
        xml_key_info_certificates(s.key_info, &certificates);
        xml_key_info_key(s.key_info, &key);
        r = xades_properties_read(&s, &p, &reason);
        require(r <= 0 || reason);
        if (r != 0)
                return;
        xades_values_collect(&p, NULL, &certificates, &pool);
        for (size_t i = 0; i < certificates.n; i++)
                xades_names_certificate(&p, certificates.list[i]);
        run_references(d, &s, &p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_xml_document_ XmlDocument *d = NULL;
        int r = xml_document_read(VIEW(data, size), &d);

        require(r == 0 || !d, 0);
        if (r != 0)
                return 0;
        run_whole(d);
        for (xmlNode *n = xml_signature_find(d, NULL); n; n = xml_signature_find(d, n))
                run_parts(d, n);
        return 0;
}
