/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a PDF would cost; see pdf-guard.h. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sign/pdf/pdf-guard.h"

/* Lines that say `trailer` and have none. */
#define BAD_TRAILERS_MAX 64U

/* Numbers of objects that are remembered; what is beyond counts each time that it is met. */
#define SEEN_MAX (8 << 20)

static int outcome(int r) {
        switch (r) {
        case PDF_SCAN_EXCESSIVE:
                return PDF_GUARD_EXCESSIVE;
        case PDF_SCAN_DOUBTFUL:
                return PDF_GUARD_DAMAGED;
        case PDF_SCAN_BROKEN:
                return 0;
        default:
                return r;
        }
}

static int by_number(const void *a, const void *b) {
        const uint32_t *x = a, *y = b;

        return *x < *y ? -1 : *x > *y;
}

/* Entries of one stream mostly follow each other. */
static int note_entry(void *userdata, const PdfXrefEntry *e) {
        PdfGuard *g = userdata;

        if (e->id > g->id_max)
                g->id_max = e->id < SEEN_MAX ? e->id : SEEN_MAX;
        if (e->type != 2 || e->value <= 0 || e->value > INT32_MAX ||
            (g->n_streams > 0 && g->streams[g->n_streams - 1] == (uint32_t) e->value))
                return 0;
        if (g->n_streams == g->n_allocated) {
                size_t n = g->n_allocated > 0 ? 2 * g->n_allocated : 64;
                uint32_t *more = reallocarray(g->streams, n, sizeof(*more));

                if (!more)
                        return -ENOMEM;
                g->streams = more;
                g->n_allocated = n;
        }
        g->streams[g->n_streams++] = (uint32_t) e->value;
        return 0;
}

static void sort_streams(PdfGuard *g) {
        size_t n = 0;

        if (g->n_streams == 0)
                return;
        qsort(g->streams, g->n_streams, sizeof(*g->streams), by_number);
        for (size_t i = 0; i < g->n_streams; i++)
                if (n == 0 || g->streams[n - 1] != g->streams[i])
                        g->streams[n++] = g->streams[i];
        g->n_streams = n;
}

static bool is_stream(const PdfGuard *g, int64_t id) {
        uint32_t number = (uint32_t) id;

        return id > 0 && id <= INT32_MAX && g->n_streams > 0 &&
                bsearch(&number, g->streams, g->n_streams, sizeof(number), by_number) != NULL;
}

static int take_bytes(void *userdata, const uint8_t *data, size_t n) {
        return bytes_append(userdata, data, n);
}

/* `number offset` for each object, then the objects (§7.5.7), of each of which qpdf's cache has an entry. Where they overlap, each is read, and counts, for itself. */
static int read_objects(PdfGuard *g, View data, int64_t n, int64_t first) {
        PdfSource s;
        PdfLexer header = { .source = &s }, body = { .source = &s };

        pdf_source_init_memory(&s, data.data, data.len);
        for (int64_t i = 0; i < n; i++) {
                int64_t number, offset;
                int r;

                if (pdf_lexer_next(&header) != PDF_TOKEN_INTEGER || !pdf_lexer_integer(&header, &number) ||
                    pdf_lexer_next(&header) != PDF_TOKEN_INTEGER || !pdf_lexer_integer(&header, &offset))
                        return PDF_SCAN_BROKEN;
                if (offset < 0 || offset > INT32_MAX)
                        return PDF_SCAN_BROKEN;
                body.at = (uint64_t) (offset + first);
                if (pdf_cost_spend(&g->cost, 1) != 0)
                        return PDF_SCAN_EXCESSIVE;
                r = pdf_cost_object(&g->cost, &body, true);
                if (r != 0 && r != PDF_SCAN_BROKEN)
                        return r;
        }
        return 0;
}

/* Spent is first what only such objects may cost. */
static int check_objects(PdfGuard *g, View data, int64_t n, int64_t first) {
        uint64_t compressed = g->compressed_left, all = g->cost.left + compressed, spent;
        int r;

        g->cost.left = all;
        r = read_objects(g, data, n, first);
        spent = all - g->cost.left;
        g->compressed_left = spent < compressed ? compressed - spent : 0;
        g->cost.left -= g->compressed_left;
        return r;
}

static int check_decoded(PdfGuard *g, PdfSource *s, uint64_t at, uint64_t len, const PdfFilter *f, int64_t n, int64_t first) {
        _cleanup_bytes_ Bytes data = BYTES_NULL;
        int r;

        r = pdf_inflate(s, at, len, f, PDF_STREAM_DATA_MAX, take_bytes, &data);
        return r != 0 ? r : check_objects(g, bytes_view(&data), n, first);
}

