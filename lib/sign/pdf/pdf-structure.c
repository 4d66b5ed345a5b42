/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Structure trees; see pdf-structure.h. An element may gain kids, of which nothing but signature widgets can be reached; all else of it is compared as any
 * object. The parent tree, which programs write anew as a whole, is compared by what it maps. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sign/pdf/pdf-structure.h"

#define DEPTH_MAX 64U
#define NEW_DEPTH_MAX 4U
#define NEW_KIDS_MAX 16

typedef struct Entry {
        long long key;
        qpdf_oh value;
} Entry;

typedef struct Entries {
        Entry *list;
        size_t n, allocated;
} Entries;

static void entries_done(Entries *e, PdfDocument *d) {
        for (size_t i = 0; i < e->n; i++)
                qpdf_oh_release(d->q, e->list[i].value);
        free(e->list);
        *e = (Entries) { 0 };
}

static qpdf_oh tree_root(PdfDocument *d) {
        return pdf_get(d, qpdf_get_root(d->q), "/StructTreeRoot");
}

/* K is one kid or an array of kids. */
static int count_kids(PdfDocument *d, qpdf_oh kids) {
        if (qpdf_oh_is_null(d->q, kids))
                return 0;
        return qpdf_oh_is_array(d->q, kids) ? qpdf_oh_get_array_n_items(d->q, kids) : 1;
}

static qpdf_oh get_kid(PdfDocument *d, qpdf_oh kids, int i) {
        return qpdf_oh_is_array(d->q, kids) ? qpdf_oh_get_array_item(d->q, kids, i) : qpdf_oh_new_object(d->q, kids);
}

static int mark(PdfCompare *c, qpdf_oh node, unsigned depth) {
        PdfDocument *d = c->former;
        qpdf_oh kids;
        int r = 0;

        if (!qpdf_oh_is_indirect(d->q, node) || !qpdf_oh_is_dictionary(d->q, node) || (pdf_compare_mark(c, node) & PDF_MARK_SPECIAL))
                return 0;
        if (depth > DEPTH_MAX || c->budget-- == 0)
                return PDF_COMPARE_TOO_COMPLEX;
        pdf_compare_set_mark(c, node, PDF_MARK_SPECIAL);
        kids = pdf_get(d, node, "/K");
        for (int i = 0; i < count_kids(d, kids) && r == 0; i++) {
                qpdf_oh kid = get_kid(d, kids, i);

                r = mark(c, kid, depth + 1);
                qpdf_oh_release(d->q, kid);
        }
        qpdf_oh_release(d->q, kids);
        return r;
}

int pdf_structure_mark(PdfCompare *c) {
        return mark(c, tree_root(c->former), 0);
}

/* Keys of an element that say what it is of; none by which it is read out as something else (ActualText, E). */
static bool has_plain_keys(PdfDocument *d, qpdf_oh element) {
        static const char *const plain[] = { "/Type", "/S", "/P", "/Pg", "/K", "/ID", "/T", "/Lang", "/Alt", "/A", "/C", "/R", "/NS", NULL };
        char **keys = NULL;
        size_t n = 0;
        int r = pdf_list_keys(d, element, plain, &keys, &n);

        pdf_free_keys(keys, n);
        return r == 0 && n == 0;
}

/* An object reference to a signature's widget, or an element of such ones. */
static bool tags_signature(const PdfCompare *c, const PdfStructureWidgets *w, qpdf_oh item, unsigned depth) {
        PdfDocument *d = c->later;
        qpdf_oh kids;
        int n;
        bool does;

        if (depth > NEW_DEPTH_MAX || !qpdf_oh_is_dictionary(d->q, item))
                return false;
        if (pdf_name_is(d, item, "/Type", "/OBJR"))
                return w->is_signature(w->userdata, pdf_get(d, item, "/Obj"));
        kids = pdf_get(d, item, "/K");
        n = count_kids(d, kids);
        does = n > 0 && n <= NEW_KIDS_MAX && qpdf_oh_is_indirect(d->q, item) && has_plain_keys(d, item);
        for (int i = 0; i < n && does; i++)
                does = tags_signature(c, w, get_kid(d, kids, i), depth + 1);
        return does;
}

