/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Cross-reference sections; see pdf-xref.h. */

#include <string.h>

#include "sign/pdf/pdf-xref.h"

/* Where qpdf looks for the header and for startxref. */
#define HEADER_WINDOW 1024U
#define TAIL_WINDOW 1054U

#define ENTRY_MAX 30U /* characters of a table's line that are looked at */

/* Entries that take as much as a token. */
#define ENTRIES_OF_A_TOKEN 3U

static bool has_word(PdfSource *s, uint64_t at, const char *word) {
        for (; *word; word++, at++)
                if (pdf_source_byte(s, at) != *word)
                        return false;
        return true;
}

static bool is_digit(int c) {
        return c >= '0' && c <= '9';
}

/* `%PDF-1.7` or the like. */
static bool is_header(PdfSource *s, uint64_t at) {
        if (!has_word(s, at, "%PDF-") || !is_digit(pdf_source_byte(s, at + 5)))
                return false;
        for (at += 5; is_digit(pdf_source_byte(s, at));)
                at++;
        return pdf_source_byte(s, at) == '.' && is_digit(pdf_source_byte(s, at + 1));
}

/* One that ends about where qpdf stops looking is nobody's honest header. */
int pdf_xref_find_header(PdfSource *s) {
        for (uint64_t at = 0; at < HEADER_WINDOW + 16 && at < s->size; at++)
                if (is_header(s, at)) {
                        if (at > HEADER_WINDOW - 32)
                                return PDF_SCAN_DOUBTFUL;
                        pdf_source_move(s, at);
                        return 0;
                }
        return 0;
}

static int find_startxref(PdfSource *s, int64_t *ret) {
        uint64_t first = s->size > TAIL_WINDOW ? s->size - TAIL_WINDOW : 0;

        for (uint64_t at = s->size; at-- > first;) {
                PdfLexer l = { .source = s, .at = at };

                if (!has_word(s, at, "startxref"))
                        continue;
                if (pdf_lexer_next(&l) == PDF_TOKEN_WORD && pdf_lexer_is(&l, "startxref") && pdf_lexer_next(&l) == PDF_TOKEN_INTEGER)
                        return pdf_lexer_integer(&l, ret) ? 0 : PDF_SCAN_BROKEN;
        }
        return PDF_SCAN_BROKEN;
}

static uint64_t skip_space(PdfSource *s, uint64_t at) {
        int c;

        while ((c = pdf_source_byte(s, at)) > 0 && pdf_is_space(c))
                at++;
        return at;
}

static bool read_number(PdfSource *s, uint64_t *at, int64_t *ret) {
        uint64_t start = *at;
        int64_t v = 0;
        int c;

        while (is_digit(c = pdf_source_byte(s, *at)) && *at - start < 18) {
                v = v * 10 + (c - '0');
                (*at)++;
        }
        *ret = v;
        return *at > start && !is_digit(c);
}

static int visit(PdfXrefWalk *w, const PdfXrefEntry *e) {
        uint64_t spent = e->invalid ? PDF_COST_WARNING : w->n_entries % ENTRIES_OF_A_TOKEN == 0;

        w->n_entries++;
        if (w->n_entries > w->entries_max || (w->cost && pdf_cost_spend(w->cost, spent) != 0))
                return PDF_SCAN_EXCESSIVE;
        return w->visit(w->userdata, e);
}

/* qpdf keeps the dictionaries, and what it warned of there. */
static int spend_dictionary(PdfXrefWalk *w, const PdfDictionary *d) {
        PdfLexer l = { .source = w->source, .at = d->begin };

        return w->cost ? pdf_cost_object(w->cost, &l, false) : 0;
}

