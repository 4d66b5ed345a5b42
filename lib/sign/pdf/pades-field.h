/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The signature field (ISO 32000-1 §12.7.4.5) that a signature becomes the value of: an empty one that the document has, or a new one merged
 * with its widget. What is rewritten keeps all else that it held. */

#include "sign/pdf/pdf-fields.h"
#include "sign/pdf/pdf-update.h"

/* Outcomes beside 0 and -errno. */
enum {
        PADES_FIELD_DAMAGED = 1, /* annotations that are no list, a widget or a field that is no object of its own, or one object is claimed by two parts of the document */
        PADES_FIELD_NO_SUCH,     /* no signature field of that name */
        PADES_FIELD_SIGNED,
        PADES_FIELD_LOCKED,      /* by an earlier signature, or, for a new field, all names are */
};

typedef struct PadesField {
        char *name;     /* fully qualified */
        bool is_new;
        qpdf_oh field;  /* its dictionary, unless it is new; */
        qpdf_oh widget; /* its first widget, which may be the field itself, or null when it has none */
} PadesField;

/* The widget: where it stands, and what it shows. */
typedef struct PadesWidget {
        qpdf_oh page;      /* for a new field: the page that it stands on */
        double rect[4];    /* left, bottom, right, top in the page's default user space; all 0 for an invisible one. A field that exists keeps its own */
        int appearance_id; /* a form XObject that was written to the update (AP's N); 0 for one without marks */
} PadesWidget;

/* Finds the empty field called `name`; without a name, chooses a new one of the form SignatureN that no field of the document has and nothing
 * locks. 0, an outcome, or -errno. */
int pades_field_choose(PdfDocument *d, const PdfFields *fields, const char *name, PadesField *ret);

/* Writes the field, with the signature dictionary `signature_id` as its value, and its widget. `*ret_new_id` is the number of a new field, for the
 * form to list; 0 otherwise. */
int pades_field_write(PdfUpdate *u, const PadesField *f, const PadesWidget *w, int signature_id, int *ret_new_id);

void pades_field_done(PadesField *f);
