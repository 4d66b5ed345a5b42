/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is in an Associated Signature Container (EN 319 162-1), and in what else is a ZIP file with signatures in META-INF: documents of ODF. */

#include "sign/asic/zip.h"

typedef enum AsicKind {
        ASIC_UNKNOWN, /* no container of signatures */
        ASIC_S,       /* §4.3: one file */
        ASIC_E,       /* §4.4: any number */
        ASIC_ODF,     /* OpenDocument 1.2 part 3 */
} AsicKind;

typedef enum AsicRole {
        ASIC_ROLE_DATA,             /* a file that is there to be signed */
        ASIC_ROLE_FOLDER,
        ASIC_ROLE_MIMETYPE,
        ASIC_ROLE_CADES,            /* META-INF/ *signature*.p7s */
        ASIC_ROLE_XADES,            /* META-INF/ *signatures*.xml */
        ASIC_ROLE_TIMESTAMP,        /* META-INF/ *timestamp*.tst */
        ASIC_ROLE_MANIFEST,         /* META-INF/ASiCManifest*.xml: what a CAdES signature or a timestamp is of */
        ASIC_ROLE_ARCHIVE_MANIFEST, /* META-INF/ASiCArchiveManifest*.xml */
        ASIC_ROLE_PACKAGE_MANIFEST, /* META-INF/manifest.xml, of OpenDocument */
        ASIC_ROLE_EVIDENCE,         /* evidence records and their manifests: not looked into */
        ASIC_ROLE_OTHER,            /* in META-INF, of unknown use */
        ASIC_ROLE_MAX,
} AsicRole;

#define ASIC_DIGESTS_MAX 8U

typedef struct AsicContainer {
        ZipArchive zip;
        AsicRole *roles; /* of zip.entries[i] */
        size_t n[ASIC_ROLE_MAX];
        AsicKind kind;
        struct {
                gnutls_digest_algorithm_t algorithm;
                Digest *of; /* zip.entries[i]; empty until it is made */
        } digests[ASIC_DIGESTS_MAX];
        size_t n_digests;
} AsicContainer;

/* "ASiC-S", "ASiC-E", "ODF"; NULL. */
const char *asic_kind_to_string(AsicKind kind);

/* 0, an outcome of zip.h, or a negative errno. `fd` must stay open. */
int asic_open(int fd, AsicContainer *ret);
void asic_done(AsicContainer *c);
#define _cleanup_asic_ _cleanup_(asic_done)

/* By its name as a relative URI (RFC 3986 §4.2), or, where none is found so, by its name as it is: not all producers escape. NULL. */
const ZipEntry *asic_find_uri(const AsicContainer *c, const char *uri);

static inline size_t asic_index(const AsicContainer *c, const ZipEntry *e) {
        return (size_t) (e - c->zip.entries);
}

/* The only file that is there to be signed; NULL where there are none or several. */
const ZipEntry *asic_single(const AsicContainer *c);

/* The digest of an entry's contents, made once. As zip_digest(). */
int asic_digest(AsicContainer *c, const ZipEntry *e, gnutls_digest_algorithm_t algorithm, Digest *ret);

/* The contents as a file of its own, which has no name: in memory while they are small, else where TMPDIR says, or in /var/tmp. The caller closes it. */
int asic_pour(const AsicContainer *c, const ZipEntry *e, int *ret);

/* What stands in META-INF, whole. ZIP_E_TOO_LARGE for what is out of proportion to the container. */
int asic_read(const AsicContainer *c, const ZipEntry *e, Bytes *ret);
