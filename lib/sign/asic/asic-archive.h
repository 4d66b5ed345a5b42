/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What timestamps over archive manifests (EN 319 162-1 §4.4.4.2) prove about the signatures that these are over: that they existed then (proof of existence, EN 319 102-1 §5.6.2.3). */

#include "sign/asic/asic-manifest.h"
#include "sign/asic/asic.h"
#include "sign/verify.h"

#define ASIC_ARCHIVES_MAX 16U /* archive manifests that are looked at */

typedef struct AsicArchive {
        const ZipEntry *entry;     /* the manifest's */
        const ZipEntry *timestamp; /* over it */
        AsicManifest *manifest;    /* borrowed */
        bool sound;                /* the timestamp is of the manifest, and all that this names is there and fits */
        int64_t time;              /* what it proves; 0: nothing */
        char *authority;
} AsicArchive;

/* Looks at one; entry, timestamp and manifest are set. A timestamp that does not hold proves nothing. 0 or a negative errno. */
int asic_archive_check(AsicContainer *c, const VerifyParams *params, AsicArchive *a);

/* Whether it is over this entry. */
bool asic_archive_has(const AsicContainer *c, const AsicArchive *a, const ZipEntry *e);

void asic_archive_done(AsicArchive *a);
