/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Trailers and the like; see pdf-dictionary.h. */

#include <string.h>

#include "sign/pdf/pdf-dictionary.h"

static const char *const keys[_PDF_KEY_MAX] = {
        [PDF_KEY_TYPE] = "Type",
        [PDF_KEY_SIZE] = "Size",
        [PDF_KEY_PREV] = "Prev",
        [PDF_KEY_XREF_STM] = "XRefStm",
        [PDF_KEY_W] = "W",
        [PDF_KEY_INDEX] = "Index",
        [PDF_KEY_N] = "N",
        [PDF_KEY_FIRST] = "First",
        [PDF_KEY_LENGTH] = "Length",
        [PDF_KEY_FILTER] = "Filter",
        [PDF_KEY_DECODE_PARMS] = "DecodeParms",
        [PDF_KEY_ENCRYPT] = "Encrypt",
};

int pdf_skip_nested(PdfLexer *l, PdfToken opened, uint64_t *tokens, uint64_t tokens_max) {
        PdfToken open[PDF_NESTING_MAX];
        size_t depth = 1;

        open[0] = opened;
        while (depth > 0) {
                PdfToken t = pdf_lexer_next(l);

                if (++*tokens > tokens_max)
                        return PDF_SCAN_EXCESSIVE;
                if (t == PDF_TOKEN_END)
                        return PDF_SCAN_BROKEN;
                if (t == PDF_TOKEN_ARRAY_OPEN || t == PDF_TOKEN_DICT_OPEN) {
                        if (depth == PDF_NESTING_MAX)
                                return PDF_SCAN_EXCESSIVE;
                        open[depth++] = t;
                } else if ((t == PDF_TOKEN_ARRAY_CLOSE && open[depth - 1] == PDF_TOKEN_ARRAY_OPEN) ||
                           (t == PDF_TOKEN_DICT_CLOSE && open[depth - 1] == PDF_TOKEN_DICT_OPEN))
                        depth--;
        }
        return 0;
}

/* `G R` behind an integer. The lexer stays behind the integer when it is none. */
static bool is_reference(PdfLexer *l) {
        PdfLexer ahead = *l;

        if (pdf_lexer_next(&ahead) != PDF_TOKEN_INTEGER || pdf_lexer_next(&ahead) != PDF_TOKEN_WORD || !pdf_lexer_is(&ahead, "R"))
                return false;
        *l = ahead;
        return true;
}

static int read_integer(PdfLexer *l, PdfValue *ret) {
        bool fits = pdf_lexer_integer(l, &ret->integer);

        ret->kind = is_reference(l) ? PDF_KIND_REFERENCE : fits ? PDF_KIND_INTEGER : PDF_KIND_OTHER;
        return 0;
}

static int read_value(PdfLexer *l, PdfToken t, uint64_t *tokens, PdfValue *ret) {
        ret->begin = l->begin;
        switch (t) {
        case PDF_TOKEN_INTEGER:
                return read_integer(l, ret);
        case PDF_TOKEN_NAME:
                ret->kind = PDF_KIND_NAME;
                memcpy(ret->name, l->len < sizeof(ret->name) ? l->text : "", l->len < sizeof(ret->name) ? l->len + 1 : 1);
                return 0;
        case PDF_TOKEN_ARRAY_OPEN:
        case PDF_TOKEN_DICT_OPEN:
                ret->kind = t == PDF_TOKEN_ARRAY_OPEN ? PDF_KIND_ARRAY : PDF_KIND_DICTIONARY;
                return pdf_skip_nested(l, t, tokens, PDF_DICTIONARY_TOKENS_MAX);
        case PDF_TOKEN_END:
                return PDF_SCAN_BROKEN;
        case PDF_TOKEN_WORD:
                ret->kind = pdf_lexer_is(l, "null") ? PDF_KIND_NONE : PDF_KIND_OTHER;
                return 0;
        default:
                ret->kind = PDF_KIND_OTHER;
                return 0;
        }
}

