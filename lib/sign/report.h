/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What verification is told and what it tells, in the words of EN 319 102-1: an indication and a subindication for each signature and for the
 * whole, and a sentence of reason. All formats know this; verify.h calls them. */

#include <stdbool.h>
#include <gnutls/x509.h>

#include "base/bytes.h"
#include "sign/trust/revocation.h"

typedef enum Indication {
        INDICATION_TOTAL_PASSED,
        INDICATION_INDETERMINATE,
        INDICATION_TOTAL_FAILED,
} Indication;

/* EN 319 102-1 table 6; those we can come to. */
typedef enum SubIndication {
        SUB_NONE = 0,
        SUB_FORMAT_FAILURE,
        SUB_HASH_FAILURE,
        SUB_SIG_CRYPTO_FAILURE,
        SUB_SIG_CONSTRAINTS_FAILURE,
        SUB_CHAIN_CONSTRAINTS_FAILURE,
        SUB_CRYPTO_CONSTRAINTS_FAILURE,
        SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE,
        SUB_EXPIRED,
        SUB_NOT_YET_VALID,
        SUB_SIGNED_DATA_NOT_FOUND,
        SUB_NO_SIGNING_CERTIFICATE_FOUND,
        SUB_NO_CERTIFICATE_CHAIN_FOUND,
        SUB_OUT_OF_BOUNDS_NO_POE,
        SUB_REVOKED,
        SUB_REVOKED_NO_POE,
        SUB_REVOKED_CA_NO_POE,
        SUB_TRY_LATER,
        SUB_NO_POE,
        SUB_TIMESTAMP_ORDER_FAILURE,
        SUB_MAX,
} SubIndication;

const char *indication_to_string(Indication i);      /* "TOTAL-PASSED" … */
const char *subindication_to_string(SubIndication s); /* "HASH_FAILURE" …; NULL for SUB_NONE */

/* A timestamp in a signature. */
typedef struct TimestampReport {
        const char *kind; /* "content", "signature", "references", "signature-references", "archive" */
        int64_t time;     /* what it says; -1 where it cannot be read */
        char *authority;  /* RFC 4514; NULL unless it holds */
        int outcome;      /* 0: it holds; TIMESTAMP_NOT_TRIED, or why not (sign/cms/timestamp.h) */
} TimestampReport;

#define TIMESTAMP_NOT_TRIED (-1)

/* What was added to a PDF behind what is signed, what weighs most: further signatures, what proves them and what shows nowhere; values of form
 * fields; or what changes the document. */
typedef enum DocumentAddition {
        ADDED_NOTHING,
        ADDED_SIGNATURES,
        ADDED_FORM_FILLING,
        ADDED_CONTENT,
} DocumentAddition;

const char *document_addition_to_string(DocumentAddition a); /* "signatures", "form-filling", "content"; NULL for ADDED_NOTHING */

/* One signature of a document. Strings are owned by the report, UTF-8, fit to be shown. */
typedef struct SignatureReport {
        bool integrity;                /* digests and signature value hold, whatever the trust */
        Indication indication;
        SubIndication subindication;
        char *reason;                  /* English, one sentence; translated by the client from `reason_id`s through gettext */
        char *signer;                  /* the signing certificate's subject, RFC 4514; NULL when there is none */
        int64_t signing_time;          /* claimed; seconds since the epoch; -1 when there is none */
        const char *format;            /* "CAdES", "PAdES", "XAdES", "CMS", "PDF-CMS", "XMLDSig" */
        const char *level;             /* "B-B" to "B-LTA" by what is there; NULL when it is no baseline signature */
        bool covers_whole_document;
        DocumentAddition added;        /* PDF: where it does not cover the whole */
        bool timestamp;                /* an authority's, that the document existed, and nobody's signature of it */
        bool countersignature;         /* of another signature's value, and not of the document */
        bool without_comments;         /* XML: of a file that it is of, it leaves out the comments that are in it */
        char **covered;                /* the names of the files that it is of: a container's, or those of a detached XML signature */
        size_t n_covered;
        char **elements;               /* XML: the parts of the document that it is of, as URIs */
        size_t n_elements;
        char *field;                   /* PDF: the field's name */
        Bytes certificate;             /* DER of the signing certificate */
        char *issuer;                  /* its issuer, RFC 4514; NULL when there is none */
        char *serial;                  /* its serial number, lower-case hexadecimal */
        bool looked_up;                /* `status` was sought: the path ends at an anchor, and the certificate is within its dates */
        CertificateStatus status;
        int64_t proven_time;           /* a timestamp proves that the signature existed then; -1 when none does */
        char *proven_by;               /* whose timestamp, RFC 4514 */
        int64_t not_before;            /* a timestamp over what is signed proves that the signature is younger; -1 */
        TimestampReport *timestamps;   /* in the signature, where it was judged */
        size_t n_timestamps;
        gnutls_digest_algorithm_t digest_algorithm;
        Bytes digest;                  /* of the signed document, as it was signed; empty where the signature has no one digest of it */
        Bytes value;                   /* the signature value; empty where integrity does not hold */
        Bytes *path;                   /* certificates, DER, the signing certificate first and the anchor last; none where no path was found */
        size_t n_path;
} SignatureReport;

/* The state of the signing certificate when the signature was made: at the proven time, else at the claimed one, which is a claim only. */
CertificateState signature_state_at_signing(const SignatureReport *s);

typedef struct VerifyReport {
        Indication indication;
        SubIndication subindication;
        char *reason;
        SignatureReport *signatures;
        size_t n_signatures;
        const char *container;         /* "ASiC-S", "ASiC-E", "ODF"; NULL when it is none */
        char **unsigned_files;         /* a container: files that no signature is of */
        size_t n_unsigned_files;
} VerifyReport;

typedef struct VerifyParams {
        gnutls_x509_trust_list_t anchors; /* NULL: nothing is trusted, integrity alone is told */
        int64_t now;                      /* validation time */
        int content_fd;                   /* the document of a detached signature, or a folder with the files of an XML signature; -1 */
        RevocationPool *revocation;       /* what is at hand, and whether more may be fetched; grows. NULL: states are not looked up */
        View document_password;           /* of an encrypted PDF; empty: none */
        bool no_timestamps;               /* timestamps in the signature prove nothing: it is one that is verified */
        int64_t proven_time;              /* a document timestamp around it proves that it existed then; 0: none does */
        const char *proven_by;            /* whose, RFC 4514 */
        unsigned *paths;                  /* of certificates, that may still be tried for all signatures together; NULL: as verify_fd() has it */
} VerifyParams;

/* Whether all that the document bears are timestamps: they tell when it was there, and nobody signed it. */
bool verify_report_is_time_alone(const VerifyReport *r);

void verify_report_done(VerifyReport *r);
