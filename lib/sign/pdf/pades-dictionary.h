/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The signature dictionary (ISO 32000-1 §12.8.1 table 252) in an update, with room for what is signed later: first it is written with ByteRange
 * and Contents left open, then, once the update is finished and all offsets are fixed, the ByteRange is filled in. */

#include "sign/pdf/pades.h"
#include "sign/pdf/pdf-update.h"

typedef struct PadesDictionary {
        const PadesParams *params; /* NULL for a document timestamp (EN 319 142-1 §5.4.3), which says nothing of its own */
        int certify;               /* DocMDP's P; 0 is an approval */
        qpdf_oh lock;              /* the field's Lock, whose FieldMDP the signature takes over; or null */
        size_t room;               /* for the CMS or the token, in bytes */
        size_t byte_range_at;      /* set by pades_dictionary_write(), offsets in the update */
        size_t contents_at;        /* of the hexadecimal string's `<` */
} PadesDictionary;

/* Writes the object `id`. 0 or -errno; -EILSEQ for a text that is no UTF-8. */
int pades_dictionary_write(PadesDictionary *d, PdfUpdate *u, int id);

/* Behind the `>` of Contents, in the update. */
static inline size_t pades_dictionary_gap_end(const PadesDictionary *d) {
        return d->contents_at + 2 * d->room + 2;
}

/* Fills in the ByteRange of a finished update: all of the file but the string of Contents. */
int pades_dictionary_set_byte_range(const PadesDictionary *d, PdfUpdate *u);
