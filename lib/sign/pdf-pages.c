/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The page tree, ISO 32000-1 §7.7.3; see pdf-pages.h. */

#include <errno.h>

#include "sign/pdf-pages.h"

#define DEPTH_MAX 64U
#define NODES_MAX 1000000U

typedef struct Search {
        size_t skip;  /* pages before the one that is looked for */
        bool last;
        bool any;     /* a page was met */
        qpdf_oh page;
        unsigned nodes;
} Search;

/* True once the page was found. Of pages that are passed over nothing is kept. */
static bool visit_page(PdfDocument *d, Search *s, qpdf_oh page) {
        if (s->any)
                qpdf_oh_release(d->q, s->page);
        s->any = true;
        s->page = qpdf_oh_new_object(d->q, page);
        return !s->last && s->skip-- == 0;
}

/* A positive answer: found. Nodes that are neither page nor tree are passed over, as readers do. */
static int walk(PdfDocument *d, Search *s, qpdf_oh node, unsigned depth) {
        qpdf_oh kids;
        int n, r = 0;

        if (!qpdf_oh_is_dictionary(d->q, node))
                return 0;
        if (depth > DEPTH_MAX || ++s->nodes > NODES_MAX)
                return -E2BIG;
        if (!qpdf_oh_has_key(d->q, node, "/Kids"))
                return qpdf_oh_is_indirect(d->q, node) && depth > 0 ? visit_page(d, s, node) : 0;
        kids = pdf_get(d, node, "/Kids");
        n = pdf_count(d, kids);
        for (int i = 0; r == 0 && i < n; i++) {
                /* The last page needs only the last branches, and of those before none but where these are empty. */
                qpdf_oh kid = qpdf_oh_get_array_item(d->q, kids, s->last ? n - 1 - i : i);

                r = walk(d, s, kid, depth + 1);
                if (r == 0 && s->last && s->any)
                        r = 1;
                qpdf_oh_release(d->q, kid);
        }
        qpdf_oh_release(d->q, kids);
        return r;
}

int pdf_page_find(PdfDocument *d, size_t index, qpdf_oh *ret) {
        Search s = { .skip = index, .last = index == PDF_PAGE_LAST };
        qpdf_oh root = qpdf_get_root(d->q), pages = pdf_get(d, root, "/Pages");
        int r;

        r = walk(d, &s, pages, 0);
        qpdf_oh_release(d->q, pages);
        qpdf_oh_release(d->q, root);
        if (r > 0) {
                *ret = s.page;
                return 0;
        }
        if (s.any)
                qpdf_oh_release(d->q, s.page);
        return r < 0 ? r : s.any ? PDF_PAGES_NO_SUCH : PDF_PAGES_DAMAGED;
}
