/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One file that is being signed: opened, drafted, and, once there is a signature value, written whole or not at all. */

#include <time.h>

#include "base/atomic-file.h"
#include "client/client.h"
#include "sign/cades.h"
#include "sign/pades.h"

typedef enum SignFormat {
        SIGN_AUTOMATIC,
        SIGN_PADES,
        SIGN_CADES,
        SIGN_CADES_ENVELOPING,
} SignFormat;

typedef struct SignOptions {
        SignFormat format;     /* SIGN_AUTOMATIC: pades for a PDF, cades otherwise */
        const char *output;    /* a file or, when `output_is_directory`, a directory; NULL: beside the document */
        bool output_is_directory;
        bool replace;
        bool seal;             /* says -sealed instead of -signed */
        const char *reason;
        const char *location;
        int64_t now;
} SignOptions;

typedef struct SignItem {
        const char *path;      /* borrowed */
        char *shown;           /* the path, UTF-8, fit to be shown */
        char *output;
        SignFormat format;
        int fd;                /* the document; -1 once it is of no more use */
        int64_t size;
        struct timespec modified;
        AtomicFile *file;
        CadesDraft *cades;
        PadesDraft *pades;
        bool skipped;          /* cannot be signed; said already */
} SignItem;

/* Opens the document and chooses the format. 0, or an exit code after saying why this file cannot be signed. */
int sign_item_open(SignItem *item, const char *path, const SignOptions *options);

/* Chooses the name to write; what is in the way is found before anybody is asked for a code. */
int sign_item_name(SignItem *item, const SignOptions *options);

/* Digests the document and makes the to-be-signed bytes. */
int sign_item_draft(SignItem *item, const Signer *signer, const SignOptions *options);

/* Borrowed from the item. */
View sign_item_tbs(const SignItem *item);

/* Writes the signed file. */
int sign_item_complete(SignItem *item, View signature, const SignOptions *options);

void sign_item_done(SignItem *item);
