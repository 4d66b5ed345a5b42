/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One signature of an XML document; see xades-signature.h. Each step says what it found against the signature, and the first that does ends it: what a signature
 * refers to is not looked at for a value that does not fit. */

#include <errno.h>
#include <string.h>

#include "sign/cms/cms-brainpool.h"
#include "sign/trust/signer-trust.h"
#include "sign/trust/time-mark.h"
#include "sign/xml/xades-policy.h"
#include "sign/xml/xades-signature.h"
#include "sign/xml/xades-timestamps.h"
#include "sign/xml/xml-algorithms.h"
#include "sign/xml/xml-canonical.h"
#include "sign/xml/xml-coverage.h"

#define SIGNED_INFO_MAX (16U * 1024U * 1024U)
#define VALUE_TEXT_MAX (16U * 1024U)

typedef struct Verification {
        XadesContext *context;
        SignatureReport *report;
        size_t index;
        XmlSignature signature;
        XadesProperties properties;
        XmlCertificates certificates;
        CmsAlgorithms algorithms;
        Bytes signed_info, value;
        gnutls_x509_crt_t signer; /* borrowed from `certificates` */
        XadesTimestamps timestamps;
        XmlCoverage coverage;
} Verification;

static void verification_done(Verification *v) {
        xades_properties_done(&v->properties);
        xml_certificates_done(&v->certificates);
        xades_timestamps_done(&v->timestamps);
        bytes_done(&v->signed_info);
        bytes_done(&v->value);
}

/* 1, or what noting it failed with. */
static int end(Verification *v, SubIndication sub, const char *reason) {
        int r = signature_report_note(v->report, sub, reason);

        return r < 0 ? r : 1;
}

static int read_structure(Verification *v, xmlNode *element) {
        const char *reason;
        int r;

        r = xml_signature_read(element, &v->signature);
        if (r == -E2BIG)
                return end(v, SUB_FORMAT_FAILURE, N_("The signature refers to more than is examined."));
        if (r < 0)
                return end(v, SUB_FORMAT_FAILURE, N_("The signature is malformed: its structure is not that of an XML signature."));
        r = xades_properties_read(&v->signature, &v->properties, &reason);
        if (r > 0)
                return end(v, SUB_FORMAT_FAILURE, reason);
        v->report->signing_time = v->properties.signing_time;
        return r;
}

static int read_algorithms(Verification *v) {
        int r = xml_algorithms_read(v->signature.method, &v->algorithms);

        if (r == XML_ALGORITHM_E_SECRET)
                return end(v, SUB_CRYPTO_CONSTRAINTS_FAILURE, N_("It is no signature: it was made with a secret that whoever can verify it must have, too."));
        return r > 0 ? end(v, SUB_CRYPTO_CONSTRAINTS_FAILURE, N_("The signature uses an algorithm that is not supported.")) : 0;
}

/* What is signed, and the value. */
static int read_value(Verification *v) {
        XmlSelection s = { .document = v->context->document, .apex = v->signature.signed_info };
        _cleanup_xml_canonical_ XmlCanonical c = { 0 };
        int r;

        r = xml_canonical_of_element(v->signature.canonicalization, &c);
        if (r == -EOPNOTSUPP)
                return end(v, SUB_CRYPTO_CONSTRAINTS_FAILURE, N_("The signature uses an algorithm that is not supported."));
        if (r >= 0)
                r = xml_canonical_bytes(&s, &c, SIGNED_INFO_MAX, &v->signed_info);
        if (r == -E2BIG)
                return end(v, SUB_FORMAT_FAILURE, N_("The signature refers to more than is examined."));
        if (r >= 0)
                r = xml_base64(v->signature.value, VALUE_TEXT_MAX, &v->value);
        if (r == -EBADMSG || r == -E2BIG)
                return end(v, SUB_FORMAT_FAILURE, N_("The signature is damaged: its value, or what it is over, can not be read."));
        return r;
}

