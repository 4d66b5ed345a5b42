/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Incremental updates; see pdf-update.h. */

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/codec.h"
#include "base/utf8.h"
#include "crypto/digest.h"
#include "sign/pdf/pdf-cipher.h"
#include "sign/pdf/pdf-update.h"

/* A table's entry has ten digits for the offset (§7.5.4). */
#define TABLE_OFFSET_MAX 9999999999ULL

/* An object number above qpdf's and every reader's reach. */
#define ID_MAX (INT_MAX - 64)

/* How deep values are nested that are written anew. */
#define VALUE_DEPTH_MAX 64U

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

bool pdf_update_is_written(const PdfUpdate *u, int id) {
        for (size_t i = 0; i < u->n_entries; i++)
                if (u->entries[i].id == id)
                        return true;
        return false;
}

/* Two parts of a document that claim the same object are no sound document. */
int pdf_update_begin_rewrite(PdfUpdate *u, qpdf_oh oh) {
        int id = qpdf_oh_get_object_id(u->document->q, oh);

        if (pdf_update_is_written(u, id))
                return PDF_UPDATE_TWICE;
        return pdf_update_begin_object(u, id, qpdf_oh_get_generation(u->document->q, oh));
}

/* A string that is enciphered is written in hexadecimal: any other way would have to escape it. */
static int append_hidden_string(PdfUpdate *u, View plain) {
        const PdfEntry *e = &u->entries[u->n_entries - 1];
        _cleanup_bytes_ Bytes hidden = BYTES_NULL;
        _cleanup_free_ char *hex = NULL;
        int r;

        r = pdf_cipher_append(u->document->cipher, PDF_CIPHER_STRING, e->id, e->generation, plain, &hidden);
        if (r < 0)
                return r;
        hex = hex_encode(bytes_view(&hidden));
        return hex ? bytes_printf(&u->out, "<%s>", hex) : -ENOMEM;
}

static int append_hidden(PdfUpdate *u, qpdf_oh oh, unsigned depth);

static int append_hidden_array(PdfUpdate *u, qpdf_oh array, unsigned depth) {
        qpdf_data q = u->document->q;
        int n = pdf_count(u->document, array), r;

        r = bytes_append_byte(&u->out, '[');
        for (int i = 0; r == 0 && i < n; i++) {
                qpdf_oh item = qpdf_oh_get_array_item(q, array, i);

                r = append_hidden(u, item, depth + 1);
                if (r == 0)
                        r = bytes_append_byte(&u->out, ' ');
                qpdf_oh_release(q, item);
        }
        return r < 0 ? r : bytes_append_byte(&u->out, ']');
}

static int append_hidden_entries(PdfUpdate *u, qpdf_oh dictionary, const char *const *except, unsigned depth) {
        PdfDocument *d = u->document;
        char **keys = NULL;
        size_t n = 0;
        int r;

        r = pdf_list_keys(d, dictionary, except, &keys, &n);
        for (size_t i = 0; r == 0 && i < n; i++) {
                qpdf_oh name = qpdf_oh_new_name(d->q, keys[i]), value = qpdf_oh_get_key(d->q, dictionary, keys[i]);

                r = pdf_unparse(d, name, false, &u->out);
                if (r == 0)
                        r = bytes_append_byte(&u->out, ' ');
                if (r == 0)
                        r = append_hidden(u, value, depth + 1);
                if (r == 0)
                        r = bytes_append_byte(&u->out, '\n');
                qpdf_oh_release(d->q, name);
                qpdf_oh_release(d->q, value);
        }
        pdf_free_keys(keys, n);
        return r;
}

/* qpdf gives strings deciphered, wherever they stand. */
static int append_hidden(PdfUpdate *u, qpdf_oh oh, unsigned depth) {
        qpdf_data q = u->document->q;
        int r;

        if (depth > VALUE_DEPTH_MAX)
                return -E2BIG;
        if (qpdf_oh_is_indirect(q, oh))
                return pdf_unparse(u->document, oh, false, &u->out);
        if (qpdf_oh_is_string(q, oh)) {
                size_t len;
                const char *data = qpdf_oh_get_binary_string_value(q, oh, &len);

                return append_hidden_string(u, VIEW(data, len));
        }
        if (qpdf_oh_is_array(q, oh))
                return append_hidden_array(u, oh, depth);
        if (!qpdf_oh_is_dictionary(q, oh))
                return pdf_unparse(u->document, oh, false, &u->out);
        r = bytes_append_view(&u->out, VIEW_LITERAL("<<\n"));
        if (r == 0)
                r = append_hidden_entries(u, oh, NULL, depth);
        return r < 0 ? r : bytes_append_view(&u->out, VIEW_LITERAL(">>"));
}

