/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The catalog and the form of a document that gets a signature (ISO 32000-1 §12.7.2, §12.8.4): they are rewritten only where they have to say
 * something new, and keep all else that they held. A form or a field list that is none holds nothing for any reader, and is replaced. */

#include "sign/pdf/pdf-update.h"

enum {
        PADES_FORM_DAMAGED = 1, /* one object is claimed by two parts of the document */
};

typedef struct PadesForm {
        int field_id;         /* a new field, which the form does not list yet; 0 none */
        int certification_id; /* the signature dictionary that the catalog's Perms name as the certification; 0 none */
} PadesForm;

/* Writes what is needed. 0, PADES_FORM_DAMAGED, or -errno. */
int pades_form_write(PdfUpdate *u, const PadesForm *form);