/* How much of the source may be the stream's. qpdf looks for the end itself where the length is wrong and it may repair; compressed data knows its own. */
static uint64_t data_length(const PdfGuard *g, const PdfValue *length, uint64_t data, const PdfFilter *f) {
        uint64_t rest = g->source.size - data;

        if (length->kind == PDF_KIND_INTEGER && length->integer >= 0 && (uint64_t) length->integer < rest && !g->repair)
                return (uint64_t) length->integer;
        return f->flate || rest < PDF_STREAM_DATA_MAX ? rest : PDF_STREAM_DATA_MAX;
}

static int check_object(PdfGuard *g, uint64_t at) {
        PdfLexer l = { .source = &g->source, .at = at };

        if (at == 0 || pdf_lexer_next(&l) != PDF_TOKEN_INTEGER || pdf_lexer_next(&l) != PDF_TOKEN_INTEGER || pdf_lexer_next(&l) != PDF_TOKEN_WORD ||
            !pdf_lexer_is(&l, "obj"))
                return PDF_SCAN_BROKEN;
        return pdf_cost_object(&g->cost, &l, false);
}

typedef struct StreamCheck {
        PdfGuard *g;
        PdfRawData raw;
        void *userdata;
} StreamCheck;

static int check_deciphered(const StreamCheck *c, uint32_t number, const PdfFilter *f, int64_t n, int64_t first) {
        _cleanup_free_ uint8_t *data = NULL;
        size_t len = 0;
        PdfSource s;
        int r;

        r = c->raw(c->userdata, number, &data, &len);
        if (r != 0)
                return r;
        pdf_source_init_memory(&s, data, len);
        return check_decoded(c->g, &s, 0, len, f, n, first);
}

static int check_stream(const StreamCheck *c, int64_t id, uint64_t at) {
        PdfDictionary d;
        const PdfValue *n = &d.values[PDF_KEY_N], *first = &d.values[PDF_KEY_FIRST];
        uint64_t data;
        PdfFilter f;
        int r;

        r = at > 0 ? pdf_dictionary_read_stream(&c->g->source, at, &d, &data) : PDF_SCAN_BROKEN;
        if (r == 0 && !c->raw)
                r = check_object(c->g, at);
        if (r != 0)
                return r;
        if (n->kind == PDF_KIND_REFERENCE || first->kind == PDF_KIND_REFERENCE)
                return PDF_SCAN_DOUBTFUL;
        if (n->kind != PDF_KIND_INTEGER || first->kind != PDF_KIND_INTEGER || first->integer < 0 || first->integer > INT32_MAX)
                return PDF_SCAN_BROKEN;
        if (n->integer > PDF_STREAM_OBJECTS_MAX)
                return PDF_SCAN_EXCESSIVE;
        r = pdf_dictionary_filter(&c->g->source, &d, &f);
        if (r != 0)
                return r;
        if (c->raw)
                return check_deciphered(c, (uint32_t) id, &f, n->integer, first->integer);
        return check_decoded(c->g, &c->g->source, data, data_length(c->g, &d.values[PDF_KEY_LENGTH], data, &f), &f, n->integer, first->integer);
}

#define OFFSET_KEY ((uint64_t) 1 << 63)
#define STREAM_KEY ((uint64_t) 1 << 62)
#define DECIPHERED_KEY ((uint64_t) 1 << 61)

/* Each object of a number and generation counts once, as its newest entry has it. In a file that is rebuilt it may be any that counts, and the place is what
 * entries and lines have in common. */
static bool is_former(PdfGuard *g, const PdfXrefEntry *e, bool deciphered) {
        uint8_t bit = (uint8_t) (1U << (e->id % 8));
        bool former;

        if (g->repair)
                return pdf_cost_is_repeated(&g->cost, OFFSET_KEY | (is_stream(g, e->id) ? STREAM_KEY : 0) | (deciphered ? DECIPHERED_KEY : 0) | (uint64_t) e->value);
        if (e->generation != 0 || e->id < 0 || e->id > g->id_max)
                return false;
        former = g->seen[e->id / 8] & bit;
        g->seen[e->id / 8] |= bit;
        return former;
}

/* What cannot be read costs nothing. A stream that is still enciphered looks like anything. */
static int visit_object(void *userdata, const PdfXrefEntry *e) {
        const StreamCheck *c = userdata;
        int r;

        if (e->type != 1 || e->value < 0 || is_former(c->g, e, c->raw))
                return 0;
        r = is_stream(c->g, e->id) ? check_stream(c, e->id, (uint64_t) e->value) : c->raw ? 0 : check_object(c->g, (uint64_t) e->value);
        return r == PDF_SCAN_BROKEN || (r == PDF_SCAN_DOUBTFUL && c->g->is_encrypted && !c->raw) ? 0 : r;
}

typedef struct Rebuilding {
        PdfXrefWalk *walk;
        unsigned n_objects, n_bad_trailers;
        bool has_trailer;
        bool finding; /* cross-reference streams, where there is no trailer */
} Rebuilding;