static int compare_element(PdfCompare *c, const PdfStructureWidgets *w, qpdf_oh former, qpdf_oh later, const char *const *except, unsigned depth);

/* A kid and what stands in its place. An element is known by its number; marked content and object references by what they are. */
static int compare_kid(PdfCompare *c, const PdfStructureWidgets *w, qpdf_oh former, qpdf_oh later, unsigned depth) {
        static const char *const except[] = { "/K", NULL };

        if (qpdf_oh_is_indirect(c->former->q, former) && qpdf_oh_is_dictionary(c->former->q, former))
                return compare_element(c, w, former, later, except, depth);
        return pdf_compare_objects(c, former, later, depth);
}

/* Whether an element that is not the one that was stands here: a new one, then. */
static bool is_another(const PdfCompare *c, qpdf_oh former, qpdf_oh later) {
        return qpdf_oh_is_indirect(c->later->q, later) && qpdf_oh_is_dictionary(c->later->q, later) && !pdf_compare_same_number(c, former, later);
}

/* What was there stays, in its order. A bare number, a leaf's, is not made a list of: K means something else elsewhere, too. */
static int compare_kids(PdfCompare *c, const PdfStructureWidgets *w, qpdf_oh former, qpdf_oh later, unsigned depth) {
        PdfDocument *old = c->former, *new = c->later;
        int n_old = count_kids(old, former), n_new = count_kids(new, later), at = 0, r = 0;

        if (qpdf_oh_is_integer(old->q, former))
                return pdf_compare_objects(c, former, later, depth);
        for (int i = 0; i < n_new && r == 0; i++) {
                qpdf_oh item = get_kid(new, later, i), was;
                bool is_new = at == n_old;

                if (!is_new) {
                        was = get_kid(old, former, at);
                        is_new = is_another(c, was, item);
                        if (!is_new) {
                                r = compare_kid(c, w, was, item, depth);
                                at++;
                        }
                        qpdf_oh_release(old->q, was);
                }
                if (is_new && !tags_signature(c, w, item, 0))
                        r = PDF_COMPARE_DIFFERENT;
                qpdf_oh_release(new->q, item);
        }
        return r != 0 || at == n_old ? r : PDF_COMPARE_DIFFERENT;
}

static int compare_element(PdfCompare *c, const PdfStructureWidgets *w, qpdf_oh former, qpdf_oh later, const char *const *except, unsigned depth) {
        PdfDocument *old = c->former, *new = c->later;
        qpdf_oh was, is;
        int r;

        if (!pdf_compare_same_number(c, former, later) || !qpdf_oh_is_dictionary(new->q, later))
                return PDF_COMPARE_DIFFERENT;
        if (pdf_compare_mark(c, former) & PDF_MARK_SEEN)
                return 0;
        if (depth > DEPTH_MAX || c->budget-- == 0)
                return PDF_COMPARE_TOO_COMPLEX;
        pdf_compare_set_mark(c, former, PDF_MARK_SEEN);
        r = pdf_compare_entries(c, former, later, except, 0);
        if (r != 0)
                return r;
        was = pdf_get(old, former, "/K");
        is = pdf_get(new, later, "/K");
        r = compare_kids(c, w, was, is, depth + 1);
        qpdf_oh_release(old->q, was);
        qpdf_oh_release(new->q, is);
        return r;
}

static int add_entry(Entries *e, long long key, qpdf_oh value) {
        if (e->n == e->allocated) {
                size_t n = e->allocated > 0 ? 2 * e->allocated : 64;
                Entry *list = reallocarray(e->list, n, sizeof(*list));

                if (!list)
                        return -ENOMEM;
                e->list = list;
                e->allocated = n;
        }
        e->list[e->n++] = (Entry) { .key = key, .value = value };
        return 0;
}

