/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Names that XML Signature and XAdES give namespaces and algorithms. */

#define XML_NS_DSIG "http://www.w3.org/2000/09/xmldsig#"
#define XML_NS_XADES_132 "http://uri.etsi.org/01903/v1.3.2#"
#define XML_NS_XADES_141 "http://uri.etsi.org/01903/v1.4.1#"
#define XML_NS_XADES_122 "http://uri.etsi.org/01903/v1.2.2#"
#define XML_NS_XADES_111 "http://uri.etsi.org/01903/v1.1.1#"
#define XML_NS_ASIC "http://uri.etsi.org/02918/v1.2.1#"
#define XML_NS_VALIDATION_REPORT "http://uri.etsi.org/19102/v1.4.1#"

#define XML_C14N_10 "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
#define XML_C14N_11 "http://www.w3.org/2006/12/xml-c14n11"
#define XML_C14N_EXCLUSIVE "http://www.w3.org/2001/10/xml-exc-c14n#"

#define XML_TRANSFORM_ENVELOPED "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
#define XML_TRANSFORM_BASE64 "http://www.w3.org/2000/09/xmldsig#base64"
#define XML_TRANSFORM_XPATH "http://www.w3.org/TR/1999/REC-xpath-19991116"
#define XML_TRANSFORM_FILTER2 "http://www.w3.org/2002/06/xmldsig-filter2"
