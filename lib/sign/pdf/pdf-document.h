/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A PDF document, or an earlier revision of one, opened for reading through qpdf's C API. This file is the only one that
 * knows how qpdf is started and how its errors and warnings are told apart; it prints nothing. Objects are read when they are
 * asked for and streams stay in the file, so memory grows with the number of objects touched, not with the document's size. */

#include <stdbool.h>

#include "base/bytes.h"
#include "sign/pdf/qpdf-library.h"

typedef struct PdfDocument {
        qpdf_data q;
        void *map; /* an earlier revision, which is a prefix of the file, is mapped; a whole file is read from its descriptor */
        size_t map_len;
        void *small; /* a small file, which is read at once */
        int next_id; /* the lowest object number that no object has had: /Size, or more where /Size is wrong */
        uint64_t cost; /* at the most, once everything was read, in the tokens of pdf-cost.h */
        bool repaired;
        struct PdfCipher *cipher; /* what new objects of an encrypted document are written with (pdf-cipher.h); NULL: not encrypted, or only read */
} PdfDocument;

enum {
        PDF_DOCUMENT_DAMAGED = 1,
        PDF_DOCUMENT_ENCRYPTED, /* and the password does not open it */
        PDF_DOCUMENT_UNKNOWN_CIPHER,
        PDF_DOCUMENT_EXCESSIVE, /* would take far more to read than its size (pdf-guard.h) */
};

/* Opens the first `length` bytes of the `size` bytes of `fd`, which must stay open. With `repair` qpdf may rebuild a broken
 * cross-reference; `repaired` tells. 0, an outcome, or -errno. */
int pdf_document_open(int fd, uint64_t length, uint64_t size, bool repair, PdfDocument **ret);

/* The same by the user's or the owner's password; documents that want none take any. */
int pdf_document_open_by_password(int fd, uint64_t length, uint64_t size, bool repair, View password, PdfDocument **ret);

/* Sets `cipher`, where the document is encrypted, so that it can be written to. 0, an outcome, or -errno. */
int pdf_document_open_cipher(PdfDocument *d, View password);

/* True when qpdf met an error or a doubtful place since the last call. Ask after reading what must be right. */
bool pdf_document_failed(PdfDocument *d);

PdfDocument *pdf_document_free(PdfDocument *d);
DEFINE_CLEANUP(PdfDocument *, pdf_document_free);

/* The value of a key, the null object for anything that is no dictionary or lacks it. A stream's dictionary counts. */
qpdf_oh pdf_get(PdfDocument *d, qpdf_oh dictionary, const char *key);

/* The same, then released: for steps on a path. */
bool pdf_name_is(PdfDocument *d, qpdf_oh dictionary, const char *key, const char *name);

/* The number of items of an array, 0 for anything else. */
int pdf_count(PdfDocument *d, qpdf_oh array);

/* The key's integer, or `otherwise`. */
long long pdf_get_int(PdfDocument *d, qpdf_oh dictionary, const char *key, long long otherwise);

/* A text string in UTF-8 (§7.9.2.2), to be freed; NULL when it is none. -ENOMEM is told as NULL, too. */
char *pdf_get_text(PdfDocument *d, qpdf_oh dictionary, const char *key);

/* Appends an object's text: a reference for an indirect object, its content with `resolved`. */
int pdf_unparse(PdfDocument *d, qpdf_oh oh, bool resolved, Bytes *b);

/* Appends a dictionary's `/Key value` pairs, but for the keys in the NULL-terminated list `except`. */
int pdf_unparse_entries(PdfDocument *d, qpdf_oh dictionary, const char *const *except, Bytes *b);

/* The keys of a dictionary, but for those of the NULL-terminated list (which may be NULL), sorted. Free them with pdf_free_keys(), after
 * an error as well. */
int pdf_list_keys(PdfDocument *d, qpdf_oh dictionary, const char *const *except, char ***ret, size_t *ret_n);
void pdf_free_keys(char **keys, size_t n);

/* Whether the NULL-terminated list, which may be NULL, has the key. */
bool pdf_key_is_listed(const char *const *list, const char *key);
