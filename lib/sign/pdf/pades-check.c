/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whether and where; see pades-check.h. */

#include <errno.h>

#include "sign/pdf/pades-check.h"
#include "sign/pdf/pdf-cipher.h"
#include "sign/pdf/pdf-seed.h"

/* What an update of the form cannot serve: the XML form is the document there, and AcroForm fields its shadow. A static XFA form
 * with AcroForm fields is signed like any other. */
static bool is_xfa_only(PdfDocument *d) {
        qpdf_oh root = qpdf_get_root(d->q), form = pdf_get(d, root, "/AcroForm"), rendering = pdf_get(d, root, "/NeedsRendering");

        if (qpdf_oh_is_null(d->q, pdf_get(d, form, "/XFA")))
                return false;
        return pdf_count(d, pdf_get(d, form, "/Fields")) == 0 ||
                (qpdf_oh_is_bool(d->q, rendering) && qpdf_oh_get_bool_value(d->q, rendering));
}

static int outcome_of_field(int r) {
        switch (r) {
        case PADES_FIELD_DAMAGED:
                return PADES_E_DAMAGED;
        case PADES_FIELD_NO_SUCH:
                return PADES_E_NO_FIELD;
        case PADES_FIELD_SIGNED:
                return PADES_E_FIELD_SIGNED;
        case PADES_FIELD_LOCKED:
                return PADES_E_FORBIDDEN;
        default:
                return r;
        }
}

static int outcome_of_seed(int r) {
        switch (r) {
        case PDF_SEED_E_FORMAT:
                return PADES_E_SEED_FORMAT;
        case PDF_SEED_E_CERTIFICATE:
                return PADES_E_SEED_CERTIFICATE;
        case PDF_SEED_E_REASON:
                return PADES_E_SEED_REASON;
        case PDF_SEED_E_CERTIFY:
                return PADES_E_SEED_CERTIFY;
        case PDF_SEED_E_TIMESTAMP:
                return PADES_E_SEED_TIMESTAMP;
        default:
                return r;
        }
}

static bool has_signature(PdfDocument *d, const PdfFields *fields) {
        for (size_t i = 0; i < fields->n; i++)
                if (pdf_field_is_signed(d, &fields->items[i]))
                        return true;
        return false;
}

/* The conditions of an existing field. */
static int check_field(PdfDocument *d, const Signer *signer, const PadesParams *params, PadesPlan *p) {
        const PdfSeedFacts facts = {
                .signer = signer,
                .reason = params->options.reason,
                .certify = params->options.certify,
                .timestamped = params->timestamped,
        };

        p->lock = pdf_get(d, p->field.field, "/Lock");
        return outcome_of_seed(pdf_seed_check(d, p->field.field, &facts, &p->certify));
}

/* A certification is the first signature (§12.8.1), and what it allows to be added is what may be filled in, nothing that shows anew. A document timestamp, which has no signer, is
 * no change to any of them (ISO 32000-2 §12.8.2.2.2, table 257). */
static int check_levels(PdfDocument *d, const Signer *signer, const PadesParams *params, const PadesPlan *p) {
        int level = pdf_certification_level(d, &p->fields);

        if (level == 1 && signer)
                return PADES_E_FORBIDDEN;
        if (p->certify != 0 && has_signature(d, &p->fields))
                return PADES_E_CERTIFY_LATE;
        if (level != 0 && p->field.is_new && params->options.appearance)
                return PADES_E_CERTIFIED;
        return 0;
}

/* To sign a field is to fill it in; a new field needs more (§7.6.3.2 table 22). */
static int check_permissions(PdfDocument *d, const PadesPlan *p) {
        uint32_t bits = d->cipher ? pdf_cipher_permissions(d->cipher) : UINT32_MAX;
        const uint32_t create = PDF_PERMISSION_MODIFY | PDF_PERMISSION_ANNOTATE;

        if (p->field.is_new ? (bits & create) == create : (bits & (PDF_PERMISSION_ANNOTATE | PDF_PERMISSION_FILL)) != 0)
                return 0;
        return PADES_E_PERMISSION;
}

int pades_check(PdfDocument *d, const Signer *signer, const PadesParams *params, PadesPlan *p) {
        int r;

        *p = (PadesPlan) { .certify = params->options.certify };
        if (params->options.certify < 0 || params->options.certify > 3)
                return -EINVAL;
        if (is_xfa_only(d))
                return PADES_E_XFA;
        r = pdf_fields_collect(d, &p->fields);
        if (r < 0)
                return r == -E2BIG ? PADES_E_TOO_COMPLEX : r;
        p->lock = qpdf_oh_new_null(d->q);
        r = outcome_of_field(pades_field_choose(d, &p->fields, params->options.field, &p->field));
        if (r == 0 && !p->field.is_new)
                r = check_field(d, signer, params, p);
        if (r == 0)
                r = check_levels(d, signer, params, p);
        if (r == 0)
                r = check_permissions(d, p);
        return r == 0 && pdf_document_failed(d) ? PADES_E_DAMAGED : r;
}

void pades_plan_done(PadesPlan *p) {
        pdf_fields_done(&p->fields);
        pades_field_done(&p->field);
}
