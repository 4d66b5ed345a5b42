/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What each use of a credential needs to know of its certificate, read in place. The chain was checked by GnuTLS when it was imported, and the
 * record's MAC says that it is the same; to build GnuTLS's tree again for each step of each operation took longer than all else in the job. */

#include "base/bytes.h"

typedef struct CertificateParts {
        View serial;   /* content of the INTEGER */
        View issuer;   /* Name, the whole element */
        View validity; /* content */
} CertificateParts;

/* RFC 5280 section 4.1, in DER. The views point into `certificate`. -EBADMSG when it has another form. */
int certificate_read_parts(View certificate, CertificateParts *ret);

/* Seconds since 1970. -EBADMSG also for times in forms that RFC 5280 forbids, and that a few CAs write all the same. */
int certificate_read_validity(const CertificateParts *p, int64_t *ret_not_before, int64_t *ret_not_after);
