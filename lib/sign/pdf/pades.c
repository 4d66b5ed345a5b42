/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* PAdES signatures; see pades.h. The update is built in memory, the document is copied and digested in one pass, so memory does
 * not grow with it. Once the CMS's room is fixed all offsets are, and the ByteRange is right before anything is signed. */

#include <errno.h>
#include <gnutls/crypto.h>
#include <string.h>
#include <unistd.h>

#include "base/codec.h"
#include "crypto/digest.h"
#include "sign/copy.h"
#include "sign/pdf/pades-check.h"
#include "sign/pdf/pades-dictionary.h"
#include "sign/pdf/pades-form.h"
#include "sign/pdf/pades-source.h"
#include "sign/pdf/pdf-appearance.h"

/* Marks a sentence for xgettext. */
#define N_(s) s

/* Room in /Contents for a timestamp, where one is awaited: tokens with the certificates of an authority of three levels have 6 KiB. */
#define TIMESTAMP_ROOM 8192U

struct PadesDraft {
        CadesDraft *cades; /* NULL for a document timestamp, which is over the digest itself */
        Digest digest;
        int out_fd;
        uint64_t contents_start; /* of the hexadecimal string's `<` in the output */
        size_t contents_room;    /* in bytes of CMS */
        bool repaired;
};

/* What is built before the document is copied. */
typedef struct Build {
        const Signer *signer; /* NULL: a document timestamp */
        const PadesParams *params;
        PdfUpdate update;
        PadesDictionary dictionary;
} Build;

static int contents_room(const Signer *signer, const PadesParams *params, size_t *ret) {
        const CadesParams cades = { .pades = true, .signing_time = params->signing_time };
        size_t room;
        int r;

        if (!signer) {
                *ret = params->room ?: TIMESTAMP_ROOM;
                return 0;
        }
        r = cades_size(signer, &cades, &room);
        if (r >= 0)
                *ret = room + (params->timestamped ? params->room ?: TIMESTAMP_ROOM : 0);
        return r;
}

/* The widget of a signature that is seen. A field that exists keeps its place, and stays invisible where it has none. */
static int make_visible(Build *b, PdfDocument *d, const PadesPlan *plan, PadesWidget *ret) {
        const PadesOptions *o = &b->params->options;
        const PdfTextFacts facts = { b->signer->chain[0], b->params->signing_time, o->reason, o->location };
        PdfPlacement placement;
        int r;

        r = plan->field.is_new ? pdf_appearance_place(o->appearance, d, &placement) : pdf_place_of_widget(d, plan->field.widget, &placement);
        if (!plan->field.is_new && r == PDF_PLACE_OUTSIDE)
                return 0;
        if (r == 0)
                r = pdf_appearance_write(o->appearance, &placement, &facts, &b->update, &ret->appearance_id);
        if (r != 0)
                return r;
        ret->page = placement.page.page;
        memcpy(ret->rect, (const double[]) { placement.user.x0, placement.user.y0, placement.user.x1, placement.user.y1 }, sizeof(ret->rect));
        return 0;
}

/* The widget and what it shows: of a new field that is invisible, on the first page. */
static int make_widget(Build *b, PdfDocument *d, const PadesPlan *plan, PadesWidget *ret) {
        int r = 0;

        *ret = (PadesWidget) { .page = qpdf_oh_new_null(d->q) };
        if (b->params->options.appearance)
                return make_visible(b, d, plan, ret);
        if (plan->field.is_new)
                r = pdf_page_find(d, 0, &ret->page);
        return r > 0 ? PADES_E_DAMAGED : r;
}

/* Signature, field, form, in the order of their numbers; what is wrong with one of them is wrong with the document. */
static int write_objects(Build *b, const PadesPlan *plan, const PadesWidget *widget) {
        PdfUpdate *u = &b->update;
        int signature_id = pdf_update_reserve(u), r;
        PadesForm form = { .certification_id = plan->certify ? signature_id : 0 };

        r = pades_dictionary_write(&b->dictionary, u, signature_id);
        if (r == 0)
                r = pades_field_write(u, &plan->field, widget, signature_id, &form.field_id);
        if (r == 0)
                r = pades_form_write(u, &form);
        if (r == 0)
                r = pdf_update_finish(u);
        return r > 0 ? PADES_E_DAMAGED : r;
}

