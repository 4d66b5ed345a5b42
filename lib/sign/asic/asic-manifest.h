/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* ASiCManifest (EN 319 162-1 annex A.4): which files a CAdES signature or a timestamp is of, by their digests; and the manifest of OpenDocument packages (OpenDocument 1.2
 * part 3 §3), which names the files of a container. */

#include "crypto/digest.h"

#define ASIC_REFERENCES_MAX 131072U

typedef struct AsicReference {
        char *uri;
        gnutls_digest_algorithm_t algorithm; /* GNUTLS_DIG_UNKNOWN: none that we know */
        Digest digest;                       /* empty where it is none of that algorithm */
} AsicReference;

typedef struct AsicManifest {
        char *signature; /* the URI of the signature or timestamp that is over this manifest */
        AsicReference *references;
        size_t n;
} AsicManifest;

/* -EBADMSG when it is none, -E2BIG beyond ASIC_REFERENCES_MAX, -ENOMEM, -ELIBACC. */
int asic_manifest_read(View xml, AsicManifest *ret);
void asic_manifest_done(AsicManifest *m);

/* Calls back with each full-path of an OpenDocument manifest, save that of the package itself and of folders. Errors as above, and what the callback returns. */
typedef int (*AsicPath)(void *userdata, const char *path);
int asic_package_paths(View xml, AsicPath f, void *userdata);

/* A file as manifests name it. */
typedef struct AsicFile {
        char *name;
        char *media_type;
        Digest digest;
} AsicFile;

/* The manifest of a signature or timestamp at `signature`, an entry's name, of that media type, over these files. -EOPNOTSUPP for a digest that XML Signature has
 * no name for. The caller owns the text. */
int asic_manifest_write(const char *signature, const char *media_type, const AsicFile *files, size_t n, gnutls_digest_algorithm_t algorithm, Bytes *ret);

/* OpenDocument's, of a container of that media type with these files. */
int asic_package_write(const char *media_type, const AsicFile *files, size_t n, Bytes *ret);
