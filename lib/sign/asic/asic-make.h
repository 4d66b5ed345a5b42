/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Makes containers (EN 319 162-1): ASiC-S of one file, ASiC-E of many, with a CAdES or a XAdES signature; and adds a signature to one. The files are copied and digested in one
 * pass, stored as they are; what is in a container already keeps its bytes. Two steps, like lib/sign/cms/cades.h. */

#include <stdbool.h>

#include "sign/signer.h"

typedef struct AsicDraft AsicDraft;

/* Outcomes that are not errno: why no container is made. asic_strerror() has the sentence; those of zip.h are possible as well. */
enum {
        ASIC_E_ONE_FILE = 301, /* ASiC-S of several */
        ASIC_E_NAME,           /* a name that cannot stand in a container, or is its own: mimetype, META-INF */
        ASIC_E_SAME_NAME,      /* two files of one name */
        ASIC_E_NO_CONTAINER,   /* a signature is to be added to what is no container */
        ASIC_E_EMPTY,          /* there is nothing in it to sign */
        ASIC_E_OTHER_KIND,     /* it is of another kind, or has signatures of another kind */
        ASIC_E_FULL,           /* ASiC-S with XAdES or a timestamp, whose one file nothing is added to */
        ASIC_E_BROKEN,         /* a signature in it does not hold */
};

typedef struct AsicParams {
        bool simple;            /* ASiC-S */
        bool xades;
        bool add;               /* the one file is a container, which gets a further signature */
        int64_t signing_time;
        View nonce;             /* see XadesParams */
} AsicParams;

typedef struct AsicSource {
        int fd;
        const char *name;       /* in the container, UTF-8 */
        const char *media_type; /* NULL: by the name's ending */
} AsicSource;

/* Writes all but the signature to `out_fd`, empty and seekable, which stays open until the draft is freed. 0, one of the enum, or a negative errno. */
int asic_draft_new(const Signer *signer, const AsicParams *params, const AsicSource *files, size_t n_files, int out_fd, AsicDraft **ret);

/* What is to be signed, borrowed. */
void asic_draft_item(const AsicDraft *d, SignerItem *ret);

/* What a signature timestamp is over. The caller owns it. */
int asic_draft_stamped(AsicDraft *d, View signature, Bytes *ret);

/* Writes the signature and the directory. Once only. */
int asic_draft_complete(AsicDraft *d, View signature, View timestamp);

/* Which of asic-s and asic-e, with what kind of signatures, a container is: what a further signature has to be. False where `fd` is none. */
bool asic_recognize(int fd, bool *ret_simple, bool *ret_xades);

const char *asic_strerror(int outcome); /* untranslated, marked for gettext */

AsicDraft *asic_draft_free(AsicDraft *d);
DEFINE_CLEANUP(AsicDraft *, asic_draft_free);
