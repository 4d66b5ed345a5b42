/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Incremental updates; see pdf-update.h. */

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/random.h>

#include "base/codec.h"
#include "sign/pdf-update.h"

/* A table's entry has ten digits for the offset (§7.5.4). */
#define TABLE_OFFSET_MAX 9999999999ULL

/* An object number above qpdf's and every reader's reach. */
#define ID_MAX (INT_MAX - 64)

int pdf_update_init(PdfUpdate *u, PdfDocument *d, const PdfTail *t) {
        *u = (PdfUpdate) { .document = d, .tail = *t, .start = t->size, .next_id = d->next_id };
        if (d->next_id < 1 || d->next_id > ID_MAX)
                return -E2BIG;
        return t->ends_with_eol ? 0 : bytes_append_byte(&u->out, '\n');
}

int pdf_update_begin_object(PdfUpdate *u, int id, int generation) {
        PdfEntry *entries = reallocarray(u->entries, u->n_entries + 1, sizeof(*entries));

        if (!entries)
                return -ENOMEM;
        u->entries = entries;
        u->entries[u->n_entries++] = (PdfEntry) {
                .id = id, .generation = generation, .offset = u->start + u->out.len - u->tail.header,
        };
        return bytes_printf(&u->out, "%d %d obj\n", id, generation);
}

int pdf_update_end_object(PdfUpdate *u) {
        if (u->out.len > PDF_UPDATE_MAX)
                return -E2BIG;
        return bytes_append_view(&u->out, VIEW_LITERAL("\nendobj\n"));
}

static int by_id(const void *a, const void *b) {
        const PdfEntry *x = a, *y = b;

        return x->id < y->id ? -1 : x->id > y->id;
}

/* The number of entries from `i` on whose object numbers follow each other: a subsection. */
static size_t run_length(const PdfUpdate *u, size_t i) {
        size_t n = 1;

        while (i + n < u->n_entries && u->entries[i + n].id == u->entries[i].id + (int) n)
                n++;
        return n;
}

/* [first second]: the first says which document this is and stays, the second says which revision (§14.4). A document without
 * gets both, since PDF 2.0 requires them. */
static int append_id(PdfUpdate *u) {
        PdfDocument *d = u->document;
        qpdf_oh ids = pdf_get(d, qpdf_get_trailer(d->q), "/ID");
        _cleanup_free_ char *hex = NULL;
        uint8_t random[16];
        int r;

        if (getrandom(random, sizeof(random), 0) != sizeof(random))
                return -EIO;
        hex = hex_encode(VIEW(random, sizeof(random)));
        if (!hex)
                return -ENOMEM;
        r = bytes_append_view(&u->out, VIEW_LITERAL("/ID ["));
        if (r < 0)
                return r;
        if (pdf_count(d, ids) == 2)
                r = pdf_unparse(d, qpdf_oh_get_array_item(d->q, ids, 0), true, &u->out);
        else
                r = bytes_printf(&u->out, "<%s>", hex);
        if (r < 0)
                return r;
        return bytes_printf(&u->out, " <%s>]\n", hex);
}

/* What both forms of trailer hold. Keys that describe the former section itself are left out. */
static int append_trailer_entries(PdfUpdate *u, int size) {
        static const char *const except[] = { "/Size", "/Prev", "/ID", "/XRefStm", "/Type", "/W", "/Index", "/Length", "/Filter",
                                              "/DecodeParms", "/F", "/FFilter", "/FDecodeParms", "/DL", NULL };
        int r;

        r = pdf_unparse_entries(u->document, qpdf_get_trailer(u->document->q), except, &u->out);
        if (r < 0)
                return r;
        r = append_id(u);
        if (r < 0)
                return r;
        return bytes_printf(&u->out, "/Size %d\n/Prev %llu\n", size, (unsigned long long) u->tail.startxref);
}

static int append_table(PdfUpdate *u) {
        int r;

        r = bytes_append_view(&u->out, VIEW_LITERAL("xref\n"));
        for (size_t i = 0, n; r == 0 && i < u->n_entries; i += n) {
                n = run_length(u, i);
                r = bytes_printf(&u->out, "%d %zu\n", u->entries[i].id, n);
                for (size_t k = i; r == 0 && k < i + n; k++)
                        r = u->entries[k].offset > TABLE_OFFSET_MAX ? -EFBIG :
                                bytes_printf(&u->out, "%010llu %05d n \n", (unsigned long long) u->entries[k].offset,
                                             u->entries[k].generation);
        }
        if (r == 0)
                r = bytes_append_view(&u->out, VIEW_LITERAL("trailer\n<<\n"));
        if (r == 0)
                r = append_trailer_entries(u, u->next_id);
        if (r == 0)
                r = bytes_append_view(&u->out, VIEW_LITERAL(">>\n"));
        return r;
}

static int append_number(Bytes *b, uint64_t v, unsigned width) {
        int r = 0;

        while (width-- > 0 && r == 0)
                r = bytes_append_byte(b, (uint8_t) (v >> (8 * width)));
        return r;
}

static unsigned width_of(uint64_t v) {
        unsigned n = 1;

        while (v >>= 8)
                n++;
        return n;
}

static int append_index(PdfUpdate *u) {
        int r;

        r = bytes_append_view(&u->out, VIEW_LITERAL("/Index ["));
        for (size_t i = 0, n; r == 0 && i < u->n_entries; i += n) {
                n = run_length(u, i);
                r = bytes_printf(&u->out, "%s%d %zu", i > 0 ? " " : "", u->entries[i].id, n);
        }
        return r < 0 ? r : bytes_append_view(&u->out, VIEW_LITERAL("]\n"));
}

/* Not compressed: the entries are few. The section has an entry for itself, as it is an object (§7.5.8.1). The caller sorted, and
 * this object's number is the highest. */
static int append_stream(PdfUpdate *u) {
        unsigned width = width_of(u->start + u->out.len);
        int r;

        r = pdf_update_begin_object(u, pdf_update_reserve(u), 0);
        if (r == 0)
                r = bytes_printf(&u->out, "<<\n/Type /XRef\n/W [1 %u 2]\n/Length %zu\n", width, u->n_entries * (width + 3));
        if (r == 0)
                r = append_index(u);
        if (r == 0)
                r = append_trailer_entries(u, u->next_id);
        if (r == 0)
                r = bytes_append_view(&u->out, VIEW_LITERAL(">>\nstream\n"));
        for (size_t i = 0; r == 0 && i < u->n_entries; i++) {
                r = bytes_append_byte(&u->out, 1);
                if (r == 0)
                        r = append_number(&u->out, u->entries[i].offset, width);
                if (r == 0)
                        r = append_number(&u->out, (uint64_t) u->entries[i].generation, 2);
        }
        return r < 0 ? r : bytes_append_view(&u->out, VIEW_LITERAL("\nendstream\nendobj\n"));
}

int pdf_update_finish(PdfUpdate *u) {
        uint64_t at = u->start + u->out.len - u->tail.header;
        int r;

        qsort(u->entries, u->n_entries, sizeof(*u->entries), by_id);
        r = u->tail.form == PDF_XREF_TABLE ? append_table(u) : append_stream(u);
        if (r < 0)
                return r;
        return bytes_printf(&u->out, "startxref\n%llu\n%%%%EOF\n", (unsigned long long) at);
}

void pdf_update_done(PdfUpdate *u) {
        bytes_done(&u->out);
        free(u->entries);
        *u = (PdfUpdate) { 0 };
}
