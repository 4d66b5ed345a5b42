/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a ds:Reference points at, by its URI, and whether it may: the answer to signature wrapping. Elements of signatures count only in their own place, whatever
 * identifier others bear. */

#include "sign/report.h"
#include "sign/xml/xml-reference.h"

typedef struct XmlTarget {
        bool external;
        bool without_comments;
        xmlNode *node; /* NULL with !external: the whole document */
} XmlTarget;

/* Resolves a URI; NULL for none, which is external. SUB_NONE, or why it does not point at one thing. -ENOMEM by `*ret_error`. */
SubIndication xml_target_resolve(XmlDocument *d, const char *uri, XmlTarget *ret, const char **ret_reason, int *ret_error);

/* Whether a reference of that Type (NULL: none) may point there. SUB_NONE, or why not. */
SubIndication xml_target_check(const XmlReferences *r, const XmlTarget *t, const char *type, const char **ret_reason);

/* Whether the Type is that of signed properties, in any version of XAdES. */
bool xml_type_is_signed_properties(const char *type);

/* Takes the escapes of a URI (RFC 3986 section 2.1) back, in place; what is none stays, and so does %00. */
void xml_unescape(char *s);
