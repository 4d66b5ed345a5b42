/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* From a key to its certificate: the request that the service makes, the local CA's answer, and its import. */

#include "base/secret.h"
#include "client/certificates.h"
#include "client/dict.h"

/* Factors of a key's owner; all NULL for a seal, which operators see to. */
typedef struct IssueFactors {
        const char *session;
        const Secret *password;   /* of a key that has one */
        const Secret *pin, *otp;  /* of a signature */
} IssueFactors;

/* Has sygnet-cad issue; `days` of 0 is its default. */
int issue_by_local_ca(Client *c, View request, const char *profile, unsigned days, CertificateList *ret);

/* Has sygnet-cad keep the request until an operator decides about it. */
int issue_ask(Client *c, View request, const char *profile, unsigned days, uint64_t *ret_number);

/* The first, or, where the caller may not issue, the second: then `ret_waits` is the request's number, else 0. */
int issue_or_ask(Client *c, View request, const char *profile, CertificateList *ret, uint64_t *ret_waits);

/* Says how a key without certificate goes on: when its request waits (0: says nothing), and when something failed; then it returns `r`. */
void issue_tell_waits(const char *id, const char *profile, uint64_t number);
int issue_tell_failed(int r, const char *id, const char *profile);

int issue_import(Client *c, const char *id, const CertificateList *l, const IssueFactors *factors);

/* The local CA's part and the import, for a request that is there already. Where the caller may not issue, the request waits for an operator, and
 * `ret_waits` is its number; else it is 0. Says how to go on, then and when it fails. */
int issue_for_request(Client *c, const char *id, View request, const char *profile, const IssueFactors *factors, uint64_t *ret_waits);

/* The three in a row, likewise. */
int issue_all(Client *c, const char *id, const char *profile, const IssueFactors *factors, uint64_t *ret_waits);

/* {"id", "status"} of a key that was made, as JSON: active, waiting with the number of its request, or requested; and a password that was generated, else NULL. An exit
 * code. */
int issue_print_made(const char *id, bool issued, uint64_t waits, const Secret *password);

/* How a request is written. */
typedef enum RequestForm {
        REQUEST_PEM,
        REQUEST_DER,
        REQUEST_BASE64, /* of the DER, on one line: what KSeF wants */
} RequestForm;

/* What --form says; without it base64 for what KSeF certifies (`profile`), else PEM. EXIT_USAGE after saying so. */
int issue_request_form(const Client *c, const char *profile, RequestForm *ret);

/* The factors a{sv}. */
int issue_append_factors(sd_bus_message *m, const IssueFactors *f);

/* What “… request” and “… import” do once the factors are known. */
int issue_write_der(Client *c, const char *id, RequestForm form, View request);
int issue_write_request(Client *c, const char *id, RequestForm form, const IssueFactors *factors);
int issue_import_files(Client *c, const char *id, const IssueFactors *factors);