static int rebuild_trailer(Rebuilding *b, PdfLexer *l) {
        PdfLexer again = *l;
        PdfDictionary d;
        int r;

        if (b->has_trailer || b->finding)
                return 0;
        r = pdf_dictionary_read(l, &d);
        if (r == PDF_SCAN_EXCESSIVE || ++b->n_bad_trailers > BAD_TRAILERS_MAX)
                return PDF_SCAN_EXCESSIVE;
        b->has_trailer = r == 0;
        b->walk->is_encrypted = b->walk->is_encrypted || (r == 0 && d.values[PDF_KEY_ENCRYPT].kind != PDF_KIND_NONE);
        r = b->walk->cost ? pdf_cost_object(b->walk->cost, &again, false) : 0;
        return r == PDF_SCAN_BROKEN ? 0 : r;
}

static int rebuild_object(Rebuilding *b, PdfLexer *l) {
        PdfXrefEntry e = { .type = 1, .value = (int64_t) l->begin };

        if (!pdf_lexer_integer(l, &e.id) || pdf_lexer_next(l) != PDF_TOKEN_INTEGER || pdf_lexer_next(l) != PDF_TOKEN_WORD || !pdf_lexer_is(l, "obj"))
                return 0;
        if (b->finding)
                return pdf_xref_walk_found(b->walk, (uint64_t) e.value);
        if (++b->n_objects > PDF_REBUILT_OBJECTS_MAX)
                return PDF_SCAN_EXCESSIVE;
        return b->walk->visit(b->walk->userdata, &e);
}

/* Where a line begins with `N G obj` qpdf takes it for an object, and the first `trailer` with a dictionary for the trailer. */
static int walk_lines(PdfSource *s, Rebuilding *b) {
        uint64_t at = 0;
        int c, r = 0;

        while (r == 0 && (c = pdf_source_byte(s, at)) >= 0) {
                PdfLexer l = { .source = s, .at = at };

                if (pdf_is_space(c)) {
                        at++;
                        continue;
                }
                if ((c >= '0' && c <= '9') || c == '+' || c == '-')
                        r = pdf_lexer_next(&l) == PDF_TOKEN_INTEGER ? rebuild_object(b, &l) : 0;
                else if (c == 't' && pdf_lexer_next(&l) == PDF_TOKEN_WORD && pdf_lexer_is(&l, "trailer"))
                        r = rebuild_trailer(b, &l);
                while ((c = pdf_source_byte(s, at)) >= 0 && c != '\r' && c != '\n')
                        at++;
        }
        return s->error < 0 ? s->error : r;
}

static int walk_rebuilding(PdfSource *s, PdfXrefWalk *w) {
        Rebuilding b = { .walk = w };
        int r;

        r = walk_lines(s, &b);
        b.finding = true;
        return r != 0 || b.has_trailer ? r : walk_lines(s, &b);
}

/* Of the first walk the sections are spent. */
static int walk(PdfGuard *g, PdfCost *cost, PdfVisitEntry visit, void *userdata) {
        PdfXrefWalk w = { .source = &g->source, .cost = cost, .entries_max = PDF_ENTRIES_MAX(g->source.size), .visit = visit, .userdata = userdata };
        int r;

        r = pdf_xref_walk(&w);
        if (g->repair && (r == 0 || r == PDF_SCAN_BROKEN))
                r = walk_rebuilding(&g->source, &w);
        g->is_encrypted = g->is_encrypted || w.is_encrypted;
        return outcome(r);
}

int pdf_guard_check(PdfGuard *g, int fd, const void *memory, uint64_t length, bool repair) {
        int r;

        g->streams = NULL;
        g->seen = NULL;
        g->n_streams = g->n_allocated = 0;
        g->id_max = 0;
        g->repair = repair;
        g->is_encrypted = false;
        g->compressed_left = PDF_COST_COMPRESSED_MAX(length);
        r = pdf_cost_init(&g->cost, PDF_COST_MAX(length));
        if (r < 0)
                return r;
        if (memory)
                pdf_source_init_memory(&g->source, memory, length);
        else
                pdf_source_init_file(&g->source, fd, length);
        r = outcome(pdf_xref_find_header(&g->source));
        if (r == 0)
                r = walk(g, &g->cost, note_entry, g);
        if (r == 0) {
                sort_streams(g);
                r = pdf_guard_check_objects(g, NULL, NULL);
        }
        if (r != 0)
                pdf_guard_done(g);
        return r;
}

int pdf_guard_check_objects(PdfGuard *g, PdfRawData raw, void *userdata) {
        StreamCheck c = { .g = g, .raw = raw, .userdata = userdata };

        free(g->seen);
        g->seen = calloc(1, (size_t) g->id_max / 8 + 1);
        return g->seen ? walk(g, NULL, visit_object, &c) : -ENOMEM;
}

void pdf_guard_done(PdfGuard *g) {
        free(g->streams);
        free(g->seen);
        pdf_cost_done(&g->cost);
        g->streams = NULL;
        g->seen = NULL;
        g->n_streams = 0;
}
