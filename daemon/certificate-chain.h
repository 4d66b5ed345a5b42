/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a CA answered: whether it is a chain for the key, and what it says about its subject. */

#include <stdbool.h>

#include "crypto/key.h"

#define CHAIN_MAX 10U
#define CHAIN_CERTIFICATE_MAX (16U * 1024)

/* Whether `certificates` (DER) are a chain that begins with one for the key `public_key` (SubjectPublicKeyInfo), each signed by the next,
 * none expired at `now`, the first fit to sign. 0, or -EINVAL with a constant sentence, or -ENOMEM. That the last is to be trusted is not
 * asked. */
int chain_check(const View *certificates, size_t n, View public_key, int64_t now, const char **ret_problem);

/* Whether its holder may commit to what is signed with it: keyUsage nonRepudiation, as EN 319 412-2 clause 4.3.2 has it for signatures. */
bool certificate_allows_commitment(View certificate);

/* The chain as a record has it: each after its u32be length. */
int chain_join(const View *certificates, size_t n, Bytes *ret);

typedef struct CertificateFields {
        char *subject, *issuer;                 /* RFC 4514 */
        char *organization, *organization_identifier; /* NULL where there is none */
        char *serial;                           /* hexadecimal */
        int64_t not_before, not_after;
} CertificateFields;

void certificate_fields_done(CertificateFields *f);
int certificate_fields_read(View certificate, CertificateFields *ret);
