/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The report of TS 119 102-2; see verify-etsi.h. Numbers of clauses are that standard's. Certificates stand once in the list of validation objects (§4.4), and
 * what speaks of one refers to it. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sign/verify-etsi.h"
#include "sign/xml/xml-algorithms.h"
#include "sign/xml/xml-names.h"
#include "sign/xml/xml-writer.h"

#define URN "urn:etsi:019102:"
#define ID_SIZE 40U

typedef struct Etsi {
        const VerifyReport *report;
        int64_t now;
        XmlWriter writer;
        View *certificates; /* of all signatures, each once */
        size_t n_certificates;
} Etsi;

/* --- Objects (§4.4) ----------------------------------------------------------------------------------------------- */

static size_t find_certificate(const Etsi *e, View der) {
        size_t i = 0;

        while (i < e->n_certificates && !view_equal(e->certificates[i], der))
                i++;
        return i;
}

static void add_certificate(Etsi *e, View der) {
        if (der.len > 0 && find_certificate(e, der) == e->n_certificates)
                e->certificates[e->n_certificates++] = der;
}

static int collect_certificates(Etsi *e) {
        size_t n = 0;

        for (size_t i = 0; i < e->report->n_signatures; i++)
                n += 1 + e->report->signatures[i].n_path;
        e->certificates = calloc(n + 1, sizeof(*e->certificates));
        if (!e->certificates)
                return -ENOMEM;
        for (size_t i = 0; i < e->report->n_signatures; i++) {
                const SignatureReport *s = &e->report->signatures[i];

                add_certificate(e, bytes_view(&s->certificate));
                for (size_t k = 0; k < s->n_path; k++)
                        add_certificate(e, bytes_view(&s->path[k]));
        }
        return 0;
}

static const char *certificate_id(size_t i, char buffer[static ID_SIZE]) {
        snprintf(buffer, ID_SIZE, "certificate-%zu", i + 1);
        return buffer;
}

static void put_objects(Etsi *e) {
        XmlWriter *w = &e->writer;
        char id[ID_SIZE];

        if (e->n_certificates == 0)
                return;
        xml_put_open(w, "vr:SignatureValidationObjects");
        for (size_t i = 0; i < e->n_certificates; i++) {
                xml_put_open(w, "vr:ValidationObject");
                xml_put_attribute(w, "id", certificate_id(i, id));
                xml_put_element(w, "vr:ObjectType", URN "validationObject:certificate");
                xml_put_open(w, "vr:ValidationObjectRepresentation");
                xml_put_open(w, "vr:base64");
                xml_put_base64(w, e->certificates[i]);
                xml_put_close(w);
                xml_put_close(w);
                xml_put_close(w);
        }
        xml_put_close(w);
}

static void put_reference(Etsi *e, const char *name, View der) {
        size_t i = find_certificate(e, der);
        char id[ID_SIZE];

        if (i == e->n_certificates)
                return;
        xml_put_open(&e->writer, name);
        xml_put_attribute(&e->writer, "VOReference", certificate_id(i, id));
        xml_put_close(&e->writer);
}

/* --- What was signed, when, by whom (§4.3) ------------------------------------------------------------------------ */

