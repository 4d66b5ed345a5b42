/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The ends of a PDF file; see pdf-tail.h. */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sign/pdf/pdf-tail.h"

/* Readers look for the header and for startxref within a kilobyte of the ends (ISO 32000-1 annex H.3, notes 13 and 18). */
#define WINDOW 1024U

/* White space behind the last %%EOF, as transport adds it. */
#define TRAILING_SPACE_MAX 64U

int pdf_read_at(int fd, uint64_t offset, void *data, size_t len) {
        uint8_t *p = data;

        while (len > 0) {
                ssize_t n = pread(fd, p, len, (off_t) offset);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return -EIO;
                p += n;
                offset += (uint64_t) n;
                len -= (size_t) n;
        }
        return 0;
}

static bool is_space(uint8_t c) {
        return c == 0 || c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ' ';
}

static bool is_digit(uint8_t c) {
        return c >= '0' && c <= '9';
}

static size_t skip_space(const uint8_t *b, size_t len, size_t at) {
        while (at < len && is_space(b[at]))
                at++;
        return at;
}

/* A decimal number at `at`; false when there is none or it is no file offset. */
static bool read_number(const uint8_t *b, size_t len, size_t *at, uint64_t *ret) {
        uint64_t v = 0;
        size_t start = *at;

        for (; *at < len && is_digit(b[*at]); (*at)++) {
                v = v * 10 + (uint64_t) (b[*at] - '0');
                if (*at - start > 15)
                        return false;
        }
        *ret = v;
        return *at > start;
}

static bool has_word(const uint8_t *b, size_t len, size_t at, const char *word) {
        size_t n = strlen(word);

        return at <= len && len - at >= n && memcmp(b + at, word, n) == 0;
}

static const uint8_t *find_last(const uint8_t *b, size_t len, const char *word) {
        for (size_t i = len; i-- > 0;)
                if (has_word(b, len, i, word))
                        return b + i;
        return NULL;
}

static int read_header(int fd, PdfTail *t) {
        uint8_t b[WINDOW];
        size_t len = t->size < sizeof(b) ? (size_t) t->size : sizeof(b);
        const uint8_t *p;
        int r;

        r = pdf_read_at(fd, 0, b, len);
        if (r < 0)
                return r;
        p = memmem(b, len, "%PDF-", 5);
        if (!p)
                return PDF_TAIL_NOT_PDF;
        t->header = (uint64_t) (p - b);
        return 0;
}

bool pdf_tail_recognize(int fd) {
        struct stat st;
        PdfTail t;

        if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
                return false;
        t.size = (uint64_t) st.st_size;
        return read_header(fd, &t) == 0;
}

/* The last startxref, its number, and the %%EOF right after it: `startxref 1 2 %%EOF` is refused, since readers differ on it. */
static int read_startxref(int fd, PdfTail *t) {
        uint8_t b[WINDOW];
        size_t len = t->size < sizeof(b) ? (size_t) t->size : sizeof(b), at;
        const uint8_t *p;
        int r;

        r = pdf_read_at(fd, t->size - len, b, len);
        if (r < 0)
                return r;
        t->ends_with_eol = len > 0 && (b[len - 1] == '\n' || b[len - 1] == '\r');
        p = find_last(b, len, "startxref");
        if (!p)
                return PDF_TAIL_DAMAGED;
        at = skip_space(b, len, (size_t) (p - b) + strlen("startxref"));
        if (!read_number(b, len, &at, &t->startxref))
                return PDF_TAIL_DAMAGED;
        at = skip_space(b, len, at);
        if (!has_word(b, len, at, "%%EOF"))
                return PDF_TAIL_DAMAGED;
        at += strlen("%%EOF");
        if (at < len && b[at] == '\r')
                at++;
        if (at < len && b[at] == '\n')
                at++;
        t->end = t->size - len + at;
        return 0;
}

/* `N G obj`, the start of a cross-reference stream. */
static bool is_object_start(const uint8_t *b, size_t len, size_t at) {
        uint64_t number, generation;
        size_t gap;

        if (!read_number(b, len, &at, &number))
                return false;
        gap = skip_space(b, len, at);
        if (gap == at || !read_number(b, len, &gap, &generation))
                return false;
        at = skip_space(b, len, gap);
        return at > gap && has_word(b, len, at, "obj");
}

/* The form of the section that startxref names. White space before it is stepped over, so that our /Prev is exact. */
static int read_form(int fd, PdfTail *t) {
        uint8_t b[64];
        uint64_t left;
        size_t len, at;
        int r;

        if (t->startxref == 0 || t->startxref >= t->size - t->header)
                return PDF_TAIL_DAMAGED;
        left = t->size - t->header - t->startxref;
        len = left < sizeof(b) ? (size_t) left : sizeof(b);
        r = pdf_read_at(fd, t->header + t->startxref, b, len);
        if (r < 0)
                return r;
        at = skip_space(b, len, 0);
        if (has_word(b, len, at, "xref"))
                t->form = PDF_XREF_TABLE;
        else if (is_object_start(b, len, at))
                t->form = PDF_XREF_STREAM;
        else
                return PDF_TAIL_DAMAGED;
        t->startxref += at;
        return 0;
}

int pdf_tail_read(int fd, uint64_t size, PdfTail *ret) {
        PdfTail t = { .size = size };
        int r;

        r = read_header(fd, &t);
        if (r != 0)
                return r;
        r = read_startxref(fd, &t);
        if (r != 0)
                return r;
        r = read_form(fd, &t);
        if (r != 0)
                return r;
        *ret = t;
        return 0;
}

int pdf_tail_is_end(int fd, uint64_t end, bool *ret) {
        uint8_t rest[TRAILING_SPACE_MAX];
        PdfTail tail;
        bool is_end;
        int r;

        r = pdf_tail_read(fd, end, &tail);
        if (r < 0)
                return r;
        is_end = r == 0 && end - tail.end <= sizeof(rest);
        r = is_end ? pdf_read_at(fd, tail.end, rest, (size_t) (end - tail.end)) : 0;
        for (size_t i = 0; r == 0 && is_end && i < end - tail.end; i++)
                is_end = is_space(rest[i]);
        if (r == 0)
                *ret = is_end;
        return r;
}