/* `0000000015 00000 n`, and what else qpdf takes for one. */
static int read_entry(PdfXrefWalk *w, uint64_t *at, int64_t id) {
        PdfXrefEntry e = { .id = id };
        uint64_t start = *at, p = skip_space(w->source, start), second;
        int c;

        e.invalid = p != start;
        if (!read_number(w->source, &p, &e.value))
                return PDF_SCAN_BROKEN;
        e.invalid = e.invalid || p - start != 10;
        second = skip_space(w->source, p);
        e.invalid = e.invalid || second != p + 1;
        p = second;
        if (second == start || !read_number(w->source, &p, &e.generation))
                return PDF_SCAN_BROKEN;
        e.invalid = e.invalid || p - second != 5;
        second = skip_space(w->source, p);
        e.invalid = e.invalid || second != p + 1;
        c = pdf_source_byte(w->source, second);
        if ((c != 'n' && c != 'f') || second - start > ENTRY_MAX)
                return PDF_SCAN_BROKEN;
        e.type = c == 'n';
        for (p = second; (c = pdf_source_byte(w->source, p)) >= 0 && c != '\r' && c != '\n';)
                p++;
        while ((c = pdf_source_byte(w->source, p)) == '\r' || c == '\n')
                p++;
        *at = p;
        return visit(w, &e);
}

static int read_subsections(PdfXrefWalk *w, uint64_t *at) {
        for (;;) {
                PdfLexer l = { .source = w->source };
                uint64_t p = skip_space(w->source, *at);
                int64_t id, n;
                int r = 0;

                if (!read_number(w->source, &p, &id))
                        return PDF_SCAN_BROKEN;
                p = skip_space(w->source, p);
                if (!read_number(w->source, &p, &n))
                        return PDF_SCAN_BROKEN;
                p = skip_space(w->source, p);
                for (int64_t i = 0; r == 0 && i < n; i++)
                        r = read_entry(w, &p, id + i);
                if (r != 0)
                        return r;
                *at = l.at = p;
                if (pdf_lexer_next(&l) == PDF_TOKEN_WORD && pdf_lexer_is(&l, "trailer")) {
                        *at = l.at;
                        return 0;
                }
        }
}

/* The bytes of a cross-reference stream, taken for entries as they come. */
typedef struct Entries {
        PdfXrefWalk *w;
        int64_t width[3];
        unsigned field, in_field; /* where the next byte belongs */
        int64_t fields[3];
        uint64_t left; /* entries that are to come */
        PdfSource source;
        PdfLexer index; /* behind the current pair; its source is NULL where there is no Index */
        int64_t first, n, i; /* the pair, and how far it is used */
} Entries;

static bool next_pair(Entries *e) {
        e->i = 0;
        return e->index.source && pdf_lexer_next(&e->index) == PDF_TOKEN_INTEGER && pdf_lexer_integer(&e->index, &e->first) &&
                pdf_lexer_next(&e->index) == PDF_TOKEN_INTEGER && pdf_lexer_integer(&e->index, &e->n);
}

static int end_entry(Entries *e) {
        PdfXrefEntry entry = { .id = e->first + e->i, .type = e->width[0] > 0 ? e->fields[0] : 1, .value = e->fields[1], .generation = e->fields[2] };
        int r;

        if (entry.type < 0 || entry.type > 2)
                return PDF_SCAN_BROKEN;
        r = visit(e->w, &entry);
        memset(e->fields, 0, sizeof(e->fields));
        e->field = 0;
        e->left--;
        /* As qpdf does, also with a pair of no entries. */
        if (r == 0 && ++e->i >= e->n && e->left > 0 && !next_pair(e))
                r = PDF_SCAN_BROKEN;
        return r;
}

static int take_entries(void *userdata, const uint8_t *data, size_t n) {
        Entries *e = userdata;
        int r = 0;

        for (size_t i = 0; r == 0 && i < n && e->left > 0; i++) {
                while (e->in_field == 0 && e->field < 3 && e->width[e->field] == 0)
                        e->field++;
                e->fields[e->field] = (int64_t) ((uint64_t) e->fields[e->field] << 8 | data[i]);
                if (++e->in_field == e->width[e->field]) {
                        e->in_field = 0;
                        e->field++;
                }
                while (e->in_field == 0 && e->field < 3 && e->width[e->field] == 0)
                        e->field++;
                if (e->field == 3)
                        r = end_entry(e);
        }
        return r;
}

