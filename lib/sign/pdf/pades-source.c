/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sound and mended documents; see pades-source.h. */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "sign/pdf/pades-source.h"
#include "sign/pdf/pdf-fields.h"
#include "sign/pdf/pdf-pages.h"

#define CHUNK 16384U

static int outcome_of_tail(int r) {
        switch (r) {
        case PDF_TAIL_NOT_PDF:
                return PADES_E_NOT_PDF;
        case PDF_TAIL_DAMAGED:
                return PADES_E_DAMAGED;
        default:
                return r;
        }
}

static int outcome_of_document(int r) {
        switch (r) {
        case PDF_DOCUMENT_DAMAGED:
                return PADES_E_DAMAGED;
        case PDF_DOCUMENT_ENCRYPTED:
                return PADES_E_ENCRYPTED;
        case PDF_DOCUMENT_UNKNOWN_CIPHER:
                return PADES_E_CIPHER;
        case PDF_DOCUMENT_EXCESSIVE:
                return PADES_E_TOO_COMPLEX;
        default:
                return r;
        }
}

int pades_source_open(int in_fd, View password, PadesSource *ret) {
        PadesSource s = { .fd = in_fd };
        struct stat st;
        int r;

        if (fstat(in_fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return S_ISDIR(st.st_mode) ? -EISDIR : -ESPIPE;
        r = pdf_tail_read(in_fd, (uint64_t) st.st_size, &s.tail);
        if (r != 0)
                return outcome_of_tail(r);
        r = pdf_document_open_by_password(in_fd, s.tail.size, s.tail.size, false, password, &s.document);
        if (r == 0)
                r = pdf_document_open_cipher(s.document, password);
        if (r == 0 && s.document->repaired)
                r = PDF_DOCUMENT_DAMAGED;
        if (r != 0) {
                pades_source_done(&s);
                return outcome_of_document(r);
        }
        *ret = s;
        return 0;
}

/* Whether a ByteRange stands anywhere in the file. In a damaged one the fields may not lead to the signature any more. */
static int looks_signed(int fd, uint64_t size, bool *ret) {
        static const char word[] = "/ByteRange";
        uint8_t chunk[CHUNK + sizeof(word)];
        size_t kept = 0;

        *ret = false;
        for (uint64_t at = 0; at < size && !*ret;) {
                size_t n = size - at < CHUNK ? (size_t) (size - at) : CHUNK, len = kept + n;
                int r = pdf_read_at(fd, at, chunk + kept, n);

                if (r < 0)
                        return r;
                *ret = memmem(chunk, len, word, strlen(word)) != NULL;
                kept = len < strlen(word) ? len : strlen(word) - 1;
                memmove(chunk, chunk + len - kept, kept);
                at += n;
        }
        return 0;
}

static int refuse_signed(PdfDocument *d, int fd, uint64_t size) {
        _cleanup_(pdf_fields_done) PdfFields fields = { 0 };
        bool is_signed;
        int r;

        r = looks_signed(fd, size, &is_signed);
        if (r < 0)
                return r;
        r = pdf_fields_collect(d, &fields);
        if (r < 0)
                return r == -E2BIG ? PADES_E_TOO_COMPLEX : r;
        for (size_t i = 0; i < fields.n && !is_signed; i++)
                is_signed = pdf_field_is_signed(d, &fields.items[i]);
        return is_signed ? PADES_E_DAMAGED_SIGNED : 0;
}

static int pass_page(void *userdata, qpdf_oh page) {
        return 0;
}

/* What qpdf mends only when it is asked for: pages that are no objects of their own become such when they are counted, and a trailer that lacks
 * Size gets none when it is written unless it has one. */
static int mend(PdfDocument *d) {
        qpdf_oh trailer, size;
        int r;

        /* qpdf calls itself for each level of the page tree, however many there are. */
        r = pdf_pages_visit(d, pass_page, NULL);
        if (r < 0)
                return r == -E2BIG ? PADES_E_TOO_COMPLEX : r;
        trailer = qpdf_get_trailer(d->q);
        size = qpdf_oh_new_integer(d->q, 1);
        (void) qpdf_get_num_pages(d->q);
        qpdf_oh_replace_key(d->q, trailer, "/Size", size);
        qpdf_oh_release(d->q, size);
        qpdf_oh_release(d->q, trailer);
        return 0;
}

/* Streams keep their bytes and object streams their kind. qpdf opens the file by its name, and what it held is overwritten. */
static int write_anew(PdfDocument *d, int out_fd) {
        char path[32];
        int r;

        r = mend(d);
        if (r != 0)
                return r;
        snprintf(path, sizeof(path), "/proc/self/fd/%d", out_fd);
        if (qpdf_init_write(d->q, path) & QPDF_ERRORS)
                return -EIO;
        qpdf_set_deterministic_ID(d->q, QPDF_TRUE);
        qpdf_set_stream_data_mode(d->q, qpdf_s_preserve);
        return qpdf_write(d->q) & QPDF_ERRORS ? PADES_E_DAMAGED : 0;
}

int pades_source_repair(int in_fd, int out_fd, PadesSource *ret) {
        _cleanup_(pdf_document_freep) PdfDocument *damaged = NULL;
        struct stat st;
        int r;

        if (fstat(in_fd, &st) < 0)
                return -errno;
        r = pdf_document_open(in_fd, (uint64_t) st.st_size, (uint64_t) st.st_size, true, &damaged);
        if (r != 0)
                return outcome_of_document(r);
        if (qpdf_is_encrypted(damaged->q) || qpdf_oh_has_key(damaged->q, qpdf_get_trailer(damaged->q), "/Encrypt"))
                return PADES_E_DAMAGED;
        r = refuse_signed(damaged, in_fd, (uint64_t) st.st_size);
        if (r == 0)
                r = write_anew(damaged, out_fd);
        if (r == 0)
                r = pades_source_open(out_fd, VIEW(NULL, 0), ret);
        return r;
}

void pades_source_done(PadesSource *s) {
        s->document = pdf_document_free(s->document);
}