static int build_update(Build *b, PdfDocument *d, const PdfTail *tail, const PadesPlan *plan) {
        PadesWidget widget;
        int r;

        b->dictionary = (PadesDictionary) { .params = b->signer ? b->params : NULL, .certify = plan->certify, .lock = plan->lock };
        r = contents_room(b->signer, b->params, &b->dictionary.room);
        if (r == 0)
                r = pdf_update_init(&b->update, d, tail);
        if (r == 0)
                r = make_widget(b, d, plan, &widget);
        if (r == 0)
                r = write_objects(b, plan, &widget);
        if (r != 0)
                return r == -E2BIG ? PADES_E_TOO_COMPLEX : r;
        if (pdf_document_failed(d))
                return PADES_E_DAMAGED;
        return pades_dictionary_set_byte_range(&b->dictionary, &b->update);
}

static int hash(gnutls_hash_hd_t h, View v) {
        return v.len > 0 && gnutls_hash(h, v.data, v.len) < 0 ? -EIO : 0;
}

static int write_and_digest(const Build *b, int in_fd, int out_fd, gnutls_hash_hd_t h) {
        View update = bytes_view(&b->update.out);
        size_t gap_end = pades_dictionary_gap_end(&b->dictionary);
        int r;

        r = copy_digested(in_fd, out_fd, b->update.start, h);
        if (r == 0)
                r = copy_write_at(out_fd, b->update.start, update);
        if (r == 0)
                r = hash(h, VIEW(update.data, b->dictionary.contents_at));
        if (r == 0)
                r = hash(h, VIEW(update.data + gap_end, update.len - gap_end));
        return r;
}

/* Copies, digests, and knows where the signature goes. */
static int begin_draft(const Build *b, int in_fd, int out_fd, PadesDraft *d) {
        gnutls_digest_algorithm_t algorithm = b->signer ? b->signer->scheme.message_digest : GNUTLS_DIG_SHA256;
        gnutls_hash_hd_t h;
        int r;

        d->digest.len = gnutls_hash_get_len(algorithm);
        if (d->digest.len == 0 || d->digest.len > sizeof(d->digest.data))
                return -EINVAL;
        if (gnutls_hash_init(&h, algorithm) < 0)
                return -EIO;
        r = write_and_digest(b, in_fd, out_fd, h);
        gnutls_hash_deinit(h, d->digest.data);
        d->out_fd = out_fd;
        d->contents_start = b->update.start + b->dictionary.contents_at;
        d->contents_room = b->dictionary.room;
        return r;
}

static int make_draft(const Build *b, int in_fd, int out_fd, PadesDraft **ret) {
        _cleanup_(pades_draft_freep) PadesDraft *d = calloc(1, sizeof(*d));
        CadesParams cades = { .pades = true, .signing_time = b->params->signing_time };
        int r;

        if (!d)
                return -ENOMEM;
        r = begin_draft(b, in_fd, out_fd, d);
        if (r == 0 && b->signer)
                r = cades_draft_new(b->signer, &cades, digest_view(&d->digest), &d->cades);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(d);
        return 0;
}

/* One attempt, over the document as it came or over one that was written anew. */
static int draft(const Signer *signer, const PadesParams *params, const PadesSource *s, int out_fd, PadesDraft **ret) {
        _cleanup_(pades_plan_done) PadesPlan plan = { 0 };
        Build build = { .signer = signer, .params = params };
        int r;

        r = pades_check(s->document, signer, params, &plan);
        if (r == 0)
                r = build_update(&build, s->document, &s->tail, &plan);
        if (r == 0)
                r = make_draft(&build, s->fd, out_fd, ret);
        pdf_update_done(&build.update);
        return r;
}

static int draft_sound(const Signer *signer, const PadesParams *params, int in_fd, int out_fd, PadesDraft **ret) {
        _cleanup_(pades_source_done) PadesSource source = { 0 };
        int r;

        r = pades_source_open(in_fd, params->options.password, &source);
        return r != 0 ? r : draft(signer, params, &source, out_fd, ret);
}

static int draft_repaired(const Signer *signer, const PadesParams *params, int in_fd, int out_fd, PadesDraft **ret) {
        _cleanup_(pades_source_done) PadesSource source = { 0 };
        PadesDraft *d;
        int r;

        r = pades_source_repair(in_fd, out_fd, &source);
        if (r == 0)
                r = draft(signer, params, &source, out_fd, &d);
        if (r != 0)
                return ftruncate(out_fd, 0) < 0 ? -errno : r;
        d->repaired = true;
        *ret = d;
        return 0;
}

