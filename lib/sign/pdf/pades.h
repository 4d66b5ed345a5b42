/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* PAdES B-B and, with a timestamp, B-T (EN 319 142-1): a signature dictionary with SubFilter ETSI.CAdES.detached, added as an incremental
 * update (ISO 32000-1 §7.5.6, §12.8). The bytes that were there stay as they were; only a damaged document without signature is written anew before
 * (pades-source.h). Two steps, like lib/sign/cms/cades.h. */

#include "sign/cms/cades.h"

typedef struct PadesDraft PadesDraft;

/* Outcomes that are not errno: why a document cannot be signed. pades_strerror() has the sentence, also of those of pdf-appearance.h. */
enum {
        PADES_E_NOT_PDF = 1,
        PADES_E_DAMAGED,      /* beyond repair, or encrypted and damaged */
        PADES_E_ENCRYPTED,    /* and the password, or none, does not open it */
        PADES_E_XFA,
        PADES_E_FORBIDDEN,    /* a certification or a locked field forbids a further signature */
        PADES_E_TOO_COMPLEX,  /* a limit of size or depth was reached */
        PADES_E_NO_FIELD,     /* no signature field of that name */
        PADES_E_FIELD_SIGNED,
        PADES_E_CERTIFY_LATE, /* a certification must be the first signature */
        PADES_E_CERTIFIED,    /* a visible signature in a new field, in a certified document */
        PADES_E_SEED_FORMAT,  /* the field's seed values, as the following */
        PADES_E_SEED_CERTIFICATE,
        PADES_E_SEED_REASON,
        PADES_E_SEED_CERTIFY,
        PADES_E_SEED_TIMESTAMP,
        PADES_E_PERMISSION,   /* the document's protection allows it only with the owner's password */
        PADES_E_CIPHER,       /* encrypted in a way that is not known here */
        PADES_E_DAMAGED_SIGNED, /* to be repaired, but there is a signature */
};

/* What the signer chooses; all may be NULL or 0. */
typedef struct PadesOptions {
        const char *reason;
        const char *location;
        const char *contact;
        const char *field; /* the full name of an empty signature field that the document has; otherwise a new one is made */
        int certify;       /* 1 to 3: certify, and allow no change, filling in and signing, or annotations too (DocMDP); 0: approve */
        View password;     /* of an encrypted document, the user's or the owner's; empty: none */
        const struct PdfAppearance *appearance; /* what is to be seen, and where (pdf-appearance.h); NULL: nothing */
} PadesOptions;

typedef struct PadesParams {
        int64_t signing_time; /* the dictionary's M */
        bool timestamped;     /* leave room for a timestamp */
        size_t room;          /* so much, in bytes; 0: 8 KiB, which nearly all fit into */
        PadesOptions options;
} PadesParams;

/* Reads the document at `in_fd` and writes it with the update, a place left for the signature, to `out_fd` (readable, empty).
 * Both stay the caller's and open until the draft is freed. The same document, signer and parameters give the same to-be-signed bytes. 0, one
 * of the enum, or a negative errno. */
int pades_draft_new(const Signer *signer, const PadesParams *params, int in_fd, int out_fd, PadesDraft **ret);

/* Whether the document was damaged, and what is signed was written anew: whoever signs should look at it again. */
bool pades_draft_is_repaired(const PadesDraft *d);

View pades_draft_tbs(const PadesDraft *d);

/* Writes the CMS into its place. `timestamp` is a TimeStampToken over the signature value, or empty. -EMSGSIZE when there is no room for it. */
int pades_draft_complete(PadesDraft *d, View signature, View timestamp);

/* The same for a document timestamp (EN 319 142-1 §5.4.3): the digest that is to be timestamped, SHA-256, and the TimeStampToken into its place. `room` as in
 * PadesParams. */
int pades_timestamp_draft_new(View password, size_t room, int in_fd, int out_fd, PadesDraft **ret);
View pades_timestamp_draft_digest(const PadesDraft *d);
int pades_timestamp_draft_complete(PadesDraft *d, View token);

const char *pades_strerror(int outcome); /* untranslated, marked for gettext */

PadesDraft *pades_draft_free(PadesDraft *d);
DEFINE_CLEANUP(PadesDraft *, pades_draft_free);
