/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Text; see pdf-text.h. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/utf8.h"
#include "crypto/name.h"
#include "sign/pdf/pdf-text.h"

/* An attribute of the signer's or issuer's name, else another one; empty where there is neither. */
static int append_attribute(const PdfTextFacts *f, char *(*get)(gnutls_x509_crt_t, const char *), const char *oid, const char *otherwise, Bytes *b) {
        _cleanup_free_ char *text = get(f->certificate, oid), *other = !text && otherwise ? get(f->certificate, otherwise) : NULL;

        return bytes_append_view(b, view_string(text ?: other));
}

/* The common name, or the organisation's where a seal has none. */
static int fill_name(const PdfTextFacts *f, Bytes *b) {
        return append_attribute(f, certificate_subject_attribute, GNUTLS_OID_X520_COMMON_NAME, GNUTLS_OID_X520_ORGANIZATION_NAME, b);
}

static int fill_organization(const PdfTextFacts *f, Bytes *b) {
        return append_attribute(f, certificate_subject_attribute, GNUTLS_OID_X520_ORGANIZATION_NAME, NULL, b);
}

static int fill_identifier(const PdfTextFacts *f, Bytes *b) {
        return append_attribute(f, certificate_subject_attribute, OID_ORGANIZATION_IDENTIFIER, NULL, b);
}

static int fill_issuer(const PdfTextFacts *f, Bytes *b) {
        return append_attribute(f, certificate_issuer_attribute, GNUTLS_OID_X520_COMMON_NAME, GNUTLS_OID_X520_ORGANIZATION_NAME, b);
}

static int fill_serial(const PdfTextFacts *f, Bytes *b) {
        uint8_t serial[64];
        size_t size = sizeof(serial);
        int r = 0;

        if (gnutls_x509_crt_get_serial(f->certificate, serial, &size) < 0)
                return 0;
        for (size_t i = 0; r == 0 && i < size; i++)
                r = bytes_printf(b, "%02x", serial[i]);
        return r;
}

static bool local_time(const PdfTextFacts *f, struct tm *ret) {
        time_t t = (time_t) f->time;

        return localtime_r(&t, ret) != NULL;
}

static int fill_date(const PdfTextFacts *f, Bytes *b) {
        struct tm tm;

        return local_time(f, &tm) ? bytes_printf(b, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) : -EINVAL;
}

