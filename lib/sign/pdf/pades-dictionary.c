/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Signature dictionaries; see pades-dictionary.h. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "sign/pdf/pades-dictionary.h"

/* The ByteRange's numbers are written into a field of this width. */
#define BYTE_RANGE_WIDTH 64U

static int append_optional(PdfUpdate *u, const char *key, const char *text) {
        return text ? pdf_update_append_text(u, key, text) : 0;
}

/* M: a date in UTC (§7.9.4). */
static int append_date(PdfUpdate *u, int64_t seconds) {
        time_t t = (time_t) seconds;
        char text[64];
        struct tm tm;

        if (!gmtime_r(&t, &tm) || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900)
                return -EINVAL;
        if (strftime(text, sizeof(text), "D:%Y%m%d%H%M%SZ", &tm) == 0)
                return -EINVAL;
        return pdf_update_append_text(u, "/M", text);
}

/* The certification (§12.8.2.2). */
static int append_docmdp(PdfUpdate *u, int level) {
        return bytes_printf(&u->out, "<<\n/Type /SigRef\n/TransformMethod /DocMDP\n/TransformParams <<\n/Type /TransformParams\n/V /1.2\n/P %d\n>>\n>>\n", level);
}

/* What the field's author wants locked once it is signed (§12.8.2.4), over the document as its catalog is the root of it. */
static int append_fieldmdp(PdfUpdate *u, qpdf_oh lock) {
        static const char *const except[] = { "/Type", "/P", NULL };
        qpdf_oh root = qpdf_get_root(u->document->q);
        int r;

        r = bytes_append_view(&u->out, VIEW_LITERAL("<<\n/Type /SigRef\n/TransformMethod /FieldMDP\n/Data "));
        if (r == 0)
                r = pdf_update_append_value(u, root);
        qpdf_oh_release(u->document->q, root);
        if (r == 0)
                r = bytes_append_view(&u->out, VIEW_LITERAL("\n/TransformParams <<\n/Type /TransformParams\n/V /1.2\n"));
        if (r == 0)
                r = pdf_update_append_entries(u, lock, except);
        return r < 0 ? r : bytes_append_view(&u->out, VIEW_LITERAL(">>\n>>\n"));
}

static int append_references(const PadesDictionary *d, PdfUpdate *u) {
        bool locks = qpdf_oh_is_dictionary(u->document->q, d->lock);
        int r;

        if (!d->certify && !locks)
                return 0;
        r = bytes_append_view(&u->out, VIEW_LITERAL("/Reference [\n"));
        if (r == 0 && d->certify)
                r = append_docmdp(u, d->certify);
        if (r == 0 && locks)
                r = append_fieldmdp(u, d->lock);
        return r < 0 ? r : bytes_append_view(&u->out, VIEW_LITERAL("]\n"));
}

static int append_statements(const PadesDictionary *d, PdfUpdate *u) {
        const PadesOptions *o = &d->params->options;
        int r;

        r = append_date(u, d->params->signing_time);
        if (r == 0)
                r = append_optional(u, "/Reason", o->reason);
        if (r == 0)
                r = append_optional(u, "/Location", o->location);
        if (r == 0)
                r = append_optional(u, "/ContactInfo", o->contact);
        return r < 0 ? r : append_references(d, u);
}

static int append_filler(Bytes *b, char c, size_t n) {
        int r = bytes_reserve(b, n);

        if (r < 0)
                return r;
        memset(b->data + b->len, c, n);
        b->len += n;
        return 0;
}

static int append_room(PadesDictionary *d, PdfUpdate *u) {
        int r;

        r = bytes_append_view(&u->out, VIEW_LITERAL("/ByteRange "));
        d->byte_range_at = u->out.len;
        if (r == 0)
                r = append_filler(&u->out, ' ', BYTE_RANGE_WIDTH);
        if (r == 0)
                r = bytes_append_view(&u->out, VIEW_LITERAL("\n/Contents "));
        d->contents_at = u->out.len;
        if (r == 0)
                r = bytes_append_byte(&u->out, '<');
        if (r == 0)
                r = append_filler(&u->out, '0', 2 * d->room);
        return r < 0 ? r : bytes_append_view(&u->out, VIEW_LITERAL(">\n>>"));
}

int pades_dictionary_write(PadesDictionary *d, PdfUpdate *u, int id) {
        bool is_timestamp = !d->params;
        int r;

        r = pdf_update_begin_object(u, id, 0);
        if (r == 0)
                r = bytes_printf(&u->out, "<<\n/Type /%s\n/Filter /Adobe.PPKLite\n/SubFilter /%s\n", is_timestamp ? "DocTimeStamp" : "Sig",
                                 is_timestamp ? "ETSI.RFC3161" : "ETSI.CAdES.detached");
        if (r == 0 && !is_timestamp)
                r = append_statements(d, u);
        if (r == 0)
                r = append_room(d, u);
        return r < 0 ? r : pdf_update_end_object(u);
}

int pades_dictionary_set_byte_range(const PadesDictionary *d, PdfUpdate *u) {
        uint64_t gap_start = u->start + d->contents_at, gap_end = u->start + pades_dictionary_gap_end(d);
        char text[BYTE_RANGE_WIDTH + 1];
        int n;

        n = snprintf(text, sizeof(text), "[0 %llu %llu %llu]", (unsigned long long) gap_start, (unsigned long long) gap_end,
                     (unsigned long long) (u->start + u->out.len - gap_end));
        if (n < 0 || (size_t) n >= sizeof(text))
                return -EFBIG;
        memcpy(u->out.data + d->byte_range_at, text, (size_t) n);
        return 0;
}
