/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signed revisions; see pdf-revisions.h. Each is compared with the next signed one and the last with the file, so that the work grows
 * with their number, not its square, and a change that a later revision takes back is still one. */

#include <errno.h>
#include <string.h>

#include "sign/pdf/pdf-changes.h"
#include "sign/pdf/pdf-guard.h"
#include "sign/pdf/pdf-revisions.h"
#include "sign/pdf/pdf-tail.h"
#include "sign/verify-report.h"

/* Trailing white space, as transport adds it, makes no revision. */
#define TRAILING_SPACE_MAX 64U

static const char *describe(int outcome) {
        switch (outcome) {
        case PDF_CHANGES_FORBIDDEN:
                return N_("The document was changed after it was signed, against the signer's certification or lock.");
        case PDF_CHANGES_PAGES:
                return N_("Pages of the document were changed, added or removed after it was signed.");
        case PDF_CHANGES_ANNOTATIONS:
                return N_("Annotations were changed, added or removed after the document was signed.");
        case PDF_CHANGES_FORM:
                return N_("The document's form was changed after it was signed, beyond being filled in.");
        case PDF_CHANGES_SIGNATURE:
                return N_("A signature was replaced or removed after the document was signed.");
        case PDF_CHANGES_CATALOG:
                return N_("Actions, layers or other parts of the document were changed after it was signed.");
        default:
                return N_("The document was changed after it was signed, and the changes are too many to be examined.");
        }
}

static int by_value(const void *a, const void *b) {
        const uint64_t *x = a, *y = b;

        return *x < *y ? -1 : *x > *y;
}

/* Where the signed revisions end, ascending, each once; the file's own end comes last, unless only white space lies before it. */
static int list_ends(const PdfRevisions *x, const PdfSignature *s, size_t n, uint64_t **ret, size_t *ret_n) {
        uint64_t *ends = calloc(n + 1, sizeof(*ends));
        uint8_t rest[TRAILING_SPACE_MAX];
        size_t n_ends = 0, unique = 0;
        bool is_space = true;
        int r = 0;

        if (!ends)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                if (!s[i].defect)
                        ends[n_ends++] = s[i].range.end;
        qsort(ends, n_ends, sizeof(*ends), by_value);
        for (size_t i = 0; i < n_ends; i++)
                if (unique == 0 || ends[unique - 1] != ends[i])
                        ends[unique++] = ends[i];
        if (unique > 0 && x->size - ends[unique - 1] <= sizeof(rest)) {
                size_t len = (size_t) (x->size - ends[unique - 1]);

                r = pdf_read_at(x->fd, ends[unique - 1], rest, len);
                for (size_t i = 0; r == 0 && i < len; i++)
                        is_space = is_space && strchr(" \t\r\n", rest[i]) && rest[i] != 0;
        } else
                is_space = false;
        if (!is_space)
                ends[unique++] = x->size;
        *ret = ends;
        *ret_n = unique;
        return r;
}

/* Whether the revision has this signature dictionary in the same field. One that a later revision brought, over the signed bytes
 * of another, is nobody's signature. */
static int has_signature(PdfDocument *d, const PdfFields *fields, const PdfSignature *s, bool *ret) {
        *ret = false;
        for (size_t i = 0; i < fields->n && !*ret; i++) {
                _cleanup_bytes_ Bytes text = BYTES_NULL;
                int r;

                if (qpdf_oh_get_object_id(d->q, fields->items[i].field) != s->field_id ||
                    strcmp(fields->items[i].name, s->name) != 0 || !pdf_field_is_signed(d, &fields->items[i]))
                        continue;
                r = pdf_unparse(d, fields->items[i].value, true, &text);
                if (r < 0)
                        return r;
                *ret = view_equal(bytes_view(&text), bytes_view(&s->dictionary));
        }
        return 0;
}

/* What was added to all signatures whose revision ends at or before `end`; what weighs most stays. */
static void add_until(const PdfSignature *s, size_t n, uint64_t end, DocumentAddition added, PdfRevisionVerdict *verdicts) {
        for (size_t i = 0; i < n; i++)
                if (!s[i].defect && s[i].range.end <= end && verdicts[i].added < added)
                        verdicts[i].added = added;
}

