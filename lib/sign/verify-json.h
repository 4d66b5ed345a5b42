/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The verification report for programs: the object that `sygnet verify --json` prints, a contract kept from here on. Members:
 * indication, subindication (null when none), reason (null when none), container and unsigned_files[] (ASiC-S, ASiC-E, ODF: what no signature is of), signatures[], each of these with integrity, indication,
 * subindication, reason, signer, signing_time (RFC 3339 or null), format, level (null for no baseline signature),
 * covers_whole_document, files[] (those of a container that it is of), field (PDF), proven_time and proven_by (null where no timestamp proves one), certificate (null when there is none): subject, issuer,
 * serial (hexadecimal), state (good, suspended, revoked, unknown), state_at_signing (at the proven time, else at the claimed one), reason and since (of a
 * suspension or revocation, else null), checked, source (signature, file, local-ca, network), method (CRL, OCSP), next_update, problem (why it was not
 * checked). Members may be added, none changed or removed. */

#include "base/json.h"
#include "sign/report.h"

/* The object as a member or an element of another. */
void verify_report_to_json(const VerifyReport *r, const char *name, Json *j);

/* Writes the object and a newline. -EIO when the stream failed. */
int verify_report_write_json(const VerifyReport *r, FILE *out);
