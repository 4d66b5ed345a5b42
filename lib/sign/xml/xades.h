/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* XAdES B-B and B-T signatures (EN 319 132-1 §6): ds:Signature with SignedProperties, of a document that it is put into, that it holds, or that lies beside
 * it. Two steps, like lib/sign/cms/cades.h. A document that gets a signature keeps its bytes but for that: nothing is written anew, so that nobody's
 * layout, encoding or declaration changes, and the cost is one of reading. */

#include <stdbool.h>

#include "crypto/digest.h"
#include "sign/signer.h"

typedef struct XadesDraft XadesDraft;

typedef enum XadesPacking {
        XADES_ENVELOPED,  /* inside of the document */
        XADES_ENVELOPING, /* around it */
        XADES_DETACHED,   /* beside it */
} XadesPacking;

typedef enum XadesCanonicalization {
        XADES_C14N_EXCLUSIVE,
        XADES_C14N_INCLUSIVE,    /* 1.0 */
        XADES_C14N_INCLUSIVE_11,
} XadesCanonicalization;

typedef enum XadesProfile {
        XADES_PROFILE_NONE,
        XADES_PROFILE_KSEF,    /* a login of the national e-invoice system: an AuthTokenRequest, enveloped or enveloping */
        XADES_PROFILE_CUSTOMS, /* a customs declaration: the whole document, enveloped */
} XadesProfile;

/* Strings may be NULL and are borrowed until the draft was made. */
typedef struct XadesOptions {
        XadesCanonicalization canonicalization;
        XadesProfile profile;
        const char *element; /* XPath of the element that is signed; NULL: the document */
        const char *place;   /* XPath of the element that the signature becomes the last child of; NULL: the one that is signed */
        bool parallel;       /* leaves other signatures of the document out, so that more may be added and earlier ones extended */
        const char *city, *postal_code, *country; /* SignatureProductionPlaceV2 */
        const char *role;                         /* a claimed one of the signer */
} XadesOptions;

#define XADES_NONCE_SIZE 16U
typedef struct XadesParams {
        XadesPacking packing;
        int64_t signing_time; /* seconds since the epoch, UTC */
        View nonce;           /* what ids are made of: XADES_NONCE_SIZE random bytes that serve no other signature; empty: its own */
        const char *name;     /* detached: of the document, as others find it from the signature */
        const char *media_type; /* of the document; NULL: what its form says */
        XadesOptions options;
} XadesParams;

/* Outcomes that are not errno: why a document cannot be signed so. xades_strerror() has the sentence. */
enum {
        XADES_E_NOT_XML = 100,
        XADES_E_DOCTYPE,
        XADES_E_LIMIT,
        XADES_E_ENCODING,    /* no encoding of which ASCII is a part */
        XADES_E_XPATH,       /* no XPath 1.0, or with prefixes that the document's root does not declare */
        XADES_E_NO_ELEMENT,  /* an XPath chooses no element, or several */
        XADES_E_BREAKS,      /* an earlier signature would break */
        XADES_E_XML_BASE,    /* inclusive canonicalization 1.1 below xml:base */
        XADES_E_ALGORITHM,   /* XML Signature, or the profile, has no name for what the key does */
        XADES_E_KSEF,        /* no AuthTokenRequest */
        XADES_E_PROFILE,     /* what the profile does not let be chosen */
        XADES_E_TOO_MANY,    /* more references than a SignedInfo may have */
        XADES_E_EMPTY,       /* no octets to stand in a signature */
        XADES_E_CANONICAL,   /* there is no canonical form of it */
        XADES_E_SIGNED,      /* to be extended: there is no XAdES signature */
        XADES_E_STAMPED,     /* likewise: each has a timestamp, or more */
};

const char *xades_strerror(int outcome); /* untranslated, marked for gettext */

/* The largest SignedInfo that the service signs. */
#define XADES_SIGNED_INFO_MAX (1024U * 1024U)

/* Reads the document at `in_fd`; the signed document, or the signature, goes to `out_fd` when the draft is completed. Both stay the caller's and open until the
 * draft is freed. 0, one of the enum, or a negative errno. */
int xades_draft_new(const Signer *signer, const XadesParams *params, int in_fd, int out_fd, XadesDraft **ret);

/* A file that is signed by its digest (with signer->scheme.message_digest) and its name. */
typedef struct XadesFile {
        const char *name;       /* UTF-8, relative; written as a URI */
        const char *media_type; /* NULL: application/octet-stream */
        Digest digest;
} XadesFile;

/* A signature over files that lie beside it, as ASiC has it (EN 319 162-1 §4.3.3.2, §4.4.3.2): a whole document asic:XAdESSignatures. Of `params` packing, name and media type do
 * not count. Complete it with xades_draft_complete_bytes(). */
int xades_draft_new_manifest(const Signer *signer, const XadesParams *params, const XadesFile *files, size_t n_files, XadesDraft **ret);

/* The canonical ds:SignedInfo; borrowed from the draft. */
View xades_draft_tbs(const XadesDraft *d);

/* What a signature timestamp is over: the canonical ds:SignatureValue. The value is as Signer gives it for XML. */
int xades_draft_stamped(const XadesDraft *d, View signature, Bytes *ret);

/* Writes the signed document. `token` is a TimeStampToken over that, or empty: B-B. Once only. */
int xades_draft_complete(XadesDraft *d, View signature, View token);

/* The same into memory, where no out_fd was given. */
int xades_draft_complete_bytes(XadesDraft *d, View signature, View token, Bytes *ret);

XadesDraft *xades_draft_free(XadesDraft *d);
DEFINE_CLEANUP(XadesDraft *, xades_draft_free);
