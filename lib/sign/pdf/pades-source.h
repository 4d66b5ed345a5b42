/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The document that an update is appended to: as it came where it is sound, else written anew by qpdf, which mends what it can. To sign a document
 * whose readers have to guess would leave open what was signed; after it was written anew, all read the same. */

#include "sign/pdf/pades.h"
#include "sign/pdf/pdf-document.h"
#include "sign/pdf/pdf-tail.h"

typedef struct PadesSource {
        PdfDocument *document;
        PdfTail tail;
        int fd; /* borrowed: the input, or the output when it was written there */
} PadesSource;

/* Opens a sound document. 0, an outcome of pades.h, or -errno. */
int pades_source_open(int in_fd, View password, PadesSource *ret);

/* Writes a damaged one anew to `out_fd` and opens that; what it held before is lost. Documents with a signature, which would break, and encrypted
 * ones are refused. The same document is written the same each time. */
int pades_source_repair(int in_fd, int out_fd, PadesSource *ret);

void pades_source_done(PadesSource *s);
