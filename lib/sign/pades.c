/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* PAdES signatures; see pades.h. The update is built in memory, the document is copied and digested in one pass, so memory does
 * not grow with it. Once the CMS's room is fixed all offsets are, and the ByteRange is right before anything is signed. */

#include <errno.h>
#include <gnutls/crypto.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/codec.h"
#include "base/utf8.h"
#include "crypto/digest.h"
#include "sign/pades-field.h"
#include "sign/pades.h"

/* Marks a sentence for xgettext. */
#define N_(s) s

/* Room in /Contents for a timestamp, where one is awaited: tokens with the certificates of an authority of three levels have 6 KiB. */
#define TIMESTAMP_ROOM 8192U

/* The ByteRange's numbers are written into a field of this width. */
#define BYTE_RANGE_WIDTH 64U

#define COPY_CHUNK (256U * 1024U)

struct PadesDraft {
        CadesDraft *cades;
        int out_fd;
        uint64_t contents_start; /* of the hexadecimal string's `<` in the output */
        size_t contents_room;    /* in bytes of CMS */
};

/* What is built before the document is copied. */
typedef struct Plan {
        const Signer *signer;
        const PadesParams *params;
        PdfUpdate update;
        size_t byte_range_at; /* in the update */
        size_t contents_at;   /* in the update */
        size_t contents_room;
} Plan;

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
        default:
                return r;
        }
}

/* What an update of the form cannot serve: the XML form is the document there, and AcroForm fields its shadow. A static XFA form
 * with AcroForm fields is signed like any other. */
static bool is_xfa_only(PdfDocument *d) {
        qpdf_oh root = qpdf_get_root(d->q), form = pdf_get(d, root, "/AcroForm"), rendering = pdf_get(d, root, "/NeedsRendering");

        if (qpdf_oh_is_null(d->q, pdf_get(d, form, "/XFA")))
                return false;
        return pdf_count(d, pdf_get(d, form, "/Fields")) == 0 ||
                (qpdf_oh_is_bool(d->q, rendering) && qpdf_oh_get_bool_value(d->q, rendering));
}

/* Whether the document takes a signature at all, and under what name. */
static int check_document(PdfDocument *d, char **ret_name) {
        _cleanup_(pdf_fields_done) PdfFields fields = { 0 };
        _cleanup_free_ char *name = NULL;
        int r;

        if (d->repaired)
                return PADES_E_DAMAGED;
        if (qpdf_is_encrypted(d->q) || qpdf_oh_has_key(d->q, qpdf_get_trailer(d->q), "/Encrypt"))
                return PADES_E_ENCRYPTED;
        if (is_xfa_only(d))
                return PADES_E_XFA;
        r = pdf_fields_collect(d, &fields);
        if (r < 0)
                return r == -E2BIG ? PADES_E_TOO_COMPLEX : r;
        if (pdf_certification_level(d, &fields) == 1)
                return PADES_E_FORBIDDEN;
        r = pades_field_choose_name(d, &fields, &name);
        if (r < 0)
                return r;
        if (!name)
                return PADES_E_FORBIDDEN;
        *ret_name = TAKE_PTR(name);
        return pdf_document_failed(d) ? PADES_E_DAMAGED : 0;
}

/* A text string (ISO 32000-1 §7.9.2.2) in PDFDocEncoding or UTF-16BE, as qpdf chooses. */
static int append_text(PdfUpdate *u, const char *key, const char *text) {
        qpdf_data q = u->document->q;
        qpdf_oh string;
        int r;

        if (!text)
                return 0;
        if (!utf8_is_valid(view_string(text)))
                return -EILSEQ;
        string = qpdf_oh_new_unicode_string(q, text);
        r = bytes_append_view(&u->out, view_string(key));
        if (r == 0)
                r = pdf_unparse(u->document, string, true, &u->out);
        return r < 0 ? r : bytes_append_byte(&u->out, '\n');
}

/* M: a date in UTC (§7.9.4). */
static int append_date(PdfUpdate *u, int64_t seconds) {
        time_t t = (time_t) seconds;
        char text[64];
        struct tm tm;

        if (!gmtime_r(&t, &tm) || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900)
                return -EINVAL;
        if (strftime(text, sizeof(text), "/M (D:%Y%m%d%H%M%SZ)\n", &tm) == 0)
                return -EINVAL;
        return bytes_append_view(&u->out, view_string(text));
}

static int append_filler(Bytes *b, char c, size_t n) {
        int r = bytes_reserve(b, n);

        if (r < 0)
                return r;
        memset(b->data + b->len, c, n);
        b->len += n;
        return 0;
}