static int read_widths(PdfSource *s, const PdfDictionary *d, Entries *e) {
        PdfLexer l = { .source = s, .at = d->values[PDF_KEY_W].begin };
        int64_t sum = 0;

        if (d->values[PDF_KEY_W].kind != PDF_KIND_ARRAY)
                return d->values[PDF_KEY_W].kind == PDF_KIND_REFERENCE ? PDF_SCAN_DOUBTFUL : PDF_SCAN_BROKEN;
        pdf_lexer_next(&l);
        for (unsigned i = 0; i < 3; i++) {
                if (pdf_lexer_next(&l) != PDF_TOKEN_INTEGER || !pdf_lexer_integer(&l, &e->width[i]) || e->width[i] < 0 || e->width[i] > 8)
                        return PDF_SCAN_BROKEN;
                sum += e->width[i];
        }
        /* `4 0 R` among them. */
        if (pdf_lexer_next(&l) == PDF_TOKEN_WORD)
                return PDF_SCAN_DOUBTFUL;
        return sum > 0 ? 0 : PDF_SCAN_BROKEN;
}

/* Index, or all numbers below Size. */
static int count_entries(PdfXrefWalk *w, const PdfDictionary *d, Entries *e) {
        const PdfValue *index = &d->values[PDF_KEY_INDEX], *size = &d->values[PDF_KEY_SIZE];
        PdfToken t;

        if (size->kind != PDF_KIND_INTEGER || (index->kind != PDF_KIND_NONE && index->kind != PDF_KIND_ARRAY))
                return size->kind == PDF_KIND_REFERENCE || index->kind == PDF_KIND_REFERENCE ? PDF_SCAN_DOUBTFUL : PDF_SCAN_BROKEN;
        if (index->kind == PDF_KIND_NONE) {
                e->n = size->integer;
                e->left = e->n < 0 ? 0 : (uint64_t) e->n;
                return e->n < 0 ? PDF_SCAN_BROKEN : e->left > w->entries_max ? PDF_SCAN_EXCESSIVE : 0;
        }
        pdf_source_copy(w->source, &e->source);
        e->index = (PdfLexer) { .source = &e->source, .at = index->begin };
        pdf_lexer_next(&e->index);
        while ((t = pdf_lexer_next(&e->index)) == PDF_TOKEN_INTEGER) {
                int64_t n;

                if (pdf_lexer_next(&e->index) != PDF_TOKEN_INTEGER || !pdf_lexer_integer(&e->index, &n) || n < 0)
                        return PDF_SCAN_BROKEN;
                if ((uint64_t) n > w->entries_max || (e->left += (uint64_t) n) > w->entries_max)
                        return PDF_SCAN_EXCESSIVE;
        }
        if (t != PDF_TOKEN_ARRAY_CLOSE)
                return t == PDF_TOKEN_WORD ? PDF_SCAN_DOUBTFUL : PDF_SCAN_BROKEN;
        e->index.at = index->begin;
        pdf_lexer_next(&e->index);
        return next_pair(e) ? 0 : PDF_SCAN_BROKEN;
}

/* Twice what is needed: a predictor may bring a byte with each. */
static uint64_t data_max(const Entries *e) {
        return 2 * e->left * (uint64_t) (e->width[0] + e->width[1] + e->width[2]) + 1024;
}

static int read_stream_entries(PdfXrefWalk *w, const PdfDictionary *d, uint64_t data) {
        Entries e = { .w = w };
        uint64_t len = w->source->size - data;
        PdfFilter filter;
        int r;

        r = read_widths(w->source, d, &e);
        if (r == 0)
                r = count_entries(w, d, &e);
        if (r == 0)
                r = pdf_dictionary_filter(w->source, d, &filter);
        if (r != 0)
                return r;
        if (d->values[PDF_KEY_LENGTH].kind == PDF_KIND_INTEGER && d->values[PDF_KEY_LENGTH].integer >= 0 &&
            (uint64_t) d->values[PDF_KEY_LENGTH].integer < len)
                len = (uint64_t) d->values[PDF_KEY_LENGTH].integer;
        else if (!filter.flate)
                return PDF_SCAN_DOUBTFUL;
        r = pdf_inflate(w->source, data, len, &filter, filter.flate ? data_max(&e) : len, take_entries, &e);
        return r == 0 && e.left > 0 ? PDF_SCAN_BROKEN : r;
}