/* All pairs of a number tree (§7.9.7). */
static int read_tree(PdfCompare *c, PdfDocument *d, qpdf_oh node, Entries *e, unsigned depth) {
        qpdf_oh numbers = pdf_get(d, node, "/Nums"), kids = pdf_get(d, node, "/Kids");
        int n = pdf_count(d, numbers), r = 0;

        if (depth > DEPTH_MAX || c->budget < (uint64_t) n + 1)
                return PDF_COMPARE_TOO_COMPLEX;
        c->budget -= (uint64_t) n + 1;
        for (int i = 0; i + 1 < n && r == 0; i += 2) {
                qpdf_oh key = qpdf_oh_get_array_item(d->q, numbers, i);

                r = qpdf_oh_is_integer(d->q, key) ? add_entry(e, qpdf_oh_get_int_value(d->q, key), qpdf_oh_get_array_item(d->q, numbers, i + 1))
                                                  : PDF_COMPARE_DIFFERENT;
                qpdf_oh_release(d->q, key);
        }
        for (int i = 0; i < pdf_count(d, kids) && r == 0; i++)
                r = read_tree(c, d, qpdf_oh_get_array_item(d->q, kids, i), e, depth + 1);
        return r;
}

static int by_key(const void *a, const void *b) {
        const Entry *x = a, *y = b;

        return x->key < y->key ? -1 : x->key > y->key;
}

/* Which element each piece of content is of: as it was, and the new widgets' beside. */
static int compare_mapped(PdfCompare *c, const PdfStructureWidgets *w, Entries *former, Entries *later) {
        size_t at = 0;
        int r = 0;

        if (former->n > 0)
                qsort(former->list, former->n, sizeof(*former->list), by_key);
        if (later->n > 0)
                qsort(later->list, later->n, sizeof(*later->list), by_key);
        for (size_t i = 0; i < later->n && r == 0; i++) {
                if (i > 0 && later->list[i - 1].key == later->list[i].key)
                        return PDF_COMPARE_DIFFERENT;
                if (at < former->n && former->list[at].key == later->list[i].key)
                        r = pdf_compare_objects(c, former->list[at++].value, later->list[i].value, 0);
                else if (!tags_signature(c, w, later->list[i].value, 0))
                        r = PDF_COMPARE_DIFFERENT;
        }
        return r != 0 || at == former->n ? r : PDF_COMPARE_DIFFERENT;
}

static int compare_parents(PdfCompare *c, const PdfStructureWidgets *w, qpdf_oh former, qpdf_oh later) {
        Entries a = { 0 }, b = { 0 };
        int r;

        r = read_tree(c, c->former, former, &a, 0);
        if (r == 0)
                r = read_tree(c, c->later, later, &b, 0);
        if (r == 0)
                r = compare_mapped(c, w, &a, &b);
        entries_done(&a, c->former);
        entries_done(&b, c->later);
        return r;
}

int pdf_structure_compare(PdfCompare *c, const PdfStructureWidgets *widgets) {
        static const char *const except[] = { "/K", "/ParentTree", "/ParentTreeNextKey", NULL };
        qpdf_oh former = tree_root(c->former), later = tree_root(c->later);
        int r;

        /* One that is no object of its own nobody adds to. */
        if (!qpdf_oh_is_indirect(c->former->q, former) || !qpdf_oh_is_dictionary(c->former->q, former))
                return pdf_compare_objects(c, former, later, 0);
        r = compare_element(c, widgets, former, later, except, 0);
        if (r == 0)
                r = compare_parents(c, widgets, pdf_get(c->former, former, "/ParentTree"), pdf_get(c->later, later, "/ParentTree"));
        return r;
}
