/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What document timestamps (EN 319 142-1 §5.4.3) prove about the signatures before them: that their revision existed then (proof of existence, EN 319 102-1 §5.6.2.3).
 * A timestamp is itself under the proof of those that came after it. */

#include "sign/pdf/pdf-signature.h"
#include "sign/report.h"

typedef struct PdfProof {
        int64_t time; /* the earliest; 0: nothing is proven */
        char *authority;
} PdfProof;

/* One for each signature, in their order, of the document in the `size` bytes of `fd`; what params->revocation has from the document is proven, too. Timestamps that do not
 * hold prove nothing. 0 or a negative errno; pdf_proofs_free() afterwards. */
int pdf_proofs_collect(int fd, uint64_t size, const PdfSignature *signatures, size_t n, const VerifyParams *params, PdfProof **ret);

void pdf_proofs_free(PdfProof *proofs, size_t n);