static PdfValue *find_value(PdfLexer *l, PdfDictionary *d) {
        for (size_t i = 0; i < _PDF_KEY_MAX; i++)
                if (pdf_lexer_is(l, keys[i]))
                        return &d->values[i];
        return NULL;
}

/* As qpdf has it, the last value of a key that stands twice is the one, and a value without a key is passed over. */
static int read_entries(PdfLexer *l, PdfDictionary *d) {
        uint64_t tokens = 0;

        for (;;) {
                PdfToken t = pdf_lexer_next(l);
                PdfValue unknown = { 0 }, *value = t == PDF_TOKEN_NAME ? find_value(l, d) : NULL;
                int r;

                if (t == PDF_TOKEN_DICT_CLOSE)
                        break;
                if (t == PDF_TOKEN_NAME)
                        t = pdf_lexer_next(l);
                if (t == PDF_TOKEN_DICT_CLOSE)
                        break;
                tokens += 2;
                r = tokens > PDF_DICTIONARY_TOKENS_MAX ? PDF_SCAN_EXCESSIVE : read_value(l, t, &tokens, value ?: &unknown);
                if (r != 0)
                        return r;
        }
        return 0;
}

int pdf_dictionary_read(PdfLexer *l, PdfDictionary *ret) {
        *ret = (PdfDictionary) { .begin = l->at };
        return pdf_lexer_next(l) == PDF_TOKEN_DICT_OPEN ? read_entries(l, ret) : PDF_SCAN_BROKEN;
}

/* The end of line behind `stream`, read as qpdf reads it where it is none. */
static uint64_t skip_eol(PdfSource *s, uint64_t at) {
        for (;; at++) {
                int c = pdf_source_byte(s, at);

                if (c == '\n')
                        return at + 1;
                if (c == '\r')
                        return at + 1 + (pdf_source_byte(s, at + 1) == '\n');
                if (c <= 0 || !pdf_is_space(c))
                        return at;
        }
}

int pdf_dictionary_read_stream(PdfSource *s, uint64_t at, PdfDictionary *ret, uint64_t *ret_data) {
        PdfLexer l = { .source = s, .at = at };
        int r;

        if (pdf_lexer_next(&l) != PDF_TOKEN_INTEGER || pdf_lexer_next(&l) != PDF_TOKEN_INTEGER || pdf_lexer_next(&l) != PDF_TOKEN_WORD ||
            !pdf_lexer_is(&l, "obj"))
                return PDF_SCAN_BROKEN;
        r = pdf_dictionary_read(&l, ret);
        if (r != 0)
                return r;
        if (pdf_lexer_next(&l) != PDF_TOKEN_WORD || !pdf_lexer_is(&l, "stream"))
                return PDF_SCAN_BROKEN;
        *ret_data = skip_eol(s, l.at);
        return 0;
}

/* The only item of an array, or what stands there without one. */
static int enter_single(PdfSource *s, const PdfValue *v, PdfLexer *ret, PdfToken *ret_token) {
        *ret = (PdfLexer) { .source = s, .at = v->begin };
        *ret_token = pdf_lexer_next(ret);
        if (*ret_token != PDF_TOKEN_ARRAY_OPEN)
                return 0;
        *ret_token = pdf_lexer_next(ret);
        return 0;
}

/* Whether nothing but the end of the array, where there is one, follows. */
static bool is_single(const PdfValue *v, PdfLexer *l) {
        return v->kind != PDF_KIND_ARRAY || pdf_lexer_next(l) == PDF_TOKEN_ARRAY_CLOSE;
}

