/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a ds:KeyInfo brings: certificates, and a bare key. Nothing in it is signed, so that it only offers; who the signer is, is decided elsewhere. Names,
 * identifiers and addresses are not looked at, nothing is fetched. */

#include "crypto/key.h"
#include "sign/xml/xml-document.h"

#define XML_CERTIFICATES_MAX 64U

typedef struct XmlCertificates {
        gnutls_x509_crt_t list[XML_CERTIFICATES_MAX];
        size_t n;
} XmlCertificates;

void xml_certificates_done(XmlCertificates *c);
#define _cleanup_xml_certificates_ _cleanup_(xml_certificates_done)

/* Adds the certificate that an element holds in base64. One that cannot be read, or is one too many, is passed over. 0, -ENOMEM. */
int xml_certificates_add(XmlCertificates *c, const xmlNode *element);

/* Those of all ds:X509Data (XML Signature 1.1 section 4.5.4). 0, -ENOMEM. */
int xml_key_info_certificates(const xmlNode *key_info, XmlCertificates *c);

/* The key of the first ds:KeyValue: RSA, DSA, or dsig11:ECKeyValue of a named curve. -ENOENT, -EBADMSG, -EOPNOTSUPP, -ENOMEM. */
int xml_key_info_key(const xmlNode *key_info, gnutls_pubkey_t *ret);
