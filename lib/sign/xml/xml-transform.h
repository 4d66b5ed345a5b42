/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The transforms of a ds:Reference (XML Signature 1.1 sections 4.4.3.2 and 6.6): those that only choose or decode. XSLT, which computes, is none of them, and
 * what is none of them is refused. The order is that of the document; nodes that are needed from octets are parsed as any document is. */

#include "sign/xml/xml-canonical.h"

#define XML_TRANSFORMS_MAX 8U

/* The largest octets that are taken from one transform to the next; the last one's go into the digest at once. */
#define XML_OCTETS_MAX (256U * 1024U * 1024U)

typedef enum XmlTransformType {
        XML_TRANSFORM_TYPE_ENVELOPED,
        XML_TRANSFORM_TYPE_BASE64,
        XML_TRANSFORM_TYPE_NOT_SIGNATURES, /* XPath not(ancestor-or-self::ds:Signature), whatever the prefix */
        XML_TRANSFORM_TYPE_XPATH,
        XML_TRANSFORM_TYPE_FILTER2,
        XML_TRANSFORM_TYPE_CANONICAL,
} XmlTransformType;

typedef struct XmlTransform {
        XmlTransformType type;
        xmlNode *element; /* the Transform, borrowed */
        XmlCanonical canonical;
} XmlTransform;

typedef struct XmlTransforms {
        XmlTransform list[XML_TRANSFORMS_MAX];
        size_t n;
} XmlTransforms;

void xml_transforms_done(XmlTransforms *t);
#define _cleanup_xml_transforms_ _cleanup_(xml_transforms_done)

/* From a ds:Transforms element; NULL: none. -EOPNOTSUPP for one that is not allowed, -EBADMSG, -E2BIG, -ENOMEM. */
int xml_transforms_read(xmlNode *element, XmlTransforms *ret);

/* What transforms start from: nodes, or octets where selection.document is NULL. */
typedef struct XmlInput {
        XmlSelection selection;
        View octets;
} XmlInput;

/* What was in the input and not in what came out. Of what transforms choose among elements nothing is told here: they say so themselves. */
typedef enum XmlLoss {
        XML_LOSS_NONE,
        XML_LOSS_COMMENTS, /* octets that were read as XML have comments, and its canonical form has none of them */
        XML_LOSS_ALL,      /* of nodes nothing was left, which is the digest of nothing */
} XmlLoss;

/* Transforms and digests. `signature` is the ds:Signature that the Reference is in (NULL: none). -EOPNOTSUPP for an unknown digest; -EBADMSG where a transform does
 * not fit what it gets; -E2BIG beyond a limit (XPath over a large document); -ENOMEM, -ELIBACC. */
int xml_transforms_digest(const XmlTransforms *t, const XmlInput *input, const xmlNode *signature, gnutls_digest_algorithm_t algorithm, Digest *ret,
                          XmlLoss *ret_loss);

/* The same, with what comes out given to `f`. Nodes that are left at the end are written by `rest`; NULL: by Canonical XML 1.0, as digests have it. */
int xml_transforms_write(const XmlTransforms *t, const XmlInput *input, const xmlNode *signature, const XmlCanonical *rest, XmlSink f, void *userdata, XmlLoss *ret_loss);

/* Whether what these select of a document is all of it but ds:Signature elements. */
bool xml_transforms_keep_all(const XmlTransforms *t);
