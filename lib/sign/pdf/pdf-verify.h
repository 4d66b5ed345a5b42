/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Verification of signed PDF documents (ISO 32000-1 §12.8, EN 319 142-1): PAdES, adbe.pkcs7.detached and .sha1, document timestamps.
 * The form of each signature is checked first, then its CMS over exactly the bytes that its ByteRange names, then that nothing
 * was changed since that its signer did not sign or leave open. */

#include "sign/report.h"

/* True when the file looks like a PDF document: the header stands in its first kilobyte, and it is no CMS that embeds one. */
bool pdf_verify_recognize(int fd);

/* Like verify_fd(), for a PDF document. One report a signature, in the order of the field tree. */
int pdf_verify(int fd, const VerifyParams *params, VerifyReport *ret);
