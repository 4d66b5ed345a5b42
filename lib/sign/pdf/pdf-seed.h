/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Seed values (ISO 32000-1 §12.7.4.5 tables 234 and 235): the conditions that a form's author set for whoever signs a field. What is merely
 * recommended is not looked at; a condition that is not known here counts as not met. */

#include "sign/pdf/pdf-document.h"
#include "sign/signer.h"

enum {
        PDF_SEED_E_FORMAT = 1,   /* asks for another kind of signature, or for something that is not made here */
        PDF_SEED_E_CERTIFICATE,  /* another signer */
        PDF_SEED_E_REASON,       /* a reason of its own list, or none */
        PDF_SEED_E_CERTIFY,      /* a certification of another level than is asked for, or none */
        PDF_SEED_E_TIMESTAMP,    /* a timestamp, and none is to be made */
};

typedef struct PdfSeedFacts {
        const Signer *signer;
        const char *reason; /* NULL: none */
        int certify;        /* the level that the signer asks for, 0: not said */
        bool timestamped;
} PdfSeedFacts;

/* Holds the facts against the field's conditions. `*ret_certify` is the level to certify with, which the field may ask for. 0, an outcome, or
 * -errno. */
int pdf_seed_check(PdfDocument *d, qpdf_oh field, const PdfSeedFacts *facts, int *ret_certify);
