/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* ECDSA on the curves of RFC 5639, which signature cards use and GnuTLS does not know: through libgcrypt, loaded at the first such signature. For verifying
 * only: all that goes in is public. */

#include "base/bytes.h"

typedef enum BrainpoolCurve {
        BRAINPOOL_NONE = 0,
        BRAINPOOL_P256R1,
        BRAINPOOL_P384R1,
        BRAINPOOL_P512R1,
} BrainpoolCurve;

#define BRAINPOOL_SIZE_MAX 64U                             /* bytes of a coordinate, and of r and s */
#define BRAINPOOL_POINT_MAX (1U + 2U * BRAINPOOL_SIZE_MAX)

typedef struct BrainpoolKey {
        BrainpoolCurve curve;
        uint8_t point[BRAINPOOL_POINT_MAX]; /* 4, x, y (RFC 5480 section 2.2) */
} BrainpoolKey;

/* The curve of a namedCurve's dotted OID; BRAINPOOL_NONE for all others, also for those of fewer than 256 bits and for the twisted ones. */
BrainpoolCurve brainpool_curve_of_oid(const char *oid);

/* "brainpoolP256r1", and so on (RFC 5639 section 3). */
const char *brainpool_name(BrainpoolCurve curve);

/* The bytes of a coordinate, and of r and s: those of the field and of the group's order alike. */
size_t brainpool_size(BrainpoolCurve curve);

/* Takes the contents of a SubjectPublicKeyInfo's BIT STRING behind its count of unused bits. -EBADMSG when it is no uncompressed point of the curve's width; whether it
 * is on the curve is seen when something is verified. */
int brainpool_key_set(BrainpoolCurve curve, View point, BrainpoolKey *ret);

/* Whether r and s, big-endian, are the key's signature over what has this digest (BSI TR-03111 section 4.2.1.2). 0; -EKEYREJECTED, also for a key that is not on its
 * curve; -EOPNOTSUPP where libgcrypt is not there or may not (it refuses these curves in its FIPS mode). */
int brainpool_verify(const BrainpoolKey *key, View digest, View r, View s);
