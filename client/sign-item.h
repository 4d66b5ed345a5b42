/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One file that is being signed: examined, drafted, and, once there is a signature value, written whole or not at all. Items have nothing in
 * common: each may be worked on by a thread of its own. */

#include <sys/stat.h>
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
        bool skip_signed;
        bool seal;             /* says -sealed instead of -signed */
        mode_t mode;           /* of what is written */
        const char *content;   /* with `add` or a countersignature: the document of a detached signature; NULL: beside it */
        TimestampService *timestamps; /* NULL: none are wanted */
} SignOptions;

/* Whether what is signed already is to be signed further. */
static inline bool sign_options_is_addition(const SignOptions *o) {
        return o->document.add || o->document.cades.countersign;
}

/* Whether all files become one container. */
static inline bool sign_options_is_container(const SignOptions *o) {
        return !sign_options_is_addition(o) && document_format_files_max(o->document.format) > 1;
}

/* A further file of a container. */
typedef struct SignPart {
        const char *path;      /* borrowed */
        char *shown;
        int fd;
        struct stat examined;
} SignPart;

typedef struct SignItem {
        const char *path;      /* borrowed */
        char *shown;           /* the path, UTF-8, fit to be shown */
        char *output;
        SignatureFormat format;
        int fd;                /* the document, while there is a draft; else -1 */
        int64_t size;
        mode_t mode;
        struct timespec modified;
        SignPart *parts;       /* the files behind the first */
        size_t n_parts;
        AtomicFile *file;
        DocumentDraft *draft;  /* NULL before, and while it is let go */
        SignerItem item;       /* what is to be signed, once there was a draft */
        Bytes tbs;             /* the same of a draft that was let go */
        uint8_t nonce[DOCUMENT_NONCE_SIZE]; /* with which the draft can be made once more */
        int status;            /* exit code of what keeps it from being signed, said already; 0 none */
        bool exists;           /* something has the output's name */
        bool signed_already;   /* there is nothing to do */
        bool is_signed;        /* the output is written and has its name */
        bool timestamped;      /* it got a timestamp */
} SignItem;

/* Opens the document, chooses the format and closes it. Several files are one container's. 0, or an exit code after saying why this file cannot be signed. */
int sign_item_examine(SignItem *item, char *const *paths, size_t n, const SignOptions *options);

/* The mode that the user's umask gives a new file: for options.mode. Before there are threads. */
mode_t sign_item_mode(void);

/* Chooses the name to write: a CMS to which a signature is added is replaced, so that it stays beside its document. What is in the way is found before anybody is asked for a code, save what --skip-signed is to look at. */
int sign_item_name(SignItem *item, const SignOptions *options);

/* With --skip-signed, whether the document or what has the output's name bears a good signature of this signer's: then signed_already. What
 * has the name and is none is in the way. */
int sign_item_compare(SignItem *item, const Signer *signer, const SignOptions *options);

/* Digests the document and makes the to-be-signed bytes: item->item. */
int sign_item_draft(SignItem *item, const Signer *signer, const SignOptions *options);

/* Keeps of the draft only what is to be signed, no file and little memory; it is drafted once more when it is completed. */
int sign_item_let_go(SignItem *item);

/* Writes the signed file, with a timestamp where one is wanted and an authority gives one that fits; else without. It has no name yet. */
int sign_item_complete(SignItem *item, const Signer *signer, View signature, const SignOptions *options);

/* Gives it its name: is_signed. That this is on the disk is certain once the directory is synced (atomic_file_sync_directory()). */
int sign_item_commit(SignItem *item, const SignOptions *options);

void sign_item_done(SignItem *item);
