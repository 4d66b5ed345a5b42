/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The tokens of PDF's syntax (ISO 32000-1 §7.2, §7.3), read from a file or from memory one at a time and told apart where qpdf tells them apart: what
 * pdf-guard.c finds harmless must be what qpdf will read. Nothing is kept of strings, and of words no more than a key of the standard needs.
 * Memory is constant. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PDF_SOURCE_WINDOW 4096U

typedef struct PdfSource {
        int fd;
        const uint8_t *data; /* `len` bytes from `start`: the window, or all where the source is memory */
        uint64_t start, len;
        uint64_t origin; /* where offset 0 is in the file */
        uint64_t size;   /* bytes from there on */
        int error;       /* of reading; what follows is taken for the end */
        uint8_t window[PDF_SOURCE_WINDOW];
} PdfSource;

void pdf_source_init_file(PdfSource *s, int fd, uint64_t size);
void pdf_source_init_memory(PdfSource *s, const void *data, uint64_t size);

/* Another look at the same bytes, with a window of its own. */
void pdf_source_copy(const PdfSource *s, PdfSource *ret);

/* Counts offsets from `origin` on (a file whose header is not at its start). */
void pdf_source_move(PdfSource *s, uint64_t origin);

/* Makes the byte at `at` part of the window. False at the end. */
bool pdf_source_fill(PdfSource *s, uint64_t at);

/* The byte at `at`, or -1 at the end. */
static inline int pdf_source_byte(PdfSource *s, uint64_t at) {
        if (at - s->start >= s->len && !pdf_source_fill(s, at))
                return -1;
        return s->data[at - s->start];
}

typedef enum PdfToken {
        PDF_TOKEN_END,
        PDF_TOKEN_BAD,
        PDF_TOKEN_INTEGER,
        PDF_TOKEN_NAME,
        PDF_TOKEN_WORD, /* reals, true, false, null and keywords */
        PDF_TOKEN_STRING,
        PDF_TOKEN_ARRAY_OPEN,
        PDF_TOKEN_ARRAY_CLOSE,
        PDF_TOKEN_DICT_OPEN,
        PDF_TOKEN_DICT_CLOSE,
} PdfToken;

typedef struct PdfLexer {
        PdfSource *source;
        uint64_t at;    /* behind the token */
        uint64_t begin; /* of the token */
        char text[24];  /* of a name (decoded, without the slash), word or integer, cut off where it is longer; for these tokens alone */
        size_t len;     /* of the whole text */
        uint32_t hash;  /* likewise */
        bool odd;       /* a name with a `#` that begins no character, or one of zero, of which qpdf warns */
} PdfLexer;

enum {
        PDF_CLASS_SPACE = 1,
        PDF_CLASS_DELIMITER = 2, /* white space, too */
};

extern const uint8_t pdf_classes[256];

/* Of a byte, or -1 for the end. */
static inline bool pdf_is_space(int c) {
        return c >= 0 && (pdf_classes[c] & PDF_CLASS_SPACE);
}

static inline bool pdf_is_delimiter(int c) {
        return c < 0 || (pdf_classes[c] & PDF_CLASS_DELIMITER);
}

PdfToken pdf_lexer_next(PdfLexer *l);

/* Whether the token that was just read has this text. */
bool pdf_lexer_is(const PdfLexer *l, const char *text);

/* The integer that was just read; false when it does not fit. */
bool pdf_lexer_integer(const PdfLexer *l, int64_t *ret);
