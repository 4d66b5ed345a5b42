/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Verification of signed documents of all formats. The network is used only where the caller gives a function for it, and only for certificates whose
 * path ends at an anchor: a document alone has nothing fetched. */

#include "sign/report.h"

/* Verifies the document at `fd`, whatever it is: PDF, container (ASiC), XML, or CMS in DER, BER or PEM. 0 with a report, also for something that is
 * no signature at all (INDETERMINATE or TOTAL-FAILED with FORMAT_FAILURE and the reason); negative errno only when it could
 * not be read or memory ran out. */
int verify_fd(int fd, const VerifyParams *params, VerifyReport *ret);