static int contents_room(const Signer *signer, const PadesParams *params, size_t *ret) {
        const CadesParams cades = { .pades = true, .signing_time = params->signing_time };
        size_t room;
        int r;

        r = cades_size(signer, &cades, &room);
        if (r >= 0)
                *ret = room + (params->timestamped ? TIMESTAMP_ROOM : 0);
        return r;
}

static int append_signature(Plan *p) {
        PdfUpdate *u = &p->update;
        int r;

        r = bytes_append_view(&u->out, VIEW_LITERAL("<<\n/Type /Sig\n/Filter /Adobe.PPKLite\n/SubFilter /ETSI.CAdES.detached\n"));
        if (r == 0)
                r = append_date(u, p->params->signing_time);
        if (r == 0)
                r = append_text(u, "/Reason ", p->params->options.reason);
        if (r == 0)
                r = append_text(u, "/Location ", p->params->options.location);
        if (r == 0)
                r = append_text(u, "/ContactInfo ", p->params->options.contact);
        if (r == 0)
                r = bytes_append_view(&u->out, VIEW_LITERAL("/ByteRange "));
        p->byte_range_at = u->out.len;
        if (r == 0)
                r = append_filler(&u->out, ' ', BYTE_RANGE_WIDTH);
        if (r == 0)
                r = bytes_append_view(&u->out, VIEW_LITERAL("\n/Contents "));
        p->contents_at = u->out.len;
        if (r == 0)
                r = bytes_append_byte(&u->out, '<');
        if (r == 0)
                r = append_filler(&u->out, '0', 2 * p->contents_room);
        return r < 0 ? r : bytes_append_view(&u->out, VIEW_LITERAL(">\n>>"));
}

/* [0 to the string's `<`, and from behind its `>` to the end of the file] (§12.8.1 table 252). */
static int set_byte_range(Plan *p) {
        uint64_t gap_start = p->update.start + p->contents_at, gap_end = gap_start + 2 * p->contents_room + 2;
        char text[BYTE_RANGE_WIDTH + 1];
        int n;

        n = snprintf(text, sizeof(text), "[0 %llu %llu %llu]", (unsigned long long) gap_start, (unsigned long long) gap_end,
                     (unsigned long long) (p->update.start + p->update.out.len - gap_end));
        if (n < 0 || (size_t) n >= sizeof(text))
                return -EFBIG;
        memcpy(p->update.out.data + p->byte_range_at, text, (size_t) n);
        return 0;
}

static int build_update(Plan *p, PdfDocument *d, const PdfTail *tail, const char *name) {
        int signature_id, r;

        r = contents_room(p->signer, p->params, &p->contents_room);
        if (r < 0)
                return r;
        r = pdf_update_init(&p->update, d, tail);
        if (r < 0)
                return r;
        signature_id = pdf_update_reserve(&p->update);
        r = pdf_update_begin_object(&p->update, signature_id, 0);
        if (r == 0)
                r = append_signature(p);
        if (r == 0)
                r = pdf_update_end_object(&p->update);
        if (r == 0)
                r = pades_field_write(&p->update, name, signature_id);
        if (r == 0)
                r = pdf_update_finish(&p->update);
        if (r < 0)
                return r == -E2BIG ? PADES_E_TOO_COMPLEX : r;
        if (r == PADES_FIELD_DAMAGED || pdf_document_failed(d))
                return PADES_E_DAMAGED;
        return set_byte_range(p);
}

static int write_at(int fd, uint64_t offset, View v) {
        while (v.len > 0) {
                ssize_t n = pwrite(fd, v.data, v.len, (off_t) offset);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                v.data += n;
                v.len -= (size_t) n;
                offset += (uint64_t) n;
        }
        return 0;
}

static int hash(gnutls_hash_hd_t h, View v) {
        return v.len > 0 && gnutls_hash(h, v.data, v.len) < 0 ? -EIO : 0;
}

/* Copies the document, digesting the bytes that are written, so that what is signed is what stands in the output even if
 * somebody writes to the input meanwhile. */
static int copy_document(int in_fd, int out_fd, uint64_t size, gnutls_hash_hd_t h) {
        _cleanup_free_ uint8_t *chunk = malloc(COPY_CHUNK);
        int r;

        if (!chunk)
                return -ENOMEM;
        for (uint64_t at = 0; at < size;) {
                size_t n = size - at < COPY_CHUNK ? (size_t) (size - at) : COPY_CHUNK;

                r = pdf_read_at(in_fd, at, chunk, n);
                if (r == 0)
                        r = write_at(out_fd, at, VIEW(chunk, n));
                if (r == 0)
                        r = hash(h, VIEW(chunk, n));
                if (r < 0)
                        return r;
                at += n;
        }
        return 0;
}

