/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Comparison of objects; see pdf-compare.h. Nesting is followed by recursion, which qpdf's parser bounds and so do we; references go
 * through a queue, each object once. */

#include <errno.h>
#include <string.h>

#include "crypto/digest.h"
#include "sign/pdf/pdf-compare.h"

int pdf_compare_init(PdfCompare *c, PdfDocument *former, PdfDocument *later) {
        *c = (PdfCompare) { .former = former, .later = later, .budget = PDF_COMPARE_OBJECTS_MAX };
        if (former->next_id < 0 || former->next_id > PDF_COMPARE_OBJECTS_MAX)
                return PDF_COMPARE_TOO_COMPLEX;
        c->n_marks = (size_t) former->next_id + 1;
        c->marks = calloc(c->n_marks, 1);
        return c->marks ? 0 : -ENOMEM;
}

void pdf_compare_done(PdfCompare *c) {
        free(c->marks);
        free(c->queue);
        *c = (PdfCompare) { 0 };
}

uint8_t pdf_compare_mark(const PdfCompare *c, qpdf_oh former) {
        int id = qpdf_oh_get_object_id(c->former->q, former);

        return id > 0 && (size_t) id < c->n_marks ? c->marks[id] : 0;
}

void pdf_compare_set_mark(PdfCompare *c, qpdf_oh former, uint8_t mark) {
        int id = qpdf_oh_get_object_id(c->former->q, former);

        if (id > 0 && (size_t) id < c->n_marks)
                c->marks[id] |= mark;
}

bool pdf_compare_same_number(const PdfCompare *c, qpdf_oh former, qpdf_oh later) {
        return qpdf_oh_is_indirect(c->former->q, former) && qpdf_oh_is_indirect(c->later->q, later) &&
                qpdf_oh_get_object_id(c->former->q, former) == qpdf_oh_get_object_id(c->later->q, later) &&
                qpdf_oh_get_generation(c->former->q, former) == qpdf_oh_get_generation(c->later->q, later);
}

static int enqueue(PdfCompare *c, qpdf_oh former, qpdf_oh later) {
        if (c->n_queue == c->queue_allocated) {
                size_t n = c->queue_allocated > 0 ? 2 * c->queue_allocated : 256;
                PdfPair *queue = reallocarray(c->queue, n, sizeof(*queue));

                if (!queue)
                        return -ENOMEM;
                c->queue = queue;
                c->queue_allocated = n;
        }
        c->queue[c->n_queue++] = (PdfPair) {
                .former = qpdf_oh_new_object(c->former->q, former), .later = qpdf_oh_new_object(c->later->q, later),
        };
        return 0;
}

static int verdict(bool same) {
        return same ? 0 : PDF_COMPARE_DIFFERENT;
}

/* Text forms are normalised by qpdf, so equal strings and names have equal ones. */
static int compare_text(PdfCompare *c, qpdf_oh former, qpdf_oh later) {
        _cleanup_bytes_ Bytes a = BYTES_NULL, b = BYTES_NULL;
        int r;

        r = pdf_unparse(c->former, former, true, &a);
        if (r == 0)
                r = pdf_unparse(c->later, later, true, &b);
        return r < 0 ? r : verdict(view_equal(bytes_view(&a), bytes_view(&b)));
}

/* 612 and 612.0 are the same number, and rewriters write either. */
static int compare_numbers(PdfCompare *c, qpdf_oh former, qpdf_oh later) {
        double a = qpdf_oh_get_numeric_value(c->former->q, former), b = qpdf_oh_get_numeric_value(c->later->q, later);

        return verdict(!(a < b) && !(a > b));
}

static int compare_arrays(PdfCompare *c, qpdf_oh former, qpdf_oh later, unsigned depth) {
        int n = pdf_count(c->former, former), r = 0;

        if (n != pdf_count(c->later, later))
                return PDF_COMPARE_DIFFERENT;
        for (int i = 0; i < n && r == 0; i++) {
                qpdf_oh a = qpdf_oh_get_array_item(c->former->q, former, i), b = qpdf_oh_get_array_item(c->later->q, later, i);

                r = pdf_compare_objects(c, a, b, depth + 1);
                qpdf_oh_release(c->former->q, a);
                qpdf_oh_release(c->later->q, b);
        }
        return r;
}

/* The keys by which a document refers back to a page, a field or the catalog. By another, one that the rules for those let change could
 * serve as something that they know nothing of: an XObject dictionary, say, that is also in the list of fields. */
static bool refers_back(const char *key) {
        static const char *const keys[] = { "/Parent", "/P", "/Pg", "/Obj", "/T", "/Data", "/D", "/Dest", "/Page", "/Root", "/SE", NULL };

        return pdf_key_is_listed(keys, key);
}

