/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One file that is being signed: opened, drafted, and, once there is a signature value, written whole or not at all. */

#include <time.h>

#include "base/atomic-file.h"
#include "client/client.h"
#include "client/timestamp-service.h"
#include "sign/document.h"

typedef struct SignOptions {
        DocumentParams document; /* FORMAT_AUTOMATIC: what suits each file */
        const char *output;    /* a file or, when `output_is_directory`, a directory; NULL: beside the document */
        bool output_is_directory;
        bool replace;
        bool seal;             /* says -sealed instead of -signed */
        mode_t mode;           /* of what is written */
        TimestampService *timestamps; /* NULL: none are wanted */
} SignOptions;

typedef struct SignItem {
        const char *path;      /* borrowed */
        char *shown;           /* the path, UTF-8, fit to be shown */
        char *output;
        SignatureFormat format;
        int fd;                /* the document */
        int64_t size;
        struct timespec modified;
        AtomicFile *file;
        DocumentDraft *draft;
        bool timestamped;      /* it got a timestamp */
        bool skipped;          /* cannot be signed; said already */
} SignItem;

/* Opens the document and chooses the format. 0, or an exit code after saying why this file cannot be signed. */
int sign_item_open(SignItem *item, const char *path, const SignOptions *options);

/* The mode that the user's umask gives a new file: for options.mode. Before there are threads. */
mode_t sign_item_mode(void);

/* Chooses the name to write; what is in the way is found before anybody is asked for a code. */
int sign_item_name(SignItem *item, const SignOptions *options);

/* Digests the document and makes the to-be-signed bytes. */
int sign_item_draft(SignItem *item, const Signer *signer, const SignOptions *options);

/* What is to be signed, with the name for the signer's history; borrowed from the item. */
SignerItem sign_item_of(const SignItem *item);

/* Writes the signed file, with a timestamp where one is wanted and an authority gives one that fits; else without. */
int sign_item_complete(SignItem *item, View signature, const SignOptions *options);

void sign_item_done(SignItem *item);
