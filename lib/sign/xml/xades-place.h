/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where in an XML document a signature goes, and what that place means for it and for others. Outcomes are those of xades.h. */

#include "sign/xml/xades.h"
#include "sign/xml/xml-document.h"
#include "sign/xml/xml-scan.h"
#include "sign/xml/xml-writer.h"

/* An outcome of xml-document.h as one of xades.h; others stay. */
int xades_place_outcome(int outcome);

/* The one element that an XPath chooses. Prefixes are those that are in scope at the root; "default" is the one of the default namespace. */
int xades_place_choose(const XmlDocument *document, const char *xpath, xmlNode **ret);

/* Whether a further child of `place` leaves those signatures intact that are there: 0, or XADES_E_BREAKS. `own` is the one that it becomes a part of; NULL: a
 * signature of its own. */
int xades_place_breaks(XmlDocument *document, const xmlNode *place, const xmlNode *own);

/* What inclusive canonicalization has a child of `place` inherit. */
int xades_place_scope(const XmlDocument *document, xmlNode *place, XadesCanonicalization canonicalization, XmlScope *ret);

/* Where an element stands in the bytes that the document was read from. */
int xades_place_scan(int fd, const XmlDocument *document, const xmlNode *element, XmlElementPlace *ret);
int xades_place_scan_text(View text, const XmlDocument *document, const xmlNode *element, XmlElementPlace *ret);

/* Whether the document is in UTF-8. */
bool xades_place_is_utf8(const XmlDocument *document);
