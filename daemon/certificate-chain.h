/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a CA answered: whether it is a chain for the key, and what it says about its subject. */

#include <stdbool.h>

#include "crypto/profile.h"

#define CHAIN_MAX 10U
#define CHAIN_GIVEN_MAX 32U /* certificates that a chain is built from */
#define CHAIN_CERTIFICATE_MAX (16U * 1024)

/* Builds a chain from `certificates` (DER, in any order; CAs answer with bundles), that begins with the one for the key `public_key` (SubjectPublicKeyInfo): each is
 * signed by the next, none has expired at `now`, and the first is fit for `profile`. What does not belong to it is left out, but where others were given one of
 * them must be an issuer. *ret is the chain as a record has it: each after its u32be length. 0; -EKEYREJECTED when none is for the key, -EINVAL for all else
 * that is wrong, both with a constant sentence; -ENOMEM. That the last is to be trusted is not asked. */
int chain_build(const View *certificates, size_t n, View public_key, Profile profile, int64_t now, Bytes *ret, const char **ret_problem);

typedef struct CertificateFields {
        char *subject, *issuer;                 /* RFC 4514 */
        char *organization, *organization_identifier; /* NULL where there is none */
        char *serial;                           /* hexadecimal */
        int64_t not_before, not_after;
} CertificateFields;

void certificate_fields_done(CertificateFields *f);
int certificate_fields_read(View certificate, CertificateFields *ret);
