/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The dictionaries that tell how a PDF file is put together: trailers, and those of cross-reference and object streams (ISO 32000-1 §7.5.5, §7.5.7,
 * §7.5.8). Only the values that this depends on are looked at. */

#include "sign/pdf/pdf-inflate.h"

typedef enum PdfKey {
        PDF_KEY_TYPE,
        PDF_KEY_SIZE,
        PDF_KEY_PREV,
        PDF_KEY_XREF_STM,
        PDF_KEY_W,
        PDF_KEY_INDEX,
        PDF_KEY_N,
        PDF_KEY_FIRST,
        PDF_KEY_LENGTH,
        PDF_KEY_FILTER,
        PDF_KEY_DECODE_PARMS,
        PDF_KEY_ENCRYPT,
        _PDF_KEY_MAX,
} PdfKey;

typedef enum PdfKind {
        PDF_KIND_NONE, /* null, too */
        PDF_KIND_INTEGER,
        PDF_KIND_NAME,
        PDF_KIND_ARRAY,
        PDF_KIND_DICTIONARY,
        PDF_KIND_REFERENCE,
        PDF_KIND_OTHER,
} PdfKind;

typedef struct PdfValue {
        PdfKind kind;
        int64_t integer;
        uint64_t begin; /* where it stands */
        char name[24];
} PdfValue;

typedef struct PdfDictionary {
        PdfValue values[_PDF_KEY_MAX];
        uint64_t begin; /* where it stands */
} PdfDictionary;

/* What the functions of this file and of pdf-xref.h tell. */
enum {
        PDF_SCAN_EXCESSIVE = 1, /* costs more than any honest file */
        PDF_SCAN_DOUBTFUL,      /* readers may take it for one thing or another */
        PDF_SCAN_BROKEN,        /* no reader can go on here */
};

/* The most tokens of one dictionary, and its deepest nesting. */
#define PDF_DICTIONARY_TOKENS_MAX 65536U
#define PDF_NESTING_MAX 500U

/* Reads the dictionary that begins at the lexer's place. 0 or one of the above. */
int pdf_dictionary_read(PdfLexer *l, PdfDictionary *ret);

/* The same of the stream `N G obj << >> stream` at `at`; `ret_data` is where its data begins. */
int pdf_dictionary_read_stream(PdfSource *s, uint64_t at, PdfDictionary *ret, uint64_t *ret_data);

/* How a stream is compressed: not at all, or by FlateDecode once, which is all that programs make here. */
int pdf_dictionary_filter(PdfSource *s, const PdfDictionary *d, PdfFilter *ret);

/* What the next tokens are, up to the end of an array or dictionary that opens here. For use behind pdf_lexer_next(). */
int pdf_skip_nested(PdfLexer *l, PdfToken opened, uint64_t *tokens, uint64_t tokens_max);
