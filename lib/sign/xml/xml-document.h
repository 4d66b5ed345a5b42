/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* XML documents, read so that what is seen is all there is: no DTD (so no entities, no defaults for attributes, no types), no network, no XInclude, no
 * namespace that is not declared, and limits. A document is a tree of libxml2; nobody changes it. */

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "sign/xml/xml-library.h"
#include "sign/xml/xml-names.h"

/* Levels of elements: libxml2's canonicalization calls itself for each. */
#define XML_DEPTH_MAX 256

/* A tree takes up to twenty times its document; what is larger than this fits no machine that verifies it. */
#define XML_SIZE_MAX (UINT64_C(1) << 30)

typedef struct XmlDocument XmlDocument;

enum {
        XML_DOCUMENT_E_MALFORMED = 1, /* no XML, or namespaces that are not declared */
        XML_DOCUMENT_E_DOCTYPE,       /* it has a document type declaration */
        XML_DOCUMENT_E_LIMIT,         /* too deep, too large, or with too many nodes or attributes (xml-cost.h) */
};

/* The sentence of an outcome, marked for gettext. */
const char *xml_document_strerror(int outcome);

/* Reads the whole file, by pread(2), or a text in memory, which need not live on. 0, an outcome, or a negative errno: -ELIBACC without libxml2. */
int xml_document_open(int fd, XmlDocument **ret);
int xml_document_read(View text, XmlDocument **ret);

XmlDocument *xml_document_free(XmlDocument *d);
DEFINE_CLEANUP(XmlDocument *, xml_document_free);
#define _cleanup_xml_document_ _cleanup_(xml_document_freep)

/* Its size in octets, as it was read. */
uint64_t xml_document_size(const XmlDocument *d);

/* To be asked before each canonicalization: false when all together would cost more than XML_CANONICAL_BUDGET. */
bool xml_document_spend(XmlDocument *d, bool exclusive, size_t n_prefixes);

xmlDoc *xml_document_tree(const XmlDocument *d);
xmlNode *xml_document_root(const XmlDocument *d);

/* The element with that identifier: an attribute Id, ID or id without a namespace, or xml:id. There is no DTD that could say which attributes are identifiers,
 * so that all count that anybody takes for one. -ENOENT; -ENOTUNIQ when several elements have it, so that readers could differ; -ENOMEM. Not for several
 * threads at a time. */
int xml_document_find_id(XmlDocument *d, const char *id, xmlNode **ret);

/* Whether a node is an element of that name. */
bool xml_is(const xmlNode *node, const char *ns, const char *name);

/* The first child element of that name, and the next of the same name behind it; NULL. */
xmlNode *xml_child(const xmlNode *parent, const char *ns, const char *name);
xmlNode *xml_next(const xmlNode *element);

/* The first element child, and the next element behind a node; NULL. */
xmlNode *xml_first_element(const xmlNode *parent);
xmlNode *xml_next_element(const xmlNode *node);

/* The node that follows in document order within `apex` (NULL: the whole document); NULL at the end. `apex` is not given out. */
xmlNode *xml_walk(const xmlNode *node, const xmlNode *apex);

/* Whether `node` is `ancestor` or inside it. */
bool xml_is_inside(const xmlNode *node, const xmlNode *ancestor);

/* An attribute without a namespace, borrowed; NULL when it is absent. */
const char *xml_attribute(const xmlNode *element, const char *name);

/* The text of an element that has no elements inside, without comments. -EBADMSG when it has, -E2BIG beyond `max`, -ENOMEM. The caller owns it; a NUL follows
 * that is not counted. */
int xml_text(const xmlNode *element, size_t max, Bytes *ret);

/* The same decoded from base64. -EBADMSG when it is none. */
int xml_base64(const xmlNode *element, size_t max, Bytes *ret);
