/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Writes the parts of a XAdES signature (EN 319 132-1 §5, XML Signature 1.1 §4), in the document's form and in canonical form. Used by the drafts of
 * lib/sign/xml/xades.c and its neighbours. */

#include "crypto/digest.h"
#include "sign/signer.h"
#include "sign/xml/xades.h"
#include "sign/xml/xml-writer.h"

/* A ds:Reference to what is signed, with its transforms in the order of the members. */
typedef struct XadesReference {
        char *uri;
        const char *type;             /* NULL: none */
        bool base64;
        bool enveloped;               /* without this signature */
        bool without_signatures;      /* without any */
        char *filter;                 /* an XPath whose subtree alone counts; NULL: none */
        const char *canonicalization; /* NULL: octets */
        Digest digest;
        char *media_type;
} XadesReference;

typedef struct XadesParts {
        SignatureScheme scheme;
        char id[40]; /* of the ds:Signature; those of what is in it begin with it */
        int64_t signing_time;
        const char *canonicalization; /* of SignedInfo and SignedProperties */
        XmlScope scope;               /* around the ds:Signature */
        Bytes certificates[SIGNER_CHAIN_MAX];
        size_t n_certificates;
        Bytes issuer_serial; /* IssuerSerial of RFC 5035, DER */
        char *city, *postal_code, *country, *role;
        XadesReference *references;
        size_t n_references;
} XadesParts;

void xades_parts_done(XadesParts *p);

/* All but references and scope. -EINVAL, -EOPNOTSUPP for a scheme that XML Signature has no name for. */
int xades_parts_init(XadesParts *p, const Signer *signer, const XadesParams *params);

/* Room for a further reference, zeroed; borrowed until the next one. NULL when memory ran out. */
XadesReference *xades_parts_add(XadesParts *p);

/* The canonical ds:SignedInfo: what is signed. */
int xades_signed_info(const XadesParts *p, Bytes *ret);

/* The canonical ds:SignatureValue: what a signature timestamp is over (EN 319 132-1 §5.3), by exclusive canonicalization. */
int xades_signature_value(const XadesParts *p, View value, Bytes *ret);

/* Writes the ds:Signature, in the document's form, and leaves it open: further objects may follow. A token may be empty. */
void xades_put_signature(XmlWriter *w, const XadesParts *p, View value, View token);

/* One xades:SignatureTimeStamp over the canonical SignatureValue of before. */
void xades_put_timestamp(XmlWriter *w, View token);

/* A relative reference by RFC 3986 §4.2 to a file of that name, which may be in folders below. NULL when memory ran out. */
char *xades_uri_of_name(const char *name);
