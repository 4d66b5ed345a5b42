/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The standard security handler (ISO 32000-1 §7.6.3, ISO 32000-2 §7.6.4) as far as an update needs it: the file key from a password, and strings
 * and streams of new objects enciphered with it. qpdf deciphers what is read, and gives the key to nobody. RC4 with 40 to 128 bits, AES-128,
 * AES-256 of both revisions. Nothing of a signature's strength rests on these. */

#include "sign/pdf/pdf-document.h"

typedef struct PdfCipher PdfCipher;

enum {
        PDF_CIPHER_PASSWORD = 1, /* neither the user's nor the owner's */
        PDF_CIPHER_UNKNOWN,      /* another handler or algorithm, or a dictionary that is none */
};

typedef enum PdfCipherUse {
        PDF_CIPHER_STRING,
        PDF_CIPHER_STREAM,
} PdfCipherUse;

/* The permissions that matter here (P's bits, §7.6.3.2 table 22). */
enum {
        PDF_PERMISSION_MODIFY = 1 << 3,
        PDF_PERMISSION_ANNOTATE = 1 << 5,
        PDF_PERMISSION_FILL = 1 << 8,
};

/* Derives the key of an encrypted document. 0, an outcome, or -errno. */
int pdf_cipher_open(PdfDocument *d, View password, PdfCipher **ret);

/* What the password allows; all bits with the owner's. */
uint32_t pdf_cipher_permissions(const PdfCipher *c);

/* Appends a string's or a stream's bytes, enciphered as part of the object. The same bytes of the same object give the same result. */
int pdf_cipher_append(const PdfCipher *c, PdfCipherUse use, int id, int generation, View plain, Bytes *b);

PdfCipher *pdf_cipher_free(PdfCipher *c);
DEFINE_CLEANUP(PdfCipher *, pdf_cipher_free);