static int fill_time(const PdfTextFacts *f, Bytes *b) {
        struct tm tm;
        long minutes;

        if (!local_time(f, &tm))
                return -EINVAL;
        minutes = labs(tm.tm_gmtoff) / 60;
        return bytes_printf(b, "%02d:%02d:%02d %c%02ld:%02ld", tm.tm_hour, tm.tm_min, tm.tm_sec,
                            tm.tm_gmtoff < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

static int fill_reason(const PdfTextFacts *f, Bytes *b) {
        return bytes_append_view(b, view_string(f->reason));
}

static int fill_location(const PdfTextFacts *f, Bytes *b) {
        return bytes_append_view(b, view_string(f->location));
}

static const struct Name {
        const char *name;
        int (*fill)(const PdfTextFacts *f, Bytes *b);
} names[] = {
        { "name", fill_name },     { "organization", fill_organization }, { "identifier", fill_identifier },
        { "issuer", fill_issuer }, { "serial", fill_serial },             { "date", fill_date },
        { "time", fill_time },     { "reason", fill_reason },             { "location", fill_location },
};

/* The name that stands in braces at `s`; NULL when there is none. */
static const struct Name *name_at(const char *s, size_t *ret_len) {
        const char *end = strchr(s, '}');

        for (size_t i = 0; end && i < ELEMENTSOF(names); i++)
                if (strlen(names[i].name) == (size_t) (end - s) - 1 && memcmp(names[i].name, s + 1, strlen(names[i].name)) == 0) {
                        *ret_len = (size_t) (end - s) + 1;
                        return &names[i];
                }
        return NULL;
}

bool pdf_text_is_template(const char *text) {
        if (strlen(text) > PDF_TEXT_MAX || !utf8_is_valid(view_string(text)))
                return false;
        for (const char *p = text; *p;) {
                size_t len = 1;

                if (p[0] == '{' && p[1] == '{')
                        len = 2;
                else if (p[0] == '{' && !name_at(p, &len))
                        return false;
                p += len;
        }
        return true;
}

/* A value, fit to be shown on one line. */
static int append_value(const struct Name *name, const PdfTextFacts *facts, Bytes *line, bool *ret_empty) {
        _cleanup_bytes_ Bytes value = BYTES_NULL;
        _cleanup_free_ char *clean = NULL;
        int r;

        r = name->fill(facts, &value);
        if (r < 0)
                return r;
        clean = utf8_sanitize(bytes_view(&value));
        if (!clean)
                return -ENOMEM;
        *ret_empty = !*clean;
        return bytes_append_view(line, view_string(clean));
}

/* One line of the template, to `end`. */
static int fill_line(const char *p, const char *end, const PdfTextFacts *facts, Bytes *ret) {
        _cleanup_bytes_ Bytes line = BYTES_NULL;
        _cleanup_free_ char *clean = NULL;
        bool named = false, filled = false, empty = true;
        int r = 0;

        while (r == 0 && p < end) {
                const struct Name *name;
                size_t len = 1;

                if (*p != '{' || p[1] == '{') {
                        r = bytes_append_byte(&line, (uint8_t) *p);
                        p += *p == '{' ? 2 : 1;
                        continue;
                }
                name = name_at(p, &len);
                if (!name)
                        return -EINVAL;
                r = append_value(name, facts, &line, &empty);
                named = true;
                filled = filled || (r == 0 && !empty);
                p += len;
        }
        if (r < 0 || (named && !filled))
                return r;
        clean = utf8_sanitize(bytes_view(&line));
        if (!clean)
                return -ENOMEM;
        r = bytes_append_view(ret, view_string(clean));
        return r < 0 ? r : bytes_append_byte(ret, '\n');
}

int pdf_text_fill(const char *text, const PdfTextFacts *facts, Bytes *ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;

        for (const char *p = text; *p;) {
                const char *end = strchrnul(p, '\n');
                int r;

                r = fill_line(p, end, facts, &b);
                if (r < 0)
                        return r;
                if (b.len > PDF_TEXT_MAX)
                        return -E2BIG;
                p = *end ? end + 1 : end;
        }
        *ret = bytes_take(&b);
        return 0;
}

static size_t character_length(View v) {
        size_t n = 1;

        while (n < v.len && (v.data[n] & 0xc0) == 0x80)
                n++;
        return n;
}

/* How much of a line that has no end of line in it fits: up to a space, or what fits of one word, at least a character. */
static size_t fitting(const PdfFont *f, View line, double width) {
        size_t at = 0, space = 0;
        double used = 0;

        while (at < line.len) {
                size_t n = character_length(VIEW(line.data + at, line.len - at));

                used += pdf_font_width(f, VIEW(line.data + at, n));
                if (line.data[at] == ' ')
                        space = at;
                else if (used > width && at > 0)
                        return space > 0 ? space : at;
                at += n;
        }
        return line.len;
}

static void add_line(PdfTextLines *l, View line) {
        if (l->n < PDF_TEXT_LINES_MAX)
                l->lines[l->n++] = line;
        else
                l->complete = false;
}

void pdf_text_wrap(const PdfFont *f, View text, double width, PdfTextLines *ret) {
        *ret = (PdfTextLines) { .complete = true };
        while (text.len > 0 && ret->complete) {
                const uint8_t *end = memchr(text.data, '\n', text.len);
                View line = VIEW(text.data, end ? (size_t) (end - text.data) : text.len);
                size_t rest = text.len - line.len - (end ? 1 : 0);

                text = VIEW(line.data + line.len + (end ? 1 : 0), rest);
                if (line.len == 0)
                        add_line(ret, line);
                while (line.len > 0 && ret->complete) {
                        size_t n = fitting(f, line, width);

                        add_line(ret, VIEW(line.data, n));
                        while (n < line.len && line.data[n] == ' ')
                                n++;
                        line = VIEW(line.data + n, line.len - n);
                }
        }
}