static int verify_with(const Verification *v, gnutls_x509_crt_t crt) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t key = NULL;
        BrainpoolKey brainpool;

        if (cms_brainpool_key(crt, &brainpool) > 0)
                return cms_brainpool_verify_numbers(&v->algorithms, &brainpool, bytes_view(&v->signed_info), bytes_view(&v->value));
        if (gnutls_pubkey_init(&key) < 0)
                return -ENOMEM;
        if (gnutls_pubkey_import_x509(key, crt, 0) < 0)
                return -EOPNOTSUPP;
        return xml_signature_value_verify(&v->algorithms, key, bytes_view(&v->signed_info), bytes_view(&v->value));
}

/* The signer's is the certificate that the signed properties name, or without them any that came along, whose key made the value. Where there is none, the first
 * that could have been is described. 0 with `signer`, 1 with nothing found, else what was found against the first. */
static int find_signer(Verification *v) {
        int first = 1;

        for (size_t i = 0; i < v->certificates.n; i++) {
                gnutls_x509_crt_t crt = v->certificates.list[i];
                int r;

                if (v->properties.has_signing_certificate && !xades_names_certificate(&v->properties, crt))
                        continue;
                r = verify_with(v, crt);
                if (r == -ENOMEM)
                        return r;
                if (r == 0 || first > 0)
                        v->signer = crt;
                if (r == 0)
                        return 0;
                if (first > 0)
                        first = r;
        }
        return first;
}

/* A key without a certificate is nobody's; it tells whether the value fits, no more. */
static int verify_with_bare_key(Verification *v, bool came_with_another) {
        _cleanup_(gnutls_pubkey_deinitp) gnutls_pubkey_t key = NULL;
        int r;

        if (came_with_another)
                return end(v, SUB_NO_SIGNING_CERTIFICATE_FOUND, N_("The signature names another certificate as the signer's than the one it came with."));
        r = xml_key_info_key(v->signature.key_info, &key);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return end(v, SUB_NO_SIGNING_CERTIFICATE_FOUND, N_("The signer's certificate is not in the signature."));
        r = xml_signature_value_verify(&v->algorithms, key, bytes_view(&v->signed_info), bytes_view(&v->value));
        return r < 0 ? r : signature_report_note(v->report, SUB_NO_SIGNING_CERTIFICATE_FOUND, N_("The signer's certificate is not in the signature."));
}

/* EN 319 132-1 section 5.4.1: what KeyInfo lacks may be among the values; there the signer's certificate is found only by its signed name. */
static int find_signer_among_values(Verification *v) {
        int r = v->properties.has_signing_certificate ? xades_values_collect(&v->properties, NULL, &v->certificates, NULL) : 0;

        return r < 0 ? r : find_signer(v);
}

static int verify_value(Verification *v) {
        bool came_with_another;
        int r, q;

        r = xml_key_info_certificates(v->signature.key_info, &v->certificates);
        if (r < 0)
                return r;
        came_with_another = v->certificates.n > 0;
        r = find_signer(v);
        if (r > 0)
                r = find_signer_among_values(v);
        if (r == -ENOMEM)
                return r;
        if (v->signer) {
                q = signature_report_describe(v->report, v->signer);
                if (q < 0)
                        return q;
        } else if (r > 0)
                r = verify_with_bare_key(v, came_with_another);
        if (r == -EKEYREJECTED)
                return end(v, SUB_SIG_CRYPTO_FAILURE, N_("The signature value does not fit: the signature was altered or made with another key."));
        if (r == -EOPNOTSUPP)
                return end(v, SUB_CRYPTO_CONSTRAINTS_FAILURE, N_("The signature uses an algorithm that is not supported."));
        return r;
}

static XmlReferences references_of(Verification *v) {
        return (XmlReferences) { .document = v->context->document, .signature = &v->signature, .signed_properties = v->properties.signed_properties,
                                 .resolver = v->context->resolver, .report = v->report, .index = v->index, .budget = &v->context->budget };
}

static int verify_references(Verification *v) {
        const XmlReferences references = references_of(v);
        SubIndication sub;
        const char *reason;
        int r;

        r = xml_references_verify(&references, &v->coverage, &sub, &reason);
        v->context->files = v->context->files || v->coverage.files;
        if (r > 0)
                return end(v, sub, reason);
        if (r == 0 && v->coverage.missing)
                r = signature_report_note(v->report, SUB_SIGNED_DATA_NOT_FOUND, N_("A file that the signature lists was not given: the list is as it was signed, the file cannot be told."));
        return r;
}