static int compare_value(PdfCompare *c, qpdf_oh former, qpdf_oh later, const char *key, unsigned depth) {
        qpdf_oh a = qpdf_oh_get_key(c->former->q, former, key), b = qpdf_oh_get_key(c->later->q, later, key);
        int r;

        if ((pdf_compare_mark(c, a) & PDF_MARK_SPECIAL) && !refers_back(key))
                r = PDF_COMPARE_DIFFERENT;
        else
                r = pdf_compare_objects(c, a, b, depth + 1);

        qpdf_oh_release(c->former->q, a);
        qpdf_oh_release(c->later->q, b);
        return r;
}

int pdf_compare_entries(PdfCompare *c, qpdf_oh former, qpdf_oh later, const char *const *except, unsigned depth) {
        char **a = NULL, **b = NULL;
        size_t n_a = 0, n_b = 0;
        int r;

        r = pdf_list_keys(c->former, former, except, &a, &n_a);
        if (r == 0)
                r = pdf_list_keys(c->later, later, except, &b, &n_b);
        if (r == 0)
                r = verdict(n_a == n_b);
        /* qpdf sorts keys. */
        for (size_t i = 0; i < n_a && r == 0; i++)
                r = strcmp(a[i], b[i]) == 0 ? compare_value(c, former, later, a[i], depth) : PDF_COMPARE_DIFFERENT;
        pdf_free_keys(a, n_a);
        pdf_free_keys(b, n_b);
        return r;
}

/* The digest of a stream's encoded bytes. qpdf hands them out in memory only, so one stream at a time is held, and no two. */
static int digest_stream(PdfDocument *d, qpdf_oh stream, Digest *ret) {
        _cleanup_free_ unsigned char *data = NULL;
        size_t len = 0;

        if (pdf_get_int(d, stream, "/Length", 0) > PDF_COMPARE_STREAM_MAX)
                return PDF_COMPARE_TOO_COMPLEX;
        if (qpdf_oh_get_stream_data(d->q, stream, qpdf_dl_none, NULL, &data, &len) & QPDF_ERRORS)
                return PDF_COMPARE_DIFFERENT;
        return digest_of(GNUTLS_DIG_SHA256, VIEW(data, len), ret);
}

/* /Length is told by the bytes, and often an object of its own. */
static int compare_streams(PdfCompare *c, qpdf_oh former, qpdf_oh later, unsigned depth) {
        static const char *const except[] = { "/Length", NULL };
        qpdf_oh a_dict = qpdf_oh_get_dict(c->former->q, former), b_dict = qpdf_oh_get_dict(c->later->q, later);
        Digest a, b;
        int r;

        r = pdf_compare_entries(c, a_dict, b_dict, except, depth);
        qpdf_oh_release(c->former->q, a_dict);
        qpdf_oh_release(c->later->q, b_dict);
        if (r == 0)
                r = digest_stream(c->former, former, &a);
        if (r == 0)
                r = digest_stream(c->later, later, &b);
        return r != 0 ? r : verdict(view_equal(digest_view(&a), digest_view(&b)));
}

static int compare_resolved(PdfCompare *c, qpdf_oh former, qpdf_oh later, unsigned depth) {
        enum qpdf_object_type_e type = qpdf_oh_get_type_code(c->former->q, former);

        if (depth > PDF_COMPARE_DEPTH_MAX || c->budget-- == 0)
                return PDF_COMPARE_TOO_COMPLEX;
        if (qpdf_oh_is_number(c->former->q, former) && qpdf_oh_is_number(c->later->q, later))
                return compare_numbers(c, former, later);
        if (type != qpdf_oh_get_type_code(c->later->q, later))
                return PDF_COMPARE_DIFFERENT;
        switch (type) {
        case ot_array:
                return compare_arrays(c, former, later, depth);
        case ot_dictionary:
                return pdf_compare_entries(c, former, later, NULL, depth);
        case ot_stream:
                return compare_streams(c, former, later, depth);
        default:
                return compare_text(c, former, later);
        }
}

int pdf_compare_objects(PdfCompare *c, qpdf_oh former, qpdf_oh later, unsigned depth) {
        if (!qpdf_oh_is_indirect(c->former->q, former) || !qpdf_oh_is_indirect(c->later->q, later))
                return compare_resolved(c, former, later, depth);
        if (pdf_compare_mark(c, former) & PDF_MARK_SPECIAL)
                return verdict(pdf_compare_same_number(c, former, later));
        if (!pdf_compare_same_number(c, former, later))
                return ++c->renumbered > PDF_COMPARE_RENUMBERED_MAX ? PDF_COMPARE_TOO_COMPLEX : compare_resolved(c, former, later, depth);
        if (pdf_compare_mark(c, former) & PDF_MARK_SEEN)
                return 0;
        pdf_compare_set_mark(c, former, PDF_MARK_SEEN);
        return enqueue(c, former, later);
}

int pdf_compare_run(PdfCompare *c) {
        int r = 0;

        while (c->n_queue > 0 && r == 0) {
                PdfPair pair = c->queue[--c->n_queue];

                r = compare_resolved(c, pair.former, pair.later, 0);
                qpdf_oh_release(c->former->q, pair.former);
                qpdf_oh_release(c->later->q, pair.later);
        }
        return r;
}
