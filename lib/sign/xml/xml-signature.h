/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The structure of a ds:Signature (XML Signature 1.1 section 4), held strictly: what stands beside the elements that the schema has would be signed by
 * nobody and still look as if it were. */

#include "sign/xml/xml-document.h"

#define XML_REFERENCES_MAX 4096U

typedef struct XmlSignature {
        xmlNode *element;
        xmlNode *signed_info;
        xmlNode *canonicalization; /* of SignedInfo */
        xmlNode *method;
        xmlNode *references; /* the first ds:Reference; others by xml_next_element() */
        xmlNode *value;
        xmlNode *key_info;   /* NULL when there is none */
        xmlNode *objects;    /* the first ds:Object, likewise */
        const xmlNode *countersigned; /* the ds:Signature in whose unsigned properties it stands as a countersignature; NULL */
} XmlSignature;

/* -EBADMSG when it is not built so, -E2BIG with more than XML_REFERENCES_MAX references. */
int xml_signature_read(xmlNode *element, XmlSignature *ret);

/* The first ds:Signature of the document that follows `after` (NULL: the first at all), in document order; NULL. */
xmlNode *xml_signature_find(const XmlDocument *d, const xmlNode *after);

/* Whether the element has nothing but elements, comments and white space. */
bool xml_has_elements_only(const xmlNode *element);

/* Whether an element is one of XAdES by that name, in any version that we know (1.1.1, 1.2.2, 1.3.2). */
bool xml_is_xades(const xmlNode *element, const char *name);