/* What is damaged where nobody looks (an object that the signature does not need) is left as it is. */
int pades_draft_new(const Signer *signer, const PadesParams *params, int in_fd, int out_fd, PadesDraft **ret) {
        int r;

        r = draft_sound(signer, params, in_fd, out_fd, ret);
        return r == PADES_E_DAMAGED ? draft_repaired(signer, params, in_fd, out_fd, ret) : r;
}

bool pades_draft_is_repaired(const PadesDraft *d) {
        return d->repaired;
}

View pades_draft_tbs(const PadesDraft *d) {
        return cades_draft_tbs(d->cades);
}

static int write_contents(const PadesDraft *d, View contents) {
        _cleanup_free_ char *hex = NULL;

        if (contents.len > d->contents_room)
                return -EMSGSIZE;
        hex = hex_encode(contents);
        if (!hex)
                return -ENOMEM;
        return copy_write_at(d->out_fd, d->contents_start + 1, view_string(hex));
}

int pades_draft_complete(PadesDraft *d, View signature, View timestamp) {
        _cleanup_bytes_ Bytes cms = BYTES_NULL;
        int r;

        r = cades_draft_complete(d->cades, signature, timestamp, &cms);
        return r < 0 ? r : write_contents(d, bytes_view(&cms));
}

int pades_timestamp_draft_new(View password, size_t room, int in_fd, int out_fd, PadesDraft **ret) {
        const PadesParams params = { .room = room, .options = { .password = password } };

        return pades_draft_new(NULL, &params, in_fd, out_fd, ret);
}

View pades_timestamp_draft_digest(const PadesDraft *d) {
        return digest_view(&d->digest);
}

int pades_timestamp_draft_complete(PadesDraft *d, View token) {
        return write_contents(d, token);
}

const char *pades_strerror(int outcome) {
        switch (outcome) {
        case PADES_E_NOT_PDF:
                return N_("The file is not a PDF document.");
        case PADES_E_DAMAGED:
                return N_("The PDF document is damaged; open it and save it anew, then sign it.");
        case PADES_E_DAMAGED_SIGNED:
                return N_("The PDF document is damaged and seems to bear a signature, which a repair would break; have it sent to you again.");
        case PADES_E_ENCRYPTED:
                return N_("The PDF document is encrypted; give its password with --document-password-file.");
        case PADES_E_XFA:
                return N_("The PDF document is an XFA form; print it to a PDF file, then sign that.");
        case PADES_E_FORBIDDEN:
                return N_("The author's certification or an earlier signature of the PDF document forbids further signatures.");
        case PADES_E_TOO_COMPLEX:
                return N_("The PDF document is larger or more deeply nested than can be signed.");
        case PADES_E_NO_FIELD:
                return N_("The PDF document has no signature field of that name.");
        case PADES_E_FIELD_SIGNED:
                return N_("That signature field is signed already.");
        case PADES_E_CERTIFY_LATE:
                return N_("The PDF document bears a signature already, and a certification must be the first; sign it without --certify.");
        case PADES_E_CERTIFIED:
                return N_("The PDF document is certified: a visible signature may only go into a field that it has. Name one, or sign invisibly.");
        case PADES_E_SEED_FORMAT:
                return N_("The signature field asks for another kind of signature.");
        case PADES_E_SEED_CERTIFICATE:
                return N_("The signature field is for another signer's certificate.");
        case PADES_E_SEED_REASON:
                return N_("The signature field allows only reasons of its own list, or none.");
        case PADES_E_SEED_CERTIFY:
                return N_("The signature field asks for another certification than --certify, or for none.");
        case PADES_E_SEED_TIMESTAMP:
                return N_("The signature field asks for a timestamp.");
        case PADES_E_PERMISSION:
                return N_("The PDF document's protection does not allow this signature; give the owner's password with --document-password-file.");
        case PADES_E_CIPHER:
                return N_("The PDF document is encrypted in a way that is not known here; remove its protection, then sign it.");
        default:
                return outcome >= PDF_APPEARANCE_TEMPLATE ? pdf_appearance_strerror(outcome) : N_("The PDF document cannot be signed.");
        }
}

PadesDraft *pades_draft_free(PadesDraft *d) {
        if (!d)
                return NULL;
        cades_draft_free(d->cades);
        free(d);
        return NULL;
}
