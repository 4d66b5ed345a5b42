/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The validation report of ETSI TS 119 102-2, for programs of others and for the archive. */

#include "sign/report.h"

/* Writes the report of what was verified at `now` (seconds since the epoch) as an XML document of that standard's version 1.4.1; `*ret` is the caller's. What
 * we do not know (a policy, a quality in law) is left out; the report itself is not signed. 0, -ENOMEM, -EILSEQ. */
int verify_report_write_etsi(const VerifyReport *r, int64_t now, Bytes *ret);