static int write_and_digest(const Plan *p, int in_fd, int out_fd, gnutls_hash_hd_t h) {
        View update = bytes_view(&p->update.out);
        size_t gap_end = p->contents_at + 2 * p->contents_room + 2;
        int r;

        r = copy_document(in_fd, out_fd, p->update.start, h);
        if (r == 0)
                r = write_at(out_fd, p->update.start, update);
        if (r == 0)
                r = hash(h, VIEW(update.data, p->contents_at));
        if (r == 0)
                r = hash(h, VIEW(update.data + gap_end, update.len - gap_end));
        return r;
}

static int make_draft(const Plan *p, int in_fd, int out_fd, PadesDraft **ret) {
        _cleanup_(pades_draft_freep) PadesDraft *d = NULL;
        CadesParams cades = { .pades = true, .signing_time = p->params->signing_time };
        gnutls_digest_algorithm_t algorithm = p->signer->scheme.message_digest;
        Digest digest = { .len = gnutls_hash_get_len(algorithm) };
        gnutls_hash_hd_t h;
        int r;

        if (digest.len == 0 || digest.len > sizeof(digest.data))
                return -EINVAL;
        d = calloc(1, sizeof(*d));
        if (!d)
                return -ENOMEM;
        if (gnutls_hash_init(&h, algorithm) < 0)
                return -EIO;
        r = write_and_digest(p, in_fd, out_fd, h);
        gnutls_hash_deinit(h, digest.data);
        if (r < 0)
                return r;
        d->out_fd = out_fd;
        d->contents_start = p->update.start + p->contents_at;
        d->contents_room = p->contents_room;
        r = cades_draft_new(p->signer, &cades, digest_view(&digest), &d->cades);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(d);
        return 0;
}

int pades_draft_new(const Signer *signer, const PadesParams *params, int in_fd, int out_fd, PadesDraft **ret) {
        _cleanup_(pdf_document_freep) PdfDocument *document = NULL;
        Plan plan = { .signer = signer, .params = params };
        _cleanup_free_ char *name = NULL;
        struct stat st;
        PdfTail tail;
        int r;

        if (fstat(in_fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return S_ISDIR(st.st_mode) ? -EISDIR : -ESPIPE;
        r = pdf_tail_read(in_fd, (uint64_t) st.st_size, &tail);
        if (r != 0)
                return outcome_of_tail(r);
        r = pdf_document_open(in_fd, tail.size, tail.size, false, &document);
        if (r != 0)
                return outcome_of_document(r);
        r = check_document(document, &name);
        if (r != 0)
                return r;
        r = build_update(&plan, document, &tail, name);
        if (r == 0)
                r = make_draft(&plan, in_fd, out_fd, ret);
        pdf_update_done(&plan.update);
        return r;
}

View pades_draft_tbs(const PadesDraft *d) {
        return cades_draft_tbs(d->cades);
}

int pades_draft_complete(PadesDraft *d, View signature, View timestamp) {
        _cleanup_bytes_ Bytes cms = BYTES_NULL;
        _cleanup_free_ char *hex = NULL;
        int r;

        r = cades_draft_complete(d->cades, signature, timestamp, &cms);
        if (r < 0)
                return r;
        if (cms.len > d->contents_room)
                return -EMSGSIZE;
        hex = hex_encode(bytes_view(&cms));
        if (!hex)
                return -ENOMEM;
        return write_at(d->out_fd, d->contents_start + 1, view_string(hex));
}

const char *pades_strerror(int outcome) {
        switch (outcome) {
        case PADES_E_NOT_PDF:
                return N_("The file is not a PDF document.");
        case PADES_E_DAMAGED:
                return N_("The PDF document is damaged; open it and save it anew, then sign it.");
        case PADES_E_ENCRYPTED:
                return N_("The PDF document is encrypted; remove its protection, then sign it.");
        case PADES_E_XFA:
                return N_("The PDF document is an XFA form; print it to a PDF file, then sign that.");
        case PADES_E_FORBIDDEN:
                return N_("The author's certification or an earlier signature of the PDF document forbids further signatures.");
        case PADES_E_TOO_COMPLEX:
                return N_("The PDF document is larger or more deeply nested than can be signed.");
        default:
                return N_("The PDF document cannot be signed.");
        }
}

PadesDraft *pades_draft_free(PadesDraft *d) {
        if (!d)
                return NULL;
        cades_draft_free(d->cades);
        free(d);
        return NULL;
}
