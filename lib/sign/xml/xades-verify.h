/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Verifies the signatures of an XML document: XAdES (EN 319 132-1, and its versions 1.1.1 and 1.2.2) and plain XML Signature 1.1. Each ds:Signature is one of the
 * report, wherever it stands, countersignatures as well. The value is verified before anything that a signature refers to is looked at; then each reference, to the one
 * thing in the one place that it can mean; then the signer, as in any other format. */

#include "sign/verify-report.h"
#include "sign/xml/xml-reference.h"

/* Whether the file starts as XML does. */
bool xades_recognize(int fd);

/* Verifies the document at `fd`. Without a resolver params->content_fd is the one file that a detached signature may refer to, or a folder with its files. 0 with a report, a
 * negative errno. */
int xades_verify_fd(int fd, const VerifyParams *params, const XmlResolver *resolver, VerifyReport *ret);

/* Appends the signatures of a document that was read to a report; the caller concludes it. `resolver` may be NULL: there are no files. */
int xades_verify_document(XmlDocument *d, const VerifyParams *params, const XmlResolver *resolver, VerifyReport *r);
