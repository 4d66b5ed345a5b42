/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A signature dictionary (ISO 32000-1 §12.8.1 table 252) as it stands in a document, read and checked for form. Nothing is verified
 * here. */

#include "sign/pdf/pdf-byte-range.h"
#include "sign/pdf/pdf-fields.h"

typedef enum PdfSubFilter {
        PDF_SUB_FILTER_UNKNOWN,
        PDF_SUB_FILTER_CADES,          /* ETSI.CAdES.detached: PAdES */
        PDF_SUB_FILTER_PKCS7_DETACHED, /* adbe.pkcs7.detached */
        PDF_SUB_FILTER_PKCS7_SHA1,     /* adbe.pkcs7.sha1: the CMS embeds the SHA-1 digest of the ranges */
        PDF_SUB_FILTER_RFC3161,        /* ETSI.RFC3161: a document timestamp */
} PdfSubFilter;

typedef struct PdfSignature {
        char *name;   /* the field's */
        int field_id; /* its object number, 0 for a direct object */
        PdfSubFilter sub_filter;
        int64_t time; /* M, seconds since the epoch; -1 when there is none */
        bool has_cert;  /* Cert is present, which PAdES forbids */
        PdfByteRange range;
        Bytes contents;     /* the CMS and its padding */
        Bytes dictionary;   /* its text, to find it in the signed revision again */
        const char *defect; /* why it is no signature that could be verified, marked for gettext; NULL when it is well-formed */
} PdfSignature;

/* Reads what field `f` of the document in the `size` bytes of `fd` holds. 0 also with a defect; -errno. */
int pdf_signature_read(PdfDocument *d, int fd, uint64_t size, const PdfField *f, PdfSignature *ret);

void pdf_signature_done(PdfSignature *s);

/* A date string, §7.9.4; -1 when it is none. */
int64_t pdf_date_parse(const char *text);
