/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Canonical XML 1.0, 1.1 and Exclusive, with and without comments, of a part of a document, streamed: into a digest, or a buffer with a limit. */

#include "crypto/digest.h"
#include "sign/xml/xml-document.h"

/* A canonicalization algorithm with its parameter. */
typedef struct XmlCanonical {
        int mode; /* xmlC14NMode */
        bool comments;
        char **prefixes; /* of InclusiveNamespaces, NULL-terminated; NULL when there are none; owned */
} XmlCanonical;

void xml_canonical_done(XmlCanonical *c);
#define _cleanup_xml_canonical_ _cleanup_(xml_canonical_done)

/* By the algorithm's name. -EOPNOTSUPP when it is none of the six. */
int xml_canonical_of_uri(const char *uri, XmlCanonical *ret);

/* From a CanonicalizationMethod or Transform element. -EOPNOTSUPP; -EBADMSG when it has other content than one InclusiveNamespaces; -ENOMEM. */
int xml_canonical_of_element(const xmlNode *element, XmlCanonical *ret);

/* How a set of nodes is narrowed. What a filter refers to is borrowed. */
typedef enum XmlFilterType {
        XML_FILTER_WITHOUT_SUBTREE,    /* `node` and what is inside */
        XML_FILTER_WITHOUT_SIGNATURES, /* each ds:Signature and what is inside */
        XML_FILTER_NODES,              /* only nodes of `nodes` */
        XML_FILTER_INTERSECT,          /* only nodes of the subtrees of `nodes` */
        XML_FILTER_SUBTRACT,           /* without the subtrees of `nodes` */
        XML_FILTER_UNION,              /* and the subtrees of `nodes` */
        XML_FILTER_CHILDREN,           /* only the subtrees of `nodes`, which are children of `node`: in document order, as if each was written alone */
} XmlFilterType;

typedef struct XmlFilter {
        XmlFilterType type;
        const xmlNode *node;
        xmlNodeSet *nodes; /* NULL: the empty set */
} XmlFilter;

#define XML_FILTERS_MAX 8U

/* A set of nodes: a subtree, or a document, and the filters in their order. */
typedef struct XmlSelection {
        XmlDocument *document;
        xmlNode *apex; /* NULL: the whole document */
        bool without_comments;
        XmlFilter filters[XML_FILTERS_MAX];
        size_t n_filters;
} XmlSelection;

/* Whether a node is in the set. `parent` is its element; it is needed for namespace nodes. */
bool xml_selection_has(const XmlSelection *s, xmlNode *node, xmlNode *parent);

/* Takes pieces in their order. A negative errno ends it. */
typedef int (*XmlSink)(void *userdata, View piece);

/* 0, what the sink returned, -EBADMSG for a document that has no canonical form (a namespace that is a relative URI), -E2BIG beyond what
 * may be canonicalized (xml-cost.h), -ENOMEM. */
int xml_canonicalize(const XmlSelection *s, const XmlCanonical *c, XmlSink sink, void *userdata);

/* Its digest, and its bytes up to `max` (-E2BIG). -EOPNOTSUPP for a digest that GnuTLS does not have. */
int xml_canonical_digest(const XmlSelection *s, const XmlCanonical *c, gnutls_digest_algorithm_t algorithm, Digest *ret);
int xml_canonical_bytes(const XmlSelection *s, const XmlCanonical *c, size_t max, Bytes *ret);

/* A sink into a gnutls_hash_hd_t. */
int xml_sink_hash(void *hash, View piece);
