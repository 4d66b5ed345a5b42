/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a reader shows of the signature fields of a PDF, signed and empty ones, beside the verdict: the words of the signature dictionary (ISO 32000-1
 * §12.8.1 table 252), what it certifies, where its widget stands, and to which revision of the document it belongs. Nothing is verified here. */

#include "sign/pdf/pdf-page.h"

typedef struct PdfPanelField {
        char *name;     /* fully qualified; this and the following texts UTF-8, fit to be shown; NULL where there is none */
        bool is_signed;
        bool is_document_timestamp;
        char *signer;   /* Name: what the signature says, which nobody checked */
        char *reason;
        char *location;
        char *contact;
        char *application; /* that signed, by its Prop_Build */
        int64_t time;      /* M, seconds since the epoch; -1 when there is none */
        int certifies;     /* 1 to 3 (DocMDP); 0: an approval */
        size_t revision;   /* that it signed, from 1; 0 when that cannot be told */
        size_t page;       /* of its widget, from 1; 0 where it has none */
        bool is_visible;
        PdfRectangle rectangle; /* in points from the lower left corner of the page as it is shown */
} PdfPanelField;

typedef struct PdfPanel {
        PdfPanelField *fields; /* in the order of the field tree */
        size_t n_fields;
        size_t n_signed;
        size_t n_revisions; /* that were signed, and one more where something was appended to the last of them */
        size_t n_pages;     /* as far as pages were looked at */
} PdfPanel;

enum {
        PDF_PANEL_DAMAGED = 1,
        PDF_PANEL_ENCRYPTED, /* and the password does not open it, or the cipher is not known */
        PDF_PANEL_TOO_COMPLEX,
};

/* `password` is that of an encrypted document, or empty. 0, an outcome, or -errno. */
int pdf_panel_read(int fd, View password, PdfPanel *ret);
void pdf_panel_done(PdfPanel *p);
