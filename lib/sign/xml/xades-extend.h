/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Signature timestamps for XAdES signatures that have none (EN 319 132-1 §5.3, level B-T), whoever made them. The document keeps its bytes but for the
 * timestamps. Outcomes are those of xades.h. */

#include "sign/xml/xades.h"

typedef struct XadesExtension XadesExtension;

/* Looks through a document, a file or what is in a container; the text must live on until the extension is freed. 0, XADES_E_SIGNED when there is no
 * XAdES signature, XADES_E_STAMPED when each has a timestamp, XADES_E_BREAKS when that would break another one, or what a document is that cannot be read. */
int xades_extension_open(int fd, XadesExtension **ret);
int xades_extension_new(View text, XadesExtension **ret);

/* How many signatures lack a timestamp. */
size_t xades_extension_count(const XadesExtension *e);

/* What the timestamp of one is over: its canonical ds:SignatureValue, by exclusive canonicalization. The caller owns it. */
int xades_extension_stamped(const XadesExtension *e, size_t i, Bytes *ret);

/* The document with these tokens, one for each signature; an empty one leaves its signature as it is. */
int xades_extension_complete(const XadesExtension *e, const View *tokens, Bytes *ret);

XadesExtension *xades_extension_free(XadesExtension *e);
DEFINE_CLEANUP(XadesExtension *, xades_extension_free);
