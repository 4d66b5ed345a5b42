/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The timestamps of one signer of a CMS, and what each is over (EN 319 122-1 §5.2.8, §5.3, §5.5.3, A.1.5; TS 101 733 §6.4.1). */

#include "der/attributes.h"
#include "sign/cms/cms-signer.h"
#include "sign/cms/timestamp.h"

typedef struct CadesStamped {
        CmsContext *context;
        View core;                          /* contents of the SignerInfo, up to its unsigned attributes */
        View value;                         /* of the signature */
        const Attributes *signed_attributes, *unsigned_attributes; /* NULL where there are none */
} CadesStamped;

typedef struct CadesTimestamps {
        Timestamp list[SIGNATURE_TIMESTAMPS_MAX];
        const Attribute *attributes[SIGNATURE_TIMESTAMPS_MAX]; /* that they stand in */
        size_t n;
} CadesTimestamps;

/* Reads them, the first SIGNATURE_TIMESTAMPS_MAX; views are into what was given. 0 or -ENOMEM. */
int cades_timestamps_read(const CadesStamped *s, CadesTimestamps *ret);

/* Adds the revocation information that one of them is over. 0 or -ENOMEM. */
int cades_timestamps_covered(const CadesStamped *s, const CadesTimestamps *t, size_t i, RevocationPool *pool);

/* Whether one of that kind is of this very signature, whatever else it is worth. */
bool cades_timestamps_have(const CadesTimestamps *t, TimestampKind kind);
