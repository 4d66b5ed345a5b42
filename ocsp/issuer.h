/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The CA whose certificates are answered for, as requests name it: by digests of its name and its key (RFC 6960 §4.1.1). */

#include <gnutls/x509.h>

#include "base/bytes.h"
#include "crypto/digest.h"
#include "ocsp/request.h"

#define ISSUER_DIGESTS 4U

typedef struct Issuer {
        Bytes certificate;
        uint8_t fingerprint[SHA256_SIZE];
        struct {
                gnutls_digest_algorithm_t algorithm;
                Digest name, key;
        } digests[ISSUER_DIGESTS]; /* SHA-1, which most clients use; SHA-256, SHA-384, SHA-512 */
} Issuer;

/* Reads a certificate in DER. -EBADMSG when it is none, -EIO. */
int issuer_read(View certificate, Issuer *ret);
void issuer_done(Issuer *i);
#define _cleanup_issuer_ _cleanup_(issuer_done)

/* Whether the certificate asked for is one of this CA's. */
bool issuer_is_meant(const Issuer *i, const OcspCertificateId *id);

/* The octets of a certificate's public key, without tag, length and count of unused bits: what key hashes are made of. -EBADMSG, -EIO. */
int certificate_key_octets(gnutls_x509_crt_t certificate, Bytes *ret);

/* A certificate from its DER. -EBADMSG, -ENOMEM. */
int certificate_import(View der, gnutls_x509_crt_t *ret);
