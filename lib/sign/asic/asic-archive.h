/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What timestamps over archive manifests (EN 319 162-1 §4.4.4.2) prove about the signatures that these are over: that they existed then (proof of existence, EN 319 102-1 §5.6.2.3). */

#include "sign/asic/asic-manifest.h"
#include "sign/asic/asic.h"
#include "sign/report.h"

#define ASIC_ARCHIVES_MAX 16U /* archive manifests that are looked at */

typedef struct AsicArchive {
        const ZipEntry *entry;     /* the manifest's */
        const ZipEntry *timestamp; /* over it */
        AsicManifest *manifest;    /* borrowed */
        bool sound;                /* the timestamp is of the manifest, and all that this names is there and fits */
        Bytes token;
        int64_t said;              /* the time that it says */
        int64_t time;              /* what it proves; 0: nothing */
        char *authority;
        uint32_t covers;           /* bits: the others whose timestamps it is over, by their numbers */
} AsicArchive;

/* Reads one; entry, timestamp and manifest are set. 0 or a negative errno, also for one that is not sound. */
int asic_archive_read(AsicContainer *c, const VerifyParams *params, AsicArchive *a);

/* Verifies the authorities of those that are sound, from the outermost inwards, each at params->now, or by when another one proves that it existed. A timestamp that does not hold
 * proves nothing. `*lookups` of names may still be made. 0 or a negative errno. */
int asic_archives_check(AsicContainer *c, const VerifyParams *params, AsicArchive *list, size_t n, size_t *lookups);

/* Whether it is over this entry. */
bool asic_archive_has(const AsicContainer *c, const AsicArchive *a, const ZipEntry *e);

void asic_archive_done(AsicArchive *a);
