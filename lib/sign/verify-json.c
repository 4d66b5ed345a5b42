/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The report as JSON; see verify-json.h. */

#include "base/json.h"
#include "sign/cms/timestamp.h"
#include "sign/verify-json.h"

/* Whose certificate, by whom, and its state; who answered that. */
static void write_certificate(Json *j, const SignatureReport *s) {
        const CertificateStatus *t = &s->status;
        bool ended = t->state == CERTIFICATE_SUSPENDED || t->state == CERTIFICATE_REVOKED;

        json_object_begin(j, "certificate");
        json_string(j, "subject", s->signer);
        json_string(j, "issuer", s->issuer);
        json_string(j, "serial", s->serial);
        json_string(j, "state", certificate_state_to_string(t->state));
        json_string(j, "state_at_signing", certificate_state_to_string(signature_state_at_signing(s)));
        json_string(j, "reason", ended ? certificate_reason_to_string(t->reason) : NULL);
        json_time_if_known(j, "since", ended ? t->since : -1);
        json_bool(j, "checked", t->checked);
        json_string(j, "source", t->checked ? revocation_source_to_string(t->source) : NULL);
        json_string(j, "method", t->checked ? revocation_kind_to_string(t->kind) : NULL);
        json_time_if_known(j, "next_update", t->next_update);
        json_string(j, "problem", t->problem);
        json_object_end(j);
}

static const char *outcome_word(int outcome) {
        static const char *const words[] = {
                [0] = "holds",
                [TIMESTAMP_E_MALFORMED] = "malformed",
                [TIMESTAMP_E_DIFFERENT] = "different",
                [TIMESTAMP_E_ALTERED] = "altered",
                [TIMESTAMP_E_EXPIRED] = "expired",
                [TIMESTAMP_E_UNTRUSTED] = "untrusted",
                [TIMESTAMP_E_INCOMPLETE] = "incomplete",
        };

        return outcome >= 0 && (size_t) outcome < ELEMENTSOF(words) ? words[outcome] : NULL;
}

static void write_timestamps(Json *j, const SignatureReport *s) {
        json_array_begin(j, "timestamps");
        for (size_t i = 0; i < s->n_timestamps; i++) {
                const TimestampReport *t = &s->timestamps[i];

                json_object_begin(j, NULL);
                json_string(j, "over", t->kind);
                json_time_if_known(j, "time", t->time);
                json_string(j, "authority", t->authority);
                json_string(j, "outcome", outcome_word(t->outcome));
                json_object_end(j);
        }
        json_array_end(j);
}

static void write_signature(Json *j, const SignatureReport *s, bool container) {
        json_object_begin(j, NULL);
        json_bool(j, "integrity", s->integrity);
        json_string(j, "indication", indication_to_string(s->indication));
        json_string(j, "subindication", subindication_to_string(s->subindication));
        json_string(j, "reason", s->reason);
        json_string(j, "signer", s->signer);
        json_time_if_known(j, "signing_time", s->signing_time);
        json_string(j, "format", s->format);
        json_string(j, "level", s->level);
        json_bool(j, "covers_whole_document", s->covers_whole_document);
        if (container || s->n_covered > 0)
                json_strings(j, "files", s->covered, s->n_covered);
        if (s->n_elements > 0)
                json_strings(j, "elements", s->elements, s->n_elements);
        if (s->countersignature)
                json_bool(j, "countersignature", true);
        if (s->timestamp)
                json_bool(j, "timestamp", true);
        if (s->field) {
                json_string(j, "added", document_addition_to_string(s->added));
                json_string(j, "field", s->field);
        }
        json_time_if_known(j, "proven_time", s->proven_time);
        json_string(j, "proven_by", s->proven_by);
        if (s->not_before >= 0)
                json_time_if_known(j, "not_before", s->not_before);
        if (s->n_timestamps > 0)
                write_timestamps(j, s);
        if (s->certificate.len > 0)
                write_certificate(j, s);
        else
                json_null(j, "certificate");
        json_object_end(j);
}

void verify_report_to_json(const VerifyReport *r, const char *name, Json *j) {
        json_object_begin(j, name);
        json_string(j, "indication", indication_to_string(r->indication));
        json_string(j, "subindication", subindication_to_string(r->subindication));
        json_string(j, "reason", r->reason);
        if (verify_report_is_time_alone(r))
                json_bool(j, "timestamps_only", true);
        if (r->container) {
                json_string(j, "container", r->container);
                json_strings(j, "unsigned_files", r->unsigned_files, r->n_unsigned_files);
        }
        json_array_begin(j, "signatures");
        for (size_t i = 0; i < r->n_signatures; i++)
                write_signature(j, &r->signatures[i], r->container);
        json_array_end(j);
        json_object_end(j);
}

int verify_report_write_json(const VerifyReport *r, FILE *out) {
        Json j = JSON_INIT(out);

        verify_report_to_json(r, NULL, &j);
        return json_finish(&j);
}
