/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Verifies one ds:Signature of a document. */

#include "sign/verify-report.h"
#include "sign/xml/xml-reference.h"

typedef struct XadesContext {
        XmlDocument *document;
        const VerifyParams *params;
        const XmlResolver *resolver; /* may be NULL */
        uint64_t budget;             /* see xml-reference.h */
        bool files;                  /* some signature is of a file that the resolver gave */
} XadesContext;

/* Fills the report number `index` of `r`. 0 or a negative errno. */
int xades_signature_verify(XadesContext *c, xmlNode *element, VerifyReport *r, size_t index);