/* Notes a reason against them; the first that is noted stays. */
static void note_until(const PdfSignature *s, size_t n, uint64_t end, const char *reason, PdfRevisionVerdict *verdicts) {
        for (size_t i = 0; i < n; i++)
                if (!s[i].defect && s[i].range.end <= end && !verdicts[i].reason)
                        verdicts[i].reason = reason;
        add_until(s, n, end, ADDED_CONTENT, verdicts);
}

static int check_presence(PdfDocument *d, const PdfSignature *s, size_t n, uint64_t end, PdfRevisionVerdict *verdicts) {
        _cleanup_(pdf_fields_done) PdfFields fields = { 0 };
        int r;

        r = pdf_fields_collect(d, &fields);
        if (r < 0 && r != -E2BIG)
                return r;
        for (size_t i = 0; i < n; i++) {
                bool is_there;

                if (s[i].defect || s[i].range.end != end)
                        continue;
                r = has_signature(d, &fields, &s[i], &is_there);
                if (r < 0)
                        return r;
                if (!is_there && !verdicts[i].reason)
                        verdicts[i] = (PdfRevisionVerdict) {
                                .reason = N_("The signature does not stand in the revision of the document that it signs."), .added = ADDED_CONTENT,
                        };
        }
        return 0;
}

static int check_step(PdfDocument *former, PdfDocument *later, uint64_t end, const PdfSignature *s, size_t n, PdfRevisionVerdict *verdicts) {
        bool filled = false;
        int r = pdf_changes_check(former, later, &filled);

        if (r > 0)
                note_until(s, n, end, describe(r), verdicts);
        else if (r == 0)
                add_until(s, n, end, filled ? ADDED_FORM_FILLING : ADDED_SIGNATURES, verdicts);
        return r < 0 ? r : 0;
}

/* From the last revision to the first, each with the one after it. */
static int check_ends(const PdfRevisions *x, const uint64_t *ends, size_t n_ends, const PdfSignature *s, size_t n, PdfRevisionVerdict *verdicts) {
        _cleanup_(pdf_document_freep) PdfDocument *later = NULL;
        int r;

        for (size_t i = n_ends; i-- > 0;) {
                PdfDocument *next = later ? later : x->document;
                PdfDocument *former = NULL;
                bool is_last = i + 1 == n_ends;

                r = is_last ? 0 : pdf_document_open_by_password(x->fd, ends[i], x->size, false, x->password, &former);
                if (r < 0)
                        return r;
                if (r > 0) {
                        note_until(s, n, ends[i], N_("The signed revision of the document cannot be read by itself."), verdicts);
                        return 0;
                }
                if (former && later && x->document->cost + later->cost + former->cost > 2 * PDF_COST_ALL_MAX(x->size)) {
                        note_until(s, n, ends[i], describe(PDF_CHANGES_TOO_COMPLEX), verdicts);
                        pdf_document_free(former);
                        return 0;
                }
                r = check_presence(is_last ? x->document : former, s, n, ends[i], verdicts);
                if (r == 0 && !is_last)
                        r = check_step(former, next, ends[i], s, n, verdicts);
                if (!is_last) {
                        pdf_document_free(later);
                        later = former;
                }
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Objects that are appended without a cross-reference change nothing for who reads by it, and everything for a reader that rebuilds it ("incremental
 * saving" of the literature, its variants without xref or trailer). */
static int check_file_end(const PdfRevisions *x, uint64_t end, const PdfSignature *s, size_t n, PdfRevisionVerdict *verdicts) {
        bool is_end;
        int r;

        r = pdf_tail_is_end(x->fd, end, &is_end);
        if (r == 0 && !is_end)
                note_until(s, n, end, N_("Something that is no revision of the document was added after it was signed."), verdicts);
        return r;
}

int pdf_revisions_check(const PdfRevisions *x, const PdfSignature *signatures, size_t n, PdfRevisionVerdict *ret) {
        _cleanup_free_ uint64_t *ends = NULL;
        size_t n_ends = 0;
        int r;

        for (size_t i = 0; i < n; i++)
                ret[i] = (PdfRevisionVerdict) { 0 };
        r = list_ends(x, signatures, n, &ends, &n_ends);
        if (r == 0)
                r = check_file_end(x, ends[n_ends - 1], signatures, n, ret);
        if (r < 0)
                return r;
        if (n_ends > PDF_REVISIONS_MAX) {
                note_until(signatures, n, ends[n_ends - 2], describe(PDF_CHANGES_TOO_COMPLEX), ret);
                return 0;
        }
        return check_ends(x, ends, n_ends, signatures, n, ret);
}