/* What must be signed, whatever the references say: EN 319 132-1 section 4.4.2 the properties, section 5.2.7.2 what is countersigned. And something: a signature of its
 * own properties alone is of nothing. */
static int check_coverage(Verification *v) {
        if (v->properties.signed_properties && !v->coverage.signed_properties)
                return end(v, SUB_FORMAT_FAILURE, N_("The signature's properties, such as time and certificate, are not signed."));
        if (v->signature.countersigned && !v->coverage.countersigned)
                return end(v, SUB_SIGNED_DATA_NOT_FOUND, N_("The countersignature is not of the signature that it stands with."));
        if (v->coverage.n_data == 0)
                return end(v, SUB_SIGNED_DATA_NOT_FOUND, N_("The signature is of nothing but itself."));
        return 0;
}

static int read_timestamps(Verification *v) {
        const XmlReferences references = references_of(v);

        return xades_timestamps_read(&references, &v->properties, &v->timestamps);
}

/* EN 319 132-1 section 6.3, by what is there. A timestamp of something else is none. */
static const char *level_of(const Verification *v) {
        const XadesProperties *p = &v->properties;

        if (!p->ns || strcmp(p->ns, XML_NS_XADES_132) != 0 || !p->has_signing_certificate || p->signing_time < 0 || !v->signer)
                return NULL;
        if (!p->has_format && !v->signature.countersigned)
                return NULL;
        if (!xades_timestamps_have(&v->timestamps, TIMESTAMP_SIGNATURE))
                return "B-B";
        if (!xades_has_unsigned(p, "RevocationValues"))
                return "B-T";
        return xades_timestamps_have(&v->timestamps, TIMESTAMP_ARCHIVE) ? "B-LTA" : "B-LT";
}

/* The revocation information that an archive timestamp is over. */
static int collect_covered(void *userdata, size_t i, RevocationPool *ret) {
        const Verification *v = userdata;

        return v->timestamps.list[i].kind == TIMESTAMP_ARCHIVE ? xades_values_collect(&v->properties, v->timestamps.properties[i], NULL, ret) : 0;
}

static int judge_signer(Verification *v) {
        CmsAlgorithms weakest = v->algorithms;
        SignerEvidence evidence = { .certificate = v->signer, .algorithms = &weakest, .value = bytes_view(&v->value), .timestamps = v->timestamps.list,
                                    .n_timestamps = v->timestamps.n, .covered = collect_covered, .userdata = v,
                                    .time_marked = xades_names_policy(&v->properties, TIME_MARK_POLICY) };
        int r;

        weakest.digest = xml_digest_weaker(weakest.digest, v->coverage.digest);
        r = xades_values_collect(&v->properties, NULL, &v->certificates, v->context->params->revocation);
        if (r < 0)
                return r;
        evidence.others = v->certificates.list;
        evidence.n_others = v->certificates.n;
        return signer_trust_judge(&evidence, v->context->params, v->report);
}

int xades_signature_verify(XadesContext *c, xmlNode *element, VerifyReport *r, size_t index) {
        _cleanup_(verification_done) Verification v = { .context = c, .report = &r->signatures[index], .index = index, .properties = { .signing_time = -1 } };
        int q;

        v.report->format = "XMLDSig";
        q = read_structure(&v, element);
        if (v.properties.has_signing_certificate)
                v.report->format = "XAdES";
        v.report->countersignature = v.signature.countersigned;
        if (q == 0)
                q = read_algorithms(&v);
        if (q == 0)
                q = read_value(&v);
        if (q == 0)
                q = verify_value(&v);
        if (q == 0)
                q = verify_references(&v);
        if (q == 0)
                q = check_coverage(&v);
        if (q == 0)
                q = read_timestamps(&v);
        if (q != 0)
                return q < 0 ? q : 0;
        v.report->integrity = true;
        v.report->covers_whole_document = xml_coverage_is_whole(&v.coverage, &v.signature, c->document);
        v.report->level = level_of(&v);
        return v.signer ? judge_signer(&v) : bytes_dup(bytes_view(&v.value), &v.report->value);
}
