/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The qualifying properties of a signature (EN 319 132-1 sections 4 and 5; XAdES 1.1.1, 1.2.2 and 1.3.2, with 1.4.1). Only those inside the signature count, and of
 * signed ones there is one set at most: which set is signed is never a question. */

#include "crypto/digest.h"
#include "sign/trust/revocation-pool.h"
#include "sign/xml/xml-key-info.h"
#include "sign/xml/xml-signature.h"

#define XADES_CERT_DIGESTS_MAX 16U

typedef struct XadesCertDigest {
        gnutls_digest_algorithm_t algorithm;
        Bytes value;
} XadesCertDigest;

typedef struct XadesProperties {
        const char *ns;             /* the version's namespace, borrowed; NULL: there are none, it is no XAdES */
        xmlNode *signed_properties; /* NULL when there are none */
        xmlNode *data_properties;   /* SignedDataObjectProperties; NULL */
        xmlNode *unsigned_properties; /* UnsignedSignatureProperties; NULL */
        int64_t signing_time;       /* -1 when there is none */
        XadesCertDigest certificates[XADES_CERT_DIGESTS_MAX]; /* SigningCertificate(V2) */
        size_t n_certificates;
        bool has_signing_certificate;
        bool has_format;            /* a DataObjectFormat */
} XadesProperties;

void xades_properties_done(XadesProperties *p);
#define _cleanup_xades_properties_ _cleanup_(xades_properties_done)

/* 0, or 1 with `*ret_reason` when they break a rule; -ENOMEM. */
int xades_properties_read(const XmlSignature *s, XadesProperties *ret, const char **ret_reason);

/* Whether a certificate is one that SigningCertificate or SigningCertificateV2 names: by its digest, which cannot be of another. */
bool xades_names_certificate(const XadesProperties *p, gnutls_x509_crt_t crt);

/* What came along: CertificateValues and RevocationValues, also those for timestamps, in the unsigned properties that stand before `before` (NULL: in all). `certificates` and `pool` may be
 * NULL. 0, -ENOMEM. */
int xades_values_collect(const XadesProperties *p, const xmlNode *before, XmlCertificates *certificates, RevocationPool *pool);

/* Whether an unsigned property of that name is there. */
bool xades_has_unsigned(const XadesProperties *p, const char *name);
