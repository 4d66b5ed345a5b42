/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether a document takes the signature that is asked for, and where it goes: certification and locks of earlier signatures, the field's own
 * conditions, forms that no update serves. Refusals are outcomes of pades.h. */

#include "sign/pdf/pades-field.h"
#include "sign/pdf/pades.h"

typedef struct PadesPlan {
        PdfFields fields;
        PadesField field;
        int certify;  /* DocMDP's P; 0 is an approval */
        qpdf_oh lock; /* the field's Lock, or null */
} PadesPlan;

/* 0, an outcome, or -errno. Free the plan in any case, before the document. */
int pades_check(PdfDocument *d, const Signer *signer, const PadesParams *params, PadesPlan *plan);

void pades_plan_done(PadesPlan *p);
