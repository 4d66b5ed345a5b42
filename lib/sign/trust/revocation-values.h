/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Revocation information that came with a CMS signature. It is put into the pool as it is; what can't be read is passed over, since it takes nothing from
 * the signature. */

#include "der/ber.h"
#include "sign/trust/revocation-pool.h"

/* The crls field of SignedData (RFC 5652 §10.2.1): CRLs, and OCSP answers in the form of RFC 5940. 0, -ENOMEM. */
int revocation_collect_crls(RevocationPool *p, BerSource *source, const BerElement *crls);

/* revocation-values (EN 319 122-1 A.1.1.2), or adbe-revocationInfoArchival (ISO 32000-1 §12.8.3.3.2), which has the same form. 0, -ENOMEM. */
int revocation_collect_values(RevocationPool *p, View value);
