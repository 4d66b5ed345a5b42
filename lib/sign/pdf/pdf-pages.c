/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The page tree, ISO 32000-1 §7.7.3; see pdf-pages.h. */

#include <errno.h>

#include "sign/pdf/pdf-pages.h"

#define DEPTH_MAX 64U
#define NODES_MAX 1000000U

typedef struct Walk {
        PdfVisitPage visit;
        void *userdata;
        bool backward;
        unsigned nodes;
        int path[DEPTH_MAX + 1]; /* object numbers from the root to here; 0 for a direct object */
} Walk;

/* A branch that leads back to where it hangs is passed over, as readers do. */
static bool is_loop(const Walk *w, int id, unsigned depth) {
        for (unsigned i = 0; id > 0 && i < depth; i++)
                if (w->path[i] == id)
                        return true;
        return false;
}

/* Nodes that are neither page nor tree are passed over, too. */
static int walk(PdfDocument *d, Walk *w, qpdf_oh node, unsigned depth) {
        qpdf_oh kids;
        int n, r = 0;

        if (!qpdf_oh_is_dictionary(d->q, node))
                return 0;
        if (depth > DEPTH_MAX || ++w->nodes > NODES_MAX)
                return -E2BIG;
        w->path[depth] = qpdf_oh_get_object_id(d->q, node);
        if (is_loop(w, w->path[depth], depth))
                return 0;
        if (!qpdf_oh_has_key(d->q, node, "/Kids"))
                return qpdf_oh_is_indirect(d->q, node) && depth > 0 ? w->visit(w->userdata, node) : 0;
        kids = pdf_get(d, node, "/Kids");
        n = pdf_count(d, kids);
        for (int i = 0; r == 0 && i < n; i++) {
                qpdf_oh kid = qpdf_oh_get_array_item(d->q, kids, w->backward ? n - 1 - i : i);

                r = walk(d, w, kid, depth + 1);
                qpdf_oh_release(d->q, kid);
        }
        qpdf_oh_release(d->q, kids);
        return r;
}

static int walk_all(PdfDocument *d, bool backward, PdfVisitPage visit, void *userdata) {
        Walk w = { .visit = visit, .userdata = userdata, .backward = backward };
        qpdf_oh root = qpdf_get_root(d->q), pages = pdf_get(d, root, "/Pages");
        int r;

        r = walk(d, &w, pages, 0);
        qpdf_oh_release(d->q, pages);
        qpdf_oh_release(d->q, root);
        return r;
}

int pdf_pages_visit(PdfDocument *d, PdfVisitPage visit, void *userdata) {
        return walk_all(d, false, visit, userdata);
}

typedef struct Search {
        PdfDocument *d;
        size_t skip; /* pages before the one that is looked for */
        bool any;    /* a page was met */
        qpdf_oh page;
} Search;

static int search(void *userdata, qpdf_oh page) {
        Search *s = userdata;

        s->any = true;
        if (s->skip-- > 0)
                return 0;
        s->page = qpdf_oh_new_object(s->d->q, page);
        return 1;
}

/* From behind, the last page is the first one that is met: only the last branches are needed, and of those before none but where these are
 * empty. */
int pdf_page_find(PdfDocument *d, size_t index, qpdf_oh *ret) {
        bool last = index == PDF_PAGE_LAST;
        Search s = { .d = d, .skip = last ? 0 : index };
        int r;

        r = walk_all(d, last, search, &s);
        if (r <= 0)
                return r < 0 ? r : s.any ? PDF_PAGES_NO_SUCH : PDF_PAGES_DAMAGED;
        *ret = s.page;
        return 0;
}
