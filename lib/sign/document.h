/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One interface over all formats of signatures, in two steps, so that many documents can be signed at once: a draft holds what is to be
 * signed, completing it with the signature value, and a timestamp where one was fetched, writes the signed document. Drafts have nothing
 * in common: each may be made and completed on a thread of its own, a signer's certificates are only read. */

#include "sign/asic/asic-make.h"
#include "sign/cms/cades-addition.h"
#include "sign/pdf/pades.h"
#include "sign/signer.h"
#include "sign/xml/xades.h"

typedef enum SignatureFormat {
        FORMAT_AUTOMATIC, /* for the command line: document_format_recognize() tells which it is */
        FORMAT_PADES,
        FORMAT_CADES,
        FORMAT_CADES_ENVELOPING,
        FORMAT_XADES,
        FORMAT_XADES_ENVELOPING,
        FORMAT_XADES_DETACHED,
        FORMAT_ASIC_S_CADES,
        FORMAT_ASIC_S_XADES,
        FORMAT_ASIC_E_CADES,
        FORMAT_ASIC_E_XADES,
        FORMAT_MAX,
} SignatureFormat;

/* What a name on the command line means, and back; -EINVAL and NULL where there is none. FORMAT_AUTOMATIC has no name. */
int document_format_from_string(const char *name, SignatureFormat *ret);
const char *document_format_to_string(SignatureFormat format);

/* The format that suits the document at `fd` when nobody chose: PAdES for a PDF, CAdES for anything else. */
SignatureFormat document_format_recognize(int fd);

/* The format of what is signed already, for a further signature; FORMAT_AUTOMATIC where none can be added. */
SignatureFormat document_format_of_signed(int fd);

/* The ending of the files that are written: ".p7s". Where `*ret_inside`, the document itself gets the signature and this is its own ending
 * (".pdf"); else the signed file or the signature is another file, its name the document's with the ending behind. */
const char *document_format_ending(SignatureFormat format, bool *ret_inside);

/* Whether a signature of this format names nothing that it is of, and is verified against the document that is given with it: CAdES beside its document. A detached XAdES
 * signature is of no use without its file either, but names it, and is none of these. */
bool document_format_needs_document(SignatureFormat format);

#define DOCUMENT_NONCE_SIZE XADES_NONCE_SIZE
typedef struct DocumentParams {
        SignatureFormat format;
        int64_t signing_time; /* seconds since the epoch, UTC */
        bool add;             /* the document is signed in this format already, and gets a further signature; containers and CMS can */
        View nonce;           /* DOCUMENT_NONCE_SIZE random bytes for this draft alone; empty: it takes its own where it wants any */
        bool timestamped;     /* leave room for a timestamp where the format has to */
        CadesOptions cades;
        PadesOptions pades;   /* each format's own options; those of others are not looked at */
        XadesOptions xades;
} DocumentParams;

/* Strings are borrowed until the draft was made; descriptors stay the caller's and open until it is freed. */
typedef struct DocumentFile {
        int fd;
        const char *name;       /* as it stands in a container; may be NULL where there is none */
        const char *media_type; /* NULL: not known */
} DocumentFile;

typedef struct DocumentDraft DocumentDraft;

/* Digests the files (one for all formats but containers) and makes the to-be-signed bytes. `out_fd`, empty, readable and writable, gets the
 * signed document or the signature, some now and the rest when it is completed. With a nonce, the same files, signer and parameters give the same
 * to-be-signed bytes. 0, an outcome of the format (document_strerror() has the sentence), or a negative errno. */
int document_draft_new(const Signer *signer, const DocumentParams *params, const DocumentFile *files, size_t n_files, int out_fd,
                       DocumentDraft **ret);

/* Loads the library that reading documents of this format rests on, which is otherwise done when it is first used, and takes milliseconds: on a thread,
 * meanwhile, where there is something else to wait for. That it is not there is told by who needs it. */
void document_format_load(SignatureFormat format);

/* Whether there is such a library. */
bool document_format_has_library(SignatureFormat format);

/* How many files one signature of this format is of at most; more than one for containers. */
size_t document_format_files_max(SignatureFormat format);

/* What is to be signed, borrowed from the draft; without a name. */
void document_draft_item(const DocumentDraft *d, SignerItem *ret);

/* Whether what is signed was written anew, since the document was damaged: whoever signs should look at it again. */
bool document_draft_is_repaired(const DocumentDraft *d);

/* What a signature timestamp's imprint is over: in CMS the signature value (RFC 3161 appendix A). The caller owns it. */
int document_draft_stamped(DocumentDraft *d, View signature, Bytes *ret);

/* Writes what is missing. `timestamp_token` is a TimeStampToken, or empty: then the level is B-B. -EOPNOTSUPP for a token where the draft
 * takes none. Once only. */
int document_draft_complete(DocumentDraft *d, View signature, View timestamp_token);

/* The sentence of a positive outcome, untranslated, marked for gettext. Outcomes have a range of their own for each format: PAdES from 1,
 * each further one a hundred of its own. */
const char *document_strerror(int outcome);

DocumentDraft *document_draft_free(DocumentDraft *d);
DEFINE_CLEANUP(DocumentDraft *, document_draft_free);
