/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Whether a batch that is run again has signed a document before. */

#include "sign/document.h"

/* True in `ret` where the document at `path` itself, or what is at `output` (NULL: nothing is), bears a signature of this signer's certificate whose
 * digests and value hold, and `output` is of this document as it is now. Whether the certificate is trusted or revoked is not asked. Negative errno when
 * the document cannot be read; an output that cannot be read is none. */
int signed_already(const char *path, SignatureFormat format, const char *output, const Signer *signer, bool *ret);
