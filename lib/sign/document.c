/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* All formats by one table; see document.h. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sign/document-format.h"
#include "sign/pdf/pdf-tail.h"
#include "sign/asic/zip.h"

/* Marks a sentence for xgettext. */
#define N_(s) s

#define OUTCOMES 100 /* of a format, see document_strerror() */

struct DocumentDraft {
        const DocumentFormat *format;
        void *state;
};

static const DocumentFormat *const formats[FORMAT_MAX] = {
        [FORMAT_PADES] = &document_pades,
        [FORMAT_CADES] = &document_cades,
        [FORMAT_CADES_ENVELOPING] = &document_cades_enveloping,
        [FORMAT_XADES] = &document_xades,
        [FORMAT_XADES_ENVELOPING] = &document_xades_enveloping,
        [FORMAT_XADES_DETACHED] = &document_xades_detached,
        [FORMAT_ASIC_S_CADES] = &document_asic_s,
        [FORMAT_ASIC_S_XADES] = &document_asic_s_xades,
        [FORMAT_ASIC_E_CADES] = &document_asic_e,
        [FORMAT_ASIC_E_XADES] = &document_asic_e_xades,
};

/* By the hundred that their outcomes begin with. */
static const char *(*const sentences[])(int outcome) = { pades_strerror, xades_strerror, cades_strerror, [3] = asic_strerror, zip_strerror };

static const DocumentFormat *format_of(SignatureFormat format) {
        return (unsigned) format < FORMAT_MAX ? formats[format] : NULL;
}

int document_format_from_string(const char *name, SignatureFormat *ret) {
        for (unsigned i = 0; i < FORMAT_MAX; i++)
                if (formats[i] && strcmp(formats[i]->name, name) == 0) {
                        *ret = (SignatureFormat) i;
                        return 0;
                }
        return -EINVAL;
}

const char *document_format_to_string(SignatureFormat format) {
        const DocumentFormat *f = format_of(format);

        return f ? f->name : NULL;
}

SignatureFormat document_format_recognize(int fd) {
        return pdf_tail_recognize(fd) && !zip_recognize(fd) ? FORMAT_PADES : FORMAT_CADES;
}

SignatureFormat document_format_of_signed(int fd) {
        bool simple, xades, enveloping;

        if (cades_recognize(fd, &enveloping))
                return enveloping ? FORMAT_CADES_ENVELOPING : FORMAT_CADES;
        if (!asic_recognize(fd, &simple, &xades))
                return FORMAT_AUTOMATIC;
        if (simple)
                return xades ? FORMAT_ASIC_S_XADES : FORMAT_ASIC_S_CADES;
        return xades ? FORMAT_ASIC_E_XADES : FORMAT_ASIC_E_CADES;
}

const char *document_format_ending(SignatureFormat format, bool *ret_inside) {
        const DocumentFormat *f = format_of(format);

        *ret_inside = f && f->inside;
        return f ? f->ending : "";
}

bool document_format_needs_document(SignatureFormat format) {
        const DocumentFormat *f = format_of(format);

        return f && f->needs_document;
}

size_t document_format_files_max(SignatureFormat format) {
        const DocumentFormat *f = format_of(format);

        return f ? f->files_max : 1;
}

void document_format_load(SignatureFormat format) {
        const DocumentFormat *f = format_of(format);

        if (f && f->load)
                (void) f->load();
}

bool document_format_has_library(SignatureFormat format) {
        const DocumentFormat *f = format_of(format);

        return f && f->load;
}

int document_draft_new(const Signer *signer, const DocumentParams *params, const DocumentFile *files, size_t n_files, int out_fd,
                       DocumentDraft **ret) {
        const DocumentFormat *format = format_of(params->format);
        _cleanup_(document_draft_freep) DocumentDraft *d = NULL;
        int r;

        if (!format || n_files == 0 || n_files > format->files_max)
                return -EINVAL;
        d = calloc(1, sizeof(*d));
        if (!d)
                return -ENOMEM;
        d->format = format;
        r = format->draft(signer, params, files, n_files, out_fd, &d->state);
        if (r != 0)
                return r;
        *ret = TAKE_PTR(d);
        return 0;
}

void document_draft_item(const DocumentDraft *d, SignerItem *ret) {
        d->format->item(d->state, ret);
}

bool document_draft_is_repaired(const DocumentDraft *d) {
        return d->format->is_repaired && d->format->is_repaired(d->state);
}

int document_draft_stamped(DocumentDraft *d, View signature, Bytes *ret) {
        return d->format->stamped ? d->format->stamped(d->state, signature, ret) : bytes_dup(signature, ret);
}

int document_draft_complete(DocumentDraft *d, View signature, View timestamp_token) {
        return d->format->complete(d->state, signature, timestamp_token);
}

const char *document_strerror(int outcome) {
        size_t i = (size_t) outcome / OUTCOMES;

        return outcome > 0 && i < ELEMENTSOF(sentences) && sentences[i] ? sentences[i](outcome) : N_("The document cannot be signed.");
}

DocumentDraft *document_draft_free(DocumentDraft *d) {
        if (!d)
                return NULL;
        if (d->state)
                d->format->free(d->state);
        free(d);
        return NULL;
}
