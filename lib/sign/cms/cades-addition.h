/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A further CAdES signature in a CMS that is signed already: of a further signer of the same content (parallel), or of a signature in it (countersignature,
 * EN 319 122-1 §5.2.7). What is there must hold first, its digests and values: nobody puts a signature beside one that is broken. Two steps, like cades.h. */

#include "sign/cms/cades.h"

typedef struct CadesAddition CadesAddition;

/* Outcomes that are not errno. cades_strerror() has the sentence. */
enum {
        CADES_E_NOT_SIGNED = 200,
        CADES_E_CONTENT,      /* its content is of a type or form to which nothing is added */
        CADES_E_NO_DOCUMENT,  /* detached, and the document was not given */
        CADES_E_BROKEN,       /* a signature in it does not hold, or is of another document */
        CADES_E_WHICH,        /* there is no such signer; or several, and none was chosen */
        CADES_E_ARCHIVED,     /* an archive timestamp of before version 3 is over all that is in it */
};

typedef struct CadesOptions {
        bool countersign;
        size_t signer;  /* which one is countersigned, from 1; 0: the only one */
        int content_fd; /* the document of a detached one, which stays the caller's, or -1 */
} CadesOptions;

typedef struct CadesAdditionParams {
        int64_t signing_time;
        CadesOptions options;
} CadesAdditionParams;

/* Reads the CMS at `fd` (BER, DER or PEM), which stays the caller's and open. 0, one of the enum, or a negative errno. */
int cades_addition_new(const Signer *signer, const CadesAdditionParams *params, int fd, CadesAddition **ret);

/* The DER SET of signed attributes; borrowed. */
View cades_addition_tbs(const CadesAddition *a);

/* Writes the whole CMS, as DER in all that is new. Once only. */
int cades_addition_complete(CadesAddition *a, View signature, View timestamp, int out_fd);

/* Whether it is a CMS signature, and whether the document is in it. */
bool cades_recognize(int fd, bool *ret_enveloping);

const char *cades_strerror(int outcome); /* untranslated, marked for gettext */

CadesAddition *cades_addition_free(CadesAddition *a);
DEFINE_CLEANUP(CadesAddition *, cades_addition_free);