static void put_time(XmlWriter *w, const char *name, int64_t seconds) {
        time_t t = (time_t) seconds;
        char text[48];
        struct tm tm;

        if (!gmtime_r(&t, &tm) || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
                xml_put_fail(w, -EILSEQ);
        else
                xml_put_element(w, name, text);
}

/* §4.3.3 */
static void put_identifier(XmlWriter *w, const SignatureReport *s, size_t number) {
        char id[ID_SIZE];

        snprintf(id, sizeof(id), "signature-%zu", number);
        xml_put_open(w, "vr:SignatureIdentifier");
        xml_put_attribute(w, "id", id);
        if (s->value.len > 0) {
                xml_put_open(w, "ds:SignatureValue");
                xml_put_base64(w, bytes_view(&s->value));
                xml_put_close(w);
        }
        xml_put_element(w, "vr:HashOnly", "false");
        xml_put_element(w, "vr:DocHashOnly", "false");
        xml_put_close(w);
}

/* §4.3.5: without a timestamp, nothing but this validation proves that the signature exists. */
static void put_times(const Etsi *e, XmlWriter *w, const SignatureReport *s) {
        xml_put_open(w, "vr:ValidationTimeInfo");
        put_time(w, "vr:ValidationTime", e->now);
        xml_put_open(w, "vr:BestSignatureTime");
        put_time(w, "vr:POETime", s->proven_time >= 0 ? s->proven_time : e->now);
        xml_put_element(w, "vr:TypeOfProof", URN "poetype:validation");
        xml_put_close(w);
        xml_put_close(w);
}

/* §4.3.6 */
static void put_document(XmlWriter *w, const SignatureReport *s) {
        const char *uri = xml_digest_to_uri(s->digest_algorithm);

        if (s->digest.len == 0 || !uri)
                return;
        xml_put_open(w, "vr:SignersDocument");
        xml_put_open(w, "vr:DigestAlgAndValue");
        xml_put_algorithm(w, "ds:DigestMethod", uri);
        xml_put_open(w, "ds:DigestValue");
        xml_put_base64(w, bytes_view(&s->digest));
        xml_put_close(w);
        xml_put_close(w);
        xml_put_close(w);
}

/* Annex A.2 */
static void put_attributes(XmlWriter *w, const SignatureReport *s) {
        if (s->signing_time < 0)
                return;
        xml_put_open(w, "vr:SignatureAttributes");
        xml_put_open(w, "vr:SigningTime");
        xml_put_attribute(w, "Signed", "true");
        put_time(w, "vr:Time", s->signing_time);
        xml_put_close(w);
        xml_put_close(w);
}

/* §4.3.8 */
static void put_signer(Etsi *e, const SignatureReport *s) {
        if (s->certificate.len == 0)
                return;
        xml_put_open(&e->writer, "vr:SignerInformation");
        put_reference(e, "vr:SignerCertificate", bytes_view(&s->certificate));
        xml_put_element(&e->writer, "vr:Signer", s->signer);
        xml_put_close(&e->writer);
}

static bool is_archived(const SignatureReport *s) {
        for (size_t i = 0; i < s->n_timestamps; i++)
                if (s->timestamps[i].outcome == 0 && strcmp(s->timestamps[i].kind, "archive") == 0)
                        return true;
        return false;
}

/* §4.3.10: by what was of use, with archive timestamps, with a time, or neither (EN 319 102-1 §5.6, §5.5, §5.3). */
static void put_process(XmlWriter *w, const SignatureReport *s) {
        xml_put_open(w, "vr:SignatureValidationProcess");
        xml_put_element(w, "vr:SignatureValidationProcessID",
                        is_archived(s) ? URN "validationprocess:LTA" : s->proven_time >= 0 ? URN "validationprocess:LTVM" : URN "validationprocess:Basic");
        xml_put_close(w);
}

/* --- The verdict (§4.3.11) ---------------------------------------------------------------------------------------- */

static const char *indication_uri(Indication i) {
        static const char *const uris[] = {
                [INDICATION_TOTAL_PASSED] = URN "mainindication:total-passed",
                [INDICATION_INDETERMINATE] = URN "mainindication:indeterminate",
                [INDICATION_TOTAL_FAILED] = URN "mainindication:total-failed",
        };

        return uris[i];
}

static void put_prefixed(XmlWriter *w, const char *name, const char *prefix, const char *word) {
        char text[128];

        snprintf(text, sizeof(text), "%s%s", prefix, word);
        xml_put_element(w, name, text);
}

static void put_chain(Etsi *e, const SignatureReport *s) {
        if (s->n_path == 0)
                return;
        put_reference(e, "vr:TrustAnchor", bytes_view(&s->path[s->n_path - 1]));
        xml_put_open(&e->writer, "vr:CertificateChain");
        put_reference(e, "vr:SigningCertificate", bytes_view(&s->path[0]));
        for (size_t i = 1; i + 1 < s->n_path; i++)
                put_reference(e, "vr:IntermediateCertificate", bytes_view(&s->path[i]));
        put_reference(e, "vr:TrustAnchor", bytes_view(&s->path[s->n_path - 1]));
        xml_put_close(&e->writer);
}

static bool has_ended(const SignatureReport *s) {
        return s->looked_up && s->certificate.len > 0 && (s->status.state == CERTIFICATE_REVOKED || s->status.state == CERTIFICATE_SUSPENDED);
}

static void put_revocation(Etsi *e, const SignatureReport *s) {
        XmlWriter *w = &e->writer;

        if (!has_ended(s))
                return;
        xml_put_open(w, "vr:RevocationStatusInformation");
        put_reference(e, "vr:ValidationObjectId", bytes_view(&s->certificate));
        put_time(w, "vr:RevocationTime", s->status.since);
        put_prefixed(w, "vr:RevocationReason", URN "revocationReason:", certificate_reason_to_string(s->status.reason));
        xml_put_close(w);
}

static void put_status(Etsi *e, const SignatureReport *s) {
        const char *sub = subindication_to_string(s->subindication);
        XmlWriter *w = &e->writer;

        xml_put_open(w, "vr:SignatureValidationStatus");
        xml_put_element(w, "vr:MainIndication", indication_uri(s->indication));
        if (sub)
                put_prefixed(w, "vr:SubIndication", URN "subindication:", sub);
        if (s->n_path > 0 || has_ended(s)) {
                xml_put_open(w, "vr:AssociatedValidationReportData");
                put_chain(e, s);
                put_revocation(e, s);
                xml_put_close(w);
        }
        xml_put_close(w);
        xml_put_element(w, "vr:OtherInformation", s->reason);
}

static void put_signature(Etsi *e, const SignatureReport *s, size_t number) {
        XmlWriter *w = &e->writer;

        xml_put_open(w, "vr:SignatureValidationReport");
        put_identifier(w, s, number);
        put_times(e, w, s);
        put_document(w, s);
        put_attributes(w, s);
        put_signer(e, s);
        put_process(w, s);
        put_status(e, s);
        xml_put_close(w);
}

/* What holds no signature: the standard wants one report at least. */
static void put_nothing(Etsi *e) {
        const VerifyReport *r = e->report;
        const SignatureReport none = { .indication = r->indication, .subindication = r->subindication, .reason = r->reason };

        xml_put_open(&e->writer, "vr:SignatureValidationReport");
        put_status(e, &none);
        xml_put_close(&e->writer);
}

int verify_report_write_etsi(const VerifyReport *r, int64_t now, Bytes *ret) {
        static const char head[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
        Etsi e = { .report = r, .now = now, .writer = XML_WRITER(XML_FORM_DOCUMENT, NULL) };
        _cleanup_bytes_ Bytes body = BYTES_NULL, all = BYTES_NULL;
        int q = collect_certificates(&e);

        if (q >= 0) {
                xml_put_open(&e.writer, "vr:ValidationReport");
                for (size_t i = 0; i < r->n_signatures; i++)
                        put_signature(&e, &r->signatures[i], i + 1);
                if (r->n_signatures == 0)
                        put_nothing(&e);
                put_objects(&e);
                xml_put_close(&e.writer);
                q = xml_writer_finish(&e.writer, &body);
        }
        free(e.certificates);
        xml_writer_done(&e.writer);
        if (q >= 0)
                q = bytes_append(&all, head, sizeof(head) - 1);
        if (q >= 0)
                q = bytes_append_view(&all, bytes_view(&body));
        if (q >= 0)
                q = bytes_append_byte(&all, '\n');
        if (q < 0)
                return q;
        *ret = bytes_take(&all);
        return 0;
}
