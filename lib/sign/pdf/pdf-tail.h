/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The end of a PDF file as ISO 32000-1 §7.5.5 has it: where the last cross-reference section is and which form it has. qpdf reads
 * documents for us, but tells neither, and an incremental update needs both. Reads a kilobyte at each end, never the document. */

#include <stdbool.h>
#include <stdint.h>

typedef enum PdfXrefForm {
        PDF_XREF_TABLE,  /* §7.5.4; a hybrid file (§7.5.8.4) is one of these */
        PDF_XREF_STREAM, /* §7.5.8 */
} PdfXrefForm;

typedef struct PdfTail {
        uint64_t size;      /* of the file, in bytes */
        uint64_t header;    /* where %PDF- stands; offsets within the file count from there */
        uint64_t startxref; /* of the last section, counted from the header */
        uint64_t end;       /* the first byte after the last %%EOF and its end of line; what follows is junk */
        PdfXrefForm form;
        bool ends_with_eol; /* the file's last byte is CR or LF */
} PdfTail;

enum {
        PDF_TAIL_NOT_PDF = 1, /* no header in the first kilobyte */
        PDF_TAIL_DAMAGED,     /* no startxref with its %%EOF in the last kilobyte, or it leads to no section */
};

/* Reads the ends of the first `size` bytes of `fd`; its position stays. 0, one of the outcomes, or -errno. */
int pdf_tail_read(int fd, uint64_t size, PdfTail *ret);

/* Whether the first `end` bytes end as a file does, with %%EOF and at most a little white space. */
int pdf_tail_is_end(int fd, uint64_t end, bool *ret);

/* Whether a header stands in the first kilobyte: then it is meant to be a PDF document, whatever the rest. */
bool pdf_tail_recognize(int fd);

/* pread(2) of exactly `len` bytes. -EIO when the file is shorter. */
int pdf_read_at(int fd, uint64_t offset, void *data, size_t len);