int pdf_update_append_value(PdfUpdate *u, qpdf_oh oh) {
        return u->document->cipher ? append_hidden(u, oh, 0) : pdf_unparse(u->document, oh, false, &u->out);
}

int pdf_update_append_entries(PdfUpdate *u, qpdf_oh dictionary, const char *const *except) {
        return u->document->cipher ? append_hidden_entries(u, dictionary, except, 0) : pdf_unparse_entries(u->document, dictionary, except, &u->out);
}

int pdf_update_append_array(PdfUpdate *u, qpdf_oh array, int id) {
        PdfDocument *d = u->document;
        int n = pdf_count(d, array), r;

        r = bytes_append_byte(&u->out, '[');
        for (int i = 0; r == 0 && i < n; i++) {
                qpdf_oh item = qpdf_oh_get_array_item(d->q, array, i);

                r = pdf_update_append_value(u, item);
                if (r == 0)
                        r = bytes_append_byte(&u->out, ' ');
                qpdf_oh_release(d->q, item);
        }
        if (r == 0 && id > 0)
                r = bytes_printf(&u->out, "%d 0 R", id);
        return r < 0 ? r : bytes_append_byte(&u->out, ']');
}

/* In PDFDocEncoding or UTF-16BE, as qpdf chooses. */
int pdf_update_append_text(PdfUpdate *u, const char *key, const char *text) {
        qpdf_data q = u->document->q;
        qpdf_oh string;
        int r;

        if (!utf8_is_valid(view_string(text)))
                return -EILSEQ;
        string = qpdf_oh_new_unicode_string(q, text);
        r = bytes_printf(&u->out, "%s ", key);
        if (r == 0)
                r = pdf_update_append_value(u, string);
        qpdf_oh_release(q, string);
        return r < 0 ? r : bytes_append_byte(&u->out, '\n');
}

int pdf_append_number(Bytes *b, double v) {
        static const long long powers[] = { 1, 10, 100, 1000, 10000 };
        bool negative = v < 0;
        long long n;
        int decimals = 4;

        if (!(v >= -1e9 && v <= 1e9))
                return -ERANGE;
        n = (long long) ((negative ? -v : v) * 10000 + 0.5);
        for (; decimals > 0 && n % 10 == 0; decimals--)
                n /= 10;
        if (decimals == 0)
                return bytes_printf(b, "%s%lld ", negative && n != 0 ? "-" : "", n);
        return bytes_printf(b, "%s%lld.%0*lld ", negative ? "-" : "", n / powers[decimals], decimals, n % powers[decimals]);
}

static int append_stream_data(PdfUpdate *u, View entries, View data) {
        int r;

        r = bytes_append_view(&u->out, VIEW_LITERAL("<<\n"));
        if (r == 0)
                r = bytes_append_view(&u->out, entries);
        if (r == 0)
                r = bytes_printf(&u->out, "/Length %zu\n>>\nstream\n", data.len);
        if (r == 0)
                r = bytes_append_view(&u->out, data);
        return r < 0 ? r : bytes_append_view(&u->out, VIEW_LITERAL("\nendstream"));
}

int pdf_update_append_stream(PdfUpdate *u, View entries, View data) {
        const PdfEntry *e = &u->entries[u->n_entries - 1];
        _cleanup_bytes_ Bytes hidden = BYTES_NULL;
        int r;

        if (!u->document->cipher)
                return append_stream_data(u, entries, data);
        r = pdf_cipher_append(u->document->cipher, PDF_CIPHER_STREAM, e->id, e->generation, data, &hidden);
        return r < 0 ? r : append_stream_data(u, entries, bytes_view(&hidden));
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

/* Unlike for each revision, and the same when the same revision is made again. */
static int revision_id(PdfUpdate *u, char **ret) {
        _cleanup_bytes_ Bytes b = BYTES_NULL;
        uint8_t digest[SHA256_SIZE];
        int r;

        r = bytes_append_u64be(&b, u->tail.size);
        if (r == 0)
                r = pdf_unparse(u->document, pdf_get(u->document, qpdf_get_trailer(u->document->q), "/ID"), true, &b);
        if (r == 0)
                r = bytes_append_view(&b, bytes_view(&u->out));
        if (r == 0)
                r = sha256(bytes_view(&b), digest);
        if (r < 0)
                return r;
        *ret = hex_encode(VIEW(digest, 16));
        return *ret ? 0 : -ENOMEM;
}

/* [first second]: the first says which document this is and stays, the second says which revision (§14.4). A document without
 * gets both, since PDF 2.0 requires them. */
static int append_id(PdfUpdate *u) {
        PdfDocument *d = u->document;
        qpdf_oh ids = pdf_get(d, qpdf_get_trailer(d->q), "/ID");
        _cleanup_free_ char *hex = NULL;
        int r;

        r = revision_id(u, &hex);
        if (r == 0)
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
