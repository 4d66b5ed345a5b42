/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* From a key to its certificate: the request that the service makes, the local CA's answer, and its import. */

#include "base/secret.h"
#include "client/certificates.h"
#include "client/dict.h"

/* Factors of a key's owner; all NULL for a seal, which operators see to. */
typedef struct IssueFactors {
        const char *session;
        const Secret *password;   /* of a customs key */
        const Secret *pin, *otp;  /* of a signature */
} IssueFactors;

/* The certificate request of a credential, DER. */
int issue_get_request(Client *c, const char *id, const IssueFactors *factors, Bytes *ret);

/* Has sygnet-cad issue; `days` of 0 is its default. */
int issue_by_local_ca(Client *c, View request, const char *profile, unsigned days, CertificateList *ret);

int issue_import(Client *c, const char *id, const CertificateList *l, const IssueFactors *factors);

/* The local CA's part and the import, for a request that is there already. When it fails, says how to go on. */
int issue_for_request(Client *c, const char *id, View request, const char *profile, const IssueFactors *factors);

/* The three in a row. When it fails after the key was made, says how to go on. */
int issue_all(Client *c, const char *id, const char *profile, const IssueFactors *factors);

/* What “… request” and “… import” do once the factors are known. */
int issue_write_der(Client *c, const char *id, View request);
int issue_write_request(Client *c, const char *id, const IssueFactors *factors);
int issue_import_files(Client *c, const char *id, const IssueFactors *factors);
