/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* XPath 1.0 as signatures use it (XML Signature 1.1 section 6.6.3, XML-Signature XPath Filter 2.0): an expression in an element, in the namespaces in scope there,
 * with here(). Expressions may cost as much as their author likes, so that nodes and steps are limited. */

#include "sign/xml/xml-document.h"

/* The most nodes, octets, and namespaces (elements times declarations) of a document of which each node is asked for, as the XPath transform has it, or in which an expression
 * is more than a path; and the most that a Filter 2 expression may choose. */
#define XPATH_SIZE_MAX (256U * 1024U)
#define XPATH_NODES_MAX 4096U
#define XPATH_NAMESPACES_MAX 16384U
#define XPATH_CHOSEN_MAX 64U

/* What an expression in `element` chooses of `document`; with `each` (the XPath transform) the nodes for which it is true. -EBADMSG when it is no
 * expression or gives no nodes, -E2BIG beyond a limit, -ENOMEM. The caller frees by xmlXPathFreeObject(). */
int xpath_choose(const XmlDocument *document, xmlNode *element, bool each, xmlXPathObject **ret);

/* Whether the element's text is `before` Signature `after` where Signature is the name of ds:Signature by a prefix in scope; spaces do not count. */
bool xpath_is_about_signature(const xmlNode *element, const char *before, const char *after);
