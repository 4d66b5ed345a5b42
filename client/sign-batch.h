/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Many files signed as one operation. Documents are read and written on all processors; a file that cannot be signed is told at once and keeps
 * the others from nothing. Of a very large batch only so many files are open at a time, and what is kept of the others is what is to be signed. */

#include "base/crew.h"
#include "client/key-signer.h"
#include "client/sign-item.h"

#define SIGN_BATCH_MAX 65536U /* items of an operation */

typedef struct SignBatch {
        SignItem *items;
        size_t n;
        const SignOptions *options; /* borrowed */
        Crew *loader;               /* loads what the formats rest on, while the key is looked for */
        size_t n_signed, n_already, n_failed; /* afterwards; the rest was not come to */
        size_t n_lowered;                     /* of those signed, without the timestamp that is wanted */
} SignBatch;

/* Examines the files and begins to load the libraries that they need. The paths are borrowed until sign_batch_done(), which is to be called in any case. 0, or an exit code when none can be signed. */
int sign_batch_open(SignBatch *b, char *const *paths, size_t n, const SignOptions *options);

/* Chooses the names of what is written, finds what is signed already and what is in the way, drafts, signs, and writes. 0 when all went well, also
 * when there was nothing to do; else an exit code, though some may be signed. */
int sign_batch_run(SignBatch *b, KeySigner *key);

void sign_batch_done(SignBatch *b);
