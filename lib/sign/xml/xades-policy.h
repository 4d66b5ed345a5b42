/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The signature policy that a signer names (EN 319 132-1 section 5.2.9). */

#include "sign/xml/xades-properties.h"

/* Whether the signed properties name this policy, and so its rules: by its object identifier as a URN (RFC 3061) with the qualifier that says so, with a place where it can be read
 * (SPURI), and no other policy beside it, as BDOC 2.1.2 section 5.2 wants it. */
bool xades_names_policy(const XadesProperties *p, const char *oid);
