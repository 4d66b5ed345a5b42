/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The structure tree of a tagged document (ISO 32000-2 §14.7) in a later revision: what stood in it stays, each element what it was and of the same
 * content; added may be the elements that tag a new signature's widget, as §14.7.5.3 and PDF/UA ask of who signs. */

#include "sign/pdf/pdf-compare.h"

/* Whether an annotation of the later revision is the widget of a signature that it brought. */
typedef struct PdfStructureWidgets {
        bool (*is_signature)(void *userdata, qpdf_oh annotation);
        void *userdata;
} PdfStructureWidgets;

/* Marks the former revision's elements as compared by these rules. Before anything is compared. 0, an outcome of pdf-compare.h, or -errno. */
int pdf_structure_mark(PdfCompare *c);

/* Compares the trees; the same outcomes. After the pages. */
int pdf_structure_compare(PdfCompare *c, const PdfStructureWidgets *widgets);
