/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a format gives to lib/sign/document.c: a row of functions, in a file of its own (document-pades.c …). */

#include "sign/document.h"

typedef struct DocumentFormat {
        const char *name;    /* on the command line */
        const char *ending;
        bool inside;         /* see document_format_ending() */
        bool needs_document; /* see document_format_needs_document() */
        size_t files_max;
        int (*load)(void);   /* see document_format_load(); NULL: it rests on no such library */
        /* `*ret` is the format's own draft; see document_draft_new(). */
        int (*draft)(const Signer *signer, const DocumentParams *params, const DocumentFile *files, size_t n_files, int out_fd, void **ret);
        void (*item)(const void *draft, SignerItem *ret);
        int (*stamped)(void *draft, View signature, Bytes *ret); /* NULL: over the signature value as it is */
        int (*complete)(void *draft, View signature, View timestamp_token);
        bool (*is_repaired)(const void *draft); /* NULL: never; see document_draft_is_repaired() */
        void (*free)(void *draft);
} DocumentFormat;

extern const DocumentFormat document_pades, document_cades, document_cades_enveloping, document_xades, document_xades_enveloping, document_xades_detached;
extern const DocumentFormat document_asic_s, document_asic_s_xades, document_asic_e, document_asic_e_xades;
