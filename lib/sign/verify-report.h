/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How the verifiers of the formats fill a VerifyReport. A signature starts as passed, and what is found against it is noted in
 * the order of EN 319 102-1 §5.3; the first failure stays, since the standard stops there. A reason is one of the sentences that are
 * marked with N_() where they are given, never composed, so that the client can translate it. */

#include "sign/report.h"

/* Marks a sentence for xgettext; the client passes it through gettext(). */
#define N_(s) s

/* Adds a signature to the report: integrity false, TOTAL-PASSED, no signing time. The pointer is borrowed and valid until the
 * next one is added. -ENOMEM, -E2BIG beyond VERIFY_SIGNATURES_MAX. */
#define VERIFY_SIGNATURES_MAX 1024U
int verify_report_add(VerifyReport *r, SignatureReport **ret);

/* Notes what was found. An earlier finding stays, except that TOTAL-FAILED takes the place of INDETERMINATE. The main indication follows
 * from the subindication (EN 319 102-1 table 5). 0 or -ENOMEM. */
int signature_report_note(SignatureReport *s, SubIndication sub, const char *reason);

/* Copies a name into a list of them, made fit to be shown: SignatureReport.covered, VerifyReport.unsigned_files. 0 or -ENOMEM. */
int report_append_name(char ***list, size_t *n, const char *name);

/* Says whose the signature is: subject, issuer, serial number and the certificate itself. Once for each report. 0 or -ENOMEM. */
int signature_report_describe(SignatureReport *s, gnutls_x509_crt_t certificate);

/* Frees what the signature owns. */
void signature_report_done(SignatureReport *s);

/* The whole document's indication from its signatures': the worst. Countersignatures do not count: anybody can add one. A report without signatures is TOTAL-FAILED, FORMAT_FAILURE
 * with `none` as the reason. 0 or -ENOMEM. */
int verify_report_conclude(VerifyReport *r, const char *none);
