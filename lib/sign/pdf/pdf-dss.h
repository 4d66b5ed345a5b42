/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The document security store of a PDF (EN 319 142-1 §5.4.2): CRLs and OCSP answers for its signatures. It is not signed, and need not be: what it holds is. */

#include "sign/pdf/pdf-document.h"
#include "sign/trust/revocation-pool.h"

/* Whether the document has a store with a CRL or an OCSP answer in it. */
bool pdf_dss_is_there(PdfDocument *d);

/* Puts the store's CRLs and OCSP answers into the pool; what cannot be read is passed over. 0, -ENOMEM. */
int pdf_dss_collect(PdfDocument *d, RevocationPool *p);