static int read_stream_section(PdfXrefWalk *w, int64_t at, PdfDictionary *ret) {
        const PdfValue *type = &ret->values[PDF_KEY_TYPE];
        uint64_t data;
        int r;

        if (at <= 0 || (uint64_t) at >= w->source->size)
                return PDF_SCAN_BROKEN;
        r = pdf_dictionary_read_stream(w->source, (uint64_t) at, ret, &data);
        if (r == 0)
                r = spend_dictionary(w, ret);
        if (r != 0)
                return r;
        if (type->kind != PDF_KIND_NAME || strcmp(type->name, "XRef") != 0)
                return type->kind == PDF_KIND_REFERENCE ? PDF_SCAN_DOUBTFUL : PDF_SCAN_BROKEN;
        return read_stream_entries(w, ret, data);
}

static int read_table_section(PdfXrefWalk *w, uint64_t at, PdfDictionary *ret) {
        PdfLexer l = { .source = w->source };
        const PdfValue *hybrid = &ret->values[PDF_KEY_XREF_STM];
        PdfDictionary stream = { 0 };
        int r;

        r = read_subsections(w, &at);
        if (r != 0)
                return r;
        l.at = at;
        r = pdf_dictionary_read(&l, ret);
        if (r == 0)
                r = spend_dictionary(w, ret);
        if (r != 0 || hybrid->kind == PDF_KIND_NONE)
                return r;
        if (hybrid->kind != PDF_KIND_INTEGER)
                return hybrid->kind == PDF_KIND_REFERENCE ? PDF_SCAN_DOUBTFUL : PDF_SCAN_BROKEN;
        return read_stream_section(w, hybrid->integer, &stream);
}

static int read_section(PdfXrefWalk *w, int64_t at, PdfDictionary *ret) {
        uint64_t p;

        *ret = (PdfDictionary) { 0 };
        if (at <= 0 || (uint64_t) at >= w->source->size)
                return PDF_SCAN_BROKEN;
        p = skip_space(w->source, (uint64_t) at);
        if (has_word(w->source, p, "xref") && pdf_is_space(pdf_source_byte(w->source, p + 4)))
                return read_table_section(w, p + 4, ret);
        return read_stream_section(w, at, ret);
}

/* Of a stream, not of a table. */
static bool begins_line(PdfSource *s, int64_t at) {
        int before = at > 0 ? pdf_source_byte(s, (uint64_t) at - 1) : -1;

        return (before == '\r' || before == '\n') && is_digit(pdf_source_byte(s, (uint64_t) at));
}

/* A chain that comes back to a section is broken. To notice, every section's place is compared with one that was kept, a newer one each time that the
 * way has doubled. */
static int walk_chain(PdfXrefWalk *w, int64_t at, bool found) {
        int64_t kept = 0;
        int r = 0;

        for (unsigned n = 0, double_at = 1; r == 0 && at != 0; n++) {
                const PdfValue *prev;
                PdfDictionary d;

                if (n >= PDF_SECTIONS_MAX)
                        return PDF_SCAN_EXCESSIVE;
                if (n > 0 && at == kept)
                        return PDF_SCAN_BROKEN;
                if (n > 0 && found && begins_line(w->source, at))
                        break;
                if (n + 1 == double_at) {
                        kept = at;
                        double_at *= 2;
                }
                r = read_section(w, at, &d);
                if (r != 0)
                        break;
                w->is_encrypted = w->is_encrypted || d.values[PDF_KEY_ENCRYPT].kind != PDF_KIND_NONE;
                prev = &d.values[PDF_KEY_PREV];
                if (prev->kind != PDF_KIND_NONE && prev->kind != PDF_KIND_INTEGER)
                        return prev->kind == PDF_KIND_REFERENCE ? PDF_SCAN_DOUBTFUL : PDF_SCAN_BROKEN;
                at = prev->kind == PDF_KIND_INTEGER ? prev->integer : 0;
        }
        return w->source->error < 0 ? w->source->error : r;
}

int pdf_xref_walk(PdfXrefWalk *w) {
        int64_t at;
        int r;

        r = find_startxref(w->source, &at);
        return r == 0 ? walk_chain(w, at, false) : w->source->error < 0 ? w->source->error : r;
}

int pdf_xref_walk_found(PdfXrefWalk *w, uint64_t at) {
        int r;

        r = at <= INT64_MAX ? walk_chain(w, (int64_t) at, true) : PDF_SCAN_BROKEN;
        return r == PDF_SCAN_BROKEN ? 0 : r;
}
