/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* PDF's tokens; see pdf-lexer.h. */

#include <string.h>

#include "sign/pdf/pdf-lexer.h"
#include "sign/pdf/pdf-tail.h"

void pdf_source_init_file(PdfSource *s, int fd, uint64_t size) {
        s->fd = fd;
        s->data = s->window;
        s->start = s->len = s->origin = 0;
        s->size = size;
        s->error = 0;
}

void pdf_source_init_memory(PdfSource *s, const void *data, uint64_t size) {
        s->fd = -1;
        s->data = data;
        s->start = s->origin = 0;
        s->len = s->size = size;
        s->error = 0;
}

void pdf_source_copy(const PdfSource *s, PdfSource *ret) {
        *ret = *s;
        if (s->fd >= 0) {
                ret->data = ret->window;
                ret->len = 0;
        }
}

void pdf_source_move(PdfSource *s, uint64_t origin) {
        s->origin = origin;
        s->size -= origin;
        if (s->fd < 0) {
                s->data += origin;
                s->len = s->size;
        } else
                s->len = 0;
}

bool pdf_source_fill(PdfSource *s, uint64_t at) {
        uint64_t n;
        int r;

        if (s->fd < 0 || at >= s->size || s->error < 0)
                return false;
        n = s->size - at < sizeof(s->window) ? s->size - at : sizeof(s->window);
        r = pdf_read_at(s->fd, s->origin + at, s->window, (size_t) n);
        if (r < 0) {
                s->error = r;
                s->len = 0;
                return false;
        }
        s->start = at;
        s->len = n;
        return true;
}

#define BOTH (PDF_CLASS_SPACE | PDF_CLASS_DELIMITER)

const uint8_t pdf_classes[256] = {
        [0] = BOTH, ['\t'] = BOTH, ['\n'] = BOTH, ['\v'] = BOTH, ['\f'] = BOTH, ['\r'] = BOTH, [' '] = BOTH,
        ['('] = PDF_CLASS_DELIMITER, [')'] = PDF_CLASS_DELIMITER, ['<'] = PDF_CLASS_DELIMITER, ['>'] = PDF_CLASS_DELIMITER, ['['] = PDF_CLASS_DELIMITER,
        [']'] = PDF_CLASS_DELIMITER, ['{'] = PDF_CLASS_DELIMITER, ['}'] = PDF_CLASS_DELIMITER, ['/'] = PDF_CLASS_DELIMITER, ['%'] = PDF_CLASS_DELIMITER,
};

static int peek(PdfLexer *l) {
        return pdf_source_byte(l->source, l->at);
}

static void put(PdfLexer *l, int c) {
        if (l->len < sizeof(l->text) - 1)
                l->text[l->len] = (char) c;
        l->len++;
        l->hash = (l->hash ^ (uint8_t) c) * 16777619U; /* FNV-1a */
}

static void skip_space(PdfLexer *l) {
        int c;

        while ((c = peek(l)) >= 0) {
                if (c == '%')
                        while (c >= 0 && c != '\r' && c != '\n') {
                                l->at++;
                                c = peek(l);
                        }
                else if (pdf_is_space(c))
                        l->at++;
                else
                        return;
        }
}

static PdfToken read_string(PdfLexer *l) {
        unsigned depth = 1;
        int c;

        while ((c = peek(l)) >= 0) {
                l->at++;
                if (c == '\\') {
                        if (peek(l) >= 0)
                                l->at++;
                } else if (c == '(')
                        depth++;
                else if (c == ')' && --depth == 0)
                        return PDF_TOKEN_STRING;
        }
        return PDF_TOKEN_BAD;
}

static int hex_value(int c) {
        return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A string in hexadecimal ends, for qpdf, at the first byte that cannot be in one. */
static PdfToken read_hexadecimal(PdfLexer *l) {
        int c;

        while ((c = peek(l)) >= 0) {
                l->at++;
                if (c == '>')
                        return PDF_TOKEN_STRING;
                if (hex_value(c) < 0 && !pdf_is_space(c))
                        return PDF_TOKEN_BAD;
        }
        return PDF_TOKEN_BAD;
}

static PdfToken read_name(PdfLexer *l) {
        int c;

        for (; !pdf_is_delimiter(c = peek(l)); l->at++) {
                int high = c == '#' ? hex_value(pdf_source_byte(l->source, l->at + 1)) : -1;
                int low = high >= 0 ? hex_value(pdf_source_byte(l->source, l->at + 2)) : -1;

                put(l, low >= 0 ? high * 16 + low : c);
                if (low >= 0)
                        l->at += 2;
                if (c == '#' && (low < 0 || high + low == 0))
                        l->odd = true;
        }
        return PDF_TOKEN_NAME;
}

static PdfToken read_word(PdfLexer *l) {
        bool digits = false, other = false;
        int c;

        for (; !pdf_is_delimiter(c = peek(l)); l->at++) {
                if (c >= '0' && c <= '9')
                        digits = true;
                else if (l->len > 0 || (c != '+' && c != '-'))
                        other = true;
                put(l, c);
        }
        return digits && !other ? PDF_TOKEN_INTEGER : PDF_TOKEN_WORD;
}

static PdfToken read_angle(PdfLexer *l, int c) {
        if (peek(l) == c) {
                l->at++;
                return c == '<' ? PDF_TOKEN_DICT_OPEN : PDF_TOKEN_DICT_CLOSE;
        }
        return c == '<' ? read_hexadecimal(l) : PDF_TOKEN_BAD;
}

static PdfToken read_token(PdfLexer *l) {
        int c = peek(l);

        if (c < 0)
                return PDF_TOKEN_END;
        if (!pdf_is_delimiter(c))
                return read_word(l);
        l->at++;
        switch (c) {
        case '(':
                return read_string(l);
        case '<':
        case '>':
                return read_angle(l, c);
        case '[':
                return PDF_TOKEN_ARRAY_OPEN;
        case ']':
                return PDF_TOKEN_ARRAY_CLOSE;
        case '/':
                return read_name(l);
        default:
                return PDF_TOKEN_BAD;
        }
}

PdfToken pdf_lexer_next(PdfLexer *l) {
        PdfToken token;

        l->len = 0;
        l->hash = 2166136261U;
        l->odd = false;
        skip_space(l);
        l->begin = l->at;
        token = read_token(l);
        l->text[l->len < sizeof(l->text) ? l->len : sizeof(l->text) - 1] = 0;
        return token;
}

bool pdf_lexer_is(const PdfLexer *l, const char *text) {
        return l->len == strlen(text) && l->len < sizeof(l->text) && memcmp(l->text, text, l->len) == 0;
}

bool pdf_lexer_integer(const PdfLexer *l, int64_t *ret) {
        bool negative = l->text[0] == '-';
        size_t i = negative || l->text[0] == '+';
        int64_t v = 0;

        if (l->len > 18 + i)
                return false;
        for (; i < l->len; i++)
                v = v * 10 + (l->text[i] - '0');
        *ret = negative ? -v : v;
        return true;
}