static int read_filter_name(PdfSource *s, const PdfValue *v, bool *ret_flate) {
        PdfToken t;
        PdfLexer l;

        *ret_flate = false;
        if (v->kind == PDF_KIND_NONE)
                return 0;
        if (v->kind != PDF_KIND_NAME && v->kind != PDF_KIND_ARRAY)
                return v->kind == PDF_KIND_REFERENCE ? PDF_SCAN_DOUBTFUL : PDF_SCAN_BROKEN;
        enter_single(s, v, &l, &t);
        if (t == PDF_TOKEN_ARRAY_CLOSE)
                return 0;
        if (t != PDF_TOKEN_NAME || !(pdf_lexer_is(&l, "FlateDecode") || pdf_lexer_is(&l, "Fl")))
                return PDF_SCAN_DOUBTFUL;
        *ret_flate = true;
        return is_single(v, &l) ? 0 : PDF_SCAN_DOUBTFUL;
}

typedef struct Predictor {
        int64_t predictor, columns, colors, bits;
} Predictor;

static int64_t *find_parameter(PdfLexer *l, Predictor *p) {
        return pdf_lexer_is(l, "Predictor") ? &p->predictor : pdf_lexer_is(l, "Columns") ? &p->columns : pdf_lexer_is(l, "Colors") ? &p->colors :
                pdf_lexer_is(l, "BitsPerComponent") ? &p->bits : NULL;
}

static int read_parameters(PdfLexer *l, Predictor *p) {
        for (;;) {
                PdfToken t = pdf_lexer_next(l);
                PdfValue v = { 0 };
                uint64_t tokens = 0;
                int64_t *parameter;
                int r;

                if (t == PDF_TOKEN_DICT_CLOSE)
                        return 0;
                if (t != PDF_TOKEN_NAME)
                        return PDF_SCAN_DOUBTFUL;
                parameter = find_parameter(l, p);
                r = read_value(l, pdf_lexer_next(l), &tokens, &v);
                if (r != 0)
                        return r;
                if (parameter && v.kind != PDF_KIND_INTEGER)
                        return PDF_SCAN_DOUBTFUL;
                if (parameter)
                        *parameter = v.integer;
        }
}

static int apply_predictor(const Predictor *p, PdfFilter *f) {
        if (p->predictor == 1)
                return 0;
        if (p->predictor < 10 || p->predictor > 15)
                return PDF_SCAN_DOUBTFUL;
        if (p->columns < 1 || p->columns > PDF_ROW_MAX || p->colors < 1 || p->colors > 32 || p->bits < 1 || p->bits > 16)
                return PDF_SCAN_EXCESSIVE;
        f->png = true;
        f->row = (size_t) (p->columns * p->colors * p->bits + 7) / 8;
        f->pixel = (size_t) (p->colors * p->bits + 7) / 8;
        return f->row > PDF_ROW_MAX ? PDF_SCAN_EXCESSIVE : 0;
}

int pdf_dictionary_filter(PdfSource *s, const PdfDictionary *d, PdfFilter *ret) {
        const PdfValue *v = &d->values[PDF_KEY_DECODE_PARMS];
        Predictor p = { .predictor = 1, .colors = 1, .bits = 8 };
        PdfFilter f = { 0 };
        PdfToken t;
        PdfLexer l;
        int r;

        r = read_filter_name(s, &d->values[PDF_KEY_FILTER], &f.flate);
        if (r == 0 && f.flate && v->kind != PDF_KIND_NONE) {
                if (v->kind != PDF_KIND_DICTIONARY && v->kind != PDF_KIND_ARRAY)
                        return PDF_SCAN_DOUBTFUL;
                enter_single(s, v, &l, &t);
                if (t == PDF_TOKEN_DICT_OPEN)
                        r = read_parameters(&l, &p);
                else if (t != PDF_TOKEN_ARRAY_CLOSE && !(t == PDF_TOKEN_WORD && pdf_lexer_is(&l, "null")))
                        r = PDF_SCAN_DOUBTFUL;
                if (r == 0)
                        r = apply_predictor(&p, &f);
        }
        if (r == 0)
                *ret = f;
        return r;
}
