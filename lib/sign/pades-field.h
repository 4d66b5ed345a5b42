/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The objects of an invisible signature: a signature field merged with its widget on the first page (ISO 32000-1 §12.7.4.5), and
 * the form, the page's annotations and the catalog extended to lead to it. What is rewritten keeps all else that it held. */

#include "sign/pdf-fields.h"
#include "sign/pdf-update.h"

/* Outcomes beside 0 and -errno. */
enum {
        PADES_FIELD_DAMAGED = 1, /* no usable page, or a form or annotations that are none */
};

/* A name of the form SignatureN that no field of the document has and nothing locks; NULL in `ret` when all are locked. The caller
 * frees. */
int pades_field_choose_name(PdfDocument *d, const PdfFields *fields, char **ret);

/* Writes the field called `name` with the signature dictionary `signature_id` as its value. */
int pades_field_write(PdfUpdate *u, const char *name, int signature_id);
